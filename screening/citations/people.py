"""Names of authors, brought to "Family, Given"; corporate names and what we cannot tell stay."""

from __future__ import annotations

import re
from collections.abc import Iterable

_INITIALS = re.compile(
    r"^(?P<family>[^,;]*[^\W\d_][^,;]*?)\s+(?P<given>(?:[^\W\d_a-z]\.?[-\s]?){1,5})$"
)
_DOTTED = re.compile(r"^(?P<family>[^,;]+?)\s+(?P<given>(?:[^\W\d_]{1,2}\.[-\s]?)+)$")
_BRACKET = re.compile(r"\s*[\[(](?:[^\])]*[\])])\s*$")
_PLAIN = re.compile(r"(?:[^\W\d_][^\s,;<&]*(?: [^\s,;<&]+)*, [^\s,;<&]+(?: [^\s,;<&]+)*(?:\n|\Z))*")
_OTHERS = re.compile(
    r"^(et\.?\s*al\.?|others|and others|\.\.\.|…|anonymous|\[?no authors? listed\]?\.?|none|null|nan|n/?a)$",
    re.I,
)


def names(values: Iterable[str], *, separators: str = ";") -> tuple[str, ...]:
    """Return the authors of repeated values, each of which may itself hold several."""
    given = tuple(values)
    if _are_plain(given):
        return given
    return tuple(name for value in given for name in split(value, separators))


def _are_plain(values: tuple[str, ...]) -> bool:
    """Tell whether every value is one "Family, Given" already, as nearly all are."""
    joined = "\n".join(values)
    if not (joined.isascii() or joined.replace("\n", "").isprintable()):
        return False
    return _PLAIN.fullmatch(joined) is not None


def split(value: str, separators: str = ";") -> list[str]:
    """Split one value into names in the order given; a value without separators is one name."""
    value = value.strip()
    if "\n" in value:
        value = value.replace("\n", " ")
    for separator in separators:
        if separator in value:
            return [name for part in value.split(separator) if (name := inverted(part))]
    name = inverted(value)
    return [name] if name else []


def inverted(name: str) -> str:
    """Return "Family, Given" for "Family, Given", "Family AB", "Family A.-B." and "Family,Given".

    A comma at the end marks an organisation, as EndNote has it. "Given Family" is not turned: nothing tells it from the name of an organisation.
    """
    name = name.strip(" ;")
    if not name.isprintable() or "  " in name:
        name = " ".join(name.split())
    is_corporate = name.endswith(",")
    name = name.strip(" ;,")
    if not name or (len(name) < 25 and "," not in name and _OTHERS.match(name)):
        return ""
    if is_corporate and "," not in name:
        return name
    if "," in name:
        family, _, given = name.partition(",")
        return f"{family.strip()}, {given.strip()}" if given.strip() else family.strip()
    match = _DOTTED.match(name) or _INITIALS.match(name)
    if match and not match["family"].isupper():
        return f"{match['family']}, {match['given'].strip()}"
    return name


def comma_list(value: str) -> list[str]:
    """Split "Yang Z., Jiang B." or "Lim SM, Shiau CWC": names whose commas part the authors.

    A list of "Family, Given" pairs cannot be told apart by commas and stays whole, unless every
    second part is initials.
    """
    parts = [part.strip() for part in _without_stop(value).split(",") if part.strip()]
    givens = parts[1::2]
    if len(parts) > 1 and len(parts) % 2 == 0 and all(_is_given(part) for part in givens):
        return [f"{family}, {given}" for family, given in zip(parts[::2], givens, strict=True)]
    return [name for part in parts if (name := inverted(part))]


def tidy(name: str) -> str:
    """Drop a role or an address in brackets that some databases put behind a name."""
    return _BRACKET.sub("", name).strip() or name


def _is_given(part: str) -> bool:
    return bool(re.fullmatch(r"(?:[^\W\d_a-z]\.?[-\s]?){1,4}", part))


def _without_stop(value: str) -> str:
    """Drop the full stop that ends a list; where initials have stops, it is one of theirs."""
    value = value.strip()
    bare = value.removesuffix(".")
    return value if "." in bare else bare
