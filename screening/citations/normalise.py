"""Reading meaning out of values: identifiers by pattern, years, missing values, fields.

Nothing here depends on the format; formats say in a `FieldMap` where they keep what.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from urllib.parse import unquote

from screening.citations import markup, people
from screening.citations.citation import Citation

_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/(?:\(sici\)\S+|[^\s\"<>\\|]+)", re.I)
_DOI_TAIL = re.compile(r"(?:[.,;:'\"*\]}]|\[doi\]|&(?:amp|lt|gt);?)+$", re.I)
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?=\D|$|(?:0[0-9]|1[0-2])[0-3]\d(?:\D|$))")
_PMID = re.compile(r"(?:NLM|PMID|P|MED)?[:\s]*(\d{1,9})", re.I)
_TYPED_PMID = re.compile(
    r"(?:\b(?:pubmed|pmid|medline pmid)(?:\s*id)?\s*[:=]?\s*|pubmed\.ncbi\.nlm\.nih\.gov/|"
    r"ncbi\.nlm\.nih\.gov/(?:m/)?pubmed/(?:\?term=)?|id=pmid:)(\d{4,9})(?!\d)",
    re.I,
)
_REGISTRY = re.compile(
    r"NCT\s?\d{8}|ISRCTN\s?\d{5,8}|ACTRN\d{14}|DRKS\d{8}|ChiCTR[-A-Z]*\d{8,10}|UMIN\d{9}|"
    r"jRCTs?\d{9,10}|CTRI/\d{4}/\d{2,3}/\d{6}|IRCT\d{8,16}N?\d*|KCT\d{7}|PACTR\d{12,16}|NTR\d{2,5}|"
    r"RBR-\w{5,7}|TCTR\d{11}|EUCTR\d{4}-\d{6}-\d{2}"
)
_REGISTRY_HINT = re.compile("RCT|CTR|NCT|NTR|DRKS|UMIN|KCT|RBR-")
"""One of these is in every number above; looking for them is far faster than the pattern."""

_EUDRACT = re.compile(r"(?<!\d)20\d{2}-5?\d{5,6}-\d{2}(?:-\d{2})?(?!\d)")
_LINK = re.compile(r"\s*((?:https?://|ftp://|www\.)\S*)", re.I)
_MISSING = re.compile(
    r"\[?(?:n/?a|nan|null|none|nil|undefined|-+|\.|not available|"
    r"(?:no )?abstract (?:not |un)?available|publisher: abstract available from the publisher|no abstract|abstract not available|not applicable)\.?\]?",
    re.I,
)
_MISSING_BEGINS = frozenset(["", *"[nNuU-.aApP \t\n\r\xa0"])
"""How what is missing begins, white space before it included."""


def present(value: str) -> str:
    """Return the value, or nothing when it only says that there is none ("NA", "null")."""
    value = value.strip()
    return value if says_something(value) else ""


def says_something(value: str) -> bool:
    """Tell whether a stripped value says more than that there is none."""
    return value[:1] not in _MISSING_BEGINS or len(value) >= 60 or not _MISSING.fullmatch(value)


def is_tidy(value: str) -> bool:
    """Tell whether a value is on one line, without markup, entities or runs of white space."""
    if "  " in value or "<" in value or "&" in value:
        return False
    if value.isascii():
        # Of other unprintable characters nothing is left: they were removed when decoding.
        return "\n" not in value and "\t" not in value and "\r" not in value
    return value.isprintable()


def one_line(value: str) -> str:
    """Return cleaned text on one line."""
    if is_tidy(value):
        return present(value)
    return present(" ".join(markup.clean(value).split()))


@lru_cache(maxsize=1 << 13)
def short_line(value: str) -> str:
    """Return the same of values that come again and again: journals, keywords, volumes."""
    return one_line(value)


def paragraphs(value: str) -> str:
    """Return cleaned text that keeps its line ends."""
    if is_tidy(value):
        return present(value)
    lines = (" ".join(line.split()) for line in markup.clean(value).splitlines())
    return present("\n".join(line for line in lines if line))


@lru_cache(maxsize=1 << 12)
def year_in(value: str) -> int | None:
    """Find a year between 1500 and 2099 anywhere in a date."""
    match = _YEAR.search(value)
    return int(match[1]) if match else None


def doi_in(value: str) -> str:
    """Find a DOI by its pattern, in lower case, whatever is glued around it."""
    if "10." not in value:
        return ""
    decoded = unquote(value) if "%" in value else value
    match = _DOI.search(decoded)
    if not match:
        return ""
    doi = match[0]
    if "://" in decoded[: match.start()]:
        doi = re.split(r"[&?#]", doi, maxsplit=1)[0]
    elif "&amp;" in doi or "&lt;" in doi or "&gt;" in doi:
        doi = markup.clean(doi)
    return _trimmed(doi).lower()


def _trimmed(doi: str) -> str:
    """Cut punctuation off a DOI's end; a closing bracket only when it closes nothing."""
    if doi[-1].isalnum() and "&" not in doi:
        return doi
    while True:
        shorter = _DOI_TAIL.sub("", doi)
        if shorter.endswith(")") and shorter.count(")") > shorter.count("("):
            shorter = shorter[:-1]
        if shorter == doi:
            return doi if doi.partition("/")[2] else ""
        doi = shorter


