"""The full texts of the demo's retrieved reports, as small PDFs with a text layer.

A full text repeats title and abstract, then says at length what the abstract could not: the
sentences the extractors quote stand on the page they name, and the text of a report excluded at
full text shows why.
"""

import json
from functools import cache

from seeds.extramedullary_all.bibliography import Citation, citations
from seeds.extramedullary_all.evidence import quotes
from seeds.extramedullary_all.latent import FOLDER, Row, by_key, label
from seeds.extramedullary_all.pdf import Page, Paragraph, pdf_of
from seeds.extramedullary_all.render import localise, sentence

SHORT = ("congress_abstract", "registration", "report")


def file_name(key: str) -> str:
    """The name under which a report's PDF is uploaded."""
    cited = citations()[key]
    family = cited.authors[0].family.split("-")[0].split()[-1]
    return f"{family}-{cited.year}-{key}.pdf"


def pdf(key: str) -> bytes:
    """The PDF of a report's full text."""
    return pdf_of(pages(key), title=citations()[key].title)


def pages(key: str) -> tuple[Page, ...]:
    """The pages of a report's full text, each a list of paragraphs."""
    row, cited = by_key()[key], citations()[key]
    reveals = _reveals(row)
    if row.attributes.full_text.language == "por":
        return (_portuguese()[:5], _portuguese()[5:])
    if row.attributes.publication in SHORT:
        return (_opening(row, cited), [*_reveal_paragraphs(reveals), *_closing(row, key, 2)])
    return (
        _opening(row, cited),
        _introduction(row, reveals),
        _results(row, key),
        _closing(row, key, 4),
    )


@cache
def _document() -> dict:
    return json.loads((FOLDER / "fulltexts.json").read_text(encoding="utf-8"))


def _banner() -> Paragraph:
    return Paragraph("heading", _document()["banner"])


def _portuguese() -> list[Paragraph]:
    return [_banner(), *(Paragraph(*one) for one in _document()["portuguese"])]


def _reveals(row: Row) -> list[str]:
    reason = label(row.attributes).ft_reason
    return [localise(one, row) for one in _document()["reveals"].get(reason, [])]


def _reveal_paragraphs(reveals: list[str]) -> list[Paragraph]:
    if not reveals:
        return []
    return [Paragraph("heading", "Note on the material"), Paragraph("body", " ".join(reveals))]


def _opening(row: Row, cited: Citation) -> Page:
    names = ", ".join(f"{author.given} {author.family}" for author in cited.authors)
    where = f"{cited.volume}:{cited.pages}." if cited.volume else ""
    place = f"{cited.journal.name} {cited.year} {where} {cited.doi or cited.registry_id}"
    is_retracted = row.attributes.full_text.retracted
    return [
        _banner(),
        *([Paragraph("title", "RETRACTED ARTICLE")] if is_retracted else []),
        Paragraph("title", cited.title),
        Paragraph("body", names),
        Paragraph("body", " ".join(place.split())),
        Paragraph("heading", "Abstract"),
        Paragraph("body", cited.abstract),
    ]


def _introduction(row: Row, reveals: list[str]) -> Page:
    methods = [f"methods_{row.design}", f"methods_{row.design}", _kind("detail", row), "focus"]
    return [
        Paragraph("heading", "Introduction"),
        _body(row, "setting", "gap", "context", "context"),
        _body(row, "aim"),
        Paragraph("heading", "Material and methods"),
        _body(row, *methods),
        *_reveal_paragraphs(reveals),
    ]


def _results(row: Row, key: str) -> Page:
    return [
        Paragraph("heading", "Results"),
        Paragraph("body", localise(row.core, row)),
        *_quoted(key, 3),
        _body(row, _kind("second", row), _kind("second", row)),
    ]


def _closing(row: Row, key: str, page: int) -> Page:
    return [
        *_quoted(key, page),
        Paragraph("heading", "Discussion"),
        _body(row, "conclusion", "context", "outlook"),
        _body(row, "gap", "outlook"),
        Paragraph("heading", "Declarations"),
        Paragraph("body", f"{_document()['banner']} Data: none. Competing interests: none."),
    ]


def _quoted(key: str, page: int) -> list[Paragraph]:
    """The sentences that extractors quote from this page."""
    said = [one for one in quotes() if one.report == key and not one.in_abstract]
    return [Paragraph("body", one.text) for one in said if one.page == page]


def _kind(slot: str, row: Row) -> str:
    is_clinical = row.design in ("clinical", "trial")
    return f"{slot}_{'clinical' if is_clinical else 'laboratory'}"


def _body(row: Row, *slots: str) -> Paragraph:
    said = [sentence(row, slot, f"full text {place}") for place, slot in enumerate(slots)]
    return Paragraph("body", " ".join(dict.fromkeys(said)))
