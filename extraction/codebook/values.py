"""Single values: read from what somebody typed, and checked against their field's type."""

import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from extraction.codebook.definition import OTHER, Field

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_WHOLE = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_BREAKS = re.compile(r"[;\n]")


class AnswerError(ValueError):
    """An answer that cannot be read; the message is a full sentence."""


def parse(asked: Field, raw: Any) -> Any:
    """The typed value of what was typed, or None for nothing; AnswerError if unreadable.

    Values that already have their type pass unchanged, so forms and API clients share this.
    Several free texts may come as one text, a line or a semicolon between them.
    """
    if not asked.multi:
        return _parse_one(asked, raw)
    parts = (_parse_one(asked, part) for part in _parts(asked, raw))
    found = [part for part in parts if part is not None]
    return list(dict.fromkeys(found)) or None


def type_fault(asked: Field, value: Any) -> str | None:
    """A sentence if a stored value has not the type of its field, else None."""
    if asked.multi != isinstance(value, list):
        return f"{asked.label} takes {'a list of answers' if asked.multi else 'one answer'}."
    for one in value if asked.multi else [value]:
        if not _HAS_TYPE.get(asked.type, _is_text)(one):
            return f"{asked.label} cannot be “{one}”: {_EXPECTED.get(asked.type, 'a text')} is expected."
    return None


def _parts(asked: Field, raw: Any) -> list:
    if isinstance(raw, list | tuple):
        return list(raw)
    splits = isinstance(raw, str) and asked.type in ("text", "identifier")
    return _BREAKS.split(raw) if splits else [raw]


def _parse_one(asked: Field, raw: Any) -> Any:
    text = raw.strip() if isinstance(raw, str) else raw
    if text is None or text == "" or text == OTHER:
        return None
    value = _READ.get(asked.type, _same)(text)
    if value is None or not _HAS_TYPE.get(asked.type, _is_text)(value):
        expected = _EXPECTED.get(asked.type, "a text")
        raise AnswerError(f"{asked.label} cannot be “{raw}”: {expected} is expected.")
    return value


def _same(raw: Any) -> Any:
    return raw


def _read_integer(raw: Any) -> Any:
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)
    if isinstance(raw, str):
        return int(_minus(raw)) if _WHOLE.fullmatch(_minus(raw)) else None
    return raw


def _read_number(raw: Any) -> Any:
    if isinstance(raw, str):
        return float(_minus(raw)) if _NUMBER.fullmatch(_minus(raw)) else None
    return raw


def _minus(text: str) -> str:
    """Papers print the minus sign, keyboards a hyphen."""
    return text.replace("−", "-")


def _read_boolean(raw: Any) -> Any:
    if isinstance(raw, str):
        word = raw.lower()
        return True if word in _TRUE else False if word in _FALSE else None
    return raw


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


_READ: dict[str, Callable[[Any], Any]] = {
    "integer": _read_integer,
    "number": _read_number,
    "boolean": _read_boolean,
}
_HAS_TYPE: dict[str, Callable[[Any], bool]] = {
    "integer": _is_integer,
    "number": _is_number,
    "boolean": _is_boolean,
    "date": _is_date,
}
_EXPECTED = {
    "integer": "a whole number",
    "number": "a number, with a point before its decimals,",
    "boolean": "yes or no",
    "date": "a date such as 2024-05-31",
}
