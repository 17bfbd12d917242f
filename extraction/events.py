"""Kinds of events of the extraction floor."""

from dataclasses import dataclass, field
from typing import ClassVar

from reviewtool.reviews.events import Happening, event_kind


@event_kind
@dataclass(frozen=True)
class CodebookPublished(Happening):
    kind: ClassVar[str] = "codebook_published"
    version: int
    name: str
    note: str = ""

    def sentence(self) -> str:
        because = f": {self.note}" if self.note else ""
        return f"published version {self.version} of the codebook {self.name}{because}"


@event_kind
@dataclass(frozen=True)
class ExtractionSubmitted(Happening):
    """An immutable revision of an extraction; `answers` is all of it."""

    kind: ClassVar[str] = "extraction_submitted"
    extraction: int
    study: int
    label: str
    is_consensus: bool
    codebook_version: int
    answers: dict
    acknowledged: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        what = "the consensus for" if self.is_consensus else "an extraction of"
        return f"submitted {what} the study {self.label}"

    def subject(self) -> str:
        return f"extraction:{self.extraction}"
