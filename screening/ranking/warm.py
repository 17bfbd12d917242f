"""The default model: the plain one's margin, the protocol and the warm prior, added up.

The score is a sum of six standardised signals. How much each weighs was learned on other reviews
(`prior`), depends on how many inclusions are known, and on how well protocol text and generic part
have told inclusions from exclusions in this review so far.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from screening.ranking.features import Features
from screening.ranking.model import RelevanceModel
from screening.ranking.prior import SIGNALS, WarmPrior, shipped
from screening.ranking.signals import Signals

SVM, COSINE, TITLE_MATCH, TEXT_MATCH, GENERIC, NO_ABSTRACT = range(len(SIGNALS))
_PROTOCOL = [COSINE, TITLE_MATCH, TEXT_MATCH]
#: The columns that the three weights `trusted` of a prior belong to.
TRUSTED = [COSINE, TEXT_MATCH, GENERIC]
LIMIT = 6.0
#: Inclusions after which the early weights have faded to 1/e.
FADES_AFTER = 5.0
# A protocol text that ranks known inclusions hardly better than chance is not read any longer.
_JUDGED_FROM = 10
_WORST_PROTOCOL_AUC = 0.55


@dataclass
class WarmModel:
    """Ranks records from the first card on.

    Parameters: random_state is the seed of the solver, C the plain model's inverse
    regularisation, use_generic False sets the generic part to 0 (for reviews of mechanisms,
    animals or case reports, where it may point the wrong way), prior the shipped one.

    After `fit`: `svm_` is the fitted plain model; `weights_`, `centres_`, `spreads_` of shape (6,)
    belong to SIGNALS; `protocol_auc_` and `generic_auc_` say how well these two told the labels
    apart (.5 where there is only one class); `is_protocol_dropped_` that the protocol text was
    found useless and is not read, which the lead should be told.
    """

    random_state: int = 0
    C: float = 0.11
    use_generic: bool = True
    prior: WarmPrior = field(default_factory=shipped, repr=False)

    def fit(
        self, features: Features, included: Sequence[int], excluded: Sequence[int]
    ) -> "WarmModel":
        """Learn from the ids of included and excluded records; either may be empty.

        Raises ValueError if the features were built without signals.
        """
        signals = _signals(features)
        rows_in, rows_out = features.rows_of(included), features.rows_of(excluded)
        n_included = len(rows_in) + (features.known.shape[0] if features.known is not None else 0)
        self.svm_ = self._svm(features, n_included, included, excluded)
        self.protocol_auc_ = auc(signals.cosine[rows_in], signals.cosine[rows_out])
        self.generic_auc_ = auc(signals.generic[rows_in], signals.generic[rows_out])
        raw = raw_signals(signals, self.svm_.score(features))
        self.centres_, self.spreads_ = scale_of(_pool(raw, rows_in, rows_out))
        has_protocol = features.protocol.nnz > 0
        self.is_protocol_dropped_ = (
            has_protocol and n_included >= _JUDGED_FROM and self.protocol_auc_ < _WORST_PROTOCOL_AUC
        )
        self.weights_ = self._weights(n_included, has_protocol and not self.is_protocol_dropped_)
        return self

    def score(self, features: Features) -> NDArray[np.float64]:
        """Return the score of every record, shape (n,); higher is more relevant."""
        return self.standardised(features) @ self.weights_

    def standardised(self, features: Features) -> NDArray[np.float64]:
        """Return the signals as they enter the sum, shape (n, 6), columns as SIGNALS."""
        raw = raw_signals(_signals(features), self.svm_.score(features))
        return standardise(raw, self.centres_, self.spreads_)

    def _svm(
        self,
        features: Features,
        n_included: int,
        included: Sequence[int],
        excluded: Sequence[int],
    ) -> RelevanceModel:
        model = RelevanceModel(
            C=self.C,
            random_state=self.random_state,
            protocol_counts=n_included == 0,
            weights_sum_to_n=False,
        )
        if not excluded and features.protocol.nnz:
            model.coef_ = features.protocol.toarray().ravel().astype(np.float64)
            model.intercept_ = 0.0
            return model
        return model.fit(features, included, excluded)

    def _weights(self, n_included: int, reads_protocol: bool) -> NDArray[np.float64]:
        weights = self.prior.always + early_share(n_included) * self.prior.early
        weights[TRUSTED] += trust(self.protocol_auc_, self.generic_auc_) * self.prior.trusted
        if not reads_protocol:
            weights[_PROTOCOL] = 0.0
        if not self.use_generic:
            weights[GENERIC] = 0.0
        return weights


def early_share(n_included: int) -> float:
    """Return how much of the early weights still counts."""
    return exp(-n_included / FADES_AFTER)


def trust(protocol_auc: float, generic_auc: float) -> NDArray[np.float64]:
    """Return what multiplies a prior's three weights `trusted`: -1 to 1 each, 0 at chance."""
    about_protocol, about_generic = 2 * protocol_auc - 1, 2 * generic_auc - 1
    return np.array([about_protocol, about_protocol, about_generic])


def auc(included: NDArray, excluded: NDArray) -> float:
    """Return the share of pairs in which the inclusion scores higher, ties half; .5 without pairs."""
    n, m = len(included), len(excluded)
    if not n or not m:
        return 0.5
    ranks = rankdata(np.r_[included, excluded])
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def raw_signals(signals: Signals, margin: NDArray) -> NDArray[np.float64]:
    """Return margin and signals side by side, shape (n, 6), columns as SIGNALS."""
    others = [getattr(signals, name) for name in SIGNALS[1:]]
    return np.column_stack([margin, *others]).astype(np.float64)


def scale_of(pool: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return means and standard deviations of a pool's signals; what does not vary has spread 1.

    The absence of an abstract is only centred.
    """
    if not len(pool):
        return np.zeros(len(SIGNALS)), np.ones(len(SIGNALS))
    spreads = pool.std(axis=0)
    spreads[spreads < 1e-12] = 1.0
    spreads[NO_ABSTRACT] = 1.0
    return pool.mean(axis=0), spreads


def standardise(raw: NDArray, centres: NDArray, spreads: NDArray) -> NDArray[np.float64]:
    """Return (raw - centre) / spread, kept within -6 and 6."""
    return np.clip((raw - centres) / spreads, -LIMIT, LIMIT)


def _pool(raw: NDArray, rows_in: NDArray, rows_out: NDArray) -> NDArray[np.float64]:
    waiting = np.ones(len(raw), dtype=bool)
    waiting[rows_in] = waiting[rows_out] = False
    return raw[waiting] if waiting.any() else raw


def _signals(features: Features) -> Signals:
    if features.signals is None:
        raise ValueError("The warm model needs features made by build_warm.")
    return features.signals
