"""What a check has to say, and what it is told besides the answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class QuoteCheck(StrEnum):
    """What came of looking a quote up in its report's text layer."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    NO_TEXT = "no_text"


@dataclass(frozen=True)
class Finding:
    """One thing wrong or doubtful; `group` and `row` are set for a row of a group."""

    rule_id: str
    severity: str
    entity: str
    entity_key: str
    field: str
    message: str
    group: str = ""
    row: str = ""

    @property
    def is_error(self) -> bool:
        return self.severity == "error"


@dataclass(frozen=True)
class Context:
    """What lies outside the answers.

    `externals`: keys that references to external entities may hold, such as
    {"report": {"17", "18"}}; an entity not listed here is not looked up. `quotes`: the state of
    each quote by (entity key, row key); a quote not listed counts as not looked up.
    """

    externals: Mapping[str, frozenset[str]] = field(default_factory=dict)
    quotes: Mapping[tuple[str, str], QuoteCheck] = field(default_factory=dict)
