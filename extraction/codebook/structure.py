"""The built-in checks: what every answer must keep to, whatever the codebook's own rules.

Finding ids: section (too few or too many), unknown, required, missing (codes), type, term,
choices, limit, ref, unique. A codebook's rule may claim `choices` and `missing` as its own.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from extraction.codebook import answers as shape
from extraction.codebook import values
from extraction.codebook.conditions import has_value
from extraction.codebook.definition import OTHER, Codebook, Field, Section
from extraction.codebook.findings import Context, Finding
from extraction.codebook.paths import Scope, View
from extraction.codebook.rules import Structure

Note = tuple[str, str]
"""A finding's id and message, before it is known where it belongs."""


def findings(seen: View, context: Context) -> Iterator[Finding]:
    claims = _claims(seen.codebook)
    for finding in _all(seen, context):
        wide, narrow = (finding.rule_id, ""), (finding.rule_id, finding.entity)
        unclaimed = (finding.rule_id, finding.severity)
        rule_id, severity = claims.get(narrow) or claims.get(wide) or unclaimed
        yield replace(finding, rule_id=rule_id, severity=severity)


def _claims(codebook: Codebook) -> dict[Note, Note]:
    """(built-in check, entity or "") -> (id, severity) of the rule that claims its findings."""
    return {
        (check.of, check.on): (rule.id, check.severity or rule.severity)
        for rule in codebook.rules
        for check in rule.checks
        if isinstance(check, Structure)
    }


def _all(seen: View, context: Context) -> Iterator[Finding]:
    yield from _unknown_entities(seen)
    for section in seen.codebook.sections:
        scopes = seen.scopes(section.entity)
        yield from _section_findings(seen, section, scopes)
        for scope in scopes:
            yield from _scope_findings(scope, context)
            for group in section.groups:
                yield from _group_findings(scope, group, context)


def _unknown_entities(seen: View) -> Iterator[Finding]:
    for entity in seen.answers.get("entities", {}):
        if entity not in seen.codebook.by_entity:
            yield Finding("unknown", "error", entity, "", "", f"The form has no “{entity}”.")


def _section_findings(seen: View, section: Section, scopes: list[Scope]) -> Iterator[Finding]:
    for message in _number_notes(section.label, section, len(scopes)):
        yield Finding("section", "error", section.entity, "", "", message)
    keys = [scope.key for scope in scopes]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        message = f"{section.label}: the key “{key}” is used more than once."
        yield Finding("unique", "error", section.entity, key, "", message)
    yield from _orphans(seen, section, scopes)
    yield from _repeated(section, scopes)


def _number_notes(label: str, asked: Section | Field, n: int) -> Iterator[str]:
    """Sentences about there being too few or too many entities or rows."""
    is_single = isinstance(asked, Section) and not asked.repeat and not asked.per
    least, most = (1, 1) if is_single else (asked.min, asked.max)
    if n < least:
        yield f"{label}: at least {least} must be entered, and there are {n}."
    if most is not None and n > most:
        yield f"{label}: at most {most} may be entered, and there are {n}."


def _orphans(seen: View, section: Section, scopes: list[Scope]) -> Iterator[Finding]:
    if section.per is None:
        return
    owners = {one.get("key") for one in seen.entities(section.per)}
    for scope in scopes:
        if scope.key not in owners:
            message = f"{section.label}: “{scope.key}” belongs to nothing in this study."
            yield Finding("ref", "error", section.entity, scope.key, "", message)


def _repeated(section: Section, scopes: list[Scope]) -> Iterator[Finding]:
    met: list[list[Any]] = []
    for scope in scopes if section.unique else []:
        values = [scope.value(key) for key in section.unique]
        if values in met:
            labels = " and ".join(section.by_key[key].label for key in section.unique)
            message = f"{section.label}: {labels} are the same as in an earlier entry."
            yield Finding("unique", "error", section.entity, scope.key, section.unique[0], message)
        met.append(values)


def _group_findings(scope: Scope, group: Field, context: Context) -> Iterator[Finding]:
    rows = list(scope.rows(group.key))
    if shape.is_shown(group, scope):
        for message in _number_notes(group.label, group, len(rows)):
            yield _at(scope, group, "section", message)
    for row in rows:
        yield from _scope_findings(row, context)


def _scope_findings(scope: Scope, context: Context) -> Iterator[Finding]:
    known = {one.key for one in scope.fields()}
    own = scope.own()
    for key in sorted({*own.get("answers", {}), *own.get("missing", {})} - known):
        yield replace(_blank(scope), field=key, rule_id="unknown", message=_no_field(key))
    for asked in scope.fields():
        for rule_id, message in _notes(asked, scope, context):
            yield _at(scope, asked, rule_id, message)


def _no_field(key: str) -> str:
    return f"The form has no field “{key}” here."


def _blank(scope: Scope) -> Finding:
    group = scope.group.key if scope.group else ""
    row = scope.own().get("key", "") if scope.group else ""
    return Finding("", "error", scope.section.entity, scope.key, "", "", group, row)


def _at(scope: Scope, asked: Field, rule_id: str, message: str) -> Finding:
    return replace(_blank(scope), rule_id=rule_id, field=asked.key, message=message)


