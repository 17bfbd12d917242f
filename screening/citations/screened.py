"""Outcomes of screening as our own exports carry them beside a citation, and find them again.

They travel as tags of a name of their own, so that every format can keep them: a column in
tables, a line of its own in RIS, a field in BibTeX.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from screening.citations.citation import Citation, Tags

COLUMNS: Mapping[str, str] = {
    "title_abstract": "title and abstract screening",
    "full_text": "full text screening",
}
"""What a stage is called in an export."""

RIS_TAG = "ZZ"
_REASON = "; reason: "


def with_outcomes(citation: Citation, outcomes: Mapping[str, tuple[str, str]]) -> Citation:
    """Return a citation that carries outcomes: {stage: (outcome in words, reason or "")}.

    What an earlier export had written there goes: only the present state is told.
    """
    told = tuple(
        (COLUMNS[stage], outcome + (_REASON + reason if reason else ""))
        for stage, (outcome, reason) in outcomes.items()
    )
    return replace(citation, raw=without_outcomes(citation.raw) + told)


def without_outcomes(tags: Tags) -> Tags:
    """Return tags without what one of our exports says of screening."""
    return tuple((tag, value) for tag, value in tags if not _stage_of(tag, value)[0])


def outcomes_in(tags: Iterable[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Return {stage: (outcome, reason)} that one of our exports told."""
    found: dict[str, tuple[str, str]] = {}
    for tag, value in tags:
        stage, told = _stage_of(tag, value)
        if stage and told:
            outcome, _, reason = told.partition(_REASON)
            found[stage] = (outcome.strip(), reason.strip())
    return found


def as_line(tag: str, value: str) -> str:
    """Return an outcome as one line of text, for formats with fixed tags."""
    return f"{tag}: {value}"


def _stage_of(tag: str, value: str) -> tuple[str, str]:
    """Return the stage a tag tells about, and what it tells; ("", "") for any other tag."""
    name = tag.lower().replace("_", " ")
    if tag == RIS_TAG:
        name, _, value = value.partition(": ")
    for stage, column in COLUMNS.items():
        if name == column:
            return stage, value
    return "", ""
