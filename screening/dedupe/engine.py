"""From citations to matches and clusters."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from screening.citations import Citation
from screening.dedupe import trees
from screening.dedupe.block import Ints, blocking_keys, candidate_pairs
from screening.dedupe.cluster import settle
from screening.dedupe.compare import FEATURES, Floats, features_of, hopeful, is_column
from screening.dedupe.judge import WORTH_ASKING, Match, judge
from screening.dedupe.normalise import Keys, keys
from screening.dedupe.pair import Pair
from screening.dedupe.spelling import words_in_use
from screening.dedupe.vetoes import obstacles_in

_LONGEST = ("title", "abstract", "journal", "pages")
_ANY = ("year", "volume", "number", "doi", "pmid", "language", "type", "registry_id", "url", "note")
_SAID = (
    "title",
    "authors",
    "year",
    "journal",
    "volume",
    "number",
    "pages",
    "doi",
    "pmid",
    "abstract",
)
#: So many pairs are compared at a time: memory stays small however many records there are.
_AT_ONCE = 200_000
_INSIDE, _MARKS, _ENTRY, _TITLE, _ID = (
    FEATURES.index(name) for name in ("title_inside", "marks", "entry", "title", "same_id")
)


def find_duplicates(
    citations: Mapping[int, Citation],
    *,
    new: Collection[int] | None = None,
    standing: Iterable[Collection[int]] = (),
    model: trees.Forest | None = None,
) -> Sequence[Match]:
    """Compare citations and return every pair worth telling of, whatever their order.

    The ids decide nothing but which record of a pair is called the first. With `new`, only pairs
    that hold at least one of these ids are compared, and `standing` are the groups the others are
    in already: a new record joins no group of which it, or the group it brings along, has a veto
    against one member. `model` stands in for the frozen one.
    """
    ids = sorted(citations)
    records = [keys(citations[number]) for number in ids]
    touching = None if new is None else np.isin(ids, sorted(new))
    columns = is_column(records)
    in_use = words_in_use(record.title for record in records)
    found: list[Match] = []
    for pairs in _in_parts(candidate_pairs(records, touching)):
        pairs = hopeful(records, pairs)
        features = features_of(records, pairs)
        scores = (model or trees.frozen()).probability(features)
        for row in np.flatnonzero(_worth_judging(features, scores)).tolist():
            i, j = pairs[row].tolist()
            pair = Pair(records[i], records[j], bool(columns[i] or columns[j]), in_use)
            identical = _are_identical(pair, citations[ids[i]], citations[ids[j]])
            match = judge(ids[i], ids[j], pair, score=scores[row], identical=identical)
            if match is not None:
                found.append(match)
    by_id = dict(zip(ids, records, strict=True))
    obstacle = _obstacle(by_id, dict(zip(ids, columns.tolist(), strict=True)), citations, in_use)
    return settle(found, by_id, obstacle, standing=standing)


def sharing_a_key(keys: Mapping[int, Collection[str]], new: Collection[int]) -> set[int]:
    """The new records and all that could be duplicates of them, by their keys (`keys_of`).

    Only these need be fetched and compared, so that the work is about as large as what is new.
    """
    wanted = {key for number in new for key in keys[number]}
    return {number for number, own in keys.items() if not wanted.isdisjoint(own)} | set(new)


def keys_of(citation: Citation) -> frozenset[str]:
    """The blocking keys of a citation: records that share none are never compared."""
    return blocking_keys(keys(citation))


def best_fields(citations: Mapping[int, Citation]) -> dict[str, tuple[Any, int]]:
    """The best value of every field among copies of one report, with the id it comes from.

    The longest title and abstract, the fullest list of authors, all keywords of the record that
    has most, and for the rest the first record (by id) that has a value.
    """
    ordered = sorted(citations.items())
    best: dict[str, tuple[Any, int]] = {}
    for name in (*_LONGEST, *_ANY):
        having = [(getattr(c, name), number) for number, c in ordered if getattr(c, name)]
        if having and name in _LONGEST:
            best[name] = max(having, key=lambda pair: len(pair[0]))
        elif having:
            best[name] = having[0]
    for name in ("authors", "keywords"):
        having = [(getattr(c, name), number) for number, c in ordered if getattr(c, name)]
        if having:
            best[name] = max(having, key=lambda pair: (len(pair[0]), sum(map(len, pair[0]))))
    return best


def _in_parts(pairs: Ints) -> Iterator[Ints]:
    for start in range(0, len(pairs), _AT_ONCE):
        yield pairs[start : start + _AT_ONCE]


def _worth_judging(features: Floats, scores: Floats) -> Any:
    """Pairs the model holds possible, and those that may be related or the same entry."""
    inside = np.nan_to_num(features[:, _INSIDE])
    related = (inside >= 0.7) & ((features[:, _MARKS] > 0) | (features[:, _ENTRY] == 1))
    same = (features[:, _TITLE] == 1) | (features[:, _ID] == 1)
    return (scores >= WORTH_ASKING) | related | same


def _are_identical(pair: Pair, one: Citation, other: Citation) -> bool:
    """The same in every field, and with more than a place to know a report by."""
    if pair.differ("registry"):  # it may stand in the accession number, which is each source's own
        return False
    said = [getattr(one, name) for name in _SAID]
    return any((one.title, one.doi, one.pmid)) and said == [getattr(other, name) for name in _SAID]


def _obstacle(
    records: Mapping[int, Keys],
    columns: Mapping[int, bool],
    citations: Mapping[int, Citation],
    in_use: frozenset[str],
) -> Callable[[int, int], str]:
    """What keeps two records out of one group: the weightiest veto, in words."""

    def weigh(a: int, b: int) -> str:
        pair = Pair(records[a], records[b], columns[a] or columns[b], in_use)
        if _are_identical(pair, citations[a], citations[b]):
            return ""
        against = obstacles_in(pair)
        return against[0].words if against else ""

    return weigh
