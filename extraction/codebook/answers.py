"""The shape of an extraction's answers, and how typed text becomes a typed value.

    {"entities": {"item": [{"key": "i1",
                            "answers": {"site": "...", "effects": [{"key": "e1", ...}]},
                            "missing": {"timepoint": "NR"}}]}}

Values as stored: text, longtext, identifier, file: text · integer, number: number · date:
"2024-05-31" · boolean: true or false · select, tree_select: the key of a term, or "other:" and
free words · entity_ref: the key of the entity · group: a list of rows, each shaped like an
entity · with `multi` a list of these. A field without an answer is absent; so is one that is
hidden. A missing code stands in `missing` instead of a value.
"""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from extraction.codebook.conditions import has_value
from extraction.codebook.definition import Codebook, Field, Section
from extraction.codebook.derivation import holds, view
from extraction.codebook.findings import Finding
from extraction.codebook.paths import Scope, View
from extraction.codebook.values import AnswerError, parse


@dataclass(frozen=True)
class Normalised:
    """Answers as they are stored, and what could not be read (kept as it was typed)."""

    answers: dict
    findings: tuple[Finding, ...]


def empty(codebook: Codebook) -> dict:
    """The answers of a form nobody has begun: one entity for each section filled once."""
    singles = (one for one in codebook.sections if not one.repeat and not one.per)
    return {"entities": {one.entity: [blank(one.entity, one.fields)] for one in singles}}


def blank(key: str, fields: Iterable[Field]) -> dict:
    """A new entity or group row, with the defaults of its fields."""
    defaults = {one.key: one.default for one in fields if one.default is not None}
    return {"key": key, "answers": defaults, "missing": {}}


def new_key(prefix: str, taken: Iterable[str]) -> str:
    """A key that none of the `taken` has: prefix1, prefix2 ..."""
    numbered = (re.fullmatch(re.escape(prefix) + r"(\d+)", key) for key in taken)
    numbers = (int(match[1]) for match in numbered if match)
    return f"{prefix}{max(numbers, default=0) + 1}"


def is_shown(asked: Field, scope: Scope) -> bool:
    """Whether a field is asked here at all."""
    return holds(asked.show_if, scope)


def is_required(asked: Field, scope: Scope) -> bool:
    """Whether a field needs a value or a missing code, given the other answers."""
    conditional = asked.require_if is not None and holds(asked.require_if, scope)
    return is_shown(asked, scope) and (asked.required or conditional)


def field_named(scope: Scope, key: str) -> Field:
    """The field of the row, or of the entity around it."""
    inner = scope.group.by_key.get(key) if scope.group else None
    return inner or scope.section.by_key[key]


def offered(asked: Field, scope: Scope) -> frozenset[str]:
    """The terms a choice field offers here (deprecated ones too, for old answers)."""
    vocabulary = scope.view.codebook.vocabulary_of(asked)
    if asked.choices.children_of:
        above = scope.value(asked.choices.children_of)
        below = vocabulary.children(above) if isinstance(above, str) else ()
        return frozenset(term.key for term in below) or frozenset({above} - {None})
    if asked.choices.roots:
        return frozenset(term.key for term in vocabulary.children(None))
    return frozenset(vocabulary.by_key)


def normalise(codebook: Codebook, raw: dict) -> Normalised:
    """Turn what a form or a client sent into answers as they are stored.

    Texts become typed values, blanks and hidden fields go, entities and rows without a key get
    one. A value that cannot be read stays as it was typed, with a finding that says so. Raises
    AnswerError if `raw` has not the shape of answers at all.
    """
    _check_shape(codebook, raw)
    found: list[Finding] = []
    entities = {
        section.entity: _normalised_entities(section, raw, found) for section in codebook.sections
    }
    answers = {"entities": {entity: ones for entity, ones in entities.items() if ones}}
    while _drop_hidden(codebook, answers):
        pass
    return Normalised(answers, tuple(found))


def _check_shape(codebook: Codebook, raw: Any) -> None:
    entities = raw.get("entities") if isinstance(raw, dict) else None
    if not isinstance(entities, dict):
        raise AnswerError("Answers are an object with “entities”.")
    unknown = sorted(map(str, set(entities) - set(codebook.by_entity)))
    if unknown:
        raise AnswerError(f"This form has no “{unknown[0]}”.")
    for entity, ones in entities.items():
        _check_entities(entity, ones)
        for group in codebook.section(entity).groups:
            for one in ones or []:
                _check_entities(group.key, one.get("answers", {}).get(group.key))


