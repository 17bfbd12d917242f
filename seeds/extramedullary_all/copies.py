"""How the further records of a report differ from its first one, kind by kind.

Every kind is something databases really do to a citation; the kinds and their numbers are the
demo's plan. Only the citation changes here; each file format adds its own dialect (`export`).
"""

import random
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from seeds.extramedullary_all.bibliography import Author, Citation, citations
from seeds.extramedullary_all.latent import found_again, rows
from seeds.extramedullary_all.render import SEED

GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "κ": "kappa"}
GERMAN = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}
BARRED = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ı": "i", "ð": "d"})
SMALL_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "as",
        "at",
        "by",
        "for",
        "from",
        "in",
        "is",
        "of",
        "on",
        "or",
        "the",
        "to",
        "with",
    ]
)


@dataclass(frozen=True)
class Entry:
    """One record in one source's file: the citation as that source has it.

    `key` names the report, `copy` counts its records from 0, `kind` says how a copy differs.
    """

    key: str
    source: str
    citation: Citation
    copy: int = 0
    kind: str = ""

    @property
    def id(self) -> str:
        return f"{self.key}.{self.copy}"


def entries() -> Iterator[Entry]:
    """Every record of the demo, source by source within a report."""
    for row in rows():
        first = citations()[row.key]
        yield Entry(row.key, row.sources[0], first)
        for number, copy in enumerate(row.copies, start=1):
            changed = KINDS[copy.kind](first)
            yield Entry(row.key, copy.source, changed, number, copy.kind)
    for number, (key, source) in enumerate(sorted(found_again().values()), start=len(rows())):
        yield Entry(key, source, replace(citations()[key], abstract=""), number, "found_again")


def _identical(citation: Citation) -> Citation:
    return citation


def _retyped_title(citation: Citation) -> Citation:
    """Greek letters in words, dashes as hyphens; a title without either is set in capitals."""
    title = citation.title
    for letter, name in GREEK.items():
        title = title.replace(letter, name)
    title = title.replace("–", "-").replace(": ", " - ")
    if title == citation.title:
        title = _draw(citation).choice((_headline(title), title.upper()))
    return replace(citation, title=title)


def _headline(title: str) -> str:
    words = title.split()
    return " ".join(word if word in SMALL_WORDS else word[:1].upper() + word[1:] for word in words)


def _without_doi(citation: Citation) -> Citation:
    return replace(citation, doi="", pmid="")


def _plain_names(citation: Citation) -> Citation:
    """Müllenbeck becomes Muellenbeck, other diacritics go, given names shrink to initials."""
    return replace(citation, authors=tuple(_plain(author) for author in citation.authors))


def _plain(author: Author) -> Author:
    family = author.family
    for letter, pair in GERMAN.items():
        family = family.replace(letter, pair).replace(letter.upper(), pair.capitalize())
    return Author(_fold(family), " ".join(_fold(author.initials)))


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.translate(BARRED))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _page_style(citation: Citation) -> Citation:
    """Write 123-129 as 123-9, and e123 as 123."""
    if not citation.last_page:
        return replace(citation, first_page=citation.first_page.lstrip("eS"))
    first, last = citation.first_page, citation.last_page
    shared = next(place for place, digit in enumerate(last) if first[place] != digit)
    return replace(citation, last_page=last[shared:])


def _early_view(citation: Citation) -> Citation:
    """The year of online publication, one off the year of print."""
    return replace(citation, year=citation.year + _draw(citation).choice((-1, 1)))


def _translated(citation: Citation) -> Citation:
    """PubMed has the translated title in brackets; here it stands without them."""
    return replace(citation, vernacular_title="")


def _in_press(citation: Citation) -> Citation:
    """The article in press that the same database kept beside the final version."""
    return replace(
        citation, volume="", issue="", first_page="", last_page="", in_press=True, pmid=""
    )


def _draw(citation: Citation) -> random.Random:
    return random.Random(f"{SEED} copy {citation.key}")


KINDS: dict[str, Callable[[Citation], Citation]] = {
    "identical": _identical,
    "case_punctuation_greek": _retyped_title,
    "doi_missing": _without_doi,
    "diacritics_initials": _plain_names,
    "page_style": _page_style,
    "epub_year": _early_view,
    "translated_title": _translated,
    "within_source": _in_press,
}
