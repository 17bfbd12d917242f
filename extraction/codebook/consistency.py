"""What must agree inside a codebook: each function yields a full sentence per fault."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from extraction.codebook import references
from extraction.codebook.definition import (
    CHOICE_TYPES,
    FIELD_TYPES,
    QUOTE_POLICIES,
    Codebook,
    Field,
    Section,
    Vocabulary,
)

_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)


def faults_of(codebook: Codebook) -> list[str]:
    """Every disagreement inside the codebook, in words."""
    faults = [
        *_repeated((one.key for one in codebook.sections), "Two sections have the key"),
        *_repeated((one.entity for one in codebook.sections), "Two sections fill the entity"),
        *_repeated((one.id for one in codebook.rules), "Two rules have the id"),
        *_missing_code_faults(codebook),
    ]
    faults.extend(_name_faults(codebook))
    for vocabulary in codebook.vocabularies.values():
        faults.extend(_vocabulary_faults(vocabulary))
    for section in codebook.sections:
        faults.extend(_section_faults(codebook, section))
    return faults or list(references.faults_of(codebook))


def _repeated(keys: Iterable[str], sentence: str) -> Iterator[str]:
    counts = Counter(keys)
    yield from (f"{sentence} “{key}”." for key, n in counts.items() if n > 1)


def _name_faults(codebook: Codebook) -> Iterator[str]:
    """Keys stand in paths and are column names in exports."""
    for section in codebook.sections:
        inner = [one.key for group in section.groups for one in group.fields]
        for key in (section.key, section.entity, *(one.key for one in section.fields), *inner):
            if not _NAME.fullmatch(key):
                yield f"The key “{key}” may have only letters, digits and underscores."
            if "__" in key:
                yield f"The key “{key}” may not have two underscores together."


def _missing_code_faults(codebook: Codebook) -> Iterator[str]:
    name = codebook.missing_codes
    if name is not None and name not in codebook.vocabularies:
        yield f"The missing codes are to come from the unknown vocabulary “{name}”."


def _vocabulary_faults(vocabulary: Vocabulary) -> Iterator[str]:
    where = f"Vocabulary “{vocabulary.name}”"
    yield from _repeated((t.key for t in vocabulary.terms), f"{where} has twice the term")
    for term in vocabulary.terms:
        for role, other in (("parent", term.parent), ("successor", term.replaced_by)):
            if other is not None and other not in vocabulary:
                yield f"{where}: the {role} “{other}” of “{term.key}” is not a term."
    yield from (
        f"{where}: the parents of “{key}” form a circle." for key in _circular(vocabulary.parents)
    )


def _circular(parents: Mapping[str, str]) -> Iterator[str]:
    for start in parents:
        step, seen = parents.get(start), set()
        while step is not None and step != start and step not in seen:
            seen.add(step)
            step = parents.get(step)
        if step == start:
            yield start


def _section_faults(codebook: Codebook, section: Section) -> Iterator[str]:
    where = f"Section “{section.key}”"
    inner = [one for group in section.groups for one in group.fields]
    keys = [one.key for one in (*section.fields, *inner)]
    if len(set(keys)) < len(keys):
        yield from _repeated_fields(section, where)
    if section.per and section.per not in codebook.by_entity:
        yield f"{where} is per “{section.per}”, which is no entity."
    for key in (*section.unique, *section.match_on, *filter(None, [section.title])):
        if key not in section.by_key:
            yield f"{where} names the unknown field “{key}”."
    for one in section.fields:
        yield from _field_faults(codebook, section, one, None)
    yield from _circle_faults(section.fields, where)


def _repeated_fields(section: Section, where: str) -> Iterator[str]:
    """Two groups may share a key; a group and its section may not: rows look outwards."""
    yield from _repeated((one.key for one in section.fields), f"{where} has twice the field")
    for group in section.groups:
        place = f"{where}, group “{group.key}”,"
        yield from _repeated((one.key for one in group.fields), f"{place} has twice the field")
        for one in group.fields:
            if one.key in section.by_key:
                yield f"{place} repeats the field “{one.key}” of its section."


def _field_faults(
    codebook: Codebook, section: Section, asked: Field, group: Field | None
) -> Iterator[str]:
    where = f"Field “{section.key}.{group.key + '.' if group else ''}{asked.key}”"
    known = set(section.by_key) | set(group.by_key if group else ())
    for fault in (
        *_type_faults(codebook, asked, nested=group is not None),
        *_code_faults(codebook, asked),
        *_limit_faults(asked, known),
        *_condition_faults(codebook, asked, known),
    ):
        yield f"{where} {fault}"
    for inner in asked.fields:
        yield from _field_faults(codebook, section, inner, asked)
    yield from _circle_faults(asked.fields, where)


def _type_faults(codebook: Codebook, asked: Field, *, nested: bool) -> Iterator[str]:
    if asked.type not in FIELD_TYPES:
        yield f"has the unknown type “{asked.type}”."
    if asked.type in CHOICE_TYPES and not asked.vocabulary:
        yield "is a choice and needs a vocabulary."
    if asked.vocabulary and asked.vocabulary not in codebook.vocabularies:
        yield f"uses the unknown vocabulary “{asked.vocabulary}”."
    if asked.quote not in QUOTE_POLICIES:
        yield f"has the unknown quote policy “{asked.quote}”."
    if asked.allow_other and asked.type not in CHOICE_TYPES:
        yield "allows another answer, but is not a choice."
    yield from _reference_faults(codebook, asked)
    yield from _group_faults(asked, nested=nested)


def _reference_faults(codebook: Codebook, asked: Field) -> Iterator[str]:
    known = {*codebook.by_entity, *codebook.group_entities, *codebook.external}
    if (asked.type == "entity_ref") != (asked.ref is not None):
        yield "has a “ref” exactly if its type is entity_ref."
    if asked.ref is not None and asked.ref not in known:
        yield f"refers to the unknown entity “{asked.ref}”."


def _group_faults(asked: Field, *, nested: bool) -> Iterator[str]:
    if asked.type == "group" and nested:
        yield "is a group within a group; groups nest one level deep."
    if (asked.type == "group") != bool(asked.fields):
        yield "has fields exactly if its type is group."


def _code_faults(codebook: Codebook, asked: Field) -> Iterator[str]:
    known = codebook.vocabularies.get(codebook.missing_codes or "", ())
    for code in asked.missing_codes:
        if code not in known:
            yield f"allows the unknown missing code “{code}”."


def _limit_faults(asked: Field, known: set[str]) -> Iterator[str]:
    limits = asked.validate
    for other in filter(None, (limits.lte_field, limits.gte_field)):
        if other not in known:
            yield f"is compared with the unknown field “{other}”."
    if limits.min is not None and limits.max is not None and limits.min > limits.max:
        yield "has a smallest value above its largest."
    try:
        re.compile(limits.pattern or "")
    except re.error as error:
        yield f"has a pattern that is not a regular expression: {error}."


def _condition_faults(codebook: Codebook, asked: Field, known: set[str]) -> Iterator[str]:
    for condition in filter(None, (asked.show_if, asked.require_if)):
        for name in sorted(condition.fields() - known):
            yield f"depends on the unknown field “{name}”."
    parent = asked.choices.children_of
    if parent is not None and parent not in known:
        yield f"takes its choices from the unknown field “{parent}”."


def _circle_faults(fields: Iterable[Field], where: str) -> Iterator[str]:
    depends = {one.key: one.show_if.fields() if one.show_if else frozenset() for one in fields}
    for key in depends:
        if key in _reached(depends, key):
            yield f"{where}: whether “{key}” is shown depends on “{key}” itself, in a circle."


def _reached(depends: Mapping[str, frozenset[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = list(depends[start])
    while waiting:
        key = waiting.pop()
        if key not in reached:
            reached.add(key)
            waiting.extend(depends.get(key, ()))
    return reached
