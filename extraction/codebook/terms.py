"""Which terms an extraction uses, so that a database can filter by them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from extraction.codebook.definition import Codebook, Field, Vocabulary
from extraction.codebook.derivation import view
from extraction.codebook.paths import Scope


@dataclass(frozen=True)
class TermUse:
    """An entity's field holds a term; fields of groups are named "group.field"."""

    entity: str
    entity_key: str
    field: str
    term: str


def index_terms(codebook: Codebook, answers: dict) -> Iterator[TermUse]:
    """Every use of a vocabulary's term, computed fields and groups included, each once.

    Free words ("other:...") are no terms. To filter with descendants, ask for any of
    `descendants(vocabulary, term)`.
    """
    seen = view(codebook, answers)
    for section in codebook.sections:
        for scope in seen.scopes(section.entity):
            yield from dict.fromkeys(_uses(scope))


def descendants(vocabulary: Vocabulary, term: str) -> frozenset[str]:
    """The term and every term below it."""
    return vocabulary.descendants(term)


def _uses(scope: Scope) -> Iterator[TermUse]:
    for asked in scope.fields():
        if asked.type == "group":
            for row in scope.rows(asked.key):
                yield from _uses(row)
        elif asked.vocabulary:
            name = f"{scope.group.key}.{asked.key}" if scope.group else asked.key
            for term in _terms(scope, asked):
                yield TermUse(scope.section.entity, scope.key, name, term)


def _terms(scope: Scope, asked: Field) -> Iterator[str]:
    value: Any = scope.value(asked.key)
    vocabulary = scope.view.codebook.vocabulary_of(asked)
    for one in value if isinstance(value, list) else [value]:
        if one in vocabulary:
            yield one
