"""What the flow is computed from: plain facts about records and groups, at one instant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from screening.consensus import Outcome


class SourceKind(StrEnum):
    DATABASE = "database"
    REGISTER = "register"
    WEBSITE = "website"
    ORGANISATION = "organisation"
    CITATION_SEARCHING = "citation_searching"
    OTHER = "other"


#: Sources whose records go down the left column of the diagram.
LEFT_KINDS = frozenset({SourceKind.DATABASE, SourceKind.REGISTER})


class Retrieval(StrEnum):
    NONE = "none"
    SOUGHT = "sought"
    AWAITING = "awaiting"
    RETRIEVED = "retrieved"
    NOT_RETRIEVED = "not_retrieved"


class JoinedBy(StrEnum):
    RULE = "rule"
    PERSON = "person"


class UnreadAs(StrEnum):
    """Where a lead wants records left unread under a stopping decision to be counted."""

    AUTOMATION = "automation"  # removed before screening, ineligible by automation tools
    EXCLUDED = "excluded"  # screened, and excluded by automation
    OTHER = "other"  # removed before screening for other reasons


@dataclass(frozen=True)
class RecordFact:
    """One citation as one search returned it; `removed_reason` once it was removed by hand."""

    record_id: int
    source_kind: str
    source_name: str
    group_id: int
    removed_reason: str | None = None


@dataclass(frozen=True)
class GroupFact:
    """Duplicate records of one report, and what became of them.

    `group_id` is the id of the canonical record. `joined_by` says for each further record
    whether a rule or a person joined it; a record it does not name counts as joined by a rule.
    `ft_reason` and `not_retrieved_reason` are the words the diagram prints. `study_ids` are
    studies that stand (merged ones already replaced).
    """

    group_id: int
    ta_outcome: str = Outcome.PENDING
    ft_outcome: str = Outcome.PENDING
    ft_reason: str = ""
    retrieval: str = Retrieval.NONE
    not_retrieved_reason: str = ""
    joined_by: Mapping[int, str] = field(default_factory=dict)
    study_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class StoppingFact:
    """The stopping decision in force, as the footnote prints it."""

    rule: str
    model: str
    decided_on: date
    counts_as: str = UnreadAs.AUTOMATION


@dataclass(frozen=True)
class Tally:
    """Studies and their reports, where both are known from outside: earlier versions of the
    review, or the meta-analysis."""

    studies: int
    reports: int
