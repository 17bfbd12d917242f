"""The kind of event that closes the playing of a demo review."""

from dataclasses import dataclass
from typing import ClassVar

from reviewtool.reviews.events import Happening, event_kind


@event_kind
@dataclass(frozen=True)
class DemoPlayed(Happening):
    """The last entry of a seeded review; without it the playing was interrupted."""

    kind: ClassVar[str] = "demo_played"
    n_seconds: int

    def sentence(self) -> str:
        return f"finished playing the demo, in {self.n_seconds} seconds"
