"""Rows of a table as citations, whatever the table came in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from screening.citations import headers, own_tables, people
from screening.citations.citation import Citation, Refused
from screening.citations.normalise import (
    FieldMap,
    Values,
    doi_in,
    fields_of,
    first_found,
    keywords_in,
    span,
)

OWN_AUTHORS = "authors"
_TEXT_FORMULA = re.compile(r'^="(.*)"$', re.S)
_NEUTRALISED = re.compile(r"^'+[=+\-@\t\r]")
_LISTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_INITIALS_LAST = re.compile(r"\s(?:[^\W\d_a-z]\.?[-\s]?){1,4}$")
_SYNONYMS = {
    "registry_id": "registry",
    "accession": "accession",
    "start_page": "start",
    "end_page": "end",
}
NO_TITLE = "None of the columns is known to hold titles: {}. Say which column holds the title."


@dataclass(frozen=True, slots=True)
class Columns:
    """What a table offers to a person who has to say what its columns mean."""

    columns: tuple[str, ...]
    mapping: dict[str, str]
    """Our guess: {column: field}."""
    rows: tuple[tuple[str, ...], ...]
    """The first rows, to show beside the columns."""
    provider: str = ""

    @property
    def examples(self) -> dict[str, str]:
        """Return the first value of each column that has any."""
        pairs = (
            (column, row[place])
            for row in reversed(self.rows)
            for place, column in enumerate(self.columns)
            if row[place].strip()
        )
        return dict(pairs)

    @property
    def has_title(self) -> bool:
        """Tell whether a column is known to hold titles."""
        return "title" in self.mapping.values()


class Table:
    """The columns of one table, and how a row of it becomes a citation."""

    def __init__(self, columns: Sequence[str], mapping: Mapping[str, str] | None = None) -> None:
        self.columns = named(columns)
        self.provider = headers.provider_of(columns)
        self.mapping = self._chosen(mapping) if mapping else headers.guess(self.columns)
        self.places = self._places()
        self.is_own = not mapping and own_tables.is_own(self.columns)

    def _chosen(self, mapping: Mapping[str, str]) -> dict[str, str]:
        known = {
            column.strip(): _SYNONYMS.get(field, field)
            for column, field in mapping.items()
            if field
        }
        wrong = sorted(set(known.values()) - set(headers.FIELDS))
        if wrong:
            raise Refused(
                f"“{wrong[0]}” is not a field; choose one of {', '.join(headers.FIELDS)}."
            )
        return {column: known[column.strip()] for column in self.columns if column.strip() in known}

    def require_title(self) -> None:
        """Refuse a table that nobody can say the titles of."""
        if "title" not in self.mapping.values():
            raise Refused(NO_TITLE.format(", ".join(self.columns[:12])))

    def _places(self) -> FieldMap:
        """Return the columns of each field, the best first."""
        places: dict[str, tuple[str, ...]] = {}
        for field in headers.FIELDS:
            columns = [column for column, meaning in self.mapping.items() if meaning == field]
            places[field] = tuple(sorted(columns, key=headers.rank))
        places["doi"] += places["url"]
        places["typed_pmid"] = places["url"] + places["accession"] + places["note"][:0]
        places["registry"] += places["accession"]
        return FieldMap(**places, author_separators="")  # type: ignore[arg-type]

    def tags(self, cells: Sequence[str]) -> list[tuple[str, str]]:
        """Pair the cells that hold something with their columns; cells beyond the header too."""
        extra = [f"column {number}" for number in range(len(self.columns) + 1, len(cells) + 1)]
        names = [*self.columns, *extra]
        return [
            (name, cell) for name, value in zip(names, cells, strict=False) if (cell := bare(value))
        ]

    def is_header(self, cells: Sequence[str]) -> bool:
        """Tell whether a row repeats the header, as in concatenated tables."""
        own = [cell.strip() for cell in cells]
        return (
            len(own) > 1
            and own == [column.strip() for column in self.columns][: len(own)]
            and any(own)
        )

    def citation(self, cells: Sequence[str], *, line: int, raw_text: str) -> Citation | None:
        """Return a row as a citation, None for an empty row."""
        tags = self.tags(cells)
        if not tags:
            return None
        if self.is_own:
            return own_tables.citation(tags, line=line, raw_text=raw_text)
        values = Values(tags)
        fields = fields_of(values, self.places)
        fields["authors"] = authors_in(values.first(self.places.authors))
        fields["keywords"] = keywords_in(
            map(_with_semicolons, values.all(self.places.keywords)), ";\n|"
        )
        fields["doi"] = first_found(doi_in, values.all(self.places.doi))
        if not fields["pages"]:
            fields["pages"] = span(values.first(self.places.start), values.first(self.places.end))
        if self.provider == "ClinicalTrials.gov":
            fields["type"] = "trial record"
        return Citation(raw=tuple(tags), raw_text=raw_text, line=line, **fields)  # type: ignore[arg-type]


def named(columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns with a name each; trailing padding of a spreadsheet goes."""
    names = [column.strip().strip("\ufeff") for column in columns]
    while names and not names[-1]:
        names.pop()
    seen: dict[str, int] = {}
    found = []
    for number, name in enumerate(names, 1):
        name = name or f"column {number}"
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(found)


def bare(cell: str) -> str:
    """Return a cell without what spreadsheets need around text: ="..." and a leading apostrophe."""
    cell = cell.strip(" \n\xa0")
    if match := _TEXT_FORMULA.match(cell):
        return match[1].strip()
    return cell[1:] if _NEUTRALISED.match(cell) else cell.strip()


def authors_in(value: str) -> tuple[str, ...]:
    """Split a cell of authors, in the ways the databases join them."""
    value = value.strip()
    if value.startswith("[") and (listed := _LISTED.findall(value)):
        parts = [single or double for single, double in listed]
    elif ";" in value or "|" in value or "\n" in value:
        parts = re.split(r"[;|\n]", value)
    elif (by_and := re.split(r"\s+and\s+", value))[1:] and all(map(_is_person, by_and)):
        parts = by_and
    else:
        return tuple(_by_comma(value))
    return tuple(name for part in parts if (name := people.inverted(part)))


def _is_person(part: str) -> bool:
    return "," in part or bool(_INITIALS_LAST.search(part))


def _by_comma(value: str) -> list[str]:
    """A comma may part authors or a family from a given name."""
    parts = [part.strip() for part in value.split(",") if part.strip()]
    n_words = [len(part.split()) for part in parts]
    has_initials = len(parts) > 1 and all(_INITIALS_LAST.search(part) for part in parts[:2])
    is_pairs = len(parts) > 2 and len(parts) % 2 == 0 and n_words[0] == 1
    if has_initials or (len(parts) > 2 and min(n_words) > 1) or is_pairs:
        return people.comma_list(value)
    name = people.inverted(value)
    return [name] if name else []


def _with_semicolons(value: str) -> str:
    """Keywords parted by commas alone: short pieces, and more than one."""
    if ";" in value or "|" in value or value.count(",") < 2:
        return value
    parts = value.split(",")
    return ";".join(parts) if max(map(len, parts)) < 60 else value


def sample(
    rows: Iterable[Sequence[str]], columns: Sequence[str], n: int
) -> tuple[tuple[str, ...], ...]:
    """Return the first rows, padded to the number of columns."""
    found = []
    for row in rows:
        if any(cell.strip() for cell in row):
            found.append(tuple([*row, *[""] * len(columns)][: len(columns)]))
        if len(found) >= n:
            break
    return tuple(found)
