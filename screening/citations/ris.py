"""RIS in every provider's flavour."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import ascii_uppercase, digits

from screening.citations import tagged
from screening.citations.citation import Citation, Problem
from screening.citations.normalise import FieldMap, Values, fields_of
from screening.citations.ris_types import label_of
from screening.citations.source import Source
from screening.citations.tagged import Dialect, Entry

TAGS = frozenset(
    [
        "TY",
        "ER",
        "ID",
        "AU",
        "A1",
        "A2",
        "A3",
        "A4",
        "A5",
        "A6",
        "TI",
        "T1",
        "T2",
        "T3",
        "TA",
        "TT",
        "CT",
        "BT",
        "ST",
        "JF",
        "JO",
        "JA",
        "J1",
        "J2",
        "JI",
        "J9",
        "PY",
        "Y1",
        "Y2",
        "YR",
        "DA",
        "DP",
        "AB",
        "N1",
        "N2",
        "NT",
        "KW",
        "KI",
        "K1",
        "VL",
        "VO",
        "IS",
        "CP",
        "SP",
        "EP",
        "SE",
        "SN",
        "BN",
        "ED",
        "ET",
        "PB",
        "PP",
        "CY",
        "C1",
        "C2",
        "C3",
        "C4",
        "C5",
        "C6",
        "C7",
        "C8",
        "CA",
        "CN",
        "CR",
        "DB",
        "DI",
        "DO",
        "DS",
        "DT",
        "L1",
        "L2",
        "L3",
        "L4",
        "LA",
        "LB",
        "LG",
        "LK",
        "M1",
        "M2",
        "M3",
        "NL",
        "NV",
        "OP",
        "OL",
        "PT",
        "RI",
        "RN",
        "RP",
        "SO",
        "SR",
        "U1",
        "U2",
        "U3",
        "U4",
        "U5",
        "UR",
        "UT",
        "VO",
        "WP",
        "WT",
        "WV",
        "AD",
        "AI",
        "AN",
        "AV",
        "AR",
        "CC",
        "NS",
        "PM",
        "PMID",
        "PMC",
        "DOI",
        "ZZ",
    ]
)
_TWO = frozenset(a + b for a in ascii_uppercase for b in ascii_uppercase + digits)
_LOOSE = re.compile(r"^[\s\ufeff]*([A-Z][A-Z0-9]{1,3})([ \t]{0,4})[-–—](?:[ \t]+(.*)|(.*))$", re.S)
_BARE_END = re.compile(r"^[\s\ufeff]*ER\s*$")
_NOISE = re.compile(
    r"^\s*(?:<?\d+\.?\s*>?|Record #\d+ of \d+|(?:Provider|Database|Content)\s*:.*|[\"\d\s,]+)\s*$",
    re.I,
)

PLACES = FieldMap(
    title=("TI", "T1", "CT", "BT", "TT", "ST", "T2", "T3"),
    authors=("AU", "A1"),
    corporate=(),
    editors=("A2", "ED", "A3", "A4", "A5"),
    year=("PY", "Y1", "YR", "DA"),
    journal=("JF", "T2", "JO", "JA", "J2", "JI", "J9", "J1", "BT", "T3"),
    volume=("VL", "VO"),
    number=("IS", "CP"),
    start=("SP",),
    end=("EP",),
    article_number=("C7", "AR"),
    doi=("DO", "DI", "DOI", "M3", "L3", "UR", "L2", "LK", "L1", "L4", "N1", "ID", "AN"),
    pmid=("PM", "PMID"),
    typed_pmid=("C1", "C2", "C3", "C4", "C5", "C6", "C8", "AN", "ID", "M1", "U1", "U2", "U5", "UR", "L1", "L2", "LK", ""),
    abstract=("AB", "N2"),
    keywords=("KW", "KI", "K1"),
    language=("LA", "LG"),
    registry=("AN", "ID", "UR", "C1", "U1", "N1", "M1"),
    url=("UR", "LK", "L2", "L1", "L3", "L4"),
    accession=("AN", "UT", "ID"),
    note=("N1", "NT", "RN"),
)  # fmt: skip
EMBASE = PLACES.with_(pmid=("C5", "PM"), accession=("U2", "AN", "ID"))
SCOPUS = PLACES.with_(pmid=("C2", "PM"))
MEDLINE = PLACES.with_(pmid=("PM", "PMID", "AN", "ID"))

_MEDLINE_NAME = re.compile(r"medline|pubmed|^nlm$|^mdc$|^cmedm$", re.I)
_OWN_FIELD = re.compile(r"reviewtool (type|registry_id): ?(.*)")
_SCOPUS_ID = re.compile(r"eid=(2-s2\.0-\d+)")
_NOTE_PMID = re.compile(
    r"^\s*(?:Accession Number:[^;\n]{0,60}?[;.]\s*)?(?:PMID|PubMed ID)\s*[:=]\s*(?:NLM)?(\d{4,8})\b",
    re.M,
)


def tag_of(line: str) -> tuple[str, str] | None:
    """Take "TY  - JOUR" apart, and what people's tools have made of it."""
    if line[2:5] == "  -":
        tag = line[:2]
        if tag in _TWO:
            return tag, line[5:].strip()
        if tag.upper() in TAGS:  # in lower case only where nothing else of the line is in doubt
            return tag.upper(), line[5:].strip()
    if "-" not in line[:16] and "–" not in line[:16] and "—" not in line[:16]:
        return ("ER", "") if _BARE_END.match(line) else None
    match = _LOOSE.match(line[: 1 << 20])
    if match is None or match[1] not in TAGS:
        return None
    if match[4]:
        return None if match[2] in ("", " ") else (match[1], line[match.start(4) :].strip())
    return match[1], line[match.start(3) :].strip() if match[3] else ""


