"""Progress: what was read and what was found. It claims nothing about what is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

_RECENT = 100


@dataclass(frozen=True)
class Progress:
    """Counts of a stage, in the order in which its records were read.

    `curve` has one count per record read: the relevant records found up to and with it. It is a
    count, never a recall: how many relevant records there are is not known.
    """

    n_records: int
    curve: tuple[int, ...]

    @classmethod
    def of(cls, labels: Sequence[bool], n_records: int) -> "Progress":
        """Count settled labels in reading order (True is relevant; "maybe" is relevant).

        Raises ValueError if more was read than there is.
        """
        if len(labels) > n_records:
            raise ValueError("There are more labels than records.")
        return cls(n_records, tuple(accumulate(map(int, labels))))

    @property
    def n_read(self) -> int:
        return len(self.curve)

    @property
    def n_left(self) -> int:
        return self.n_records - self.n_read

    @property
    def n_found(self) -> int:
        return self.curve[-1] if self.curve else 0

    @property
    def n_since_last_relevant(self) -> int:
        """How many irrelevant records were read in a row; all of them if none was relevant."""
        if not self.n_found:
            return self.n_read
        return self.n_read - 1 - self.curve.index(self.n_found)

    @property
    def records_per_relevant(self) -> Fraction | None:
        """Records read per relevant one among the last hundred; None if none of them was."""
        before = self.curve[-_RECENT - 1] if self.n_read > _RECENT else 0
        found = self.n_found - before
        return Fraction(min(self.n_read, _RECENT), found) if found else None