def _notes(asked: Field, scope: Scope, context: Context) -> Iterator[Note]:
    """What is wrong with one field: its presence first, then its value."""
    own = scope.own()
    value = own.get("answers", {}).get(asked.key)
    code = own.get("missing", {}).get(asked.key)
    if asked.type == "computed":
        if has_value(value) or code:
            yield "unknown", f"{asked.label} is worked out and cannot be entered."
    elif not shape.is_shown(asked, scope):
        if has_value(value) or code:
            yield "unknown", f"{asked.label} has an answer although it is not asked here."
    else:
        yield from _presence_notes(asked, scope, value, code)
        if has_value(value) and asked.type != "group":
            yield from _value_notes(asked, scope, context, value)


def _presence_notes(asked: Field, scope: Scope, value: Any, code: Any) -> Iterator[Note]:
    required = shape.is_required(asked, scope)
    if has_value(value) and code:
        yield "missing", f"{asked.label} has both a value and the missing code {code}."
    elif code and code not in asked.missing_codes:
        yield "missing", f"{asked.label} cannot be coded {code}."
    elif code and required and asked.show_if and _means_not_applicable(scope.view.codebook, code):
        yield "missing", f"{asked.label} applies here, so it cannot be coded {code}."
    if required and not has_value(value) and not code:
        yield "required", f"{asked.label} is required."


def _means_not_applicable(codebook: Codebook, code: str) -> bool:
    codes = codebook.vocabularies.get(codebook.missing_codes or "")
    term = codes.get(code) if codes else None
    return bool(term and term.attributes.get("not_applicable"))


def _value_notes(asked: Field, scope: Scope, context: Context, value: Any) -> Iterator[Note]:
    sentence = values.type_fault(asked, value)
    if sentence:
        yield "type", sentence
        return
    for one in value if isinstance(value, list) else [value]:
        yield from _VALUE_NOTES.get(asked.type, _limit_notes)(asked, scope, context, one)


def _term_notes(asked: Field, scope: Scope, context: Context, value: Any) -> Iterator[Note]:
    vocabulary = scope.view.codebook.vocabulary_of(asked)
    if asked.allow_other and value.startswith(OTHER) and value.removeprefix(OTHER).strip():
        return
    term = vocabulary.get(value)
    if term is None:
        yield "term", f"{asked.label}: “{value}” is not in the vocabulary."
    elif term.deprecated:
        after = vocabulary.get(term.replaced_by or "")
        instead = f"; use “{after.label}” instead" if after else ""
        yield "term", f"{asked.label}: “{term.label}” is no longer used{instead}."
    elif value not in shape.offered(asked, scope):
        yield "choices", f"{asked.label}: “{term.label}” is not among the choices here."


def _ref_notes(asked: Field, scope: Scope, context: Context, value: Any) -> Iterator[Note]:
    known = _keys_of(scope.view, asked.ref or "", context)
    if known is not None and value not in known:
        yield "ref", f"{asked.label}: there is no “{value}” in this study."


def _keys_of(seen: View, entity: str, context: Context) -> set[str] | frozenset[str] | None:
    """The keys a reference may hold, or None if nobody has told."""
    if entity in seen.codebook.by_entity:
        return {one.get("key", "") for one in seen.entities(entity)}
    if entity in seen.codebook.group_entities:
        section, group = seen.codebook.group_entities[entity]
        scopes = seen.scopes(section.entity)
        return {row.own().get("key", "") for scope in scopes for row in scope.rows(group.key)}
    return context.externals.get(entity)


def _limit_notes(asked: Field, scope: Scope, context: Context, value: Any) -> Iterator[Note]:
    limits = asked.validate
    if limits.min is not None and value < limits.min:
        yield "limit", f"{asked.label} must be at least {limits.min}, not {value}."
    if limits.max is not None and value > limits.max:
        yield "limit", f"{asked.label} must be at most {limits.max}, not {value}."
    yield from _neighbour_notes(asked, scope, value)


def _neighbour_notes(asked: Field, scope: Scope, value: Any) -> Iterator[Note]:
    for key, sign, words in (
        (asked.validate.lte_field, 1, "more"),
        (asked.validate.gte_field, -1, "less"),
    ):
        other = scope.value(key) if key else None
        if _comparable(value, other) and _sign(value, other) == sign:
            label = shape.field_named(scope, key or "").label
            yield "limit", f"{asked.label} ({value}) cannot be {words} than {label} ({other})."


def _comparable(value: Any, other: Any) -> bool:
    return has_value(other) and isinstance(value, str) == isinstance(other, str)


def _sign(value: Any, other: Any) -> int:
    """1 if the value is more than the other, -1 if it is less."""
    return (value > other) - (value < other)


def _text_notes(asked: Field, scope: Scope, context: Context, value: Any) -> Iterator[Note]:
    limits = asked.validate
    if limits.pattern and not re.search(limits.pattern, value):
        yield "limit", f"{asked.label}: “{value}” does not have the expected form."
    if limits.max_length is not None and len(value) > limits.max_length:
        yield (
            "limit",
            f"{asked.label} may have {limits.max_length} characters, and this has {len(value)}.",
        )


def _neighbour_only(asked: Field, scope: Scope, context: Context, value: Any) -> Iterator[Note]:
    yield from _neighbour_notes(asked, scope, value)


def _no_notes(asked: Field, scope: Scope, context: Context, value: Any) -> Iterator[Note]:
    yield from ()


_VALUE_NOTES: dict[str, Callable[..., Iterator[Note]]] = {
    "select": _term_notes,
    "tree_select": _term_notes,
    "entity_ref": _ref_notes,
    "text": _text_notes,
    "longtext": _text_notes,
    "identifier": _text_notes,
    "file": _text_notes,
    "date": _neighbour_only,
    "boolean": _no_notes,
}
