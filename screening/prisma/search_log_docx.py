"""The search log as a Word document, ready for a review's appendix."""

import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime, time

from docx import Document
from docx.document import Document as DocxDocument
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell

from screening.prisma.search_log import (
    GUIDELINE,
    LoggedSearch,
    SearchLog,
    report,
    written,
)

TITLE = "Search log"
NOT_REPORTED = "Not reported."
SEARCH_COLUMNS = (
    ("No.", 11), ("Source and platform", 62), ("Kind", 30), ("Date", 32), ("Limits and filters", 62),
    ("Results shown", 20), ("Records", 20), ("Duplicates", 22),
)  # fmt: skip
ITEM_COLUMNS = (("Item", 14), ("Name", 55), ("Reported", 190))

# XML cannot hold these, however they are written.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def to_docx(log: SearchLog) -> bytes:
    """Return the log as DOCX (A4 across): the searches, their strategies, the 16 items."""
    document = _blank(log)
    document.add_heading(TITLE, level=0)
    document.add_paragraph(_text(f"{log.review}. As of {written(log.on)}."))
    document.add_heading("Searches", level=1)
    _add_searches(document, log)
    document.add_heading("Full search strategies", level=1)
    _add_strategies(document, log)
    document.add_heading("PRISMA-S items", level=1)
    _add_items(document, log)
    document.add_paragraph(f"Items: {GUIDELINE}.")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _blank(log: SearchLog) -> DocxDocument:
    document = Document()
    page = document.sections[0]
    page.orientation = WD_ORIENT.LANDSCAPE
    page.page_width, page.page_height = Mm(297), Mm(210)
    page.left_margin = page.right_margin = Mm(19)
    page.top_margin = page.bottom_margin = Mm(18)
    about = document.core_properties
    about.title, about.subject = _text(f"{TITLE}: {log.review}"), "PRISMA-S"
    about.author = about.comments = ""
    about.created = about.modified = datetime.combine(log.on, time(), tzinfo=UTC)
    return document


def _add_searches(document: DocxDocument, log: SearchLog) -> None:
    if not log.searches:
        document.add_paragraph(NOT_REPORTED)
        return
    table = _table(document, SEARCH_COLUMNS)
    for search in log.searches:
        _add_row(table, SEARCH_COLUMNS, _search_cells(log, search))
    total = f"{log.n_records:,}"
    removed = f"{log.deduplication.n_removed:,}"
    _add_row(table, SEARCH_COLUMNS, ["", "All searches", "", "", "", "", total, removed])


def _search_cells(log: SearchLog, search: LoggedSearch) -> list[str]:
    told = (search.details.get(key) or log.answers.get(key) for key in ("limits", "filters"))
    source = search.source
    if search.platform and search.platform != source:
        source += f"\n{search.platform}"
    return [
        str(search.number),
        source,
        search.kind_words,
        search.day,
        "\n".join(dict.fromkeys(filter(None, told))) if search.is_left_column else "",
        "" if search.n_shown is None else f"{search.n_shown:,}",
        f"{search.n_records:,}",
        f"{search.n_duplicates:,}" if search.is_left_column else "",
    ]


def _add_strategies(document: DocxDocument, log: SearchLog) -> None:
    for search in log.searches:
        head = ", ".join(filter(None, [f"Search {search.number}: {search.source}", search.day]))
        document.add_heading(_text(head), level=2)
        run = document.add_paragraph().add_run(_text(search.query or NOT_REPORTED))
        if search.query and search.is_left_column:
            run.font.name, run.font.size = "Courier New", Pt(9)


def _add_items(document: DocxDocument, log: SearchLog) -> None:
    table = _table(document, ITEM_COLUMNS)
    for each in report(log):
        lines = [": ".join(filter(None, told)) for told in each.told]
        if each.item.key == "search_strategy" and lines:
            lines = ["See the full search strategies above."]
        cells = [str(each.item.number), each.item.name, "\n".join(lines) or NOT_REPORTED]
        _add_row(table, ITEM_COLUMNS, cells)


# ---------------------------------------------------------------- tables

Columns = Sequence[tuple[str, int]]


def _table(document: DocxDocument, columns: Columns) -> Table:
    """A ruled table whose first row is repeated on each page; widths are in millimetres."""
    table = document.add_table(rows=0, cols=len(columns))
    table.style, table.autofit = "Table Grid", False
    _add_row(table, columns, [name for name, _ in columns])
    for cell in table.rows[0].cells:
        for run in cell.paragraphs[0].runs:
            run.bold = True
    _mark(table, 0, "w:tblHeader")
    return table


def _add_row(table: Table, columns: Columns, texts: Sequence[str]) -> None:
    row = table.add_row()
    for cell, (_, width), text in zip(row.cells, columns, texts, strict=True):
        cell.width = Mm(width)
        _write(cell, text)
    _mark(table, len(table.rows) - 1, "w:cantSplit")


def _write(cell: _Cell, text: str) -> None:
    """One paragraph a line."""
    first, *others = _text(text).split("\n")
    paragraphs = [cell.paragraphs[0], *(cell.add_paragraph() for _ in others)]
    for paragraph, line in zip(paragraphs, [first, *others], strict=True):
        paragraph.paragraph_format.space_after = Pt(0)
        paragraph.add_run(line).font.size = Pt(9)


def _mark(table: Table, place: int, name: str) -> None:
    """Set a yes-or-no property of a row that python-docx has no word for."""
    properties = table.rows[place]._tr.get_or_add_trPr()
    mark = OxmlElement(name)
    mark.set(qn("w:val"), "true")
    properties.append(mark)


def _text(text: str) -> str:
    return _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
