"""How tests make people, reviews and records: through the services a user's clicks call."""

from datetime import date
from itertools import count

from reviewtool.reviews.models import Membership, User
from reviewtool.reviews.services import accounts, members, reviews
from screening.models import Record
from screening.services import imports

PASSWORD = "a-long-enough-phrase"
PROTOCOL = {
    "question": "What keeps leukaemic blasts alive beside Leydig cells?",
    "framework": {"Population": "Blasts in rats", "Comparator": "Bone marrow"},
    "inclusion_criteria": ["Primary data on blasts", "A site outside the marrow"],
    "exclusion_criteria": ["Bone marrow only"],
    "exclusion_reasons": {
        "title_abstract": [
            {"code": "TA1", "label": "Not the disease"},
            {"code": "TA2", "label": "Not the site"},
            {"code": "TA3", "label": "Not a study"},
        ],
        "full_text": [
            {"code": "FT1", "label": "Not the disease"},
            {"code": "FT2", "label": "Not the site"},
            {"code": "FT3", "label": "No primary data"},
        ],
    },
    "highlights": [{"label": "Cells", "terms": ["blast*", "Leydig"]}],
}
_numbers = count(1)


def make_user(username: str, *, name: str = "") -> User:
    return accounts.sign_up(
        username=username,
        email=f"{username}@example.org",
        name=name or username.capitalize(),
        password=PASSWORD,
    )


def make_review(
    by: User, *, title: str, roles: tuple[str, ...] = ("lead",), **fields
) -> Membership:
    """Return its creator's membership: `.review` is the review."""
    return reviews.create_review(by=by, title=title, roles=roles, **(PROTOCOL | fields))


def join(lead: Membership, user: User, *roles: str) -> Membership:
    """Let a user join by an invitation of the lead."""
    _, secret = members.invite(lead, roles=roles)
    return members.accept(secret, user=user)


def make_records(lead: Membership, n: int) -> list[Record]:
    """Return n unlike records, entered by hand in a search of their own and ready to screen."""
    number = next(_numbers)
    search = imports.register_search(
        lead, kind="database", source=f"Source {number}", searched_on=date(2024, 5, 3)
    )
    return [
        imports.add_record(
            search,
            by=lead,
            title=f"Finding {number}.{place}: {_SUBJECTS[place % len(_SUBJECTS)]}",
            abstract=f"In experiment {number}.{place} blasts were counted beside Leydig cells.",
            authors=[f"Okafor, N{place}"],
            year=2000 + place % 25,
        )
        for place in range(n)
    ]


_SUBJECTS = (
    "blasts in rats", "stroma under hypoxia", "barriers of the eye", "chemokines in fat",
    "kidney infiltration", "liver relapse", "homing of clones", "adhesion in culture",
)  # fmt: skip
