"""RIS, written so that we and every other tool read back what was there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

import rispy

from screening.citations import ris, screened
from screening.citations.citation import Citation
from screening.citations.ris_types import TYPES, code_of

OWN = "ZZ"
"""A tag nobody else uses: what RIS has no place for ("reviewtool type: ...", "kept MH: ...")."""

_CONSUMED = frozenset(
    [
        "TY",
        "ER",
        "TI",
        "AU",
        "PY",
        "SP",
        "EP",
        "VL",
        "IS",
        "CP",
        "DO",
        "PM",
        "AB",
        "KW",
        "LA",
        "AN",
        "N1",
        "T2",
        "UR",
        "PMID",
        "N2",
        "A1",
        "T1",
        "NT",
        "RN",
    ]
)
_SPAN = re.compile(r"([A-Za-z]?\d[\w.]*)-([A-Za-z]?\d[\w.]*)")
_GUESSES = (
    ("conference", "CPAPER"), ("chapter", "CHAP"), ("book", "BOOK"), ("thesis", "THES"), ("dissertation", "THES"),
    ("trial record", "DBASE"), ("report", "RPRT"), ("patent", "PAT"), ("preprint", "UNPB"), ("web", "ELEC"),
    ("article", "JOUR"), ("journal", "JOUR"), ("review", "JOUR"), ("letter", "JOUR"), ("editorial", "JOUR"),
)  # fmt: skip


class _Writer(rispy.RisWriter):
    """Writes tags under their own names, all of them as lists."""

    DEFAULT_MAPPING: ClassVar[dict[str, str]] = {tag: tag.lower() for tag in sorted(ris.TAGS)}
    DEFAULT_LIST_TAGS: ClassVar[list[str]] = sorted(ris.TAGS)
    DEFAULT_DELIMITER_MAPPING: ClassVar[dict[str, str]] = {}
    REFERENCE_TYPE_KEY = "ty"

    def set_header(self, count: int) -> str:
        """Number nothing: a line "1." before a record is for people only."""
        return ""


def write(citations: Iterable[Citation]) -> str:
    """Return citations as RIS."""
    return str(rispy.dumps([_entry(citation) for citation in citations], implementation=_Writer))


def _entry(citation: Citation) -> dict[str, object]:
    entry: dict[str, object] = {"ty": type_code(citation)}
    for tag, values in _tags(citation):
        if tag.lower() in _Writer.DEFAULT_MAPPING.values() and tag != "TY":
            found = entry.setdefault(tag.lower(), [])
            found.extend(value for value in values if value and (tag == "AU" or value not in found))  # type: ignore[attr-defined, operator]
    return entry


def type_code(citation: Citation) -> str:
    """Return the RIS type: the exact one, or the nearest that the words suggest."""
    if exact := code_of(citation.type):
        return exact
    if citation.type.upper() in TYPES:
        return citation.type.upper()
    words = citation.type.lower()
    return next(
        (code for word, code in _GUESSES if word in words), "JOUR" if citation.journal else "GEN"
    )


def _tags(citation: Citation) -> Iterable[tuple[str, list[str]]]:
    """Return the tags of a citation's fields, and then what the fields do not hold."""
    start, end = _pages(citation.pages)
    yield "TI", [_one_line(citation.title)]
    yield "AU", [name if "," in name else f"{name}," for name in citation.authors]
    yield "PY", [str(citation.year or "")]
    yield "T2" if citation.title else "JF", [_one_line(citation.journal)]
    yield "VL", [citation.volume]
    yield "IS", [citation.number]
    yield "SP", [start]
    yield "EP", [end]
    yield "DO", [citation.doi]
    yield "PM", [citation.pmid]
    yield "AB", _paragraphs(citation.abstract)
    yield "KW", list(citation.keywords)
    yield "LA", [citation.language]
    yield "UR", [citation.url]
    yield "AN", [citation.accession]
    yield "N1", citation.note.split("\n")
    yield OWN, _own(citation)
    yield from _kept(citation)


def _pages(pages: str) -> tuple[str, str]:
    match = _SPAN.fullmatch(pages)
    return (match[1], match[2]) if match and match[1] != match[2] else (pages, "")


def _paragraphs(text: str) -> list[str]:
    """Keep paragraphs in one value, unless one of them would be taken for a tag."""
    lines = [line for line in text.split("\n") if line]
    return lines if any(ris.tag_of(line) for line in lines[1:]) else ["\n".join(lines)]


def _own(citation: Citation) -> list[str]:
    """Fields that a reader could not find again elsewhere in what we write."""
    found = [f"reviewtool registry_id: {citation.registry_id}"] if citation.registry_id else []
    if not code_of(citation.type):
        found.append(f"reviewtool type: {_one_line(citation.type)}")
    return found


def _kept(citation: Citation) -> Iterable[tuple[str, list[str]]]:
    """Tags of the source that entered no field: RIS keeps its own, others travel in ours."""
    is_ris = any(tag == "TY" for tag, _ in citation.raw)
    for tag, value in citation.raw:
        text = _one_line(value)
        if screened.outcomes_in([(tag, text)]):
            yield OWN, [text if tag == OWN else screened.as_line(tag, text)]
        elif tag == OWN:
            yield OWN, [] if text.startswith("reviewtool ") else [text]
        elif is_ris and tag in ris.TAGS:
            yield tag, [] if tag in _CONSUMED else [text]
        elif not _is_held(citation, text):
            yield OWN, [f"kept {tag}: {text}" if tag else f"kept: {text}"]


def _is_held(citation: Citation, text: str) -> bool:
    """Tell whether a field holds the value already, word for word."""
    fields = (citation.title, citation.abstract, citation.journal, citation.doi, citation.pmid, citation.url,
              citation.note, citation.accession, citation.volume, citation.number, citation.pages,
              citation.language, str(citation.year))  # fmt: skip
    return text in fields or text in citation.keywords or text in citation.authors


def _one_line(text: str) -> str:
    return " ".join(text.split())
