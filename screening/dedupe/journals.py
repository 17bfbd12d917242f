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
        "j",
        "jou",
        "jour",
        "journ",
        "jnl",
    ]
)
#: How alike two journals of one family may be at most.
_SISTERS = 0.7
#: Words that make no other journal of one.
_NOTHING_NEW = frozenset(
    ["electronic", "resource", "online", "print", "internet", "web", "english", "edition", "ed", "official", "suppl", "supplement", "supplements", "part", "series", "usa", "uk", "england", "london", "oxford", "berlin", "germany", "amsterdam", "netherlands", "new", "york"]
)  # fmt: skip


@lru_cache(maxsize=100_000)
def alike(one: str, other: str) -> float:
    """Likeness of two names in plain words, 0 to 1; an abbreviation of the other counts as it."""
    if one == other:
        return 1.0
    a, b = _words(one), _words(other)
    if len(a) > len(b):
        a, b = b, a
    if _shortens(a, b) or _is_acronym(one, b) or _is_acronym(other, a):
        likeness = 1.0 if len(a) > 1 or len(b) == 1 else 0.9
    else:
        likeness = float(max(fuzz.ratio(one, other), 0.9 * fuzz.token_set_ratio(one, other))) / 100
    return min(likeness, _SISTERS) if _are_sisters(a, b) else likeness


def _are_sisters(a: list[str], b: list[str]) -> bool:
    """Whether two journals share a name: "BMJ" and "BMJ Open", or two Lancets.

    Either each has a word of its own, or the longer one adds a word to a name of one or two words
    written out in full; longer names are often cut short.
    """
    only_a, only_b = _without_like(a, b), _without_like(b, a)
    if len(only_a) == len(a):
        return False
    if only_a and only_b:
        return True
    shorter, longer, added = (b, a, only_a) if only_a else (a, b, only_b)
    is_in_full = len(shorter) <= 2 and set(shorter) <= set(longer)
    return is_in_full and any(word not in _NOTHING_NEW for word in added)


def _without_like(words: list[str], others: list[str]) -> list[str]:
    return [w for w in words if not any(_begins(w, o) or fuzz.ratio(w, o) >= 80 for o in others)]


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
