"""The search log: what the 16 items of PRISMA-S ask, what a review reports, what is missing.

Items after Rethlefsen et al. 2021, Systematic Reviews 10:39, doi:10.1186/s13643-020-01542-z.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from screening.prisma.facts import LEFT_KINDS, SourceKind
from screening.prisma.search_log_items import ITEMS, Item
from screening.prisma.text import listed

GUIDELINE = (
    "Rethlefsen ML, Kirtley S, Waffenschmidt S, et al. PRISMA-S: an extension to the PRISMA "
    "Statement for Reporting Literature Searches in Systematic Reviews. Systematic Reviews "
    "2021;10:39. doi:10.1186/s13643-020-01542-z"
)
KIND_WORDS = {
    SourceKind.DATABASE: "Database",
    SourceKind.REGISTER: "Register",
    SourceKind.WEBSITE: "Website",
    SourceKind.ORGANISATION: "Organisation",
    SourceKind.CITATION_SEARCHING: "Citation searching",
    SourceKind.OTHER: "Other",
}


@dataclass(frozen=True)
class LoggedSearch:
    """One query in one source on one day, and what it brought.

    `number` counts the review's searches from 1 in the order they were registered. `n_shown` is
    what the source said it found, None where nobody wrote it down; `n_records` what is in the
    review; `n_duplicates` how many of those were joined to another record. `details` has texts
    under the keys of `ITEMS`.
    """

    id: int
    number: int
    source: str
    kind: str
    platform: str = ""
    query: str = ""
    searched_on: date | None = None
    n_shown: int | None = None
    n_records: int = 0
    n_duplicates: int = 0
    details: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    def __str__(self) -> str:
        return f"Search {self.number} ({self.source})"

    @property
    def is_left_column(self) -> bool:
        """Whether it is a search of a database or register."""
        return SourceKind(self.kind) in LEFT_KINDS

    @property
    def kind_words(self) -> str:
        return KIND_WORDS[SourceKind(self.kind)]

    @property
    def day(self) -> str:
        """The day as people write it; empty where none is known."""
        return written(self.searched_on) if self.searched_on else ""


@dataclass(frozen=True)
class Deduplication:
    """How many duplicates were removed, as the flow counts them, and by what.

    Only copies in databases and registers count as duplicates (PRISMA 2020). `n_open` pairs
    still wait for a person's word.
    """

    tool: str
    by_rule: int = 0
    by_person: int = 0
    n_open: int = 0

    @property
    def n_removed(self) -> int:
        return self.by_rule + self.by_person


@dataclass(frozen=True)
class SearchLog:
    """Everything the search log of a review is written from.

    `answers` are the review's own words on items that no single search answers, by the keys of
    `ITEMS`; they also hold for each search that says nothing of its own.
    """

    review: str
    on: date
    searches: tuple[LoggedSearch, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    deduplication: Deduplication = Deduplication("")

    def of_kinds(self, *kinds: SourceKind) -> list[LoggedSearch]:
        return [search for search in self.searches if search.kind in kinds]

    @property
    def left(self) -> list[LoggedSearch]:
        return [search for search in self.searches if search.is_left_column]

    @property
    def n_records(self) -> int:
        return sum(search.n_records for search in self.searches)

    @property
    def n_left(self) -> int:
        """Records from databases and registers."""
        return sum(search.n_records for search in self.left)

    @property
    def n_other(self) -> int:
        """Records identified by other methods."""
        return self.n_records - self.n_left


class Line(NamedTuple):
    """One thing reported under an item; `search` is the one it is about, if it is about one."""

    text: str
    search: LoggedSearch | None = None

    def __str__(self) -> str:
        return ": ".join(filter(None, [str(self.search or ""), self.text]))


class Gap(NamedTuple):
    """A sentence on what is missing; `search` is where to enter it, None for the review."""

    sentence: str
    search: LoggedSearch | None = None


class Reported(NamedTuple):
    """An item with what the review reports under it, and what is still missing."""

    item: Item
    lines: tuple[Line, ...]
    missing: tuple[Gap, ...]

    @property
    def told(self) -> list[tuple[str, str]]:
        """Each text once, after the names of the searches it is about."""
        searches: dict[str, list[str]] = {}
        for line in self.lines:
            about = searches.setdefault(line.text, [])
            if line.search:
                about.append(f"{line.search.number} ({line.search.source})")
        return [(_about(names), text) for text, names in searches.items()]


def _about(names: list[str]) -> str:
    if not names:
        return ""
    return f"{'Search' if len(names) == 1 else 'Searches'} {listed(names)}"


def written(day: date) -> str:
    """Write a day out: 7 May 2026."""
    return f"{day.day} {day:%B %Y}"


def report(log: SearchLog) -> tuple[Reported, ...]:
    """Return all 16 items in their order."""
    return tuple(
        Reported(item, tuple(_lines(log, item)), tuple(_missing(log, item))) for item in ITEMS
    )


def missing(log: SearchLog) -> list[str]:
    """Return one sentence for everything that PRISMA-S asks and the log does not tell."""
    return [gap.sentence for reported in report(log) for gap in reported.missing]


# ---------------------------------------------------------------- what is reported


def _lines(log: SearchLog, item: Item) -> Iterable[Line]:
    yield from (Line(_way(s), s) for s in log.of_kinds(*item.kinds))
    if item.key == "search_strategy":
        yield from (Line(s.query, s) for s in log.left if s.query)
    elif item.key == "searched_on":
        yield from (Line(s.day, s) for s in log.searches if s.day)
    elif item.key == "records":
        yield from _total_lines(log)
    elif item.key == "deduplication":
        yield from _deduplication_lines(log)
    elif item.key == "multi_database" and not _told(log, item.key) and log.searches:
        yield Line("No databases were searched together: each search ran in one source.")
    if answer := log.answers.get(item.key):
        yield Line(answer)
    yield from (Line(s.details[item.key], s) for s in log.searches if s.details.get(item.key))


def _way(search: LoggedSearch) -> str:
    """The platform, where it says more than the source; of other methods also how they went."""
    platform = "" if search.platform == search.source else search.platform
    if search.is_left_column:
        return f"through {platform}" if platform else ""
    return ": ".join(filter(None, [platform, search.query]))


def _total_lines(log: SearchLog) -> Iterable[Line]:
    for search in log.searches:
        shown = "" if search.n_shown is None else f"; the source showed {search.n_shown:,}"
        yield Line(f"{_n(search.n_records, 'record')}{shown}", search)
    if log.searches:
        other = f", and {log.n_other:,} by other methods" if log.n_other else ""
        yield Line(f"{_n(log.n_left, 'record')} from databases and registers{other}.")


def _deduplication_lines(log: SearchLog) -> Iterable[Line]:
    done = log.deduplication
    if not log.n_left:
        return
    yield Line(
        f"Of {_n(log.n_left, 'record')} from databases and registers"
        f" {_n(done.n_removed, 'duplicate')} {'was' if done.n_removed == 1 else 'were'} removed"
        f" ({done.by_rule:,} joined by a rule, {done.by_person:,} by a person);"
        f" {_n(log.n_left - done.n_removed, 'record')} remained."
    )
    yield Line(
        f"{done.tool} compared the records; pairs of which its rules were sure"
        " were joined, and pairs of which they were not sure were judged by a person."
    )


def _n(n: int, singular: str) -> str:
    return f"{n:,} {singular if n == 1 else singular + 's'}"


def _told(log: SearchLog, key: str) -> bool:
    """Whether the review or any of its searches says something under a key."""
    return bool(log.answers.get(key)) or any(s.details.get(key) for s in log.searches)


# ---------------------------------------------------------------- what is missing


def _missing(log: SearchLog, item: Item) -> Iterable[Gap]:
    if item.key == "database":
        yield from _databases_missing(log)
    elif item.key == "search_strategy":
        yield from (Gap(_without_strategy(s), s) for s in log.left if not s.query)
    elif item.key == "searched_on":
        undated = (s for s in log.searches if not s.day)
        yield from (Gap(f"{s} has no date of search: enter it.", s) for s in undated)
    elif item.key == "records":
        yield from _records_missing(log)
    elif item.key == "deduplication":
        yield from _open_pairs(log)
    elif item.each_search:
        yield from _each_missing(log, item)
    elif item.otherwise and not log.of_kinds(*item.kinds) and not _told(log, item.key):
        yield Gap(item.otherwise)
    yield from _undescribed(log, item)


def _databases_missing(log: SearchLog) -> Iterable[Gap]:
    databases = log.of_kinds(SourceKind.DATABASE)
    if not databases:
        yield Gap("No search of a database is registered.")
    for search in databases:
        if not search.platform:
            sentence = f"{search} has no platform: say through which it ran, for example Ovid."
            yield Gap(sentence, search)


def _without_strategy(search: LoggedSearch) -> str:
    return f"{search} has no search strategy: paste it exactly as it was run."


def _each_missing(log: SearchLog, item: Item) -> Iterable[Gap]:
    """Databases and registers each need an answer, of their own or the review's."""
    if not log.answers.get(item.key):
        for search in log.left:
            if not search.details.get(item.key):
                yield Gap(f"{search} {item.otherwise}", search)


def _undescribed(log: SearchLog, item: Item) -> Iterable[Gap]:
    """Sources that have no strategy need words on how they were looked through."""
    if item.needs_words and not log.answers.get(item.key):
        for search in log.of_kinds(*item.kinds):
            if not search.query and not search.details.get(item.key):
                yield Gap(f"{search} does not say how it was searched: describe it.", search)


def _records_missing(log: SearchLog) -> Iterable[Gap]:
    if not log.searches:
        yield Gap("No search is registered, so there are no records to count.")
    for search in log.searches:
        if search.n_shown is None and search.is_left_column:
            sentence = "does not say how many results the source showed: enter the number."
            yield Gap(f"{search} {sentence}", search)
        if not search.n_records and search.n_shown != 0:
            sentence = "has no records yet: import its files, or enter 0 as results shown."
            yield Gap(f"{search} {sentence}", search)


def _open_pairs(log: SearchLog) -> Iterable[Gap]:
    n = log.deduplication.n_open
    if n:
        wait = "pair of records still waits" if n == 1 else "pairs of records still wait"
        yield Gap(f"{n:,} {wait} for a judgement on the page Duplicates.")
