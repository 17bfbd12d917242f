"""One engine for every format of lines "TAG value": RIS, nbib, Web of Science, Ovid, Refer ...

A format is a `Dialect`; the engine finds where records begin and end, survives missing ends
and missing beginnings, and keeps every line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from screening.citations import limits
from screening.citations.citation import Problem, Refused
from screening.citations.encodings import Lines

_MORE = "\n"
"""Stands for a tag until the record is folded: the line goes on with the value before it."""

TagOf = Callable[[str], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one format of tagged lines is laid out."""

    name: str
    tag_of: TagOf
    """Takes a line apart; None for a line that carries no tag and goes on with the one before."""
    opens: frozenset[str] = frozenset()
    closes: frozenset[str] = frozenset()
    opening_line: re.Pattern[str] | None = None
    """A line that opens a record without being part of it, such as "<1. >"."""
    noise: re.Pattern[str] | None = None
    """Lines that belong to no record, such as the head of a download."""
    core: frozenset[str] = frozenset()
    """Tags that only a record of its own would have, when found outside of one."""
    joiner: str = "\n"
    blank_closes: bool = False
    needs_close: bool = False
    """Whether a record that ends without its closing tag deserves a warning."""
    opens_at_repeat: bool = False
    """Whether an opening tag only opens a record when the open one has it already."""
    any_opens: bool = False
    """Whether any tag opens a record where none is open."""
    mark: str = "\n"
    """What follows a tag of two letters in its usual layout; never matches by default."""
    plain_tags: frozenset[str] = frozenset()
    """Tags that in the usual layout mean no more than their value."""
    whole_record: re.Pattern[str] | None = None
    """Matches a record in its usual layout from its first line to its last, and blank lines behind."""
    begins: str = "\n"
    """A line end and the beginning of a line that may open a record in its usual layout."""


