"""From citations to matches and clusters."""

from collections.abc import Mapping, Sequence
from typing import Any

from screening.citations import Citation
from screening.dedupe.block import blocking_keys, candidate_pairs
from screening.dedupe.cluster import settle
from screening.dedupe.judge import Match, judge
from screening.dedupe.normalise import keys

_LONGEST = ("title", "abstract", "journal", "pages")
_ANY = ("year", "volume", "number", "doi", "pmid", "language", "type", "registry_id", "url", "note")


def find_duplicates(citations: Mapping[int, Citation]) -> Sequence[Match]:
    """Compare citations and return every pair worth telling of, whatever their order.

    The ids decide nothing but which record of a pair is called the first.
    """
    records = {number: keys(citation) for number, citation in citations.items()}
    found = (
        judge(first, second, records[first], records[second])
        for first, second in candidate_pairs(records)
    )
    return settle([match for match in found if match is not None], records)


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