def pmid_from(value: str) -> str:
    """Return the PubMed number of a field that holds nothing else, or that names it."""
    typed = typed_pmid(value)
    bare = _PMID.fullmatch(value.strip().removesuffix(".0").strip())
    return typed or (bare[1].lstrip("0") if bare else "")


def typed_pmid(value: str) -> str:
    """Find a number that is said to be a PubMed number ("PMID: 1", a link to PubMed)."""
    lowered = value.lower()
    match = _TYPED_PMID.search(value) if "pmid" in lowered or "pubmed" in lowered else None
    return match[1].lstrip("0") if match else ""


def registry_in(value: str) -> str:
    """Find the number of a trial register."""
    match = _REGISTRY.search(value) if _REGISTRY_HINT.search(value) else None
    if match is None and "20" in value and "-" in value and len(value) < 200:
        match = _EUDRACT.search(value)
    return match[0].replace(" ", "") if match else ""


def span(start: str, end: str) -> str:
    """Join first and last page; a first page that is a span already wins."""
    if start.isdecimal() and end.isdecimal():
        return start if start == end else f"{start}-{end}"
    start, end = present(start).strip(" ."), present(end).strip(" .")
    start = start.replace("–", "-").replace("--", "-").strip("-")
    if not end or end == start or "-" in start:
        return start or end
    return f"{start}-{end.lstrip('-–')}" if start else end


def keywords_in(values: Iterable[str], separators: str = ";\n") -> tuple[str, ...]:
    """Return single keywords, each once, of repeated values that may hold lists."""
    values = tuple(values)
    joined = "\t".join(values)
    if not any(separator in joined for separator in separators):
        return tuple(filter(None, dict.fromkeys(map(short_line, values))))
    found: dict[str, None] = {}
    for value in values:
        parts = [value]
        for separator in separators:
            if separator in value:
                parts = [piece for part in parts for piece in part.split(separator)]
        for part in parts:
            if word := short_line(part):
                found[word] = None
    return tuple(found)


class Values:
    """The tags of one record by name, every repeat kept in order."""

    __slots__ = ("by_tag",)

    def __init__(self, tags: Iterable[tuple[str, str]]) -> None:
        self.by_tag = found = dict[str, list[str]]()
        for tag, value in tags:
            if value:
                if tag in found:
                    found[tag].append(value)
                else:
                    found[tag] = [value]

    def all(self, tags: Iterable[str]) -> list[str]:
        """Return the values of several tags, tag by tag."""
        found = self.by_tag
        return [value for tag in tags if tag in found for value in found[tag]]

    def first(self, tags: Iterable[str]) -> str:
        """Return the first value that says something, in the order of the tags."""
        found = self.by_tag
        for tag in tags:
            if tag in found:
                for value in found[tag]:
                    if value[0] not in _MISSING_BEGINS or len(value) >= 60 or present(value):
                        return value
        return ""

    def any_of(self, tags: Iterable[str]) -> list[str]:
        """Return all values of the first tag that is there, also those that say nothing."""
        for tag in tags:
            if tag in self.by_tag:
                return self.by_tag[tag]
        return []

    def group(self, tags: Iterable[str]) -> list[str]:
        """Return all values of the first tag that has any."""
        for tag in tags:
            if tag in self.by_tag:
                values = [
                    value
                    for value in self.by_tag[tag]
                    if value[0] not in _MISSING_BEGINS or len(value) >= 60 or present(value)
                ]
                if values:
                    return values
        return []


