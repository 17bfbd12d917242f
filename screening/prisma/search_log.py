"""The search log: what PRISMA-S asks to report of every search, as tables for an appendix.

Source: Rethlefsen ML et al., PRISMA-S: an extension to the PRISMA statement for reporting
literature searches in systematic reviews. Syst Rev 2021;10:39 (16 items).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from screening.citations.table_writer import neutral

#: The sixteen items, by number.
ITEMS: Mapping[int, str] = {
    1: "Database name",
    2: "Multi-database searching",
    3: "Study registries",
    4: "Online resources and browsing",
    5: "Citation searching",
    6: "Contacts",
    7: "Other methods",
    8: "Full search strategies",
    9: "Limits and restrictions",
    10: "Search filters",
    11: "Prior work",
    12: "Updates",
    13: "Dates of searches",
    14: "Peer review",
    15: "Total records",
    16: "Deduplication",
}
NOTES = ("browsing", "contacts", "other_methods", "updates", "peer_review")
"""Keys of what is told once for the whole log: items 4, 6, 7, 12 and 14."""


@dataclass(frozen=True)
class SearchEntry:
    """One query in one source on one day, with what came of it."""

    number: int
    kind: str
    source: str
    searched_on: date
    platform: str = ""
    query: str = ""
    n_shown: int | None = None
    n_records: int = 0
    details: Mapping[str, str] | None = None
    note: str = ""

    def detail(self, key: str) -> str:
        """Return what the search tells of an item, or nothing."""
        return (self.details or {}).get(key, "")


@dataclass(frozen=True)
class SearchLog:
    """All searches of a review, its notes on them, and the counts computed from the ledger."""

    review: str
    searches: tuple[SearchEntry, ...] = ()
    notes: Mapping[str, str] | None = None
    n_records: int = 0
    n_by_rule: int = 0
    n_by_person: int = 0

    def note(self, key: str) -> str:
        return (self.notes or {}).get(key, "")

    def of_kind(self, *kinds: str) -> tuple[SearchEntry, ...]:
        return tuple(search for search in self.searches if search.kind in kinds)


class Item(NamedTuple):
    """One item of the checklist: where it stands, and whether it is told."""

    number: int
    name: str
    told: str

    @property
    def is_told(self) -> bool:
        return bool(self.told)


def checklist(log: SearchLog) -> tuple[Item, ...]:
    """Return the sixteen items with what the log tells of each; empty where it tells nothing."""
    told = {
        1: _names(log.of_kind("database")),
        2: _each(log, "multi_database", fallback="platform"),
        3: _names(log.of_kind("register")),
        4: _joined(
            _names(log.of_kind("website", "organisation")),
            _each(log, "browsing"),
            log.note("browsing"),
        ),
        5: _names(log.of_kind("citation_searching")),
        6: _joined(_each(log, "contacts"), log.note("contacts")),
        7: _joined(_names(log.of_kind("other")), log.note("other_methods")),
        8: _strategies(log),
        9: _each(log, "limits"),
        10: _each(log, "filters"),
        11: _each(log, "prior_work"),
        12: _joined(_each(log, "updates"), log.note("updates")),
        13: _dates(log),
        14: log.note("peer_review"),
        15: _totals(log),
        16: _deduplication(log),
    }
    return tuple(Item(number, name, told[number]) for number, name in ITEMS.items())


def gaps(log: SearchLog) -> tuple[str, ...]:
    """Return what is missing, in sentences that say what to do."""
    return tuple(_gaps(log))


def _gaps(log: SearchLog) -> Iterator[str]:
    if not log.searches:
        yield "No search is registered yet. Register each query, source and day."
    for search in log.searches:
        if not search.query and search.kind in ("database", "register"):
            yield f"Search {search.number} ({search.source}) has no search string: enter it as run."
        differs = search.n_shown is not None and search.n_shown != search.n_records
        if differs and not search.note:
            yield (
                f"Search {search.number} ({search.source}) showed {search.n_shown:,} records, "
                f"{search.n_records:,} are in the review: explain the difference in its note."
            )
    for number in (9, 10, 14):
        if log.searches and not checklist(log)[number - 1].is_told:
            yield f"Item {number}, {ITEMS[number].lower()}, is not told. If there was none, say so."


COLUMNS = (
    "Search", "Kind of source", "Source", "Platform", "Date searched", "Search string as run",
    "Limits and restrictions", "Search filters", "Searched together with", "Prior work", "Updates",
    "Records the source showed", "Records in the review", "Note",
)  # fmt: skip


def rows(log: SearchLog) -> Iterator[tuple[str, ...]]:
    """Yield the table of searches, one row each, in the order of `COLUMNS`."""
    for search in log.searches:
        yield (
            str(search.number), search.kind.replace("_", " "), search.source, search.platform,
            search.searched_on.isoformat(), search.query, search.detail("limits"),
            search.detail("filters"), search.detail("multi_database"),
            search.detail("prior_work"), search.detail("updates"),
            "" if search.n_shown is None else str(search.n_shown), str(search.n_records),
            search.note,
        )  # fmt: skip


def to_csv(log: SearchLog) -> str:
    """Return the searches and then the checklist as CSV; formulas are neutralised."""
    out = io.StringIO()
    writer = csv.writer(out)
    lines: list[tuple[str, ...]] = [COLUMNS, *rows(log), (), ("PRISMA-S item", "Name", "Reported")]
    lines += [(str(item.number), item.name, item.told) for item in checklist(log)]
    writer.writerows([neutral(cell) for cell in line] for line in lines)
    return out.getvalue()


def to_json(log: SearchLog) -> dict[str, object]:
    """Return the log as plain data: searches by column, the checklist, and what is missing."""
    return {
        "searches": [dict(zip(COLUMNS, row, strict=True)) for row in rows(log)],
        "items": [
            {"item": item.number, "name": item.name, "reported": item.told}
            for item in checklist(log)
        ],
        "gaps": list(gaps(log)),
    }


def _names(searches: tuple[SearchEntry, ...]) -> str:
    return "; ".join(
        dict.fromkeys(
            f"{search.source} ({search.platform})" if search.platform else search.source
            for search in searches
        )
    )


def _each(log: SearchLog, key: str, *, fallback: str = "") -> str:
    """Tell an item search by search, naming the ones that say the same together."""
    said: dict[str, list[str]] = {}
    for search in log.searches:
        text = search.detail(key)
        if not text and fallback and (platform := getattr(search, fallback)):
            text = f"searched on {platform}"
        if text:
            said.setdefault(text, []).append(str(search.number))
    return "; ".join(f"search {', '.join(numbers)}: {text}" for text, numbers in said.items())


def _strategies(log: SearchLog) -> str:
    with_query = [str(search.number) for search in log.searches if search.query]
    if not with_query:
        return ""
    return f"Strings as run are in the table, searches {', '.join(with_query)}"


def _dates(log: SearchLog) -> str:
    days = sorted({search.searched_on for search in log.searches})
    if not days:
        return ""
    if len(days) == 1:
        return f"All searches on {days[0].isoformat()}"
    return f"{days[0].isoformat()} to {days[-1].isoformat()}; each day is in the table"


def _totals(log: SearchLog) -> str:
    if not log.searches:
        return ""
    each = "; ".join(f"search {search.number}: {search.n_records:,}" for search in log.searches)
    return f"{log.n_records:,} records in all ({each})"


def _deduplication(log: SearchLog) -> str:
    if not log.n_records:
        return ""
    n = log.n_by_rule + log.n_by_person
    return (
        f"{n:,} duplicate records removed: {log.n_by_rule:,} joined by rules that look at "
        f"identifiers, titles, authors, pages and abstracts, {log.n_by_person:,} by a person"
    )


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
