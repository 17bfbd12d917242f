"""Ovid's own text exports: two-letter tags, and the older form with labels in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from screening.citations import people, tagged
from screening.citations.citation import Citation, Problem
from screening.citations.normalise import FieldMap, Values, fields_of, one_line, pmid_from
from screening.citations.source import Source
from screening.citations.tagged import Dialect, Entry

_TAG = re.compile(r"^\ufeff?([A-Z][A-Z0-9])[ \t]{1,2}- ?(.*)$", re.S)
_LABEL = re.compile(r"^[A-Z][A-Za-z/&()'-]*(?: [A-Za-z/&()'-]+){0,6}\.?$")
_OPENING = re.compile(r"^\ufeff?\s*<\s*\d+\s*\.?\s*>\s*$")
_SUFFIX = re.compile(r"\s*\[(?:[A-Z][\w,;:&/ -]{2,60})\]\.?\s*$")
_TITLE_KINDS = re.compile(
    r"article|review|letter|editorial|reference|miscellaneous|comment|erratum|note|report|abstract|book|news|"
    r"trial|study|meta|paper|conference|dissertation|bibliography|interview|case|publication",
    re.I,
)
_FOOTNOTES = re.compile(r"(?:\s*[*+^#\[\]\d,]+)+$")
_DEGREES = re.compile(
    r"(?:,?\s+(?:MD|PhD|Ph\.?D\.?|M\.?D\.?|MSc|MS|BSc|MPH|RN|DO|FACSM|FACS|MBBS|DDS|PharmD|Jr\.?|BA|MA|Dr)\b\.?)+$"
)
_SOURCE_NUMBERS = re.compile(
    r"(?P<volume>\d+)\s*(?:\((?P<number>[^()]+(?:\([^()]*\))?[^()]*)\))?\s*[:;]\s*(?P<pages>[A-Za-z]?\d[\w.]*(?:\s*-\s*[A-Za-z]?\d+)?)"
)
_VOLUME_ONLY = re.compile(r"[.;,\s](?:Vol\.?\s*)?(?P<volume>\d{1,4})\s*\((?P<number>[^()]+)\)")
_JOURNAL_END = re.compile(
    r"\.\s|\s+(?:Vol\.|\d)|\s+(?:January|February|March|April|May|June|July|August|September|October|November|December)\b|;"
)

PLACES = FieldMap(
    title=("TI", "Title", "BT", "Book Title", "TT", "OT"),
    authors=("FA", "AU", "Author", "Authors", "Authors Full Name"),
    corporate=("CA", "Corporate Author"),
    editors=("ED", "Editor", "Editors"),
    year=("YR", "Year of Publication", "Publication Year", "DP", "Date of Publication", "PD", "DG", "EP", "SO", "Source"),
    journal=("JN", "Journal Name", "Journal"),
    volume=("VO", "Volume"),
    number=("IP", "Issue"),
    pages=("PG", "Page", "Pages"),
    doi=("DO", "DI", "DOI Number", "DOI", "Digital Object Identifier", "EI", "UR", "XL", "SO", "PI"),
    abstract=("AB", "Abstract"),
    keywords=("KW", "MH", "SH", "HW", "KP", "Author Keywords", "Key Words", "Keywords", "Subject Headings", "ID", "Keyword Heading"),
    language=("LG", "LA", "Language"),
    type=("PT", "Publication Type", "DT", "Document Type"),
    registry=("CN", "SI", "Clinical Trial Number"),
    url=("XL", "UR", "OU", "URL", "Link to the Ovid Full Text or citation"),
    accession=("UI", "AN", "Unique Identifier", "Accession Number"),
    note=("NT", "Notes"),
    keyword_separators=";\n",
)  # fmt: skip


def tag_of(line: str) -> tuple[str, str] | None:
    """Take "TI  - Title" apart; a label in words stands alone on its line."""
    if line[:1].isspace():
        return None
    match = _TAG.match(line)
    if match:
        return match[1], match[2].strip()
    stripped = line.rstrip()
    if len(stripped) <= 60 and _LABEL.match(stripped):
        return stripped.rstrip("."), ""
    return None


DIALECT = Dialect(
    name="ovid", tag_of=tag_of, opening_line=_OPENING, core=frozenset(["TI", "AU", "Title"])
)


def read(source: Source) -> Iterator[Citation | Problem]:
    """Read Ovid's text exports."""
    for item in tagged.entries(source.lines, DIALECT):
        yield citation_of(item) if isinstance(item, Entry) else item


def citation_of(entry: Entry) -> Citation | Problem:
    """Turn a record's tags into a citation."""
    tags = entry.tags
    values = Values(tags)
    if not values.by_tag.keys() - {"VN", "DB"}:
        return Problem(entry.line, "error", "This record is empty.", entry.raw_text)
    fields = fields_of(values, PLACES)
    source = one_line(values.first(["SO", "Source"]))
    fields["title"] = _title(str(fields["title"]))
    fields["authors"] = _authors(values) or fields["authors"]
    fields["abstract"] = " ".join(str(fields["abstract"]).split())
    fields["journal"] = fields["journal"] or _journal(source)
    fields["pmid"] = _pmid(values)
    for name, value in _numbers(source).items():
        fields[name] = fields[name] or value
    return Citation(raw=tuple(tags), raw_text=entry.raw_text, line=entry.line, **fields)  # type: ignore[arg-type]


def _title(title: str) -> str:
    """Cut the kind of publication off that Ovid puts behind a title."""
    match = _SUFFIX.search(title)
    if match and match.start() > 0 and _TITLE_KINDS.search(match[0]):
        return title[: match.start()].rstrip()
    return title


def _authors(values: Values) -> tuple[str, ...]:
    parts = [part for value in values.group(PLACES.authors) for part in re.split(r";|\n", value)]
    found = (
        people.inverted(_DEGREES.sub("", _FOOTNOTES.sub("", people.tidy(part)))) for part in parts
    )
    return tuple(name for name in found if name)


def _journal(source: str) -> str:
    match = _JOURNAL_END.search(source)
    return (source[: match.start()] if match else source).strip(" .;,")


def _numbers(source: str) -> dict[str, str]:
    match = _SOURCE_NUMBERS.search(source) or _VOLUME_ONLY.search(source)
    return (
        {name: value.strip() for name, value in match.groupdict().items() if value} if match else {}
    )


def _pmid(values: Values) -> str:
    """MEDLINE's own number is the PubMed number; elsewhere it stands in PM."""
    places = ["PM"]
    if any("medline" in value.lower() for value in values.all(["DB", "Database"])):
        places += ["UI", "Unique Identifier", "AN"]
    return next(filter(None, map(pmid_from, values.all(places))), "")
