"""Tell what a file is from how it begins; its name only helps to say so."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from screening.citations import headers
from screening.citations.citation import Refused
from screening.citations.encodings import decode_head, encoding_of

HEAD = 64 * 1024
"""How many bytes `detect` wants to see."""

NAMES = {
    "ris": "RIS", "nbib": "PubMed (nbib)", "pubmed_xml": "PubMed XML", "endnote_xml": "EndNote XML",
    "bibtex": "BibTeX", "wos": "Web of Science", "ovid": "Ovid", "refer": "Refer (EndNote .enw)",
    "refworks": "RefWorks tagged", "cochrane": "Cochrane Library text", "csv": "CSV", "tsv": "TSV",
    "xlsx": "Excel (xlsx)",
}  # fmt: skip
FORMATS = tuple(NAMES)


@dataclass(frozen=True, slots=True)
class Detected:
    """What a file was recognised as, with a description for people."""

    format: str
    flavour: str
    encoding: str
    has_bom: bool
    newline: str
    description: str


_MAGIC = (
    (b"%PDF", "a PDF. Export the search results as RIS or CSV instead of printing them"),
    (b"SQLite format 3\x00", "a database of a reference manager (such as an EndNote .enl library). In EndNote choose File, Export, and the output style RefMan (RIS)"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file. Save it as .xlsx or .csv and import that"),
    (b"{\\rtf", "a Rich Text document. Export the references as RIS, or as plain text"),
    (b"7z\xbc\xaf", "a 7-Zip archive. Unpack it and import the files in it"),
    (b"Rar!", "a RAR archive. Unpack it and import the files in it"),
    (b"BZh", "a bzip2 archive. Unpack it and import the file in it"),
    (b"\xfd7zXZ", "an xz archive. Unpack it and import the file in it"),
    (b"\x89PNG", "a picture. Export the references as RIS or CSV"),
    (b"\xff\xd8\xff", "a picture. Export the references as RIS or CSV"),
    (b"GIF8", "a picture. Export the references as RIS or CSV"),
    (b"MZ", "a program. Export the references as RIS or CSV"),
    (b"\x7fELF", "a program. Export the references as RIS or CSV"),
)  # fmt: skip
_ENL = "an EndNote library (.enl). In EndNote choose File, Export, and the output style RefMan (RIS), and import that file"
_HTML = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|script|meta|table|div)\b", re.I | re.S
)
_ENTITY = re.compile(r"<!ENTITY", re.I)
_XML_FORMATS = (
    ("pubmed_xml", re.compile(r"<(?:PubmedArticleSet|PubmedArticle|PubmedBookArticle|PubmedBookArticleSet|MedlineCitationSet|MedlineCitation)\b")),
    ("endnote_xml", re.compile(r"<records\b|<record>.*?<(?:ref-type|contributors|titles)\b", re.S)),
)  # fmt: skip

_SIGNS: tuple[tuple[str, re.Pattern[str], int], ...] = (
    ("ris", re.compile(r"^[\s\ufeff]*(?:TY[ \t]{0,4}[-–—]|ty  -)(?:[ \t]|$)", re.M), 1000),
    ("ris", re.compile(r"^ER  -\s*$", re.M), 300),
    ("ris", re.compile(r"^(?:A1|AU|T1|TI|T2|JO|JF|PY|Y1|N2|SN|UR|KW|VL|SP|EP|L2|DO|M3|ID)  - ", re.M), 4),
    ("nbib", re.compile(r"^PMID ?- ?", re.M), 800),
    ("nbib", re.compile(r"^(?:OWN |STAT|FAU |TI  |DP  |JT  |TA  |LID |AID |PMC |MH  |SO  |AB  |PT  |VI  |IP  |PG  )- ?", re.M), 5),
    ("wos", re.compile(r"^\ufeff?FN (?:Clarivate|Thomson|ISI|Web of)", re.M), 900),
    ("wos", re.compile(r"^PT [A-Z](?:\s|$)", re.M), 500),
    ("wos", re.compile(r"^(?:AU|AF|TI|SO|DT|UT|PY|VL|BP|EP|CR|SN|DE|ID|C1|J9|JI) \S", re.M), 3),
    ("ovid", re.compile(r"^\s*<\d+\s*\.?\s*>\s*$", re.M), 700),
    ("ovid", re.compile(r"^(?:VN|UI|RO|SO|IN|ST|LG|DB) {1,2}- ", re.M), 5),
    ("refworks", re.compile(r"^RT \S", re.M), 600),
    ("refworks", re.compile(r"^(?:SR|A1|T1|YR|JF|FD|VO|IS|OP|K1|AB|LK|DO|DS) \S", re.M), 3),
    ("refer", re.compile(r"^%0 \S", re.M), 700),
    ("refer", re.compile(r"^%[A-Z0-9@!#$&*()+?^<>=~>\[\]] ?\S", re.M), 10),
    ("cochrane", re.compile(r"^Record #\d+ of \d+\s*$", re.M), 500),
    ("cochrane", re.compile(r"^(?:ID|AU|TI|SO|YR|NO|VL|PG|PM|XR|PT|KY|DOI|AB|US|CC|YR|C2|DE|LA|PB): \S?", re.M), 20),
    ("bibtex", re.compile(r"^\s*@\s*[A-Za-z_]+\s*[{(]", re.M), 600),
)  # fmt: skip
_ENOUGH = 10
_PLAINLY_A_TABLE = 5
"""So many known column names on the first line outweigh tags quoted in the cells below."""


def detect(head: bytes, *, name: str = "", encoding: str | None = None) -> Detected:
    """Recognise a file by its first 64 KB, or refuse it with a sentence that says what it is."""
    packed = head.startswith(b"\x1f\x8b")
    if packed:
        head = inflate_head(head)
    refuse_foreign(head, name)
    if head.startswith(b"PK"):
        return Detected("xlsx", "", "", False, "", "Excel workbook (xlsx)")
    found = encoding_of(head, name=encoding)
    text = decode_head(head, found)
    format, flavour = format_of(text, name=name)
    newline = newline_of(text)
    how = ["gzip"] if packed else []
    parts = [
        NAMES[format],
        *([f"{flavour} flavour"] if flavour else []),
        found.label,
        newline,
        *how,
    ]
    return Detected(
        format, flavour, found.name, found.has_bom, newline, ", ".join(filter(None, parts))
    )


def format_of(text: str, *, name: str = "") -> tuple[str, str]:
    """Return format and flavour of a text."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    if not text.strip():
        raise Refused(_refusal(name, "empty. Export the results again and check the file's size"))
    if _HTML.match(text):
        raise Refused(
            _refusal(
                name,
                "a web page, perhaps a login page. Log in to the database again, and export the results as RIS or CSV",
            )
        )
    if text.lstrip().startswith("<") and not re.match(r"\s*<\d+\s*\.?\s*>", text):
        return _xml_format(text, name), ""
    if headers.n_known(headers.first_row(text)) >= _PLAINLY_A_TABLE:
        return _table_format(text)
    if tagged := _tagged_format(text):
        return tagged, _flavour(tagged, text)
    if headers.find(text.split("\n")):
        return _table_format(text)
    if text.lstrip()[:1] in ("{", "["):
        raise Refused(
            _refusal(name, "JSON, which is not read. Export the references as RIS or CSV")
        )
    raise Refused(
        _refusal(
            name,
            "no export of references that we know: it begins with “"
            + _beginning(text)
            + "”. Export the results as RIS, PubMed, BibTeX or CSV",
        )
    )


