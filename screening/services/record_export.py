"""Exports of exactly the records a list shows, with outcomes as far as the member may know."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from reviewtool.reviews.models import Membership, Stage
from screening.citations import write
from screening.models import Record, Screening
from screening.services.conversion import CHUNK, citation_of
from screening.services.record_filters import shown_outcome

COLUMNS = (
    "record", "report", "source", "kind of source", "searched on", "title", "authors", "year",
    "journal", "volume", "issue", "pages", "doi", "pmid", "registration", "type", "language",
    "abstract", "keywords", "url", "accession", "title and abstract", "full text", "removed",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Format:
    """How records are written, and what a browser is told it is."""

    content_type: str
    write: Callable[[Membership, QuerySet[Record]], Iterator[str]]


def as_ris(member: Membership, records: QuerySet[Record]) -> Iterator[str]:
    """Yield records as RIS, with every tag that fills no field of ours."""
    yield from write((citation_of(record) for record in _in_chunks(records)), format="ris")


def as_csv(member: Membership, records: QuerySet[Record]) -> Iterator[str]:
    """Yield records as CSV; a cell that a spreadsheet would run as a formula is neutralised."""
    line = io.StringIO()
    writer = csv.writer(line)
    writer.writerow(COLUMNS)
    for record in _in_chunks(records.select_related("search")):
        writer.writerow(neutral(str(cell)) for cell in _cells(record, member))
        yield line.getvalue()
        line.seek(0)
        line.truncate()
    yield line.getvalue()


def neutral(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


FORMATS = {
    "ris": Format("application/x-research-info-systems; charset=utf-8", as_ris),
    "csv": Format("text/csv; charset=utf-8", as_csv),
}


def _in_chunks(records: QuerySet[Record]) -> Iterator[Record]:
    """Walk the records by id: constant memory on every database, whatever else is written."""
    after = 0
    while chunk := list(records.filter(pk__gt=after).order_by("pk")[:CHUNK]):
        _attach_screenings(chunk)
        yield from chunk
        after = chunk[-1].pk


def _attach_screenings(chunk: list[Record]) -> None:
    of_group: dict[int, dict[str, Screening]] = {}
    for row in Screening.objects.filter(record__in={record.canonical_id for record in chunk}):
        of_group.setdefault(row.record_id, {})[row.stage] = row
    for record in chunk:
        record.shown_screenings = of_group.get(record.canonical_id, {})


def _cells(record: Record, member: Membership) -> list[object]:
    search = record.search
    outcomes = [
        shown_outcome(record.shown_screenings[stage], member)
        if stage in record.shown_screenings
        else ""
        for stage in Stage.values
    ]
    return [
        record.pk, record.canonical_id, search.source, search.get_kind_display(),
        search.searched_on, record.title, "; ".join(record.authors), record.year or "",
        record.journal, record.volume, record.number, record.pages, record.doi, record.pmid,
        record.registry_id, record.type, record.language, record.abstract,
        "; ".join(record.keywords), record.url, record.accession, *outcomes,
        "removed before screening" if record.removed_seq else "",
    ]  # fmt: skip
