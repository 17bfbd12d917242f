"""The people of a played review, its clock, and how the jobs it asks for get done."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from reviewtool.jobs.models import Job
from reviewtool.jobs.services import run_waiting
from reviewtool.reviews import ledger
from reviewtool.reviews.models import Membership, Review, User
from reviewtool.reviews.passwords import DEMO_PASSWORD
from reviewtool.reviews.services import accounts, members, reviews
from screening.models import Record
from seeds.extramedullary_all import protocol
from seeds.extramedullary_all.plan import Plan, plan

PRACTICE_SLUG = f"{protocol.slug()}-practice"
PEOPLE = {
    "lena": "Lena Lead",
    "rosa": "Rosa Reviewer",
    "ravi": "Ravi Reviewer",
    "ada": "Ada Adjudicator",
    "otto": "Otto Observer",
}
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVERY_JOB_ENDS_WITHIN = 300

Tell = Callable[[str], object]


class Interrupted(RuntimeError):
    """The demo could not be played as planned; the sentence says what went otherwise."""


class Clock:
    """A clock of the past that goes on as the work does, and never runs ahead of today."""

    def __init__(self, moment: datetime = BEGIN) -> None:
        self.moment = moment

    def wait(self, **duration: float) -> None:
        self.moment = min(self.moment + timedelta(**duration), timezone.now())

    def wait_until(self, moment: datetime) -> None:
        """Go to a moment; one that lies behind already is let pass."""
        self.moment = min(max(moment, self.moment), timezone.now())

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Let the ledger see this clock."""
        with ledger.at(self.moment):
            yield


@dataclass
class Scene:
    """A review being played. `group_of` maps a record's key to its planned group."""

    review: Review
    members: Mapping[str, Membership]
    tell: Tell
    clock: Clock
    plan: Plan
    group_of: dict[int, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Membership:
        return self.members[name]

    def canonical_of(self) -> dict[str, Record]:
        """Return for each planned group the record that stands for it."""
        records = Record.objects.filter(pk__in=self.group_of).canonical().select_related("review")
        return {self.group_of[record.pk]: record for record in records}

    def work(self) -> None:
        """Do the jobs that were asked for; a worker that runs elsewhere may do some of them.

        Raises Interrupted if a job fails or does not end.
        """
        jobs = Job.objects.filter(review=self.review)
        patience = time.monotonic() + EVERY_JOB_ENDS_WITHIN
        with self.clock.shown():
            while jobs.open().exists():
                if not run_waiting():
                    time.sleep(0.2)
                if time.monotonic() > patience:
                    raise Interrupted("A background job of the demo does not end.")
        failed = jobs.filter(state=Job.State.FAILED).first()
        if failed is not None:
            raise Interrupted(f"The job “{failed}” failed: {failed.message}\n{failed.trace}")


def open_scene(
    *, slug: str, title: str, banner: str, team: Mapping[str, tuple[str, ...]], tell: Tell
) -> Scene:
    """Create the review; its lead invites everybody else and they join."""
    tell(f"Creating the review “{slug}” …")
    people = {name: _person(name) for name in team}
    clock = Clock()
    with clock.shown():
        lead = reviews.create_review(
            by=people["lena"], title=title, slug=slug, banner=banner, roles=team["lena"],
            **protocol.fields(),
        )  # fmt: skip
    cast = {"lena": lead}
    for name in team:
        if name != "lena":
            cast[name] = _join(lead, people[name], team[name], clock)
    return Scene(lead.review, cast, tell, clock, plan())


def _person(name: str) -> User:
    known = User.objects.filter(username=name).first()
    return known or accounts.sign_up(
        username=name, email=f"{name}@example.org", name=PEOPLE[name], password=DEMO_PASSWORD
    )


def _join(lead: Membership, user: User, roles: tuple[str, ...], clock: Clock) -> Membership:
    clock.wait(hours=3)
    with clock.shown():
        _, secret = members.invite(lead, roles=roles, note=str(user))
        return members.accept(secret, user=user)
