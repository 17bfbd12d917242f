"""The default model: the plain one, the protocol text and the generic prior, weighed together.

Six signals are put on one scale over the records nobody has decided, and added with weights that
were learned across other reviews (`benchmarks/train_ranker.py`). At first the protocol text and
the generic prior lead; with every inclusion the review's own support vector machine counts more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from screening.ranking.features import Features
from screening.ranking.model import auc, margin_of, protocol_helps
from screening.ranking.prior import SIGNALS, WarmPrior, shipped

#: No signal speaks louder than so many standard deviations.
LOUDEST = 6.0
#: After so many inclusions what counts early counts exp(-1) of that.
FADES_OVER = 5.0
_PROTOCOL = [SIGNALS.index(name) for name in ("cosine", "in_title", "in_text")]
_GENERIC = SIGNALS.index("generic")
_NO_ABSTRACT = SIGNALS.index("no_abstract")


@dataclass
class WarmModel:
    """Ranks records by what other reviews taught, and ever more by what this one teaches.

    Parameters: C and random_state are those of the plain model, protocol_counts whether the
    protocol text is used, generic whether the generic prior is (off for reviews of mechanisms,
    animals or case reports, where it may point the wrong way), prior the learned weights.
    After `fit`: `coef_` (terms,) and `intercept_` of the support vector machine; `weights_`,
    `centre_` and `scale_`, shape (6,), of the signals named by `SIGNALS`; `uses_protocol_`.
    """

    C: float = 0.11
    random_state: int = 0
    protocol_counts: bool = True
    generic: bool = True
    prior: WarmPrior = field(default_factory=shipped)

    def fit(
        self, features: Features, included: Sequence[int], excluded: Sequence[int]
    ) -> "WarmModel":
        """Learn from the ids of included and excluded records, and the features' examples.

        Without any inclusion the protocol text is the only one; without any exclusion the
        support vector machine is replaced by the cosine to the inclusions (or protocol text).
        """
        inside, outside = features.rows_of(included), features.rows_of(excluded)
        self.uses_protocol_ = self.protocol_counts and protocol_helps(features, included, excluded)
        positive = sparse.vstack([features.matrix[inside], features.examples]).tocsr()
        n_included = positive.shape[0]
        if not n_included and self.uses_protocol_:
            positive = features.protocol
        self.coef_, self.intercept_ = margin_of(
            positive, features.matrix[outside], C=self.C, random_state=self.random_state
        )
        self._weigh(features, inside, outside, n_included)
        self._scale(features, np.r_[inside, outside])
        return self

    def _weigh(
        self, features: Features, inside: NDArray, outside: NDArray, n_included: int
    ) -> None:
        cosine, generic = features.cosine, features.generic
        self.weights_ = self.prior.weights(
            fading=exp(-n_included / FADES_OVER),
            text_auc=auc(cosine[inside], cosine[outside]),
            generic_auc=auc(generic[inside], generic[outside]),
        )
        if not self.uses_protocol_:
            self.weights_[_PROTOCOL] = 0.0
        if not self.generic:
            self.weights_[_GENERIC] = 0.0

    def _scale(self, features: Features, labelled: NDArray) -> None:
        self._raw = signals(features, self.coef_, self.intercept_)
        pool = np.delete(self._raw, labelled, axis=0)
        self._scored = features
        self.centre_, self.scale_ = scale_of(pool if len(pool) else self._raw)

    def score(self, features: Features) -> NDArray[np.float64]:
        """Return the score of every record, shape (n,); higher is more relevant."""
        same = features is self._scored
        raw = self._raw if same else signals(features, self.coef_, self.intercept_)
        return np.asarray(on_one_scale(raw, self.centre_, self.scale_) @ self.weights_)


def signals(features: Features, coef: NDArray, intercept: float) -> NDArray[np.float64]:
    """Return the six signals of every record as they are, shape (n, 6)."""
    return np.column_stack(
        [
            features.matrix @ coef + intercept,
            features.cosine,
            features.in_title_sum,
            features.in_text_sum,
            features.generic,
            features.no_abstract,
        ]
    )


def scale_of(pool: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of the signals over a pool, each of shape (6,).

    A signal that does not differ has scale infinity: on one scale it is 0 for every record.
    Whether there is an abstract is only centred.
    """
    if not len(pool):
        return np.zeros(len(SIGNALS)), np.ones(len(SIGNALS))
    centre, scale = pool.mean(axis=0), pool.std(axis=0)
    scale[scale < 1e-12] = np.inf
    scale[_NO_ABSTRACT] = 1.0
    return centre, scale


def on_one_scale(raw: NDArray, centre: NDArray, scale: NDArray) -> NDArray[np.float64]:
    """Return the signals in standard deviations from the pool's mean, cut off at 6."""
    return np.clip((raw - centre) / scale, -LOUDEST, LOUDEST)
