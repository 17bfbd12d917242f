"""Two extractions of one study compared field by field, and how well extractors agree.

Two people number their models and items as they please. Entities are therefore first paired by
the fields the codebook names in `match_on` (an assignment that makes as many of them agree as
possible), references are read through that pairing, and only then are fields compared.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from extraction.codebook.conditions import has_value
from extraction.codebook.definition import Codebook, Field, Section

TOLERANCE = 0.05
"""Numbers agree if they differ by no more than this share of the larger."""
_LEAST_LIKENESS = 0.5
_CATEGORICAL = ("select", "tree_select", "boolean")
_FREE_TEXT = ("text", "longtext", "file")

Keys = dict[str, dict[str, str]]
"""For each entity: key in the second extraction -> key in the first."""
Place = tuple[str, str | None, str | None]
"""An entity, and its key in either extraction."""


@dataclass(frozen=True)
class Answer:
    """A field's value or missing code in one extraction."""

    value: Any = None
    code: str | None = None

    @property
    def is_blank(self) -> bool:
        return not has_value(self.value) and self.code is None


@dataclass(frozen=True)
class Comparison:
    """One field of one paired entity (or group row) in both extractions.

    Keys are None where an extraction has no such entity or row at all.
    """

    entity: str
    left_key: str | None
    right_key: str | None
    field: str
    left: Answer
    right: Answer
    agrees: bool
    group: str = ""
    left_row: str | None = None
    right_row: str | None = None


@dataclass(frozen=True)
class FieldAgreement:
    """Agreement on one field over all its comparisons; kappa only for single choices."""

    entity: str
    field: str
    type: str
    n: int
    n_agreed: int
    kappa: float | None
    group: str = ""

    @property
    def percent(self) -> float:
        return 100 * self.n_agreed / self.n


def compare(codebook: Codebook, left: dict, right: dict) -> list[Comparison]:
    """Every field that at least one of two extractions answered, in the order of the form."""
    keys: Keys = {}
    found: list[Comparison] = []
    for section in codebook.sections:
        pairs = _pair(section, _entities(left, section), _entities(right, section), keys)
        keys[section.entity] = {b["key"]: a["key"] for a, b in pairs if a and b}
        for one, other in pairs:
            found.extend(_compare_entity(section, one, other, keys))
    return found


def differences(codebook: Codebook, left: dict, right: dict) -> list[Comparison]:
    """The comparisons that a consensus has to settle."""
    return [one for one in compare(codebook, left, right) if not one.agrees]


def agreement(codebook: Codebook, comparisons: Iterable[Comparison]) -> list[FieldAgreement]:
    """Agreement figures per field, in the order of the form; free text is left out.

    Entities that only one extraction has do not count: whether both found the same items is a
    question of its own, see `entities_agreed`.
    """
    by_field: dict[tuple[str, str, str], list[Comparison]] = defaultdict(list)
    for one in comparisons:
        if _is_paired(one):
            by_field[one.entity, one.group, one.field].append(one)
    return [
        _figures(section.entity, group, asked, by_field[section.entity, group, asked.key])
        for section in codebook.sections
        for group, asked in _all_fields(section)
        if by_field[section.entity, group, asked.key] and asked.type not in _FREE_TEXT
    ]


def entities_agreed(comparisons: Iterable[Comparison]) -> dict[str, tuple[int, int]]:
    """For each entity: how many both extractions have, and how many either has."""
    pairs: dict[str, set[tuple[str | None, str | None]]] = defaultdict(set)
    for one in comparisons:
        pairs[one.entity].add((one.left_key, one.right_key))
    return {
        entity: (sum(None not in pair for pair in found), len(found))
        for entity, found in pairs.items()
    }


def kappa(pairs: Iterable[tuple[Any, Any]]) -> float | None:
    """Cohen's kappa of two raters' categories; None if chance alone would always agree."""
    table = Counter(pairs)
    n = sum(table.values())
    if n == 0:
        return None
    observed = sum(count for (a, b), count in table.items() if a == b) / n
    left = Counter({a: 0 for a, _ in table})
    right = Counter({b: 0 for _, b in table})
    for (a, b), count in table.items():
        left[a] += count
        right[b] += count
    expected = sum(left[one] * right[one] for one in left) / n**2
    return None if expected == 1 else (observed - expected) / (1 - expected)


def _entities(answers: dict, section: Section) -> list[dict]:
    return answers.get("entities", {}).get(section.entity, [])


def _pair(section: Section, left: list, right: list, keys: Keys) -> list[tuple]:
    """Pairs of entities in the left one's order, then those only the right one has."""
    if section.per:
        likeness = [[float(_owner(section, b, keys) == a["key"]) for b in right] for a in left]
    elif not section.repeat:
        likeness = [[1.0 for _ in right] for _ in left]
    else:
        asked = [section.by_key[key] for key in section.match_on]
        likeness = [[_likeness(asked, a, b, keys) for b in right] for a in left]
    return _assigned(left, right, likeness)


def _owner(section: Section, entity: dict, keys: Keys) -> str | None:
    return keys.get(section.per or "", {}).get(entity["key"])


