"""BibTeX for LaTeX users, which we read back without loss."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from screening.citations import screened
from screening.citations.bibtex import NO_TYPE
from screening.citations.citation import Citation

_ENTRY_TYPES = {
    "journal article": "article", "book": "book", "book chapter": "incollection", "conference paper": "inproceedings",
    "conference proceedings": "proceedings", "thesis": "phdthesis", "report": "techreport", "web page": "online",
    "unpublished work": "unpublished", "patent": "patent", "dataset": "dataset", "edited book": "collection",
}  # fmt: skip
_CONTAINERS = {"incollection": "booktitle", "inproceedings": "booktitle"}
_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "%": r"\%", "&": r"\&", "#": r"\#", "_": r"\_", "$": r"\$",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
_SPECIAL = re.compile(r"[\\{}%&#_$~^]")
_LIGATURES = re.compile(r"--|''|``")
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_CONSUMED = frozenset(
    [
        "entrytype",
        "id",
        "title",
        "booktitle",
        "author",
        "editor",
        "year",
        "date",
        "journal",
        "journaltitle",
        "volume",
        "number",
        "issue",
        "pages",
        "doi",
        "url",
        "pmid",
        "abstract",
        "keywords",
        "keyword",
        "language",
        "note",
        "notes",
        "annote",
        "unique-id",
        "accession_number",
        "registry_id",
        "publication_type",
        "eprint",
        "author_keywords",
    ]
)


def write(citations: Iterable[Citation]) -> str:
    """Return citations as BibTeX, under keys such as "smith2020"."""
    return "\n".join(entries(citations))


def entries(citations: Iterable[Citation]) -> Iterator[str]:
    """Yield one entry after the other, each under a key of its own."""
    used: set[str] = set()
    for citation in citations:
        yield _entry(citation, _key(citation, used))


def _entry(citation: Citation, key: str) -> str:
    kind = _ENTRY_TYPES.get(citation.type, "article" if citation.journal else "misc")
    lines = [f"  {name} = {{{value}}}," for name, value in _fields(citation, kind) if value]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])


def _fields(citation: Citation, kind: str) -> Iterable[tuple[str, str]]:
    yield "title", escaped(citation.title)
    yield "author", " and ".join(_name(name) for name in citation.authors)
    yield "year", str(citation.year or "")
    yield _CONTAINERS.get(kind, "journal"), escaped(citation.journal)
    yield "volume", escaped(citation.volume)
    yield "number", escaped(citation.number)
    yield "pages", escaped(citation.pages)
    yield "doi", _verbatim(citation.doi)
    yield "pmid", citation.pmid
    yield "abstract", escaped(citation.abstract).replace("\n", r"\par{}")
    yield "keywords", "".join(f"{escaped(word)}; " for word in citation.keywords).strip()
    yield "language", escaped(citation.language)
    yield "url", _verbatim(citation.url)
    yield "accession_number", escaped(citation.accession)
    yield "registry_id", escaped(citation.registry_id)
    yield "publication_type", escaped(citation.type) or NO_TYPE
    yield "note", escaped(citation.note).replace("\n", r"\par{}")
    yield from _kept(citation)


def _kept(citation: Citation) -> Iterable[tuple[str, str]]:
    """Fields of the source that we have no place for; a name may stand only once."""
    for stage, (outcome, reason) in screened.outcomes_in(citation.raw).items():
        tag, told = screened.with_outcomes(Citation(), {stage: (outcome, reason)}).raw[0]
        yield tag.replace(" ", "_"), escaped(told)
    raw = screened.without_outcomes(citation.raw)
    is_bibtex = any(tag == "ENTRYTYPE" for tag, _ in raw)
    found: dict[str, list[str]] = {}
    for tag, value in raw if is_bibtex else ():
        if tag.lower() not in _CONSUMED and _NAME.fullmatch(tag.lower()):
            found.setdefault(tag.lower(), []).append(
                value if _is_balanced(value) else escaped(value)
            )
    for name, values in found.items():
        yield name, "; ".join(values)
    if not is_bibtex and raw:
        yield (
            "source_tags",
            escaped(" | ".join(f"{tag}: {' '.join(value.split())}" for tag, value in raw)),
        )


def escaped(text: str) -> str:
    """Return text as LaTeX that reads back as the same text."""
    text = _SPECIAL.sub(lambda match: _ESCAPES[match[0]], text)
    return _LIGATURES.sub(
        lambda match: f"{match[0][0]}{{}}{match[0][1]}",
        _LIGATURES.sub(lambda match: f"{match[0][0]}{{}}{match[0][1]}", text),
    )


def _verbatim(text: str) -> str:
    """Identifiers and links are not LaTeX; braces in them would end the value."""
    return text.replace("{", "%7B").replace("}", "%7D") if "{" in text or "}" in text else text


def _name(name: str) -> str:
    parts = [escaped(part.strip()) for part in name.split(",")]
    if len(parts) not in (2, 3) or not all(parts) or re.search(r"\band\b", name, re.I):
        return f"{{{escaped(name)}}}"
    return ", ".join(parts if len(parts) == 2 else (parts[0], parts[2], parts[1]))


def _is_balanced(text: str) -> bool:
    depth = 0
    for character in re.sub(r"\\[{}]", "", text):
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0 and "@" not in text


def _key(citation: Citation, used: set[str]) -> str:
    family = citation.authors[0].split(",")[0] if citation.authors else "anonymous"
    ascii_name = unicodedata.normalize("NFKD", family).encode("ascii", "ignore").decode()
    stem = (re.sub(r"[^a-z0-9]", "", ascii_name.lower()) or "record") + str(citation.year or "")
    key, n = stem, 1
    while key in used:
        n += 1
        key = f"{stem}-{n}"
    used.add(key)
    return key
