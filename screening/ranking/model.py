"""The relevance model: a linear support vector machine over the term matrix.

The classifier, its C and its class weights are those of ASReview 3's ELAS u4, so that our plain
model can be compared with it; the protocol text stays in the training set as one inclusion.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from scipy import sparse
from sklearn.svm import LinearSVC

from screening.ranking.features import Features

INCLUSION_WEIGHT = 1.0
EXCLUSION_SHARE = 9.8


@dataclass
class RelevanceModel:
    """Ranks records by their margin.

    Parameters: C is the inverse regularisation, random_state the seed of the solver,
    protocol_counts whether the protocol text is a permanent pseudo-inclusion,
    weights_sum_to_n whether class weights are scaled to a mean of 1, as ASReview does; the warm
    prior was learned without.
    After `fit`, `coef_` has shape (terms,) and `intercept_` is a float.
    """

    C: float = 0.11
    random_state: int = 0
    protocol_counts: bool = True
    weights_sum_to_n: bool = True

    def fit(
        self, features: Features, included: Sequence[int], excluded: Sequence[int]
    ) -> "RelevanceModel":
        """Learn from the ids of included and excluded records.

        With exclusions only, the protocol text is the only inclusion; without exclusions, or
        without any text of an inclusion, the score is the cosine to the mean inclusion.
        Known inclusions of an earlier review count as included.
        """
        positive = _stacked(features, included, features.known, self._protocol(features))
        negative = features.matrix[features.rows_of(excluded)]
        n_terms = features.matrix.shape[1]
        self.intercept_ = 0.0
        if positive.shape[0] == 0 or n_terms == 0:
            self.coef_ = np.zeros(n_terms)
        elif negative.shape[0] == 0:
            self.coef_ = np.asarray(positive.mean(axis=0), dtype=np.float64).ravel()
        else:
            self._fit_svm(positive, negative)
        return self

    def _protocol(self, features: Features) -> sparse.csr_matrix | None:
        has_words = features.protocol.nnz > 0
        return features.protocol if self.protocol_counts and has_words else None

    def _fit_svm(self, positive: sparse.csr_matrix, negative: sparse.csr_matrix) -> None:
        n_included, n_excluded = positive.shape[0], negative.shape[0]
        svm = LinearSVC(
            C=self.C,
            loss="squared_hinge",
            random_state=self.random_state,
            class_weight=class_weights(n_included, n_excluded, sum_to_n=self.weights_sum_to_n),
        )
        labels = np.r_[np.ones(n_included), np.zeros(n_excluded)]
        svm.fit(sparse.vstack([positive, negative]).tocsr(), labels)
        self.coef_ = svm.coef_.ravel().astype(np.float64)
        self.intercept_ = float(svm.intercept_[0])

    def score(self, features: Features) -> np.ndarray:
        """Return the margin of every record, shape (n,); higher is more relevant."""
        return features.matrix @ self.coef_ + self.intercept_


def class_weights(n_included: int, n_excluded: int, *, sum_to_n: bool) -> dict[int, float]:
    """Return the weight of each inclusion (1) and each exclusion (0): 9.8 to 1 as classes."""
    exclusion = n_included * INCLUSION_WEIGHT / (EXCLUSION_SHARE * n_excluded)
    total = n_included * INCLUSION_WEIGHT + n_excluded * exclusion
    scale = (n_included + n_excluded) / total if sum_to_n else 1.0
    return {1: INCLUSION_WEIGHT * scale, 0: exclusion * scale}


def _stacked(
    features: Features, ids: Sequence[int], *further: sparse.csr_matrix | None
) -> sparse.csr_matrix:
    rows = features.matrix[features.rows_of(ids)]
    return sparse.vstack([rows, *(one for one in further if one is not None)]).tocsr()


def should_retrain(n_new: int, n_used: int) -> bool:
    """Say whether enough new labels came in since a training that used `n_used`."""
    return n_new >= max(1, ceil(0.03 * n_used))
