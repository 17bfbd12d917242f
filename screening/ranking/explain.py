"""Why a record stands where it stands: the model is linear, so its terms say it exactly."""

from dataclasses import dataclass

import numpy as np

from screening.ranking.features import Features
from screening.ranking.model import RelevanceModel


@dataclass(frozen=True)
class Contribution:
    """What one term adds to a record's score (negative: takes away)."""

    term: str
    value: float


def contributions(
    model: RelevanceModel, features: Features, record: int, *, most: int = 10
) -> tuple[list[Contribution], float]:
    """Return the strongest contributions and the sum of the others with the intercept.

    All together they equal the record's score to within rounding of float64.
    Raises KeyError for a record the matrix does not hold.
    """
    rows = features.rows_of([record])
    if not len(rows):
        raise KeyError(record)
    row = features.matrix[rows[0]]
    values = row.data.astype(np.float64) * model.coef_[row.indices]
    strongest = np.argsort(-np.abs(values), kind="stable")[:most]
    found = [Contribution(str(features.terms[row.indices[i]]), float(values[i])) for i in strongest]
    rest = float(values.sum() - sum(one.value for one in found)) + model.intercept_
    return found, rest


def strongest_terms(
    model: RelevanceModel, features: Features, *, most: int = 20
) -> tuple[list[Contribution], list[Contribution]]:
    """Return the terms that speak most for and most against relevance."""
    by_weight = np.argsort(model.coef_, kind="stable")
    against = [
        Contribution(str(features.terms[i]), float(model.coef_[i])) for i in by_weight[:most]
    ]
    top = by_weight[::-1][:most]
    in_favour = [Contribution(str(features.terms[i]), float(model.coef_[i])) for i in top]
    return (
        [one for one in in_favour if one.value > 0],
        [one for one in against if one.value < 0],
    )
