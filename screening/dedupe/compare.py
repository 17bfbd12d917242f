"""Features of candidate pairs: one column of numbers each, worked out for all pairs at once."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.process import cpdist

from screening.dedupe import journals
from screening.dedupe.block import Ints
from screening.dedupe.normalise import Keys

Floats = NDArray[np.float64]
#: What the model sees, in this order; NaN where a record is silent.
FEATURES = (
    "title", "title_sorted", "title_inside", "title_lengths", "title_shorter", "abstract",
    "same_id", "doi", "first_page", "last_page", "page_letters", "volume", "number", "years",
    "journal", "first_author", "authors", "author_counts", "numbers", "marks",
    "supplement", "registry", "entry", "generic", "silent",
)  # fmt: skip
#: A short title found at so many different places is the title of a column, not of a report.
PLACES_OF_A_COLUMN, _SHORT_TITLE = 4, 50
#: Titles less alike, that share neither end, are not compared further unless a place or id agrees.
_ALIKE_AT_ALL, _END = 0.5, 18


def features_of(records: Sequence[Keys], pairs: Ints) -> Floats:
    """Compare pairs (n, 2) of places in `records`; returns (n, len(FEATURES)).

    Every feature is the same whichever of the two comes first.
    """
    a, b = pairs[:, 0], pairs[:, 1]
    columns = {
        **_title_features(records, a, b),
        **_place_features(records, a, b),
        **_author_features(records, a, b),
        **_mark_features(records, a, b),
    }
    return np.stack([columns[name] for name in FEATURES], axis=1)


def hopeful(records: Sequence[Keys], pairs: Ints) -> Ints:
    """The pairs that look a little alike: the others share a key and nothing else."""
    a, b = pairs[:, 0], pairs[:, 1]
    titles = [one.title for one in records]
    ids = [[one.doi for one in records], [one.pmid for one in records]]
    ids += [[one.registry for one in records], [one.cochrane for one in records]]
    ends = [[title[:_END] for title in titles], [title[-_END:] for title in titles]]
    beginnings = [one.abstract[:50] for one in records]
    kept = np.any([_same(values, a, b) == 1 for values in (*ids, *ends, beginnings)], axis=0)
    page = _same([one.first_page for one in records], a, b) == 1
    by_same = _same([one.surnames[:1] for one in records], a, b) == 1
    kept |= page & (by_same | (_same([one.volume for one in records], a, b) == 1))
    rest = np.flatnonzero(~kept)
    kept[rest] = _alike(titles, a[rest], b[rest], fuzz.ratio) >= _ALIKE_AT_ALL
    return pairs[kept]


def is_column(records: Sequence[Keys]) -> NDArray[np.bool_]:
    """Whether each record bears a title that stands for a column: by its words, or by the data."""
    places: defaultdict[str, set[tuple]] = defaultdict(set)
    for one in records:
        if len(one.title) <= _SHORT_TITLE and one.title:
            places[one.title].add((one.year, one.volume, one.number))
    return np.array(
        [
            "generic" in one.marks or len(places.get(one.title, ())) >= PLACES_OF_A_COLUMN
            for one in records
        ],
        dtype=bool,
    )


# ---------------------------------------------------------------- the title and the abstract


def _title_features(records: Sequence[Keys], a: Ints, b: Ints) -> dict[str, Floats]:
    titles = [one.title for one in records]
    lengths = np.array([len(title) for title in titles], dtype=float)
    silent = np.where((lengths[a] == 0) | (lengths[b] == 0), np.nan, 0.0)
    shorter = np.minimum(lengths[a], lengths[b])
    ratio = _alike(titles, a, b, fuzz.ratio)
    near = np.flatnonzero((ratio > 0.3) & (ratio < 1))
    ordered = ratio.copy()
    ordered[near] = _alike(titles, a[near], b[near], fuzz.token_sort_ratio)
    inside = ratio.copy()
    inside[near] = np.maximum(ratio[near], _inside(titles, a[near], b[near]))
    abstracts = [one.abstract for one in records]
    return {
        "title": ratio + silent,
        "title_sorted": ordered + silent,
        "title_inside": inside + silent,
        "title_lengths": shorter / np.maximum(np.maximum(lengths[a], lengths[b]), 1) + silent,
        "title_shorter": np.minimum(shorter, 100) + silent,
        "abstract": _abstracts_alike(abstracts, a, b),
    }


def _alike(texts: Sequence[str], a: Ints, b: Ints, scorer: Callable[..., float]) -> Floats:
    one, other = [texts[at] for at in a], [texts[at] for at in b]
    return cpdist(one, other, scorer=scorer).astype(np.float64) / 100


def _inside(titles: Sequence[str], a: Ints, b: Ints) -> Floats:
    """How well the shorter title fits the beginning or the end of the longer one."""
    shorter, begin, end = [], [], []
    for i, j in zip(a.tolist(), b.tolist(), strict=True):
        one, other = sorted((titles[i], titles[j]), key=len)
        shorter.append(one)
        begin.append(other[: len(one)])
        end.append(other[len(other) - len(one) :])
    fits = [cpdist(shorter, part, scorer=fuzz.ratio) for part in (begin, end)]
    return np.maximum(*fits).astype(np.float64) / 100


def _abstracts_alike(abstracts: Sequence[str], a: Ints, b: Ints) -> Floats:
    """Likeness as far as both go: one of two abstracts is often cut off."""
    found = np.full(len(a), np.nan)
    has = np.array([bool(text) for text in abstracts], dtype=bool)
    both = np.flatnonzero(has[a] & has[b])
    one, other = [], []
    for i, j in zip(a[both].tolist(), b[both].tolist(), strict=True):
        length = min(len(abstracts[i]), len(abstracts[j]))
        one.append(abstracts[i][:length])
        other.append(abstracts[j][:length])
    found[both] = cpdist(one, other, scorer=fuzz.ratio) / 100
    return found


# ---------------------------------------------------------------- the place


def _place_features(records: Sequence[Keys], a: Ints, b: Ints) -> dict[str, Floats]:
    dois = [one.doi for one in records]
    same_doi = _same(dois, a, b)
    same_pmid = _same([one.pmid for one in records], a, b)
    likeness = _alike(dois, a, b, fuzz.ratio)
    pages = [one.first_page if one.first_page != "1" or one.last_page else "" for one in records]
    years = np.array([one.year or np.nan for one in records], dtype=float)
    return {
        "same_id": np.fmax(same_doi, same_pmid),
        "doi": np.where(np.isnan(same_doi), np.nan, likeness),
        "first_page": _same(pages, a, b),
        "last_page": _same([one.last_page for one in records], a, b),
        "page_letters": _same([one.page_prefix for one in records], a, b),
        "volume": _same([one.volume for one in records], a, b),
        "number": _same([one.number for one in records], a, b),
        "years": np.minimum(np.abs(years[a] - years[b]), 4),
        "journal": _journals(records, a, b),
        "registry": np.nan_to_num(_same([one.registry for one in records], a, b) * 2 - 1),
        "silent": _silent(records)[a] + _silent(records)[b],
    }


def _same(values: Sequence[Hashable], a: Ints, b: Ints) -> Floats:
    """1 where equal, 0 where not, NaN where one of the two is empty."""
    numbers: dict[Hashable, int] = {}
    codes = [numbers.setdefault(value, len(numbers)) if value else -1 for value in values]
    numbered = np.array(codes, dtype=np.int64)
    one, other = numbered[a], numbered[b]
    return np.where((one < 0) | (other < 0), np.nan, (one == other).astype(float))


def _journals(records: Sequence[Keys], a: Ints, b: Ints) -> Floats:
    found = np.full(len(a), np.nan)
    for row, (i, j) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        one, other = records[i].journal, records[j].journal
        if one and other:
            found[row] = journals.alike(*sorted((one, other)))
    return found


def _silent(records: Sequence[Keys]) -> Floats:
    """How many of DOI, pages, volume and authors a record lacks."""
    lacking = [
        (not one.doi) + (not one.first_page) + (not one.volume) + (not one.surnames)
        for one in records
    ]
    return np.array(lacking, dtype=float)


# ---------------------------------------------------------------- the people


def _author_features(records: Sequence[Keys], a: Ints, b: Ints) -> dict[str, Floats]:
    first, shared, counts = (np.full(len(a), np.nan) for _ in range(3))
    for row, (i, j) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        one, other = records[i], records[j]
        if one.surnames and other.surnames:
            first[row] = first_author_alike(one, other)
            shared[row] = authors_alike(one, other)
            n, m = len(one.surnames), len(other.surnames)
            counts[row] = min(n, m) / max(n, m)
    return {"first_author": first, "authors": shared, "author_counts": counts}


def first_author_alike(one: Keys, other: Keys) -> float:
    """1 where the first authors share a name in whatever order; else the likeness of surnames."""
    if not one.first_names.isdisjoint(other.first_names):
        return 1.0
    a, b = one.surnames[0], other.surnames[0]
    if min(len(a), len(b)) > 2 and (a.startswith(b) or b.startswith(a)):
        return 1.0
    return fuzz.ratio(a, b) / 100


def authors_alike(one: Keys, other: Keys) -> float:
    """The part of the shorter list of authors that the longer list names too."""
    n, m = len(set(one.surnames)), len(set(other.surnames))
    if n == m:
        return max(_named_too(one, other), _named_too(other, one))
    return _named_too(one, other) if n < m else _named_too(other, one)


def _named_too(fewer: Keys, more: Keys) -> float:
    wanted = set(fewer.surnames)
    return len(wanted & (more.names | set(more.surnames))) / len(wanted)


# ---------------------------------------------------------------- what the titles say


def _mark_features(records: Sequence[Keys], a: Ints, b: Ints) -> dict[str, Floats]:
    columns = is_column(records)
    supplement = np.array([one.is_supplement for one in records], dtype=bool)
    entry = np.array([one.is_entry for one in records], dtype=float)
    found: dict[str, list[float]] = {"numbers": [], "marks": []}
    for i, j in zip(a.tolist(), b.tolist(), strict=True):
        one, other = records[i], records[j]
        found["numbers"].append(0.0 if one.numbers == other.numbers else numbers_apart(one, other))
        differing = (one.marks ^ other.marks) - {"generic"}
        found["marks"].append(float(len(differing) + are_versions(one, other)))
    named: dict[str, Any] = {name: np.array(values, dtype=float) for name, values in found.items()}
    return named | {
        "supplement": (supplement[a] != supplement[b]).astype(float),
        "entry": entry[a] + entry[b],
        "generic": (columns[a] | columns[b]).astype(float),
    }


def numbers_apart(one: Keys, other: Keys) -> float:
    """0 where the titles tell the same numbers, 1 where one tells more of them, 2 if they differ."""
    a, b = Counter(one.numbers), Counter(other.numbers)
    return 0.0 if a == b else 1.0 if a <= b or b <= a else 2.0


def are_versions(one: Keys, other: Keys) -> bool:
    """Whether two records are different versions of one Cochrane review."""
    if not one.cochrane or one.cochrane != other.cochrane:
        return False
    return bool(one.version and other.version) and one.version != other.version