DIALECT = Dialect(
    name="ris",
    tag_of=tag_of,
    opens=frozenset(["TY"]),
    closes=frozenset(["ER"]),
    noise=_NOISE,
    core=frozenset(["TI", "T1", "AU", "A1", "AB", "N2", "DO"]),
    needs_close=True,
    mark="  -",
    plain_tags=_TWO - {"TY", "ER"},
    whole_record=re.compile(r"TY  -.*\n(?:(?!TY|ER)[A-Z][A-Z0-9]  -.*\n)*ER  -[ \t]*(?:\n+|\Z)"),
    begins="\nTY  -",
)


def read(source: Source) -> Iterator[Citation | Problem]:
    """Read RIS."""
    for item in tagged.entries(source.lines, DIALECT):
        yield citation_of(item) if isinstance(item, Entry) else item


def citation_of(entry: Entry) -> Citation | Problem:
    """Turn a record's tags into a citation; a record without any content is refused."""
    tags = entry.tags
    values = Values(tags)
    if not values.by_tag.keys() - {"TY", "ER", "ID"}:
        return Problem(entry.line, "error", "This record is empty.", entry.raw_text)
    places = places_for(values)
    fields = fields_of(values, places)
    fields["type"] = label_of(values.first(["TY"]))
    if fields["journal"] == fields["title"]:
        fields["journal"] = _other_journal(values, str(fields["title"]))
    if "N1" in values.by_tag and not fields["pmid"]:
        fields["pmid"] = _note_pmid(values)
    if places is SCOPUS and not fields["accession"]:
        fields["accession"] = _scopus_id(values)
    if "ZZ" in values.by_tag:
        fields |= _own_fields(values)
    return Citation(raw=tuple(tags), raw_text=entry.raw_text, line=entry.line, **fields)  # type: ignore[arg-type]


def _own_fields(values: Values) -> dict[str, str]:
    """Fields that RIS has no place for, as our own export writes them."""
    found = map(_OWN_FIELD.fullmatch, values.by_tag.get("ZZ", ()))
    return {match[1]: match[2] for match in found if match}


def places_for(values: Values) -> FieldMap:
    """Choose the provider's map: three of them keep the PubMed number in places of their own."""
    by_tag = values.by_tag
    databases = by_tag.get("DB", []) + by_tag.get("DP", [])
    if "U2" in by_tag and ("C5" in by_tag or "LK" in by_tag or "Embase" in databases):
        return EMBASE
    if "C2" in by_tag and _is_scopus(values):
        return SCOPUS
    names = [name for name in databases if _MEDLINE_NAME.search(name)]
    if names and not any("embase" in name.lower() for name in databases):
        return MEDLINE
    return PLACES


def _is_scopus(values: Values) -> bool:
    by_tag = values.by_tag
    return (
        any("scopus" in value.lower() for value in by_tag.get("DB", []) + by_tag.get("UR", []))
        or any("(ISSN)" in value for value in by_tag.get("SN", []))
        or any(value.startswith(("Export Date", "Cited By")) for value in by_tag.get("N1", []))
    )


def _scopus_id(values: Values) -> str:
    match = next(filter(None, map(_SCOPUS_ID.search, values.all(["UR"]))), None)
    return match[1] if match else ""


def _note_pmid(values: Values) -> str:
    match = next(filter(None, map(_NOTE_PMID.search, _naming_pubmed(values))), None)
    return match[1] if match else ""


def _naming_pubmed(values: Values) -> list[str]:
    return [note for note in values.by_tag.get("N1", ()) if "PMID" in note or "PubMed" in note]


def _other_journal(values: Values, title: str) -> str:
    """A journal that is the title was only the title's stand-in; take another if there is one."""
    return next((value for value in values.all(PLACES.journal) if value != title), "")
