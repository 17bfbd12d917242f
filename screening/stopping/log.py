"""The log of a stage in the order in which records were issued, and its replay.

A record is issued when it is first shown to anybody. What counts is that order, never the order
in which labels came in: the random draws were uniform over the records not issued before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from screening.consensus import Outcome


class DrawKind(StrEnum):
    """How a record came to be issued; only random draws are evidence."""

    RANKED = "ranked"
    RANDOM = "random"
    PRIOR = "prior"
    IMPORT = "import"


class Cause(StrEnum):
    """Why the certificate starts, or starts again."""

    START = "start"
    POPULATION = "population"
    CRITERIA = "criteria"


@dataclass(frozen=True)
class Issued:
    """A record was issued. `label` is its final label today (see `label_of`), None if pending.

    A record that was joined with another as a duplicate after it was issued has the label False;
    the record that was kept carries the label.
    """

    record: int
    kind: DrawKind
    label: bool | None


@dataclass(frozen=True)
class Left:
    """A record that was never issued leaves: it was found to be a duplicate, say."""

    record: int


@dataclass(frozen=True)
class Restarted:
    """Evidence counts from here on only. `n_records` is the population now, issued or not.

    Every log begins with one. New records: earlier labels stay, earlier draws count no longer.
    New criteria: earlier labels are stale too, and pending until the record is issued again.
    """

    cause: Cause
    n_records: int


Entry = Issued | Left | Restarted


@dataclass(frozen=True)
class Step:
    """One issued record: what was found and not yet issued just before it, and its label."""

    is_random: bool
    is_relevant: bool
    n_found: int
    n_unissued: int


@dataclass(frozen=True)
class Replay:
    """What happened since the last restart, with every pending label assumed to be something."""

    cause: Cause
    n_records: int
    steps: tuple[Step, ...]
    n_found: int
    n_unissued: int
    n_pending: int
    n_assumed: int


def label_of(outcome: Outcome) -> bool | None:
    """Return the final label of an outcome; None while it is pending or in conflict.

    Where "maybe" lets a record through it is "included" here. A record withdrawn as a duplicate
    counts as not relevant: the record that was kept carries the label.
    """
    if outcome in (Outcome.INCLUDED, Outcome.EXCLUDED, Outcome.WITHDRAWN):
        return outcome == Outcome.INCLUDED
    return None


def replays(log: Sequence[Entry]) -> list[Replay]:
    """Replay the log, once if nothing is pending, else once for every extreme.

    The extremes: all pending audit records relevant or not, all other pending records relevant or
    not. Both must be varied: what makes an audit look bad makes a find look good. Raises
    ValueError for a log that cannot have happened.
    """
    labels = _labels(log)
    first_kind = _first_kinds(log)
    pending = {first_kind[record] == DrawKind.RANDOM for record in labels if labels[record] is None}
    audits = (False, True) if True in pending else (False,)
    others = (False, True) if False in pending else (False,)
    return [
        _replay(log, labels, {True: audit, False: other}, first_kind)
        for audit, other in product(audits, others)
    ]


def _first_kinds(log: Iterable[Entry]) -> dict[int, DrawKind]:
    kinds: dict[int, DrawKind] = {}
    for entry in log:
        if isinstance(entry, Issued):
            kinds.setdefault(entry.record, entry.kind)
    return kinds


def _labels(log: Iterable[Entry]) -> dict[int, bool | None]:
    """The label in force of every issued record; stale after new criteria, until issued again."""
    labels: dict[int, bool | None] = {}
    for entry in log:
        if isinstance(entry, Issued):
            labels[entry.record] = entry.label
        elif isinstance(entry, Restarted) and entry.cause == Cause.CRITERIA:
            labels = dict.fromkeys(labels)
    return labels


def _replay(
    log: Sequence[Entry],
    labels: dict[int, bool | None],
    assumed: dict[bool, bool],
    kinds: dict[int, DrawKind],
) -> Replay:
    final = {
        record: assumed[kinds[record] == DrawKind.RANDOM] if label is None else label
        for record, label in labels.items()
    }
    run = _Run(final)
    for entry in log:
        run.take(entry)
    waiting = [record for record, label in labels.items() if label is None]
    return Replay(
        run.since.cause,
        run.since.n_records,
        tuple(run.steps),
        run.n_found,
        run.n_unissued,
        len(waiting),
        sum(final[record] for record in waiting),
    )


class _Run:
    """Walks through a log once, with a label for every record."""

    def __init__(self, final: dict[int, bool]) -> None:
        self.final = final
        self.steps: list[Step] = []
        self.gone: set[int] = set()
        self.issued: set[int] = set()
        self.n_found = 0
        self._since: Restarted | None = None
        self.n_unissued = 0

    @property
    def since(self) -> Restarted:
        if self._since is None:
            raise ValueError("A log begins with how many records there are (Restarted).")
        return self._since

    def take(self, entry: Entry) -> None:
        if isinstance(entry, Restarted):
            self._restart(entry)
        elif isinstance(entry, Left):
            self._leave(entry)
        else:
            self._issue(entry)

    def _restart(self, entry: Restarted) -> None:
        self._since, self.steps = entry, []
        self.n_unissued = entry.n_records - len(self.issued)
        if self.n_unissued < 0:
            raise ValueError("More records were issued than there are.")

    def _leave(self, entry: Left) -> None:
        if entry.record in self.issued | self.gone:
            raise ValueError(f"Record {entry.record} cannot leave: it was issued, or left before.")
        self.gone.add(entry.record)
        self._take_one()

    def _issue(self, entry: Issued) -> None:
        if entry.record in self.issued:  # to another reviewer, or again: no draw
            return
        if entry.record in self.gone:
            raise ValueError(f"Record {entry.record} was issued after it had left.")
        hit = self.final[entry.record]
        is_random = entry.kind == DrawKind.RANDOM
        self.steps.append(Step(is_random, hit, self.n_found, self.n_unissued))
        self._take_one()
        self.issued.add(entry.record)
        self.n_found += hit

    def _take_one(self) -> None:
        if self.since and self.n_unissued == 0:
            raise ValueError("More records were issued than there are.")
        self.n_unissued -= 1
