"""Retrieval of full texts."""

from dataclasses import dataclass
from typing import ClassVar

from reviewtool.reviews.events import Happening, event_kind

_WORDS = {
    "sought": "sought the full text of",
    "awaiting": "requested the full text of",
    "retrieved": "retrieved the full text of",
    "not_retrieved": "could not retrieve the full text of",
}


@event_kind
@dataclass(frozen=True)
class RetrievalChanged(Happening):
    kind: ClassVar[str] = "retrieval_changed"
    report: int
    record: int
    state: str
    note: str = ""

    def sentence(self) -> str:
        because = f" ({self.note})" if self.note else ""
        return f"{_WORDS[self.state]} record {self.record}{because}"

    def subject(self) -> str:
        return f"record:{self.record}"


@event_kind
@dataclass(frozen=True)
class FileAttached(Happening):
    kind: ClassVar[str] = "file_attached"
    report: int
    record: int
    file: int
    name: str
    sha256: str

    def sentence(self) -> str:
        return f"attached {self.name} to record {self.record}"

    def subject(self) -> str:
        return f"record:{self.record}"