@dataclass(frozen=True, eq=False)
class FieldMap:
    """Where a format, or one provider's flavour of it, keeps each field; best place first."""

    title: Sequence[str] = ()
    authors: Sequence[str] = ()
    corporate: Sequence[str] = ()
    editors: Sequence[str] = ()
    year: Sequence[str] = ()
    journal: Sequence[str] = ()
    volume: Sequence[str] = ()
    number: Sequence[str] = ()
    pages: Sequence[str] = ()
    start: Sequence[str] = ()
    end: Sequence[str] = ()
    article_number: Sequence[str] = ()
    doi: Sequence[str] = ()
    pmid: Sequence[str] = ()
    typed_pmid: Sequence[str] = ()
    abstract: Sequence[str] = ()
    keywords: Sequence[str] = ()
    language: Sequence[str] = ()
    type: Sequence[str] = ()
    registry: Sequence[str] = ()
    url: Sequence[str] = ()
    accession: Sequence[str] = ()
    note: Sequence[str] = ()
    author_separators: str = ";"
    keyword_separators: str = ";\n"
    _narrowed: dict[tuple[str, ...], FieldMap] = field(default_factory=dict, init=False, repr=False)

    def with_(self, **changes: Sequence[str]) -> FieldMap:
        """Return the map of a provider that differs in some fields."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def known(self) -> frozenset[str]:
        """Return every tag that may enter a field."""
        return frozenset(tag for name in _PLACES for tag in getattr(self, name))

    def narrowed(self, tags: Iterable[str]) -> FieldMap:
        """Return the map without the places that a record of these tags does not have.

        The records of a file have few sets of tags, so most places are looked for only once.
        """
        key = tuple(tags)
        known = self._narrowed.get(key)
        if known is None:
            if len(self._narrowed) >= _NARROWED:
                self._narrowed.clear()
            have = frozenset(key)
            kept = {name: [tag for tag in getattr(self, name) if tag in have] for name in _PLACES}
            known = self._narrowed[key] = replace(self, **kept)  # type: ignore[arg-type]
        return known


_PLACES = tuple(
    each.name
    for each in dataclasses.fields(FieldMap)
    if each.init and not each.name.endswith("separators")
)
_NARROWED = 1000


def fields_of(values: Values, places: FieldMap) -> dict[str, object]:
    """Return the fields of a citation as the map finds them among the values."""
    places = places.narrowed(values.by_tag)
    return {
        "title": one_line(values.first(places.title)),
        "authors": authors_of(values, places),
        "year": first_year(values.all(places.year)),
        "journal": line_of(values, places.journal).removesuffix(";"),
        "volume": line_of(values, places.volume),
        "number": line_of(values, places.number),
        "pages": pages_of(values, places),
        "doi": first_found(doi_in, values.all(places.doi)),
        "pmid": pmid_of(values, places),
        "abstract": text_of(values.group(places.abstract)),
        "keywords": keywords_in(values.all(places.keywords), places.keyword_separators),
        "language": without_stop(line_of(values, places.language)),
        "type": line_of(values, places.type),
        "registry_id": first_found(registry_in, values.all(places.registry)),
        "url": url_of(values.all(places.url)),
        "accession": one_line(values.first(places.accession)),
        "note": text_of(values.all(places.note)) if places.note else "",
    }


def without_stop(value: str) -> str:
    """Return a value without the full stop that some databases put behind it."""
    return value.rstrip().removesuffix(".").rstrip() if value else value


def line_of(values: Values, places: Sequence[str]) -> str:
    """Return the first value that says something, on one line; for what comes again and again."""
    return short_line(values.first(places)) if places else ""


def text_of(values: Sequence[str]) -> str:
    """Return the different values as paragraphs."""
    if len(values) == 1:
        return paragraphs(values[0])
    return "\n".join(_distinct(map(paragraphs, values)))


def authors_of(values: Values, places: FieldMap) -> tuple[str, ...]:
    """Return persons and then corporate authors; editors only when there is nobody else."""
    separators = places.author_separators
    found = people.names(values.any_of(places.authors), separators=separators)
    if not found and len(places.authors) > 1:
        found = people.names(values.group(places.authors), separators=separators)
    if places.corporate:
        found += tuple(one_line(name) for name in values.group(places.corporate))
    if not found and places.editors:
        found = people.names(values.group(places.editors), separators=places.author_separators)
    joined = "".join(found)
    if "&" in joined or "<" in joined:
        return tuple(name for name in map(markup.clean, found) if name)
    return found


def first_year(values: Iterable[str]) -> int | None:
    """Return the first year that any of the values holds."""
    for value in values:
        if year := year_in(value):
            return year
    return None


def first_found(find: Callable[[str], str], values: Iterable[str]) -> str:
    """Return what a pattern finds in the first value that has it."""
    for value in values:
        if found := find(value):
            return found
    return ""


def pages_of(values: Values, places: FieldMap) -> str:
    """Return "first-last", a span as given, or an article number."""
    pages = line_of(values, places.pages) or span(
        line_of(values, places.start), line_of(values, places.end)
    )
    return pages.replace("--", "-").strip("-") or line_of(values, places.article_number)


def pmid_of(values: Values, places: FieldMap) -> str:
    """Return a PubMed number from its own place, or from text that says it is one."""
    own = first_found(pmid_from, values.all(places.pmid)) if places.pmid else ""
    return own or first_found(typed_pmid, values.all(places.typed_pmid))


def url_of(values: Iterable[str]) -> str:
    """Return the first link; Rayyan glues further tags behind it, so it ends at white space."""
    for value in values:
        if match := _LINK.match(value):
            return match[1]
    return ""


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


def citation_from(
    tags: Sequence[tuple[str, str]],
    places: FieldMap,
    *,
    raw_text: str,
    line: int,
    changes: Mapping[str, object] | None = None,
) -> Citation:
    """Build a citation from the tags of a record; `changes` override what the map finds."""
    fields = fields_of(Values(tags), places) | dict(changes or {})
    return Citation(raw=tuple(tags), raw_text=raw_text, line=line, **fields)  # type: ignore[arg-type]
