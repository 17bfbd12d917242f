"""From JSON objects to the dataclasses of `definition`, noting every fault on the way.

A node that cannot be built is left out and its fault noted, so that one reading finds all
faults at once rather than one per attempt.
"""

import dataclasses
import typing
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

from extraction.codebook import conditions, definition, outputs, rules

Built = TypeVar("Built")
Faults = list[str]

_CONDITIONS = frozenset(
    {"show_if", "require_if", "when", "then", "condition", "where", "exclude", "measured"}
)
_NESTED: dict[tuple[type, str], type] = {
    (definition.Field, "validate"): definition.Limits,
    (definition.Field, "choices"): definition.Choices,
    (outputs.Outputs, "quotes"): outputs.QuoteOutput,
    (outputs.Outputs, "map"): outputs.MapOutput,
    (outputs.Outputs, "comparability"): outputs.MatrixOutput,
    (outputs.Outputs, "pipeline"): outputs.PipelineOutput,
}
_LISTS: dict[tuple[type, str], type] = {
    (definition.Field, "fields"): definition.Field,
    (definition.Section, "fields"): definition.Field,
    (rules.Table, "cases"): rules.Case,
    (rules.Ladder, "steps"): rules.Step,
    (outputs.Outputs, "columns"): outputs.Column,
}
_CHECKS = {check.kind: check for check in rules.Check.__subclasses__()}
_DERIVATIONS = {one.kind: one for one in rules.Derivation.__subclasses__()}


def build(cls: type[Built], raw: object, where: str, faults: Faults) -> Built | None:
    """Make one `cls` from its JSON object, or note why not and return None."""
    if not isinstance(raw, Mapping):
        faults.append(f"{where} is not an object.")
        return None
    before = len(faults)
    _note_property_faults(cls, raw, where, faults)
    values = {
        key: _convert(cls, key, value, where, faults)
        for key, value in raw.items()
        if key in _types(cls)
    }
    return None if len(faults) > before else cls(**values)


def build_all(cls: type[Built], raws: object, where: str, faults: Faults) -> tuple[Built, ...]:
    """Make a tuple of `cls`, leaving out what cannot be built."""
    if not isinstance(raws, list | tuple):
        faults.append(f"{where} is not a list.")
        return ()
    built = (build(cls, raw, _place(where, raw, n), faults) for n, raw in enumerate(raws, 1))
    return tuple(one for one in built if one is not None)


def build_rule(raw: object, where: str, faults: Faults) -> rules.Rule | None:
    """Make a rule with its checks, each by its kind."""
    if not isinstance(raw, Mapping):
        faults.append(f"{where} is not an object.")
        return None
    head = {key: value for key, value in raw.items() if key != "checks"}
    rule = build(rules.Rule, head, where, faults)
    checks = _by_kind(_CHECKS, raw.get("checks", []), where, faults)
    return rule and dataclasses.replace(rule, checks=checks)


def build_derivations(raws: object, faults: Faults) -> tuple[rules.Derivation, ...]:
    return _by_kind(_DERIVATIONS, raws, "The list of derivations", faults)


def plain(value: object) -> Any:
    """The JSON of a dataclass built here; properties with their default value are left out."""
    if isinstance(value, conditions.Condition):
        return conditions.to_json(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = {"kind": value.kind} if hasattr(value, "kind") else {}
        return kind | _plain_properties(value)
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return value


def _plain_properties(value: Any) -> dict:
    return {
        one.name: plain(getattr(value, one.name))
        for one in dataclasses.fields(value)
        if getattr(value, one.name) != _default(one)
    }


def _default(one: dataclasses.Field) -> object:
    if one.default_factory is not dataclasses.MISSING:
        return one.default_factory()
    return one.default


def _by_kind(kinds: Mapping, raws: object, where: str, faults: Faults) -> tuple:
    if not isinstance(raws, list):
        faults.append(f"{where} is not a list.")
        return ()
    built = [_one_by_kind(kinds, raw, where, faults) for raw in raws]
    return tuple(one for one in built if one is not None)


def _one_by_kind(kinds: Mapping, raw: object, where: str, faults: Faults) -> Any:
    if not isinstance(raw, Mapping):
        faults.append(f"{where}: {raw!r} is not an object.")
        return None
    kind = raw.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        known = ", ".join(kinds)
        faults.append(f"{where}: the kind “{kind}” is unknown; known are {known}.")
        return None
    rest = {key: value for key, value in raw.items() if key != "kind"}
    return build(kinds[kind], rest, f"{where}, {kind}", faults)


def _note_property_faults(cls: type, raw: Mapping, where: str, faults: Faults) -> None:
    faults.extend(
        f"{where} has the unknown property “{key}”." for key in raw if key not in _types(cls)
    )
    faults.extend(
        f"{where} lacks the property “{one.name}”."
        for one in dataclasses.fields(cls)
        if _is_needed(one) and one.name not in raw
    )


def _is_needed(one: dataclasses.Field) -> bool:
    none_given = dataclasses.MISSING
    return one.default is none_given and one.default_factory is none_given


def _convert(cls: type, key: str, value: object, where: str, faults: Faults) -> object:
    if value is None:
        return _checked_type(cls, key, None, where, faults)
    if key in _CONDITIONS:
        return _condition(value, f"{where}, {key}", faults)
    if key == "exist":
        return tuple(_condition(one, f"{where}, {key}", faults) for one in _as_list(value))
    if (cls, key) in _NESTED:
        return build(_NESTED[cls, key], value, f"{where}, {key}", faults)
    if (cls, key) in _LISTS:
        return build_all(_LISTS[cls, key], value, f"{where}, {key}", faults)
    return _checked_type(cls, key, value, where, faults)


def _condition(raw: object, where: str, faults: Faults) -> conditions.Condition | None:
    try:
        return conditions.parse(raw)
    except conditions.ConditionError as error:
        faults.append(f"{where}: {error}")
        return None


def _checked_type(cls: type, key: str, value: object, where: str, faults: Faults) -> object:
    expected = _types(cls)[key]
    if typing.get_origin(expected) is tuple:
        return _checked_texts(value, key, where, faults)
    if expected is not object and not isinstance(value, expected):
        faults.append(f"{where}: “{key}” cannot be {value!r}.")
    return value


def _checked_texts(value: object, key: str, where: str, faults: Faults) -> tuple[str, ...]:
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return tuple(value)
    faults.append(f"{where}: “{key}” is not a list of texts.")
    return ()


def _as_list(value: object) -> list:
    return value if isinstance(value, list) else [value]


def _place(where: str, raw: object, position: int) -> str:
    name = raw.get("key", position) if isinstance(raw, Mapping) else position
    return f"{where}, “{name}”"


def _types(cls: type) -> dict[str, Any]:
    return _hints(cls)


@cache
def _hints(cls: type) -> dict[str, Any]:
    hints: Callable[[type], dict[str, Any]] = typing.get_type_hints
    names = {one.name for one in dataclasses.fields(cls)}
    return {name: hint for name, hint in hints(cls).items() if name in names}
