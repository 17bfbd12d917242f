"""What two records are compared by: keys without case, accents, markup or house style."""

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from screening.citations import Citation

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu",
    "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "χ": "chi",
    "ψ": "psi", "ω": "omega",
}  # fmt: skip
_TAG = re.compile(r"<[^<>]{1,60}>")
_NOT_WORD = re.compile(r"[\W_]+")
#: What databases hang on titles: "[Review]", "[88 refs]", "[Chinese]", "[Erratum appears in ...]".
_SUFFIX = re.compile(
    r"\s*(?:\[(?:review|letter|editorial|comment|\d+ refs?|[a-z]+(?: language)?|"
    r"(?:erratum|comment) (?:appears )?in\b[^\]]*)\]|\((?:review|letter|[a-z]+ language)\))\.?\s*$",
    re.I,
)
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_REGISTRY = re.compile(r"\b(?:NCT\d{8}|ISRCTN\d{6,}|ACTRN\d{14}|DRKS\d{8})\b", re.I)
_RUN_ON = re.compile(r"(?<=[A-Z]\.)(?=[A-ZÀ-Þ][a-zß-ÿ])")
_INITIALS = re.compile(r"(?:[A-Z]\.?-?){1,3}")
_GLUED = re.compile(r"(?<=[a-zß-ÿ])(?:[A-Z]\.-?)+$")
#: Shorter texts ("NA", "None") are no abstract.
_SHORTEST_ABSTRACT = 40
_PAGES = re.compile(r"([a-z]*)(\d+)\s*[-–—]+\s*([a-z]*)(\d+)", re.I)


def plain(text: str) -> str:
    """Text as lower-case words: entities, tags, Greek letters and accents resolved."""
    text = _TAG.sub("", html.unescape(html.unescape(text)))
    text = "".join(f"{_GREEK.get(letter.lower(), letter)}" for letter in text)
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return _NOT_WORD.sub(" ", bare).strip()


def title_key(title: str) -> str:
    """The title as words, without "[Review]" and the brackets of translated titles."""
    return plain(without_suffixes(title).strip("[]"))


def without_suffixes(title: str) -> str:
    """The title without what a database hung on it, however many of them."""
    shorter = _SUFFIX.sub("", title.strip())
    while shorter and shorter != title:
        title, shorter = shorter, _SUFFIX.sub("", shorter)
    return title


def pages_key(pages: str) -> str:
    """First and last page in full: "123-9" is "123-129"; one page or number as it stands."""
    found = _PAGES.search(pages.replace(" ", ""))
    if not found:
        return _NOT_WORD.sub("", pages.casefold())
    prefix, first, _, last = (part.lower() for part in found.groups())
    if len(last) < len(first):
        last = first[: len(first) - len(last)] + last
    return f"{prefix}{int(first)}-{int(last)}"


def number_key(text: str) -> str:
    """The first number of a volume or issue, such as 36 of "36 (SUPPL. 2)"."""
    found = re.search(r"\d+", text)
    return str(int(found.group())) if found else ""


def doi_key(doi: str) -> str:
    """The DOI without resolver or prefix; empty where there is none in it."""
    found = _DOI.search(unquote(doi).casefold())
    return found.group().rstrip(".,;") if found else ""


def surname(author: str) -> str:
    """The family name, its umlauts as simple letters ("Mueller" equals "Müller")."""
    family = author.split(",")[0] if "," in author else _family(author)
    key = plain(family)
    return key.replace("ue", "u").replace("oe", "o").replace("ae", "a").replace(" ", "")


def _family(author: str) -> str:
    """The family name of "Breen H", "H Breen" or "FeldmanG.M."; a group's name as it stands."""
    words = [_GLUED.sub("", word) for word in author.replace("…", " ").split()]
    return " ".join(word for word in words if not _INITIALS.fullmatch(word)) or author


def surnames(authors: Iterable[str]) -> tuple[str, ...]:
    """Family names in order; authors that lost what stood between them are parted first."""
    parted = (name for author in authors for name in _RUN_ON.split(author))
    return tuple(filter(None, map(surname, parted)))


def registry_key(citation: Citation) -> str:
    """The id of a register entry, which exports also put where pages or the journal belong."""
    if citation.registry_id:
        return citation.registry_id.strip().upper()
    found = _REGISTRY.search(f"{citation.pages} {citation.journal} {citation.number}")
    return found.group().upper() if found else ""


@dataclass(frozen=True)
class Keys:
    """One record as it is compared."""

    title: str
    raw_title: str
    surnames: tuple[str, ...]
    year: int | None
    journal: str
    volume: str
    number: str
    pages: str
    first_page: str
    doi: str
    pmid: str
    registry: str
    abstract: str


def keys(citation: Citation) -> Keys:
    pages = pages_key(citation.pages)
    abstract = plain(citation.abstract)[:2000]
    return Keys(
        title=title_key(citation.title),
        raw_title=without_suffixes(citation.title),
        surnames=surnames(citation.authors),
        year=citation.year,
        journal=plain(citation.journal),
        volume=number_key(citation.volume),
        number=number_key(citation.number),
        pages=pages,
        first_page=pages.split("-")[0],
        doi=doi_key(citation.doi),
        pmid=citation.pmid.strip(),
        registry=registry_key(citation),
        abstract=abstract if len(abstract) >= _SHORTEST_ABSTRACT else "",
    )


def numbers_in(words: Iterable[str]) -> tuple[str, ...]:
    """Numbers and roman numerals of a title, in order: they tell part I from part II."""
    return tuple(_ROMAN.get(word, word) for word in words if word.isdigit() or word in _ROMAN)


_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8"}
