"""Appending to the ledger, its single clock, and the moments it can be read at.

Every change of state begins with `append()`: it locks the review's head, so all writes to one
review are ordered on PostgreSQL and SQLite alike, and numbers the entries without a gap.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from reviewtool.reviews.models import LedgerHead, LedgerRow, Membership, Review

LARGEST_BATCH = 500

_door: ContextVar[str] = ContextVar("door", default=LedgerRow.Door.PAGE)
_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)
_tables: list[type[LedgerRow]] = []


def register_table(model: type[LedgerRow]) -> type[LedgerRow]:
    """Announce a ledger table, so that activity, guards and checks know every one."""
    if model not in _tables:
        _tables.append(model)
    return model


def tables() -> tuple[type[LedgerRow], ...]:
    return tuple(_tables)


@contextmanager
def through(door: str) -> Iterator[None]:
    """Say through which door what follows is done."""
    token = _door.set(door)
    try:
        yield
    finally:
        _door.reset(token)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let the ledger's clock show a given time: only a seed that plays a past review uses it."""
    token = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(token)


def now() -> datetime:
    """The ledger's clock."""
    return _moment.get() or timezone.now()


def open_ledger(review: Review) -> None:
    """Give a new review its head."""
    LedgerHead.objects.create(review=review, seq=0, recorded_at=now())


def lock(review: Review) -> LedgerHead:
    """Take the review's head; nobody else appends until the transaction ends.

    What was known of the protocol before is forgotten: somebody may have changed it meanwhile.
    """
    review.forget_protocol()
    return LedgerHead.objects.select_for_update().get(review=review)


def append(
    review: Review,
    rows: Sequence[LedgerRow],
    *,
    by: Membership,
    head: LedgerHead | None = None,
) -> list[LedgerRow]:
    """Enter rows in the review's ledger, in order; call it inside a transaction.

    `head` is what `lock()` returned in this transaction, when nothing was appended since; without
    it the head is locked (again) here.

    Raises ValueError for more than 500 rows: longer work appends in batches, so that nobody
    waits long for the head.
    """
    if len(rows) > LARGEST_BATCH:
        raise ValueError(f"At most {LARGEST_BATCH} entries at once, not {len(rows)}.")
    if not rows:
        return []
    if head is None:
        with transaction.atomic():
            _insert(rows, lock(review), review=review, by=by)
    else:
        _insert(rows, head, review=review, by=by)
    return list(rows)


def _insert(rows: Sequence[LedgerRow], head: LedgerHead, *, review: Review, by: Membership) -> None:
    """Number the rows and save them, one statement for each table, and then the head."""
    _number(rows, head, review=review, by=by)
    grouped: dict[type[LedgerRow], list[LedgerRow]] = defaultdict(list)
    for row in rows:
        grouped[type(row)].append(row)
    for model, of_model in grouped.items():
        model._default_manager.bulk_create(of_model)
    LedgerHead.objects.filter(pk=head.pk).update(seq=head.seq, recorded_at=head.recorded_at)


def _number(rows: Sequence[LedgerRow], head: LedgerHead, *, review: Review, by: Membership) -> None:
    protocol = review.protocol
    head.recorded_at = max(now(), head.recorded_at)
    for row in rows:
        head.seq += 1
        row.review = review
        row.seq = head.seq
        row.recorded_at = head.recorded_at
        row.actor = by
        row.door = _door.get()
        row.protocol = protocol


def seq_at(review: Review, moment: datetime | None) -> int | None:
    """Return the last sequence number recorded at or before a moment; None means the present."""
    if moment is None:
        return None
    last = [
        model._default_manager.filter(review=review, recorded_at__lte=moment)
        .order_by("-seq")
        .values_list("seq", flat=True)
        .first()
        for model in tables()
    ]
    return max((seq for seq in last if seq is not None), default=0)
