"""Cut a stream of XML into its records and parse each by itself.

So memory stays constant whatever the file's size, a damaged record is reported with its line
and its text while the others are read, and entities cannot be declared where we parse.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from screening.citations import limits
from screening.citations.citation import Problem, Refused

_ENTITY = re.compile(r"&(#[xX]?[0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);")
_XML_ENTITIES = ("lt", "gt", "amp", "quot", "apos")
_REFUSED = (
    "The file is XML that declares entities, which exports of references never do and attacks use. "
    "Export the results again from the database."
)
_PARSER_OPTIONS = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
_LONGEST_TAG = 64


@dataclass(slots=True)
class Fragment:
    """One record's element, with the text it was parsed from."""

    element: etree._Element
    line: int
    raw_text: str


@dataclass(slots=True)
class _Buffer:
    text: str = ""
    line: int = 1

    def drop(self, n: int) -> str:
        """Take the first `n` characters off and count their lines."""
        taken, self.text = self.text[:n], self.text[n:]
        self.line += taken.count("\n")
        return taken


def fragments(chunks: Iterable[str], names: Sequence[str]) -> Iterator[Fragment | Problem]:
    """Yield every element with one of the names; what lies within one is not looked into."""
    opening = re.compile(rf"<({'|'.join(names)})(?=[\s>/])")
    buffer = _Buffer()
    for chunk in chunks:
        buffer.text += chunk
        yield from _complete(buffer, opening)
        if len(buffer.text) > limits.LINE:
            yield _broken(
                buffer.line, "This record is longer than 20 MB and was left out.", buffer.text
            )
            buffer.drop(len(buffer.text) - _LONGEST_TAG)
    if match := opening.search(buffer.text):
        buffer.drop(match.start())
        yield _broken(
            buffer.line,
            "The file breaks off inside this record; export or download it again.",
            buffer.text,
        )


def _complete(buffer: _Buffer, opening: re.Pattern[str]) -> Iterator[Fragment | Problem]:
    """Take the records that are whole out of the buffer."""
    while match := opening.search(buffer.text):
        _refuse_entities(buffer.drop(match.start()))
        name = match[1]
        end = _end_of(buffer.text, name)
        again = re.compile(rf"<{name}(?=[\s>])").search(
            buffer.text, 1, end if end > 0 else len(buffer.text)
        )
        if again is not None:
            line = buffer.line
            yield _broken(
                line, "This record has no end; it was left out.", buffer.drop(again.start())
            )
        elif end < 0:
            return
        else:
            line = buffer.line
            yield parsed(buffer.drop(end), line)
    _refuse_entities(buffer.text)
    buffer.drop(max(0, len(buffer.text) - _LONGEST_TAG))


def _end_of(text: str, name: str) -> int:
    closing = f"</{name}>"
    place = text.find(closing)
    if place < 0 and (match := re.search(rf"</{name}\s+>", text)):
        return match.end()
    return place + len(closing) if place >= 0 else -1


def _refuse_entities(text: str) -> None:
    if "<!ENTITY" in text:
        raise Refused(_REFUSED)


def parsed(text: str, line: int) -> Fragment | Problem:
    """Parse one record; its names for characters (&nbsp;) and impossible characters are mended."""
    mended = _ENTITY.sub(_character, text) if "&" in text else text
    mended = mended.encode("utf-8", "replace").decode("utf-8")
    parser = etree.XMLParser(encoding="utf-8", **_PARSER_OPTIONS)
    try:
        element = etree.fromstring(mended.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        return _broken(line, f"This record is damaged XML and was left out ({error.msg}).", text)
    if _depth(element) > limits.XML_DEPTH:
        return _broken(line, "This record is nested too deeply and was left out.", text)
    return Fragment(element, line, text)


def _character(match: re.Match[str]) -> str:
    name = match[1]
    if name in _XML_ENTITIES:
        return match[0]
    if not name.startswith("#"):
        character = html.entities.html5.get(f"{name};", "")
        return character or f"&amp;{name};"
    code = int(name[2:], 16) if name[1] in "xX" else int(name[1:]) if name[1:].isdigit() else 0
    is_allowed = (
        code in (9, 10, 13)
        or 32 <= code < 0xD800
        or 0xE000 <= code < 0xFFFE
        or 0x10000 <= code <= 0x10FFFF
    )
    return match[0] if is_allowed else ""


def _depth(element: etree._Element) -> int:
    deepest, here = 0, 0
    for event, _ in etree.iterwalk(element, events=("start", "end")):
        here += 1 if event == "start" else -1
        deepest = max(deepest, here)
    return deepest


def _broken(line: int, message: str, raw_text: str) -> Problem:
    return Problem(line, "error", message, raw_text[: limits.RAW_TEXT])


def text_of(element: etree._Element | None) -> str:
    """Return all text within an element, on one line."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def texts(element: etree._Element, path: str) -> list[str]:
    """Return the texts of all elements on a path that have any."""
    return [text for found in element.iterfind(path) if (text := text_of(found))]


def first(element: etree._Element, *paths: str) -> str:
    """Return the text of the first path that has any."""
    return next((found[0] for path in paths if (found := texts(element, path))), "")


def leaves(element: etree._Element, skip: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Return every text and attribute below an element as (path, value), in order."""
    found: list[tuple[str, str]] = []
    _collect(element, "", found, frozenset(skip))
    return found


def _collect(
    element: etree._Element, path: str, found: list[tuple[str, str]], inline: frozenset[str]
) -> None:
    for name, value in element.attrib.items():
        if value.strip():
            found.append((f"{path}@{name}", value))
    children = [child for child in element if isinstance(child.tag, str)]
    if not children or all(
        child.tag in inline or etree.QName(child).namespace for child in children
    ):
        if value := text_of(element):
            found.append((path, value))
        return
    if element.text and element.text.strip():
        found.append((path, " ".join(element.text.split())))
    for child in children:
        _collect(child, f"{path}/{child.tag}".lstrip("/"), found, inline)
        if child.tail and child.tail.strip():
            found.append((path, " ".join(child.tail.split())))
