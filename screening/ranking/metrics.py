"""How good an order of screening was, judged from the labels in the order they were screened.

Labels are 0 and 1, shape (n,), the first screened first; N records, R of them relevant. Definitions
follow Cohen et al. 2006 (work saved over sampling) and, where named, asreview-insights 1.6.1.
Every function raises ValueError if no record is relevant, since there is nothing to measure then.
"""

from collections.abc import Iterable
from math import ceil, floor

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Guards shares such as .95 x 20 against the last bit of a float.
_ROUNDING = 1e-9


def ranks_of_relevant(labels: ArrayLike) -> NDArray[np.int64]:
    """Return the 1-based place of every relevant record, ascending, shape (R,).

    This is the time to discovery (TD) of each, in records.
    """
    ranks = np.flatnonzero(np.asarray(labels) == 1) + 1
    if not len(ranks):
        raise ValueError("No record is relevant, so there is nothing to measure.")
    return ranks


def recall_at(labels: ArrayLike, share: float) -> float:
    """Return the recall after floor(share x N) records (RRF@x)."""
    ranks = ranks_of_relevant(labels)
    return float((ranks <= _screened(labels, share)).mean())


def extra_found_at(labels: ArrayLike, share: float) -> float:
    """Return the relevant records found beyond a random order's, as a share of R (ERF@x)."""
    ranks = ranks_of_relevant(labels)
    screened = _screened(labels, share)
    by_chance = round(len(ranks) * screened / np.size(labels))
    return float(((ranks <= screened).sum() - by_chance) / len(ranks))


def screened_at_recall(labels: ArrayLike, recall: float) -> int:
    """Return how many records were screened when recall first reached a level."""
    ranks = ranks_of_relevant(labels)
    return int(ranks[max(ceil(recall * len(ranks) - _ROUNDING), 1) - 1])


def wss_cohen(labels: ArrayLike, recall: float) -> float:
    """Return (TN + FN) / N - (1 - r) at the first point with recall >= r (Cohen 2006)."""
    n = np.size(labels)
    return (n - screened_at_recall(labels, recall)) / n - (1 - recall)


def wss_insights(labels: ArrayLike, recall: float) -> float:
    """Return work saved as asreview-insights counts it.

    It takes the last recall level not above r (with three relevant records and r = .95 that is
    .67) and compares with a random curve rounded to whole records.
    """
    ranks = ranks_of_relevant(labels)
    n, found = np.size(labels), floor(recall * len(ranks) + _ROUNDING)
    if found == 0:
        return 0.0
    by_chance = np.round(np.linspace(0, len(ranks), n)) >= found
    return float((np.argmax(by_chance) + 1 - ranks[found - 1]) / n)


def mean_rank(labels: ArrayLike) -> float:
    """Return the average time to discovery (ATD) in records; divide by N for the share."""
    return float(ranks_of_relevant(labels).mean())


def loss(labels: ArrayLike) -> float:
    """Return the area between the best possible recall curve and this one: 0 best, 1 worst."""
    n, n_relevant = np.size(labels), len(ranks_of_relevant(labels))
    if n == n_relevant:
        return 0.0
    best = n_relevant * (n - (n_relevant - 1) / 2)
    area = float(np.cumsum(np.asarray(labels)).sum())
    return (best - area) / (n_relevant * (n - n_relevant))


def tnr_at(labels: ArrayLike, recall: float) -> float:
    """Return TN / (N - R) at the last recall level not above r: the share of noise spared."""
    ranks = ranks_of_relevant(labels)
    n, found = np.size(labels), floor(recall * len(ranks) + _ROUNDING)
    if n == len(ranks):
        return 0.0
    read = ranks[found - 1] - found if found else 0
    return float((n - len(ranks) - read) / (n - len(ranks)))


def nnr_at(labels: ArrayLike, recall: float) -> float:
    """Return the records read per relevant record found when recall first reached r (NNR@r)."""
    screened = screened_at_recall(labels, recall)
    return float(screened / np.sum(np.asarray(labels)[:screened]))


def recall_curve(labels: ArrayLike) -> NDArray[np.float64]:
    """Return the recall after each record, shape (n,)."""
    ranks = ranks_of_relevant(labels)
    return np.cumsum(np.asarray(labels)) / len(ranks)


def summary(labels: Iterable[int]) -> dict[str, float]:
    """Return every metric under the name it has in reports."""
    found = np.fromiter(labels, dtype=np.int64)
    ranks = ranks_of_relevant(found)
    numbers: dict[str, float] = {
        "n_records": len(found),
        "n_relevant": len(ranks),
        "first_relevant": int(ranks[0]),
        "atd_records": mean_rank(found),
        "atd": mean_rank(found) / len(found),
        "loss": loss(found),
        "erf_10": extra_found_at(found, 0.10),
        "tnr_90": tnr_at(found, 0.90),
        "nnr_95": nnr_at(found, 0.95),
    }
    for share in (10, 25, 50):
        numbers[f"recall_{share}"] = recall_at(found, share / 100)
    for level in (95, 100):
        numbers[f"wss_cohen_{level}"] = wss_cohen(found, level / 100)
        numbers[f"wss_insights_{level}"] = wss_insights(found, level / 100)
        numbers[f"screened_{level}"] = screened_at_recall(found, level / 100)
    return numbers


def _screened(labels: ArrayLike, share: float) -> int:
    return floor(share * np.size(labels) + _ROUNDING)