def _check_entities(name: str, ones: Any) -> None:
    """Entities and group rows have one shape."""
    if not isinstance(ones, list | None) or not all(isinstance(one, dict) for one in ones or []):
        raise AnswerError(f"“{name}” is a list of objects.")
    for one in ones or []:
        parts = (one.get("answers", {}), one.get("missing", {}))
        if not all(isinstance(part, dict) for part in parts):
            raise AnswerError(f"“{name}”: “answers” and “missing” are objects.")
        texts = (one.get("key") or "", *(code or "" for code in parts[1].values()))
        if not all(isinstance(text, str) for text in texts):
            raise AnswerError(f"“{name}”: keys and missing codes are texts.")


def _normalised_entities(section: Section, raw: dict, found: list[Finding]) -> list[dict]:
    given = raw.get("entities", {}).get(section.entity) or []
    single = None if section.repeat or section.per else section.entity
    keys = _keys(given, section.entity[0], single)
    return [
        _normalised(section, one, key, None, found) for key, one in zip(keys, given, strict=True)
    ]


def _keys(given: list[dict], prefix: str, single: str | None = None) -> list[str]:
    """The key of each entity or row, made up where there is none."""
    keys = [one.get("key") or "" for one in given]
    for place, key in enumerate(keys):
        if not key:
            keys[place] = single if single and single not in keys else new_key(prefix, keys)
    return keys


def _normalised(
    section: Section, raw: dict, key: str, group: Field | None, found: list[Finding]
) -> dict:
    fields = group.fields if group else section.fields
    given = raw.get("answers", {})
    answers = {}
    for asked in fields:
        value = given.get(asked.key)
        if asked.type == "group":
            value = _normalised_rows(section, asked, value, key, found)
        elif asked.type != "computed":
            value = _read(asked, value, found, _place(section, key, group, raw))
        if has_value(value) and asked.type != "computed":
            answers[asked.key] = value
    return {"key": key, "answers": answers, "missing": _codes(fields, raw)}


def _normalised_rows(
    section: Section, group: Field, rows: Any, key: str, found: list[Finding]
) -> list[dict]:
    """Row keys begin with their entity's, so that they are unique in the whole study."""
    given = rows or []
    keys = _keys(given, f"{key}{group.key[0]}")
    return [_normalised(section, row, k, group, found) for k, row in zip(keys, given, strict=True)]


def _place(section: Section, key: str, group: Field | None, raw: dict) -> Finding:
    inside = (group.key, raw.get("key") or "") if group else ("", "")
    return Finding("type", "error", section.entity, key, "", "", *inside)


def _read(asked: Field, raw: Any, found: list[Finding], place: Finding) -> Any:
    try:
        return parse(asked, raw)
    except AnswerError as error:
        found.append(replace(place, field=asked.key, message=str(error)))
        several = raw if isinstance(raw, list) else [raw]
        return [_scalar(one) for one in several] if several is raw or asked.multi else _scalar(raw)


def _scalar(raw: Any) -> Any:
    """What was typed, or its text if nothing like it could be stored and compared."""
    is_plain = isinstance(raw, str | int) or (isinstance(raw, float) and math.isfinite(raw))
    return raw if is_plain else str(raw)


def _codes(fields: Iterable[Field], raw: dict) -> dict[str, str]:
    asked = {one.key for one in fields if one.type != "computed"}
    given = raw.get("missing", {})
    return {key: code for key, code in given.items() if code and key in asked}


def _drop_hidden(codebook: Codebook, answers: dict) -> bool:
    """Take out what is not asked under the other answers; True if that changed anything."""
    seen = view(codebook, answers)
    hidden = [
        (scope.own(), asked.key)
        for scope in _all_scopes(codebook, seen)
        for asked in scope.fields()
        if _has_answer(scope.own(), asked.key) and not is_shown(asked, scope)
    ]
    for own, key in hidden:
        own["answers"].pop(key, None)
        own["missing"].pop(key, None)
    return bool(hidden)


def _all_scopes(codebook: Codebook, seen: View) -> Iterator[Scope]:
    for section in codebook.sections:
        for scope in seen.scopes(section.entity):
            yield scope
            for group in section.groups:
                yield from scope.rows(group.key)


def _has_answer(own: dict, key: str) -> bool:
    return key in own["answers"] or key in own["missing"]
