"""What a change of protocol does to screening: told in numbers before, carried out after."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from reviewtool.reviews.models import Membership, Review, Stage
from reviewtool.reviews.services.protocols import Change, Effect
from screening.consensus import Outcome
from screening.models import Decision, Record
from screening.services import ranking, screenings


def effects(change: Change) -> Iterable[Effect]:
    """Say how many screenings would change their outcome under the proposed version."""
    rows_of = _rows(change.review)
    moved = Counter(
        (state.outcome, new.outcome)
        for place, state in screenings.states_at(change.review).items()
        for new in [_under(change, rows_of[place], place[1], state)]
        if new.outcome != state.outcome
    )
    for (before, after), n in sorted(moved.items()):
        words = f"from {before.replace('_', ' ')} to {after.replace('_', ' ')}"
        yield Effect(n, f"{'screening goes' if n == 1 else 'screenings go'} {words}")


def _rows(review: Review) -> defaultdict[screenings.Place, list[Decision]]:
    rows_of: defaultdict[screenings.Place, list[Decision]] = defaultdict(list)
    rows = Decision.objects.filter(review=review).select_related("record").order_by("seq")
    for row in rows:
        if row.record.canonical_id is not None:
            rows_of[row.record.canonical_id, row.stage].append(row)
    return rows_of


def _under(
    change: Change, rows: list[Decision], stage: str, state: screenings.State
) -> screenings.State:
    """The state a screening would have; settled ones keep theirs unless the lead includes them."""
    keeps = state.outcome in screenings.SETTLED and not change.includes_settled
    if keeps or state.outcome in (Outcome.WITHDRAWN, Outcome.NOT_SCREENED):
        return state
    found = screenings.settle(screenings.current_of(rows), stage, change.proposed)
    return screenings.State(found.outcome, found.reason, found.conflict_kind)


def follow(change: Change, by: Membership) -> None:
    """After a protocol change: outcomes, and orders learned from the new question."""
    if not Record.objects.filter(review=change.review).exists():
        return
    screenings.refresh(change.review)
    for stage in Stage:
        ranking.request_training(change.review, by=by, stage=stage)
