"""From bytes to numbered lines of text, whatever wrote the file.

The ladder: byte order mark, the pattern of NUL bytes (UTF-16 and UTF-32 without a mark), UTF-8,
and Windows-1252 for what is no UTF-8. The last two are chosen line by line, because
concatenated downloads mix them; an encoding that a person names is used throughout.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from screening.citations import limits
from screening.citations.citation import Problem, Refused

CHOICES = (
    "utf-8", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1250", "cp1251",
    "gb18030", "shift_jis", "euc_kr", "big5", "mac_roman",
)  # fmt: skip

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ("utf-16", "utf-32", "utf_16", "utf_32")
_NOT_FOR_FILES = (
    "idna",
    "punycode",
    "undefined",
    "unicode_escape",
    "raw_unicode_escape",
    "unicode-escape",
    "raw-unicode-escape",
    "utf-7",
    "mbcs",
    "oem",
)
_BLOCK = 256 * 1024
_TO_SPACE = bytes.maketrans(b"\x0b\x0c\x1c\x1d\x1e\x1f", b"      ")
_CONTROLS = bytes([*range(9), *range(14, 28), 0x7F])
_MOJIBAKE = re.compile("Ã[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€[™œ\x9d“”¦˜]")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file turns bytes into text, as far as its beginning shows."""

    name: str
    has_bom: bool = False
    mark: bytes = b""

    @property
    def label(self) -> str:
        """Return the name people know it by."""
        names = {"cp1252": "Windows-1252"}
        return names.get(self.name, self.name.upper()) + (" with BOM" if self.has_bom else "")


def encoding_of(head: bytes, *, name: str | None = None) -> Encoding:
    """Find the encoding of a file from its beginning, or take the named one."""
    mark, marked = next(((m, n) for m, n in _MARKS if head.startswith(m)), (b"", ""))
    if name:
        canonical = _canonical(name)
        fits = bool(marked) and canonical.removesuffix("-sig").startswith(marked[:6])
        if canonical in ("utf-16", "utf-32") and not fits:
            canonical = _wide_by_nuls(head[:4096]) or f"{canonical}-le"
        return Encoding(marked if fits else canonical, fits, mark if fits else b"")
    if marked:
        return Encoding(marked, True, mark)
    if b"\x00" in head[:4096] and (wide := _wide_by_nuls(head[:4096])):
        return Encoding(wide)
    return Encoding("utf-8" if _is_utf8(head) else "cp1252")


def decode_head(head: bytes, encoding: Encoding) -> str:
    """Return the beginning of a file as text; a character cut in two at its end is dropped."""
    body = head[len(encoding.mark) :]
    if encoding.name == "cp1252":
        text = _cp1252(body)
    else:
        text = codecs.getincrementaldecoder(encoding.name)("replace").decode(body)
    return text.replace("\x00", "")


def _canonical(name: str) -> str:
    try:
        found = codecs.lookup(name.strip())
    except (LookupError, ValueError) as error:
        raise Refused(
            f"“{name}” is not an encoding; choose one of {', '.join(CHOICES)}."
        ) from error
    if not found._is_text_encoding or found.name in _NOT_FOR_FILES:
        raise Refused(f"“{name}” is not an encoding; choose one of {', '.join(CHOICES)}.")
    return found.name


