"""What a person should look at in a record that was read."""

from __future__ import annotations

from collections.abc import Iterator

from screening.citations import limits
from screening.citations.citation import Citation, Problem


def is_odd(citation: Citation) -> bool:
    """Tell quickly whether there can be anything to say about a record; most have nothing."""
    return not (
        citation.title
        and citation.abstract
        and citation.doi
        and citation.year is not None
        and len(citation.raw_text) <= limits.FIELD
    )


def problems_of(citation: Citation) -> Iterator[Problem]:
    """Name what a record lacks; none of it keeps the record out."""
    if not citation.title:
        yield _about(citation, "The record has no title.")
    if not citation.abstract:
        yield _about(citation, "The record has no abstract.")
    if citation.year is None:
        yield _about(citation, "The record has no year.")
    if not citation.doi and (odd := _odd_doi(citation)):
        yield _about(citation, f"“{odd[:80]}” is given as a DOI but is none.")
    for tag, value in citation.raw if len(citation.raw_text) > limits.FIELD else ():
        if len(value) > limits.FIELD:
            yield _about(
                citation, f"The value of {tag or 'a line'} is longer than 1 MB; its field was cut."
            )


def _odd_doi(citation: Citation) -> str:
    for tag, value in citation.raw:
        if tag.upper() in ("DO", "DI", "DOI") and value.strip() not in ("", "-", "NA", "null"):
            return value.strip()
    return ""


def _about(citation: Citation, message: str) -> Problem:
    return Problem(citation.line, "warning", message)
