"""BibTeX and BibLaTeX, also where it is not quite legal."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bibtexparser.model import DuplicateFieldKeyBlock, Entry, ParsingFailedBlock, String
from bibtexparser.splitter import Splitter

from screening.citations import bibtex_inheritance, latex, markup
from screening.citations.bibtex_inheritance import resolved, said
from screening.citations.citation import Citation, Problem
from screening.citations.normalise import (
    FieldMap,
    Values,
    doi_in,
    fields_of,
    first_found,
    keywords_in,
)
from screening.citations.source import Source

logging.getLogger("bibtexparser.splitter").addFilter(lambda record: False)

_START = re.compile(r"^[\s\ufeff}]*@\s*([A-Za-z][\w:-]*)\s*([{(])")
_LATEX_FREE = ("url", "doi", "file", "eprint", "pmid", "pmcid", "note-url", "issn", "isbn")
NO_TYPE = "untyped"
"""What our own export says of a record that had no type."""

_PARTICLES = frozenset(
    [
        "von",
        "van",
        "der",
        "den",
        "de",
        "del",
        "della",
        "degli",
        "di",
        "da",
        "do",
        "dos",
        "das",
        "du",
        "des",
        "d'",
        "la",
        "le",
        "les",
        "lo",
        "ter",
        "ten",
        "tot",
        "zu",
        "zum",
        "zur",
        "af",
        "av",
        "bin",
        "ibn",
        "al",
        "el",
        "y",
        "e",
    ]
)
_MONTHS = {
    "jan": "January", "feb": "February", "mar": "March", "apr": "April", "may": "May", "jun": "June",
    "jul": "July", "aug": "August", "sep": "September", "oct": "October", "nov": "November", "dec": "December",
}  # fmt: skip
_TYPES = {
    "article": "journal article", "book": "book", "inbook": "book chapter", "incollection": "book chapter",
    "inproceedings": "conference paper", "conference": "conference paper", "proceedings": "conference proceedings",
    "phdthesis": "thesis", "mastersthesis": "thesis", "thesis": "thesis", "techreport": "report", "report": "report",
    "misc": "generic", "unpublished": "unpublished work", "online": "web page", "electronic": "web page",
    "patent": "patent", "dataset": "dataset", "collection": "edited book", "mvbook": "book", "manual": "report",
}  # fmt: skip

PLACES = FieldMap(
    title=("title", "booktitle", "maintitle"),
    year=("year", "date", "issue_date", "eventdate"),
    journal=("journal", "journaltitle", "fjournal", "booktitle", "shortjournal", "series"),
    volume=("volume",),
    number=("number", "issue"),
    pages=("pages",),
    start=("startpage", "start_page"),
    end=("endpage", "end_page"),
    article_number=("article-number", "art_number", "eid", "articleno"),
    doi=("doi", "DOI", "url", "eprint", "note", "link"),
    pmid=("pmid", "pubmed_id", "pubmedid", "pubmed"),
    typed_pmid=("note", "url", "accession_number", "annote"),
    abstract=("abstract", "abstractnote"),
    language=("language", "langid"),
    registry=("note", "url", "key", "accession_number"),
    url=("url", "link", "bdsk-url-1", "howpublished"),
    accession=("unique-id", "accession_number", "eprint", "ID"),
    note=("note", "notes", "annote"),
)


def read(source: Source) -> Iterator[Citation | Problem]:
    """Read BibTeX, entry by entry."""
    strings = dict(_MONTHS)
    for item in resolved(_entries(source.lines, strings)):
        if isinstance(item, Problem):
            yield item
        else:
            found = citation_of(said(item), line=item.line, raw_text=item.raw_text)
            yield replace(found, raw=tuple(item.tags)) if item.inherited else found


def _entries(
    lines: Iterable[tuple[int, str]], strings: dict[str, str]
) -> Iterator[bibtex_inheritance.Entry | Problem]:
    for line, text in blocks(lines):
        if not _COMMENT.match(text):
            yield from _read_block(line, text, strings)


def blocks(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Cut the file where entries begin: where braces close, or where the next "@type{" stands."""
    held: list[str] = []
    start = depth = 0
    is_comment = is_round = False
    for number, line in lines:
        match = _START.match(line) if "@" in line else None
        if held and match and not is_comment and (depth > 0 or is_round):
            yield start, "\n".join(held)
            held = []
        if not held:
            if match is None and not _START_ANYWHERE.search(line):
                continue
            start, depth = number, 0
            is_comment = match is not None and match[1].lower() == "comment"
            is_round = match is not None and match[2] == "("
        held.append(line)
        depth += _braces(line)
        if (
            depth <= 0
            and not (is_round and not line.rstrip().endswith(")"))
            and _has_opened(held, is_round)
        ):
            yield start, "\n".join(held)
            held = []
        elif is_comment and len(held) > _COMMENT_LINES:
            yield from _without_first(held, start)
            held = []
    if held and is_comment:
        yield from _without_first(held, start)
    elif held:
        yield start, "\n".join(held)


