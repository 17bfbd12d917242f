"""The form of one entity, made from the codebook: questions to show, answers read back.

Names of inputs: `f.KEY` holds a value, `m.KEY` a missing code; in a row of a group they are
`g.GROUP.ROW.f.KEY` and `g.GROUP.ROW.m.KEY`; `rows.GROUP` lists the rows on the page.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from extraction.codebook import OTHER, Codebook, Field, Section
from extraction.codebook.answers import blank, is_required, is_shown, new_key, offered
from extraction.codebook.conditions import to_json
from extraction.codebook.derivation import view
from extraction.codebook.findings import Finding
from extraction.codebook.paths import Scope

SEGMENTS = 6  # up to so many short choices are shown side by side


@dataclass(frozen=True)
class Option:
    """One choice; `depth` indents it in a tree."""

    value: str
    label: str
    depth: int = 0
    is_chosen: bool = False


@dataclass
class Question:
    """One field as the page shows it."""

    asked: Field
    name: str
    code_name: str
    value: Any = None
    code: str = ""
    is_shown: bool = True
    is_required: bool = False
    options: list[Option] = field(default_factory=list)
    codes: list[Option] = field(default_factory=list)
    other: str = ""
    findings: list[Finding] = field(default_factory=list)
    rows: list["Row"] = field(default_factory=list)

    @property
    def id(self) -> str:
        return "q-" + self.name.replace(".", "-")

    @property
    def is_in_row(self) -> bool:
        """Rows are shown whole: their conditions hold once the entry is saved."""
        return self.name.startswith("g.")

    @property
    def widget(self) -> str:
        """Which template shows it."""
        if self.asked.type in ("select", "tree_select", "entity_ref"):
            if self.asked.multi:
                return "many"
            is_short = len(self.options) <= SEGMENTS and self.asked.type == "select"
            return "segments" if is_short and not self.asked.allow_other else "select"
        return {"longtext": "long", "boolean": "yes", "group": "group", "computed": "computed"}.get(
            self.asked.type, "line"
        )

    @property
    def input_type(self) -> str:
        return {"date": "date"}.get(self.asked.type, "text")

    @property
    def input_mode(self) -> str:
        return {"integer": "numeric", "number": "decimal"}.get(self.asked.type, "text")

    @property
    def text(self) -> str:
        """The value as it stands in a text input; several are parted by semicolons."""
        if isinstance(self.value, list):
            return "; ".join(str(one) for one in self.value)
        return "" if self.value is None else str(self.value)

    @property
    def show_if(self) -> str:
        """The condition for the script, as JSON; empty if always shown."""
        condition = self.asked.show_if
        return json.dumps(to_json(condition)) if condition else ""

    @property
    def is_wide(self) -> bool:
        return self.widget in ("many", "long", "group", "segments")


@dataclass
class Row:
    """One row of a group."""

    key: str
    number: int
    questions: list[Question]


@dataclass(frozen=True)
class Heading:
    """An entity in the steps above the form."""

    entity: str
    key: str
    title: str
    n_errors: int = 0
    n_warnings: int = 0
    is_here: bool = False


def questions(
    codebook: Codebook,
    answers: dict,
    *,
    entity: str,
    key: str,
    references: Mapping[str, list[Option]],
    findings: Iterable[Finding] = (),
) -> list[Question]:
    """Return the questions of one entity, with values, choices and what was found wrong."""
    scope = view(codebook, answers).scope(entity, key)
    if scope is None:
        return []
    about = [one for one in findings if (one.entity, one.entity_key) == (entity, key)]
    maker = _Maker(codebook, references, about)
    return [maker.question(asked, scope, "") for asked in scope.fields()]


class _Maker:
    """Builds questions for one page."""

    def __init__(
        self,
        codebook: Codebook,
        references: Mapping[str, list[Option]],
        findings: list[Finding],
    ):
        self.codebook, self.references, self.findings = codebook, references, findings

    def question(self, asked: Field, scope: Scope, prefix: str) -> Question:
        own = scope.own()
        row = own.get("key", "") if scope.group else ""
        made = Question(
            asked=asked,
            name=f"{prefix}f.{asked.key}",
            code_name=f"{prefix}m.{asked.key}",
            value=scope.value(asked.key) if asked.type == "computed" else own.get("answers", {}).get(asked.key),
            code=own.get("missing", {}).get(asked.key, ""),
            is_shown=is_shown(asked, scope),
            is_required=is_required(asked, scope),
            findings=[f for f in self.findings if f.field == asked.key and f.row == row],
        )  # fmt: skip
        made.codes = self._codes(asked, made.code)
        if asked.type == "group":
            made.rows = self._rows(asked, scope)
        elif asked.type == "computed":
            made.value = self.codebook.label_of(asked, made.value)
        elif asked.type == "entity_ref":
            made.options = self._references(asked, made.value)
        elif asked.is_choice:
            made.options = self._choices(asked, scope, made.value)
            made.other = _other_of(made.value)
        return made

    def _rows(self, asked: Field, scope: Scope) -> list[Row]:
        return [
            Row(
                key=inner.own()["key"],
                number=number,
                questions=[
                    self.question(one, inner, f"g.{asked.key}.{inner.own()['key']}.")
                    for one in asked.fields
                ],
            )
            for number, inner in enumerate(scope.rows(asked.key), 1)
        ]

    def _choices(self, asked: Field, scope: Scope, value: Any) -> list[Option]:
        vocabulary = self.codebook.vocabulary_of(asked)
        chosen = value if isinstance(value, list) else [value]
        terms = offered(asked, scope)
        if asked.choices.children_of and not scope.value(asked.choices.children_of):
            terms = frozenset(vocabulary.by_key)
        depth_of_first = min((d for d, t in vocabulary.walk() if t.key in terms), default=0)
        return [
            Option(term.key, term.label, depth - depth_of_first, term.key in chosen)
            for depth, term in vocabulary.walk()
            if term.key in terms and (not term.deprecated or term.key in chosen)
        ]

    def _references(self, asked: Field, value: Any) -> list[Option]:
        chosen = value if isinstance(value, list) else [value]
        return [
            Option(one.value, one.label, 0, one.value in chosen)
            for one in self.references.get(asked.ref or "", [])
        ]

    def _codes(self, asked: Field, chosen: str) -> list[Option]:
        names = self.codebook.vocabularies.get(self.codebook.missing_codes or "")
        return [
            Option(code, _label(names, code), 0, code == chosen) for code in asked.missing_codes
        ]


def _label(vocabulary: Any, key: str) -> str:
    term = vocabulary.get(key) if vocabulary else None
    return term.label if term else key


def _other_of(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    others = [one for one in values if isinstance(one, str) and one.startswith(OTHER)]
    return "; ".join(one.removeprefix(OTHER) for one in others)


def read_entity(section: Section, key: str, posted: QueryDict) -> dict:
    """Return the entity as it was typed (texts); `answers.normalise` makes it typed."""
    return {
        "key": key,
        "answers": dict(_answers(section.fields, posted, "")),
        "missing": dict(_missing(section.fields, posted, "")),
    }


def _answers(fields: Iterable[Field], posted: QueryDict, prefix: str) -> Iterator[tuple[str, Any]]:
    for asked in fields:
        name = f"{prefix}f.{asked.key}"
        if asked.type == "computed":
            continue
        if asked.type == "group":
            yield asked.key, _read_rows(asked, posted)
        elif asked.type == "boolean":
            yield asked.key, "true" if name in posted else None
        elif asked.type in ("select", "tree_select", "entity_ref"):
            yield asked.key, _read_choice(asked, posted, name)
        elif asked.multi:
            yield asked.key, [p.strip() for p in posted.get(name, "").split(";") if p.strip()]
        else:
            yield asked.key, posted.get(name, "")


def _read_choice(asked: Field, posted: QueryDict, name: str) -> Any:
    chosen = [one for one in posted.getlist(name) if one]
    other = posted.get(f"{name}.other", "").strip() if asked.allow_other else ""
    if other and asked.multi:
        chosen += [OTHER + one.strip() for one in other.split(";") if one.strip()]
    elif other and not chosen:
        chosen = [OTHER + other]
    return chosen if asked.multi else next(iter(chosen), "")


def _read_rows(group: Field, posted: QueryDict) -> list[dict]:
    return [
        {
            "key": row,
            "answers": dict(_answers(group.fields, posted, f"g.{group.key}.{row}.")),
            "missing": dict(_missing(group.fields, posted, f"g.{group.key}.{row}.")),
        }
        for row in posted.getlist(f"rows.{group.key}")
    ]


def _missing(fields: Iterable[Field], posted: QueryDict, prefix: str) -> Iterator[tuple[str, str]]:
    for asked in fields:
        code = posted.get(f"{prefix}m.{asked.key}", "")
        if code:
            yield asked.key, code


def with_entity(answers: dict, entity: str, one: dict) -> dict:
    """Return the answers with one entity replaced, or added at the end."""
    entities = dict(answers.get("entities", {}))
    ones = [dict(other) for other in entities.get(entity, [])]
    keys = [other.get("key") for other in ones]
    if one["key"] in keys:
        ones[keys.index(one["key"])] = one
    else:
        ones.append(one)
    return {"entities": entities | {entity: ones}}


def without_entity(answers: dict, entity: str, key: str) -> dict:
    entities = dict(answers.get("entities", {}))
    entities[entity] = [one for one in entities.get(entity, []) if one.get("key") != key]
    return {"entities": entities}


def new_entity(section: Section, answers: dict) -> dict:
    """A blank entity with a fresh key."""
    taken = [one.get("key", "") for one in answers.get("entities", {}).get(section.entity, [])]
    return blank(new_key(section.entity[0], taken), section.fields)


def copy_entity(section: Section, answers: dict, key: str) -> dict | None:
    """A copy of an entity under a fresh key; rows get new keys when it is saved."""
    ones = answers.get("entities", {}).get(section.entity, [])
    found = next((one for one in ones if one.get("key") == key), None)
    if found is None:
        return None
    copied = json.loads(json.dumps(found))
    copied["key"] = new_entity(section, answers)["key"]
    for group in section.groups:
        for row in copied["answers"].get(group.key, []):
            row["key"] = ""
    return copied


def add_row(group: Field, one: dict) -> None:
    """Add a blank row to an entity's group, in place; its key is made when it is saved."""
    rows = one["answers"].setdefault(group.key, [])
    rows.append(blank("", group.fields))