@dataclass(slots=True)
class Entry:
    """The tags of one record in order, with the lines they came from."""

    line: int
    tags: list[tuple[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    is_opened: bool = False
    is_closed: bool = False
    goes_on: bool = False
    is_core: bool = False
    """Whether it has a tag that only a record of its own would have."""

    @property
    def is_whole(self) -> bool:
        """Whether it can be handed over as it is."""
        return self.is_opened and self.is_closed and not self.goes_on

    @property
    def raw_text(self) -> str:
        """Return the record as it stands in the file."""
        return "\n".join(self.lines).strip("\n")

    def fold(self, joiner: str) -> None:
        """Join every value with the lines it went on in, all at once however many."""
        if not self.goes_on:
            return
        values: list[tuple[str, list[str]]] = []
        for tag, value in self.tags:
            if tag == _MORE and values:
                values[-1][1].append(value)
            else:
                values.append((tag, [value]))
        self.tags = [(tag, joiner.join(filter(None, parts))) for tag, parts in values]


def entries(lines: Lines, dialect: Dialect) -> Iterator[Entry | Problem]:
    """Cut a stream of lines into records; the line of a problem is that of its record."""
    engine = _Engine(dialect)
    for number, text in lines.texts():
        if dialect.whole_record is None:
            yield from engine.read_lines(number, text.split("\n"))
        else:
            yield from engine.read_records(number, text, dialect.whole_record)
        engine.check_length()
    yield from engine.finish()


_ENDLESS = (
    "A single record of this file has more than 100,000 lines, which no export of references has. "
    "Export the results again, as RIS or CSV."
)


class _Engine:
    """Where in a file we are: before, inside or behind a record."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.special = dialect.opens | dialect.closes
        self.tags: list[tuple[str, str]] = []
        self.lines: list[str] = []
        self.entry = None
        self.trailer: Entry | None = None
        self.is_inside = False
        self.said_noise = False

    @property
    def entry(self) -> Entry | None:
        """The record that was opened last."""
        return self._entry

    @entry.setter
    def entry(self, entry: Entry | None) -> None:
        self._entry = entry
        if entry is not None:
            self.tags, self.lines = entry.tags, entry.lines

    def check_length(self) -> None:
        """Refuse a file whose records do not end."""
        held = [entry for entry in (self.entry, self.trailer) if entry is not None]
        if any(len(entry.lines) > limits.RECORD_LINES for entry in held):
            raise Refused(_ENDLESS)

    def read_records(
        self, number: int, text: str, whole: re.Pattern[str]
    ) -> Iterator[Entry | Problem]:
        """Read a text record by record where they lie as usual, else line by line up to the next."""
        at, end = 0, len(text)
        while at < end:
            match = None if self.is_inside else whole.match(text, at)
            if match is not None:
                if self.trailer is None and self.entry is not None and self.entry.is_whole:
                    yield self.entry
                else:
                    yield from self._end()
                self.entry = self._whole(number, match[0])
                stop = match.end()
            else:
                stop = text.find(self.dialect.begins, at + 1) + 1 or end
                lines = text[at:stop].removesuffix("\n") if stop < end else text[at:]
                yield from self.read_lines(number, lines.split("\n"))
            number += text.count("\n", at, stop)
            at = stop

    def _whole(self, number: int, text: str) -> Entry:
        lines = text.rstrip("\n").split("\n")
        del lines[-1]
        end = 2 + len(self.dialect.mark)
        tags = [(line[:2], line[end:].strip()) for line in lines]
        return Entry(number, tags, [text], is_opened=True, is_closed=True)

    def read_lines(self, first: int, lines: list[str]) -> Iterator[Entry | Problem]:
        """Read lines one by one."""
        dialect, plain = self.dialect, self.dialect.plain_tags
        mark, end = dialect.mark, 2 + len(dialect.mark)
        for number, line in enumerate(lines, first):
            # Nine lines in ten: a tag in its usual place, within a record.
            if line[2:end] == mark and self.is_inside and (tag := line[:2]) in plain:
                self.tags.append((tag, line[end:].strip()))
                self.lines.append(line)
            else:
                yield from self.step(number, line, dialect.tag_of(line))

    def add(self, line: str, pair: tuple[str, str]) -> None:
        """Put a tag into the open record."""
        self.tags.append(pair)
        self.lines.append(line)

    def step(
        self, number: int, line: str, pair: tuple[str, str] | None
    ) -> Iterator[Entry | Problem]:
        if pair is None:
            yield from self._untagged(number, line)
        elif pair[0] in self.dialect.closes:
            yield from self._close(number, line, pair)
        elif pair[0] in self.dialect.opens and self._is_opening(pair[0]):
            yield from self._open(number, line, pair)
        elif self.is_inside and self.entry is not None:
            self.add(line, pair)
        elif self.dialect.any_opens:
            yield from self._open(number, line, pair)
        else:
            self._outside(number, line, pair)

    def finish(self) -> Iterator[Entry | Problem]:
        yield from self._end()

    def _is_opening(self, tag: str) -> bool:
        if not self.dialect.opens_at_repeat or not self.is_inside or self.entry is None:
            return True
        return any(own == tag for own, _ in self.entry.tags)

    def _open(
        self, number: int, line: str, pair: tuple[str, str] | None
    ) -> Iterator[Entry | Problem]:
        yield from self._end()
        self.entry = Entry(number, is_opened=True)
        self.is_inside = True
        self.entry.lines.append(line)
        if pair is not None:
            self.entry.tags.append(pair)

    def _close(self, number: int, line: str, pair: tuple[str, str]) -> Iterator[Entry | Problem]:
        if not self.is_inside:
            yield from self._promote(number)
        if self.entry is None:
            return
        self.entry.lines.append(line)
        if pair[1]:
            self.entry.tags.append(pair)
        self.entry.is_closed = True
        self.is_inside = False

    def _promote(self, number: int) -> Iterator[Entry | Problem]:
        """An end without a beginning: what stood outside since the last record is one."""
        trailer, self.trailer = self.trailer, None
        if trailer is not None:
            yield from self._end()
            self.entry = trailer

    def _outside(self, number: int, line: str, pair: tuple[str, str]) -> None:
        if self.trailer is None:
            self.trailer = Entry(number)
        self.trailer.tags.append(pair)
        self.trailer.is_core |= pair[0] in self.dialect.core
        self.trailer.lines.append(line)

    def _untagged(self, number: int, line: str) -> Iterator[Entry | Problem]:
        dialect = self.dialect
        if dialect.opening_line is not None and dialect.opening_line.match(line):
            yield from self._open(number, line, None)
        elif not line or line.isspace():
            if dialect.blank_closes:
                yield from self._blank(number)
        elif self._is_noise(line):
            yield from self._drop(number, line)
        else:
            yield from self._continue(number, line)

    def _blank(self, number: int) -> Iterator[Entry | Problem]:
        """A blank line ends a record, unless the next line goes on with its text."""
        if not self.is_inside and self.trailer is not None and self.trailer.is_core:
            yield from self._promote(number)
        self.is_inside = False

    def _is_noise(self, line: str) -> bool:
        """Lines between records only count as noise there: an abstract may say "Content:" too."""
        if self.is_inside or self.dialect.noise is None:
            return False
        return self.dialect.noise.match(line) is not None

    def _continue(self, number: int, line: str) -> Iterator[Entry | Problem]:
        if self.dialect.blank_closes and self.entry is not None and self.trailer is None:
            self.is_inside = True
        target = self.entry if self.is_inside else (self.trailer or self.entry)
        if target is None:
            yield from self._drop(number, line)
            return
        target.lines.append(line)
        if not self.is_inside and not (self.trailer is target and target.is_core):
            target.tags.append(("", line.strip()))
        elif target.tags:
            target.tags.append((_MORE, line.strip()))
            target.goes_on = True
        else:
            target.tags.append(("", line.strip()))

    def _drop(self, number: int, line: str) -> Iterator[Problem]:
        if not self.said_noise:
            self.said_noise = True
            message = "Lines that belong to no record were left out, this one first."
            yield Problem(number, "info", message, line[: limits.RAW_TEXT])

    def _end(self) -> Iterator[Entry | Problem]:
        """Hand over the record before, and what stood behind it when that is one of its own."""
        entry, trailer = self.entry, self.trailer
        self.entry, self.trailer, self.is_inside = None, None, False
        if trailer is not None and entry is not None and not trailer.is_core:
            entry.goes_on |= trailer.goes_on
            entry.tags.extend(trailer.tags)
            entry.lines.extend(trailer.lines)
            trailer = None
        for each in (entry, trailer):
            if each is not None:
                yield from self._handed_over(each)

    def _handed_over(self, entry: Entry) -> Iterator[Entry | Problem]:
        if self.dialect.needs_close:
            if not entry.is_closed:
                message = (
                    "The line that ends this record is missing; it was read up to the next one."
                )
                yield Problem(entry.line, "warning", message)
            if not entry.is_opened:
                message = (
                    "This record does not say what type it is; the line that begins it is missing."
                )
                yield Problem(entry.line, "warning", message)
        entry.fold(self.dialect.joiner)
        yield entry
