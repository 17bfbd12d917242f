"""The plain relevance model: a linear support vector machine over the term matrix.

The classifier, its C and its class weights are those of ASReview 3's ELAS u4, so that our plain
model can be compared with it; the protocol text stays in the training set as one inclusion.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.stats import rankdata
from sklearn.svm import LinearSVC

from screening.ranking.features import Features

#: All inclusions together weigh 9.8 times as much as all exclusions together.
INCLUSIONS_OUTWEIGH = 9.8
#: From this many inclusions on, a protocol text that does not tell them apart is dropped.
ENOUGH_INCLUSIONS = 10
LEAST_AUC = 0.55


@dataclass
class RelevanceModel:
    """Ranks records by their margin.

    Parameters: C is the inverse regularisation, random_state the seed of the solver,
    protocol_counts whether the protocol text is a pseudo-inclusion until it proves misleading.
    After `fit`, `coef_` has shape (terms,), `intercept_` is a float and `uses_protocol_` says
    whether the protocol text was learned from.
    """

    C: float = 0.11
    random_state: int = 0
    protocol_counts: bool = True

    def fit(
        self, features: Features, included: Sequence[int], excluded: Sequence[int]
    ) -> "RelevanceModel":
        """Learn from the ids of included and excluded records, and the features' examples.

        With exclusions only, the protocol text is the only inclusion; without exclusions, or
        without any text of an inclusion, the score is the cosine to the mean inclusion.
        """
        self.uses_protocol_ = self.protocol_counts and protocol_helps(features, included, excluded)
        parts = [features.matrix[features.rows_of(included)], features.examples]
        if self.uses_protocol_:
            parts.append(features.protocol)
        self._learn(sparse.vstack(parts).tocsr(), features.matrix[features.rows_of(excluded)])
        return self

    def _learn(self, positive: sparse.csr_matrix, negative: sparse.csr_matrix) -> None:
        self.coef_, self.intercept_ = margin_of(
            positive, negative, C=self.C, random_state=self.random_state
        )

    def score(self, features: Features) -> NDArray[np.float64]:
        """Return the margin of every record, shape (n,); higher is more relevant."""
        return np.asarray(features.matrix @ self.coef_ + self.intercept_)


def margin_of(
    positive: sparse.csr_matrix, negative: sparse.csr_matrix, *, C: float, random_state: int
) -> tuple[NDArray[np.float64], float]:
    """Return coefficients (terms,) and intercept of the margin between two sets of rows.

    Without negative rows the coefficients are the mean positive row, without positive ones 0.
    """
    n_included, n_excluded = positive.shape[0], negative.shape[0]
    if n_included == 0 or positive.shape[1] == 0:
        return np.zeros(positive.shape[1]), 0.0
    if n_excluded == 0:
        return np.asarray(positive.mean(axis=0), dtype=np.float64).ravel(), 0.0
    weights = class_weights(n_included, n_excluded)
    svm = LinearSVC(C=C, loss="squared_hinge", random_state=random_state, class_weight=weights)
    labels = np.r_[np.ones(n_included), np.zeros(n_excluded)]
    svm.fit(sparse.vstack([positive, negative]).tocsr(), labels)
    return svm.coef_.ravel().astype(np.float64), float(svm.intercept_[0])


def class_weights(n_included: int, n_excluded: int) -> dict[int, float]:
    """Return what one inclusion (1) and one exclusion (0) weigh; the mean over all is 1.

    That mean is not said in the description of ELAS u4, but its code keeps it, and without it C
    means something else.
    """
    total = n_included + n_excluded
    one = total / (n_included * (1 + 1 / INCLUSIONS_OUTWEIGH))
    return {1: one, 0: one * n_included / (INCLUSIONS_OUTWEIGH * n_excluded)}


def auc(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> float:
    """Return how often a positive value is above a negative one, ties half; .5 without both."""
    if not len(positive) or not len(negative):
        return 0.5
    ranks = rankdata(np.r_[positive, negative])[: len(positive)]
    n_below = ranks.sum() - len(positive) * (len(positive) + 1) / 2
    return float(n_below / (len(positive) * len(negative)))


def protocol_helps(features: Features, included: Sequence[int], excluded: Sequence[int]) -> bool:
    """Say whether the protocol text is worth learning from.

    It is dropped once there are ten inclusions that it does not tell from the exclusions (area
    under the curve below .55): then it speaks of something else.
    """
    if not features.has_protocol:
        return False
    if len(included) < ENOUGH_INCLUSIONS or not len(excluded):
        return True
    cosine = features.cosine
    found = auc(cosine[features.rows_of(included)], cosine[features.rows_of(excluded)])
    return found >= LEAST_AUC


def should_retrain(n_new: int, n_used: int) -> bool:
    """Say whether enough new labels came in since a training that used `n_used`."""
    return n_new >= max(1, ceil(0.03 * n_used))
