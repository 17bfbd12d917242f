"""Which pairs are worth comparing: those that share at least one key."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from screening.dedupe.normalise import Keys

Ints: TypeAlias = NDArray[np.int64]
#: A key shared by more records than this says little; its block is split.
LARGEST_BLOCK = 60
#: Records of a block that stays oversize are compared with so many neighbours in sorted order.
NEIGHBOURS = 5
_N_LONG_WORDS = 4
_SMALL = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "and",
        "for",
        "in",
        "on",
        "to",
        "with",
        "by",
        "from",
        "at",
        "as",
        "is",
        "are",
        "or",
        "its",
        "it",
        "be",
        "do",
        "does",
        "how",
        "what",
        "der",
        "die",
        "das",
        "und",
        "ein",
        "eine",
        "fur",
        "von",
        "mit",
        "im",
        "de",
        "la",
        "le",
        "les",
        "des",
        "du",
        "et",
        "en",
        "el",
        "los",
        "las",
        "del",
        "y",
        "un",
        "una",
        "study",
        "effect",
        "effects",
        "using",
        "use",
    ]
)


def blocking_keys(record: Keys) -> frozenset[str]:
    """The keys under which a record looks for its copies; they depend on nothing but itself."""
    found = [*_ids(record), *_of_title(record), *_of_place(record)]
    if record.abstract:
        found.append(f"abstract:{record.abstract[:50]}")
    return frozenset(found)


def _ids(record: Keys) -> Iterable[str]:
    if record.doi:
        yield f"doi:{record.doi}"
    if record.pmid:
        yield f"pmid:{record.pmid}"
    if record.registry:
        yield f"registry:{record.registry}"
    if record.cochrane:
        yield f"cochrane:{record.cochrane}"


def _of_title(record: Keys) -> Iterable[str]:
    """The whole title, both ends of it, and every pair of its longest words."""
    if not record.title:
        return
    yield f"title:{record.title}"
    words = [word for word in record.title.split() if word not in _SMALL]
    tight = "".join(words)
    if len(tight) >= 12:
        yield f"begin:{tight[:22]}"
        yield f"end:{tight[-22:]}"
    longest = sorted(set(words), key=lambda word: (-len(word), word))[:_N_LONG_WORDS]
    for one, other in combinations(sorted(longest), 2):
        yield f"words:{one}:{other}"
    for name in record.first_names:
        if words and record.year:
            yield f"author:{name[:6]}:{words[0]}:{record.year}"


def _of_place(record: Keys) -> Iterable[str]:
    """First author, journal, volume, page and year in the mixtures that copies share."""
    volume, page = record.volume, record.first_page
    is_telling = page not in ("", "1")
    if volume and page and record.year:
        yield f"page:{volume}:{page}:{record.year}"
    if volume and is_telling and record.journal:
        yield f"journal:{record.journal[:3]}:{volume}:{page}"
    if record.surnames:
        first = record.surnames[0][:5]
        if is_telling:
            yield f"place:{first}:{page}"
        if volume and record.year:
            yield f"volume:{first}:{volume}:{record.year}"


def candidate_pairs(records: Sequence[Keys], touching: NDArray[np.bool_] | None = None) -> Ints:
    """Return the pairs that share a key as sorted rows (place, place), each once.

    `touching` marks records of which every pair must hold at least one: the new ones.
    Oversize blocks are split by first author, and by first page and year; what is oversize still
    is sorted by what the records say and compared with the nearest neighbours.
    """
    hashes, owners = _hashed((blocking_keys(record), at) for at, record in enumerate(records))
    first, second, oversize = _pairs_within(hashes, owners, LARGEST_BLOCK)
    parts = _split(hashes[oversize], owners[oversize], records)
    more_first, more_second, rest = _pairs_within(*parts, LARGEST_BLOCK)
    near = _neighbours(parts[0][rest], parts[1][rest], records)
    left = np.concatenate([first, more_first, near[0]])
    right = np.concatenate([second, more_second, near[1]])
    if touching is not None:
        kept = touching[left] | touching[right]
        left, right = left[kept], right[kept]
    n = max(len(records), 1)
    packed = np.unique(np.minimum(left, right) * n + np.maximum(left, right))
    pairs = np.stack([packed // n, packed % n], axis=1)
    return pairs[pairs[:, 0] != pairs[:, 1]]


def _hashed(keys: Iterable[tuple[Iterable[str], int]]) -> tuple[Ints, Ints]:
    """Hashes of keys, sorted, with the record each belongs to."""
    hashes: list[int] = []
    owners: list[int] = []
    for own, at in keys:
        hashes.extend(map(hash, own))
        owners.extend([at] * (len(hashes) - len(owners)))
    return _by_hash(np.array(hashes, dtype=np.int64), np.array(owners, dtype=np.int64))


def _by_hash(hashes: Ints, owners: Ints) -> tuple[Ints, Ints]:
    order = np.lexsort((owners, hashes))
    return hashes[order], owners[order]


def _pairs_within(hashes: Ints, owners: Ints, largest: int) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """All pairs within blocks of equal hashes; and which rows lie in blocks that are larger."""
    starts = np.flatnonzero(np.r_[True, hashes[1:] != hashes[:-1]]) if len(hashes) else hashes
    sizes = np.diff(np.r_[starts, len(hashes)])
    oversize = np.repeat(sizes > largest, sizes)
    hashes, owners = hashes[~oversize], owners[~oversize]
    return *_at_distance(hashes, owners, largest - 1), oversize


def _at_distance(hashes: Ints, owners: Ints, furthest: int) -> tuple[Ints, Ints]:
    first: list[Ints] = [np.empty(0, np.int64)]
    second: list[Ints] = [np.empty(0, np.int64)]
    for distance in range(1, furthest + 1):
        together = np.flatnonzero(hashes[distance:] == hashes[:-distance])
        if not len(together):
            break
        first.append(owners[together])
        second.append(owners[together + distance])
    return np.concatenate(first), np.concatenate(second)


def _split(hashes: Ints, owners: Ints, records: Sequence[Keys]) -> tuple[Ints, Ints]:
    """Oversize blocks once by first author, once by first page and year."""
    by_author = [hash((h, *records[at].surnames[:1])) for h, at in _rows(hashes, owners)]
    by_page = [
        hash((h, records[at].first_page, records[at].year)) for h, at in _rows(hashes, owners)
    ]
    both = np.array(by_author + by_page, dtype=np.int64)
    return _by_hash(both, np.concatenate([owners, owners]))


def _neighbours(hashes: Ints, owners: Ints, records: Sequence[Keys]) -> tuple[Ints, Ints]:
    rows = sorted(_rows(hashes, owners), key=lambda row: (row[0], records[row[1]].content))
    ordered = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return _at_distance(ordered[:, 0], ordered[:, 1], NEIGHBOURS)


def _rows(hashes: Ints, owners: Ints) -> list[tuple[int, int]]:
    return list(zip(hashes.tolist(), owners.tolist(), strict=True))
