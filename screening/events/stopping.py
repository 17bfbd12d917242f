"""Stopping is a lead's decision, entered with its rule; nothing ever stops by itself."""

from dataclasses import dataclass, field
from typing import ClassVar

from reviewtool.reviews.events import Happening, event_kind


@event_kind
@dataclass(frozen=True)
class StoppingDecided(Happening):
    kind: ClassVar[str] = "stopping_decided"
    stage: str
    rule: str
    note: str
    n_unread: int
    counts_as: str = "automation"
    facts: dict = field(default_factory=dict)

    def sentence(self) -> str:
        return f"stopped screening with {self.n_unread} records unread ({self.rule})"


@event_kind
@dataclass(frozen=True)
class ScreeningResumed(Happening):
    kind: ClassVar[str] = "screening_resumed"
    stage: str
    note: str

    def sentence(self) -> str:
        return f"resumed screening: {self.note}" if self.note else "resumed screening"


@event_kind
@dataclass(frozen=True)
class LookTaken(Happening):
    """The ranked test was looked at, at one of its fixed places; what it said then stays."""

    kind: ClassVar[str] = "look_taken"
    stage: str
    n_read: int
    n_found: int
    n_records: int
    p: float
    target: str
    confidence: str

    def sentence(self) -> str:
        return f"looked at the ranked test after {self.n_read} of {self.n_records} records"
