"""The log of a stage in the order in which records were issued, and its replay.

A record is issued when it is first shown to anybody. What counts is that order, never the order
in which labels came in: the random draws were uniform over the records not issued before.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    """What happened since the last restart, with every pending label assumed to be something.

    `steps` are the evidence. They end before the first pending record that was not counted out;
    `n_found_then` and `n_unissued_then` are the counts at their end, the others those of now.
    `n_read` random draws since the restart have a final label, `n_hits` of them are relevant, and
    `n_known` relevant records are known in all; `n_found` has the assumed ones too.
    """

    cause: Cause
    n_records: int
    steps: tuple[Step, ...]
    n_found_then: int
    n_unissued_then: int
    n_found: int
    n_unissued: int
    n_pending: int
    n_read: int
    n_hits: int
    n_known: int
    n_before: int
    """How many records were issued before the last restart."""
    n_open: int
    """Pending records that are neither counted out nor, as evidence goes, still unissued."""


def label_of(outcome: Outcome) -> bool | None:
    """Return the final label of an outcome; None while it is pending or in conflict.

    Where "maybe" lets a record through it is "included" here. A record withdrawn as a duplicate
    counts as not relevant: the record that was kept carries the label.
    """
    if outcome in (Outcome.INCLUDED, Outcome.EXCLUDED, Outcome.WITHDRAWN):
        return outcome == Outcome.INCLUDED
    return None


#: So many ways in which pending labels may turn out are replayed at most.
MOST_WAYS = 64


def replays(log: Sequence[Entry], *, most: int = MOST_WAYS) -> list[list[Replay]]:
    """Replay the log for the ways in which pending labels may turn out.

    Each list is a family: the evidence up to one pending record, once for every way in which the
    pending labels before it may turn out. What holds in all of a family holds in every way the
    labels may turn out, since evidence is never taken back by later draws; so the best of the
    families may be shown. The last family has all the evidence, unless there are more than
    `most` ways.

    Raises ValueError for a log that cannot have happened.
    """
    labels = _labels(log)
    places = _unsure_places(log, labels)
    families, n_ways = [], 1
    for n in range(len(places) + 1):
        cut = places[n][0] if n < len(places) else None
        counted = frozenset(record for place in places[:n] for record in place)
        ways = _ways(places[:n])
        families.append([_replay(log, labels, counted, hits, cut) for hits in ways])
        n_ways *= len(places[n]) + 1 if n < len(places) else 1
        if n_ways > most:
            break
    return families


def _ways(places: Sequence[Sequence[int]]) -> Iterator[frozenset[int]]:
    """Every set of records that may be relevant; at one place only their number matters."""
    for numbers in product(*(range(len(place) + 1) for place in places)):
        taken = (place[:n] for n, place in zip(numbers, places, strict=True))
        yield frozenset(record for records in taken for record in records)


def _unsure_places(log: Sequence[Entry], labels: Mapping[int, bool | None]) -> list[list[int]]:
    """Pending records whose label changes what draws prove, in order, those of one place together.

    A pending draw is a place of its own. Other records count between two draws: before the first
    one, and behind the last, the worst for them is not to be relevant, as the evidence is about
    what is still hidden.
    """
    places: list[list[int]] = []
    between: list[int] = []
    has_draw = False
    for entry in _issued_since(log):
        is_pending = labels[entry.record] is None
        if entry.kind == DrawKind.RANDOM:
            places += [between] if between else []
            places += [[entry.record]] if is_pending else []
            between, has_draw = [], True
        elif is_pending and has_draw:
            between.append(entry.record)
    return places


def _issued_since(log: Sequence[Entry]) -> list[Issued]:
    """What was issued for the first time since the last restart."""
    seen: set[int] = set()
    since: list[Issued] = []
    for entry in log:
        if isinstance(entry, Restarted):
            since = []
        elif isinstance(entry, Issued) and entry.record not in seen:
            seen.add(entry.record)
            since.append(entry)
    return since


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
    labels: Mapping[int, bool | None],
    counted: frozenset[int],
    hits: frozenset[int],
    cut: int | None,
) -> Replay:
    """Replay with `hits` of the `counted` pending records relevant, evidence up to `cut` only."""
    final = {record: record in hits if said is None else said for record, said in labels.items()}
    run = _Run(final, cut)
    for entry in log:
        run.take(entry)
    draws = [e.record for e in _issued_since(log) if e.kind == DrawKind.RANDOM]
    pending = [record for record, label in labels.items() if label is None]
    read = [label for label in map(labels.__getitem__, draws) if label is not None]
    return Replay(
        cause=run.since.cause,
        n_records=run.since.n_records,
        steps=tuple(run.steps),
        n_found_then=run.then[0] if run.then else run.n_found,
        n_unissued_then=run.then[1] if run.then else run.n_unissued,
        n_found=run.n_found,
        n_unissued=run.n_unissued,
        n_pending=len(pending),
        n_read=len(read),
        n_hits=sum(read),
        n_known=sum(label is True for label in labels.values()),
        n_before=run.n_before,
        n_open=sum(record not in counted | run.after for record in pending),
    )


class _Run:
    """Walks through a log once, with a label for every record."""

    def __init__(self, final: Mapping[int, bool], cut: int | None) -> None:
        self.final, self.cut = final, cut
        self.then: tuple[int, int] | None = None
        self.after: set[int] = set()
        self.n_before = 0
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
        self._since, self.steps, self.n_before = entry, [], len(self.issued)
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
        if entry.record == self.cut:
            self.then = self.n_found, self.n_unissued
        if self.then is None:
            self.steps.append(Step(is_random, hit, self.n_found, self.n_unissued))
        else:
            self.after.add(entry.record)
        self._take_one()
        self.issued.add(entry.record)
        self.n_found += hit

    def _take_one(self) -> None:
        if self.since and self.n_unissued == 0:
            raise ValueError("More records were issued than there are.")
        self.n_unissued -= 1
