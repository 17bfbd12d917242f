"""Reading uploaded files: recognised, looked through for the preview, turned into records."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO, cast

from django.core.exceptions import ValidationError

from screening.citations import Citation, Problem, Refused, detect, read, read_columns
from screening.citations.detect import HEAD, NAMES
from screening.citations.encodings import CHOICES
from screening.citations.headers import FIELDS
from screening.citations.prior import prior_decisions
from screening.models import ImportedFile, Record
from screening.search_text import normalise
from screening.services.conversion import TEXTS, clean, fingerprint_of

TABLES = ("csv", "tsv", "xlsx")
SAMPLE = 20
#: How many reasons of another tool are offered for translating.
MOST_REASONS = 60
#: How many problems of each severity the preview shows; after the import all are listed.
SHOWN_PROBLEMS = 30
#: A tag is looked for in the fields of this many records before it counts as not used.
LOOKED_AT = 100
FILLED = ("title", "authors", "year", "journal", "abstract", "doi", "pmid", "keywords")

#: What begins a record in each format; an independent count to hold the reader to.
_STARTS = {
    "ris": rb"^TY {1,4}-",
    "nbib": rb"^PMID ?- ?\d",
    "pubmed_xml": rb"<Pubmed(?:Book)?Article[ >]",
    "endnote_xml": rb"<record>",
    "wos": rb"^PT [A-Z]",
    "bibtex": rb"^\s*@(?!comment|string|preamble)\w+\s*[{(]",
    "refworks": rb"^RT ",
    "refer": rb"^%0 ",
    "cochrane": rb"^Record #\d+ of",
    "ovid": rb"^<\d+\s*\.?\s*>",
}
#: A block without a line end is cut this far from its end, so that no sign is cut in two.
_LONGEST_START = 64
_NOT_FIELDS = frozenset({"TY", "ER", "EF", "PT", "%0", "RT"})


@dataclass(frozen=True)
class Recognised:
    """What a file was recognised as."""

    format: str
    encoding: str
    description: str
    mapping: dict[str, str]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Columns:
    """The columns of a table, with a value each as an example."""

    names: list[str]
    examples: dict[str, str]
    guessed: dict[str, str]


def formats() -> list[tuple[str, str]]:
    """Return the formats a person may choose from."""
    return list(NAMES.items())


def encodings() -> list[tuple[str, str]]:
    """Return the encodings a person may choose from; the first leaves it to the reader."""
    return [("", "found by reading"), *((name, name) for name in CHOICES)]


def column_choices() -> list[tuple[str, str]]:
    """Return the fields a column may fill."""
    words = {"doi": "DOI", "pmid": "PubMed id", "number": "issue", "start": "first page",
             "end": "last page", "registry": "registration", "url": "link"}  # fmt: skip
    return [(name, words.get(name, name)) for name in FIELDS]


def recognise(stream: BinaryIO, name: str, *, format: str = "", encoding: str = "") -> Recognised:
    """Say what a file is; ValidationError with the reader's sentence for what is no export."""
    stream.seek(0)
    head = stream.read(HEAD)
    found = _told(lambda: detect(head, name=name, encoding=encoding or None))
    recognised, description = found.format, found.description
    if format and format != found.format:
        recognised, description = format, f"{NAMES[format]} (chosen), {found.encoding}"
    if recognised not in TABLES:
        return Recognised(recognised, encoding, description, {})
    columns = _columns(stream, name, recognised, encoding)
    return Recognised(
        recognised, encoding, description, dict(columns.guessed), tuple(columns.names)
    )


def recognise_as(file: ImportedFile, *, format: str, encoding: str) -> Recognised:
    """Recognise a stored file again with the format and encoding a person chose."""
    with opened(file) as stream:
        return recognise(stream, file.name, format=format, encoding=encoding)


def columns_of(file: ImportedFile) -> Columns | None:
    """Return the columns of a table; None for every other format."""
    if file.format not in TABLES:
        return None
    with opened(file) as stream:
        return _columns(stream, file.name, file.format, file.encoding)


