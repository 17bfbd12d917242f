"""RIS, written so that we and every other tool read back what was there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from screening.citations import markup, people, ris, screened
from screening.citations.citation import Citation
from screening.citations.normalise import keywords_in, paragraphs
from screening.citations.ris_types import code_of
from screening.citations.tagged import Entry

OWN = screened.RIS_TAG
"""A tag nobody else uses: what RIS has no place for ("reviewtool type: ...", "kept MH: ...")."""

_CONSUMED = frozenset(
    ["TY", "ER", "TI", "AU", "PY", "SP", "EP", "VL", "IS", "CP", "DO", "PM", "AB", "KW", "LA", "AN", "N1", "T2",
     "UR", "PMID", "N2", "A1", "T1", "NT", "RN"]
)  # fmt: skip
"""Tags that our own fields stand in: a source's value there that is in no field is kept aside."""

_NAMES = ("AU", "A1", "FAU", "AF")
_FIELDS = (
    "title", "authors", "year", "journal", "volume", "number", "pages", "doi", "pmid", "abstract", "keywords",
    "language", "type", "registry_id", "url", "accession", "note",
)  # fmt: skip
_SPAN = re.compile(r"([A-Za-z]?\d[\w.]*)-([A-Za-z]?\d[\w.]*)")
_OWN_FIELD = re.compile(r"reviewtool (?:type|registry_id):")
_AFTER_SEMICOLON = re.compile(r";(\d*)")
_GUESSES = (
    ("conference", "CPAPER"), ("chapter", "CHAP"), ("book", "BOOK"), ("thesis", "THES"), ("dissertation", "THES"),
    ("trial record", "DBASE"), ("report", "RPRT"), ("patent", "PAT"), ("preprint", "UNPB"), ("web", "ELEC"),
    ("article", "JOUR"), ("journal", "JOUR"), ("review", "JOUR"), ("letter", "JOUR"), ("editorial", "JOUR"),
)  # fmt: skip


def write(citations: Iterable[Citation]) -> str:
    """Return citations as RIS."""
    return "".join(entries(citations))


def entries(citations: Iterable[Citation]) -> Iterator[str]:
    """Yield one record after the other, each with its end and an empty line."""
    for citation in citations:
        lines = "".join(f"{tag}  - {value}\n" for tag, value in _tags(citation))
        yield f"TY  - {type_code(citation)}\n{lines}ER  - \n\n"


def type_code(citation: Citation) -> str:
    """Return the RIS type: the exact one, or the nearest that the words suggest."""
    if exact := code_of(citation.type):
        return exact
    words = citation.type.lower()
    return next(
        (code for word, code in _GUESSES if word in words), "JOUR" if citation.journal else "GEN"
    )


def _tags(citation: Citation) -> list[tuple[str, str]]:
    """Return the fields and then what they do not hold.

    A source's own tags stay under their names as long as reading gives the same fields again;
    where they would not (a person corrected the record), they all travel aside.
    """
    fields = [(tag, value) for tag, values in _fields(citation) for value in values if value]
    found = fields + list(_kept(citation, aside=False))
    if found != fields and not _reads_back(found, citation):
        return fields + list(_kept(citation, aside=True))
    return found


def _reads_back(tags: Sequence[tuple[str, str]], citation: Citation) -> bool:
    again = ris.citation_of(Entry(0, [("TY", type_code(citation)), *tags]))
    return isinstance(again, Citation) and all(
        getattr(again, name) == getattr(citation, name) for name in _FIELDS
    )


def _fields(citation: Citation) -> Iterable[tuple[str, Iterable[str]]]:
    """Return the tags of a citation's fields."""
    start, end = _pages(citation.pages)
    yield "TI", [_line(citation.title)]
    yield "AU", map(_author, citation.authors)
    yield "PY", [str(citation.year or "")]
    yield "T2" if citation.title else "JF", [_line(citation.journal)]
    yield "VL", [_line(citation.volume)]
    yield "IS", [_line(citation.number)]
    yield "SP", [_one_line(start)]
    yield "EP", [_one_line(end)]
    yield "DO", [_one_line(citation.doi)]
    yield "PM", [_one_line(citation.pmid)]
    yield "AB", _paragraphs(citation.abstract)
    yield "KW", map(_keyword, citation.keywords)
    yield "LA", [_line(citation.language)]
    yield "UR", [_one_line(citation.url)]
    yield "AN", [_line(citation.accession)]
    yield "N1", _paragraphs(citation.note)
    yield OWN, _own(citation)


