"""From pairs to groups: what pairs refused is not joined by way of a third record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from screening.dedupe.judge import Match, vetoes
from screening.dedupe.normalise import Keys

_BY_A_THIRD = "joining them would also join records of which"


def settle(matches: Sequence[Match], records: Mapping[int, Keys]) -> list[Match]:
    """Turn sure matches into questions where joining them would join a pair that has a veto.

    The best matches are joined first, equal ones in the order of what the records say: the
    order of the ids decides nothing.
    """
    group = {number: {number} for number in records}
    refused: dict[tuple[int, int], Match] = {}
    for match in _best_first(matches, records):
        left, right = group[match.first], group[match.second]
        if left is right:
            continue
        veto = _first_veto(left, right, records)
        if veto:
            refused[match.first, match.second] = _asked(match, veto)
        else:
            _unite(left, right, group)
    return [refused.get((match.first, match.second), match) for match in matches]


def clusters(matches: Iterable[Match], ids: Iterable[int]) -> list[list[int]]:
    """Join records by the sure matches, best first; no cluster holds a pair judged related."""
    group = {number: {number} for number in ids}
    apart: dict[int, set[int]] = {number: set() for number in group}
    same = []
    for match in matches:
        if match.verdict == "same":
            same.append(match)
        elif match.verdict == "related":
            apart[match.first].add(match.second)
            apart[match.second].add(match.first)
    for match in sorted(same, key=lambda m: (-m.score, m.first, m.second)):
        left, right = group[match.first], group[match.second]
        if left is right or any(not apart[number].isdisjoint(right) for number in left):
            continue
        left |= right
        for number in right:
            group[number] = left
    distinct = {id(members): members for members in group.values()}
    return sorted(sorted(members) for members in distinct.values() if len(members) > 1)


def _best_first(matches: Sequence[Match], records: Mapping[int, Keys]) -> list[Match]:
    def order(match: Match) -> tuple[float, list[str]]:
        pair = (records[match.first], records[match.second])
        return -match.score, sorted(map(repr, pair))

    return sorted((match for match in matches if match.verdict == "same"), key=order)


def _first_veto(left: set[int], right: set[int], records: Mapping[int, Keys]) -> str:
    found = (vetoes(records[a], records[b]) for a in sorted(left) for b in sorted(right))
    return next((words[0] for words in found if words), "")


def _unite(left: set[int], right: set[int], group: dict[int, set[int]]) -> None:
    left |= right
    for number in right:
        group[number] = left


def _asked(match: Match, veto: str) -> Match:
    reason = f"{_BY_A_THIRD} {veto}"
    return replace(match, verdict="ask", rule="", reason=reason, evidence_against=(reason,))