def _without_first(held: list[str], start: int) -> Iterator[tuple[int, str]]:
    """A comment that is never closed is only its first line."""
    yield from blocks(enumerate(held[1:], start + 1))


_START_ANYWHERE = re.compile(r"@[A-Za-z]\w*\s*[{(]")
_COMMENT = re.compile(r"[\s\ufeff}]*@\s*comment\b", re.I)
_COMMENT_LINES = 20_000
_ESCAPED = re.compile(r"\\[{}]")


def _braces(line: str) -> int:
    if "\\" in line:
        line = _ESCAPED.sub("", line)
    return line.count("{") - line.count("}")


def _has_opened(held: list[str], is_round: bool) -> bool:
    return is_round or any("{" in line for line in held)


def _read_block(
    line: int, text: str, strings: dict[str, str]
) -> Iterator[bibtex_inheritance.Entry | Problem]:
    for found in Splitter(text).split().blocks:
        at = line + max(0, found.start_line or 0)
        block = found.ignore_error_block if isinstance(found, DuplicateFieldKeyBlock) else found
        if isinstance(block, String):
            strings[block.key.lower()] = _value(str(block.value), strings)[0]
        elif isinstance(block, Entry):
            yield from _entry(block, at, strings)
        elif isinstance(block, ParsingFailedBlock):
            yield from _failed(block, at)


def _failed(block: ParsingFailedBlock, line: int) -> Iterator[Problem]:
    raw = block.raw or ""
    if not re.match(r"\s*@\s*(?:comment|string|preamble)\b", raw, re.I):
        reason = getattr(block.error, "abort_reason", str(block.error))
        yield Problem(
            line, "error", f"This entry could not be read: {reason.strip().rstrip('.')}.", raw
        )


def _entry(
    entry: Entry, line: int, strings: dict[str, str]
) -> Iterator[bibtex_inheritance.Entry | Problem]:
    tags: list[tuple[str, str]] = [("ENTRYTYPE", entry.entry_type.lower()), ("ID", entry.key)]
    unknown: list[str] = []
    for field in entry.fields:
        value, missing = _value(str(field.value), strings)
        unknown += missing
        tags.append((field.key.strip(), value))
    for name in dict.fromkeys(unknown):
        yield Problem(
            line,
            "warning",
            f"The abbreviation “{name}” is not defined in the file; it was kept as it is.",
        )
    yield bibtex_inheritance.Entry(line, tags, entry.raw or "")


def citation_of(tags: Sequence[tuple[str, str]], *, line: int, raw_text: str) -> Citation:
    """Turn an entry's fields into a citation; the raw values stay LaTeX."""
    texts = [(key.lower(), readable(key.lower(), value)) for key, value in tags]
    values, latex_values = Values(texts), Values((key.lower(), value) for key, value in tags)
    fields = fields_of(values, PLACES)
    fields["authors"] = _people(latex_values, "author") or _people(latex_values, "editor")
    fields["doi"] = first_found(
        doi_in, (value.replace("\\", "") for value in latex_values.all(PLACES.doi))
    )
    fields["keywords"] = keywords_in(keyword_lists(values), ";\n")
    kind = values.first(["entrytype"])
    own_type = values.first(["publication_type"])
    fields["type"] = own_type.removeprefix(NO_TYPE) if own_type else type_of(kind)
    fields["registry_id"] = values.first(["registry_id"]) or fields["registry_id"]
    fields["pages"] = str(fields["pages"]).replace("--", "-").replace("–", "-")
    is_own = "publication_type" in values.by_tag
    fields["accession"] = values.first(
        ["accession_number", "unique-id", *([] if is_own else ["id"])]
    )
    if fields["journal"] == fields["title"]:
        fields["journal"] = ""
    return Citation(raw=tuple(tags), raw_text=raw_text, line=line, **fields)  # type: ignore[arg-type]


