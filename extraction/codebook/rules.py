"""What a codebook's rules and derivations are made of.

A rule has checks; each kind of check is a class here and a function in `checks`. Each kind of
derivation is a class here and a function in `derivation`. Names such as "model_ref.species" or
"site@organ_sex" are paths, explained in `paths`.
"""

from dataclasses import dataclass
from typing import ClassVar

from extraction.codebook.conditions import Condition

SEVERITIES = ("error", "warn")


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing a rule looks at: `on` an entity, a group ("item.effects"), or "" the study."""

    kind: ClassVar[str] = ""
    on: str = ""
    field: str = ""
    message: str = ""
    severity: str | None = None
    when: Condition | None = None


@dataclass(frozen=True, kw_only=True)
class Compare(Check):
    """left op right, for numbers or dates; passes while either is absent.

    An operand is a path, a number, or a list of paths to be summed.
    """

    kind: ClassVar[str] = "compare"
    left: object
    op: str
    right: object


@dataclass(frozen=True, kw_only=True)
class Within(Check):
    """Each of the fields that has a value lies between min and max."""

    kind: ClassVar[str] = "within"
    fields: tuple[str, ...]
    min: int | float | None = None
    max: int | float | None = None
    above: int | float | None = None


@dataclass(frozen=True, kw_only=True)
class Forbid(Check):
    """The condition must not hold."""

    kind: ClassVar[str] = "forbid"
    condition: Condition


@dataclass(frozen=True, kw_only=True)
class Implies(Check):
    """Whenever `when` holds, `then` must."""

    kind: ClassVar[str] = "implies"
    then: Condition


@dataclass(frozen=True, kw_only=True)
class Unique(Check):
    """No two entities of the kind have the same values in all these fields."""

    kind: ClassVar[str] = "unique"
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Count(Check):
    """How many of `of` (an entity, or a group of the entity) meet `where`; none at all passes."""

    kind: ClassVar[str] = "count"
    of: str
    where: Condition | None = None
    min: int | None = None
    max: int | None = None


@dataclass(frozen=True, kw_only=True)
class Member(Check):
    """The term at `value`, or one above it, is among those at `of`."""

    kind: ClassVar[str] = "member"
    value: str
    of: str


@dataclass(frozen=True, kw_only=True)
class Significance(Check):
    """A p value below `alpha` goes with an interval that leaves out `null`, and the reverse."""

    kind: ClassVar[str] = "significance"
    p_op: str
    p_value: str
    low: str
    high: str
    null: str
    alpha: float = 0.05


@dataclass(frozen=True, kw_only=True)
class Quoted(Check):
    """Every quote, a row of the group it is `on`, has been looked up in its report's text."""

    kind: ClassVar[str] = "quoted"


@dataclass(frozen=True, kw_only=True)
class Covered(Check):
    """Every entity of the kind has its `by` entity (the section that is `per` this one)."""

    kind: ClassVar[str] = "covered"
    by: str


@dataclass(frozen=True, kw_only=True)
class Structure(Check):
    """Findings of a built-in check (`references.STRUCTURAL`) are reported as this rule's.

    With `on`, only those on that entity.
    """

    kind: ClassVar[str] = "structure"
    of: str


@dataclass(frozen=True)
class Rule:
    id: str
    severity: str
    text: str
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class Case:
    value: str
    when: Condition | None = None


@dataclass(frozen=True)
class Step:
    """A rung of a ladder, reached when each condition holds for at least one sibling."""

    value: str
    exist: tuple[Condition, ...]


@dataclass(frozen=True, kw_only=True)
class Derivation:
    """How the computed field `field` of `entity` gets its value."""

    kind: ClassVar[str] = ""
    entity: str
    field: str


@dataclass(frozen=True, kw_only=True)
class Table(Derivation):
    """The value of the first case that holds."""

    kind: ClassVar[str] = "table"
    cases: tuple[Case, ...]


@dataclass(frozen=True, kw_only=True)
class Lookup(Derivation):
    """The first of the paths that leads to a value, e.g. an attribute of a chosen term."""

    kind: ClassVar[str] = "lookup"
    paths: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Ladder(Derivation):
    """The first step reached by the entities of the study that share the `group_by` values."""

    kind: ClassVar[str] = "ladder"
    group_by: tuple[str, ...]
    steps: tuple[Step, ...]