def _table_format(text: str) -> tuple[str, str]:
    table = headers.find(text.split("\n"))
    if table is None:
        return "csv", ""
    return ("tsv" if table.delimiter == "\t" else "csv"), headers.provider_of(table.columns)


def refuse_foreign(head: bytes, name: str = "") -> None:
    """Refuse what is no text and no workbook, by name."""
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise Refused(_refusal(name, "empty. Export the results again and check the file's size"))
    body = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for magic, what in _MAGIC:
        if body.startswith(magic) and not (magic == b"MZ" and b"\x00" not in head[:512]):
            raise Refused(_refusal(name, what))
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        _refuse_other_zip(head, name)
    elif _is_binary(head):
        raise Refused(
            _refusal(
                name,
                _ENL
                if name.lower().endswith((".enl", ".enlx"))
                else "no text. Export the references as RIS or CSV",
            )
        )


def _refuse_other_zip(head: bytes, name: str) -> None:
    if (
        b"[Content_Types].xml" in head
        or b"xl/" in head
        or b"_rels/" in head
        or name.lower().endswith((".xlsx", ".xlsm"))
    ):
        if b"word/" in head[:4096] or b"ppt/" in head[:4096]:
            raise Refused(
                _refusal(name, "a Word or PowerPoint document. Export the references as RIS or CSV")
            )
        return
    what = (
        _ENL
        if name.lower().endswith(".enlx")
        else "a ZIP archive. Unpack it and import the files in it"
    )
    raise Refused(_refusal(name, what))


