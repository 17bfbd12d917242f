"""CSV and XLSX with one row per citation, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, BinaryIO

from openpyxl import Workbook

from screening.citations.citation import Citation

COLUMNS = (
    "title", "authors", "year", "journal", "volume", "number", "pages", "doi", "pmid", "abstract", "keywords",
    "language", "type", "registry_id", "url", "accession", "note", "raw_tags",
)  # fmt: skip
LISTS = ("authors", "keywords")
CELL = 32_000
"""Excel cuts a cell at 32,767 characters; a longer value goes on in a further column."""

FURTHER_MARK = "\\"
"""Stands before a further piece that begins with white space, or with the mark itself."""

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ILLEGAL = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_LIST_MARK = re.compile(r"[\\;]")
_LIST_PART = re.compile(r"((?:[^\\;]|\\.|\\$)+)(?:;|$)", re.S)
_ROWS = 200
"""How many rows go into one piece of a CSV."""


def neutral(value: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula; reading takes it off."""
    return f"'{value}" if _FORMULA.match(value) else value


def write_csv(citations: Iterable[Citation]) -> str:
    """Return citations as CSV."""
    return "".join(csv_pieces(COLUMNS, map(cells, citations)))


def csv_pieces(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a table as CSV, piece by piece in constant memory, its header first."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for number, row in enumerate(rows, 1):
        writer.writerow(neutral(_with_newlines(cell)) for cell in row)
        if number % _ROWS == 0:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def write_xlsx(citations: Iterable[Citation]) -> bytes:
    """Return citations as an Excel workbook."""
    out = io.BytesIO()
    write_workbook(out, COLUMNS, map(cells, citations))
    return out.getvalue()


def write_workbook(stream: BinaryIO, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write rows of cells as a workbook, in constant memory.

    The rows wait in a temporary file until it is known which columns need further ones, because
    Excel cuts a longer cell.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as waiting:
        widths = _put_by(waiting, rows, len(columns))
        waiting.seek(0)
        book = Workbook(write_only=True)
        sheet = book.create_sheet("records")
        heads = [
            [name, *(f"{name} ({n})" for n in range(2, width + 1))]
            for name, width in zip(columns, widths, strict=True)
        ]
        sheet.append(_spread(heads, widths))
        for line in waiting:
            sheet.append(_spread(json.loads(line), widths))
        book.save(stream)


def _put_by(waiting: IO[str], rows: Iterable[Sequence[str]], n_columns: int) -> list[int]:
    """Put rows by, cut into pieces that fit; return how many pieces each column needs."""
    widths = [1] * n_columns
    for row in rows:
        pieces = [pieces_of(cell) for cell in row]
        widths = list(map(max, widths, map(len, pieces)))
        waiting.write(json.dumps(pieces) + "\n")
    return widths


def cells(citation: Citation) -> list[str]:
    """Return the cells of a citation in the order of the columns."""
    found = []
    for column in COLUMNS[:-1]:
        value = getattr(citation, column)
        found.append(joined(value) if column in LISTS else "" if value is None else str(value))
    return [*found, json.dumps(citation.raw, ensure_ascii=False) if citation.raw else ""]


def joined(parts: Iterable[str]) -> str:
    """Join names or keywords with semicolons; a semicolon within one gets a backslash."""
    return "; ".join(_LIST_MARK.sub(r"\\\g<0>", part) for part in parts)


def parted(text: str) -> tuple[str, ...]:
    """Take a list apart that `joined` made, or a person's own with plain semicolons."""
    parts = (match[1].strip() for match in _LIST_PART.finditer(text))
    return tuple(re.sub(r"\\([\\;])", r"\1", part) for part in parts if part)


def pieces_of(cell: str) -> list[str]:
    """Cut a value into neutralised pieces that Excel keeps whole.

    No white space stands at the end of a piece, where it would get lost; before one that begins
    with it stands a backslash. Excel counts characters beyond the first 65,536 of Unicode twice.
    """
    cell = _ILLEGAL.sub("", _with_newlines(cell))
    pieces = []
    longest = CELL if cell.isascii() or len(cell) <= CELL // 2 else CELL // 2
    while len(cell) > longest:
        cut = longest
        while cut > 1 and cell[cut - 1].isspace():
            cut -= 1
        pieces.append(neutral(cell[:cut]))
        cell = cell[cut:]
        if cell[0].isspace() or cell[0] == FURTHER_MARK:
            cell = FURTHER_MARK + cell
    return [*pieces, neutral(cell)]


def _with_newlines(cell: str) -> str:
    return cell.replace("\r\n", "\n").replace("\r", "\n") if "\r" in cell else cell


def _spread(row: Sequence[Sequence[str]], widths: Sequence[int]) -> list[str | None]:
    """Give every column as many cells as its longest value needs."""
    return [
        piece or None
        for pieces, width in zip(row, widths, strict=True)
        for piece in [*pieces, *[""] * (width - len(pieces))]
    ]
