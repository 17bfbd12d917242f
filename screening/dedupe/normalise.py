"""What two records are compared by: keys without case, accents, markup or house style."""

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from screening.citations import Citation
from screening.dedupe import marks
from screening.dedupe.places import doi_key, number_key, page_span, pages_and_number

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu",
    "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "χ": "chi",
    "ψ": "psi", "ω": "omega", "ı": "i", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d",
    "æ": "ae", "Æ": "ae", "œ": "oe", "’": "", "‘": "", "'": "", "`": "", "´": "", "ʼ": "",
}  # fmt: skip
_GREEK |= {
    letter.upper(): name for letter, name in _GREEK.items() if letter in "αβγδεζηθκλμνξπρστφχψω"
}
_LETTERS = str.maketrans(_GREEK)
_TAG = re.compile(r"<[^<>]{1,60}>|</?[a-z]{1,6}(?=\s)|\\text\w+|[{}$\\]")
_NOT_WORD = re.compile(r"[\W_]+")
_MOJIBAKE = re.compile(r"Ã[\x80-\xbf]|Â[\x80-\xbf]|â\x80")
#: The primary registers of the WHO's platform, and PROSPERO; ICTRP puts an id behind "TrialID=".
_REGISTRY = re.compile(
    r"(?<=TrialID=)[\w./-]+|"
    r"\b(?:NCT ?\d{8}|ISRCTN ?\d{6,}|ACTRN ?\d{14}|DRKS ?\d{8}|ChiCTR[-\w]*\d{8,}|"
    r"EUCTR ?\d{4}-\d{6}-\d\d|UMIN ?\d{9}|CTRI/\d{4}/\d{2,3}/\d{6}|JPRN-[\w-]+|j?RCTs?\d{9,10}|"
    r"IRCT\w*\d{8,}N?\d*|KCT ?\d{7}|TCTR ?\d{11}|PACTR ?\d{12,16}|SLCTR/\d{4}/\d{3}|"
    r"RBR-\w{5,7}|RPCEC ?\d{8}|PER-\d{3}-\d{2}|LBCTR ?\d{10}|HKUCTR-\d+|NTR ?\d{3,5}|NL-OMON ?\d+|"
    r"CTIS ?\d{4}-\d{6}-\d\d|U1111-\d{4}-\d{4}|CRD ?\d{11})\b",
    re.I,
)
_REGISTER = re.compile(
    r"clinical ?trials? ?gov|isrctn|\bwho\b.*(?:ictrp|trials? ?(?:registry|search))|trials? ?search who|"
    r"trials? regist(?:er|ry)|^prospero\b|^(?:cdr york|crd york)"
)
#: "HER2+", "CD4-", "HIV(-)": a sign behind a letter or digit; "<40 %", "≥ 5"; "-5 °C".
_SIGN_BEHIND = re.compile(r"(?<=[A-Z0-9])\(?([+−-])\)?(?=[\s),;:.\]/]|$)|(?<=[A-Z0-9] )\(([+−-])\)")
_SIGN_BEFORE = re.compile(r"([<>≤≥⩽⩾])\s*=?\s*(?=\d)|(?:^|(?<=\s))([−-])(?=\d)")
_MAY_SIGN = re.compile(r"[+−<>≤≥⩽⩾&]|-(?!\w)|\s-\d")
_MAY_REGISTER = re.compile(r"\d{3}")
_ONE_SIGN = {"−": "-", "≤": "<", "⩽": "<", "≥": ">", "⩾": ">"}
_GIVEN = re.compile(r"[^,]+,\s*([^\W\d_])|[^\W\d_][^,\s]+ ([A-Z])[A-Z.\s-]{0,5}$")
_RUN_ON = re.compile(
    r"(?<=[A-Z]\.)(?=[A-ZÀ-Þ][a-zß-ÿ])|"
    r"(?<=[a-zß-ÿ]{2})(?<!\bMac)(?<!\bVan)(?<!\bDel)(?<!\bFitz)(?<!\bVon)(?=[A-ZÀ-Þ][a-zß-ÿ]{2,})"
)
_INITIALS = re.compile(r"(?:[A-Z]\.?-?){1,3}")
_GLUED = re.compile(r"(?<=[a-zß-ÿ])(?:[A-Z]\.-?)+$")
_NOBODY = frozenset(["anonymous", "anon", "na", "unknown", "", "none", "no authors listed", "etal"])
#: Shorter texts ("NA", "None") are no abstract; longer ones are told apart by their beginning.
_SHORTEST_ABSTRACT, _COMPARED_ABSTRACT, _READ_ABSTRACT = 40, 400, 700
_LABEL = re.compile(
    r"^(?:(?:abstract|summary|background|objectives?|aims?|introduction|purpose|context)\b ?)+"
)
_CONGRESS = re.compile(r"(?<=\w)[.,:]?\s*\(?(?:conference|meeting|congress)\s*:.*$", re.I | re.S)
#: What follows a journal's name: "(London, England)", ": official journal of ...", " = Revista ...".
_SUBTITLE = re.compile(
    r"(?<=\w)\s*(?:\([^()]*\)?|[:;,.]\s*(?:(?:the|an?)\s+)?(?:official|international|interdisciplinary|"
    r"quarterly|weekly|monthly)?\s*(?:journal|publication|organ|magazine|bulletin)\b.*|\s=\s.*)\s*$",
    re.I | re.S,
)
_COCHRANE = re.compile(r"\b(?:cd|mr)\d{6}\b")
_COCHRANE_DOI = re.compile(r"14651858\.((?:cd|mr)\d{6})(?:\.pub(\d+))?")


