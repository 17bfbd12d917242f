"""The price of certainty: what any method that assumes nothing about the ranking must read.

With F relevant records found and a recall target t, the smallest total that would break the
promise is floor(F/t) + 1. A random audit without a hit refutes it at level alpha only after
reading at least a share of what is left (hypergeometric; see docs/stopping.md).
"""

from dataclasses import dataclass
from fractions import Fraction
from math import comb, floor


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
    return Fraction(comb(n_unread - hidden, n_audit), comb(n_unread, n_audit))
