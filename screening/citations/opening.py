"""Open a file for a reader: unpack gzip, recognise it, number its lines."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping
from typing import BinaryIO, cast

from screening.citations import limits
from screening.citations.citation import Refused
from screening.citations.detect import FORMATS, HEAD, NAMES, Detected, detect, refuse_foreign
from screening.citations.encodings import Encoding, Lines, encoding_of
from screening.citations.source import Source


def open_source(
    stream: BinaryIO,
    *,
    name: str = "",
    format: str | None = None,
    encoding: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Source:
    """Recognise a stream and stand at its beginning again; `format` and `encoding` override.

    The stream need not be seekable, except for workbooks.
    """
    buffered = unpacked(stream)
    head = peek(buffered)
    detected = _detected(head, name, format, encoding)
    found = encoding_of(head, name=encoding) if detected.format != "xlsx" else Encoding("utf-8")
    plain = cast(BinaryIO, buffered)  # a RawIOBase reads bytes, though its type does not say so
    lines = Lines(plain, found, is_named=encoding is not None)
    return Source(plain, lines, detected, mapping)


def recognise(stream: BinaryIO, *, name: str = "") -> Detected:
    """Say what a stream holds; it must be rewound before it is read."""
    packed = peek_start(stream)
    return detect(packed, name=name)


def peek_start(stream: BinaryIO) -> bytes:
    """Read the beginning of a stream, from where it stands."""
    parts, size = [], 0
    while size < HEAD and (part := stream.read(HEAD - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _detected(head: bytes, name: str, format: str | None, encoding: str | None) -> Detected:
    if format is None:
        return detect(head, name=name, encoding=encoding)
    if format not in FORMATS:
        raise Refused(f"“{format}” is not a format; choose one of {', '.join(FORMATS)}.")
    refuse_foreign(head, name)
    if (format == "xlsx") != head.startswith(b"PK"):
        what = "is an Excel workbook" if head.startswith(b"PK") else "is no Excel workbook"
        raise Refused(f"“{name or 'The file'}” {what} and cannot be read as {NAMES[format]}.")
    if format == "xlsx":
        return detect(head, name=name)
    found = encoding_of(head, name=encoding)
    description = f"{NAMES[format]} (chosen), {found.label}"
    return Detected(format, "", found.name, found.has_bom, "", description)


class Peekable(io.RawIOBase):
    """A stream whose beginning was looked at and is still to be read."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self.head = head
        self.rest = rest

    def readable(self) -> bool:
        """Tell that one can read from it."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes; an empty answer is the end."""
        if not self.head:
            return self.rest.read(size)
        if size < 0:
            head, self.head = self.head, b""
            return head + self.rest.read()
        head, self.head = self.head[:size], self.head[size:]
        return head


def peek(stream: Peekable) -> bytes:
    """Look at the beginning of a stream."""
    if len(stream.head) < HEAD:
        stream.head += peek_start(stream.rest)
    return stream.head[:HEAD]


def unpacked(stream: BinaryIO) -> Peekable:
    """Return the stream, or what a gzip stream holds."""
    head = peek_start(stream)
    raw = Peekable(head, stream)
    return Peekable(b"", _Inflated(raw)) if head.startswith(b"\x1f\x8b") else raw  # type: ignore[arg-type]


class _Inflated:
    """What a gzip stream holds, as long as it stays within bounds."""

    def __init__(self, packed: Peekable) -> None:
        self.packed = packed
        self.inflater = zlib.decompressobj(wbits=31)
        self.n_in = self.n_out = 0
        self.rest = b""

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes; an empty answer is the end."""
        wanted = size if size > 0 else limits.INFLATED
        while True:
            data = self.rest or self._more()
            if not data:
                return b""
            out = self._inflate(data, wanted)
            if out:
                return out

    def _more(self) -> bytes:
        data = self.packed.read(64 * 1024)
        self.n_in += len(data)
        return data

    def _inflate(self, data: bytes, wanted: int) -> bytes:
        try:
            out = self.inflater.decompress(data, wanted)
        except zlib.error as error:
            raise Refused(
                "The file is a damaged gzip archive. Export or download it again."
            ) from error
        self.rest = self.inflater.unconsumed_tail
        if self.inflater.eof:
            self.rest = self.inflater.unused_data
            self.inflater = zlib.decompressobj(wbits=31)
            if not self.rest.startswith(b"\x1f\x8b"):
                self.rest, self.packed = b"", Peekable(b"", io.BytesIO())
        self.n_out += len(out)
        self._check()
        return out

    def _check(self) -> None:
        too_much = self.n_out > limits.INFLATED
        too_fast = self.n_out > limits.RATIO_FREE and self.n_out > limits.RATIO * max(1, self.n_in)
        if too_much or too_fast:
            raise Refused(
                "The gzip archive unpacks to far more than an export of references holds. Unpack it yourself and import a part at a time."
            )
