"""Web of Science plain text, with its Inspec, MEDLINE and BIOSIS flavours."""

from __future__ import annotations

import re
from collections.abc import Iterator

from screening.citations import people, tagged
from screening.citations.citation import Citation, Problem
from screening.citations.normalise import (
    FieldMap,
    Values,
    fields_of,
    keywords_in,
    one_line,
    pmid_from,
)
from screening.citations.source import Source
from screening.citations.tagged import Dialect, Entry

TAGS = frozenset(
    [
        "PT",
        "ER",
        "AU",
        "AF",
        "BA",
        "BF",
        "BE",
        "BN",
        "CA",
        "GP",
        "RI",
        "OI",
        "TI",
        "SO",
        "SE",
        "BS",
        "LA",
        "DT",
        "TY",
        "CT",
        "CY",
        "CL",
        "SP",
        "HO",
        "DE",
        "ID",
        "AB",
        "C1",
        "C3",
        "RP",
        "EM",
        "FU",
        "FX",
        "FP",
        "CR",
        "NR",
        "TC",
        "Z1",
        "Z2",
        "Z3",
        "Z4",
        "Z8",
        "Z9",
        "ZB",
        "ZS",
        "ZR",
        "U1",
        "U2",
        "PU",
        "PI",
        "PA",
        "SN",
        "EI",
        "J9",
        "JI",
        "PD",
        "PY",
        "VL",
        "IS",
        "PN",
        "SU",
        "SI",
        "MA",
        "BP",
        "EP",
        "AR",
        "DI",
        "D2",
        "EA",
        "EY",
        "PG",
        "P2",
        "WC",
        "WE",
        "SC",
        "GA",
        "PM",
        "UT",
        "OA",
        "HC",
        "HP",
        "DA",
        "UR",
        "LK",
        "AN",
        "CC",
        "MC",
        "TA",
        "OR",
        "GN",
        "MQ",
        "DS",
        "CH",
        "MI",
        "TT",
        "FT",
        "MH",
        "ME",
        "NM",
        "PS",
        "RC",
        "RN",
        "TR",
        "BR",
        "AE",
        "PC",
        "PL",
        "PR",
        "DG",
        "CL",
        "TN",
        "AV",
        "CO",
        "CB",
        "ED",
        "EC",
        "GE",
        "IC",
        "DM",
        "BD",
        "CP",
        "MM",
        "SD",
        "SF",
        "SH",
        "FN",
        "VR",
        "EF",
        "AS",
        "PE",
        "ST",
        "OB",
        "C2",
        "DP",
        "RE",
        "TM",
    ]
)
_TAG = re.compile(r"^\ufeff?([A-Z][A-Z0-9])(?:[ \t]+(.*)|)$", re.S)
_NOISE = re.compile(r"^\ufeff?\s*(?:FN|VR|EF)\b")
_SPACES = re.compile(r"\s+")
_KINDS = {"J": "journal article", "B": "book", "S": "series", "P": "patent", "C": "conference"}

PLACES = FieldMap(
    title=("TI", "TT", "FT"),
    authors=("AF", "AU"),
    corporate=("CA", "GP"),
    editors=("BE", "ED", "BF", "BA"),
    year=("PY", "EY", "EA", "PD", "DG"),
    journal=("SO", "JI", "J9", "BS", "SE"),
    volume=("VL",),
    number=("IS",),
    start=("BP",),
    end=("EP",),
    pages=("PS",),
    article_number=("AR",),
    doi=("DI", "D2", "DO", "UR"),
    abstract=("AB",),
    language=("LA",),
    type=("DT", "TY"),
    registry=("AN", "SI"),
    url=("UR", "LK"),
    accession=("UT", "AN"),
)


def tag_of(line: str) -> tuple[str, str] | None:
    """Take "TI Title" apart; head and foot of a download are no tags."""
    if line[:1] == " " or (line[2:3] not in (" ", "", "\t") and line[:1] != "\ufeff"):
        return None
    match = _TAG.match(line)
    if match is None or match[1] not in TAGS or match[1] in ("FN", "VR", "EF"):
        return None
    return match[1], (match[2] or "").strip()


DIALECT = Dialect(
    name="wos",
    tag_of=tag_of,
    opens=frozenset(["PT"]),
    closes=frozenset(["ER"]),
    noise=_NOISE,
    core=frozenset(["TI", "AU", "AB", "SO"]),
    needs_close=True,
)


def read(source: Source) -> Iterator[Citation | Problem]:
    """Read Web of Science's plain text."""
    for item in tagged.entries(source.lines, DIALECT):
        yield citation_of(item) if isinstance(item, Entry) else item


def citation_of(entry: Entry) -> Citation | Problem:
    """Turn a record's tags into a citation."""
    tags = entry.tags
    values = Values(tags)
    if not values.by_tag.keys() - {"PT", "ER"}:
        return Problem(entry.line, "error", "This record is empty.", entry.raw_text)
    fields = fields_of(values, PLACES)
    fields["abstract"] = _SPACES.sub(" ", str(fields["abstract"]))
    fields["authors"] = _authors(values)
    fields["keywords"] = _keywords(values)
    fields["pmid"] = next(filter(None, map(pmid_from, values.all(["PM"]))), "")
    fields["type"] = fields["type"] or _KINDS.get(values.first(["PT"]), "")
    return Citation(raw=tuple(tags), raw_text=entry.raw_text, line=entry.line, **fields)  # type: ignore[arg-type]


def _authors(values: Values) -> tuple[str, ...]:
    """One author stands on a line; an address in brackets may follow the name."""
    for tags in (PLACES.authors, PLACES.corporate, PLACES.editors):
        lines = [line for value in values.group(tags) for line in value.split("\n")]
        found = people.names(map(people.tidy, lines))
        if found:
            break
    else:
        return ()
    if tags is PLACES.authors:
        found += tuple(one_line(name) for name in values.group(["CA"]))
    return found


def _keywords(values: Values) -> tuple[str, ...]:
    lists = [value.replace("\n", " ") for value in values.all(["DE", "ID"])]
    return tuple(dict.fromkeys(keywords_in(lists, ";") + keywords_in(values.all(["MH"]), "\n;")))
