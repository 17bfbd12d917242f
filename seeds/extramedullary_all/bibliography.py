"""Invented bibliographic data: who wrote a demo record, where and when it appeared.

Journals, people and places do not exist; DOIs use the test prefix 10.5555 and PMIDs a range that
PubMed has not reached, so nothing here can be mistaken for, or collide with, a real record.
"""

import json
import random
from dataclasses import dataclass
from functools import cache

from seeds.extramedullary_all.latent import FOLDER, Row, by_key, rows
from seeds.extramedullary_all.render import SEED, abstracts, keywords_of, title_of

KEYWORD = "synthetic-demo-record"
NOTE = "SYNTHETIC RECORD written for the demo; describes no real study"
DOI_PREFIX = "10.5555"
FIRST_PMID = 990000001
FIRST_NCT = 99000001
SAME_JOURNAL = ("erratum_of", "retraction_of", "part_of")
UNPUBLISHED = ("registration", "report")
UMLAUTS = ("Müllenbeck", "Förstenau", "Grünhagel", "Kärrenberg")
TYPES = {
    "congress_abstract": "Conference Abstract",
    "preprint": "Preprint",
    "review": "Review",
    "editorial": "Editorial",
    "guideline": "Guideline",
    "protocol": "Protocol",
    "case_report": "Case Report",
    "erratum": "Erratum",
    "retraction_notice": "Retraction",
    "registration": "Trial registration",
    "report": "Report",
}


@dataclass(frozen=True)
class Author:
    family: str
    given: str

    @property
    def initials(self) -> str:
        return "".join(part[0] for part in self.given.replace("-", " ").split())


@dataclass(frozen=True)
class Journal:
    name: str
    abbreviation: str
    issn: str


@dataclass(frozen=True)
class Citation:
    """One record as a database would describe it, before it takes a file format."""

    key: str
    title: str
    authors: tuple[Author, ...]
    journal: Journal
    year: int
    month: int
    volume: str
    issue: str
    first_page: str
    last_page: str
    doi: str
    pmid: str
    abstract: str
    keywords: tuple[str, ...]
    type: str
    language: str = "eng"
    vernacular_title: str = ""
    registry_id: str = ""
    city: str = ""
    country: str = ""
    in_press: bool = False

    @property
    def pages(self) -> str:
        return f"{self.first_page}-{self.last_page}" if self.last_page else self.first_page


@cache
def people() -> dict:
    return json.loads((FOLDER / "people.json").read_text(encoding="utf-8"))


@cache
def citations() -> dict[str, Citation]:
    """The first record of every report, by key."""
    return {row.key: _citation(row) for row in rows()}


@cache
def _numbers() -> dict[str, int]:
    return {row.key: number for number, row in enumerate(rows(), start=1)}


@cache
def _pmids() -> dict[str, str]:
    listed = [row.key for row in rows() if "pubmed" in row.sources]
    return {key: str(FIRST_PMID + place) for place, key in enumerate(listed)}


@cache
def _nct_numbers() -> dict[str, str]:
    listed = [row.key for row in rows() if "clinicaltrials" in row.sources]
    return {key: f"NCT{FIRST_NCT + place}" for place, key in enumerate(listed)}


def _citation(row: Row) -> Citation:
    first, last = _pages(row)
    city, country = _draw(row, "place").choice(people()["cities"])
    has_volume = row.attributes.publication not in ("preprint", *UNPUBLISHED)
    return Citation(
        key=row.key,
        title=title_of(row),
        authors=authors_of(row),
        journal=_journal(row),
        year=row.year,
        month=_draw(row, "month").randint(1, 12),
        volume=str(max(1, row.year - 1975)) if has_volume else "",
        issue=str(_draw(row, "issue").randint(1, 12)) if has_volume else "",
        first_page=first,
        last_page=last,
        doi=_doi(row),
        pmid=_pmids().get(row.key, ""),
        abstract=abstracts()[row.key].text,
        keywords=(*keywords_of(row), KEYWORD),
        type=TYPES.get(row.attributes.publication, "Article"),
        language=row.attributes.full_text.language,
        vernacular_title=row.vernacular_title,
        registry_id=_nct_numbers().get(row.key, ""),
        city=city,
        country=country,
    )


def _draw(row: Row, what: str) -> random.Random:
    return random.Random(f"{SEED} {what} {row.key}")


def _doi(row: Row) -> str:
    has_none = not row.title or row.design == "trial" or row.sources[0] == "website"
    return "" if has_none else f"{DOI_PREFIX}/sdr.{row.year}.{_numbers()[row.key]:04d}"


def _journal(row: Row) -> Journal:
    if row.attributes.publication == "preprint":
        return Journal(*people()["preprint_server"])
    if row.attributes.publication in UNPUBLISHED:
        return Journal("Synthetic Trials Group (demo)", "", "")
    if row.related.get("as") in SAME_JOURNAL:
        return _journal(by_key()[row.related["to"]])
    return Journal(*_draw(row, "journal").choice(people()["journals"]))


def _pages(row: Row) -> tuple[str, str]:
    rng = _draw(row, "pages")
    start, length = rng.randint(101, 899), rng.randint(5, 11)
    if row.attributes.publication in ("preprint", *UNPUBLISHED):
        return "", ""
    if row.attributes.publication == "congress_abstract":
        return f"S{start}", ""
    if row.attributes.publication in ("erratum", "retraction_notice"):
        return str(start), ""
    if row.year >= 2012 and rng.random() < 0.25:
        return f"e{start}", ""
    return str(start), str(start + length)


def authors_of(row: Row) -> tuple[Author, ...]:
    """A team; reports of one study share it, and two unrelated records may share its first name."""
    if row.related:
        return authors_of(by_key()[row.related["to"]])
    rng = _draw(row, "team")
    families = rng.sample(people()["families"], rng.randint(3, 8))
    team = [Author(family, rng.choice(people()["given"])) for family in families]
    if any(copy.kind == "diacritics_initials" for copy in row.copies):
        team[0] = Author(rng.choice(UMLAUTS), "Jürgen")
    if row.first_author_of:
        team[0] = authors_of(by_key()[row.first_author_of])[0]
    return tuple(team)
