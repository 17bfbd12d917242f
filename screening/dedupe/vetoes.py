"""Why two records are not joined without a person: named predicates, each with its words."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from screening.dedupe.pair import Pair

SURE_TITLE, LOOSE_TITLE = 95.0, 60.0
_FIRST_PAGES = 10
_PERIODIC = re.compile(
    r"\b(?:annual|yearly|biennial|quarterly|monthly|weekly|statistics|surveillance|yearbook|census)\b"
)
#: Words that stand for another study where each title names another one of them.
_APART = tuple(
    frozenset(words.split())
    for words in (
        "children adults adolescents infants elderly neonates newborns adult child pediatric paediatric",
        "men women boys girls male female males females mothers fathers",
        "mice rats mouse rat dogs rabbits humans human pigs monkeys",
        "acute chronic", "type1 type2", "high low", "early late", "short long", "before after",
        "inpatient outpatient inpatients outpatients", "primary secondary", "systolic diastolic",
        "plus minus", "sensitive resistant", "positive negative", "with without", "left right",
        "increased decreased", "increases decreases", "upper lower", "vitro vivo",
        "urban rural", "north south east west", "spring summer autumn winter",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Veto:
    """A reason against joining; `told` adds what the two records say."""

    name: str
    words: str
    holds: Callable[[Pair], bool]
    told: Callable[[Pair], str] = lambda pair: ""

    def said(self, pair: Pair) -> str:
        details = self.told(pair)
        return f"{self.words}: {details}" if details else self.words


def _both(name: str) -> Callable[[Pair], str]:
    return lambda pair: " / ".join(sorted(str(getattr(one, name)) for one in (pair.a, pair.b)))


def _words(pair: Pair) -> str:
    return " / ".join(sorted(" ".join(sorted(words)) or "–" for words in pair.other_words))


def _numbers(pair: Pair) -> str:
    return " / ".join(sorted(", ".join(one.numbers) or "none" for one in (pair.a, pair.b)))


def _numbers_differ(pair: Pair) -> bool:
    """Numbers that only one title tells count unless the place or the id is the same."""
    if pair.numbers_apart == 1:
        return not (pair.same_place or (pair.same_id and pair.likeness >= 85))
    return pair.numbers_apart == 2


def _populations_differ(pair: Pair) -> bool:
    one, other = pair.other_words
    return any(
        (one & words) and (other & words) and one & words != other & words for words in _APART
    )


def _word_changed(pair: Pair) -> bool:
    return pair.word_changed and pair.likeness >= 75 and not _is_proven_word(pair)


def _designations_differ(pair: Pair) -> bool:
    one, other = pair.designations
    return bool(one and other) and not _is_proven_word(pair)


def _signs_differ(pair: Pair) -> bool:
    """Many exports lose signs, so only titles that both have some are held against each other."""
    return pair.differ("signs") and not _is_proven_word(pair)


def _is_proven_word(pair: Pair) -> bool:
    return pair.same_place or (pair.same_id and not pair.pages_differ)


def _is_periodic(pair: Pair) -> bool:
    """Reports that come every year under one title: their years tell them apart."""
    if not pair.years_apart or not (
        _PERIODIC.search(pair.a.title) or _PERIODIC.search(pair.b.title)
    ):
        return False
    return not _is_proven_word(pair)


def _may_be_versions(pair: Pair) -> bool:
    """One Cochrane review twice, where a DOI is missing and year or issue differ."""
    if pair.are_versions:
        return True
    is_one = pair.agree("cochrane") or all("cochrane" in one.journal for one in (pair.a, pair.b))
    return is_one and not pair.same_id and (bool(pair.years_apart) or pair.differ("number"))


def _is_proven(pair: Pair) -> bool:
    """One id under one title: a slip in year, volume or pages does not part them."""
    return pair.same_id and pair.likeness >= SURE_TITLE and not pair.is_column


def _pages_differ(pair: Pair) -> bool:
    if not pair.pages_differ:
        return False
    return not (_is_proven(pair) and pair.same_first_author)


def _volumes_differ(pair: Pair) -> bool:
    """A volume is left out of account where page, year, journal and abstract agree."""
    is_slip = pair.same_page and pair.years_apart == 0 and (pair.journals or 0) >= 0.8
    is_same_text = is_slip and (pair.abstracts or 0) >= 0.9
    return pair.differ("volume") and not (_is_proven(pair) or pair.same_pages or is_same_text)


def _issues_differ(pair: Pair) -> bool:
    """Every issue has a page 2: among the first pages the same one does not make it one issue."""
    is_deep = pair.same_page and int(pair.a.first_page) > _FIRST_PAGES
    is_one_text = pair.same_page and (pair.abstracts or 0) >= 0.85
    return pair.differ("number") and not (is_deep or is_one_text or _is_proven(pair))


def _journals_differ(pair: Pair) -> bool:
    proven = pair.same_place or (pair.same_page and pair.agree("volume"))
    return pair.journals_differ and not (proven or _is_proven(pair))


def _years_differ(pair: Pair) -> bool:
    return (pair.years_apart or 0) > 1 and not (_is_proven(pair) and not pair.pages_differ)


def _is_column(pair: Pair) -> bool:
    if not pair.is_column:
        return False
    is_one_place = pair.same_pages and pair.agree("volume") and not pair.differ("number")
    return not (is_one_place or (pair.same_id and not pair.pages_differ))


def _doi_of_more(pair: Pair) -> bool:
    """A DOI under two titles may be that of an issue."""
    return pair.same_id and pair.both("title") and max(pair.likeness, pair.inside - 10) < 80


def _marked(mark: str) -> Callable[[Pair], bool]:
    return lambda pair: pair.one_only(mark)


VETOES = (
    Veto("erratum", "one is an erratum", _marked("erratum")),
    Veto("reply", "one is a reply", _marked("reply")),
    Veto("comment", "one is a comment", _marked("comment")),
    Veto("retraction", "one is a retraction", _marked("retraction")),
    Veto("protocol", "one is a protocol", _marked("protocol")),
    Veto("entry", "one is a register entry", lambda pair: pair.a.is_entry != pair.b.is_entry),
    Veto("registration", "registrations differ", lambda pair: pair.differ("registry"), _both("registry")),
    Veto("version", "they are different versions of one review", _may_be_versions),
    Veto("abstract", "one is a congress abstract", lambda pair: pair.one_is_an_abstract),
    Veto("column", "the title is a generic one", _is_column),
    Veto("numbers", "numbers in the titles differ", _numbers_differ, _numbers),
    Veto("population", "the titles name different populations", _populations_differ, _words),
    Veto("word", "a word of the titles differs", _word_changed, _words),
    Veto(
        "designation", "designations in the titles differ", _designations_differ,
        lambda pair: " / ".join(sorted(" ".join(sorted(words)) for words in pair.designations)),
    ),
    Veto("sign", "signs in the titles differ", _signs_differ),
    Veto("edition", "a report that comes again, of another year", _is_periodic, _both("year")),
    Veto("authors", "no author is shared", lambda pair: pair.no_author_shared),
    Veto("years", "years differ by more than one", _years_differ, _both("year")),
    Veto("pmid", "PubMed ids differ", lambda pair: pair.differ("pmid"), _both("pmid")),
    Veto("doi", "DOIs differ", lambda pair: pair.differ("doi"), _both("doi")),
    Veto("titles", "the same DOI, but other titles", _doi_of_more),
    Veto("pages", "pages differ", _pages_differ, _both("pages")),
    Veto("volume", "volumes differ", _volumes_differ, _both("volume")),
    Veto("issue", "issues differ", _issues_differ, _both("number")),
    Veto("journal", "journals differ", _journals_differ, _both("journal")),
)  # fmt: skip


def obstacles_in(pair: Pair) -> tuple[Veto, ...]:
    """Vetoes on a pair that other records link: sources differ by a year in either direction."""
    is_near = (pair.years_apart or 0) <= 2
    return tuple(veto for veto in vetoes_on(pair) if not (veto.name == "years" and is_near))


def vetoes_on(pair: Pair) -> tuple[Veto, ...]:
    """The vetoes that hold, the weightiest first."""
    return tuple(veto for veto in VETOES if veto.holds(pair))
