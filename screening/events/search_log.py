"""What the review says of its searches as a whole (PRISMA-S)."""

from dataclasses import dataclass, field
from typing import ClassVar

from reviewtool.reviews.events import Happening, event_kind
from screening.prisma.search_log_items import ITEMS

_NAMES = {item.key: item.name.lower() for item in ITEMS}


@event_kind
@dataclass(frozen=True)
class SearchLogCorrected(Happening):
    """Answers to items of PRISMA-S, by key; an empty answer takes one back."""

    kind: ClassVar[str] = "search_log_corrected"
    before: dict = field(default_factory=dict)
    after: dict = field(default_factory=dict)

    def sentence(self) -> str:
        return f"wrote in the search log: {', '.join(_NAMES.get(key, key) for key in self.after)}"
