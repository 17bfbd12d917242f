"""The search log as a Word document, for the appendix of an article."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from docx import Document
from docx.document import Document as Pages
from docx.enum.section import WD_ORIENT
from docx.shared import Mm, Pt

from screening.prisma.search_log import SearchEntry, SearchLog, checklist, rows

_SHOWN = (0, 2, 3, 4, 6, 7, 11, 12)
_HEADS = ("Search", "Source", "Platform", "Date", "Limits", "Filters", "Shown", "In the review")


def to_docx(log: SearchLog) -> bytes:
    """Return a landscape document: the searches, every string as run, the PRISMA-S checklist."""
    document = Document()
    _landscape(document)
    document.core_properties.title = f"Search log: {log.review}"
    document.add_heading("Search log", level=1)
    document.add_paragraph(log.review)
    _table(document, _HEADS, (tuple(row[place] for place in _SHOWN) for row in rows(log)))
    document.add_heading("Search strings as run", level=2)
    for search in log.searches:
        _strategy(document, search)
    document.add_heading("PRISMA-S checklist", level=2)
    items = checklist(log)
    told = ((str(item.number), item.name, item.told or "Not reported") for item in items)
    _table(document, ("Item", "Name", "Reported"), told)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _landscape(document: Pages) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(18)


def _table(document: Pages, heads: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    table = document.add_table(rows=1, cols=len(heads), style="Light Grid Accent 1")
    for cell, head in zip(table.rows[0].cells, heads, strict=True):
        cell.text = head
    for line in lines:
        for cell, text in zip(table.add_row().cells, line, strict=True):
            cell.text = _legal(text)


def _strategy(document: Pages, search: SearchEntry) -> None:
    where = f"{search.source}, {search.platform}" if search.platform else search.source
    document.add_heading(f"{search.number}. {where}, {search.searched_on.isoformat()}", level=3)
    paragraph = document.add_paragraph()
    run = paragraph.add_run(_legal(search.query) or "No search string was entered.")
    run.font.name, run.font.size = "Courier New", Pt(9)
    if search.note:
        document.add_paragraph(_legal(search.note))


def _legal(text: str) -> str:
    """Drop what XML cannot hold."""
    return "".join(letter for letter in text if letter >= " " or letter in "\n\t")
