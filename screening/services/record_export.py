"""Exports of exactly the records a list shows, with outcomes as far as the member may know."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from reviewtool.reviews.models import Membership, Stage
from screening.citations import table_writer, write
from screening.models import Record, Screening
from screening.services.conversion import CHUNK, chunked, citation_of
from screening.services.record_filters import outcome_words

#: Names that no reader takes for a field of a citation, so that what is exported comes back as it was.
BEFORE = ("record number", "report number", "found by", "kind of search", "searched on")
AFTER = ("title and abstract screening", "full text screening", "removed before screening")


@dataclass(frozen=True)
class Format:
    """How records are written, and what a browser is told it is."""

    content_type: str
    write: Callable[[Membership, QuerySet[Record]], Iterator[str]]


def as_ris(member: Membership, records: QuerySet[Record]) -> Iterator[str]:
    """Yield records as RIS, with every tag that fills no field of ours."""
    for chunk in chunked(_in_chunks(records)):
        yield str(write(map(citation_of, chunk), "ris"))


def as_csv(member: Membership, records: QuerySet[Record]) -> Iterator[str]:
    """Yield records as CSV; a cell that a spreadsheet would run as a formula is neutralised."""
    words = outcome_words(member)
    yield _line([*BEFORE, *table_writer.COLUMNS, *AFTER])
    for chunk in chunked(_in_chunks(records.select_related("search"))):
        outcomes = _outcomes(chunk)
        for record in chunk:
            reached = [outcomes.get((record.canonical_id, stage)) for stage in Stage.values]
            yield _line(
                [
                    *_where_from(record),
                    *table_writer.cells(citation_of(record)),
                    *(words[outcome] if outcome else "" for outcome in reached),
                    "yes" if record.removed_seq else "",
                ]
            )


def _line(cells: list[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(table_writer.neutral(str(cell)) for cell in cells)
    return line.getvalue()


FORMATS = {
    "ris": Format("application/x-research-info-systems; charset=utf-8", as_ris),
    "csv": Format("text/csv; charset=utf-8", as_csv),
}


def _in_chunks(records: QuerySet[Record]) -> Iterator[Record]:
    """Walk the records by id: constant memory on every database, whatever else is written."""
    after = 0
    while chunk := list(records.filter(pk__gt=after).order_by("pk")[:CHUNK]):
        yield from chunk
        after = chunk[-1].pk


def _outcomes(chunk: list[Record]) -> dict[tuple[int | None, str], str]:
    canonicals = {record.canonical_id for record in chunk}
    rows = Screening.objects.filter(record__in=canonicals)
    return {(row.record_id, row.stage): row.outcome for row in rows}


def _where_from(record: Record) -> list[object]:
    search = record.search
    return [
        record.pk,
        record.canonical_id,
        search.source,
        search.get_kind_display(),
        search.searched_on,
    ]
