"""Evidence of random draws against every possible total of relevant records.

For every total R the draws are a bet at fair odds if R is true: at a draw from U unissued records
with F found before, a hit has chance p(R) = (R - F) / U. The wealth E(R) of a gambler who bets
against R is then a test martingale, and by Ville's inequality the chance that it ever reaches
1/alpha is at most alpha, whenever one looks and whatever made one draw (Ville 1939; Waudby-Smith
and Ramdas, Confidence sequences for sampling without replacement, NeurIPS 2020).
"""

from abc import ABC, abstractmethod
from enum import StrEnum
from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Floats = NDArray[np.float64]

_MOST_BETS = 40
_PRIOR_POWER = 1.5
_LEAST_LEFT = 0.15
_THETAS = np.array([0.0, 0.2, 0.5])
_THETA_WEIGHTS = np.array([0.8, 0.1, 0.1])


class Form(StrEnum):
    """How the gambler bets; to be fixed before the audit begins."""

    PPR = "ppr"
    THETA = "theta"


class Evidence(ABC):
    """The wealth against every total from `n_found` to `n_found` + `n_unissued`.

    Both counts are those just before the first draw; all arrays have one place for every total.
    """

    def __init__(self, n_found: int, n_unissued: int) -> None:
        self.totals = np.arange(n_found, n_found + n_unissued + 1)
        self.first_found = n_found
        self.log_likelihood: Floats = np.zeros(n_unissued + 1)
        self.log_peak: Floats = np.full(n_unissued + 1, -np.inf)
        self.n_draws = 0

    @abstractmethod
    def log_e(self) -> Floats:
        """Return the logarithm of the wealth now; infinite where a total is impossible."""

    @abstractmethod
    def log_e_after_misses(self, n_misses: int, *, n_found: int, n_unissued: int) -> Floats:
        """Return the logarithm of the wealth if so many more draws were made without a hit."""

    @abstractmethod
    def _bet(self, hit: bool, n_found: int, n_unissued: int, p: Floats) -> None:
        """Settle the bets on one draw."""

    def draw(self, hit: bool, *, n_found: int, n_unissued: int) -> None:
        """Take in one draw, with the counts just before it."""
        p = np.clip((self.totals - n_found) / n_unissued, 0.0, 1.0)
        with np.errstate(divide="ignore"):
            self.log_likelihood += np.log(p) if hit else np.log1p(-p)
        self._bet(hit, n_found, n_unissued, p)
        self.n_draws += 1
        np.maximum(self.log_peak, self.log_e(), out=self.log_peak)

    def largest(self, *, n_found: int, n_unissued: int, alpha: float) -> int:
        """Return the largest total never refuted at level alpha, at least what is found.

        Refuted totals need not be an interval, so "no total from R0 on stands" is asked of the
        largest one standing, never of R0 alone.
        """
        standing = (self.log_peak < log(1 / alpha)) & self._possible(n_found, n_unissued)
        return int(self.totals[standing].max(initial=n_found))

    def likeliest(self, *, n_found: int, n_unissued: int) -> int | None:
        """Return the total under which these draws are likeliest; None before the first draw."""
        if not self.n_draws:
            return None
        possible = self._possible(n_found, n_unissued)
        return int(self.totals[possible][np.argmax(self.log_likelihood[possible])])

    def misses_needed(
        self, broken_total: int, *, n_found: int, n_unissued: int, alpha: float
    ) -> int:
        """Return how many more draws, none a hit, would refute every total from this one on."""
        low, high = 0, n_unissued
        counts = {"n_found": n_found, "n_unissued": n_unissued}
        while low < high:
            middle = (low + high) // 2
            peak = np.maximum(self.log_peak, self.log_e_after_misses(middle, **counts))
            standing = (peak < log(1 / alpha)) & self._possible(n_found, n_unissued - middle)
            if self.totals[standing].max(initial=0) < broken_total:
                high = middle
            else:
                low = middle + 1
        return low

    def _possible(self, n_found: int, n_unissued: int) -> NDArray[np.bool_]:
        return (self.totals >= n_found) & (self.totals <= n_found + n_unissued)

    def _log_likelihood_after(self, n_misses: int, n_found: int, n_unissued: int) -> Floats:
        hidden = np.clip(self.totals - n_found, 0, None).astype(np.float64)
        return self.log_likelihood + _log_no_hit(hidden, n_misses, n_unissued)


