"""PubMed's own format (nbib, "MEDLINE"), which PMC and ERIC write too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from screening.citations import tagged
from screening.citations.citation import Citation, Problem
from screening.citations.normalise import FieldMap, Values, doi_in, fields_of, registry_in
from screening.citations.source import Source
from screening.citations.tagged import Dialect, Entry

_TAG = re.compile(r"^\ufeff?([A-Z][A-Z0-9]{1,3}) {0,3}- ?(.*)$", re.S)
_RECORD_NUMBER = re.compile(r"^\s*\d+\s*[.:]?\s*$")

PLACES = FieldMap(
    title=("TI", "TT", "BTI", "CTI"),
    authors=("FAU", "AU"),
    corporate=("CN",),
    editors=("FED", "ED"),
    year=("DP", "DEP", "EDAT"),
    journal=("JT", "TA", "BTI", "CTI"),
    volume=("VI", "VTI"),
    number=("IP",),
    pages=("PG",),
    pmid=("PMID",),
    abstract=("AB", "OAB"),
    keywords=("OT", "MH"),
    language=("LA",),
    type=("PT",),
    registry=("SI",),
    accession=("PMID", "PMC"),
    note=("GN",),
)


def tag_of(line: str) -> tuple[str, str] | None:
    """Take "PMID- 1" and "PMC - 1" apart; the tag fills four columns, but not in every copy."""
    if line[4:6] == "- ":
        tag = line[:4].rstrip()
        if tag.isalnum() and tag.isupper() and tag.isascii():
            return tag, line[6:].strip()
    if line[:1].isspace() or "-" not in line[:7]:
        return None
    match = _TAG.match(line)
    return (match[1], match[2].strip()) if match else None


DIALECT = Dialect(
    name="nbib",
    tag_of=tag_of,
    opens=frozenset(["PMID", "OWN", "PMC"]),
    opens_at_repeat=True,
    noise=_RECORD_NUMBER,
    core=frozenset(["TI", "BTI", "CTI", "AU", "FAU", "AB"]),
    joiner=" ",
    blank_closes=True,
)


def read(source: Source) -> Iterator[Citation | Problem]:
    """Read PubMed's format."""
    for item in tagged.entries(source.lines, DIALECT):
        yield citation_of(item) if isinstance(item, Entry) else item


def citation_of(entry: Entry) -> Citation | Problem:
    """Turn a record's tags into a citation."""
    tags = entry.tags
    values = Values(tags)
    if not values.by_tag:
        return Problem(entry.line, "error", "This record is empty.", entry.raw_text)
    fields = fields_of(values, PLACES)
    fields["title"] = fields["title"] or values.first(["TT"])
    if fields["journal"] == fields["title"]:
        fields["journal"] = ""
    fields["doi"] = _doi(values)
    fields["type"] = "; ".join(values.all(["PT"]))
    fields["registry_id"] = next(filter(None, map(registry_in, values.all(["SI"]))), "")
    return Citation(raw=tuple(tags), raw_text=entry.raw_text, line=entry.line, **fields)  # type: ignore[arg-type]


def _doi(values: Values) -> str:
    """LID and AID hold several identifiers and say in brackets which is the DOI."""
    candidates = values.all(["LID", "AID"])
    said = [value for value in candidates if "[doi]" in value.lower()]
    places = [*said, *candidates, *values.all(["DO", "DOI", "SO"])]
    return next(filter(None, map(doi_in, places)), "")
