"""A finished review as one CSV file: records and what was decided in the end."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from screening.ranking.texts import RecordText, text_of

_LARGEST_CELL = 10**8


class Unusable(ValueError):
    """The input cannot be used; the message is a sentence that says what to do."""


@dataclass(frozen=True, eq=False)
class LabelledReview:
    """Records by row: their ids as the file writes them, texts, and labels of shape (n,)."""

    ids: list[str]
    texts: list[RecordText]
    relevant: NDArray[np.bool_]

    def rows_of(self, ids: Iterable[str]) -> list[int]:
        """Return the rows of these record_ids; raises Unusable for one that is not there."""
        place = {name: row for row, name in enumerate(self.ids)}
        if missing := [name for name in ids if name not in place]:
            raise Unusable(f"There is no record with the record_id {missing[0]}.")
        return [place[name] for name in ids]


def read_labelled(path: Path, *, label: str = "label_included") -> LabelledReview:
    """Read record_id, title, abstract, the label column, and keywords where there are any.

    Raises Unusable for anything that is not such a file.
    """
    rows = _rows(path)
    _check_columns(path, rows, ("record_id", "title", "abstract", label))
    ids = [row["record_id"].strip() for row in rows]
    if repeated := len(ids) - len(set(ids)):
        raise Unusable(f"{path.name}: {repeated} record_ids occur more than once; number them.")
    return LabelledReview(
        ids,
        [text_of(row["title"], row["abstract"], [row.get("keywords", "")]) for row in rows],
        np.array([_label(path, row, label) for row in rows], dtype=bool),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    csv.field_size_limit(_LARGEST_CELL)
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = [
                {str(key): _cell(value) for key, value in row.items()}
                for row in csv.DictReader(stream)
            ]
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unusable(f"{path.name} is no CSV file in UTF-8: {error}.") from error
    if not rows:
        raise Unusable(f"{path.name} holds no records.")
    return rows


def _cell(value: str | Sequence[str] | None) -> str:
    return value if isinstance(value, str) else ""


def _check_columns(path: Path, rows: list[dict[str, str]], wanted: Sequence[str]) -> None:
    missing = [name for name in wanted if name not in rows[0]]
    if missing:
        there = ", ".join(rows[0])
        raise Unusable(f"{path.name} has no column “{missing[0]}”; its columns are: {there}.")


def _label(path: Path, row: dict[str, str], label: str) -> bool:
    try:
        number = float(row[label])
    except ValueError:
        number = float("nan")
    if not isfinite(number) or number not in (0, 1):
        raise Unusable(
            f"{path.name}: the record {row['record_id']} has “{row[label]}” as {label}; "
            "write 1 for included and 0 for excluded."
        )
    return bool(number)
