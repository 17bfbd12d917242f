"""What a review knows of a record, as our own exports carry it beside a citation and find it again.

It travels as tags of names of its own, so that every format can keep it: a column in tables, a
line of its own in RIS, a field in BibTeX.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from screening.citations.citation import Citation, Tags

COLUMNS: Mapping[str, str] = {
    "title_abstract": "title and abstract screening",
    "full_text": "full text screening",
}
"""What the outcome of a stage is called in an export."""

DECISIONS: Mapping[str, str] = {
    "title_abstract": "title and abstract decisions",
    "full_text": "full text decisions",
}
"""What the decisions of a stage are called in an export."""

ORIGIN = (
    "record number", "report number", "records of the report", "found by", "kind of search", "searched on",
    "sources of the report",
)  # fmt: skip
REMOVED = "removed before screening"
OUTCOME = (*COLUMNS.values(), *DECISIONS.values(), REMOVED)
"""Names that no reader takes for a field of a citation."""

RIS_TAG = "ZZ"
_OURS = "reviewtool "
_NAMES = frozenset([*(_OURS + name for name in (*ORIGIN, *OUTCOME)), *COLUMNS.values()])
_REASON = "; reason: "
_BETWEEN = " | "
_DECISION = re.compile(r"(.*?): (include|maybe|exclude)((?:; reason: .*)?)", re.S)


@dataclass(frozen=True, slots=True)
class Told:
    """One decision as an export tells it: who, what, and why."""

    who: str
    verdict: str
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = "".join(_REASON + _plain(reason) for reason in self.reasons)
        return f"{_plain(self.who)}: {self.verdict}{said}"


def outcome_told(outcome: str, reason: str) -> str:
    """Return an outcome with its reason as a cell holds it."""
    return outcome + (_REASON + reason if reason else "")


def decisions_told(decisions: Iterable[Told]) -> str:
    """Return decisions as a cell holds them, in the order given."""
    return _BETWEEN.join(map(str, decisions))


def tag_of(column: str) -> str:
    """Return the tag that a column of an export travels under."""
    return column if column in COLUMNS.values() else _OURS + column


def with_told(citation: Citation, told: Mapping[str, str]) -> Citation:
    """Return a citation that carries what is told: {column: text}.

    What an earlier export had written there goes: only the present state is told.
    """
    tags = tuple((tag_of(column), text) for column, text in told.items() if text)
    return replace(citation, raw=without_told(citation.raw) + tags)


def without_told(tags: Tags) -> Tags:
    """Return tags without what one of our exports says of a record."""
    return tuple((tag, value) for tag, value in tags if not is_told(tag, value))


def is_told(tag: str, value: str) -> bool:
    """Tell whether a tag is what one of our exports says of a record."""
    return bool(_named(tag, value)[0])


def told_in(tags: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return {column: text} that one of our exports told."""
    named = (_named(tag, value) for tag, value in tags)
    return {name.removeprefix(_OURS): text for name, text in named if name and text}


def outcomes_in(tags: Iterable[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Return {stage: (outcome, reason)} that one of our exports told."""
    told = told_in(tags)
    found = {}
    for stage, column in COLUMNS.items():
        if column in told:
            outcome, _, reason = told[column].partition(_REASON)
            found[stage] = (outcome.strip(), reason.strip())
    return found


def decisions_in(tags: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Told]]:
    """Yield (stage, decision) that one of our exports told."""
    told = told_in(tags)
    for stage, column in DECISIONS.items():
        for part in told.get(column, "").split(_BETWEEN):
            if match := _DECISION.fullmatch(part.strip()):
                reasons = tuple(filter(None, match[3].split(_REASON)))
                yield stage, Told(match[1], match[2], reasons)


def as_line(tag: str, value: str) -> str:
    """Return what is told as one line of text, for formats with fixed tags."""
    return f"{tag}: {value}"


def _named(tag: str, value: str) -> tuple[str, str]:
    """Return the name a tag tells under, and what it tells; ("", "") for any other tag."""
    if tag == RIS_TAG:
        name, _, value = value.partition(": ")
    else:
        name = tag.lower().replace("_", " ")
    return (name, value) if name in _NAMES else ("", "")


def _plain(text: str) -> str:
    """Return text that cannot be taken for the end of a decision."""
    return " ".join(text.replace("|", "/").split())
