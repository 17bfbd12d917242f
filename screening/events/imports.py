"""Searches, imports and corrections of records."""

from dataclasses import dataclass, field
from typing import ClassVar

from reviewtool.reviews.events import Happening, event_kind


@event_kind
@dataclass(frozen=True)
class SearchRegistered(Happening):
    kind: ClassVar[str] = "search_registered"
    search: int
    source: str
    source_kind: str
    #: All that was entered; empty in entries of the first version, which did not keep it.
    fields: dict = field(default_factory=dict)

    def sentence(self) -> str:
        return f"registered a search in {self.source}"

    def subject(self) -> str:
        return f"search:{self.search}"


@event_kind
@dataclass(frozen=True)
class SearchCorrected(Happening):
    kind: ClassVar[str] = "search_corrected"
    search: int
    source: str
    before: dict = field(default_factory=dict)
    after: dict = field(default_factory=dict)

    def sentence(self) -> str:
        return f"corrected {', '.join(self.after)} of the search in {self.source}"

    def subject(self) -> str:
        return f"search:{self.search}"


@event_kind
@dataclass(frozen=True)
class ImportCommitted(Happening):
    """The closing event of an import: from its entry on the file's records are visible."""

    kind: ClassVar[str] = "import_committed"
    file: int
    search: int
    source: str
    name: str
    n_records: int
    n_known: int = 0
    n_rejected: int = 0

    def sentence(self) -> str:
        return f"imported {self.n_records} records of {self.source} from {self.name}"

    def subject(self) -> str:
        return f"file:{self.file}"


@event_kind
@dataclass(frozen=True)
class ImportUndone(Happening):
    kind: ClassVar[str] = "import_undone"
    file: int
    name: str
    n_records: int

    def sentence(self) -> str:
        return f"undid the import of {self.n_records} records from {self.name}"

    def subject(self) -> str:
        return f"file:{self.file}"


@event_kind
@dataclass(frozen=True)
class RecordAdded(Happening):
    """One record entered by hand."""

    kind: ClassVar[str] = "record_added"
    record: int
    search: int
    title: str

    def sentence(self) -> str:
        return f"added record {self.record} by hand: {self.title[:80]}"

    def subject(self) -> str:
        return f"record:{self.record}"


@event_kind
@dataclass(frozen=True)
class RecordCorrected(Happening):
    kind: ClassVar[str] = "record_corrected"
    record: int
    before: dict = field(default_factory=dict)
    after: dict = field(default_factory=dict)

    def sentence(self) -> str:
        return f"corrected {', '.join(self.after)} of record {self.record}"

    def subject(self) -> str:
        return f"record:{self.record}"


@event_kind
@dataclass(frozen=True)
class RecordRemoved(Happening):
    """Removed before screening for a reason that is neither duplication nor automation."""

    kind: ClassVar[str] = "record_removed"
    record: int
    reason: str

    def sentence(self) -> str:
        return f"removed record {self.record} before screening: {self.reason}"

    def subject(self) -> str:
        return f"record:{self.record}"


@event_kind
@dataclass(frozen=True)
class RecordRestored(Happening):
    kind: ClassVar[str] = "record_restored"
    record: int

    def sentence(self) -> str:
        return f"took back the removal of record {self.record}"

    def subject(self) -> str:
        return f"record:{self.record}"
