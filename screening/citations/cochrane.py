"""The Cochrane Library's text export."""

from __future__ import annotations

import re
from collections.abc import Iterator

from screening.citations import tagged
from screening.citations.citation import Citation, Problem
from screening.citations.normalise import FieldMap, Values, citation_from
from screening.citations.source import Source
from screening.citations.tagged import Dialect, Entry

_TAG = re.compile(r"^\ufeff?([A-Z][A-Z0-9]{1,3}): ?(.*)$", re.S)
_OPENING = re.compile(r"^\ufeff?\s*Record #\d+ of \d+\s*$")

PLACES = FieldMap(
    title=("TI",),
    authors=("AU",),
    editors=("ED",),
    year=("YR", "PY", "DA"),
    journal=("SO", "JN", "T2"),
    volume=("VL",),
    number=("NO", "IS"),
    pages=("PG",),
    doi=("DOI", "DO", "US"),
    pmid=("PM",),
    typed_pmid=("PM", "C3", "XR", "AN", "US"),
    abstract=("AB",),
    keywords=("KY", "KW", "MH"),
    language=("LA",),
    type=("PT", "M3"),
    registry=("ID", "CR", "US", "SO", "AN"),
    url=("US", "UR"),
    accession=("ID", "AN"),
    note=("NT",),
)


def tag_of(line: str) -> tuple[str, str] | None:
    """Take "TI: Title" apart."""
    match = _TAG.match(line) if ":" in line[:6] else None
    return (match[1], match[2].strip()) if match else None


DIALECT = Dialect(
    name="cochrane",
    tag_of=tag_of,
    opens=frozenset(["ID"]),
    opens_at_repeat=True,
    opening_line=_OPENING,
    any_opens=True,
    joiner=" ",
)


def read(source: Source) -> Iterator[Citation | Problem]:
    """Read the Cochrane Library's text export."""
    for item in tagged.entries(source.lines, DIALECT):
        yield citation_of(item) if isinstance(item, Entry) else item


def citation_of(entry: Entry) -> Citation | Problem:
    """Turn a record's tags into a citation."""
    tags = entry.tags
    if not Values(tags).by_tag:
        return Problem(entry.line, "error", "This record is empty.", entry.raw_text)
    return citation_from(tags, PLACES, raw_text=entry.raw_text, line=entry.line)
