"""Indicator: the ranked test of Callaghan and Mueller-Hansen at a few fixed looks.

Callaghan MW, Mueller-Hansen F: Statistical stopping criteria for automated screening in
systematic reviews. Syst Rev 2020;9:273. The test relies on the ranking: it takes for granted that
from each start on, ranked records are relevant at least as often as random unread ones. Looked at
after every click it errs up to twice as often as it says, so it is looked at twenty times at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np
from scipy.stats import hypergeom

from screening.stopping.certainty import smallest_broken_total

MOST_LOOKS = 20


@dataclass(frozen=True)
class Look:
    """The test after `n_read` of `n_records`: p is the chance of such a run if `target` is missed."""

    n_read: int
    n_found: int
    p: float
    target: Fraction = Fraction(95, 100)
    n_records: int = 0


@dataclass(frozen=True)
class IndicatorReading:
    """The looks that are due so far, and the number of records read at the next one."""

    looks: tuple[Look, ...]
    next_look: int | None
    alpha: Fraction
    is_stale: bool = False
    """Whether target, records or criteria have changed since the latest look."""

    @property
    def is_green(self) -> bool:
        """Whether the latest look is significant and still holds; never while nothing is found."""
        return not self.is_stale and bool(self.looks) and self._is_significant(self.looks[-1])

    @property
    def first_green(self) -> Look | None:
        """The first significant look; a later one need not be."""
        return next(filter(self._is_significant, self.looks), None)

    def _is_significant(self, look: Look) -> bool:
        return look.n_found > 0 and look.p < self.alpha


@dataclass(frozen=True)
class Indicator:
    """The ranked test. Fix target, confidence and number of looks before the first look.

    It is frozen for that reason: another target is another Indicator, and changing it after the
    first look is to be logged and reported. Raises ValueError for more than twenty looks.
    """

    target: Fraction = Fraction(95, 100)
    confidence: Fraction = Fraction(95, 100)
    n_looks: int = MOST_LOOKS

    def __post_init__(self) -> None:
        if not 1 <= self.n_looks <= MOST_LOOKS:
            raise ValueError(f"The indicator is looked at 1 to {MOST_LOOKS} times.")
        if not (0 < self.target < 1 and 0 < self.confidence < 1):
            raise ValueError("Target and confidence lie between 0 and 1.")

    def look_points(self, n_records: int) -> list[int]:
        """Return after how many records the test is looked at; the last is after all of them."""
        step = ceil(n_records / self.n_looks)
        return [*range(step, n_records, step), n_records] if n_records else []

    def read(self, labels: Sequence[bool | None], n_records: int) -> IndicatorReading:
        """Look at every point that is due.

        `labels` are final labels in the order in which records were issued, None while pending.
        Pending ones are taken as all relevant and as all irrelevant, and the larger p counts.
        Raises ValueError if there are more labels than records.
        """
        if len(labels) > n_records:
            raise ValueError("There are more labels than records.")
        points = self.look_points(n_records)
        due = [point for point in points if point <= len(labels)]
        looks = tuple(self._look(labels[:point], n_records) for point in due)
        left = points[len(due) :]
        return IndicatorReading(looks, left[0] if left else None, 1 - self.confidence)

    def _look(self, labels: Sequence[bool | None], n_records: int) -> Look:
        settled = [bool(label) for label in labels]
        p = self.p(settled, n_records)
        if None in labels:
            p = max(p, self.p([label is not False for label in labels], n_records))
        return Look(len(labels), sum(settled), p, self.target, n_records)

    def p(self, labels: Sequence[bool], n_records: int) -> float:
        """Return the smallest p over all starts of a look back; not to be shown between looks.

        Only the very beginning and the places just after a relevant record need be tried: a start
        further into a run of irrelevant records has fewer draws for the same hypothesis.
        """
        found = np.flatnonzero(labels)
        starts = np.r_[0, found + 1]
        before = np.arange(len(starts))
        hidden = smallest_broken_total(len(found), self.target) - before
        population = n_records - starts
        possible = hidden <= population
        if not possible.all():  # not enough records are left to miss the target
            return 0.0
        chance = hypergeom.cdf(len(found) - before, population, hidden, len(labels) - starts)
        return float(min(1.0, chance.min()))
