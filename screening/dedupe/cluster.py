"""From pairs to groups: what pairs refused is not joined by way of a third record."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from screening.dedupe.judge import Match
from screening.dedupe.normalise import Keys

_BY_A_THIRD = "joining them would also join records of which"
#: Says in words why two records (by id) must not end in one group; empty where nothing does.
Obstacle = Callable[[int, int], str]


def settle(
    matches: Sequence[Match],
    records: Mapping[int, Keys],
    obstacle: Obstacle,
    *,
    standing: Iterable[Collection[int]] = (),
) -> list[Match]:
    """Turn sure matches into questions where joining them would join a pair that has a veto.

    The best matches are joined first, equal ones in the order of what the records say: the
    order of the ids decides nothing. Between two groups only the surest question is asked: its
    answer settles the others. Groups that stand already are begun with.
    """
    group = {number: {number} for number in records}
    for members in standing:
        together = set(members)
        group |= dict.fromkeys(together, together)
    refused: dict[tuple[int, int], Match] = {}
    for match in _best_first(matches, records, "same"):
        left, right = group[match.first], group[match.second]
        if left is right:
            continue
        found = _first_obstacle(left, right, obstacle)
        if found:
            refused[match.first, match.second] = _asked(match, found)
        else:
            _unite(left, right, group)
    settled = [refused.get((match.first, match.second), match) for match in matches]
    return _asked_once(settled, group, records)


def _asked_once(
    matches: Sequence[Match], group: Mapping[int, set[int]], records: Mapping[int, Keys]
) -> list[Match]:
    """Leave out questions within a group, and all but the best between two groups."""
    asked: set[frozenset[int]] = set()
    kept = set()
    for match in _best_first(matches, records, "ask"):
        between = frozenset((id(group[match.first]), id(group[match.second])))
        if len(between) == 2 and between not in asked:
            asked.add(between)
            kept.add((match.first, match.second))
    return [m for m in matches if m.verdict != "ask" or (m.first, m.second) in kept]


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
        _unite(left, right, group)
    distinct = {id(members): members for members in group.values()}
    return sorted(sorted(members) for members in distinct.values() if len(members) > 1)


def _best_first(matches: Sequence[Match], records: Mapping[int, Keys], verdict: str) -> list[Match]:
    def order(match: Match) -> tuple:
        pair = (records[match.first].content, records[match.second].content)
        return -match.score, sorted(pair)

    return sorted((match for match in matches if match.verdict == verdict), key=order)


def _first_obstacle(left: set[int], right: set[int], obstacle: Obstacle) -> str:
    found = (obstacle(a, b) for a in sorted(left) for b in sorted(right))
    return next((words for words in found if words), "")


def _unite(left: set[int], right: set[int], group: dict[int, set[int]]) -> None:
    left |= right
    for number in right:
        group[number] = left


def _asked(match: Match, veto: str) -> Match:
    reason = f"{_BY_A_THIRD} {veto}"
    return replace(match, verdict="ask", rule="", reason=reason, evidence_against=(reason,))
