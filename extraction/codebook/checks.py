"""Running a codebook's own rules: one function per kind of check."""

import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

from extraction.codebook import rules
from extraction.codebook.conditions import has_value
from extraction.codebook.definition import Codebook
from extraction.codebook.derivation import holds
from extraction.codebook.findings import Context, Finding, QuoteCheck
from extraction.codebook.paths import Scope, View, resolve
from extraction.codebook.references import operand_paths
from extraction.codebook.rules import Check, Rule

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "ne": operator.ne,
}
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_UNVERIFIED = {
    QuoteCheck.NOT_FOUND: ("error", "The quote is not in the text of its report."),
    QuoteCheck.NO_TEXT: ("warn", "The quote is unverified: its report has no text to search."),
    None: ("warn", "The quote has not been looked up in its report yet."),
}


def findings(seen: View, context: Context) -> Iterator[Finding]:
    """What the codebook's rules find, rule by rule."""
    for rule in seen.codebook.rules:
        for check in rule.checks:
            yield from _run(rule, check, seen, context)


def _run(rule: Rule, check: Check, seen: View, context: Context) -> Iterator[Finding]:
    severity = check.severity or rule.severity
    if isinstance(check, rules.Structure):
        return
    if isinstance(check, rules.Quoted):
        yield from _quoted(rule, check, seen, context)
    elif not check.on:
        yield from _whole_study(rule, check, seen, severity)
    else:
        fails = _FAILS[type(check)]
        for scope in _scopes(seen, check.on):
            if holds(check.when, scope) and fails(check, scope):
                yield _finding(rule.id, severity, scope, check.field, _words(check.message, scope))


def _whole_study(rule: Rule, check: Check, seen: View, severity: str) -> Iterator[Finding]:
    """Only counting makes sense of the study as a whole."""
    if isinstance(check, rules.Count) and _bad_number(check, seen.scopes(check.of)):
        yield Finding(rule.id, severity, check.of, "", "", check.message)


def _scopes(seen: View, on: str) -> Iterator[Scope]:
    entity, _, group = on.partition(".")
    for scope in seen.scopes(entity):
        yield from scope.rows(group) if group else (scope,)


def _finding(rule_id: str, severity: str, scope: Scope, field: str, message: str) -> Finding:
    group = scope.group.key if scope.group else ""
    row = scope.own().get("key", "") if scope.group else ""
    return Finding(rule_id, severity, scope.section.entity, scope.key, field, message, group, row)


def _words(message: str, scope: Scope) -> str:
    """The message with {path} replaced by what is there, in words."""
    return _PLACEHOLDER.sub(lambda match: _in_words(match[1], scope), message)


def _in_words(path: str, scope: Scope) -> str:
    codebook: Codebook = scope.view.codebook
    value = scope.value(path)
    if not has_value(value):
        return "nothing"
    if "@" in path:
        return str(value)
    return codebook.label_of(resolve(codebook, path, scope.section, scope.group), value)


def _compare(check: rules.Compare, scope: Scope) -> bool:
    left, right = _operand(check.left, scope), _operand(check.right, scope)
    if left is None or right is None or isinstance(left, str) != isinstance(right, str):
        return False
    return not _COMPARE[check.op](left, right)


def _operand(operand: Any, scope: Scope) -> Any:
    """A number as it stands, a value by path, or a sum; None while any part is absent."""
    if not isinstance(operand, str | list | tuple):
        return operand
    values = [scope.value(path) for path in operand_paths(operand)]
    if not all(map(has_value, values)):
        return None
    if isinstance(operand, str):
        return values[0]
    return sum(values) if all(map(_is_number, values)) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _within(check: rules.Within, scope: Scope) -> bool:
    values = filter(_is_number, map(scope.value, check.fields))
    return any(_outside(check, value) for value in values)


def _outside(check: rules.Within, value: float) -> bool:
    return (
        (check.min is not None and value < check.min)
        or (check.max is not None and value > check.max)
        or (check.above is not None and value <= check.above)
    )


def _forbidden(check: rules.Forbid, scope: Scope) -> bool:
    return holds(check.condition, scope)


def _broken_promise(check: rules.Implies, scope: Scope) -> bool:
    return not holds(check.then, scope)


def _repeated(check: rules.Unique, scope: Scope) -> bool:
    """True if an earlier entity has the same values; the first of its kind is blameless."""
    values = [scope.value(path) for path in check.fields]
    for earlier in scope.view.scopes(scope.section.entity):
        if earlier.entity is scope.entity:
            return False
        if [earlier.value(path) for path in check.fields] == values:
            return True
    return False


def _miscounted(check: rules.Count, scope: Scope) -> bool:
    return _bad_number(check, list(scope.rows(check.of)))


def _bad_number(check: rules.Count, scopes: list[Scope]) -> bool:
    n = sum(holds(check.where, scope) for scope in scopes)
    too_few = check.min is not None and n < check.min
    too_many = check.max is not None and n > check.max
    return bool(scopes) and (too_few or too_many)


def _not_a_member(check: rules.Member, scope: Scope) -> bool:
    value, among = scope.value(check.value), scope.value(check.of)
    if not has_value(value) or not has_value(among):
        return False
    asked = resolve(scope.view.codebook, check.value, scope.section, scope.group)
    above = scope.view.codebook.vocabulary_of(asked).ancestors(value) if asked.vocabulary else ()
    return not {value, *above} & set(among if isinstance(among, list) else [among])


def _contradicted(check: rules.Significance, scope: Scope) -> bool:
    low, high, null = (scope.value(path) for path in (check.low, check.high, check.null))
    significant = _significant(check, scope)
    if significant is None or not all(map(_is_number, (low, high, null))):
        return False
    return significant == (low <= null <= high)


def _significant(check: rules.Significance, scope: Scope) -> bool | None:
    """Whether p is below alpha; None where "p < .2" or "p > .01" does not tell."""
    op, p = scope.value(check.p_op), scope.value(check.p_value)
    if op == "ns":
        return False
    if not _is_number(p):
        return None
    if op == "<":
        return True if p <= check.alpha else None
    if op == ">":
        return False if p >= check.alpha else None
    return p < check.alpha


def _uncovered(check: rules.Covered, scope: Scope) -> bool:
    return scope.view.scope(check.by, scope.key) is None


def _quoted(rule: Rule, check: rules.Quoted, seen: View, context: Context) -> Iterator[Finding]:
    for row in _scopes(seen, check.on):
        state = context.quotes.get((row.key, row.own().get("key", "")))
        if state != QuoteCheck.FOUND:
            severity, message = _UNVERIFIED[state]
            yield _finding(rule.id, severity, row, check.field, message)


_FAILS: dict[type, Callable[[Any, Scope], bool]] = {
    rules.Compare: _compare,
    rules.Within: _within,
    rules.Forbid: _forbidden,
    rules.Implies: _broken_promise,
    rules.Unique: _repeated,
    rules.Count: _miscounted,
    rules.Member: _not_a_member,
    rules.Significance: _contradicted,
    rules.Covered: _uncovered,
}
