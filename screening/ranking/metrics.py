"""How good an order is, measured on labels in the order screened.

Every function takes `labels`, a sequence of 0 and 1 (1: relevant) by rank, shape (n,). Two
definitions of "work saved over sampling" are in use and give different numbers; both are here
under their own names, and reports use Cohen's. Without a single relevant record, or without an
irrelevant one where it is divided by, a measure is `nan`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ROUNDING = 1e-9


def _checked(labels: ArrayLike) -> NDArray[np.int64]:
    found = np.asarray(labels, dtype=np.int64)
    if found.ndim != 1 or not np.isin(found, (0, 1)).all():
        raise ValueError("Labels are one sequence of 0 and 1.")
    return found


def td(labels: ArrayLike) -> NDArray[np.int64]:
    """Return the rank, from 1, at which each relevant record was found, shape (n_relevant,)."""
    return np.flatnonzero(_checked(labels)) + 1


def atd(labels: ArrayLike) -> float:
    """Return the mean rank of the relevant records, in records."""
    ranks = td(labels)
    return float(ranks.mean()) if len(ranks) else nan


def rrf(labels: ArrayLike, share: float) -> float:
    """Return the recall after a share (0 to 1) of all records, rounded down to whole records."""
    found = _checked(labels)
    if not found.sum():
        return nan
    return float(found[: floor(share * len(found) + _ROUNDING)].sum() / found.sum())


def erf(labels: ArrayLike, share: float) -> float:
    """Return the recall after a share of all records beyond that of a random order.

    The random order has found its share of relevant records, rounded to a whole number.
    """
    found = _checked(labels)
    if not found.sum():
        return nan
    screened = floor(share * len(found) + _ROUNDING)
    by_chance = np.round(np.linspace(0, found.sum(), len(found)))[screened - 1] if screened else 0
    return float((found[:screened].sum() - by_chance) / found.sum())


def screened_at(labels: ArrayLike, recall: float) -> int:
    """Return how many records were screened when recall first reached `recall`; 0 for none."""
    ranks = td(labels)
    needed = ceil(recall * len(ranks) - _ROUNDING)
    return int(ranks[needed - 1]) if needed else 0


def wss_cohen(labels: ArrayLike, recall: float) -> float:
    """Work saved over sampling after Cohen et al. 2006: (TN + FN) / N - (1 - recall).

    Taken at the first rank where recall is at least `recall`.
    """
    n_records, n_screened = len(_checked(labels)), screened_at(labels, recall)
    if not n_screened:
        return nan
    return (n_records - n_screened) / n_records - (1 - recall)


def wss_insights(labels: ArrayLike, recall: float) -> float:
    """Work saved over sampling as asreview-insights 1.6.1 reports it.

    Taken at the last level of recall that is not above `recall`, against the rank at which a
    random order, rounded to whole records, has found as many.
    """
    found = _checked(labels)
    ranks = td(found)
    n_reached = floor(recall * len(ranks) + _ROUNDING)
    if not n_reached:
        return nan
    by_chance = np.round(np.linspace(0, len(ranks), len(found)))
    at_random = int(np.argmax(by_chance >= n_reached)) + 1
    return float((at_random - ranks[n_reached - 1]) / len(found))


def loss(labels: ArrayLike) -> float:
    """Return the area lost to a perfect recall curve: 0 for the best order, 1 for the worst."""
    found = _checked(labels)
    n_records, n_relevant = len(found), int(found.sum())
    if n_relevant in (0, n_records):
        return nan
    best = n_relevant * (n_records - (n_relevant - 1) / 2)
    worst_lead = n_relevant * (n_records - n_relevant)
    return float((best - found.cumsum().sum()) / worst_lead)


@dataclass(frozen=True)
class Confusion:
    """Counts when screening stops: what was screened is called positive."""

    tp: int
    fp: int
    tn: int
    fn: int


def confusion(labels: ArrayLike, recall: float) -> Confusion:
    """Return the counts at the last level of recall that is not above `recall`."""
    found = _checked(labels)
    ranks = td(found)
    n_found = floor(recall * len(ranks) + _ROUNDING)
    n_screened = int(ranks[n_found - 1]) if n_found else 0
    n_missed = len(ranks) - n_found
    return Confusion(
        tp=n_found,
        fp=n_screened - n_found,
        tn=len(found) - n_screened - n_missed,
        fn=n_missed,
    )


def tnr(labels: ArrayLike, recall: float) -> float:
    """Return the share of irrelevant records nobody had to read, at `confusion`'s place."""
    counts = confusion(labels, recall)
    n_irrelevant = counts.tn + counts.fp
    return counts.tn / n_irrelevant if n_irrelevant else nan


def nnr(labels: ArrayLike, recall: float) -> float:
    """Return how many records were screened for each relevant one, when recall was reached."""
    n_screened = screened_at(labels, recall)
    return n_screened / rank_count(labels, n_screened) if n_screened else nan


def rank_count(labels: ArrayLike, n_screened: int) -> int:
    """Return the number of relevant records among the first `n_screened`."""
    return int(_checked(labels)[:n_screened].sum())


def summary(labels: Sequence[int] | NDArray[np.int64]) -> dict[str, float | int]:
    """Return the measures reports show, under the names they carry there."""
    ranks = td(labels)
    n_records = len(labels)
    return {
        "n_records": n_records,
        "n_relevant": len(ranks),
        "atd_records": atd(labels),
        "atd_share": atd(labels) / n_records if n_records else nan,
        "wss_cohen_95": wss_cohen(labels, 0.95),
        "wss_cohen_100": wss_cohen(labels, 1.0),
        "wss_insights_95": wss_insights(labels, 0.95),
        "wss_insights_100": wss_insights(labels, 1.0),
        "recall_at_10": rrf(labels, 0.10),
        "recall_at_25": rrf(labels, 0.25),
        "recall_at_50": rrf(labels, 0.50),
        "erf_at_10": erf(labels, 0.10),
        "loss": loss(labels),
        "tnr_95": tnr(labels, 0.95),
        "nnr_95": nnr(labels, 0.95),
        "screened_at_95": screened_at(labels, 0.95),
        "screened_at_100": screened_at(labels, 1.0),
        "first_relevant": int(ranks[0]) if len(ranks) else nan,
    }