def _is_binary(head: bytes) -> bool:
    """Many control bytes, and not as UTF-16 or UTF-32 would have them."""
    sample = head[:8192]
    if encoding_of(sample).name.startswith(("utf-16", "utf-32")):
        return False
    controls = sum(byte < 9 or 13 < byte < 32 for byte in sample)
    return sample.count(0) > len(sample) * 0.05 or controls > len(sample) * 0.1


def _xml_format(text: str, name: str) -> str:
    if _ENTITY.search(text):
        raise Refused(
            _refusal(
                name,
                "XML that declares entities, which exports of references never do and attacks use. Export the results again from the database",
            )
        )
    for format, sign in _XML_FORMATS:
        if sign.search(text):
            return format
    raise Refused(
        _refusal(
            name,
            "XML of a kind we do not know. PubMed XML and EndNote XML are read; else export as RIS or CSV",
        )
    )


def _tagged_format(text: str) -> str:
    """Weigh the signs of each tagged format; an abstract that quotes one does not outweigh the rest."""
    scores: dict[str, int] = {}
    for format, sign, weight in _SIGNS:
        hits = len(sign.findall(text))
        scores[format] = scores.get(format, 0) + (weight * min(hits, 3 if weight >= 300 else 50))
    if scores["ovid"] >= 700:
        scores["nbib"] = scores["ris"] = 0
    best = max(scores, key=lambda format: scores[format])
    return best if scores[best] >= _ENOUGH else ""


def _flavour(format: str, text: str) -> str:
    if format != "ris":
        return ""
    return next((name for name, sign in RIS_FLAVOURS if sign.search(text)), "")


RIS_FLAVOURS = (
    ("Cochrane CENTRAL", re.compile(r"^AN {2}- {1,2}CN-\d+", re.M)),
    ("Rayyan", re.compile(r"^AN {2}- rayyan-|RAYYAN-INCLUSION", re.M)),
    ("Embase.com", re.compile(r"^U2 {2}- L\d+", re.M)),
    ("Ovid", re.compile(r"ovidsp|ovid\.com|Ovid Full Text|^Y1 {2}- \d{4}//\s*$", re.M)),
    ("Scopus", re.compile(r"^DB {2}- Scopus|scopus\.com|^SN {2}- .*\(ISSN\)", re.M | re.I)),
    ("Web of Science", re.compile(r"^AN {2}- WOS:|^DB {2}- .*Web of Science", re.M)),
    ("EBSCO", re.compile(r"search\.ebscohost\.com|^N1 {2}- Accession Number:", re.M)),
    ("ProQuest", re.compile(r"proquest\.com", re.I)),
    ("EPPI-Reviewer", re.compile(r"^KW {2}- eppi-reviewer", re.M)),
    ("Covidence", re.compile(r"^(?:NS|N1) {2}- .*(?:Covidence|Exclusion reason)", re.M)),
    ("Lens", re.compile(r"lens\.org")),
)  # fmt: skip


def newline_of(text: str) -> str:
    """Name the line ends of a text."""
    crlf = text.count("\r\n")
    lf, cr = text.count("\n") - crlf, text.count("\r") - crlf
    counts = {"CRLF": crlf, "LF": lf, "CR": cr}
    return max(counts, key=lambda kind: counts[kind]) if any(counts.values()) else ""


def inflate_head(head: bytes) -> bytes:
    """Return the beginning of what a gzip file holds."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, HEAD)
    except zlib.error as error:
        raise Refused("The file is a damaged gzip archive. Export or download it again.") from error


def _beginning(text: str) -> str:
    return " ".join(text.split())[:60]


def _refusal(name: str, what: str) -> str:
    return f"{f'“{name}”' if name else 'The file'} is {what}."
