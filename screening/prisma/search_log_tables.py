"""The search log as tables for machines: CSV with a row per search, and JSON."""

import csv
import io

from screening.citations.table_writer import neutral
from screening.prisma.search_log import LoggedSearch, SearchLog, report
from screening.prisma.search_log_items import ITEMS

_TEXTS = {item.key: f"{item.number} {item.name}" for item in ITEMS if not item.is_computed}
COLUMNS = (
    "Search", "1 Source", "1 Platform", "Kind of source", *_TEXTS.values(),
    "8 Full search strategy", "13 Date of search", "15 Results shown by the source",
    "15 Records", "16 Duplicates removed", "Note",
)  # fmt: skip
WHOLE = "Whole review"


def to_csv(log: SearchLog) -> str:
    """Write one row per search, then one for what holds for the whole review.

    Headings begin with the number of the item they answer. What a spreadsheet would run as a
    formula has an apostrophe before it.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    rows = [*(_row(search) for search in log.searches), _whole_row(log)]
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return out.getvalue()


def _row(search: LoggedSearch) -> list[str]:
    shown = "" if search.n_shown is None else str(search.n_shown)
    duplicates = str(search.n_duplicates) if search.is_left_column else ""
    return [
        str(search.number), search.source, search.platform, search.kind_words,
        *(search.details.get(key, "") for key in _TEXTS),
        search.query, search.searched_on.isoformat() if search.searched_on else "", shown,
        str(search.n_records), duplicates, search.note,
    ]  # fmt: skip


def _whole_row(log: SearchLog) -> list[str]:
    return [
        WHOLE, "", "", "",
        *(log.answers.get(key, "") for key in _TEXTS),
        "", "", "", str(log.n_records), str(log.deduplication.n_removed), "",
    ]  # fmt: skip


def to_json(log: SearchLog) -> dict[str, object]:
    """The log as plain data: the 16 items with what is missing of each, the searches, totals."""
    reported = report(log)
    return {
        "is_complete": not any(each.missing for each in reported),
        "items": [
            {
                "number": each.item.number,
                "section": each.item.section,
                "name": each.item.name,
                "reported": [
                    {"search": line.search.id if line.search else None, "text": line.text}
                    for line in each.lines
                ],
                "missing": [gap.sentence for gap in each.missing],
            }
            for each in reported
        ],
        "searches": [_search(search) for search in log.searches],
        "answers": dict(log.answers),
        "totals": _totals(log),
    }


def _search(search: LoggedSearch) -> dict[str, object]:
    return {
        "id": search.id,
        "number": search.number,
        "source": search.source,
        "kind": search.kind,
        "platform": search.platform,
        "query": search.query,
        "searched_on": search.searched_on.isoformat() if search.searched_on else None,
        "n_shown": search.n_shown,
        "n_records": search.n_records,
        "n_duplicates": search.n_duplicates,
        "details": dict(search.details),
        "note": search.note,
    }


def _totals(log: SearchLog) -> dict[str, int]:
    done = log.deduplication
    return {
        "databases_and_registers": log.n_left,
        "other_methods": log.n_other,
        "duplicates": done.n_removed,
        "duplicates_by_rule": done.by_rule,
        "duplicates_by_person": done.by_person,
        "open_pairs": done.n_open,
    }
