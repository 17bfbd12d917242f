"""Exports of exactly the records a list shows, with what the member may know of their screening.

Everything is written in constant memory, however many records there are.
"""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from reviewtool.reviews.models import Membership, Protocol, Stage
from screening.citations import Citation, bibtex_writer, ris_writer, screened, table_writer
from screening.models import Decision, Record, Screening
from screening.services.conversion import CHUNK, chunked, tagged_citation_of
from screening.services.record_filters import outcome_words

COLUMNS = (*screened.ORIGIN, *table_writer.COLUMNS, *screened.OUTCOME)
_BLOCK = 256 * 1024
_PIECE = 200
_UNUSED = ("raw_text", "search_text", "keys")
Known = dict[str, str]


@dataclass(frozen=True)
class Format:
    """How records are written, and what a browser is told it is."""

    label: str
    suffix: str
    content_type: str
    write: Callable[[Membership, QuerySet[Record]], Iterator[str] | Iterator[bytes]]


def as_ris(member: Membership, records: QuerySet[Record]) -> Iterator[str]:
    """Yield records as RIS, with every tag that fills no field of ours."""
    for entries in chunked(ris_writer.entries(_citations(member, records)), _PIECE):
        yield "".join(entries)


def as_bibtex(member: Membership, records: QuerySet[Record]) -> Iterator[str]:
    """Yield records as BibTeX."""
    for entries in chunked(bibtex_writer.entries(_citations(member, records)), _PIECE):
        yield "\n".join(entries) + "\n"


def as_csv(member: Membership, records: QuerySet[Record]) -> Iterator[str]:
    """Yield records as CSV; a cell that a spreadsheet would run as a formula is neutralised."""
    yield from table_writer.csv_pieces(COLUMNS, _rows(member, records))


def as_xlsx(member: Membership, records: QuerySet[Record]) -> Iterator[bytes]:
    """Yield a workbook; a value longer than Excel's cells goes on in a further column."""
    with tempfile.TemporaryFile() as file:
        table_writer.write_workbook(file, COLUMNS, _rows(member, records))
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


def file_name(member: Membership, how: Format) -> str:
    """Return what a downloaded export is called."""
    return f"{member.review.slug}-records.{how.suffix}"


def _citations(member: Membership, records: QuerySet[Record]) -> Iterator[Citation]:
    for record, known in _known(member, records):
        yield screened.with_told(tagged_citation_of(record), known)


def _rows(member: Membership, records: QuerySet[Record]) -> Iterator[list[str]]:
    for record, known in _known(member, records):
        yield [
            *(known.get(column, "") for column in screened.ORIGIN),
            *table_writer.cells(screened.with_told(tagged_citation_of(record), {})),
            *(known.get(column, "") for column in screened.OUTCOME),
        ]


# ---------------------------------------------------------------- what is told of a record


def _known(member: Membership, records: QuerySet[Record]) -> Iterator[tuple[Record, Known]]:
    """Yield records with what the member may know of them: {column: text}."""
    words = outcome_words(member)
    protocol = member.review.protocol
    for chunk in _chunks(records):
        groups = {record.group_id for record in chunk}
        members = _members(groups)
        outcomes: defaultdict[int, Known] = defaultdict(dict)
        for row in Screening.objects.filter(record__in=groups):
            outcomes[row.record_id][screened.COLUMNS[row.stage]] = _outcome(row, words, protocol)
        decisions = _decisions(member, groups)
        for record in chunk:
            group = record.group_id
            known = _origin(record, members[group]) | outcomes[group] | decisions[group]
            yield record, known | {screened.REMOVED: "yes" if record.removed_seq else ""}


def _chunks(records: QuerySet[Record]) -> Iterator[list[Record]]:
    """Walk the records by id: constant memory on every database, whatever else is written."""
    records = records.select_related("search").defer(*_UNUSED)
    after = 0
    while chunk := list(records.filter(pk__gt=after).order_by("pk")[:CHUNK]):
        yield chunk
        after = chunk[-1].pk


def _members(groups: set[int]) -> dict[int, list[tuple[int, str]]]:
    """Return every group's records with their sources: {group: [(record, source)]}."""
    found: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    rows = Record.objects.visible().filter(canonical__in=groups).order_by("pk")
    for group, record, source in rows.values_list("canonical_id", "pk", "search__source"):
        found[group or record].append((record, source))
    return found


def _origin(record: Record, members: list[tuple[int, str]]) -> Known:
    search = record.search
    values = (
        str(record.pk), str(record.group_id), ", ".join(str(pk) for pk, _ in members),
        search.source, search.get_kind_display(), str(search.searched_on),
        "; ".join(dict.fromkeys(source for _, source in members)),
    )  # fmt: skip
    return dict(zip(screened.ORIGIN, values, strict=True))


def _outcome(row: Screening, words: dict[str, str], protocol: Protocol) -> str:
    reason = protocol.reason_label(row.stage, row.reason) if row.is_settled and row.reason else ""
    return screened.outcome_told(words[row.outcome], reason)


def _decisions(member: Membership, groups: set[int]) -> defaultdict[int, Known]:
    """Return the decisions that stand and that the member may see, of every group by stage."""
    by_place: defaultdict[tuple[int, str], list[screened.Told]] = defaultdict(list)
    rows = Decision.objects.visible_to(member).current().filter(record__canonical__in=groups)
    for row in rows.select_related("actor__user", "protocol", "record").order_by("seq"):
        by_place[row.record.group_id, row.stage].append(_told(row))
    found: defaultdict[int, Known] = defaultdict(dict)
    for (group, stage), told in by_place.items():
        found[group][screened.DECISIONS[Stage(stage)]] = screened.decisions_told(told)
    return found


def _told(row: Decision) -> screened.Told:
    who = f"{row.actor} (adjudication)" if row.is_adjudication else str(row.actor)
    codes = [code for code in (row.reason, *row.further_reasons) if code]
    protocol = row.protocol or row.review.protocol
    labels = tuple(protocol.reason_label(row.stage, code) for code in codes)
    return screened.Told(who, row.verdict, labels)
