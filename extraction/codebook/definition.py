"""What a codebook is made of: vocabularies, sections, fields (and `rules`, `outputs`).

Everything here is immutable data. `loading.load` makes it from JSON and `loading.to_json`
turns it back; the attribute names are the JSON's property names, so either can be read with
the other in mind.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from extraction.codebook.conditions import Condition
from extraction.codebook.outputs import Outputs
from extraction.codebook.rules import Derivation, Rule

FIELD_TYPES = (
    "text",
    "longtext",
    "integer",
    "number",
    "date",
    "boolean",
    "select",
    "tree_select",
    "identifier",
    "entity_ref",
    "group",
    "computed",
    "file",
)
CHOICE_TYPES = ("select", "tree_select")
QUOTE_POLICIES = ("none", "optional", "required")
OTHER = "other:"
"""Begins the value of a choice outside the vocabulary, where a field allows one."""


@dataclass(frozen=True)
class Term:
    """One entry of a vocabulary; `id` is its CURIE in a public ontology, if it has one."""

    key: str
    label: str
    parent: str | None = None
    id: str | None = None
    id_verified: bool = False
    deprecated: bool = False
    replaced_by: str | None = None
    attributes: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Vocabulary:
    """A controlled list of terms, flat or a tree."""

    name: str
    terms: tuple[Term, ...]

    @cached_property
    def by_key(self) -> dict[str, Term]:
        return {term.key: term for term in self.terms}

    @cached_property
    def parents(self) -> dict[str, str]:
        """Term key -> parent key, of the terms that have one."""
        return {term.key: term.parent for term in self.terms if term.parent is not None}

    @cached_property
    def _children(self) -> dict[str | None, tuple[Term, ...]]:
        children: dict[str | None, tuple[Term, ...]] = {}
        for term in self.terms:
            children[term.parent] = (*children.get(term.parent, ()), term)
        return children

    def __contains__(self, key: object) -> bool:
        return key in self.by_key

    def get(self, key: str) -> Term | None:
        return self.by_key.get(key)

    def children(self, key: str | None) -> tuple[Term, ...]:
        """The terms directly under `key`; the roots under None."""
        return self._children.get(key, ())

    def descendants(self, key: str) -> frozenset[str]:
        """The term itself and everything below it; empty for an unknown term."""
        if key not in self.by_key:
            return frozenset()
        below = (self.descendants(child.key) for child in self.children(key))
        return frozenset({key}).union(*below)

    def ancestors(self, key: str) -> tuple[str, ...]:
        """Parent, grandparent ... of a term, nearest first."""
        found: list[str] = []
        parent = self.parents.get(key)
        while parent is not None:
            found.append(parent)
            parent = self.parents.get(parent)
        return tuple(found)

    def trail(self, key: str) -> tuple[Term, ...]:
        """The terms from the root down to `key`, as a form shows them."""
        return tuple(self.by_key[step] for step in (*reversed(self.ancestors(key)), key))

    def walk(self, parent: str | None = None, depth: int = 0) -> Iterator[tuple[int, Term]]:
        """Every term with its depth, parents before their children, in the vocabulary's order."""
        for term in self.children(parent):
            yield depth, term
            yield from self.walk(term.key, depth + 1)


@dataclass(frozen=True)
class Limits:
    """What a single value must keep to; another field's key in `lte_field` and `gte_field`."""

    min: int | float | None = None
    max: int | float | None = None
    pattern: str | None = None
    max_length: int | None = None
    lte_field: str | None = None
    gte_field: str | None = None


@dataclass(frozen=True)
class Choices:
    """Which terms of its vocabulary a field offers.

    `roots`: only top terms. `children_of`: only the children of the term another field holds
    (or that term itself, when it has no children).
    """

    roots: bool = False
    children_of: str | None = None


@dataclass(frozen=True)
class Field:
    """One question of the form.

    `min`, `max`, `fields`, `entity` and `table` belong to groups: how many rows, what each row
    asks, the name under which references reach a row, and its name as a table in exports.
    """

    key: str
    label: str
    type: str
    required: bool = False
    multi: bool = False
    vocabulary: str | None = None
    allow_other: bool = False
    choices: Choices = Choices()
    show_if: Condition | None = None
    require_if: Condition | None = None
    missing_codes: tuple[str, ...] = ()
    quote: str = "none"
    validate: Limits = Limits()
    help: str = ""
    default: object = None
    ref: str | None = None
    min: int = 0
    max: int | None = None
    fields: tuple["Field", ...] = ()
    entity: str | None = None
    table: str | None = None

    @cached_property
    def by_key(self) -> dict[str, "Field"]:
        return {inner.key: inner for inner in self.fields}

    @property
    def is_choice(self) -> bool:
        """True if the value is a term of a vocabulary (computed fields may hold one too)."""
        return self.vocabulary is not None


@dataclass(frozen=True)
class Section:
    """One page of the form, filled once (`repeat` false) or once per thing of its kind.

    `per` names another entity: there is then at most one of these for each of those, and it
    carries the same key. `match_on` lists the fields by which two extractors' entries of the
    same thing are recognised.
    """

    key: str
    label: str
    entity: str
    fields: tuple[Field, ...]
    repeat: bool = False
    min: int = 0
    max: int | None = None
    unique: tuple[str, ...] = ()
    per: str | None = None
    match_on: tuple[str, ...] = ()
    title: str | None = None
    table: str | None = None
    help: str = ""

    @cached_property
    def by_key(self) -> dict[str, Field]:
        return {inner.key: inner for inner in self.fields}

    @property
    def groups(self) -> tuple[Field, ...]:
        return tuple(inner for inner in self.fields if inner.type == "group")


@dataclass(frozen=True)
class Codebook:
    """A whole extraction form, one version of it.

    `external` names what references may point at although the codebook has no section for it
    (reports, which live outside the form). `missing_codes` is the vocabulary of missing codes.
    """

    name: str
    version: str
    language: str
    sections: tuple[Section, ...]
    vocabularies: dict[str, Vocabulary]
    title: str = ""
    missing_codes: str | None = None
    external: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    derivations: tuple[Derivation, ...] = ()
    outputs: Outputs | None = None

    @cached_property
    def by_entity(self) -> dict[str, Section]:
        return {section.entity: section for section in self.sections}

    @cached_property
    def group_entities(self) -> dict[str, tuple[Section, Field]]:
        """Entity name of a group -> where it is, for references that point at group rows."""
        return {
            group.entity: (section, group)
            for section in self.sections
            for group in section.groups
            if group.entity
        }

    def section(self, entity: str) -> Section:
        return self.by_entity[entity]

    def field(self, path: str) -> Field:
        """The field at "item.site" or, in a group, "item.effects.estimate"."""
        entity, key, *inner = path.split(".")
        found = self.by_entity[entity].by_key[key]
        return found.by_key[inner[0]] if inner else found

    def vocabulary_of(self, asked: Field) -> Vocabulary:
        """The vocabulary of a choice field."""
        return self.vocabularies[asked.vocabulary or ""]

    def label_of(self, asked: Field, value: object) -> str:
        """A stored value in words: term labels for choices, otherwise the value itself."""
        if isinstance(value, list):
            return "; ".join(self.label_of(asked, one) for one in value)
        if asked.vocabulary and isinstance(value, str):
            term = self.vocabularies[asked.vocabulary].get(value)
            return term.label if term else value.removeprefix(OTHER)
        return "" if value is None else str(value)

    def with_version(self, version: str) -> "Codebook":
        return replace(self, version=version)
