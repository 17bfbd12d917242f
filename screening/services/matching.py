"""Matching uploaded full texts with the reports that are sought: DOI, PMID, title, file name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from rapidfuzz import fuzz

from screening.models import Report
from screening.search_text import normalise

_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+", re.IGNORECASE)
LIKE_ENOUGH = 92


@dataclass(frozen=True)
class Match:
    """A report that a file seems to be, and by what."""

    report: Report
    by: str


def match(name: str, stream: BinaryIO, reports: Iterable[Report]) -> Match | None:
    """Return the report a PDF belongs to, or None if no clue is sure enough.

    Clues in order: DOI or title on the first two pages, PMID or DOI or title in the file name.
    """
    reports = list(reports)
    text = _first_pages(stream)
    found = {doi.rstrip(".,;)").lower() for doi in _DOI.findall(text)}
    for report in reports:
        if report.record.doi and report.record.doi.lower() in found:
            return Match(report, "the DOI in the text")
    return _by_name(name, reports) or _by_title(normalise(text[:3000]), reports)


def _by_name(name: str, reports: list[Report]) -> Match | None:
    stem = name.rsplit(".", 1)[0]
    for report in reports:
        record = report.record
        if record.pmid and re.search(rf"(?<!\d){re.escape(record.pmid)}(?!\d)", stem):
            return Match(report, "the PubMed id in the file name")
        if record.doi and re.sub(r"\W", "", record.doi).lower() in re.sub(r"\W", "", stem).lower():
            return Match(report, "the DOI in the file name")
    return _by_title(normalise(stem), reports, by="the title in the file name")


def _by_title(
    text: str, reports: list[Report], *, by: str = "the title in the text"
) -> Match | None:
    best, best_score = None, float(LIKE_ENOUGH)
    for report in reports:
        title = normalise(report.record.title)
        if len(title) >= 25 and len(text) >= 0.8 * len(title):
            score = fuzz.partial_ratio(title, text)
            if score > best_score:
                best, best_score = report, score
    return Match(best, by) if best is not None else None


def _first_pages(stream: BinaryIO) -> str:
    """Text of the first two pages; a PDF that cannot be read gives none, its name may still do."""
    try:
        return "\n".join(page.extract_text() for page in PdfReader(stream).pages[:2])
    except (PyPdfError, ValueError, KeyError):
        return ""
    finally:
        stream.seek(0)
