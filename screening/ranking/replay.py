"""Replaying a finished review: the order in which a model would have shown its records."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import floor
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from screening.ranking.features import Features
from screening.ranking.model import RelevanceModel
from screening.ranking.order import order_by
from screening.ranking.warm import WarmModel


class Ranker(Protocol):
    """What a model must be able to do to be replayed."""

    def fit(
        self, features: Features, included: Sequence[int], excluded: Sequence[int], /
    ) -> Self: ...

    def score(self, features: Features, /) -> NDArray[np.float64]: ...


#: Models by the name `simulate --model` knows them by.
MODELS: dict[str, Callable[[int], Ranker]] = {
    "warm": lambda seed: WarmModel(random_state=seed),
    "warm-without-generic": lambda seed: WarmModel(random_state=seed, use_generic=False),
    "plain": lambda seed: RelevanceModel(random_state=seed),
}
DEFAULT_MODEL = "warm"


@dataclass(frozen=True)
class Replay:
    """What a replay did: the rows in the order screened, priors first, and its trainings' sizes."""

    order: list[int]
    n_priors: int
    trained_with: list[int]


@dataclass(frozen=True)
class State:
    """The review at the moment of a training; rows ascending."""

    model: Ranker
    included: list[int]
    excluded: list[int]
    waiting: NDArray[np.int64]


def drawn_priors(labels: NDArray, *, n_included: int, n_excluded: int, seed: int) -> list[int]:
    """Draw the rows known at the start, inclusions first.

    Raises ValueError if the review has fewer than asked for.
    """
    draw = np.random.RandomState(1000 + seed)
    rows: list[int] = []
    for label, wanted, name in ((1, n_included, "relevant"), (0, n_excluded, "irrelevant")):
        there = np.flatnonzero(labels == label)
        if wanted > len(there):
            raise ValueError(f"There are only {len(there)} {name} records, not {wanted}.")
        rows += draw.choice(there, wanted, replace=False).tolist()
    return rows


def replay(
    features: Features,
    labels: NDArray,
    *,
    model: Callable[[int], Ranker],
    priors: Sequence[int] = (),
    growth: float = 0.15,
    seed: int = 0,
    seen: Callable[[State | None, int], None] = lambda state, n_screened: None,
) -> Replay:
    """Screen a labelled review as a model orders it; `labels` are 0 or 1, shape (n,).

    The next batch is max(1, floor(growth x labelled)) records. Where neither the protocol nor a
    known inclusion says what is relevant, records come in a seeded random order until the first
    inclusion. Once the last relevant record is found, the rest follows in one order, that of a
    last training. `seen` is told of every training and of how many records are screened.
    """
    rows = features.rows_of(range(len(labels)))
    if not np.array_equal(rows, np.arange(len(labels))):
        raise ValueError("The features of a replay are numbered by row, from 0.")
    screened = list(priors)
    trained_with: list[int] = []
    n_relevant = int(labels.sum())
    blind = _random_order(len(labels), seed)
    while len(screened) < len(labels):
        state = _trained(features, labels, screened, model(seed))
        if state is not None:
            trained_with.append(len(screened))
        ranked = blind if state is None else _ranked(features, state)
        batch = max(1, floor(growth * len(screened)))
        n_found = int(labels[screened].sum())
        screened += _next(ranked, screened, labels, batch, n_relevant - n_found, state is None)
        seen(state, len(screened))
    return Replay(screened, len(priors), trained_with)


def _next(
    ranked: NDArray,
    screened: Sequence[int],
    labels: NDArray,
    batch: int,
    n_missing: int,
    until_first: bool,
) -> list[int]:
    """Return the next rows: a batch, or all that are left once nothing relevant is among them."""
    done = np.zeros(len(labels), dtype=bool)
    done[list(screened)] = True
    waiting = ranked[~done[ranked]]
    if n_missing == 0:
        return waiting.tolist()
    if until_first:
        batch = int(np.argmax(labels[waiting] == 1)) + 1
    return waiting[:batch].tolist()


def _trained(
    features: Features, labels: NDArray, screened: Sequence[int], model: Ranker
) -> State | None:
    included = sorted(row for row in screened if labels[row] == 1)
    excluded = sorted(row for row in screened if labels[row] == 0)
    knows_relevance = bool(included) or features.known is not None or features.protocol.nnz > 0
    if not knows_relevance:
        return None
    waiting = np.ones(len(labels), dtype=bool)
    waiting[list(screened)] = False
    fitted = model.fit(features, included, excluded)
    return State(fitted, included, excluded, np.flatnonzero(waiting))


def _ranked(features: Features, state: State) -> NDArray[np.int64]:
    return order_by(features.ids, state.model.score(features))


def _random_order(n: int, seed: int) -> NDArray[np.int64]:
    rows = list(range(n))
    random.Random(seed).shuffle(rows)
    return np.array(rows, dtype=np.int64)


def labels_in_order(labels: NDArray, found: Replay) -> Iterator[int]:
    """Yield the labels in the order screened, without the priors: what metrics are made of."""
    yield from (int(labels[row]) for row in found.order[found.n_priors :])
