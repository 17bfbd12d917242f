"""How far a stage is, in numbers a blind reviewer may see."""

from dataclasses import dataclass

from django.db.models import Count, Q, Subquery, Value
from django.db.models.functions import Coalesce

from reviewtool.reviews.models import Membership
from screening.consensus import Outcome, Verdict
from screening.models import Decision, Screening
from screening.services.offers import n_waiting
from screening.services.screenings import SETTLED


@dataclass(frozen=True)
class Progress:
    """One member's progress at one stage; team numbers come from settled outcomes only."""

    n_total: int
    n_mine: int
    n_waiting: int
    n_settled: int
    n_included: int
    since_last_include: int

    @property
    def per_cent(self) -> int:
        return 100 * self.n_mine // max(1, self.n_mine + self.n_waiting)


def progress_of(member: Membership, stage: str) -> Progress:
    """Count what the member decided and what is settled at a stage."""
    screenings = Screening.objects.filter(review=member.review, stage=stage)
    team = screenings.aggregate(
        n_total=Count("pk", filter=~Q(outcome=Outcome.WITHDRAWN)),
        n_settled=Count("pk", filter=Q(outcome__in=SETTLED)),
        n_included=Count("pk", filter=Q(outcome=Outcome.INCLUDED)),
    )
    mine = (
        Decision.objects.filter(review=member.review, actor=member, stage=stage)
        .filter(is_adjudication=False)
        .current()
    )
    last = mine.exclude(verdict=Verdict.EXCLUDE).order_by("-seq").values("seq")[:1]
    own = mine.aggregate(
        n_mine=Count("pk"),
        since_last_include=Count("pk", filter=Q(seq__gt=Coalesce(Subquery(last), Value(0)))),
    )
    return Progress(n_waiting=n_waiting(member, stage), **team, **own)