class PriorPosterior(Evidence):
    """Bets by a prior on what is hidden: m with weight (m + 1)^-1.5 for m = 0 to 40.

    The wealth is the prior's mean likelihood over the likelihood of R. A bet on fewer hidden
    records than have turned up by now goes on as if .15 of a record were left. As a function of R
    the wealth is U-shaped: totals that are too small are refuted as well.
    """

    def __init__(self, n_found: int, n_unissued: int) -> None:
        super().__init__(n_found, n_unissued)
        self._hidden = np.arange(_MOST_BETS + 1.0)
        weights = (self._hidden + 1) ** -_PRIOR_POWER
        self._log_bets: Floats = np.log(weights / weights.sum())

    def log_e(self) -> Floats:
        wealth: Floats = _log_sum(self._log_bets) - self.log_likelihood
        return wealth

    def log_e_after_misses(self, n_misses: int, *, n_found: int, n_unissued: int) -> Floats:
        left = self._left(n_found)
        bets = self._log_bets + _log_no_hit(left, n_misses, n_unissued)
        after: Floats = _log_sum(bets) - self._log_likelihood_after(n_misses, n_found, n_unissued)
        return after

    def _bet(self, hit: bool, n_found: int, n_unissued: int, p: Floats) -> None:
        q = np.clip(self._left(n_found) / n_unissued, 0.0, 1.0)
        with np.errstate(divide="ignore"):
            self._log_bets += np.log(q) if hit else np.log1p(-q)

    def _left(self, n_found: int) -> Floats:
        """How much each bet takes to be left, given what was found since, ranked or random."""
        return np.maximum(self._hidden - (n_found - self.first_found), _LEAST_LEFT)


class Theta(Evidence):
    """Bets that a hit is theta times as likely as under R, for three fixed theta below one.

    One-sided: only totals that are too large are refuted. A little cheaper than the prior if the
    audit finds nothing, dearer after any hit.
    """

    def __init__(self, n_found: int, n_unissued: int) -> None:
        super().__init__(n_found, n_unissued)
        weights = np.log(_THETA_WEIGHTS)
        self._log_bets: Floats = np.repeat(weights[:, None], n_unissued + 1, axis=1)

    def log_e(self) -> Floats:
        return np.where(np.isneginf(self.log_likelihood), np.inf, _log_sum(self._log_bets))

    def log_e_after_misses(self, n_misses: int, *, n_found: int, n_unissued: int) -> Floats:
        hidden = np.clip(self.totals - n_found, 0, None).astype(np.float64)
        chance = _log_no_hit(hidden, n_misses, n_unissued)
        with np.errstate(invalid="ignore"):
            bets = self._log_bets + np.array(
                [_log_no_hit(theta * hidden, n_misses, n_unissued) - chance for theta in _THETAS]
            )
        impossible = np.isneginf(chance) | np.isneginf(self.log_likelihood)
        return np.where(impossible, np.inf, _log_sum(np.where(impossible, 0.0, bets)))

    def _bet(self, hit: bool, n_found: int, n_unissued: int, p: Floats) -> None:
        with np.errstate(divide="ignore"):
            if hit:
                self._log_bets += np.log(_THETAS)[:, None]
                return
            fair = np.where(p < 1, np.log1p(-p), 0.0)
        for bets, theta in zip(self._log_bets, _THETAS, strict=True):
            bets += np.log1p(-theta * p) - fair


FORMS: dict[Form, type[Evidence]] = {Form.PPR: PriorPosterior, Form.THETA: Theta}


def _log_sum(logs: Floats) -> Floats:
    """Log of the sum over the first axis of what the logs stand for."""
    most = logs.max(axis=0)
    total: Floats = most + np.log(np.exp(logs - most).sum(axis=0))
    return total


def _log_no_hit(hidden: Floats, n_draws: int, n_unissued: int) -> Floats:
    """Log chance that draws without replacement miss all of `hidden`, which may be fractional."""
    remaining = n_unissued - hidden - n_draws
    with np.errstate(invalid="ignore", divide="ignore"):
        ways = gammaln(n_unissued - hidden + 1) - gammaln(remaining + 1)
    all_ways = gammaln(n_unissued + 1) - gammaln(n_unissued - n_draws + 1)
    return np.where(remaining > -1 + 1e-9, ways - all_ways, -np.inf)
