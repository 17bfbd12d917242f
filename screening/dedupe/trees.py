"""A frozen gradient-boosting model: numbers in a JSON file, and the few lines that apply it.

The file was made by benchmarks/train_dedupe.py. It holds numbers only: reading it can run no code.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PACKAGE, _FILE = "screening.dedupe", "model.json"
#: Rows that go down the trees together: few enough to stay in the processor's cache.
_AT_ONCE = 8_192
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Forest:
    """Trees laid end to end: node i asks `features[i] <= thresholds[i]` and goes left or right.

    A leaf is its own left and right child. A missing value (NaN) goes left where `missing_left`.
    """

    names: tuple[str, ...]
    baseline: float
    roots: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: Floats
    missing_left: NDArray[np.bool_]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: Floats
    depths: tuple[int, ...]

    def probability(self, features: Floats) -> Floats:
        """Probability that each row (n, len(names)) is a pair of duplicates."""
        parts = [
            self._raw(features[start : start + _AT_ONCE])
            for start in range(0, len(features), _AT_ONCE)
        ]
        return 1.0 / (1.0 + np.exp(-np.concatenate([np.empty(0), *parts])))

    def _raw(self, features: Floats) -> Floats:
        """The sum of the leaves that each row ends in."""
        raw = np.full(len(features), self.baseline)
        flat, starts = features.ravel(), np.arange(len(features)) * features.shape[1]
        for root, depth in zip(self.roots, self.depths, strict=True):
            node = np.full(len(features), root)
            for _ in range(depth):
                asked = flat.take(starts + self.feature.take(node))
                goes_left = asked <= self.threshold.take(node)
                goes_left |= np.isnan(asked) & self.missing_left.take(node)
                node = np.where(goes_left, self.left.take(node), self.right.take(node))
            raw += self.value.take(node)
        return raw


def forest_of(told: dict[str, Any]) -> Forest:
    """Lay out what the model file tells."""
    trees = told["trees"]
    starts = np.cumsum([0, *(len(tree["value"]) for tree in trees)])[:-1]
    return Forest(
        names=tuple(told["features"]),
        baseline=float(told["baseline"]),
        roots=starts.astype(np.int64),
        feature=_joined(trees, "feature", np.int64),
        threshold=_joined(trees, "threshold", np.float64),
        missing_left=_joined(trees, "missing_left", np.bool_),
        left=_children(trees, "left", starts),
        right=_children(trees, "right", starts),
        value=_joined(trees, "value", np.float64),
        depths=tuple(tree["depth"] for tree in trees),
    )


def _joined(trees: list[dict[str, Any]], name: str, kind: Any) -> NDArray[Any]:
    return np.concatenate([np.array(tree[name], dtype=kind) for tree in trees])


def _children(trees: list[dict[str, Any]], name: str, starts: Any) -> NDArray[np.int64]:
    shifted = [np.array(tree[name]) + start for tree, start in zip(trees, starts, strict=True)]
    return np.concatenate(shifted).astype(np.int64)


def read_model() -> dict[str, Any]:
    """The model file as it lies in the package: trees, training data, versions and metrics."""
    told: dict[str, Any] = json.loads(files(_PACKAGE).joinpath(_FILE).read_text("utf-8"))
    return told


@cache
def frozen() -> Forest:
    """The model that ships."""
    return forest_of(read_model())
