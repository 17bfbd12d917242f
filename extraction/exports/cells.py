"""How one value is written in a cell of a table."""

from typing import Any

SEPARATOR = ";"
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def text_of(value: Any) -> str:
    """A value as text: nothing is empty, several are joined, a truth value is true or false."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return SEPARATOR.join(str(one).replace(SEPARATOR, ",") for one in value)
    return str(value)


def csv_cell(value: Any) -> str:
    """A value as a CSV cell that no spreadsheet takes for a formula.

    Numbers keep their sign; a lone sign (as in "p = .05") is no formula.
    """
    text = text_of(value)
    is_number = isinstance(value, int | float)
    if not is_number and len(text) > 1 and text.startswith(_STARTS_A_FORMULA):
        return f"'{text}"
    return text
