"""What members do around decisions."""

from dataclasses import dataclass
from typing import ClassVar

from reviewtool.reviews.events import Happening, event_kind


@event_kind
@dataclass(frozen=True)
class PutOff(Happening):
    """A member will look at a card later; nobody else is told."""

    kind: ClassVar[str] = "put_off"
    is_personal: ClassVar[bool] = True
    record: int
    stage: str

    def sentence(self) -> str:
        return f"put record {self.record} off for later"

    def subject(self) -> str:
        return f"record:{self.record}"


@event_kind
@dataclass(frozen=True)
class Exposed(Happening):
    """A member saw a colleague's verdict or a relevance score of a record."""

    kind: ClassVar[str] = "exposed"
    is_personal: ClassVar[bool] = True
    record: int
    stage: str
    to: str

    def sentence(self) -> str:
        return f"saw {self.to} of record {self.record}"

    def subject(self) -> str:
        return f"record:{self.record}"


@event_kind
@dataclass(frozen=True)
class Commented(Happening):
    """A contribution to the discussion of a conflict."""

    kind: ClassVar[str] = "commented"
    is_personal: ClassVar[bool] = True
    record: int
    stage: str
    text: str

    def sentence(self) -> str:
        return f"commented on record {self.record}"

    def subject(self) -> str:
        return f"record:{self.record}"
