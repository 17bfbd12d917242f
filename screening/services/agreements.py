"""Agreement of reviewers' independent first decisions, for those who may know it."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from reviewtool.reviews.models import Membership, Review
from reviewtool.reviews.permissions import Permission
from screening.agreement import Pair, pairs_of
from screening.consensus import Outcome, Verdict
from screening.models import Decision, Screening


@dataclass(frozen=True)
class Agreement:
    """Two reviewers, by the names they are shown under, and their decisions side by side."""

    first: str
    second: str
    pair: Pair


def is_open_to(member: Membership, *, stage: str) -> bool:
    """Whether a member may see agreement: it tells of votes that are hidden while unsettled.

    Those who settle conflicts and do not screen may always; others once nothing is hidden.
    """
    if not member.review.protocol.is_blind:
        return True
    if member.may(Permission.ADJUDICATE) and not member.may(Permission.SCREEN):
        return True
    return is_open_to_all(member.review, stage=stage)


def is_open_to_all(review: Review, *, stage: str) -> bool:
    """Whether every record that anybody decided on is settled, so that no vote is hidden."""
    decided = Decision.objects.filter(review=review, stage=stage).current()
    waiting = Screening.objects.filter(
        review=review, stage=stage, outcome__in=(Outcome.PENDING, Outcome.CONFLICT)
    )
    return not waiting.about(decided).exists()


def pairs(review: Review, *, stage: str) -> list[Agreement]:
    """Return every pair of reviewers with a record in common, by name.

    What counts is each reviewer's first decision on a record in play; "maybe" is include.
    """
    in_play = Screening.objects.filter(review=review, stage=stage).values("record")
    rows = Decision.objects.filter(
        review=review,
        stage=stage,
        act=Decision.Act.DECIDE,
        is_adjudication=False,
        record__canonical__in=in_play,
    ).order_by("seq")
    said: defaultdict[str, dict[int, bool]] = defaultdict(dict)
    names = names_in(review)
    for actor, record, verdict in rows.values_list("actor", "record__canonical", "verdict"):
        if record is not None:
            said[names[actor]].setdefault(record, verdict != Verdict.EXCLUDE)
    return [
        Agreement(first, second, pair)
        for (first, second), pair in sorted(pairs_of(said).items())
        if pair.n
    ]


def names_in(review: Review) -> dict[int, str]:
    """Return what each member is called; namesakes are numbered, so that none is lost."""
    members = list(review.memberships.select_related("user").order_by("pk"))
    counted, seen = Counter(map(str, members)), Counter[str]()
    names = {}
    for member in members:
        name = str(member)
        seen[name] += 1
        names[member.pk] = f"{name} ({seen[name]})" if counted[name] > 1 else name
    return names
