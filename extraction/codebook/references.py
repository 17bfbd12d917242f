"""Whether rules, derivations and outputs name only what the codebook has."""

import re
from collections.abc import Callable, Iterable, Iterator

from extraction.codebook import rules
from extraction.codebook.conditions import Condition
from extraction.codebook.definition import Codebook, Field, Section
from extraction.codebook.outputs import Outputs
from extraction.codebook.paths import PathError, resolve
from extraction.codebook.rules import Check, Derivation

STRUCTURAL = ("choices", "missing")
"""The built-in checks whose findings a rule may claim with a `structure` check."""
COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")

Place = tuple[Section, Field | None]


def faults_of(codebook: Codebook) -> Iterator[str]:
    for rule in codebook.rules:
        if rule.severity not in rules.SEVERITIES:
            yield f"Rule “{rule.id}” has the unknown severity “{rule.severity}”."
        for check in rule.checks:
            yield from (f"Rule “{rule.id}”: {fault}" for fault in _check_faults(codebook, check))
    yield from _derivation_faults(codebook)
    if codebook.outputs:
        yield from (f"Outputs: {fault}" for fault in _output_faults(codebook, codebook.outputs))


def _check_faults(codebook: Codebook, check: Check) -> Iterator[str]:
    if check.severity not in (None, *rules.SEVERITIES):
        yield f"the severity “{check.severity}” is unknown."
    if isinstance(check, rules.Structure):
        if check.of not in STRUCTURAL:
            yield f"there is no built-in check “{check.of}”."
        if check.on and check.on not in codebook.by_entity:
            yield f"“{check.on}” is no entity."
        return
    place = _place(codebook, check.on)
    if place is None and check.on:
        yield f"“{check.on}” is neither an entity nor a group."
        return
    yield from _message_faults(codebook, check, place)
    yield from _SPECIAL.get(type(check), _no_faults)(codebook, check, place)
    if place:
        yield from _path_faults(codebook, _paths_of(check), place)


def _message_faults(codebook: Codebook, check: Check, place: Place | None) -> Iterator[str]:
    if not check.message:
        yield f"the check “{check.kind}” has no message."
    if place:
        yield from _path_faults(codebook, _PLACEHOLDER.findall(check.message), place)


def _place(codebook: Codebook, on: str) -> Place | None:
    entity, _, group = on.partition(".")
    section = codebook.by_entity.get(entity)
    if section is None or (group and group not in section.by_key):
        return None
    return section, section.by_key[group] if group else None


def _path_faults(codebook: Codebook, paths: Iterable[str], place: Place) -> Iterator[str]:
    for path in paths:
        try:
            resolve(codebook, path, *place)
        except PathError as error:
            yield str(error)


def _paths_of(check: Check) -> Iterator[str]:
    """The paths a check follows from the place it is on."""
    conditions = [check.when, getattr(check, "condition", None), getattr(check, "then", None)]
    yield from _condition_paths(conditions)
    yield from [check.field] if check.field else []
    match check:
        case rules.Compare():
            yield from (*operand_paths(check.left), *operand_paths(check.right))
        case rules.Within() | rules.Unique():
            yield from check.fields
        case rules.Member():
            yield from (check.value, check.of)
        case rules.Significance():
            yield from (check.p_op, check.p_value, check.low, check.high, check.null)


def _condition_paths(conditions: Iterable[Condition | None]) -> Iterator[str]:
    for condition in conditions:
        yield from sorted(condition.fields()) if condition else ()


def operand_paths(operand: object) -> tuple[str, ...]:
    """The paths in one side of a comparison."""
    if isinstance(operand, str):
        return (operand,)
    return tuple(operand) if isinstance(operand, list | tuple) else ()


def _no_faults(codebook: Codebook, check: Check, place: Place | None) -> Iterator[str]:
    yield from ()


def _compare_faults(codebook: Codebook, check: rules.Compare, place: Place | None) -> Iterator[str]:
    if check.op not in COMPARISONS:
        yield f"the comparison “{check.op}” is unknown."


def _count_faults(codebook: Codebook, check: rules.Count, place: Place | None) -> Iterator[str]:
    inner = place[0].by_key.get(check.of) if place else None
    section = place[0] if place and inner else codebook.by_entity.get(check.of)
    if section is None:
        yield f"there is no “{check.of}” to count."
        return
    counted = (section, inner if inner and inner.type == "group" else None)
    yield from _path_faults(codebook, _condition_paths([check.where]), counted)


def _covered_faults(codebook: Codebook, check: rules.Covered, place: Place | None) -> Iterator[str]:
    by = codebook.by_entity.get(check.by)
    if by is None or by.per != check.on:
        yield f"“{check.by}” is not filled per “{check.on}”."


_SPECIAL: dict[type, Callable[..., Iterator[str]]] = {
    rules.Compare: _compare_faults,
    rules.Count: _count_faults,
    rules.Covered: _covered_faults,
}


