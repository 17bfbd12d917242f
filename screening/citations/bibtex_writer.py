"""BibTeX for LaTeX users, which we read back without loss."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from screening.citations import bibtex, screened
from screening.citations.bibtex import NO_TYPE
from screening.citations.citation import Citation, Tags
from screening.citations.normalise import Values, doi_in, keywords_in, one_line
from screening.citations.ris_writer import spelled, without_semicolons

_ENTRY_TYPES = {
    "journal article": "article", "book": "book", "book chapter": "incollection", "conference paper": "inproceedings",
    "conference proceedings": "proceedings", "thesis": "phdthesis", "report": "techreport", "web page": "online",
    "unpublished work": "unpublished", "patent": "patent", "dataset": "dataset", "edited book": "collection",
}  # fmt: skip
_CONTAINERS = {"incollection": "booktitle", "inproceedings": "booktitle", "inbook": "booktitle"}
_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "%": r"\%", "&": r"\&", "#": r"\#", "_": r"\_", "$": r"\$",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
_SPECIAL = re.compile(r"[\\{}%&#_$~^]")
_LIGATURES = re.compile(r"--|''|``")
_NAME = re.compile(r"[a-z][a-z0-9_:+-]*")
_KEY = re.compile(r"[^\s,{}()\"%#~\\=]+")
_CONSUMED = frozenset(
    ["title", "booktitle", "author", "editor", "year", "date", "journal", "journaltitle", "volume", "number", "issue",
     "pages", "doi", "url", "pmid", "abstract", "keywords", "keyword", "language", "note", "notes", "annote", "unique-id",
     "accession_number", "registry_id", "publication_type", "eprint", "author_keywords", "crossref", "xdata"]
)  # fmt: skip
"""Fields that stand for ours, or that would refer to entries which are not exported along."""

_ASIDE = "kept_"
_FIELDS = (
    "title", "authors", "year", "journal", "volume", "number", "pages", "doi", "pmid", "abstract", "keywords",
    "language", "type", "registry_id", "url", "accession", "note",
)  # fmt: skip


def write(citations: Iterable[Citation]) -> str:
    """Return citations as BibTeX, under their own keys or such as "smith2020"."""
    return "\n".join(entries(citations))


def entries(citations: Iterable[Citation]) -> Iterator[str]:
    """Yield one entry after the other, each under a key that no other has."""
    used: set[str] = set()
    for citation in citations:
        yield _entry(citation, _key(citation, used))


def _entry(citation: Citation, key: str) -> str:
    kind = _kind(citation)
    fields = [(name, value) for name, value in _fields(citation, kind) if value]
    found = [*fields, *_kept(citation, aside=False)]
    if found != fields and not _reads_back(kind, key, found, citation):
        found = [*fields, *_kept(citation, aside=True)]
    lines = [f"  {name} = {{{value}}}," for name, value in found]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])


def _reads_back(kind: str, key: str, found: list[tuple[str, str]], citation: Citation) -> bool:
    """Tell whether the source's own fields leave ours as they are; a person may have corrected one."""
    again = bibtex.citation_of([("ENTRYTYPE", kind), ("ID", key), *found], line=0, raw_text="")
    return all(getattr(again, name) == getattr(citation, name) for name in _FIELDS)


def _kind(citation: Citation) -> str:
    """Return the source's own kind of entry as long as it says the type, else one that does."""
    own = next((value for tag, value in citation.raw if tag == "ENTRYTYPE"), "")
    if own and bibtex.type_of(own) == citation.type and _NAME.fullmatch(own):
        return own
    return _ENTRY_TYPES.get(citation.type, "article" if citation.journal else "misc")


def _fields(citation: Citation, kind: str) -> Iterable[tuple[str, str]]:
    yield "title", escaped(spelled(citation.title))
    yield "author", " and ".join(_name(name) for name in citation.authors)
    yield "year", str(citation.year or "")
    yield _CONTAINERS.get(kind, "journal"), escaped(spelled(citation.journal))
    yield "volume", escaped(spelled(citation.volume))
    yield "number", escaped(spelled(citation.number))
    yield "pages", escaped(spelled(citation.pages))
    yield "doi", _verbatim(citation.doi)
    yield "pmid", _verbatim(citation.pmid)
    yield "abstract", _paragraphs(citation.abstract)
    yield "keywords", "".join(f"{_keyword(word)}; " for word in citation.keywords).strip()
    yield "language", escaped(spelled(citation.language))
    yield "url", _verbatim(citation.url)
    yield "accession_number", escaped(citation.accession)
    yield "registry_id", escaped(citation.registry_id)
    yield "publication_type", escaped(citation.type) or NO_TYPE
    yield "note", _paragraphs(citation.note)
    for column, text in screened.told_in(citation.raw).items():
        yield screened.tag_of(column).replace(" ", "_"), escaped(text)


