"""What entries of a bibliography take over from others: `crossref` and `xdata`.

The rules are those of the BibLaTeX manual (appendix on default inheritance), with one difference:
what identifies or describes the parent alone (its DOI, its abstract) is not taken over, because
two chapters with their book's DOI would look like one report.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from screening.citations.citation import Problem

WAITING = 5_000
"""So many entries wait for a parent that stands further down; then they go on without it."""

_BOOKS = ("book", "collection", "reference", "proceedings")
_VOLUMES = tuple(f"mv{kind}" for kind in _BOOKS)
_PARTS = (
    "inbook", "bookinbook", "suppbook", "incollection", "inreference", "suppcollection", "inproceedings", "conference",
)  # fmt: skip
_PARENTS = frozenset([*_BOOKS, *_VOLUMES, "periodical", "xdata"])
_NEVER = frozenset(
    ["entrytype", "id", "ids", "crossref", "xref", "xdata", "entryset", "entrysubtype", "execute", "key", "label",
     "options", "presort", "related", "relatedoptions", "relatedstring", "relatedtype", "shorthand",
     "shorthandintro", "sortkey"]
)  # fmt: skip
_OF_THE_PARENT_ALONE = frozenset(
    ["doi", "url", "urldate", "eprint", "eprinttype", "pmid", "pmcid", "isbn", "pages", "pagetotal", "abstract",
     "keywords", "keyword", "author_keywords", "note", "notes", "annote", "annotation", "file", "accession_number",
     "unique-id", "registry_id", "publication_type", "link", "howpublished", "source_tags"]
)  # fmt: skip
_TITLES = ("title", "subtitle", "titleaddon")
_SHORT_TITLES = ("shorttitle", "sorttitle", "indextitle", "indexsorttitle")
_DATES = frozenset(["date", "year", "issue_date"])

Tags = list[tuple[str, str]]


@dataclass(slots=True)
class Entry:
    """One entry as the file gives it: its fields, kind and key first."""

    line: int
    tags: Tags
    raw_text: str = ""
    inherited: Tags = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.tags[0][1]

    @property
    def key(self) -> str:
        return self.tags[1][1].strip().lower()

    def references(self, name: str) -> list[str]:
        """Return the keys that a field names, in lower case."""
        values = (value for tag, value in self.tags[2:] if tag.lower() == name)
        return [
            key for value in values for part in value.split(",") if (key := part.strip().lower())
        ]

    @property
    def parents(self) -> list[str]:
        return self.references("xdata") + self.references("crossref")[:1]


def resolved(items: Iterable[Entry | Problem]) -> Iterator[Entry | Problem]:
    """Yield what comes, in its order, entries with what they inherit.

    A parent may stand before or after its children. Entries wait only while one before them
    waits, so a file without `crossref` and `xdata` is passed through as it is read.
    """
    family = _Family()
    for item in items:
        yield from family.after(item)
    yield from family.rest()


@dataclass(slots=True)
class _Family:
    known: dict[str, Entry] = field(default_factory=dict)
    queue: deque[Entry | Problem] = field(default_factory=deque)
    wanted: set[str] = field(default_factory=set)

    def after(self, item: Entry | Problem) -> Iterator[Entry | Problem]:
        """Yield what is complete now that one more item is known."""
        if isinstance(item, Entry):
            self._remember(item)
        self.queue.append(item)
        while self.queue and (len(self.queue) > WAITING or not self._lacks(self.queue[0])):
            yield from self._released()

    def rest(self) -> Iterator[Entry | Problem]:
        """Yield what still waits when the file has ended."""
        while self.queue:
            yield from self._released()

    def _remember(self, entry: Entry) -> None:
        if entry.kind in _PARENTS or entry.key in self.wanted:
            kept = [(tag, text) for tag, text in entry.tags if tag.lower() not in _LONG]
            self.known.setdefault(entry.key, Entry(entry.line, kept))
        self.wanted.update(entry.parents)

    def _lacks(self, item: Entry | Problem) -> list[str]:
        """Return the keys of ancestors that have not been met."""
        if isinstance(item, Problem):
            return []
        lacking, seen, ahead = [], {item.key}, item.parents
        while ahead:
            key = ahead.pop()
            if key in seen:
                continue
            seen.add(key)
            if key in self.known:
                ahead += self.known[key].parents
            else:
                lacking.append(key)
        return lacking

    def _released(self) -> Iterator[Entry | Problem]:
        item = self.queue.popleft()
        if isinstance(item, Entry) and item.parents:
            for key in self._lacks(item):
                message = f"This entry refers to “{key}”, which is not in the file; nothing was taken over from it."
                yield Problem(item.line, "info", message)
            item.inherited = self._inherited(item, frozenset([item.key]))
        yield item

    def _inherited(self, child: Entry, seen: frozenset[str]) -> Tags:
        """Return what a child takes over, nearest first, never what it says itself."""
        taken = {tag.lower() for tag, _ in child.tags}
        found: Tags = []
        pairs = [(key, True) for key in child.references("xdata")]
        pairs += [(key, False) for key in child.references("crossref")[:1]]
        for key, is_data in pairs:
            if key in seen or key not in self.known:
                continue
            parent = self.known[key]
            for tag, text in [*parent.tags, *self._inherited(parent, seen | {key})]:
                name = tag.lower() if is_data else _renamed(tag.lower(), parent.kind, child.kind)
                if _may_take(name, taken, is_data=is_data):
                    found.append((name, text))
                    taken |= {name}
        return found


_LONG = frozenset(["abstract", "keywords", "note", "annote", "file"])


def _may_take(name: str, taken: set[str], *, is_data: bool) -> bool:
    if (
        not name
        or name in _NEVER
        or name in taken
        or (name in _DATES and not _DATES.isdisjoint(taken))
    ):
        return False
    return is_data or name not in _OF_THE_PARENT_ALONE


def _renamed(name: str, parent: str, child: str) -> str:
    """Return what a parent's field is called in a child; nothing if it stays with the parent.

    >>> _renamed("title", "proceedings", "inproceedings")
    'booktitle'
    """
    prefix = _prefix(parent, child)
    if not prefix:
        return name
    if name in _SHORT_TITLES:
        return ""
    return f"{prefix}{name}" if name in _TITLES else name


def _prefix(parent: str, child: str) -> str:
    if parent in _BOOKS and child in _PARTS:
        return "book"
    if parent in _VOLUMES and child in (*_BOOKS, *_PARTS):
        return "main"
    if parent == "periodical" and child in ("article", "suppperiodical"):
        return "journal"
    return ""


def said(entry: Entry) -> Sequence[tuple[str, str]]:
    """Return an entry's own fields and what it inherits."""
    return [*entry.tags, *entry.inherited]
