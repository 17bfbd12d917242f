"""Exports of exactly the records a list shows, with outcomes as far as the member may know.

Everything is written in constant memory, however many records there are.
"""

import csv
import io
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from reviewtool.reviews.models import Membership, Protocol, Stage
from screening.citations import Citation, bibtex_writer, table_writer, write
from screening.citations.screened import COLUMNS as SCREENED
from screening.citations.screened import with_outcomes
from screening.models import Record, Screening
from screening.services.conversion import CHUNK, chunked, citation_of
from screening.services.record_filters import outcome_words

#: Names that no reader takes for a field of a citation, so that what is exported comes back as it was.
BEFORE = ("record number", "report number", "found by", "kind of search", "searched on")
AFTER = (*SCREENED.values(), "removed before screening")
COLUMNS = (*BEFORE, *table_writer.COLUMNS, *AFTER)
_BLOCK = 256 * 1024
_Told = dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Format:
    """How records are written, and what a browser is told it is."""

    label: str
    suffix: str
    content_type: str
    write: Callable[[Membership, QuerySet[Record]], Iterator[str] | Iterator[bytes]]


def as_ris(member: Membership, records: QuerySet[Record]) -> Iterator[str]:
    """Yield records as RIS, with every tag that fills no field of ours."""
    for chunk in chunked(_citations(member, records)):
        yield str(write(chunk, "ris"))


def as_bibtex(member: Membership, records: QuerySet[Record]) -> Iterator[str]:
    """Yield records as BibTeX."""
    for entry in bibtex_writer.entries(_citations(member, records)):
        yield entry + "\n"


def as_csv(member: Membership, records: QuerySet[Record]) -> Iterator[str]:
    """Yield records as CSV; a cell that a spreadsheet would run as a formula is neutralised."""
    yield _line(list(COLUMNS))
    for row in _rows(member, records):
        yield _line(row)


def as_xlsx(member: Membership, records: QuerySet[Record]) -> Iterator[bytes]:
    """Yield a workbook; a value longer than Excel's cells goes on in a further column."""
    with tempfile.TemporaryFile() as file:
        table_writer.write_workbook(file, COLUMNS, lambda: _rows(member, records))
        file.seek(0)
        while block := file.read(_BLOCK):
            yield block


FORMATS = {
    "ris": Format("RIS", "ris", "application/x-research-info-systems; charset=utf-8", as_ris),
    "csv": Format("CSV", "csv", "text/csv; charset=utf-8", as_csv),
    "xlsx": Format(
        "Excel", "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx,
    ),
    "bibtex": Format("BibTeX", "bib", "application/x-bibtex; charset=utf-8", as_bibtex),
}  # fmt: skip


def _citations(member: Membership, records: QuerySet[Record]) -> Iterator[Citation]:
    for record, told in _told(member, records):
        yield with_outcomes(citation_of(record), told)


def _rows(member: Membership, records: QuerySet[Record]) -> Iterator[list[str]]:
    for record, told in _told(member, records.select_related("search")):
        carried = dict(with_outcomes(Citation(), told).raw)
        yield [
            *_where_from(record),
            *table_writer.cells(with_outcomes(citation_of(record), {})),
            *(carried.get(column, "") for column in SCREENED.values()),
            "yes" if record.removed_seq else "",
        ]


def _told(member: Membership, records: QuerySet[Record]) -> Iterator[tuple[Record, _Told]]:
    """Yield records with what the member may know of their screening."""
    words = outcome_words(member)
    protocol = member.review.protocol
    for chunk in chunked(_in_chunks(records)):
        rows = Screening.objects.filter(record__in={record.canonical_id for record in chunk})
        states = {(row.record_id, row.stage): row for row in rows}
        for record in chunk:
            reached = (states.get((record.group_id, stage)) for stage in Stage.values)
            yield record, {row.stage: _words(row, words, protocol) for row in reached if row}


def _words(row: Screening, words: dict[str, str], protocol: Protocol) -> tuple[str, str]:
    reason = protocol.reason_label(row.stage, row.reason) if row.is_settled and row.reason else ""
    return words[row.outcome], reason


def _line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(table_writer.neutral(cell) for cell in cells)
    return line.getvalue()


def _in_chunks(records: QuerySet[Record]) -> Iterator[Record]:
    """Walk the records by id: constant memory on every database, whatever else is written."""
    after = 0
    while chunk := list(records.filter(pk__gt=after).order_by("pk")[:CHUNK]):
        yield from chunk
        after = chunk[-1].pk


def _where_from(record: Record) -> list[str]:
    search = record.search
    return [
        str(record.pk),
        str(record.canonical_id),
        search.source,
        search.get_kind_display(),
        str(search.searched_on),
    ]
