"""RefWorks' tagged format."""

from __future__ import annotations

import re
from collections.abc import Iterator

from screening.citations import tagged
from screening.citations.citation import Citation, Problem
from screening.citations.normalise import FieldMap, Values, citation_from
from screening.citations.source import Source
from screening.citations.tagged import Dialect, Entry

TAGS = frozenset(
    [
        "RT",
        "SR",
        "ID",
        "A1",
        "A2",
        "A3",
        "A4",
        "A5",
        "A6",
        "A7",
        "T1",
        "T2",
        "T3",
        "TI",
        "JF",
        "JO",
        "YR",
        "FD",
        "VO",
        "IS",
        "SP",
        "OP",
        "ED",
        "K1",
        "KW",
        "AB",
        "NO",
        "NT",
        "PB",
        "PP",
        "SN",
        "AD",
        "AN",
        "AV",
        "CA",
        "CL",
        "CN",
        "CR",
        "CT",
        "CY",
        "DB",
        "DO",
        "DS",
        "LA",
        "LK",
        "LL",
        "LS",
        "OL",
        "PM",
        "PMID",
        "RD",
        "RP",
        "ST",
        "TA",
        "TO",
        "U1",
        "U2",
        "U3",
        "U4",
        "U5",
        "U6",
        "U7",
        "U8",
        "U9",
        "U10",
        "U11",
        "U12",
        "U13",
        "U14",
        "U15",
        "UL",
        "WP",
        "WT",
        "WV",
        "FR",
        "OT",
        "PMC",
        "RF",
        "FL",
        "SL",
        "SO",
        "JA",
        "PY",
        "AU",
    ]
)
_TAG = re.compile(r"^\ufeff?([A-Z][A-Z0-9]{1,3})(?:[ \t]+(.*))?$", re.S)
_NOISE = re.compile(r"^\s*(?:<?\d+\.?\s*>?|RefWorks.*)\s*$", re.I)

PLACES = FieldMap(
    title=("T1", "TI", "T2", "T3", "CT"),
    authors=("A1", "AU"),
    editors=("A2", "A3", "A4"),
    year=("YR", "PY", "FD"),
    journal=("JF", "JO", "T2", "T3"),
    volume=("VO",),
    number=("IS",),
    start=("SP",),
    end=("OP",),
    doi=("DO", "UL", "LK", "L1"),
    pmid=("PM", "PMID"),
    typed_pmid=("AN", "UL", "LK", "NO", "OT"),
    abstract=("AB",),
    keywords=("K1", "KW"),
    language=("LA", "OL"),
    type=("RT",),
    registry=("AN", "UL", "NO"),
    url=("UL", "LK"),
    accession=("AN", "ID"),
    note=("NO", "NT"),
)


def tag_of(line: str) -> tuple[str, str] | None:
    """Take "T1 Title" apart."""
    match = _TAG.match(line)
    return (match[1], (match[2] or "").strip()) if match and match[1] in TAGS else None


DIALECT = Dialect(
    name="refworks",
    tag_of=tag_of,
    opens=frozenset(["RT"]),
    noise=_NOISE,
    core=frozenset(["T1", "A1", "AB"]),
)


def read(source: Source) -> Iterator[Citation | Problem]:
    """Read RefWorks' tagged format."""
    for item in tagged.entries(source.lines, DIALECT):
        yield citation_of(item) if isinstance(item, Entry) else item


def citation_of(entry: Entry) -> Citation | Problem:
    """Turn a record's tags into a citation."""
    tags = entry.tags
    if not Values(tags).by_tag.keys() - {"RT", "ID", "SR"}:
        return Problem(entry.line, "error", "This record is empty.", entry.raw_text)
    return citation_from(tags, PLACES, raw_text=entry.raw_text, line=entry.line)
