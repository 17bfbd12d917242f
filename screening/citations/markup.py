"""Titles and abstracts arrive with HTML, JATS and MathML in them, sometimes escaped twice."""

from __future__ import annotations

import html
import re

ALLOWED = ("i", "b", "sup", "sub")
"""The only elements a cleaned text may hold, always without attributes."""

_SAME = {"italic": "i", "em": "i", "bold": "b", "strong": "b"}
_BREAKS = ("p", "br", "div", "title", "sec", "li", "list-item", "h1", "h2", "h3", "h4", "tr")
_KNOWN = (
    *ALLOWED, *_SAME, *_BREAKS, "span", "u", "underline", "sc", "small", "font", "a", "ul", "ol",
    "list", "label", "inf", "inline-formula", "inline-graphic", "alternatives", "tex-math", "abstract",
    "named-content", "xref", "ext-link", "styled-content", "monospace", "roman", "table", "td", "th",
    "tbody", "thead", "img", "script", "style", "body", "html", "abstracttext", "text", "section", "disp-formula",
)  # fmt: skip
_ELEMENT = re.compile(
    r"<(/?)((?:jats:|mml:|m:|ce:|xhtml:)?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s[^<>]*)?)(/?)>"
)
_MATH_PREFIXES = ("mml:", "m:")
_MATH = (
    "math",
    "mi",
    "mn",
    "mo",
    "mrow",
    "msub",
    "msup",
    "msubsup",
    "mtext",
    "mspace",
    "mfrac",
    "msqrt",
    "mover",
    "munder",
    "mfenced",
    "semantics",
    "annotation",
)
_ANY = re.compile(r"<[^<>]*>")


def clean(text: str) -> str:
    """Decode entities (twice at most) and keep only `i`, `b`, `sup` and `sub` as markup.

    "p < 0.05" and "<3 months" are text and stay; display must still escape the result.
    """
    if "&" in text:
        text = html.unescape(html.unescape(text)).replace("\x00", "")
    if "<" in text:
        text = _ELEMENT.sub(_kept, text)
    return text


def plain(text: str) -> str:
    """Return a cleaned text without its `i`, `b`, `sup` and `sub`."""
    return re.sub(r"</?(?:i|b|sup|sub)>", "", text) if "<" in text else text


def without_elements(text: str) -> str:
    """Return text without anything in angle brackets; for notes that are whole XHTML pages."""
    return _ANY.sub(" ", text)


def _kept(match: re.Match[str]) -> str:
    closing, prefix, name, _, _ = match.groups()
    name = name.lower()
    if prefix in _MATH_PREFIXES or name in _MATH:
        return ""
    if not prefix and name not in _KNOWN:
        return match[0]
    name = _SAME.get(name, "sub" if name == "inf" else name)
    if name in ALLOWED:
        return f"<{closing}{name}>"
    return " " if name in _BREAKS else ""
