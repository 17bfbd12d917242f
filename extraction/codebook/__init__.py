"""Codebooks: versioned definitions of extraction forms, and what follows from an answer.

Pure: no Django, no database, no clock. The words of a review (its sites, factors, therapies)
are data in a codebook and its vocabularies; nothing here knows any of them.
"""

from extraction.codebook.conditions import Condition, ConditionError, evaluate
from extraction.codebook.definition import (
    OTHER,
    Codebook,
    Field,
    Limits,
    Section,
    Term,
    Vocabulary,
)
from extraction.codebook.loading import CodebookError, load, to_json
from extraction.codebook.outputs import Outputs
from extraction.codebook.rules import Rule

__all__ = [
    "OTHER",
    "Codebook",
    "CodebookError",
    "Condition",
    "ConditionError",
    "Field",
    "Limits",
    "Outputs",
    "Rule",
    "Section",
    "Term",
    "Vocabulary",
    "evaluate",
    "load",
    "to_json",
]
