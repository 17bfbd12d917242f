"""What this floor announces to the floors below: ledger tables, jobs, projections, places."""

from reviewtool.reviews import ledger, projections
from screening import events
from screening.models import Decision, DuplicateJudgement, Offer
from screening.services import groups, screenings


def announce() -> None:
    _ = events  # importing them registers the kinds
    for table in (Decision, DuplicateJudgement, Offer):
        ledger.register_table(table)
    projections.register("groups of duplicates", groups.differences)
    projections.register("screenings", screenings.differences)