def _derivation_faults(codebook: Codebook) -> Iterator[str]:
    """Derivations are worked out in order, so none may rest on one that comes later."""
    derived: set[int] = set()
    for one in codebook.derivations:
        where = f"The derivation of “{one.entity}.{one.field}”"
        section = codebook.by_entity.get(one.entity)
        asked = section.by_key.get(one.field) if section else None
        if section is None or asked is None or asked.type != "computed":
            yield f"{where} is for no computed field."
            continue
        derived.add(id(asked))
        yield from (f"{where}: {fault}" for fault in _path_faults_in(codebook, one, section))
        yield from (f"{where}: {fault}" for fault in _term_faults(codebook, one, asked))
        yield from (f"{where} rests on {fault}" for fault in _too_early(codebook, one, derived))
    yield from _underived(codebook, derived)


def _path_faults_in(codebook: Codebook, one: Derivation, section: Section) -> Iterator[str]:
    yield from _path_faults(codebook, derivation_paths(one), (section, None))


def derivation_paths(one: Derivation) -> Iterator[str]:
    """Every path a derivation follows."""
    match one:
        case rules.Table():
            yield from _condition_paths(case.when for case in one.cases)
        case rules.Lookup():
            yield from one.paths
        case rules.Ladder():
            yield from one.group_by
            yield from _condition_paths(part for step in one.steps for part in step.exist)


def _term_faults(codebook: Codebook, one: Derivation, asked: Field) -> Iterator[str]:
    if not asked.vocabulary:
        return
    terms = codebook.vocabulary_of(asked)
    outcomes = [part.value for part in (*getattr(one, "cases", ()), *getattr(one, "steps", ()))]
    yield from (f"“{value}” is not a term." for value in outcomes if value not in terms)


def _too_early(codebook: Codebook, one: Derivation, derived: set[int]) -> Iterator[str]:
    section = codebook.by_entity[one.entity]
    for path in derivation_paths(one):
        try:
            asked = resolve(codebook, path, section)
        except PathError:
            continue  # already a fault of its own
        if asked.type == "computed" and id(asked) not in derived:
            yield f"“{path}”, which is worked out later."


def _underived(codebook: Codebook, derived: set[int]) -> Iterator[str]:
    for section in codebook.sections:
        for asked in section.fields:
            if asked.type == "computed" and id(asked) not in derived:
                yield f"The computed field “{section.entity}.{asked.key}” has no derivation."


def _output_faults(codebook: Codebook, outputs: Outputs) -> Iterator[str]:
    section = codebook.by_entity.get(outputs.entity)
    if section is None:
        yield f"“{outputs.entity}” is no entity."
        return
    yield from _path_faults(codebook, (c.path for c in outputs.columns), (section, None))
    yield from _map_faults(outputs)
    yield from _matrix_faults(codebook, outputs)
    yield from _pipeline_faults(codebook, outputs)
    yield from _quote_faults(codebook, outputs)


def _map_faults(outputs: Outputs) -> Iterator[str]:
    if outputs.map is None:
        return
    mapping = outputs.map
    named = [mapping.row, mapping.column, mapping.column_group, mapping.role, mapping.level]
    named += [mapping.setting] if mapping.setting else []
    named += [*(mapping.exclude.fields() if mapping.exclude else ())]
    for key in filter(None, named):
        if key not in outputs.by_key:
            yield f"the map uses “{key}”, which is no evidence column."


def _matrix_faults(codebook: Codebook, outputs: Outputs) -> Iterator[str]:
    matrix = outputs.comparability
    if matrix is None:
        return
    keys = (matrix.row, matrix.column, matrix.judgement)
    yield from _entity_faults(codebook, matrix.entity, keys)


def _pipeline_faults(codebook: Codebook, outputs: Outputs) -> Iterator[str]:
    mapping = outputs.pipeline
    if mapping is None:
        return
    keys = [mapping.agent, mapping.agent_class, mapping.target, mapping.status, mapping.rank]
    keys += filter(None, (mapping.stopped, mapping.trials))
    yield from _entity_faults(codebook, mapping.entity, keys)
    tested = [mapping.reference, mapping.site, *mapping.measured.fields()]
    yield from _entity_faults(codebook, mapping.items, tested)


def _quote_faults(codebook: Codebook, outputs: Outputs) -> Iterator[str]:
    quotes = outputs.quotes
    if quotes is None:
        return
    place = _place(codebook, f"{quotes.entity}.{quotes.group}")
    if place is None:
        yield f"“{quotes.entity}.{quotes.group}” is no group."
        return
    parts = (quotes.report, quotes.text, quotes.locator_type, quotes.locator, quotes.supports)
    yield from _path_faults(codebook, filter(None, parts), place)


def _entity_faults(codebook: Codebook, entity: str, paths: Iterable[str]) -> Iterator[str]:
    section = codebook.by_entity.get(entity)
    if section is None:
        yield f"“{entity}” is no entity."
        return
    yield from _path_faults(codebook, paths, (section, None))
