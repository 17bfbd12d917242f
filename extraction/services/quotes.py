"""Finding a quote again in the text layer of its report."""

import itertools
import re
import unicodedata
from dataclasses import dataclass

from extraction.codebook.validation import QuoteCheck
from screening.models import ReportPage

CONTEXT = 60
_HYPHEN_AT_END = re.compile(r"[-\u00ad\u2010]\s*\n\s*")
_NOT_LETTERS = re.compile(r"[\s\-\u00ad\u2010-\u2015\"'\u2018-\u201f]+")


@dataclass(frozen=True)
class Found:
    """Where a quote stands: its page (1-based) and the words around it."""

    check: QuoteCheck
    page: int | None = None
    prefix: str = ""
    suffix: str = ""


def plain(text: str) -> str:
    """Text without white space, hyphens and quotation marks, which a text layer gets wrong."""
    joined = unicodedata.normalize("NFKC", _HYPHEN_AT_END.sub("", text))
    return _NOT_LETTERS.sub("", joined).casefold()


def look_up(report: int, text: str) -> Found:
    """Look for a quote, letter for letter but for white space and hyphens, page by page."""
    pages = list(ReportPage.objects.filter(file__report=report).order_by("file", "number"))
    if not any(page.text.strip() for page in pages):
        return Found(QuoteCheck.NO_TEXT)
    wanted = plain(text)
    for page in pages:
        if wanted and wanted in plain(page.text):
            prefix, suffix = _around(page.text, text)
            return Found(QuoteCheck.FOUND, page.number, prefix, suffix)
    for page, following in itertools.pairwise(pages):
        if wanted and wanted in plain(page.text + "\n" + following.text):
            return Found(QuoteCheck.FOUND, page.number)
    return Found(QuoteCheck.NOT_FOUND)


def _around(page: str, quote: str) -> tuple[str, str]:
    """The words before and after, where the quote's first and last words stand once."""
    flat = " ".join(_HYPHEN_AT_END.sub("", page).split())
    start = flat.find(" ".join(quote.split()))
    if start < 0:
        return "", ""
    end = start + len(" ".join(quote.split()))
    return flat[max(0, start - CONTEXT) : start], flat[end : end + CONTEXT]
