"""The normalised shadow of a record that searching looks through; the shown text stays as authored."""

import re
import unicodedata
from collections.abc import Iterable

_NOT_WORDS = re.compile(r"[^\w]+|_+")
_PHRASES = re.compile(r"[“”\"]([^“”\"]+)[“”\"]|(\S+)")


def normalise(text: str) -> str:
    """Return text without case, accents or punctuation, words parted by single spaces."""
    folded = text.casefold()
    if not folded.isascii():
        parts = unicodedata.normalize("NFKD", folded)
        folded = "".join(part for part in parts if not unicodedata.combining(part))
    return _NOT_WORDS.sub(" ", folded).strip()


def shadow(parts: Iterable[str]) -> str:
    """Return the text that `terms` are looked for in."""
    return " ".join(filter(None, (normalise(part) for part in parts)))


def terms(query: str) -> list[str]:
    """Split a query into words and quoted phrases, normalised; all of them must occur."""
    found = (normalise(phrase or word) for phrase, word in _PHRASES.findall(query))
    return [term for term in found if term]
