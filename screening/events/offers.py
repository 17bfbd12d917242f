"""Pilot rounds and audits: who draws cards for whom."""

from dataclasses import dataclass, field
from typing import ClassVar

from reviewtool.reviews.events import Happening, event_kind


@event_kind
@dataclass(frozen=True)
class PilotOpened(Happening):
    """Everybody decides the same records before the team agrees on its reading."""

    kind: ClassVar[str] = "pilot_opened"
    stage: str
    records: list[int]
    reviewers: list[int] = field(default_factory=list)
    gate: dict = field(default_factory=dict)

    def sentence(self) -> str:
        return f"opened a pilot round of {len(self.records)} records"


@event_kind
@dataclass(frozen=True)
class PilotClosed(Happening):
    kind: ClassVar[str] = "pilot_closed"
    stage: str
    note: str = ""

    def sentence(self) -> str:
        return "closed the pilot round"


@event_kind
@dataclass(frozen=True)
class AuditBegun(Happening):
    """From here on random draws from the never-offered records are mixed into the queue."""

    kind: ClassVar[str] = "audit_begun"
    stage: str
    target: str
    confidence: str
    seed_sha256: str

    def sentence(self) -> str:
        return f"began a random audit (target {self.target}, confidence {self.confidence})"


@event_kind
@dataclass(frozen=True)
class AuditEnded(Happening):
    """No more random draws; those made keep their weight."""

    kind: ClassVar[str] = "audit_ended"
    stage: str

    def sentence(self) -> str:
        return "ended the random audit"
