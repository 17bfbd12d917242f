"""Labelled reviews: a CSV with what was screened and what was relevant."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from screening.ranking.documents import Document

_LARGEST_CELL = 10**8
_TEXTS = ("record_id", "title", "abstract")


@dataclass(frozen=True)
class LabelledReview:
    """The rows of a finished review; `labels` are 0 or 1, shape (n,)."""

    record_ids: list[str]
    documents: list[Document]
    labels: NDArray[np.int64]

    def rows_of(self, record_ids: Iterable[str]) -> list[int]:
        """Return the rows of record ids; raises ValueError, naming one that is not there."""
        place = {name: row for row, name in enumerate(self.record_ids)}
        rows = []
        for name in record_ids:
            if name not in place:
                raise ValueError(f"There is no record with the record_id “{name}”.")
            rows.append(place[name])
        if len(set(rows)) < len(rows):
            raise ValueError("A record is named twice among the priors.")
        return rows


def read_labelled(stream: TextIO, *, label: str = "label_included") -> LabelledReview:
    """Read a CSV with the columns record_id, title, abstract, the label, perhaps keywords.

    Raises ValueError, with a sentence that says what to mend, for anything else.
    """
    csv.field_size_limit(_LARGEST_CELL)
    try:
        reader = csv.DictReader(stream)
        columns = list(reader.fieldnames or [])
        _check_columns(columns, label)
        rows = list(reader)
    except csv.Error as error:
        raise ValueError(f"The file is not a CSV: {error}.") from None
    except UnicodeDecodeError:
        raise ValueError("The file is not UTF-8. Save it as UTF-8 and try again.") from None
    names = [(row["record_id"] or "").strip() for row in rows]
    _check_names(names)
    labels = [_label(row[label], label, line) for line, row in enumerate(rows, start=1)]
    if 1 not in labels:
        raise ValueError(f"No record has the label 1 in the column “{label}”.")
    return LabelledReview(names, [_document(row) for row in rows], np.array(labels))


def _check_columns(columns: list[str], label: str) -> None:
    missing = [name for name in (*_TEXTS, label) if name not in columns]
    if missing:
        known = ", ".join(columns) or "none"
        raise ValueError(f"The file has no column “{missing[0]}”. Its columns are: {known}.")


def _check_names(names: list[str]) -> None:
    if "" in names:
        raise ValueError(f"Record {names.index('') + 1} has no record_id.")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"Two records have the record_id “{twice}”; each needs its own.")


def _label(text: str | None, column: str, line: int) -> int:
    try:
        value = float(text or "")
    except ValueError:
        value = -1.0
    if value not in (0.0, 1.0):
        raise ValueError(f"Record {line} has “{text}” in the column “{column}”; it must be 0 or 1.")
    return int(value)


def _document(row: dict[str, str | None]) -> Document:
    keywords = row.get("keywords") or ""
    return Document(
        row["title"] or "", row["abstract"] or "", (keywords,) if keywords.strip() else ()
    )
