"""Certificate: what random draws mixed into the queue prove, whatever the ranking.

A pure function of the log. Its promise: with the stated confidence over the random draws, at no
time were more relevant records in the population than the bound then shown, whenever one looked
and whatever made one start. It says nothing about what the searches missed, nor about errors of
the reviewers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from screening.stopping.certainty import Price, price, smallest_broken_total
from screening.stopping.evidence import FORMS, Evidence, Form
from screening.stopping.log import Cause, Entry, Replay, replays

FEW_FOUND = 20
FEW_RECORDS = 200


@dataclass(frozen=True)
class Standing:
    """What is certified now, in the worst case for labels that are pending.

    `largest_total` relevant records at most, however pending labels turn out. The share found is
    lowest if `n_found` are found of at most `worst_total`; `n_found` counts the pending records
    that this takes to be relevant, `n_known` does not. `n_audited` draws have a final label, `n_hits` of
    them relevant. `likeliest_total` is the point estimate, None before the first draw.
    `misses_needed`: so many more draws would certify if none was a hit; None while nothing was
    found.
    """

    target: Fraction
    confidence: Fraction
    form: Form
    since: Cause
    n_records: int
    n_found: int
    n_known: int
    n_unissued: int
    n_audited: int
    n_hits: int
    n_pending: int
    largest_total: int
    worst_total: int
    likeliest_total: int | None
    misses_needed: int | None

    @property
    def broken_total(self) -> int:
        """The smallest total that would break the promise."""
        return smallest_broken_total(self.n_found, self.target)

    @property
    def recall_floor(self) -> Fraction | None:
        """At least this share is found; None while nothing is, since 0/0 is no recall."""
        return Fraction(self.n_found, self.worst_total) if self.n_found else None

    @property
    def is_certified(self) -> bool:
        """Whether no total that breaks the promise is left; never while nothing was found."""
        return self.n_found > 0 and self.worst_total < self.broken_total

    @property
    def is_complete(self) -> bool:
        """Every record is read and settled: nothing is left to estimate."""
        return self.n_unissued == 0 and self.n_pending == 0

    @property
    def is_too_small(self) -> bool:
        """Too few records or finds for an audit to save much: reading everything is the advice."""
        return self.n_records < FEW_RECORDS or self.n_found < FEW_FOUND

    @property
    def price(self) -> Price:
        """The least that any method without assumptions must read from here on."""
        return price(self.n_found, self.n_unissued, target=self.target, confidence=self.confidence)


@dataclass(frozen=True)
class Point:
    """The bound after one random draw, for the chart; `n_issued` counts from the beginning."""

    n_issued: int
    n_found: int
    is_hit: bool
    largest_total: int
    likeliest_total: int | None


@dataclass(frozen=True)
class Certificate:
    """The anytime-valid audit of random draws. Fix the form before the first draw.

    The bound does not depend on the target, so the same draws may be read at other targets.
    """

    target: Fraction = Fraction(95, 100)
    confidence: Fraction = Fraction(95, 100)
    form: Form = Form.PPR

    def __post_init__(self) -> None:
        if not (0 < self.target < 1 and 0 < self.confidence < 1):
            raise ValueError("Target and confidence lie between 0 and 1.")

    def read(self, log: Sequence[Entry]) -> Standing:
        """Replay the log in issue order with final labels, and return where it stands.

        Labels that change later change the whole replay, so the bound may get worse. What is
        returned holds however pending labels turn out. Raises ValueError for a log that cannot
        have happened.
        """
        standing, evidence, replay = self._shown(log)
        if not standing.n_found:
            return standing
        needed = self._misses_needed(standing, evidence, replay)
        return replace(standing, misses_needed=needed)

    def history(self, log: Sequence[Entry]) -> list[Point]:
        """Return the bound after each random draw since the last restart, in what `read` shows."""
        return list(self._points(self._shown(log)[2]))

    @property
    def _alpha(self) -> float:
        return float(1 - self.confidence)

    def _shown(self, log: Sequence[Entry]) -> tuple[Standing, Evidence, Replay]:
        """The best of the families of replays, each by its worst."""
        return max(map(self._worst, replays(log)), key=_rank)

    def _worst(self, family: Sequence[Replay]) -> tuple[Standing, Evidence, Replay]:
        read = [self._standing(replay) for replay in family]
        standing, evidence, replay = min(read, key=_rank)
        most = max(each.largest_total for each, _, _ in read)
        return replace(standing, largest_total=most), evidence, replay

    def _standing(self, replay: Replay) -> tuple[Standing, Evidence, Replay]:
        evidence = self._evidence(replay)
        then = {"n_found": replay.n_found_then, "n_unissued": replay.n_unissued_then}
        most = replay.n_known + replay.n_unissued + replay.n_pending
        largest = max(evidence.largest(alpha=self._alpha, **then), replay.n_found)
        standing = Standing(
            target=self.target,
            confidence=self.confidence,
            form=self.form,
            since=replay.cause,
            n_records=replay.n_records,
            n_found=replay.n_found,
            n_known=replay.n_known,
            n_unissued=replay.n_unissued,
            n_audited=replay.n_read,
            n_hits=replay.n_hits,
            n_pending=replay.n_pending,
            largest_total=min(largest + replay.n_open, most),
            worst_total=largest,
            likeliest_total=evidence.likeliest(**then),
            misses_needed=None,
        )
        return standing, evidence, replay

    def _evidence(self, replay: Replay) -> Evidence:
        evidence = self._fresh(replay)
        for step in replay.steps:
            if step.is_random:
                evidence.draw(step.is_relevant, n_found=step.n_found, n_unissued=step.n_unissued)
        return evidence

    def _fresh(self, replay: Replay) -> Evidence:
        """Evidence as it is just before the first random draw."""
        first = next((step for step in replay.steps if step.is_random), replay)
        return FORMS[self.form](first.n_found, first.n_unissued)

    def _misses_needed(self, standing: Standing, evidence: Evidence, replay: Replay) -> int:
        if standing.is_certified:
            return 0
        return evidence.misses_needed(
            standing.broken_total,
            n_found=replay.n_found_then,
            n_unissued=replay.n_unissued_then,
            alpha=self._alpha,
        )

    def _points(self, replay: Replay) -> Iterator[Point]:
        evidence = self._fresh(replay)
        for number, step in enumerate(replay.steps, start=replay.n_before + 1):
            if not step.is_random:
                continue
            evidence.draw(step.is_relevant, n_found=step.n_found, n_unissued=step.n_unissued)
            found = step.n_found + step.is_relevant
            counts = {"n_found": found, "n_unissued": step.n_unissued - 1}
            most = evidence.largest(alpha=self._alpha, **counts)
            yield Point(number, found, step.is_relevant, most, evidence.likeliest(**counts))


def _rank(reading: tuple[Standing, Evidence, Replay]) -> tuple[bool, Fraction, int]:
    """Worst first: not certified, then the lowest floor, then the highest bound."""
    standing = reading[0]
    floor = standing.recall_floor or Fraction(0)
    return standing.is_certified, floor, -standing.worst_total
