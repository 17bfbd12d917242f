"""Screening a finished review again, in the order a model would have shown its records."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from screening.ranking.features import Features
from screening.ranking.model import RelevanceModel
from screening.ranking.order import order_by
from screening.ranking.warm import WarmModel


class Ranker(Protocol):
    """What a model must do to be simulated."""

    def fit(self, features: Features, included: Sequence[int], excluded: Sequence[int]) -> "Ranker":
        """Learn from the ids of included and excluded records."""

    def score(self, features: Features) -> NDArray[np.float64]:
        """Return the score of every record, shape (n,)."""


#: The models by the names a protocol and the command line call them.
MODELS = ("warm", "warm-without-generic", "elas_u4")


def model_named(name: str, *, seed: int) -> Ranker:
    """Return a model by its name; raises KeyError for one that does not exist."""
    models: dict[str, Ranker] = {
        "warm": WarmModel(random_state=seed),
        "warm-without-generic": WarmModel(random_state=seed, generic=False),
        "elas_u4": RelevanceModel(random_state=seed),
    }
    return models[name]


@dataclass(frozen=True)
class Batch:
    """Records screened after one training, by row; `n_labelled` counts those before them."""

    rows: list[int]
    n_labelled: int
    is_random: bool


def drawn_priors(
    relevant: Sequence[bool] | NDArray, *, n_included: int, n_excluded: int, seed: int
) -> list[int]:
    """Return the rows of randomly drawn prior records: inclusions, then exclusions.

    Raises ValueError when there are not as many.
    """
    labels = np.asarray(relevant, dtype=bool)
    rng = np.random.RandomState(1000 + seed)
    included, excluded = np.flatnonzero(labels), np.flatnonzero(~labels)
    if n_included > len(included) or n_excluded > len(excluded):
        raise ValueError(
            f"There are {len(included)} included and {len(excluded)} excluded records to draw from."
        )
    first = rng.choice(included, n_included, replace=False)
    return [*first.tolist(), *rng.choice(excluded, n_excluded, replace=False).tolist()]


def replay(
    features: Features,
    relevant: Sequence[bool] | NDArray,
    model: Ranker,
    *,
    priors: Sequence[int] = (),
    growth: float = 0.15,
    seed: int = 0,
) -> Iterator[Batch]:
    """Yield batch after batch until every record is screened; priors (rows) are known at first.

    A batch has max(1, floor(growth x labelled)) records; growth 0 trains after every record. Where
    nothing says what is looked for (no inclusion, no example, no protocol text) the order is
    random from `seed`. Nothing of a record's label is used before the record is screened.
    """
    labels = np.asarray(relevant, dtype=bool)
    rest = np.ones(len(labels), dtype=bool)
    rest[list(priors)] = False
    shuffled = np.random.RandomState(seed).permutation(len(labels))
    screened = list(priors)
    while rest.any():
        is_random = not (_has_target(features) or labels[screened].any())
        found = shuffled if is_random else _ranked(features, labels, model, screened)
        size = max(1, int(growth * len(screened)))
        batch = found[rest[found]][:size].tolist()
        yield Batch(batch, len(screened), is_random)
        rest[batch] = False
        screened.extend(batch)


def _has_target(features: Features) -> bool:
    return features.has_protocol or features.examples.shape[0] > 0


def _ranked(features: Features, labels: NDArray, model: Ranker, screened: list[int]) -> NDArray:
    known = np.array(screened, dtype=np.int64)
    included = features.ids[known[labels[known]]].tolist()
    excluded = features.ids[known[~labels[known]]].tolist()
    scores = model.fit(features, included, excluded).score(features)
    return order_by(np.arange(len(labels)), scores)
