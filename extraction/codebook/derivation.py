"""Computed fields: worked out from the answers, never typed in.

`derive(codebook, answers)` gives {(entity, key): {field: value}}; a computed field without a
value is left out. Derivations run in the codebook's order and may use earlier ones.
"""

from collections.abc import Callable, Iterable
from typing import Any

from extraction.codebook import rules
from extraction.codebook.conditions import Condition, evaluate, has_value
from extraction.codebook.definition import Codebook
from extraction.codebook.paths import Scope, View

Derived = dict[tuple[str, str], dict[str, Any]]


def derive(codebook: Codebook, answers: dict) -> Derived:
    """Every computed value of a study, by entity and key."""
    return view(codebook, answers).derived


def view(codebook: Codebook, answers: dict) -> View:
    """The answers with their computed values beside them, ready to be asked by path."""
    seen = View(codebook, answers, {})
    for derivation in codebook.derivations:
        for scope in seen.scopes(derivation.entity):
            value = _DERIVE[type(derivation)](derivation, scope)
            if has_value(value):
                place = (derivation.entity, scope.key)
                seen.derived.setdefault(place, {})[derivation.field] = value
    return seen


def completed(codebook: Codebook, answers: dict) -> dict:
    """A copy of the answers in which the computed fields stand among the others."""
    derived = derive(codebook, answers)
    return {
        "entities": {
            entity: [_with(one, derived.get((entity, one.get("key", "")), {})) for one in ones]
            for entity, ones in answers.get("entities", {}).items()
        }
    }


def holds(condition: Condition | None, scope: Scope) -> bool:
    """Whether a condition holds as seen from a scope."""
    return evaluate(condition, scope.values, scope.codes, scope.parents)


def _with(entity: dict, derived: dict) -> dict:
    return {**entity, "answers": {**entity.get("answers", {}), **derived}}


def _from_table(derivation: rules.Table, scope: Scope) -> str | None:
    return next((case.value for case in derivation.cases if holds(case.when, scope)), None)


def _from_paths(derivation: rules.Lookup, scope: Scope) -> Any:
    return next(filter(has_value, map(scope.value, derivation.paths)), None)


def _from_ladder(derivation: rules.Ladder, scope: Scope) -> str | None:
    wanted = _values(scope, derivation.group_by)
    if not all(map(has_value, wanted)):
        return None
    everyone = scope.view.scopes(derivation.entity)
    siblings = [one for one in everyone if _values(one, derivation.group_by) == wanted]
    steps = (step.value for step in derivation.steps if _reached(step.exist, siblings))
    return next(steps, None)


def _values(scope: Scope, paths: Iterable[str]) -> list:
    return [scope.value(path) for path in paths]


def _reached(conditions: Iterable[Condition], siblings: list[Scope]) -> bool:
    return all(any(holds(one, scope) for scope in siblings) for one in conditions)


_DERIVE: dict[type, Callable[..., Any]] = {
    rules.Table: _from_table,
    rules.Lookup: _from_paths,
    rules.Ladder: _from_ladder,
}
