"""Comma, semicolon, tab and bar separated tables."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from screening.citations import headers, limits
from screening.citations.citation import Citation, Problem, Refused
from screening.citations.source import Source
from screening.citations.tables import Columns, Table, sample

NO_TABLE = "No table was found in the file. Export the results again as CSV or RIS."


@dataclass(slots=True)
class Row:
    """One row with the lines it stood on."""

    line: int
    cells: list[str]
    raw_text: str


@dataclass(slots=True)
class _Feed:
    """Gives the csv module one line after the other and remembers those of the open row."""

    lines: Iterator[tuple[int, str]]
    again: deque[tuple[int, str]] = field(default_factory=deque)
    taken: list[tuple[int, str]] = field(default_factory=list)
    is_ended: bool = False

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= limits.ROW_LINES:
            raise StopIteration
        numbered = self.again.popleft() if self.again else next(self.lines, None)
        if numbered is None:
            self.is_ended = True
            raise StopIteration
        self.taken.append(numbered)
        return numbered[1] + "\n"


def read(source: Source) -> Iterator[Citation | Problem]:
    """Read a table whose columns are known, or are said in `mapping`."""
    header, rows = _opened(source)
    table = Table(header.columns, source.mapping)
    table.require_title()
    for row in rows:
        if isinstance(row, Problem):
            yield row
        elif table.is_header(row.cells):
            yield Problem(
                row.line, "info", "The header is repeated here and was left out.", row.raw_text
            )
        elif citation := table.citation(row.cells, line=row.line, raw_text=row.raw_text):
            yield citation


def columns(source: Source, n: int) -> Columns:
    """Return the columns of a table, our guess at their meaning, and its first rows."""
    header, rows = _opened(source)
    table = Table(header.columns)
    cells = (row.cells for row in rows if isinstance(row, Row))
    return Columns(table.columns, table.mapping, sample(cells, table.columns, n), table.provider)


def _opened(source: Source) -> tuple[headers.Header, Iterator[Row | Problem]]:
    """Find the header and stand behind it."""
    csv.field_size_limit(limits.LINE)
    lines = iter(source.lines)
    head = list(islice(lines, headers.MAX_PREAMBLE))
    header = headers.find(line for _, line in head)
    if header is None:
        raise Refused(NO_TABLE)
    feed = _Feed(lines, deque(head[header.line - 1 :]))
    rows = _rows(feed, header)
    first = next(rows, None)
    if isinstance(first, Row):
        header = headers.Header(header.line, header.delimiter, tuple(first.cells), header.n_known)
    return header, rows


def _rows(feed: _Feed, header: headers.Header) -> Iterator[Row | Problem]:
    """Yield the rows; one whose quotation mark is never closed is reported, the next ones read."""
    options = _options(header)
    while not feed.is_ended:
        reader = csv.reader(feed, **options)
        for cells in _safely(reader):
            lines, feed.taken = feed.taken, []
            if not lines:
                continue
            if cells is None or _is_unclosed(lines, feed, options):
                yield _broken(lines)
                feed.again.extendleft(reversed(lines[1:]))
                feed.is_ended = False
                break
            yield Row(lines[0][0], cells, "\n".join(line for _, line in lines))


def _options(header: headers.Header) -> dict[str, Any]:
    """Web of Science's tab separated tables do not quote; the others do."""
    is_plain = header.delimiter == "\t" and headers.provider_of(header.columns) == "Web of Science"
    return {
        "delimiter": header.delimiter,
        "skipinitialspace": header.delimiter != "\t",
        "quoting": csv.QUOTE_NONE if is_plain else csv.QUOTE_MINIMAL,
    }


def _safely(reader: Iterator[list[str]]) -> Iterator[list[str] | None]:
    """Yield rows, and None for one that the csv module cannot read."""
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield None


def _is_unclosed(lines: list[tuple[int, str]], feed: _Feed, options: dict[str, Any]) -> bool:
    """Tell whether the row goes on: a further line would still be part of it."""
    if len(lines) == 1 and not feed.is_ended:
        return False
    if len(lines) < limits.ROW_LINES and not feed.is_ended:
        return False
    text = [line + "\n" for _, line in lines]
    return len(list(csv.reader([*text, "x\n"], **options))) == 1


def _broken(lines: list[tuple[int, str]]) -> Problem:
    message = "A quotation mark in this row is never closed; the row was left out."
    return Problem(lines[0][0], "error", message, lines[0][1][: limits.RAW_TEXT])