def needs_title_column(file: ImportedFile) -> bool:
    """Tell whether a table cannot be read in before somebody says where its titles are."""
    return file.format in TABLES and "title" not in file.mapping.values()


def items_of(file: ImportedFile) -> Iterator[Citation | Problem]:
    """Read a stored file in constant memory: its citations, and what is wrong where."""
    with opened(file) as stream:
        head = stream.read(HEAD)
        stream.seek(0)
        items = read(
            stream,
            name=file.name,
            format=None if _is_found(head, file) else file.format,
            encoding=file.encoding or None,
            mapping=file.mapping or None,
        )
        try:
            yield from items
        except Refused as refusal:
            raise ValidationError(str(refusal)) from refusal


@contextmanager
def opened(file: ImportedFile) -> Iterator[BinaryIO]:
    """Open a stored file's bytes, wherever the storage keeps them."""
    with file.file.storage.open(str(file.file.name), "rb") as stream:
        yield cast(BinaryIO, stream)


def sample_of(file: ImportedFile) -> list[Citation]:
    """Return the first citations of a file."""
    citations = (item for item in items_of(file) if isinstance(item, Citation))
    return list(islice(citations, SAMPLE))


# ---------------------------------------------------------------- what the preview counts


@dataclass
class _Look:
    """One pass through a file, counting."""

    in_search: set[str]
    dois: set[str]
    pmids: set[str]
    n_records: int = 0
    n_repeated: int = 0
    n_in_search: int = 0
    n_in_review: int = 0
    fill: Counter = field(default_factory=Counter)
    tags: Counter = field(default_factory=Counter)
    used: set[str] = field(default_factory=set)
    looked: Counter = field(default_factory=Counter)
    severities: Counter = field(default_factory=Counter)
    problems: list[dict[str, Any]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    prior: Counter = field(default_factory=Counter)
    reasons: Counter = field(default_factory=Counter)

    def take(self, item: Citation | Problem) -> None:
        if isinstance(item, Problem):
            self._problem(item)
            return
        self.n_records += 1
        fingerprint = fingerprint_of(item)
        self.n_repeated += fingerprint in self.seen
        self.n_in_search += fingerprint in self.in_search and fingerprint not in self.seen
        self.seen.add(fingerprint)
        known = item.doi.lower() in self.dois or item.pmid in self.pmids
        self.n_in_review += known
        self.fill.update(name for name in FILLED if getattr(item, name))
        self._tags(item)
        self._decisions(item)

    def _decisions(self, citation: Citation) -> None:
        """Count the decisions another tool left; they are entered only when a lead asks."""
        for found in prior_decisions(citation):
            self.prior[found.stage, found.tool, found.reviewer, found.verdict] += 1
            self.reasons.update(map(clean, found.reasons))

    def _problem(self, problem: Problem) -> None:
        self.severities[problem.severity] += 1
        if self.severities[problem.severity] <= SHOWN_PROBLEMS:
            self.problems.append(
                {
                    "line": problem.line,
                    "severity": problem.severity,
                    "message": problem.message,
                    "raw_text": clean(problem.raw_text[:2000]),
                }
            )

    def _tags(self, citation: Citation) -> None:
        """Notice which tags fill a field, whatever the format calls them."""
        self.tags.update({tag for tag, _ in citation.raw})
        asked = {
            (tag, value)
            for tag, value in citation.raw
            if tag not in self.used and self.looked[tag] < LOOKED_AT
        }
        fields = _field_texts(citation) if asked else []
        for tag, value in asked:
            self.looked[tag] += 1
            text = normalise(value[:200])
            if text and any(text in one or (len(one) > 3 and one in text) for one in fields):
                self.used.add(tag)

    def summary(self) -> dict[str, Any]:
        unmapped = {
            clean(tag): n
            for tag, n in self.tags.most_common()
            if tag not in self.used | _NOT_FIELDS
        }
        order = {"error": 0, "warning": 1, "info": 2}
        return {
            "n_records": self.n_records,
            "n_repeated": self.n_repeated,
            "n_in_search": self.n_in_search,
            "n_in_review": self.n_in_review,
            "n_errors": self.severities["error"],
            "n_warnings": self.severities["warning"],
            "fill": {name: self.fill[name] for name in FILLED},
            "unmapped": dict(islice(unmapped.items(), 60)),
            "prior": {
                "voices": _by_voice(self.prior),
                "reasons": dict(self.reasons.most_common(MOST_REASONS)),
            },
            "problems": sorted(self.problems, key=lambda p: (order[p["severity"]], p["line"])),
        }


def _by_voice(counted: Counter) -> list[dict[str, Any]]:
    """Return what each voice decided: [{stage, tool, reviewer, verdicts: {verdict: n}}]."""
    rows: dict[tuple[str, str, str], dict[str, int]] = {}
    for (stage, tool, reviewer, verdict), n in sorted(counted.items()):
        rows.setdefault((stage, tool, clean(reviewer)), {})[verdict] = n
    return [
        {"stage": stage, "tool": tool, "reviewer": reviewer, "verdicts": verdicts}
        for (stage, tool, reviewer), verdicts in rows.items()
    ]


def summarise(
    file: ImportedFile, *, on_progress: Callable[[int], None] | None = None
) -> dict[str, Any]:
    """Read a file through once, importing nothing: counts, fill rates, tags, problems."""
    known = Record.objects.filter(review=file.search.review).visible()
    look = _Look(
        in_search=set(known.filter(search=file.search).values_list("raw_sha256", flat=True)),
        dois={doi.lower() for doi in known.exclude(doi="").values_list("doi", flat=True)},
        pmids=set(known.exclude(pmid="").values_list("pmid", flat=True)),
    )
    for n, item in enumerate(items_of(file), 1):
        look.take(item)
        if on_progress and n % 500 == 0:
            on_progress(look.n_records)
    summary = look.summary()
    parsed = summary["n_records"] + summary["n_errors"]
    return summary | {"n_said": _count_starts(file) or parsed}


NOTHING_READ = _Look(set(), set(), set()).summary() | {"n_said": 0}


def _count_starts(file: ImportedFile) -> int:
    """Count the records a file says it has, without the reader; 0 where that cannot be told."""
    if file.format not in _STARTS:
        return 0
    start = re.compile(_STARTS[file.format], re.MULTILINE | re.IGNORECASE)
    n, tail = 0, b""
    with opened(file) as stream:
        while block := stream.read(1 << 20):
            lines = (tail + block).replace(b"\r", b"\n").removeprefix(b"\xef\xbb\xbf")
            cut = lines.rfind(b"\n") + 1 or max(0, len(lines) - _LONGEST_START)
            n += len(start.findall(lines[:cut]))
            tail = lines[cut:]
    return n + len(start.findall(tail))


def _field_texts(citation: Citation) -> list[str]:
    texts = [getattr(citation, name) for name in TEXTS]
    texts += [*citation.authors, *citation.keywords, str(citation.year or "")]
    return [text for text in map(normalise, texts) if text]


# ---------------------------------------------------------------- shared


def _columns(stream: BinaryIO, name: str, format: str, encoding: str) -> Columns:
    stream.seek(0)
    table = _told(lambda: read_columns(stream, name=name, format=format, encoding=encoding or None))
    rows = list(zip(*table.rows, strict=False)) or [()] * len(table.columns)
    examples = [next(filter(None, cells), "") for cells in rows]
    return Columns(
        list(table.columns), dict(zip(table.columns, examples, strict=False)), table.mapping
    )


def _is_found(head: bytes, file: ImportedFile) -> bool:
    """Tell whether a file is what the reader would take it for, with its flavour."""
    try:
        found = detect(head, name=file.name, encoding=file.encoding or None)
    except Refused:
        return False
    return found.format == file.format


def _told(act: Callable[[], Any]) -> Any:
    """Return what a reader says; its refusal is a person's mistake, told in its sentence."""
    try:
        return act()
    except Refused as refusal:
        raise ValidationError(str(refusal)) from refusal