def keyword_lists(values: Values) -> list[str]:
    """Return lists whose keywords are parted by semicolons or, where there are none, by commas."""
    lists = values.all(["keywords", "keyword", "author_keywords", "keywords-plus", "mesh_terms"])
    return [text if ";" in text else text.replace(",", ";") for text in lists]


def type_of(kind: str) -> str:
    """Return the type of publication that a kind of entry stands for."""
    return _TYPES.get(kind, kind)


def readable(key: str, value: str) -> str:
    """Return a field's value as text; links and identifiers are not LaTeX."""
    return value if key in _LATEX_FREE else latex.to_text(value)


def _value(source: str, strings: dict[str, str]) -> tuple[str, list[str]]:
    """Join the parts of a value ("a" # b # {c}); return it with the macros nobody defined."""
    found, unknown = [], []
    for part in _parts(source):
        if part[:1] in ('"', "{") and len(part) > 1 and part[-1:] in ('"', "}"):
            found.append(part[1:-1])
        elif part.isdigit() or part.lower() in strings:
            found.append(strings.get(part.lower(), part))
        elif part:
            found.append(part)
            unknown += [part] if re.fullmatch(r"[A-Za-z][\w:.+/-]*", part) else []
    return re.sub(r"\s*\n\s*", " ", "".join(found)).strip(), unknown


def _parts(source: str) -> list[str]:
    """Split a value at "#" outside of quotes and braces."""
    if "#" not in source:
        return [source.strip()]
    parts, depth, quoted, begin = [], 0, False, 0
    for place, character in enumerate(source):
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
        elif character == '"' and depth == 0:
            quoted = not quoted
        elif character == "#" and depth == 0 and not quoted:
            parts.append(source[begin:place].strip())
            begin = place + 1
    return [*parts, source[begin:].strip()]


def _people(values: Values, role: str) -> tuple[str, ...]:
    return tuple(name for value in values.by_tag.get(role, ()) for name in people_in(value))


def people_in(value: str) -> tuple[str, ...]:
    """Return the names of one field as "Family, Given", organisations as they are."""
    return tuple(name for part in _split_names(value) if (name := _name(part)))


def _split_names(value: str) -> list[str]:
    """Split at "and" outside of braces; lists of another tool use semicolons."""
    value = " ".join(value.split())
    parts, depth, begin = [], 0, 0
    for match in re.finditer(r"[{}]|\s+and\s+", value, re.I):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
        elif depth <= 0:
            parts.append(value[begin : match.start()])
            begin = match.end()
    return [name for part in [*parts, value[begin:]] for name in _split_outside(part, ";")]


def _name(source: str) -> str:
    """Bring one name to "von Family, Given, Jr"; a name in braces is an organisation."""
    source = source.strip().strip(",").strip()
    if not source or source.lower() in ("others", "et al", "et al."):
        return ""
    if (
        source.startswith("{")
        and source.endswith("}")
        and _braces(source[1:-1]) == 0
        and "{" not in source[1:-1]
    ):
        return _plain(source)
    parts = [_plain(part) for part in _split_commas(source)]
    if len(parts) == 1:
        return _turned(source)
    if len(parts) == 2:
        return ", ".join(filter(None, parts))
    return ", ".join(filter(None, (parts[0], *parts[2:], parts[1])))


def _split_commas(source: str) -> list[str]:
    return _split_outside(source, ",")


def _split_outside(source: str, separator: str) -> list[str]:
    parts, depth, begin = [], 0, 0
    for place, character in enumerate(source):
        depth += (character == "{") - (character == "}")
        if depth <= 0 and character == separator:
            parts.append(source[begin:place])
            begin = place + 1
    return [*parts, source[begin:]]


def _turned(source: str) -> str:
    """Turn "Given von Family" round; only words known as parts of names count as "von".

    BibTeX would take any word in lower case, and so break organisations without braces.
    """
    words = [word for word in _split_outside(source.replace("~", " "), " ") if word]
    first_von = next(
        (place for place, word in enumerate(words[:-1]) if place and _is_von(word)), None
    )
    split = len(words) - 1 if first_von is None else first_von
    family, given = (_plain(" ".join(part)) for part in (words[split:], words[:split]))
    return f"{family}, {given}" if given else family


def _is_von(word: str) -> bool:
    return word in _PARTICLES


def _plain(source: str) -> str:
    return " ".join(markup.clean(latex.to_text(source)).split())