def _wide_by_nuls(head: bytes) -> str:
    """Tell UTF-16 and UTF-32 from where the NUL bytes of Latin text stand."""
    quarter = max(1, len(head) // 4)
    nuls = [head[start::4].count(0) / quarter for start in range(4)]
    for pattern, name in (
        ((0, 1, 1, 1), "utf-32-le"), ((1, 1, 1, 0), "utf-32-be"),
        ((0, 1, 0, 1), "utf-16-le"), ((1, 0, 1, 0), "utf-16-be"),
    ):  # fmt: skip
        if all(
            share > 0.6 if full else share < 0.3 for share, full in zip(nuls, pattern, strict=True)
        ):
            return name
    return ""


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _cp1252(data: bytes) -> str:
    """Decode Windows-1252; its five unused bytes become what Latin-1 says, not an error."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in data)


def _read_as_cp1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _cp1252(error.object[error.start : error.end]), error.end


_AS_CP1252 = "reviewtool-cp1252"
codecs.register_error(_AS_CP1252, _read_as_cp1252)


@dataclass(slots=True)
class Lines:
    """The lines of a file as text, numbered from 1, in constant memory.

    What had to be mended on the way collects in `problems`, one of each kind per file.
    """

    stream: BinaryIO
    encoding: Encoding
    is_named: bool = False
    problems: list[Problem] = field(default_factory=list)
    _said: set[str] = field(default_factory=set)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        for first, text in self.texts():
            yield from enumerate(text.split("\n"), first)

    def texts(self) -> Iterator[tuple[int, str]]:
        """Yield many whole lines at once as one text, with the number of the first.

        The last line's end is left out. What is fast asks for these.
        """
        number = 1
        for block in self._blocks():
            text = self._text(block, number - 1)
            yield number, text
            number += text.count("\n") + 1

    def chunks(self) -> Iterator[str]:
        """Yield the text in pieces that do not end where lines end; XML may be one long line."""
        name = "utf-8" if not self.is_named or _is_wide(self.encoding.name) else self.encoding.name
        errors = "replace" if self.is_named else _AS_CP1252
        decoder = codecs.getincrementaldecoder(name)(errors)
        for chunk in self._utf8_chunks():
            yield decoder.decode(chunk.translate(_TO_SPACE, _CONTROLS))
        yield decoder.decode(b"", True)

    def _text(self, block: bytes, before: int) -> str:
        """Decode a block of whole lines, normalising their ends."""
        clean = block.translate(_TO_SPACE, _CONTROLS)
        if len(clean) != len(block):
            self._say("controls", before + 1, "Control characters were removed from the text.")
        if b"\r" in clean:
            clean = clean.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        text = self._decode(clean.removesuffix(b"\n"), before)
        if "\ufffd" in text:
            line = before + 1 + text[: text.index("\ufffd")].count("\n")
            self._say(
                "lost",
                line,
                "Some characters were lost before or while reading (“\ufffd”). Try another encoding.",
            )
        if ("Ã" in text or "â€" in text) and (found := _MOJIBAKE.search(text)):
            line = before + 1 + text[: found.start()].count("\n")
            self._say(
                "mojibake",
                line,
                f"Text such as “{found[0]}” looks wrongly encoded, probably already in the export.",
            )
        return text

    def _decode(self, clean: bytes, before: int) -> str:
        if self.is_named and not _is_wide(self.encoding.name):
            return clean.decode(self.encoding.name, "replace").replace("\x00", "")
        try:
            return clean.decode("utf-8")
        except UnicodeDecodeError:
            return "\n".join(self._by_line(clean, before))

    def _by_line(self, clean: bytes, before: int) -> Iterator[str]:
        for number, line in enumerate(clean.split(b"\n"), before + 1):
            try:
                yield line.decode("utf-8")
            except UnicodeDecodeError:
                self._say(
                    "cp1252",
                    number,
                    "Not UTF-8 from here on; such lines were read as Windows-1252.",
                    "info",
                )
                yield _cp1252(line)

    def _say(self, kind: str, line: int, message: str, severity: str = "warning") -> None:
        if kind not in self._said:
            self._said.add(kind)
            self.problems.append(Problem(line, severity, message))  # type: ignore[arg-type]

    def _blocks(self) -> Iterator[bytes]:
        """Yield blocks of whole lines; each ends with a line end, the last may not."""
        tail: list[bytes] = []
        held = 0
        for chunk in self._utf8_chunks():
            cut = max(chunk.rfind(b"\n"), chunk.rfind(b"\r", 0, -1)) + 1
            if not cut and tail and tail[-1].endswith(b"\r"):
                yield b"".join(tail)
                tail, held = [chunk], len(chunk)
                continue
            if not cut:
                tail.append(chunk)
                held += len(chunk)
                if held > limits.LINE:
                    raise Refused(_TOO_LONG)
                continue
            yield b"".join((*tail, chunk[:cut]))
            tail, held = [chunk[cut:]], len(chunk) - cut
        if rest := b"".join(tail):
            yield rest

    def _utf8_chunks(self) -> Iterator[bytes]:
        """Yield the bytes of the file without its mark; wide encodings turned into UTF-8."""
        decoder = None
        if _is_wide(self.encoding.name):
            decoder = codecs.getincrementaldecoder(self.encoding.name)("replace")
        skip = len(self.encoding.mark)
        while chunk := self.stream.read(_BLOCK):
            chunk, skip = chunk[skip:], max(0, skip - len(chunk))
            if decoder:
                chunk = decoder.decode(chunk).encode("utf-8", "replace")
            if chunk:
                yield chunk
        if decoder and (rest := decoder.decode(b"", True)):
            yield rest.encode("utf-8", "replace")


_TOO_LONG = (
    "A single line of this file is longer than 20 MB, which no export of references is. "
    "Export the results again, as RIS or CSV."
)


def _is_wide(name: str) -> bool:
    return name.startswith(_WIDE)
