"""How far a stage is, in numbers a blind reviewer may see."""

from dataclasses import dataclass

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
    mine = (
        Decision.objects.filter(review=member.review, actor=member, stage=stage)
        .filter(is_adjudication=False)
        .current()
    )
    last = mine.exclude(verdict=Verdict.EXCLUDE).order_by("-seq").values_list("seq", flat=True)
    since = mine.filter(seq__gt=last[0]) if last else mine
    return Progress(
        n_total=screenings.exclude(outcome=Outcome.WITHDRAWN).count(),
        n_mine=mine.count(),
        n_waiting=n_waiting(member, stage),
        n_settled=screenings.filter(outcome__in=SETTLED).count(),
        n_included=screenings.filter(outcome=Outcome.INCLUDED).count(),
        since_last_include=since.count(),
    )
