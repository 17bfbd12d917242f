"""What this floor announces to the floors below: projections and places of the rail."""

from extraction import events
from extraction.services import entries, extractions
from reviewtool.reviews import places, projections
from reviewtool.reviews.permissions import Permission
from reviewtool.reviews.places import Place

_EXTRACTING = (Permission.EXTRACT, Permission.RECONCILE)


def announce() -> None:
    _ = events  # importing them registers the kinds
    projections.register("evidence", entries.differences)
    places.register(
        Place("Extract", "extraction:extract", "Evidence", 2, _EXTRACTING, _waiting),
        Place("Evidence", "extraction:evidence", "Evidence", 3),
    )


def _waiting(member) -> int:
    return extractions.n_waiting(member) + extractions.n_to_reconcile(member)
