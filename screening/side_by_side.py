"""Two texts beside each other with what differs marked (pure)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

#: Longer texts are compared word by word: letters would cost minutes and read as noise.
LONGEST_BY_LETTER = 400
_WORDS = re.compile(r"\s+|[^\s\w]|\w+")


@dataclass(frozen=True)
class Piece:
    """A stretch of text; `differs` where the other side says something else."""

    text: str
    differs: bool


@dataclass(frozen=True)
class Row:
    """One field of both records."""

    label: str
    left: tuple[Piece, ...]
    right: tuple[Piece, ...]

    @property
    def is_same(self) -> bool:
        return not any(piece.differs for piece in (*self.left, *self.right))

    @property
    def is_empty(self) -> bool:
        return not self.left and not self.right


def row(label: str, left: str, right: str) -> Row:
    """Compare one field; a side that is empty is simply missing and marks nothing."""
    if not left or not right:
        return Row(label, _whole(left), _whole(right))
    by_letter = len(left) + len(right) <= LONGEST_BY_LETTER
    a: Sequence[str] = left if by_letter else _WORDS.findall(left)
    b: Sequence[str] = right if by_letter else _WORDS.findall(right)
    changes = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    return Row(
        label,
        _merged((a[i1:i2], kind != "equal") for kind, i1, i2, _, _ in changes),
        _merged((b[j1:j2], kind != "equal") for kind, _, _, j1, j2 in changes),
    )


def _whole(text: str) -> tuple[Piece, ...]:
    return (Piece(text, False),) if text else ()


def _merged(parts) -> tuple[Piece, ...]:
    """Join neighbouring stretches of one kind."""
    pieces: list[Piece] = []
    for part, differs in parts:
        text = "".join(part)
        if pieces and pieces[-1].differs == differs:
            pieces[-1] = Piece(pieces[-1].text + text, differs)
        elif text:
            pieces.append(Piece(text, differs))
    return tuple(pieces)
