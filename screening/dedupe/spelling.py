"""Whether two words are one word spelled in two ways, or two words that look alike.

A slip of the pen makes a word that nobody else uses; "hyperthyroidism" and "hypothyroidism" are
both in use, and tell two reports apart however alike they look.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable

from rapidfuzz import fuzz
from rapidfuzz.distance import DamerauLevenshtein

#: Letters in common, in per cent: from the lower on if the first letter is the same.
_ALIKE, _ALIKE_INSIDE = 72.0, 80.0
#: A slip in a word that no other title has: one letter, in a word at least so long.
_SHORTEST_SLIP = 7
_PREFIXES = tuple(
    tuple(pair.split("/"))
    for pair in (
        "hyper/hypo", "inter/intra", "macro/micro", "pre/post", "uni/bi", "uni/multi", "mono/bi",
        "mono/poly", "homo/hetero", "endo/exo", "ante/post", "antero/postero", "anterior/posterior",
        "sub/supra", "over/under", "pro/anti", "mal/", "ab/ad", "af/ef", "mater/pater", "ortho/para",
        "a/", "an/", "non/", "un/", "in/", "im/", "ir/", "dis/", "anti/", "re/", "de/", "in/ex", "in/out",
        "iso/", "proto/deuto", "brady/tachy", "leuko/erythro", "eu/hypo", "eu/hyper", "nor/", "max/min",
        "proximo/disto", "cis/trans", "levo/dextro", "fore/hind", "intra/extra", "infra/supra",
    )
)  # fmt: skip
_SHORTEST_STEM = 4
_BRITISH = (("ae", "e"), ("oe", "e"), ("our", "or"), ("ph", "f"), ("yse", "yze"), ("ll", "l"))
_ISE = re.compile(r"is(?=e|ed|es|ing|ation|ations|er|ers)")
_ENDINGS = frozenset(["s", "es", "ic", "ical", "al", "ly"])


def words_in_use(titles: Iterable[str]) -> frozenset[str]:
    """The words that at least two different titles have."""
    counted = Counter(word for title in set(titles) for word in set(title.split()))
    return frozenset(word for word, n in counted.items() if n > 1)


def is_one_word(one: str, other: str, *, in_use: Container[str], is_proven: bool) -> bool:
    """Tell whether two words of two titles are one.

    `is_proven` says that id, place or abstract make the two titles one whatever the word; `in_use`
    are the words that other titles have too.
    """
    likeness = fuzz.ratio(one, other)
    if likeness < _ALIKE_INSIDE and not (likeness >= _ALIKE and one[:1] == other[:1]):
        return False
    if is_proven or folded(one) == folded(other) or _is_ending(one, other):
        return True
    if are_opposed(one, other) or (one in in_use and other in in_use):
        return False
    return (one in in_use) != (other in in_use) or _is_slip(one, other)


def folded(word: str) -> str:
    """A word without what British and American spelling differ in."""
    for british, american in _BRITISH:
        word = word.replace(british, american)
    return _ISE.sub("iz", word)


def are_opposed(one: str, other: str) -> bool:
    """Whether two words differ in a prefix that turns the meaning round."""
    return any(
        _stems_agree(a, b, first, second)
        for a, b in ((one, other), (other, one))
        for first, second in _PREFIXES
    )


def _stems_agree(a: str, b: str, first: str, second: str) -> bool:
    if not (a.startswith(first) and b.startswith(second)):
        return False
    stem = a[len(first) :]
    return len(stem) >= _SHORTEST_STEM and stem == b[len(second) :]


def _is_ending(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return longer.startswith(shorter) and longer[len(shorter) :] in _ENDINGS


def _is_slip(one: str, other: str) -> bool:
    is_long = min(len(one), len(other)) >= _SHORTEST_SLIP
    return is_long and one[0] == other[0] and DamerauLevenshtein.distance(one, other) == 1
