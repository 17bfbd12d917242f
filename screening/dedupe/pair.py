"""Two records side by side, with what vetoes and evidence ask of them worked out once."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz

from screening.dedupe import journals, spelling
from screening.dedupe.compare import are_versions, authors_alike, first_author_alike, numbers_apart
from screening.dedupe.normalise import Keys

#: Letters before or behind the page number of a congress abstract: S12, A254, 158P, PA301.
_ABSTRACT_LETTERS = frozenset(["s", "a", "p", "pa", "ps", "po", "sa", "su", "mo", "abs"])
_LITTLE = frozenset(
    [
        "a",
        "an",
        "and",
        "at",
        "by",
        "de",
        "der",
        "des",
        "die",
        "du",
        "el",
        "en",
        "et",
        "for",
        "from",
        "in",
        "into",
        "its",
        "la",
        "le",
        "les",
        "of",
        "on",
        "or",
        "sur",
        "the",
        "to",
        "un",
        "und",
        "une",
        "y",
    ]
)


@dataclass(frozen=True)
class Pair:
    """Two records; every property is the same whichever of them comes first.

    `is_column` tells that one bears a title that stands for a column rather than for a report;
    `in_use` are the words that at least two different titles of the records have.
    """

    a: Keys
    b: Keys
    is_column: bool = False
    in_use: frozenset[str] = frozenset()

    def both(self, name: str) -> bool:
        return bool(getattr(self.a, name)) and bool(getattr(self.b, name))

    def agree(self, name: str) -> bool:
        return self.both(name) and getattr(self.a, name) == getattr(self.b, name)

    def differ(self, name: str) -> bool:
        return self.both(name) and getattr(self.a, name) != getattr(self.b, name)

    def one_only(self, mark: str) -> bool:
        return (mark in self.a.marks) != (mark in self.b.marks)

    @cached_property
    def likeness(self) -> float:
        """Likeness of the titles, 0 to 100; 0 where one is missing."""
        return fuzz.ratio(self.a.title, self.b.title) if self.both("title") else 0.0

    @cached_property
    def inside(self) -> float:
        """How well the shorter title is found in the longer one, 0 to 100."""
        return fuzz.partial_ratio(self.a.title, self.b.title) if self.both("title") else 0.0

    @cached_property
    def years_apart(self) -> int | None:
        return abs(self.a.year - self.b.year) if self.a.year and self.b.year else None

    @property
    def same_id(self) -> bool:
        return self.agree("doi") or self.agree("pmid")

    @cached_property
    def same_first_author(self) -> bool:
        return self.both("surnames") and first_author_alike(self.a, self.b) >= 0.8

    @cached_property
    def authors(self) -> float | None:
        """The part of the shorter list of authors found in the longer; None where one is empty."""
        return authors_alike(self.a, self.b) if self.both("surnames") else None

    @property
    def other_initial(self) -> bool:
        """The first authors share a surname, but not the initial of their given names."""
        is_namesake = self.both("surnames") and self.a.surnames[0] == self.b.surnames[0]
        return is_namesake and self.differ("first_initial")

    @property
    def no_author_shared(self) -> bool:
        if self.authors is None or self.authors or self.same_first_author:
            return False
        return self.a.names.isdisjoint(self.b.names)

    @cached_property
    def journals(self) -> float | None:
        """Likeness of the journals' names, 0 to 1; None where one is silent."""
        one, other = sorted((self.a.journal, self.b.journal))
        return journals.alike(one, other) if one else None

    @property
    def journals_differ(self) -> bool:
        return self.journals is not None and self.journals < 0.6

    @cached_property
    def abstracts(self) -> float | None:
        """Likeness of the abstracts as far as both go, 0 to 1; None where one is missing."""
        if not self.both("abstract"):
            return None
        length = min(len(self.a.abstract), len(self.b.abstract))
        return fuzz.ratio(self.a.abstract[:length], self.b.abstract[:length]) / 100

    @property
    def same_page(self) -> bool:
        """The same first page; page 1 alone says nothing, every issue has one."""
        is_telling = self.a.first_page != "1" or self.agree("last_page")
        return self.agree("first_page") and not self.differ("page_prefix") and is_telling

    @property
    def same_pages(self) -> bool:
        return self.same_page and self.agree("last_page")

    @property
    def pages_differ(self) -> bool:
        if self.both("first_page"):
            return self.differ("first_page") or self.differ("page_prefix")
        return self.both("last_page") and not _ends_alike(self.a.last_page, self.b.last_page)

    @property
    def same_place(self) -> bool:
        """The same first page of the same volume or journal, and nothing against either."""
        if not self.same_page or self.differ("volume"):
            return False
        return self.agree("volume") or (self.journals or 0) >= 0.8

    @property
    def are_versions(self) -> bool:
        return are_versions(self.a, self.b)

    @cached_property
    def numbers_apart(self) -> float:
        return numbers_apart(self.a, self.b)

    @property
    def one_is_an_abstract(self) -> bool:
        """One is a congress abstract and nothing tells that the other is the same one."""
        if self.same_page or is_congress_abstract(self.a) == is_congress_abstract(self.b):
            return False
        is_silent = not self.both("first_page") and not self.one_only("abstract")
        return not (is_silent and self.agree("volume") and (self.journals or 0) >= 0.8)

    @cached_property
    def other_words(self) -> tuple[frozenset[str], frozenset[str]]:
        """The words each title has for itself, after spelling and typing errors are allowed for."""
        only_a, only_b = _left_over(self.a.title, self.b.title)
        if spelling.folded("".join(only_a)) == spelling.folded("".join(only_b)):
            return frozenset(), frozenset()
        for word in list(only_a):
            near = next((other for other in only_b if self._is_one_word(word, other)), None)
            if near is not None:
                only_a.remove(word)
                only_b.remove(near)
        return frozenset(only_a), frozenset(only_b)

    def _is_one_word(self, word: str, other: str) -> bool:
        return spelling.is_one_word(word, other, in_use=self.in_use, is_proven=self.is_proven)

    @cached_property
    def is_proven(self) -> bool:
        """Id, place or abstract tell that it is one report, whatever a word of the titles says."""
        return self.same_id or self.same_place or (self.abstracts or 0) >= 0.85

    @cached_property
    def designations(self) -> tuple[frozenset[str], frozenset[str]]:
        """What mixes letters and numbers ("alfa 2a", "CYP2D6") and only one of the titles has."""
        return _designations(self.a.title, self.b.title), _designations(self.b.title, self.a.title)

    @property
    def word_changed(self) -> bool:
        """Whether one or two words stand in the place of others."""
        one, other = self.other_words
        return bool(one and other) and len(one) <= 2 and len(other) <= 2

    @property
    def words_added(self) -> bool:
        one, other = self.other_words
        return bool(one) != bool(other)


def is_congress_abstract(record: Keys) -> bool:
    """An abstract by its title, or by a single page of a supplement."""
    if "abstract" in record.marks:
        return True
    if not record.first_page or record.last_page not in ("", record.first_page):
        return False
    return record.is_supplement or record.page_prefix in _ABSTRACT_LETTERS


def _ends_alike(one: str, other: str) -> bool:
    return one.endswith(other) or other.endswith(one)


def _left_over(one: str, other: str) -> tuple[list[str], list[str]]:
    a, b = (Counter(title.split()) for title in (one, other))
    return _elements(a - b), _elements(b - a)


def _designations(title: str, other: str) -> frozenset[str]:
    tight = other.replace(" ", "")
    mixed = (word for word in title.split() if not word.isalpha() and not word.isdigit())
    return frozenset(word for word in mixed if word not in tight)


def _elements(words: Counter[str]) -> list[str]:
    """Words in the order of the title; numbers are compared by themselves, small words are none."""
    return [word for word in words.elements() if word.isalpha() and word not in _LITTLE]