def _line(text: str) -> str:
    """Return text on one line, as it must be spelled to be read as it is."""
    return spelled(_one_line(text))


def _author(name: str) -> str:
    """Return a name with its comma; one at the end marks an organisation, as EndNote has it."""
    name = _one_line(name)
    written = name if "," in name else f"{name},"
    if "&" not in name and "<" not in name and people.names((written,)) == (name,):
        return written
    ways = (written, _escaped(written), without_semicolons(written))
    return next((each for each in ways if _author_read(each) == (name,)), written)


def _author_read(written: str) -> tuple[str, ...]:
    return tuple(map(markup.clean, people.names((written,))))


def _keyword(word: str) -> str:
    word = _one_line(word)
    if keywords_in((word,)) == (word,):
        return word
    ways = (word, without_semicolons(word), _escaped(word))
    return next((each for each in ways if keywords_in((each,)) == (word,)), word)


def spelled(text: str) -> str:
    """Return text as it must be written to be read as it is, entities that mean themselves included."""
    is_plain = "&" not in text and "<" not in text
    if is_plain or paragraphs(text) == text or paragraphs(_escaped(text)) != text:
        return text
    return _escaped(text)


def _escaped(text: str) -> str:
    """Return text in which "&lt;" means itself: readers decode entities twice."""
    return text.replace("&", "&amp;amp;").replace("<", "&amp;lt;")


def without_semicolons(text: str) -> str:
    """Return text whose semicolons part nothing: entities need none at their end."""

    def entity(match: re.Match[str]) -> str:
        return "&#59" + "".join(f"&#{ord(digit)}" for digit in match[1])

    return _AFTER_SEMICOLON.sub(entity, text.replace("&", "&#38#38"))


def _pages(pages: str) -> tuple[str, str]:
    match = _SPAN.fullmatch(pages)
    return (match[1], match[2]) if match and match[1] != match[2] else (pages, "")


def _paragraphs(text: str) -> list[str]:
    """Keep paragraphs in one value, unless one of them would be taken for a tag."""
    lines = [line for line in map(_one_line, spelled(text).split("\n")) if line]
    return lines if any(ris.tag_of(line) for line in lines[1:]) else ["\n".join(lines)]


def _own(citation: Citation) -> list[str]:
    """Fields that a reader could not find again elsewhere in what we write."""
    found = [f"reviewtool registry_id: {citation.registry_id}"] if citation.registry_id else []
    if not code_of(citation.type):
        found.append(f"reviewtool type: {_one_line(citation.type)}")
    return found


def _kept(citation: Citation, *, aside: bool) -> Iterator[tuple[str, str]]:
    """Yield tags of the source that entered no field, under their own names or aside in ours."""
    is_ris = any(tag == "TY" for tag, _ in citation.raw)
    held = _held(citation) if citation.raw else frozenset()
    for tag, value in citation.raw:
        text = _one_line(value)
        if not text or tag in ("TY", "ER"):
            continue
        if screened.is_told(tag, text):
            yield OWN, text if tag == OWN else screened.as_line(tag, text)
        elif tag == OWN:
            if not _OWN_FIELD.match(text):
                yield OWN, text
        elif is_ris and tag in ris.TAGS and tag not in _CONSUMED and not aside:
            yield tag, text
        elif not _is_held(tag, text, held):
            yield OWN, f"kept {tag}: {text}" if tag else f"kept: {text}"


def _held(citation: Citation) -> frozenset[str]:
    """Return every text that a field holds already, word for word."""
    doi = citation.doi
    texts = [
        *(_one_line(getattr(citation, name)) for name in _FIELDS if name not in _LISTS), *citation.keywords,
        *citation.authors, *map(_squeezed, citation.authors), str(citation.year), f"{citation.year}//",
        f"{citation.year}///", *_pages(citation.pages), *map(_one_line, citation.note.split("\n")),
        *map(_one_line, citation.abstract.split("\n")), *(f"{link}{doi}" for link in _DOI_LINKS if doi),
    ]  # fmt: skip
    return frozenset(texts)


_LISTS = ("authors", "keywords", "year")
_DOI_LINKS = ("https://doi.org/", "http://doi.org/", "https://dx.doi.org/", "http://dx.doi.org/")


def _is_held(tag: str, text: str, held: frozenset[str]) -> bool:
    if text in held or (text.lower() in held and tag in ("DO", "DI", "doi")):
        return True
    if tag in _NAMES:
        return _squeezed(text) in held
    return ";" in text and all(part.strip() in held for part in text.split(";"))


def _squeezed(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _one_line(text: str) -> str:
    return " ".join(text.split())
