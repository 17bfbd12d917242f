"""Decisions that another tool left in its export: Rayyan, Covidence, ASReview, EPPI-Reviewer.

They are read only when asked for; importing records never brings decisions in by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from screening.citations import screened
from screening.citations.citation import Citation

Verdict = Literal["include", "maybe", "exclude"]
Stage = Literal["title_abstract", "full_text"]


@dataclass(frozen=True, slots=True)
class PriorDecision:
    """One verdict on one record as another tool's export tells it."""

    tool: str
    verdict: Verdict
    reviewer: str = ""
    """The name the tool knew the person by; empty where it tells none."""
    stage: Stage = "title_abstract"
    reasons: tuple[str, ...] = ()
    note: str = ""


_WORDS: dict[str, Verdict] = {
    **dict.fromkeys(("include", "included", "relevant", "yes", "true", "1", "1.0", "i"), "include"),
    **dict.fromkeys(("exclude", "excluded", "irrelevant", "not relevant", "e"), "exclude"),
    **dict.fromkeys(("no", "false", "0", "0.0"), "exclude"),
    **dict.fromkeys(("maybe", "undecided", "unsure", "unclear"), "maybe"),
}  # fmt: skip
_RAYYAN = re.compile(r"RAYYAN-INCLUSION:\s*\{([^}]*)\}")
_RAYYAN_ONE = re.compile(r"\"((?:[^\"\\]|\\.)*)\"\s*=>\s*\"(\w+)\"")
_RAYYAN_REASONS = re.compile(r"RAYYAN-EXCLUSION-REASONS:\s*([^|}\n]*)")
_RAYYAN_NOTES = re.compile(r"USER-NOTES:\s*\{(.*?)\}\s*(?:\||$)", re.S)
_RAYYAN_NOTE = re.compile(r"\"((?:[^\"\\]|\\.)*)\"\s*=>\s*\[(.*?)\]", re.S)
_COVIDENCE = re.compile(r"(?<![-\w])Exclusion reason\s*:\s*([^;|\n]+)", re.I)
_ASREVIEW_TAG = re.compile(r"\bASReview_((?:not_)?(?:ir)?relevant)\b", re.I)
_ASREVIEW_COLUMNS = (
    "asreview_label",
    "included",
    "label_included",
    "label",
    "label_abstract_screening",
)
_EPPI_COLUMNS = ("i/e", "include/exclude", "item status", "inclusion status", "i/e/d/s flag")
_OTHER_COLUMNS = (
    "decision", "screening decision", "screening status", "verdict", "inclusion", "include", "final_included",
    "final decision", "included?", "include?", "relevant", "screening",
)  # fmt: skip
_STAGES: dict[str, Stage] = {"title_abstract": "title_abstract", "full_text": "full_text"}
_NOTE_TAGS = ("N1", "notes", "note", "NT", "RN", "annote", "custom 1", "research-notes", "%z", "")
_NOTE_NAMES = frozenset(name.lower() for name in _NOTE_TAGS)


def prior_decisions(citation: Citation) -> tuple[PriorDecision, ...]:
    """Return the decisions a record carries, in the order the export tells them.

    A tool that names its reviewers gives one decision each; where two tools' marks are found,
    the one that names people wins. Empty for a record that carries none.
    """
    notes = "\n".join(
        [value for tag, value in citation.raw if tag.lower() in _NOTE_NAMES] + [citation.note]
    )
    columns = {tag.strip().lower(): value.strip() for tag, value in citation.raw if value.strip()}
    if own := tuple(_own(citation)):
        return own
    for find in (_rayyan, _asreview, _covidence, _table):
        if found := tuple(find(columns, notes)):
            return found
    return ()


def _own(citation: Citation) -> Iterator[PriorDecision]:
    """Our own exports tell decisions by name; else outcomes, decisions of nobody in particular."""
    named = list(screened.decisions_in(citation.raw))
    stages = {stage for stage, _ in named}
    for stage, told in named:
        yield _of_ours(stage, told.verdict, told.who, told.reasons)
    for stage, (outcome, reason) in screened.outcomes_in(citation.raw).items():
        if stage not in stages and (verdict := _WORDS.get(outcome.lower())):
            yield _of_ours(stage, verdict, "", (reason,) if reason else ())


def _of_ours(stage: str, verdict: str, who: str, reasons: tuple[str, ...]) -> PriorDecision:
    return PriorDecision("reviewtool", _WORDS[verdict], who, _STAGES[stage], reasons)


def _rayyan(columns: dict[str, str], notes: str) -> Iterator[PriorDecision]:
    inclusion = _RAYYAN.search(notes)
    if inclusion is None:
        return
    reasons = _RAYYAN_REASONS.search(notes)
    given = _parts(reasons[1]) if reasons else ()
    written = dict(_rayyan_notes(notes))
    for name, word in _RAYYAN_ONE.findall(inclusion[1]):
        verdict = _WORDS.get(word.lower())
        if verdict:
            name = _unescaped(name)
            decision = PriorDecision("Rayyan", verdict, reviewer=name, note=written.get(name, ""))
            yield replace(decision, reasons=given) if verdict == "exclude" else decision


def _rayyan_notes(notes: str) -> Iterator[tuple[str, str]]:
    found = _RAYYAN_NOTES.search(notes)
    for name, texts in _RAYYAN_NOTE.findall(found[1]) if found else ():
        said = re.findall(r"\"((?:[^\"\\]|\\.)*)\"", texts)
        yield _unescaped(name), "\n".join(map(_unescaped, said))


def _asreview(columns: dict[str, str], notes: str) -> Iterator[PriorDecision]:
    marked = _ASREVIEW_TAG.search(notes)
    if marked:
        verdict = _WORDS.get(marked[1].lower())
        if verdict:
            yield PriorDecision("ASReview", verdict)
        return
    if "asreview_label" not in columns and not any(key.startswith("asreview_") for key in columns):
        return
    for column in _ASREVIEW_COLUMNS:
        verdict = _WORDS.get(columns.get(column, "").lower())
        if verdict:
            yield PriorDecision("ASReview", verdict, note=columns.get("asreview_note", ""))
            return


def _covidence(columns: dict[str, str], notes: str) -> Iterator[PriorDecision]:
    """Covidence tells the reason of a full-text exclusion, never who decided."""
    reason = _COVIDENCE.search(notes)
    if reason:
        yield PriorDecision("Covidence", "exclude", stage="full_text", reasons=(reason[1].strip(),))


def _table(columns: dict[str, str], notes: str) -> Iterator[PriorDecision]:
    for tool, names in (("EPPI-Reviewer", _EPPI_COLUMNS), ("", _ASREVIEW_COLUMNS + _OTHER_COLUMNS)):
        for name in names:
            verdict = _WORDS.get(columns.get(name, "").lower())
            if verdict:
                reason = columns.get("exclusion reason", columns.get("reason", ""))
                reasons = (reason,) if reason and verdict == "exclude" else ()
                yield PriorDecision(tool or "a table", verdict, reasons=reasons)
                return


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
