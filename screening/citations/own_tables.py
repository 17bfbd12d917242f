"""Our own CSV and XLSX, read back to exactly what was written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from screening.citations import screened
from screening.citations.citation import Citation, Tags
from screening.citations.table_writer import COLUMNS, LISTS

_FURTHER = re.compile(r"(.+) \((\d+)\)")


def is_own(columns: Sequence[str]) -> bool:
    """Tell whether a table has the columns that we write."""
    return set(COLUMNS) <= set(columns)


def citation(tags: Sequence[tuple[str, str]], *, line: int, raw_text: str) -> Citation:
    """Return a row of ours as the citation it was."""
    values = _joined(tags)
    fields: dict[str, object] = {name: values.get(name, "") for name in COLUMNS[:-1]}
    for name in LISTS:
        fields[name] = tuple(part for part in values.get(name, "").split("; ") if part)
    year = values.get("year", "")
    fields["year"] = int(year) if re.fullmatch(r"\d{1,4}", year) else None
    outcomes = {name: values[name] for name in screened.COLUMNS.values() if values.get(name)}
    raw = _raw(values.get("raw_tags", ""))
    raw = (raw + tuple(outcomes.items())) if raw else tuple(tags)
    return Citation(raw=raw, raw_text=raw_text, line=line, **fields)  # type: ignore[arg-type]


def _joined(tags: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """Put values together again that went on in a further column."""
    found: dict[str, str] = {}
    for column, value in tags:
        match = _FURTHER.fullmatch(column)
        name = match[1] if match and match[1] in COLUMNS else column
        found[name] = found.get(name, "") + value
    return found


def _raw(text: str) -> Tags:
    """Return the tags of the first source; a person may have damaged the cell."""
    try:
        pairs = json.loads(text) if text else []
    except (ValueError, RecursionError):
        return ()
    if not isinstance(pairs, list):
        return ()
    is_pair = (
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)
        for pair in pairs
    )
    return tuple((tag, value) for tag, value in pairs) if all(is_pair) else ()