def _likeness(fields: Iterable[Field], a: dict, b: dict, keys: Keys) -> float:
    """The share of the fields answered by either in which both agree."""
    pairs = [(one, _answer(a, one), _answer(b, one)) for one in fields]
    answered = [pair for pair in pairs if not (pair[1].is_blank and pair[2].is_blank)]
    if not answered:
        return 1.0
    return sum(_agree(*pair, keys) for pair in answered) / len(answered)


def _assigned(left: list, right: list, likeness: list[list[float]]) -> list[tuple]:
    matched: dict[int, int] = {}
    if left and right:
        rows, columns = linear_sum_assignment(np.array(likeness), maximize=True)
        chosen = zip(rows.tolist(), columns.tolist(), strict=True)
        matched = {a: b for a, b in chosen if likeness[a][b] >= _LEAST_LIKENESS}
    pairs = [(one, right[matched[i]] if i in matched else None) for i, one in enumerate(left)]
    alone = set(range(len(right))) - set(matched.values())
    return [*pairs, *((None, right[i]) for i in sorted(alone))]


def _compare_entity(
    section: Section, left: dict | None, right: dict | None, keys: Keys
) -> Iterator[Comparison]:
    place = (section.entity, _key(left), _key(right))
    for asked in section.fields:
        if asked.type == "group":
            yield from _compare_rows(place, asked, left, right, keys)
        elif asked.type != "computed":
            yield from _compare_field(place, asked, left, right, keys)


def _compare_rows(
    place: Place, group: Field, left: dict | None, right: dict | None, keys: Keys
) -> Iterator[Comparison]:
    rows, others = (_rows(one, group) for one in (left, right))
    asked = [one for one in group.fields if one.type not in _FREE_TEXT]
    likeness = [[_likeness(asked, a, b, keys) for b in others] for a in rows]
    for one, other in _assigned(rows, others, likeness):
        for inner in group.fields:
            for found in _compare_field(place, inner, one, other, keys):
                yield _in_group(found, group, one, other)


def _rows(entity: dict | None, group: Field) -> list[dict]:
    return (entity or {}).get("answers", {}).get(group.key) or []


def _in_group(found: Comparison, group: Field, one: dict | None, other: dict | None) -> Comparison:
    return replace(found, group=group.key, left_row=_key(one), right_row=_key(other))


def _key(entity: dict | None) -> str | None:
    return None if entity is None else entity.get("key")


def _compare_field(
    place: Place, asked: Field, left: dict | None, right: dict | None, keys: Keys
) -> Iterator[Comparison]:
    one, other = _answer(left, asked), _answer(right, asked)
    if not (one.is_blank and other.is_blank):
        entity, left_key, right_key = place
        agrees = _agree(asked, one, other, keys)
        yield Comparison(entity, left_key, right_key, asked.key, one, other, agrees)


def _answer(entity: dict | None, asked: Field) -> Answer:
    if entity is None:
        return Answer()
    code = entity.get("missing", {}).get(asked.key)
    return Answer(entity.get("answers", {}).get(asked.key), code)


def _agree(asked: Field, one: Answer, other: Answer, keys: Keys) -> bool:
    if one.code != other.code or has_value(one.value) != has_value(other.value):
        return False
    theirs = _translated(asked, other.value, keys)
    if asked.type in ("number", "integer") and not asked.multi:
        return _close(one.value, theirs)
    if asked.multi:
        return set(_as_list(one.value)) == set(_as_list(theirs))
    return _plain_text(one.value) == _plain_text(theirs)


def _translated(asked: Field, value: Any, keys: Keys) -> Any:
    """A reference of the second extraction, in the keys of the first."""
    if asked.ref not in keys:
        return value
    pairs = keys[asked.ref]
    if isinstance(value, list):
        return [pairs.get(one, f"unpaired {one}") for one in value]
    return pairs.get(value, f"unpaired {value}") if has_value(value) else value


def _close(one: Any, other: Any) -> bool:
    if not all(isinstance(value, int | float) for value in (one, other)):
        return one == other
    return math.isclose(one, other, rel_tol=TOLERANCE)


def _plain_text(value: Any) -> Any:
    """Spaces and capitals are no difference that a consensus has to settle."""
    return " ".join(value.split()).casefold() if isinstance(value, str) else value


def _as_list(value: Any) -> list:
    return value if isinstance(value, list) else [value]


def _is_paired(one: Comparison) -> bool:
    if one.left_key is None or one.right_key is None:
        return False
    return not one.group or (one.left_row is not None and one.right_row is not None)


def _all_fields(section: Section) -> Iterator[tuple[str, Field]]:
    for asked in section.fields:
        if asked.type == "group":
            yield from ((asked.key, inner) for inner in asked.fields)
        else:
            yield "", asked


def _figures(
    entity: str, group: str, asked: Field, comparisons: list[Comparison]
) -> FieldAgreement:
    single_choice = asked.type in _CATEGORICAL and not asked.multi
    pairs = [(_category(one.left), _category(one.right)) for one in comparisons]
    return FieldAgreement(
        entity=entity,
        field=asked.key,
        type=asked.type,
        n=len(comparisons),
        n_agreed=sum(one.agrees for one in comparisons),
        kappa=kappa(pairs) if single_choice else None,
        group=group,
    )


def _category(answer: Answer) -> tuple[str, Any]:
    """A missing code is a category like any other."""
    return ("code", answer.code) if answer.code else ("value", answer.value)
