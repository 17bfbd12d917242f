"""Text as it is read on a card: escaped, a few typographic tags kept, protocol terms marked."""

import html
import re
from functools import lru_cache

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_KEPT = re.compile(r"&lt;(/?)(i|b|sup|sub|em|strong)&gt;", re.IGNORECASE)
_OTHER_TAGS = re.compile(r"&lt;/?[a-zA-Z][^&]{0,80}&gt;")
_LABEL = re.compile(r"(?:(?<=^)|(?<=[.!?)] )|(?<=\n))([A-Z][A-Z][A-Z &amp;/-]{2,40}):\s")
_TAG = re.compile(r"(<[^>]+>|&\w+;|&#\d+;)")


def typographic(text: str) -> str:
    """Return escaped HTML in which i, b, sup and sub stand, and every other tag is gone."""
    decoded = html.unescape(html.unescape(text))
    escaped = _KEPT.sub(r"<\1\2>", escape(decoded))
    return _balanced(_OTHER_TAGS.sub("", escaped))


def _balanced(text: str) -> str:
    """Drop the kept tags altogether where one is not closed: it would run over the page."""
    for tag in ("i", "b", "sup", "sub", "em", "strong"):
        n_open = len(re.findall(f"<{tag}>", text, re.IGNORECASE))
        if n_open != len(re.findall(f"</{tag}>", text, re.IGNORECASE)):
            text = re.sub(f"</?{tag}>", "", text, flags=re.IGNORECASE)
    return text


@lru_cache(maxsize=64)
def _pattern(terms: tuple[tuple[str, ...], ...]) -> re.Pattern[str] | None:
    groups = [
        f"(?P<mark{n}>{'|'.join(_word(term) for term in sorted(of_group, key=len, reverse=True))})"
        for n, of_group in enumerate(terms, 1)
        if of_group
    ]
    return re.compile(r"(?<!\w)(?:" + "|".join(groups) + ")", re.IGNORECASE) if groups else None


def _word(term: str) -> str:
    """A term matches whole words; a closing * lets the word go on."""
    if term.endswith("*"):
        return re.escape(escape(term[:-1])) + r"\w*"
    return re.escape(escape(term)) + r"(?!\w)"


def _mark(text: str, highlights: list[dict]) -> str:
    terms = tuple(tuple(filter(None, group.get("terms", []))) for group in highlights)
    pattern = _pattern(terms)
    if pattern is None:
        return text
    parts = _TAG.split(text)
    parts[::2] = [pattern.sub(_marked, part) for part in parts[::2]]
    return "".join(parts)


def _marked(match: re.Match[str]) -> str:
    return f'<mark class="{match.lastgroup}">{match.group()}</mark>'


@register.filter
def highlighted(text: str, highlights: list[dict] | None = None) -> SafeString:
    """Mark the protocol's terms in a title or keyword."""
    return mark_safe(_mark(typographic(text), highlights or []))  # nosec - escaped above


@register.filter
def abstract(text: str, highlights: list[dict] | None = None) -> SafeString:
    """Set an abstract in paragraphs, its section labels in bold, the protocol's terms marked."""
    shown = _mark(typographic(text), highlights or [])
    shown = _LABEL.sub(r"<b>\1</b> ", shown)
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n|\n(?=<b>)", shown) if part.strip()]
    return mark_safe("".join(f"<p>{part}</p>" for part in paragraphs))  # nosec - escaped above


@register.filter
def per_cent(share: float) -> str:
    """Write a share (0 to 1) in per cent, without decimals that say nothing."""
    return f"{float(share) * 100:.1f}".rstrip("0").rstrip(".") + " %"
