"""How alike two names of a journal are, one of which may be shortened."""

from functools import lru_cache

from rapidfuzz import fuzz

_SMALL = frozenset(
    [
        "the",
        "of",
        "and",
        "for",
        "in",
        "on",
        "a",
        "an",
        "der",
        "die",
        "und",
        "de",
        "la",
        "le",
        "des",
        "du",
        "et",
        "del",
        "fur",
        "journal",
    ]
)


@lru_cache(maxsize=100_000)
def alike(one: str, other: str) -> float:
    """Likeness of two names in plain words, 0 to 1; an abbreviation of the other counts as it."""
    if one == other:
        return 1.0
    a, b = _words(one), _words(other)
    if len(a) > len(b):
        a, b = b, a
    if _shortens(a, b) or _is_acronym(one, b) or _is_acronym(other, a):
        return 1.0 if len(a) > 1 or len(b) == 1 else 0.9
    return float(max(fuzz.ratio(one, other), 0.9 * fuzz.token_set_ratio(one, other))) / 100


def _words(name: str) -> list[str]:
    return [word for word in name.split() if word not in _SMALL]


def _shortens(a: list[str], b: list[str]) -> bool:
    """Whether each word of `a` begins, in order, a word of `b` (or the other way round)."""
    if not a or len(a) * 2 < len(b):
        return False
    rest = iter(b)
    return all(any(_begins(word, longer) for longer in rest) for word in a)


def _begins(word: str, other: str) -> bool:
    if len(word) > len(other):
        word, other = other, word
    return other.startswith(word) or (
        len(word) > 3 and word[:2] == other[:2] and _is_within(word, other)
    )


def _is_within(word: str, other: str) -> bool:
    """Whether the letters of a contraction ("intl", "commun") come in this order."""
    letters = iter(other)
    return all(letter in letters for letter in word)


def _is_acronym(name: str, words: list[str]) -> bool:
    initials = "".join(word[0] for word in words)
    return len(name) > 2 and " " not in name and initials == name
