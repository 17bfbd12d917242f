"""CSV and XLSX with one row per citation, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO

from openpyxl import Workbook

from screening.citations.citation import Citation

COLUMNS = (
    "title", "authors", "year", "journal", "volume", "number", "pages", "doi", "pmid", "abstract", "keywords",
    "language", "type", "registry_id", "url", "accession", "note", "raw_tags",
)  # fmt: skip
LISTS = ("authors", "keywords")
CELL = 32_000
"""Excel cuts a cell at 32,767 characters; a longer value goes on in a further column."""

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ILLEGAL = re.compile(r"[\x00-\x08\x0b-\x1f]")


def neutral(value: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula; reading takes it off."""
    return f"'{value}" if _FORMULA.match(value) else value


def write_csv(citations: Iterable[Citation]) -> str:
    """Return citations as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([neutral(cell) for cell in cells(citation)] for citation in citations)
    return out.getvalue()


def write_xlsx(citations: Iterable[Citation]) -> bytes:
    """Return citations as an Excel workbook."""
    rows = [cells(citation) for citation in citations]
    out = io.BytesIO()
    write_workbook(out, COLUMNS, lambda: rows)
    return out.getvalue()


def write_workbook(
    stream: BinaryIO, columns: Sequence[str], rows: Callable[[], Iterable[Sequence[str]]]
) -> None:
    """Write rows of cells as a workbook, in constant memory; `rows` is gone through twice.

    The first pass finds the columns that need further ones: Excel cuts a longer cell.
    """
    widths = [1] * len(columns)
    for row in rows():
        for place, cell in enumerate(row):
            if len(cell) > CELL:
                widths[place] = max(widths[place], len(_pieces(cell)))
    book = Workbook(write_only=True)
    sheet = book.create_sheet("records")
    heads = [
        [name, *(f"{name} ({n})" for n in range(2, width + 1))]
        for name, width in zip(columns, widths, strict=True)
    ]
    sheet.append(_spread(heads, widths))
    for row in rows():
        pieces = [[_safe(piece) for piece in _pieces(cell)] for cell in row]
        sheet.append(_spread(pieces, widths))
    book.save(stream)


def _safe(cell: str) -> str:
    return neutral(_ILLEGAL.sub("", cell))


def cells(citation: Citation) -> list[str]:
    """Return the cells of a citation in the order of the columns."""
    found = []
    for column in COLUMNS[:-1]:
        value = getattr(citation, column)
        found.append("; ".join(value) if column in LISTS else "" if value is None else str(value))
    return [*found, json.dumps(citation.raw, ensure_ascii=False) if citation.raw else ""]


def _pieces(cell: str) -> list[str]:
    """Cut a value where no white space would get lost at the ends of the pieces."""
    pieces = []
    while len(cell) > CELL:
        cut = CELL
        while cut > 1 and (cell[cut].isspace() or cell[cut - 1].isspace()):
            cut -= 1
        pieces.append(cell[:cut])
        cell = cell[cut:]
    return [*pieces, cell]


def _spread(row: Sequence[Sequence[str]], widths: Sequence[int]) -> list[str]:
    """Give every column as many cells as its longest value needs."""
    return [
        piece
        for pieces, width in zip(row, widths, strict=True)
        for piece in [*pieces, *[""] * (width - len(pieces))]
    ]
