"""Refer and BibIX, which EndNote writes as .enw."""

from __future__ import annotations

import re
from collections.abc import Iterator

from screening.citations import tagged
from screening.citations.citation import Citation, Problem
from screening.citations.normalise import FieldMap, Values, citation_from
from screening.citations.source import Source
from screening.citations.tagged import Dialect, Entry

_TAG = re.compile(
    r"^\s{0,3}\ufeff?(%[A-Za-z0-9@!#$&*()+?^<>=~\[\]{}:;,.|/'\"_-])(?:\s+(.*))?$", re.S
)

PLACES = FieldMap(
    title=("%T", "%!", "%Q", "%B"),
    authors=("%A",),
    editors=("%E", "%Y", "%?"),
    year=("%D", "%8"),
    journal=("%J", "%B", "%O", "%S"),
    volume=("%V",),
    number=("%N",),
    pages=("%P",),
    doi=("%R", "%U", "%3", "%>", "%M"),
    pmid=(),
    typed_pmid=("%M", "%U", "%R", "%Z", "%2"),
    abstract=("%X",),
    keywords=("%K",),
    language=("%G",),
    type=("%0", "%9"),
    registry=("%M", "%R", "%U", "%Z"),
    url=("%U", "%>", "%R"),
    accession=("%M", "%F"),
    note=("%Z", "%O"),
)


def tag_of(line: str) -> tuple[str, str] | None:
    """Take "%T Title" apart."""
    match = _TAG.match(line) if "%" in line[:5] else None
    return (match[1], (match[2] or "").strip()) if match else None


DIALECT = Dialect(
    name="refer",
    tag_of=tag_of,
    opens=frozenset(["%0"]),
    opens_at_repeat=True,
    any_opens=True,
    blank_closes=True,
)


def read(source: Source) -> Iterator[Citation | Problem]:
    """Read Refer."""
    for item in tagged.entries(source.lines, DIALECT):
        yield citation_of(item) if isinstance(item, Entry) else item


def citation_of(entry: Entry) -> Citation | Problem:
    """Turn a record's tags into a citation."""
    tags = entry.tags
    if not Values(tags).by_tag.keys() - {"%0", "%F"}:
        return Problem(entry.line, "error", "This record is empty.", entry.raw_text)
    citation = citation_from(tags, PLACES, raw_text=entry.raw_text, line=entry.line)
    if citation.journal and citation.journal == citation.title:
        return citation_from(
            tags, PLACES, raw_text=entry.raw_text, line=entry.line, changes={"journal": ""}
        )
    return citation
