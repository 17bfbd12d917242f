"""How rules, derivations and output columns name a value: `item.site` as seen from somewhere.

    site                         a field of the entity (or of the group row, then of its entity)
    site@organ_sex               an attribute of the chosen term; also @label, @id, @parent
    model_ref.species            a field of the entity a reference points at
    model.model_system           from an entity that is `per` model: the model it belongs to
    rob.overall                  from a model: its entity of the section that is `per` model
    study.registry_id            a field of a section that is filled once
    effects[is_primary].estimate the first row of a group in which a yes/no field is true

`resolve` proves a path against a codebook; `Scope` follows it through a study's answers.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from extraction.codebook.conditions import has_value
from extraction.codebook.definition import Codebook, Field, Section

BUILT_IN_ATTRIBUTES = ("key", "label", "id", "parent")
Entity = dict[str, Any]
_CHOSEN_ROW = re.compile(r"(\w+)\[(\w+)\]")


class PathError(ValueError):
    """A path that leads nowhere in this codebook; the message is a full sentence."""


def resolve(codebook: Codebook, path: str, section: Section, group: Field | None = None) -> Field:
    """The field a path ends at, seen from a section (and a row of one of its groups)."""
    steps, _, attribute = path.partition("@")
    head, _, rest = steps.partition(".")
    asked = (group.by_key.get(head) if group else None) or section.by_key.get(head)
    if rest and (chosen := _CHOSEN_ROW.fullmatch(head)):
        return resolve(codebook, path.removeprefix(f"{head}."), *_chosen(section, chosen))
    if rest:
        target = _target(codebook, section, head, asked)
        return resolve(codebook, path.removeprefix(f"{head}."), target)
    if asked is None:
        raise PathError(f"“{path}” leads nowhere: “{section.entity}” has no field “{head}”.")
    if attribute and not asked.vocabulary:
        raise PathError(f"“{path}” leads nowhere: “{head}” has no vocabulary.")
    return asked


def _chosen(section: Section, chosen: re.Match) -> tuple[Section, Field]:
    group = section.by_key.get(chosen[1])
    if group is None or chosen[2] not in group.by_key:
        raise PathError(f"“{chosen[0]}” names no group and yes/no field of “{section.entity}”.")
    return section, group


def _target(codebook: Codebook, section: Section, head: str, asked: Field | None) -> Section:
    name = asked.ref if asked and asked.type == "entity_ref" else head
    target = codebook.by_entity.get(name or "")
    if target is None or not (asked or _is_near(section, target)):
        raise PathError(f"“{head}” is no reference that “{section.entity}” can follow.")
    return target


def _is_near(section: Section, target: Section) -> bool:
    """True if an entity of `section` knows without a reference which of `target` is meant."""
    is_single = not target.repeat and not target.per
    return is_single or target.entity == section.per or target.per == section.entity


@dataclass(frozen=True)
class View:
    """A study's answers under a codebook, with the computed values beside them."""

    codebook: Codebook
    answers: dict
    derived: dict[tuple[str, str], dict[str, Any]]

    def entities(self, entity: str) -> list[Entity]:
        return self.answers.get("entities", {}).get(entity, [])

    def scope(self, entity: str, key: str) -> "Scope | None":
        """The scope of one entity, or None if the study has no such entity."""
        found = [one for one in self.entities(entity) if one.get("key") == key]
        return Scope(self, self.codebook.section(entity), found[0]) if found else None

    def scopes(self, entity: str) -> list["Scope"]:
        section = self.codebook.section(entity)
        return [Scope(self, section, one) for one in self.entities(entity)]


@dataclass(frozen=True)
class Lookup:
    """A function that looks like a mapping to conditions."""

    find: Callable[[str], Any]

    def get(self, key: str, /) -> Any:
        return self.find(key)


