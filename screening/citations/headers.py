"""Column names of exported tables: which field each holds, provider by provider, as data."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

MAX_PREAMBLE = 30
"""The header row is looked for in this many lines; Embase and Excel put a preamble before it."""

DELIMITERS = (",", ";", "\t", "|")

FIELDS = (
    "title", "authors", "year", "journal", "volume", "number", "pages", "start", "end", "doi", "pmid",
    "abstract", "keywords", "language", "type", "registry", "url", "accession", "note",
)  # fmt: skip
"""What a column can be mapped to; `start` and `end` are the first and last page."""

KNOWN: Mapping[str, tuple[str, ...]] = {
    "title": (
        "title", "article title", "item title", "document title", "study title", "ti", "t1", "primary title", "display name",
        "brief title", "public title", "publication title title", "reference title", "work title", "paper title", "titles",
        "official title", "scientific title", "titre", "titel", "título", "original title",
    ),
    "authors": (
        "authors", "author", "author full names", "author s", "author names", "first authors", "author/s", "au", "af",
        "authorships author display name", "authors list", "author list", "creator", "creators", "author name", "auteurs", "autoren",
        "authorships raw author name", "authorships display name", "authorships raw author names", "a1", "book authors", "authors primary",
        "authors full names", "first author", "editors",
    ),
    "year": (
        "year", "publication year", "published year", "pub year", "py", "yr", "date published", "publication date", "year published",
        "date", "date of publication", "date created", "start date", "pubdate", "pub date", "published", "publicationyear", "issued",
        "année", "jahr", "y1", "da", "early access date", "first posted", "create date", "primary location year",
    ),
    "journal": (
        "journal", "source title", "journal title", "journal/book", "journal book", "publication title", "publication name", "secondary title",
        "container title", "full journal name", "so", "jf", "t2", "source", "primary location source display name", "host venue display name",
        "periodical", "journal name", "publication", "abbreviated source title", "journal abbreviation", "j2", "booktitle", "parent title",
        "conference name", "venue", "host venue", "periodical full title", "zeitschrift",
    ),
    "volume": ("volume", "journal volume", "vl", "vo", "biblio volume", "vol"),
    "number": ("issue", "issue number", "journal issue", "number", "is", "biblio issue", "no", "issue no", "num"),
    "pages": ("pages", "page range", "page s", "page numbers", "pagination", "pg", "page"),
    "start": ("start page", "page start", "first page", "beginning page", "bp", "sp", "biblio first page", "startpage", "start pages"),
    "end": ("end page", "page end", "last page", "ending page", "ep", "biblio last page", "endpage", "end pages"),
    "doi": ("doi", "item doi", "digital object identifier", "di", "do", "ids doi", "doi number", "doi link", "elocation id", "article doi", "book doi"),
    "pmid": ("pmid", "pubmed id", "medline pmid", "pubmed", "pm", "ids pmid", "medline id", "pub med id", "pubmedid", "accession number pmid"),
    "abstract": (
        "abstract", "ab", "n2", "abstract text", "abstracts", "brief summary", "abstract note", "summary", "notes abstract", "abstractnote",
        "zusammenfassung", "résumé", "resumen", "original abstract", "ai tldr",
    ),
    "keywords": (
        "keywords", "author keywords", "key words", "keyword", "kw", "index keywords", "mesh terms", "mesh", "subjects", "de", "id keywords",
        "keywords plus", "emtree medical index terms", "emtree medical index terms major focus", "emtree drug index terms",
        "emtree drug index terms major focus", "manual tags", "automatic tags", "conditions", "subject", "descriptors", "schlagwörter",
    ),
    "language": ("language", "language of original document", "languages", "la", "article language", "sprache", "langue", "language of original"),
    "type": (
        "type", "document type", "publication type", "item type", "reference type", "type of reference", "doctype", "dt", "content type", "m3",
        "type of work", "genre", "type crossref", "publication types", "ty", "record type", "study type",
    ),
    "registry": ("clinical trial numbers", "nct number", "trial registry", "registry number", "trial id", "trialid", "registration number", "clinical trial number", "data bank list"),
    "url": (
        "url", "link", "plink", "urls", "external url", "study url", "full text link", "ur", "open url link", "permalink", "source urls", "embase link",
        "article url", "document url", "primary location landing page url", "doi url", "web address", "uri", "lens url",
    ),
    "accession": (
        "accession number", "central id", "lens id", "eid", "ut unique wos id", "unique wos id", "ut", "embase accession id", "openalex id", "ids openalex",
        "accession id", "pui", "record id", "covidence #", "covidence", "key", "item id", "itemid", "nct number", "trial id", "id", "an", "unique id", "rayyan id",
        "eppi id", "accession no",
    ),
    "note": ("notes", "note", "research notes", "comments", "extra", "user notes", "n1"),
}  # fmt: skip

PROVIDERS: tuple[tuple[str, frozenset[str]], ...] = (
    ("ClinicalTrials.gov", frozenset(["nct number", "study title"])),
    ("Cochrane CENTRAL", frozenset(["central id"])),
    ("Covidence", frozenset(["covidence #"])),
    ("Rayyan", frozenset(["key", "pubmed id", "pmc id"])),
    ("Embase", frozenset(["author names", "emtree medical index terms"])),
    ("Scopus", frozenset(["source title", "eid"])),
    ("Lens", frozenset(["lens id"])),
    ("Web of Science", frozenset(["article title", "ut unique wos id"])),
    ("Web of Science", frozenset(["pt", "ut", "so"])),
    ("PubMed", frozenset(["pmid", "journal/book"])),
    ("EBSCO", frozenset(["article title", "plink"])),
    ("Zotero", frozenset(["item type", "publication title", "abstract note"])),
    ("OpenAlex", frozenset(["display name", "cited by count"])),
    ("OpenAlex", frozenset(["display name", "publication year"])),
    ("ASReview", frozenset(["title", "abstract", "asreview label"])),
    ("EPPI-Reviewer", frozenset(["itemid", "title"])),
    ("EPPI-Reviewer", frozenset(["item id", "short title"])),
    ("Springer", frozenset(["item title", "item doi"])),
    ("EndNote", frozenset(["reference type", "secondary title"])),
)
_PLACE = {
    name: (field, place)
    for field, names in reversed(list(KNOWN.items()))
    for place, name in enumerate(names)
}
_STRONG = frozenset(
    name
    for field in ("title", "authors", "doi", "pmid", "abstract", "year", "journal")
    for name in KNOWN[field]
    if len(name) > 2
)
_NOT_WORD = re.compile(r"[\s_.\-()\[\]:*]+|(?<=[a-z])(?=[A-Z])")
_OWN_FIELD = re.compile(r"^[\w #./&()'’:,+%-]{1,120}$")


@dataclass(frozen=True, slots=True)
class Header:
    """The header row of a table: where it stands and what it names."""

    line: int
    delimiter: str
    columns: tuple[str, ...]
    n_known: int


def plain(column: str) -> str:
    """Return a column's name as the dictionary spells it: "Publication_Year" is "publication year"."""
    return " ".join(_NOT_WORD.sub(" ", column.strip().strip("\ufeff\"'= ")).lower().split())