def plain(text: str) -> str:
    """Text as lower-case words: entities, tags, Greek letters and accents resolved."""
    if "&" in text:
        text = html.unescape(html.unescape(text))
    text = _TAG.sub("", text)
    if not text.isascii():
        text = _folded(_mended(text))
    return _NOT_WORD.sub(" ", text.replace("'", "").lower()).strip()


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.translate(_LETTERS).casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def _mended(text: str) -> str:
    """UTF-8 that was read as Latin-1 ("KÃ¶nig") as it was written."""
    if not _MOJIBAKE.search(text):
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def title_key(title: str) -> str:
    """The title as words, without "[Review]" and the brackets of translated titles."""
    return plain(marks.without_suffixes(title).strip("[]"))


def journal_key(journal: str) -> str:
    """The journal as words, without its subtitle, its place, or the congress of a supplement."""
    return plain(_SUBTITLE.sub("", _CONGRESS.sub("", journal)))


def signs_in(title: str) -> tuple[str, ...]:
    """The signs that tell reports apart ("HER2+" and "HER2-"), sorted; plain words have none."""
    if not _MAY_SIGN.search(title):
        return ()
    text = _TAG.sub("", html.unescape(html.unescape(title)))
    found = [*_SIGN_BEHIND.findall(text), *_SIGN_BEFORE.findall(text)]
    return tuple(sorted(_ONE_SIGN.get(sign, sign) for pair in found for sign in pair if sign))


def initial_of(author: str) -> str:
    """The first given initial of "Wang, Li" or "Wang L"; empty where it cannot be told."""
    found = _GIVEN.match(author.strip())
    return (found.group(1) or found.group(2)).casefold() if found else ""


def abstract_key(abstract: str) -> str:
    """The beginning of the abstract as words, without its label; empty where there is none."""
    words = _LABEL.sub("", plain(abstract[:_READ_ABSTRACT]))[:_COMPARED_ABSTRACT]
    return words if len(words) >= _SHORTEST_ABSTRACT else ""


@lru_cache(maxsize=200_000)
def surname(author: str) -> str:
    """The family name, its umlauts as simple letters ("Mueller" equals "Müller")."""
    family = author.split(",")[0] if "," in author else _family(author)
    key = plain(family)
    return key.replace("ue", "u").replace("oe", "o").replace("ae", "a").replace(" ", "")


def _family(author: str) -> str:
    """The family name of "Breen H", "H Breen" or "FeldmanG.M."; a group's name as it stands."""
    words = [_GLUED.sub("", word) for word in author.replace("…", " ").split()]
    return " ".join(word for word in words if not _INITIALS.fullmatch(word)) or author


def people(authors: Iterable[str]) -> tuple[str, ...]:
    """Authors one by one: those that lost what stood between them are parted."""
    parted = (name.strip() for author in authors for name in _RUN_ON.split(author))
    return tuple(name for name in parted if plain(name) not in _NOBODY)


