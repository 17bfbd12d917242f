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
class SearchSaved(Happening):
    """A query of PubMed was kept, to be run again."""

    kind: ClassVar[str] = "search_saved"
    saved: int
    name: str
    query: str

    def sentence(self) -> str:
        return f"saved the PubMed search “{self.name}”"


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
class PriorDecisionsImported(Happening):
    """A lead had another tool's decisions entered, each as its member's own."""

    kind: ClassVar[str] = "prior_decisions_imported"
    file: int
    name: str
    n_decisions: int
    voices: dict = field(default_factory=dict)

    def sentence(self) -> str:
        return f"entered {self.n_decisions} decisions that {self.name} carried"

    def subject(self) -> str:
        return f"file:{self.file}"


@event_kind
@dataclass(frozen=True)
class FileReadAgain(Happening):
    """An imported file was read once more; fields a person had corrected stayed."""

    kind: ClassVar[str] = "file_read_again"
    file: int
    name: str
    n_changed: int
    before: dict = field(default_factory=dict)
    after: dict = field(default_factory=dict)

    def sentence(self) -> str:
        return f"had {self.name} read again; {self.n_changed} records changed"

    def subject(self) -> str:
        return f"file:{self.file}"


@event_kind
@dataclass(frozen=True)
class MappingSaved(Happening):
    """How the columns of a kind of table are read was kept under a name."""

    kind: ClassVar[str] = "mapping_saved"
    name: str
    mapping: dict = field(default_factory=dict)

    def sentence(self) -> str:
        return f"saved the column mapping “{self.name}”"


@event_kind
@dataclass(frozen=True)
class MappingForgotten(Happening):
    kind: ClassVar[str] = "mapping_forgotten"
    name: str

    def sentence(self) -> str:
        return f"dropped the column mapping “{self.name}”"


@event_kind
@dataclass(frozen=True)
class ImportUndone(Happening):
    kind: ClassVar[str] = "import_undone"
    file: int
    name: str
    n_records: int
    n_kept: int = 0

    def sentence(self) -> str:
        kept = f"; {self.n_kept} that carry decisions stay" if self.n_kept else ""
        return f"undid the import of {self.n_records} records from {self.name}{kept}"

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
