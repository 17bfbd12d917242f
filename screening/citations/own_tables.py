"""Our own CSV and XLSX, read back to exactly what was written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from screening.citations import screened
from screening.citations.citation import Citation, Tags
from screening.citations.table_writer import COLUMNS, FURTHER_MARK, LISTS, parted

_FURTHER = re.compile(r"(.+) \((\d+)\)")
_CAN_GO_ON = frozenset([*COLUMNS, *screened.ORIGIN, *screened.OUTCOME])
_TOLD = (*screened.ORIGIN, *screened.OUTCOME)


def is_own(columns: Sequence[str]) -> bool:
    """Tell whether a table has the columns that we write."""
    return set(COLUMNS) <= set(columns)


def citation(tags: Sequence[tuple[str, str]], *, line: int, raw_text: str) -> Citation:
    """Return a row of ours as the citation it was, with what was told of it and any further cell."""
    values = _joined(tags)
    fields: dict[str, object] = {name: values.get(name, "") for name in COLUMNS[:-1]}
    for name in LISTS:
        fields[name] = parted(values.get(name, ""))
    year = values.get("year", "")
    fields["year"] = int(year) if re.fullmatch(r"\d{1,4}", year) else None
    raw = _raw(values.get("raw_tags", ""))
    raw = raw + _beside(values) if raw else _told_as_tags(tags)
    return Citation(raw=raw, raw_text=raw_text, line=line, **fields)  # type: ignore[arg-type]


def _beside(values: Mapping[str, str]) -> Tags:
    """Return the cells of columns that hold no field: what we told, and what a person added."""
    return _told_as_tags([(name, text) for name, text in values.items() if name not in COLUMNS])


def _told_as_tags(tags: Sequence[tuple[str, str]]) -> Tags:
    return tuple((screened.tag_of(name) if name in _TOLD else name, text) for name, text in tags)


def _joined(tags: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """Put values together again that went on in a further column."""
    found: dict[str, str] = {}
    for column, value in tags:
        match = _FURTHER.fullmatch(column)
        if match and match[1] in _CAN_GO_ON:
            found[match[1]] = found.get(match[1], "") + value.removeprefix(FURTHER_MARK)
        else:
            found[column] = value
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