@lru_cache(maxsize=200_000)
def name_words(author: str) -> frozenset[str]:
    """Every word of a name, whichever of them is the family name; initials are none."""
    words = plain(author).replace("ue", "u").replace("oe", "o").replace("ae", "a").split()
    return frozenset(word for word in words if len(word) > 2) or frozenset(words)


def registry_key(citation: Citation) -> str:
    """The id of a register entry, which exports also put where pages or the journal belong."""
    if citation.registry_id:
        return plain(citation.registry_id).replace(" ", "").upper()
    return _found_registration(citation)


def _found_registration(citation: Citation) -> str:
    places = (citation.pages, citation.journal, citation.number, citation.volume)
    said = " ".join((*places, citation.accession, citation.url, *citation.authors[:2]))
    found = _REGISTRY.search(said) if _MAY_REGISTER.search(said) else None
    return found.group().upper().replace(" ", "") if found else ""


def is_entry(citation: Citation, journal: str) -> bool:
    """Whether a record is an entry of a register, not a paper that names its registration."""
    is_printed = journal and number_key(citation.volume)
    return bool(_REGISTER.search(journal) or (_found_registration(citation) and not is_printed))


def cochrane_key(citation: Citation, doi: str) -> tuple[str, int]:
    """The number of a Cochrane review and its version; version 0 where the DOI is missing."""
    found = _COCHRANE_DOI.search(doi)
    if found:
        return found.group(1), int(found.group(2) or 1)
    named = _COCHRANE.search(f"{citation.pages} {citation.number}".lower())
    return (named.group(), 0) if named else ("", 0)


@dataclass(frozen=True, slots=True)
class Keys:
    """One record as it is compared; texts are plain words, empty where the record is silent."""

    title: str
    marks: frozenset[str]
    numbers: tuple[str, ...]
    signs: tuple[str, ...]
    surnames: tuple[str, ...]
    first_initial: str
    first_names: frozenset[str]
    names: frozenset[str]
    year: int | None
    journal: str
    volume: str
    number: str
    page_prefix: str
    first_page: str
    last_page: str
    is_supplement: bool
    doi: str
    pmid: str
    registry: str
    is_entry: bool
    cochrane: str
    version: int
    abstract: str

    @property
    def pages(self) -> str:
        """First and last page in full, such as "s101-109"."""
        last = f"-{self.last_page}" if self.last_page else ""
        return f"{self.page_prefix}{self.first_page}{last}"

    @property
    def content(self) -> tuple:
        """What the record says, as something to sort by: the same in whatever file it lies."""
        return (
            self.title, self.surnames, self.year or 0, self.journal, self.volume, self.number,
            self.page_prefix, self.first_page, self.last_page, self.doi, self.pmid, self.registry,
            self.abstract, sorted(self.names),
        )  # fmt: skip


def keys(citation: Citation) -> Keys:
    """Normalise one citation; the work is done once, when its record is first compared."""
    authors = people(citation.authors)
    journal, doi = journal_key(citation.journal), doi_key(citation.doi)
    cochrane, version = cochrane_key(citation, doi)
    is_register, title = is_entry(citation, journal), title_key(citation.title)
    pages, number = pages_and_number(citation.pages, citation.number)
    span = ("", "", "") if is_register or cochrane else page_span(pages)
    issue = f"{citation.volume} {citation.number}".lower()
    return Keys(
        title=title,
        marks=marks.marks_of(citation.title, title),
        numbers=marks.numbers_of(title),
        signs=signs_in(citation.title),
        surnames=tuple(filter(None, map(surname, authors))),
        first_initial=initial_of(authors[0]) if authors else "",
        first_names=name_words(authors[0]) if authors else frozenset(),
        names=frozenset().union(*map(name_words, authors)),
        year=citation.year,
        journal="" if is_register else journal,
        volume=number_key(citation.volume),
        number=number_key(number),
        page_prefix=span[0],
        first_page=span[1],
        last_page=span[2],
        is_supplement="suppl" in issue or " s" in issue or "suppl" in citation.pages.lower(),
        doi=doi,
        pmid="".join(filter(str.isdigit, citation.pmid)),
        registry=registry_key(citation),
        is_entry=is_register,
        cochrane=cochrane,
        version=version,
        abstract=abstract_key(citation.abstract),
    )
