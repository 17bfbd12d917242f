"""Excel workbooks, looked at from outside before anything is unpacked."""

from __future__ import annotations

import datetime
import tempfile
import xml.etree.ElementTree  # nosec B405 - only for the name of an error openpyxl raises
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import IO

from lxml.etree import XMLSyntaxError
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from screening.citations import headers, limits
from screening.citations.citation import Citation, Problem, Refused
from screening.citations.csv_tables import NO_TABLE
from screening.citations.source import Source
from screening.citations.tables import Columns, Table, sample

DAMAGED = (
    "The Excel workbook is damaged or protected. Save it again as .xlsx or .csv and import that."
)
BOMB = "The Excel workbook unpacks to far more than an export of references holds. Save the sheet as .csv and import that."
_ERRORS = (
    zipfile.BadZipFile, zlib.error, InvalidFileException, XMLSyntaxError, xml.etree.ElementTree.ParseError,
    KeyError, ValueError, TypeError, AttributeError, IndexError, EOFError, OSError, NotImplementedError, RuntimeError,
    OverflowError,
)  # fmt: skip
_IN_MEMORY = 16 * limits.MEGABYTE


def read(source: Source) -> Iterator[Citation | Problem]:
    """Read the first sheet that holds a table whose columns are known, or said in `mapping`."""
    with _spooled(source) as file:
        first_line, header, rows = _opened(file)
        table = Table(header, source.mapping)
        table.require_title()
        for line, cells in enumerate(rows, first_line):
            if not table.is_header(cells):
                raw_text = "\t".join(cells).rstrip("\t")
                if citation := table.citation(cells, line=line, raw_text=raw_text):
                    yield citation


def columns(source: Source, n: int) -> Columns:
    """Return the columns of the sheet, our guess at their meaning, and its first rows."""
    with _spooled(source) as file:
        _, header, rows = _opened(file)
        table = Table(header)
        return Columns(table.columns, table.mapping, sample(rows, table.columns, n), table.provider)


def _spooled(source: Source) -> IO[bytes]:
    """Copy the workbook to where one can seek in it."""
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
    while chunk := source.stream.read(limits.MEGABYTE):
        file.write(chunk)
        if file.tell() > limits.INFLATED:
            raise Refused(BOMB)
    file.seek(0)
    return file


def _opened(file: IO[bytes]) -> tuple[int, tuple[str, ...], Iterator[tuple[str, ...]]]:
    """Return the number of the first data row, the header, and the rows behind it."""
    check_archive(file)
    try:
        book = load_workbook(file, read_only=True, data_only=True)
        sheets = book.worksheets
    except _ERRORS as error:
        raise Refused(DAMAGED) from error
    found = [_table_in(sheet) for sheet in sheets[: limits.ARCHIVE_MEMBERS]]
    tables = [table for table in found if table is not None]
    if not tables:
        raise Refused(NO_TABLE)
    place, header, _ = next((table for table in tables if table[2]), tables[0])
    sheet = sheets[[table is not None and table[1] is header for table in found].index(True)]
    rows = _rows(sheet)
    return place + 1, header, islice(rows, place, None)


def _table_in(sheet: object) -> tuple[int, tuple[str, ...], int] | None:
    head = list(islice(_rows(sheet), headers.MAX_PREAMBLE))
    header = headers.find_in_rows(head)
    return (header.line, header.columns, header.n_known) if header else None


def _rows(sheet: object) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a sheet as text; a damaged sheet ends with a refusal."""
    if not hasattr(sheet, "reset_dimensions"):
        return
    sheet.reset_dimensions()
    try:
        for row in sheet.iter_rows(values_only=True, max_col=limits.TABLE_COLUMNS):  # type: ignore[attr-defined]
            yield tuple(map(text_of, row))
    except _ERRORS as error:
        raise Refused(DAMAGED) from error


def text_of(value: object) -> str:
    """Return a cell's value as text: whole numbers without ".0", dates as ISO."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    return str(value).replace("_x000D_", "").replace("\r\n", "\n").replace("\x00", "")


def check_archive(file: IO[bytes]) -> None:
    """Read the archive's directory: how many members, how large, and no declared entities."""
    try:
        archive = zipfile.ZipFile(file)
        members = archive.infolist()
        heads = [
            _head(archive, member)
            for member in members
            if member.filename.endswith((".xml", ".rels"))
        ]
    except _ERRORS as error:
        raise Refused(DAMAGED) from error
    size = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if size > limits.INFLATED or (
        size > limits.RATIO_FREE and size > limits.RATIO * max(1, packed)
    ):
        raise Refused(BOMB)
    if len(members) > limits.ARCHIVE_MEMBERS * 10:
        raise Refused(BOMB)
    if any(b"<!DOCTYPE" in head or b"<!ENTITY" in head or b"\x00" in head for head in heads):
        raise Refused(
            "The Excel workbook declares XML entities, which Excel never does and attacks use. Save the sheet as .csv and import that."
        )


def _head(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as part:
        return part.read(64 * 1024)