@dataclass(frozen=True)
class Scope:
    """Where a path starts: an entity of a study, or a row of one of the entity's groups."""

    view: View
    section: Section
    entity: Entity
    group: Field | None = None
    row: Entity | None = None

    @property
    def key(self) -> str:
        return self.entity.get("key", "")

    @property
    def values(self) -> Lookup:
        return Lookup(self.value)

    @property
    def codes(self) -> Lookup:
        return Lookup(self.code)

    @property
    def parents(self) -> Lookup:
        return Lookup(self._parents)

    def fields(self) -> tuple[Field, ...]:
        return self.group.fields if self.group else self.section.fields

    def own(self) -> Entity:
        """The row if this is a row's scope, else the entity."""
        return self.entity if self.row is None else self.row

    def rows(self, group: str) -> Iterator["Scope"]:
        """A scope for each row of one of the entity's groups."""
        asked = self.section.by_key[group]
        for row in self.entity.get("answers", {}).get(group) or []:
            yield Scope(self.view, self.section, self.entity, asked, row)

    def value(self, path: str) -> Any:
        """What is found at the path; None where the path breaks off."""
        steps, _, attribute = path.partition("@")
        head, _, rest = steps.partition(".")
        if rest:
            target = self._follow(head)
            return target.value(path.removeprefix(f"{head}.")) if target else None
        value = self._own_value(head)
        return self._attribute(head, value, attribute) if attribute else value

    def code(self, path: str) -> str | None:
        """The missing code at the path, if the field there carries one."""
        head, _, rest = path.partition("@")[0].partition(".")
        if rest:
            target = self._follow(head)
            return target.code(rest) if target else None
        for holder in filter(None, (self.row, self.entity)):
            if head in holder.get("missing", {}):
                return holder["missing"][head]
        return None

    def _own_value(self, key: str) -> Any:
        for holder in filter(None, (self.row, self.entity)):
            value = holder.get("answers", {}).get(key)
            if has_value(value):
                return value
        return self.view.derived.get((self.section.entity, self.key), {}).get(key)

    def _follow(self, head: str) -> "Scope | None":
        asked = self._field(head)
        if asked and asked.ref:
            return self._referenced(asked.ref, self._own_value(head))
        if chosen := _CHOSEN_ROW.fullmatch(head):
            rows = self.rows(chosen[1])
            return next((row for row in rows if row.value(chosen[2]) is True), None)
        return self._nearby(head)

    def _nearby(self, entity: str) -> "Scope | None":
        target = self.view.codebook.by_entity.get(entity)
        if target and self.section.entity in (target.per, entity):
            return self.view.scope(entity, self.key)
        if entity == self.section.per:
            return self.view.scope(entity, self.key)
        return next(iter(self.view.scopes(entity)), None) if target else None

    def _referenced(self, entity: str, key: object) -> "Scope | None":
        if entity not in self.view.codebook.by_entity or not isinstance(key, str):
            return None
        return self.view.scope(entity, key)

    def _attribute(self, key: str, value: object, attribute: str) -> Any:
        asked = self._field(key)
        if asked is None or not asked.vocabulary or not has_value(value):
            return None
        values = value if isinstance(value, list) else [value]
        terms = map(self.view.codebook.vocabulary_of(asked).get, values)
        found = [_of_term(term, attribute) for term in terms if term]
        found = [one for one in found if has_value(one)]
        return found if isinstance(value, list) else next(iter(found), None)

    def _field(self, key: str) -> Field | None:
        return (self.group.by_key.get(key) if self.group else None) or self.section.by_key.get(key)

    def _parents(self, path: str) -> dict[str, str]:
        asked = resolve(self.view.codebook, path, self.section, self.group)
        return self.view.codebook.vocabulary_of(asked).parents if asked.vocabulary else {}


def _of_term(term: Any, attribute: str) -> Any:
    if attribute in BUILT_IN_ATTRIBUTES:
        return getattr(term, attribute)
    return term.attributes.get(attribute)
