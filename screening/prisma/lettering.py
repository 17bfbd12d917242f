"""How wide text is, and where it breaks: an SVG has no line breaks of its own."""

from collections.abc import Iterator
from unicodedata import category, east_asian_width

#: Widths in em, rounded up from DejaVu Sans, the widest of the sans fonts a browser falls back
#: to; in Arial or Helvetica the same text is about an eighth narrower, so it always fits.
_WIDTHS = {
    0.33: "'ijlıłIJİ |,.’",
    0.42: "/:;\\()[]tfr-!",
    0.53: '"*_`–sšzž?“”',
    0.64: "cçLFkvxyγκ•PTYaeoäöéèøåEhnuüßñ0123456789$Sbdgpq{}βµ",
    0.72: "KAÄVBRXZCUÜ",
    0.80: "HNDG&OQÖ",
    0.87: "w#+<=>^~−×≥≤≠→M",
    1.01: "Wm%@—…",
}
_WIDTH_OF = {letter: width for width, letters in _WIDTHS.items() for letter in letters}
_WIDTH_OF["\u00a0"] = _WIDTH_OF[" "]
_LATIN = 0.8
_WIDE = 1.08
#: How much wider bold text is.
BOLD = 1.14


def width(text: str) -> float:
    """Return an upper bound of the width of a text in em."""
    return sum(_letter(letter) for letter in text)


def _letter(letter: str) -> float:
    if letter in _WIDTH_OF:
        return _WIDTH_OF[letter]
    if category(letter) in ("Mn", "Me", "Cf"):
        return 0.0
    is_latin = ord(letter) < 0x250 and letter.isalnum()
    return _LATIN if is_latin and east_asian_width(letter) not in "WF" else _WIDE


def wrap(text: str, *, limit: float, hang: float = 0.0) -> list[str]:
    """Break a text into rows no wider than `limit` em; rows after the first lose `hang`.

    Rows break at spaces (never at no-break spaces), and inside a word only where it alone is
    wider than a row.
    """
    rows = [""]
    for word in text.split(" "):
        room = limit if len(rows) == 1 else limit - hang
        joined = f"{rows[-1]} {word}" if rows[-1] else word
        if width(joined) <= room:
            rows[-1] = joined
            continue
        pieces = list(_pieces(word, limit - hang))
        rows = [*rows, *pieces] if rows[-1] else pieces
    return rows


def _pieces(word: str, limit: float) -> Iterator[str]:
    piece = ""
    for letter in word:
        if piece and width(piece + letter) > limit:
            yield piece
            piece = ""
        piece += letter
    yield piece
