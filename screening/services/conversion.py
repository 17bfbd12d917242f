"""From what a reader gives to the rows of a review, and back."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from screening.citations import Citation, Problem
from screening.dedupe import keys_of
from screening.models import ImportedFile, ImportProblem, Record
from screening.search_text import shadow

#: How many rows one batch of a job writes.
CHUNK = 500
T = TypeVar("T")
TEXTS = (
    "title", "journal", "volume", "number", "pages", "doi", "pmid", "abstract", "language",
    "type", "registry_id", "url", "accession", "note",
)  # fmt: skip


def record_of(citation: Citation, *, file: ImportedFile, position: int) -> Record:
    """Return a citation as an unsaved record of a file."""
    year = citation.year
    record = Record(
        review=file.search.review,
        search=file.search,
        file=file,
        position=position,
        line=citation.line,
        authors=[clean(name) for name in citation.authors],
        keywords=[clean(word) for word in citation.keywords],
        year=year if year is not None and 0 < year < 10000 else None,
        raw=[[clean(tag), clean(value)] for tag, value in citation.raw],
        raw_text=clean(citation.raw_text),
        raw_sha256=fingerprint_of(citation),
        **{name: clean(getattr(citation, name)) for name in TEXTS},
    )
    index(record)
    return record


def citation_of(record: Record) -> Citation:
    """Return a record as a citation, with everything its source said."""
    return replace(tagged_citation_of(record), raw_text=record.raw_text, line=record.line)


def tagged_citation_of(record: Record) -> Citation:
    """Return a record's fields and tags as a citation, without its place in the file: to write."""
    return replace(bare_citation_of(record), raw=tuple((tag, value) for tag, value in record.raw))


def bare_citation_of(record: Record) -> Citation:
    """Return a record's fields as a citation, without the raw text: to compare by."""
    return Citation(
        authors=tuple(record.authors),
        keywords=tuple(record.keywords),
        year=record.year,
        **{name: getattr(record, name) for name in TEXTS},
    )


def problem_of(problem: Problem, *, file: ImportedFile) -> ImportProblem:
    return ImportProblem(
        file=file,
        line=problem.line,
        severity=problem.severity,
        message=clean(problem.message)[:500],
        raw_text=clean(problem.raw_text),
    )


def fingerprint_of(citation: Citation) -> str:
    """Return what tells two records of a search apart: everything the source said."""
    said = json.dumps(citation.raw, ensure_ascii=False) if citation.raw else citation.raw_text
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def clean(text: str) -> str:
    """Return text that every database keeps: PostgreSQL refuses NUL, UTF-8 has no surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def index(record: Record) -> None:
    """Bring the columns that searching and deduplication look through up to date."""
    record.search_text = shadow(
        [
            record.title, *record.authors, str(record.year or ""), record.journal, record.doi,
            record.pmid, record.registry_id, record.accession, *record.keywords, record.abstract,
        ]
    )  # fmt: skip
    record.keys = sorted(keys_of(bare_citation_of(record)))


def chunked(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Yield lists of at most `size` items."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
