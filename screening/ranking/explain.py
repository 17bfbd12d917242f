"""Why a record stands where it stands: every score is a sum, so its parts say it exactly."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from screening.ranking.features import Features
from screening.ranking.generic import USUAL_WORDS
from screening.ranking.model import RelevanceModel
from screening.ranking.prior import SIGNALS
from screening.ranking.warm import WarmModel, on_one_scale, signals

#: What a contribution comes from: the reviewers' decisions, the protocol text, other reviews.
LEARNED, PROTOCOL, GENERIC = "decisions", "protocol text", "other reviews"
NO_ABSTRACT = "no abstract"


@dataclass(frozen=True)
class Contribution:
    """What one term adds to a record's score (negative: takes away), and what says so."""

    term: str
    value: float
    source: str = LEARNED


def contributions(
    model: RelevanceModel | WarmModel, features: Features, record: int, *, most: int = 10
) -> tuple[list[Contribution], float]:
    """Return the strongest contributions and the sum of all others with the constants.

    All together they equal the record's score to within rounding of float64, for either model.
    Raises KeyError for a record the matrix does not hold.
    """
    rows = features.rows_of([record])
    if not len(rows):
        raise KeyError(record)
    row = int(rows[0])
    if isinstance(model, WarmModel):
        parts, score = list(_warm_parts(model, features, row)), _warm_score(model, features, row)
    else:
        parts = list(_svm_parts(features, row, model.coef_))
        score = sum(part.value for part in parts) + model.intercept_
    strongest = sorted(parts, key=lambda part: -abs(part.value))[:most]
    return strongest, score - sum(part.value for part in strongest)


def _warm_score(model: WarmModel, features: Features, row: int) -> float:
    raw = signals(features.only(row), model.coef_, model.intercept_)
    return float((on_one_scale(raw, model.centre_, model.scale_) @ model.weights_)[0])


def _warm_parts(model: WarmModel, features: Features, row: int) -> Iterator[Contribution]:
    """Yield what each word adds through each signal; centring and cutting off are no word's."""
    per_unit = dict(zip(SIGNALS, (model.weights_ / model.scale_).tolist(), strict=True))
    yield from _svm_parts(features, row, model.coef_ * per_unit["svm"])
    if model.uses_protocol_:
        yield from _protocol_parts(features, row, per_unit)
    if model.generic:
        yield from _generic_parts(model, features, row, per_unit["generic"])
    if missing := float(features.no_abstract[row]):
        yield Contribution(NO_ABSTRACT, missing * per_unit["no_abstract"], GENERIC)


def _svm_parts(
    features: Features, row: int, coef: NDArray[np.float64], source: str = LEARNED
) -> Iterator[Contribution]:
    own = features.matrix[row]
    values = own.data.astype(np.float64) * coef[own.indices]
    for term, value in zip(features.vocabulary.names(own.indices), values.tolist(), strict=True):
        yield Contribution(term, value, source)


def _protocol_parts(
    features: Features, row: int, per_unit: dict[str, float]
) -> Iterator[Contribution]:
    """Add up, for each word of the protocol text, the cosine's part and the two of BM25."""
    text = features.protocol
    shared = features.matrix[row].multiply(text).tocsr()
    found: dict[str, float] = {}
    asked = features.protocol_words
    parts = [(features.vocabulary.names(shared.indices), shared, per_unit["cosine"])]
    for name, matrix in (("in_title", features.in_title), ("in_text", features.in_text)):
        own = matrix[row]
        parts.append(([asked[column] for column in own.indices], own, per_unit[name]))
    for terms, part, unit in parts:
        for term, value in zip(terms, part.data.astype(np.float64).tolist(), strict=True):
            found[term] = found.get(term, 0.0) + value * unit
    for term, value in found.items():
        yield Contribution(term, value, PROTOCOL)


def _generic_parts(
    model: WarmModel, features: Features, row: int, unit: float
) -> Iterator[Contribution]:
    prior = model.prior.generic
    place = prior.place
    own = features.vocabulary.names(features.matrix[row].indices)
    present = [place[term] for term in own if term in place]
    scale = np.sqrt(USUAL_WORDS / max(len(present), 1))
    found = {number: float(prior.in_text[number] * scale) for number in present}
    for number in features.titles[row].indices.tolist():
        found[number] = found.get(number, 0.0) + float(prior.in_title[number])
    for number, value in found.items():
        yield Contribution(prior.terms[number], value * unit, GENERIC)


def strongest_terms(
    model: RelevanceModel | WarmModel, features: Features, *, most: int = 20
) -> tuple[list[Contribution], list[Contribution]]:
    """Return the terms that, by the decisions, speak most for and most against relevance."""
    by_weight = np.argsort(model.coef_, kind="stable")
    in_favour, against = (
        [
            Contribution(term, float(model.coef_[i]))
            for i, term in zip(chosen, features.vocabulary.names(chosen), strict=True)
        ]
        for chosen in (by_weight[::-1][:most], by_weight[:most])
    )
    return (
        [one for one in in_favour if one.value > 0],
        [one for one in against if one.value < 0],
    )


@dataclass(frozen=True)
class Neighbour:
    """A labelled record and how alike it is, as the cosine of the term weights (0 to 1)."""

    record: int
    likeness: float


def nearest(
    features: Features, record: int, labelled: Sequence[int], *, most: int = 3
) -> list[Neighbour]:
    """Return the labelled records most like a record, most alike first; itself is left out.

    Raises KeyError for a record the matrix does not hold.
    """
    rows = features.rows_of([record])
    if not len(rows):
        raise KeyError(record)
    others = features.rows_of(number for number in labelled if number != record)
    alike = _cosines(features.matrix[rows[0]], features.matrix[others])
    best = np.argsort(-alike, kind="stable")[:most]
    return [Neighbour(int(features.ids[others[n]]), float(alike[n])) for n in best if alike[n] > 0]


def _cosines(row: sparse.csr_matrix, others: sparse.csr_matrix) -> NDArray[np.float64]:
    return (others @ row.T).toarray().ravel().astype(np.float64)
