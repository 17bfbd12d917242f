"""Orders of records: from scores to a packed array, and back."""

import random
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ITEM = np.dtype("<i8")


def order_by(ids: ArrayLike, scores: ArrayLike) -> NDArray[np.int64]:
    """Return the ids by descending score, ties by ascending id.

    Both arrays have shape (n,). Raises ValueError if their lengths differ.
    """
    ids, scores = np.asarray(ids, dtype=np.int64), np.asarray(scores, dtype=np.float64)
    if ids.shape != scores.shape:
        raise ValueError("There must be one score for every id.")
    return ids[np.lexsort((ids, -scores))]


def pack(ids: Iterable[int]) -> bytes:
    """Pack ids as one little-endian array of 64-bit integers."""
    return np.fromiter(ids, dtype=_ITEM).tobytes()


def unpack(packed: bytes) -> list[int]:
    """Return the ids of a packed order."""
    return np.frombuffer(packed, dtype=_ITEM).tolist()


def mixed(order: Sequence[int], *, share: float, seed: int) -> Iterator[int]:
    """Yield the order with a share (0 to 1) of places taken by ids drawn from the rest."""
    rng = random.Random(seed)
    left = dict.fromkeys(order)
    while left:
        if rng.random() < share:
            chosen = rng.choice(list(left))
        else:
            chosen = next(iter(left))
        del left[chosen]
        yield chosen
