"""Conditions: when a field is shown or required, when a rule applies.

    {"all": [{"field": "data_available", "op": "eq", "value": "yes"}]}

A condition has exactly one of `all` (every member holds; an empty list holds) and `any` (at
least one holds; an empty list does not). A member is a test or another condition. The same
JSON is evaluated here and in the browser, so the meaning is fixed to the last case:

- A field HAS A VALUE unless it is absent, null, "" or an empty list. `false` and 0 are values.
  A missing code is not a value.
- `present`: the field has a value. `missing`: it has none; with a list as `value`, it has none
  and carries one of those missing codes.
- Every other op is FALSE for a field without a value, `ne` and `not_in` too: of what nobody has
  answered yet, nothing is known.
- `eq`: the value equals `value`; a field with several values equals what any of them equals.
  `in`: equal to one of the list `value`. `ne`, `not_in`: has a value, and not `eq`, not `in`.
- Equal means same type and same value: numbers by size (5 equals 5.0), texts letter by letter,
  and never a text with a number or a truth value with a number.
- `descendant_of`: the value is the term `value` or stands below it in its vocabulary's tree;
  with a list, below any of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

OPS = ("eq", "ne", "in", "not_in", "present", "missing", "descendant_of")
_NEED_A_LIST = ("in", "not_in")


class ConditionError(ValueError):
    """A condition that cannot be understood; the message is a full sentence."""


class Values(Protocol):
    """Anything that can be asked for a field by name."""

    def get(self, key: str, /) -> Any: ...


@dataclass(frozen=True)
class Test:
    __test__ = False

    field: str
    op: str
    value: Any = None


@dataclass(frozen=True)
class Condition:
    mode: str
    members: tuple["Test | Condition", ...]

    def fields(self) -> frozenset[str]:
        """The names of all fields the condition looks at."""
        own = {member.field for member in self.members if isinstance(member, Test)}
        nested = [m.fields() for m in self.members if isinstance(m, Condition)]
        return frozenset(own).union(*nested)

    def tests(self) -> tuple[Test, ...]:
        """Every test, nested ones included."""
        found: list[Test] = []
        for member in self.members:
            found.extend([member] if isinstance(member, Test) else member.tests())
        return tuple(found)


def parse(raw: object) -> Condition:
    """Make a Condition from its JSON, or raise ConditionError with a sentence."""
    if not isinstance(raw, Mapping) or len(raw) != 1 or not set(raw) <= {"all", "any"}:
        raise ConditionError("A condition is an object with exactly one of “all” and “any”.")
    ((mode, members),) = raw.items()
    if not isinstance(members, list):
        raise ConditionError(f"The “{mode}” of a condition is a list of tests.")
    return Condition(mode, tuple(_parse_member(member) for member in members))


def _parse_member(raw: object) -> Test | Condition:
    if isinstance(raw, Mapping) and set(raw) & {"all", "any"}:
        return parse(raw)
    if not isinstance(raw, Mapping) or not {"field", "op"} <= set(raw):
        raise ConditionError("A test in a condition has a “field” and an “op”.")
    if set(raw) - {"field", "op", "value"}:
        raise ConditionError("A test in a condition has only “field”, “op” and “value”.")
    return _checked(Test(str(raw["field"]), str(raw["op"]), raw.get("value")))


def _checked(test: Test) -> Test:
    if test.op not in OPS:
        known = ", ".join(OPS)
        raise ConditionError(f"The op “{test.op}” is unknown; a test may use {known}.")
    if test.op in _NEED_A_LIST and not isinstance(test.value, list):
        raise ConditionError(f"The op “{test.op}” on “{test.field}” needs a list as its value.")
    return test


def to_json(condition: Condition) -> dict:
    """The JSON from which `parse` makes the same condition again."""
    return {condition.mode: [_member_json(member) for member in condition.members]}


def _member_json(member: Test | Condition) -> dict:
    if isinstance(member, Condition):
        return to_json(member)
    return {"field": member.field, "op": member.op, "value": member.value}


def has_value(value: object) -> bool:
    """True unless a value is absent, null, an empty text or an empty list."""
    return value is not None and value != "" and value != []


def evaluate(
    condition: Condition | None,
    values: Values,
    missing: Values | None = None,
    parents: Values | None = None,
) -> bool:
    """Say whether the condition holds; no condition always does.

    `missing` maps fields to missing codes; `parents` maps fields to {term: parent term}.
    """
    if condition is None:
        return True
    answers = (_holds(member, values, missing or {}, parents or {}) for member in condition.members)
    return all(answers) if condition.mode == "all" else any(answers)


def _holds(member: Test | Condition, values: Values, missing: Values, parents: Values) -> bool:
    if isinstance(member, Condition):
        return evaluate(member, values, missing, parents)
    value = values.get(member.field)
    if member.op == "missing":
        return not has_value(value) and _code_matches(member, missing.get(member.field))
    return has_value(value) and _compare(member, value, parents)


def _code_matches(test: Test, code: object) -> bool:
    return not isinstance(test.value, list) or code in test.value


def _compare(test: Test, value: object, parents: Values) -> bool:
    match test.op:
        case "eq":
            return _among(value, [test.value])
        case "ne":
            return not _among(value, [test.value])
        case "in":
            return _among(value, test.value)
        case "not_in":
            return not _among(value, test.value)
        case "descendant_of":
            return _below(value, _as_list(test.value), parents.get(test.field) or {})
    return True


def _among(value: object, wanted: list) -> bool:
    return any(_same(one, other) for one in _as_list(value) for other in wanted)


def _same(one: object, other: object) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return one == other


def _below(value: object, tops: list, parents: Mapping[str, str]) -> bool:
    return any(not tops_of.isdisjoint(tops) for tops_of in _lines(value, parents))


def _lines(value: object, parents: Mapping[str, str]) -> list[set]:
    """For each value the set of the term and all terms above it."""
    lines = []
    for term in _as_list(value):
        line: set = set()
        while term is not None and term not in line:
            line.add(term)
            term = parents.get(term)
        lines.append(line)
    return lines


def _as_list(value: object) -> list:
    return value if isinstance(value, list) else [value]
