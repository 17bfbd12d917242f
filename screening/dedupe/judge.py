"""Judging a pair: named vetoes, sure rules, and what a person has to look at."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from rapidfuzz import fuzz

from screening.dedupe.normalise import Keys, numbers_in

ALIKE, NEAR, LOOSE = 96.0, 88.0, 60.0
LONG_TITLE = 30
_SMALL = frozenset(
    ["the", "of", "and", "for", "in", "on", "a", "an", "der", "die", "und", "de", "la", "et"]
)
_ERRATUM = re.compile(r"\b(erratum|corrigendum|correction|addendum)\b|\(vol\.? \d+", re.I)
_REPLY = re.compile(r"\b(reply|response|author'?s'? reply|comment(ary)? on|re)\b *[:to]", re.I)
_RETRACTION = re.compile(r"\b(retraction|retracted|withdrawal notice)\b", re.I)
_PROTOCOL = re.compile(r"\b(study protocol|protocol (for|of))\b", re.I)
_ABSTRACT = re.compile(r"^(s\d+|[a-z]{0,2}\d*s\d+)|suppl", re.I)
_COCHRANE = re.compile(r"(14651858\.(?:cd|mr)\d+)\.(pub\d+)?", re.I)
_GENERIC = re.compile(
    r"^((guest )?editorials?|introduction|preface|foreword|letters? to the editor|in this issue|"
    r"news|book reviews?|editorial introduction|correspondence|abstracts?|index|(table of )?contents|"
    r"(remarks from .{1,40} )?editor s (comments?|notes?|introduction)|from the editors?|reply|"
    r"authors? (s )?(reply|response)|obituary|erratum|corrigendum|correction)$"
)
_APART = (
    frozenset({"children", "adults"}),
    frozenset({"child", "adult"}),
    frozenset({"male", "female"}),
    frozenset({"men", "women"}),
)


@dataclass(frozen=True)
class Match:
    """A pair worth telling of; `first` is the smaller id.

    `verdict`: same (a rule joins them), ask (a person decides) or related (a rule links them as
    `relation`). Evidence is in words.
    """

    first: int
    second: int
    verdict: str
    relation: str = ""
    rule: str = ""
    score: float = 0.0
    reason: str = ""
    evidence_for: tuple[str, ...] = ()
    evidence_against: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pair:
    """Two records side by side, with what is compared worked out once."""

    a: Keys
    b: Keys
    likeness: float
    years_apart: int | None
    same_first_author: bool
    shared_authors: int

    @classmethod
    def of(cls, a: Keys, b: Keys) -> "Pair":
        years = abs(a.year - b.year) if a.year and b.year else None
        first = bool(a.surnames and b.surnames) and a.surnames[0] == b.surnames[0]
        shared = len(set(a.surnames) & set(b.surnames))
        likeness = fuzz.ratio(a.title, b.title) if a.title and b.title else 0.0
        return cls(a, b, likeness, years, first, shared)

    def both(self, name: str) -> bool:
        return bool(getattr(self.a, name)) and bool(getattr(self.b, name))

    def agree(self, name: str) -> bool:
        return self.both(name) and getattr(self.a, name) == getattr(self.b, name)

    def differ(self, name: str) -> bool:
        return self.both(name) and getattr(self.a, name) != getattr(self.b, name)


def _one_only(pattern: re.Pattern[str], pair: Pair) -> bool:
    return bool(pattern.search(pair.a.raw_title)) != bool(pattern.search(pair.b.raw_title))


def _numbers_differ(pair: Pair) -> bool:
    return numbers_in(pair.a.title.split()) != numbers_in(pair.b.title.split())


def _populations_differ(pair: Pair) -> bool:
    a, b = set(pair.a.title.split()), set(pair.b.title.split())
    return any(len(a & both) == len(b & both) == 1 and a & both != b & both for both in _APART)


def _abstract_and_paper(pair: Pair) -> bool:
    a, b = (bool(_ABSTRACT.search(one.pages)) for one in (pair.a, pair.b))
    return a != b and pair.both("pages")


def _is_generic(pair: Pair) -> bool:
    return any(_GENERIC.match(one.title) for one in (pair.a, pair.b))


def _is_one_place(pair: Pair) -> bool:
    """The same pages of the same issue: editorials begin on page 1 of every issue."""
    return pair.agree("pages") and pair.agree("volume") and pair.a.number == pair.b.number


def _is_one_doi(pair: Pair) -> bool:
    """A DOI speaks for a pair that differs elsewhere only under one title: issues have DOIs too."""
    return pair.agree("doi") and pair.a.title == pair.b.title and pair.same_first_author


#: Why two records are not joined by a rule, each with the words for it.
VETOES: tuple[tuple[str, Callable[[Pair], bool]], ...] = (
    ("one is an erratum", lambda pair: _one_only(_ERRATUM, pair)),
    ("one is a reply or comment", lambda pair: _one_only(_REPLY, pair)),
    ("one is a retraction", lambda pair: _one_only(_RETRACTION, pair)),
    ("one is a protocol", lambda pair: _one_only(_PROTOCOL, pair)),
    ("numbers in the titles differ", _numbers_differ),
    ("the titles name different populations", _populations_differ),
    ("registrations differ", lambda pair: pair.differ("registry")),
    ("one is a register entry", lambda pair: bool(pair.a.registry) != bool(pair.b.registry) and not pair.agree("doi")),
    ("one is a congress abstract", _abstract_and_paper),
    ("the title is a generic one", lambda pair: _is_generic(pair) and not _is_one_place(pair)),
    ("no author is shared", lambda pair: pair.both("surnames") and pair.shared_authors == 0),
    ("years differ by more than one", lambda pair: (pair.years_apart or 0) > 1),
    ("PubMed ids differ", lambda pair: pair.differ("pmid")),
    ("DOIs differ", lambda pair: pair.differ("doi")),
    ("pages differ", lambda pair: pair.differ("first_page") and not _is_one_doi(pair)),
    ("volumes differ", lambda pair: pair.differ("volume") and not _is_one_doi(pair)),
    ("issues differ", lambda pair: pair.differ("number") and not pair.agree("first_page") and not _is_one_doi(pair)),
    ("the same DOI, but other titles", lambda pair: pair.agree("doi") and pair.likeness < LOOSE),
)  # fmt: skip
_RELATIONS = (
    (_ERRATUM, "erratum_of"),
    (_REPLY, "reply_to"),
    (_RETRACTION, "retraction_of"),
    (_PROTOCOL, "protocol_of"),
)


def judge(first: int, second: int, a: Keys, b: Keys) -> Match | None:
    """Judge one pair; None means that it is not worth telling of."""
    pair = Pair.of(a, b)
    against = _vetoes(pair)
    in_favour = _in_favour(pair)
    relation = _relation(pair)
    if relation:
        return Match(first, second, "related", relation, f"looks like {relation.replace('_', ' ')}",
                     pair.likeness / 100, "", in_favour, against)  # fmt: skip
    rule = _sure(pair)
    if rule and not against:
        return Match(first, second, "same", "", rule, _score(pair), "", in_favour, ())
    if _worth_asking(pair, rule):
        against = against or ("nothing beyond the title agrees",)
        return Match(first, second, "ask", "", "", _score(pair), against[0], in_favour, against)
    return None


def vetoes(a: Keys, b: Keys) -> tuple[str, ...]:
    """What speaks against two records being one report, in words."""
    return _vetoes(Pair.of(a, b))


def _vetoes(pair: Pair) -> tuple[str, ...]:
    return tuple(words for words, holds in VETOES if holds(pair))


def _sure(pair: Pair) -> str:
    """The name of the rule that would join the pair, if no veto speaks against it."""
    same_title = bool(pair.a.title) and pair.a.title == pair.b.title
    if same_title and pair.a == pair.b and (pair.a.surnames or pair.a.abstract or pair.a.pages):
        return "the same in every field"
    if same_title and pair.agree("registry"):
        return "same registration and title"
    for name, words in (("pmid", "same PubMed id"), ("doi", "same DOI")):
        if pair.agree(name) and pair.likeness >= NEAR:
            return f"{words}, titles agree"
        if pair.agree(name) and pair.same_first_author and pair.agree("first_page"):
            return f"{words}, first author and page"
    placed = pair.agree("pages") or pair.agree("first_page") or pair.agree("volume")
    if same_title and pair.same_first_author and pair.years_apart in (0, 1) and placed:
        return "same title, first author and place"
    if same_title and pair.same_first_author and pair.years_apart == 0 and _same_journal(pair):
        return "same title, first author, year and journal"
    if same_title and pair.same_first_author and pair.years_apart == 0 and _same_record(pair):
        return "same title, first author, year and abstract"
    is_alike = pair.likeness >= ALIKE and pair.same_first_author and pair.years_apart == 0
    if is_alike and pair.agree("volume") and pair.agree("first_page"):
        return "titles alike, same first author, volume and page"
    return ""


def _same_record(pair: Pair) -> bool:
    return pair.both("abstract") and fuzz.ratio(pair.a.abstract, pair.b.abstract) >= 95


def _same_journal(pair: Pair) -> bool:
    """One name of a journal may be shortened word by word; short titles recur within a year."""
    if len(pair.a.title) < LONG_TITLE:
        return False
    a, b = (
        [word for word in one.journal.split() if word not in _SMALL] for one in (pair.a, pair.b)
    )
    return bool(a) and len(a) == len(b) and all(map(_shortens, a, b))


def _shortens(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _worth_asking(pair: Pair, rule: str) -> bool:
    if rule:
        return True
    if pair.agree("pmid") or pair.agree("doi"):
        return True
    close = (pair.years_apart or 0) <= 1
    if _GENERIC.match(pair.a.title) or pair.differ("registry"):
        return False
    if pair.likeness >= ALIKE and close and pair.agree("first_page"):
        return True
    if pair.likeness >= ALIKE and close and (pair.shared_authors or not pair.both("surnames")):
        return not (pair.differ("doi") and pair.differ("first_page"))
    if pair.same_first_author and close and pair.agree("first_page") and pair.agree("volume"):
        return pair.likeness >= 40 or not pair.both("title")
    is_near = pair.likeness >= NEAR and pair.same_first_author and pair.years_apart == 0
    return is_near and not (pair.differ("doi") or _numbers_differ(pair))


def _relation(pair: Pair) -> str:
    """What one is to the other, where the title says so and the rest of it agrees."""
    a, b = _COCHRANE.search(pair.a.doi), _COCHRANE.search(pair.b.doi)
    if a and b and a.group(1) == b.group(1) and pair.a.doi != pair.b.doi:
        return "version_of"
    longer = fuzz.partial_ratio(pair.a.title, pair.b.title)
    if longer < 95 or min(len(pair.a.title), len(pair.b.title)) < 20:
        return ""
    return next((name for pattern, name in _RELATIONS if _one_only(pattern, pair)), "")


def _in_favour(pair: Pair) -> tuple[str, ...]:
    said = [
        ("same DOI", pair.agree("doi")),
        ("same PubMed id", pair.agree("pmid")),
        (f"titles {round(pair.likeness)} % alike", pair.likeness >= LOOSE),
        ("same first author", pair.same_first_author),
        ("same year", pair.years_apart == 0),
        ("same volume", pair.agree("volume")),
        ("same journal", pair.agree("journal")),
        ("same pages", pair.agree("pages")),
        ("same first page", pair.agree("first_page") and not pair.agree("pages")),
        ("same registration", pair.agree("registry")),
    ]
    return tuple(words for words, holds in said if holds)


def _score(pair: Pair) -> float:
    """How alike two records are, 0 to 1: an order for the queue, not a probability."""
    parts = [
        (0.5, pair.likeness / 100),
        (0.15, float(pair.same_first_author)),
        (0.15, float(pair.agree("doi") or pair.agree("pmid"))),
        (0.1, float(pair.years_apart == 0)),
        (0.1, float(pair.agree("first_page") or pair.agree("volume"))),
    ]
    return round(sum(weight * value for weight, value in parts), 4)