def find(lines: Iterable[str]) -> Header | None:
    """Find the header row and the delimiter: the pair under which most column names are known.

    A table whose columns say nothing to us is still a table when its first rows have the same
    number of columns; somebody will have to say what they mean.
    """
    head = list(enumerate(islice(lines, MAX_PREAMBLE), 1))
    candidates = [header for number, line in head for header in _candidates(number, line)]
    best = max(candidates, key=lambda header: (header.n_known, -header.line), default=None)
    if best is not None and (best.n_known >= 2 or _is_steady(head, best)):
        return best
    return _unknown_table(head)


def first_row(text: str) -> list[str]:
    """Return the cells of a text's first line under the delimiter that cuts it into most."""
    line = text.lstrip("\ufeff\n").partition("\n")[0][:20_000]
    return max((row_of(line, delimiter) for delimiter in DELIMITERS), key=len)


def find_in_rows(rows: Iterable[Sequence[str]]) -> Header | None:
    """Find the header row among rows that are cut into cells already."""
    head = list(enumerate(islice(rows, MAX_PREAMBLE), 1))
    scored = [(n_known(row), -number, row) for number, row in head]
    best = max(scored, default=(0, 0, ()), key=lambda each: each[:2])
    if best[0] < 1:
        best = next(((0, -number, row) for number, row in head if sum(map(bool, row)) > 1), best)
    return Header(-best[1], "", tuple(best[2]), best[0]) if best[1] else None


def n_known(columns: Sequence[str]) -> int:
    """Count the column names we know; a row without any of the telling ones counts nothing."""
    names = {plain(column) for column in columns if len(column) < 200}
    strong = len(names & _STRONG)
    return strong + len(names & _PLACE.keys()) - 1 if strong else 0


def _candidates(number: int, line: str) -> Iterable[Header]:
    for delimiter in DELIMITERS:
        if delimiter in line:
            columns = row_of(line, delimiter)
            if len(columns) >= 2 and max(map(len, columns)) < 200 and (known := n_known(columns)):
                yield Header(number, delimiter, tuple(columns), known)
    if number == 1 and plain(line) in ("title", "article title", "doi", "pmid"):
        yield Header(number, ",", (line.strip().strip('"'),), 2)


def row_of(line: str, delimiter: str) -> list[str]:
    """Split one line of a table."""
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=delimiter != "\t"), [])
    except csv.Error:
        return []


def _is_steady(head: Sequence[tuple[int, str]], header: Header) -> bool:
    if header.line != 1:
        return False
    rows = [
        row_of(line, header.delimiter)
        for number, line in head
        if number > header.line and line.strip()
    ]
    return bool(rows) and len(rows[0]) == len(header.columns)


def _unknown_table(head: Sequence[tuple[int, str]]) -> Header | None:
    rows = [(number, line) for number, line in head if line.strip()]
    for delimiter in DELIMITERS:
        widths = [len(row_of(line, delimiter)) for _, line in rows[:10]]
        if len(widths) >= 2 and min(widths) >= 2 and len(set(widths)) == 1:
            columns = row_of(rows[0][1], delimiter)
            if all(_OWN_FIELD.match(column.strip()) for column in columns):
                return Header(rows[0][0], delimiter, tuple(columns), 0)
    return None


def provider_of(columns: Iterable[str]) -> str:
    """Name the tool that writes tables with these columns."""
    names = {plain(column) for column in columns}
    return next((provider for provider, signs in PROVIDERS if signs <= names), "")


def guess(columns: Sequence[str]) -> dict[str, str]:
    """Say what the columns mean: {column: field}; columns that say nothing to us are left out.

    Several columns may serve one field; the first in the dictionary's order that holds a value
    is taken, while keywords and notes are collected.
    """
    found = {}
    for column in columns:
        place = _PLACE.get(plain(column))
        if place is not None:
            found[column] = place[0]
    return found


def rank(column: str) -> int:
    """Return how good a place for its field a column is; 0 is best."""
    return _PLACE.get(plain(column), ("", 0))[1]
