"""Why a record stands where it stands: both models are sums, so their parts say it exactly."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from screening.ranking.features import Features
from screening.ranking.model import RelevanceModel
from screening.ranking.warm import (
    COSINE,
    GENERIC,
    NO_ABSTRACT,
    SVM,
    TEXT_MATCH,
    TITLE_MATCH,
    WarmModel,
)

TERM, SIGNAL = "term", "signal"
_SIGNAL_NAMES = {
    TITLE_MATCH: "words of the protocol in the title",
    TEXT_MATCH: "words of the protocol in title and abstract",
    GENERIC: "reads like a report of an original study",
    NO_ABSTRACT: "whether it has an abstract",
}


@dataclass(frozen=True)
class Contribution:
    """What one term, or one signal of the warm model, adds to a score (negative: takes away)."""

    term: str
    value: float
    kind: str = TERM


def contributions(
    model: RelevanceModel | WarmModel, features: Features, record: int, *, most: int = 10
) -> tuple[list[Contribution], float]:
    """Return the strongest contributions and the sum of the others with the constant part.

    All together they equal the record's score to within rounding of float64.
    Raises KeyError for a record the matrix does not hold.
    """
    rows = features.rows_of([record])
    if not len(rows):
        raise KeyError(record)
    row = features.matrix[rows[0]]
    if isinstance(model, WarmModel):
        signals, constant = _signals(model, features, int(rows[0]), row)
    else:
        signals, constant = [], model.intercept_
    values = row.data.astype(np.float64) * term_weights(model, features)[row.indices]
    strongest = np.argsort(-np.abs(values), kind="stable")[:most]
    terms = [Contribution(str(features.terms[row.indices[i]]), float(values[i])) for i in strongest]
    found = sorted([*terms, *signals], key=lambda one: -abs(one.value))[:most]
    everything = float(values.sum()) + sum(one.value for one in signals) + constant
    return found, everything - sum(one.value for one in found)


def term_weights(model: RelevanceModel | WarmModel, features: Features) -> NDArray[np.float64]:
    """Return what a term's weight in a record is multiplied by in its score, shape (terms,).

    In the warm model a term counts through the margin and through the cosine to the protocol.
    """
    if not isinstance(model, WarmModel):
        return model.coef_
    scale = model.weights_ / model.spreads_
    protocol = features.protocol.toarray().ravel().astype(np.float64)
    return scale[SVM] * model.svm_.coef_ + scale[COSINE] * protocol


def _signals(
    model: WarmModel, features: Features, row: int, terms: sparse.csr_matrix
) -> tuple[list[Contribution], float]:
    """Return the signals that are no sums of terms, and what is the same whatever the terms.

    Where margin or cosine were cut off at the limit, the constant takes what was cut.
    """
    standard = model.standardised(features)[row] * model.weights_
    signals = [
        Contribution(name, float(standard[column]), SIGNAL)
        for column, name in _SIGNAL_NAMES.items()
        if standard[column]
    ]
    by_terms = float((terms @ term_weights(model, features))[0])
    return signals, float(standard[SVM] + standard[COSINE]) - by_terms


def strongest_terms(
    model: RelevanceModel | WarmModel, features: Features, *, most: int = 20
) -> tuple[list[Contribution], list[Contribution]]:
    """Return the terms that speak most for and most against relevance."""
    weights = term_weights(model, features)
    by_weight = np.argsort(weights, kind="stable")
    against = [Contribution(str(features.terms[i]), float(weights[i])) for i in by_weight[:most]]
    top = by_weight[::-1][:most]
    in_favour = [Contribution(str(features.terms[i]), float(weights[i])) for i in top]
    return (
        [one for one in in_favour if one.value > 0],
        [one for one in against if one.value < 0],
    )
