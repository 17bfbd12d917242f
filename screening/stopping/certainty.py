"""The price of certainty: what any method that assumes nothing about the ranking must read.

With F relevant records found and a recall target t, the smallest total that would break the
promise is floor(F/t) + 1. A random audit without a hit refutes it at level alpha only after
reading at least a share of what is left (hypergeometric; see docs/stopping.md).
"""

from dataclasses import dataclass
from fractions import Fraction
from math import comb, floor, perm


@dataclass(frozen=True)
class Price:
    """To certify `target` with `confidence`, read `n_audit` of the unread, if none is relevant."""

    target: Fraction
    confidence: Fraction
    n_hidden: int
    n_audit: int
    n_unread: int

    @property
    def per_cent(self) -> int:
        return round(100 * self.n_audit / self.n_unread) if self.n_unread else 0


def exact(share: Fraction | float | str) -> Fraction:
    """Return a share as people write it: .95 is 19/20, not the nearest binary fraction."""
    return share if isinstance(share, Fraction) else Fraction(str(share))


def smallest_broken_total(n_found: int, target: Fraction) -> int:
    """Return the smallest number of relevant records in all for which recall is below target."""
    return floor(n_found / target) + 1


def price(n_found: int, n_unread: int, *, target: Fraction, confidence: Fraction) -> Price:
    """Return the smallest audit without a hit that certifies the target, by exact arithmetic."""
    hidden = smallest_broken_total(n_found, target) - n_found
    alpha = 1 - confidence
    low, high = 0, n_unread
    while low < high:
        middle = (low + high) // 2
        if _no_hit(n_unread, hidden, middle) <= alpha:
            high = middle
        else:
            low = middle + 1
    return Price(target, confidence, hidden, low, n_unread)


def _no_hit(n_unread: int, hidden: int, n_audit: int) -> Fraction:
    """Chance that a draw of `n_audit` from the unread misses all of the hidden."""
    if n_audit + hidden > n_unread:
        return Fraction(0)
    # The same as drawing the hidden and missing all of the audit: the smaller number of factors.
    few, many = sorted((hidden, n_audit))
    return Fraction(perm(n_unread - many, few), perm(n_unread, few))


def count_bound(n_hits: int, n_audit: int, n_population: int, *, confidence: Fraction) -> int:
    """Return the largest number of relevant records a random audit of fixed size leaves possible.

    Exact one-sided hypergeometric bound on the relevant records of the whole population, the
    hits included. It holds for an audit whose size was fixed beforehand and that is read once;
    for an audit watched while it runs the bound is the Certificate's.
    """
    alpha = 1 - confidence
    low, high = n_hits, n_population - (n_audit - n_hits)
    while low < high:
        middle = (low + high + 1) // 2
        if _at_most(n_hits, n_audit, middle, n_population) > alpha:
            low = middle
        else:
            high = middle - 1
    return low


def _at_most(n_hits: int, n_audit: int, n_relevant: int, n_population: int) -> Fraction:
    """Chance of `n_hits` or fewer among `n_audit` draws without replacement."""
    ways = sum(
        comb(n_relevant, hits) * comb(n_population - n_relevant, n_audit - hits)
        for hits in range(n_hits + 1)
    )
    return Fraction(ways, comb(n_population, n_audit))