def _kept(citation: Citation, *, aside: bool) -> Iterator[tuple[str, str]]:
    """Yield what the source said beside our fields; a name may stand only once."""
    raw = screened.without_told(citation.raw)
    if not any(tag == "ENTRYTYPE" for tag, _ in raw):
        yield from _as_text(raw)
        return
    found: dict[str, list[str]] = {}
    for tag, value in raw:
        name = tag.lower()
        if name in ("entrytype", "id") or (name in _CONSUMED and _is_held(name, value, citation)):
            continue
        text = value if _is_balanced(value) else escaped(value)
        if not _NAME.fullmatch(name):
            name, text = "source_tags", escaped(f"{tag}: {value}")
        elif (aside or name in _CONSUMED) and not name.startswith(_ASIDE):
            name = _ASIDE + name
        found.setdefault(name, []).append(text)
    yield from ((name, "; ".join(values)) for name, values in found.items())


def _is_held(name: str, value: str, citation: Citation) -> bool:
    """Tell whether a field of ours holds what the source said there."""
    if name in ("author", "editor"):
        return bibtex.people_in(value) == citation.authors
    if name in ("keywords", "keyword", "author_keywords"):
        lists = bibtex.keyword_lists(Values([("keywords", bibtex.readable(name, value))]))
        return set(keywords_in(lists)) <= set(citation.keywords)
    if name == "doi":
        return doi_in(value.replace("\\", "")) == citation.doi
    text = one_line(bibtex.readable(name, value))
    texts = (getattr(citation, each) for each in _FIELDS if each not in ("authors", "keywords"))
    return text in texts or text == str(citation.year) or text.replace("--", "-") == citation.pages


def _as_text(raw: Tags) -> Iterator[tuple[str, str]]:
    """Yield tags of other formats as one field."""
    if raw:
        said = (f"{tag}: {' '.join(value.split())}" for tag, value in raw)
        yield "source_tags", escaped(" | ".join(said))


def escaped(text: str) -> str:
    """Return text as LaTeX that reads back as the same text."""
    if not (_SPECIAL.search(text) or _LIGATURES.search(text)):
        return text
    text = _SPECIAL.sub(lambda match: _ESCAPES[match[0]], text)
    for _ in range(2):
        text = _LIGATURES.sub(lambda match: f"{match[0][0]}{{}}{match[0][1]}", text)
    return text


def _paragraphs(text: str) -> str:
    return escaped(spelled(text)).replace("\n", r"\par{}")


def _keyword(word: str) -> str:
    return escaped(without_semicolons(word) if ";" in word else spelled(word))


def _verbatim(text: str) -> str:
    """Identifiers and links are not LaTeX; a brace or backslash in them would end the value."""
    text = " ".join(text.split())
    return re.sub(r"[{}\\]", lambda match: f"%{ord(match[0]):02X}", text)


def _name(name: str) -> str:
    parts = [part.strip() for part in name.split(",")]
    if len(parts) not in (2, 3) or not all(parts):
        return f"{{{escaped(name)}}}"
    given = parts[1:] if len(parts) == 2 else [parts[2], parts[1]]
    return ", ".join(_part(part) for part in (parts[0], *given))


def _part(part: str) -> str:
    """Return part of a name; braces keep an "and" or a semicolon from parting it."""
    found = escaped(part)
    return f"{{{found}}}" if ";" in part or re.search(r"\band\b", part, re.I) else found


def _is_balanced(text: str) -> bool:
    depth = 0
    for character in re.sub(r"\\[{}]", "", text):
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0 and "@" not in text and not text.endswith("\\")


def _key(citation: Citation, used: set[str]) -> str:
    """Return the source's own key where it has one, so that manuscripts go on citing it."""
    own = next((value for tag, value in citation.raw if tag == "ID"), "")
    is_bibtex = any(tag == "ENTRYTYPE" for tag, _ in citation.raw)
    stem = own if is_bibtex and _KEY.fullmatch(own) else _stem(citation)
    key, n = stem, 1
    while key in used:
        n += 1
        key = f"{stem}-{n}"
    used.add(key)
    return key


def _stem(citation: Citation) -> str:
    family = citation.authors[0].split(",")[0] if citation.authors else "anonymous"
    ascii_name = unicodedata.normalize("NFKD", family).encode("ascii", "ignore").decode()
    return (re.sub(r"[^a-z0-9]", "", ascii_name.lower()) or "record") + str(citation.year or "")
