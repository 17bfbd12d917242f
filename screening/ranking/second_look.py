"""Where model and people disagree: labelled records ranked by models that never saw their labels."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from screening.ranking.features import Features
from screening.ranking.warm import WarmModel

FOLDS = 5


def out_of_fold(
    features: Features,
    included: Sequence[int],
    excluded: Sequence[int],
    *,
    model: Callable[[], WarmModel],
    folds: int = FOLDS,
    seed: int = 0,
) -> dict[int, float]:
    """Return for every labelled record the share of all records that score lower, 0 to 1.

    Each record is scored by a model trained on the other folds; folds are drawn by the seed,
    inclusions and exclusions apart. Raises ValueError with fewer inclusions or exclusions than folds.
    """
    if min(len(included), len(excluded)) < folds:
        raise ValueError(f"At least {folds} inclusions and {folds} exclusions are needed.")
    fold_of = _drawn(included, folds, seed) | _drawn(excluded, folds, seed + 1)
    found: dict[int, float] = {}
    for fold in range(folds):
        kept_in = [number for number in included if fold_of[number] != fold]
        kept_out = [number for number in excluded if fold_of[number] != fold]
        scores = model().fit(features, kept_in, kept_out).score(features)
        held_out = [number for number, own in fold_of.items() if own == fold]
        found |= _shares(features, scores, held_out)
    return found


def _drawn(ids: Sequence[int], folds: int, seed: int) -> dict[int, int]:
    shuffled = np.random.default_rng(seed).permutation(sorted(ids))
    return {int(number): place % folds for place, number in enumerate(shuffled)}


def _shares(features: Features, scores: NDArray, ids: Sequence[int]) -> dict[int, float]:
    ordered = np.sort(scores)
    rows = {int(number): row for row, number in enumerate(features.ids)}
    return {
        number: float(np.searchsorted(ordered, scores[rows[number]]) / len(ordered))
        for number in ids
        if number in rows
    }
