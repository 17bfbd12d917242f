"""Where a report stands: DOI, volume, issue and pages, in every style they are written."""

import html
import re
from urllib.parse import unquote

_DOI = re.compile(r"10\.\d{4,9}/\S+")
#: What a web address adds behind a DOI.
_QUERY = re.compile(r'["?|\\]|#(?=\w)')
_PAGE_OF_A_SITE = re.compile(r"/(?:full|abstract|pdf|epdf|meta|fulltext|epub)$")
_MONTHS = {
    month: str(place)
    for place, month in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_EXCEL = re.compile(rf"^(?:(\d\d?)-({'|'.join(_MONTHS)})|({'|'.join(_MONTHS)})-(\d\d?))$")
_NO_PAGES = re.compile(
    r"no pagination\)?[,; ]*|\bpp?\.? ?(?=\d)|^article( number)?:? ?|pages? (?=\d)"
)
_LAST_ONLY = re.compile(r"^[a-z]+-(\d+)$")
#: What is left of "61 (SUPPL. 1)" where a reader cut it: the 1 is no volume.
_CUT_OFF = re.compile(r"^[^(]*\)\s*$")
_ARTICLE = re.compile(r"^\s*e\d{4,}\s*$", re.I)
_SPAN = re.compile(
    r"([a-z]{0,6})\.?(\d+)([a-z]{0,2})(?:\s*[-–—‐−]+\s*([a-z]{0,6})\.?(\d+)([a-z]{0,2}))?"
)
_UNTOLD = re.compile(r"epub|ahead of print|n\.?pag|^na$|^unknown$")


def doi_key(doi: str) -> str:
    """The DOI without resolver or prefix; empty where there is none in it."""
    text = html.unescape(html.unescape(doi)) if "&" in doi else doi
    found = _DOI.search(unquote(text).casefold())
    if not found:
        return ""
    key = _QUERY.split(found.group(), maxsplit=1)[0]
    while (shorter := _PAGE_OF_A_SITE.sub("", _unclosed(key.rstrip(".,;:'/")))) != key:
        key = shorter
    return key


def _unclosed(doi: str) -> str:
    """Cut a bracket off the end that closes nothing: a SICI has brackets of its own."""
    last = doi[-1:]
    opening = {")": "(", "]": "[", "}": "{", ">": "<"}.get(last, "")
    is_open = bool(opening) and doi.count(last) > doi.count(opening)
    return doi[:-1] if is_open else doi


def number_key(text: str) -> str:
    """The first number of a volume or issue, such as 36 of "36 (SUPPL. 2)"."""
    found = None if _CUT_OFF.match(text) else re.search(r"\d+", text)
    return found.group().lstrip("0") or "0" if found else ""


def pages_and_number(pages: str, number: str) -> tuple[str, str]:
    """Pages and issue; the number of an article that stands for the issue is moved to its place."""
    if _ARTICLE.match(number):
        return pages or number, ""
    return pages, number


def page_span(pages: str) -> tuple[str, str, str]:
    """Letters, first and last page in full: "S123-9" is ("s", "123", "129").

    A single page has no last one; what a spreadsheet took for a date ("06-Oct") is read back.
    """
    text = pages.lower().strip()
    damaged = _EXCEL.match(text)
    if damaged:
        day, month, other_month, other_day = damaged.groups()
        first, last = (day, _MONTHS[month]) if day else (_MONTHS[other_month], other_day)
        return "", first.lstrip("0"), last.lstrip("0")
    last_only = _LAST_ONLY.match(text)
    if last_only:
        return "", "", last_only.group(1)
    if _UNTOLD.search(text):
        return "", "", ""
    after = _NO_PAGES.split(text)[-1] if "no pagination" in text else _NO_PAGES.sub("", text)
    found = _SPAN.search(after)
    return _spelled_out(*found.groups()) if found else ("", "", "")


def _spelled_out(
    prefix: str, first: str, suffix: str, _: str | None, last: str | None, __: str | None
) -> tuple[str, str, str]:
    letters = prefix or suffix
    if not last:
        return letters, first.lstrip("0") or "0", ""
    if len(last) < len(first):
        last = first[: len(first) - len(last)] + last
    return letters, first.lstrip("0") or "0", last.lstrip("0") or "0"
