"""What a reader hands over: a citation, or a problem with a line number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning", "error"]
Tags = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """The bibliographic data of one record, as one file gave it.

    The fields are what most of the tool reads; `raw` is everything the file said, tag by tag
    in order with all repeats, so that nothing depends on our having understood a tag.
    """

    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    journal: str = ""
    volume: str = ""
    number: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    language: str = ""
    type: str = ""
    registry_id: str = ""
    url: str = ""
    accession: str = ""
    note: str = ""
    raw: Tags = ()
    raw_text: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person should know about a file; an error is a record that was not read."""

    line: int
    severity: Severity
    message: str
    raw_text: str = ""


class Refused(ValueError):
    """A file that cannot be read at all: a sentence that says what it is and what to do."""
