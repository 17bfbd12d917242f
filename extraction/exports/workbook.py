"""The evidence as a workbook: a wide sheet to read, the tidy tables, and the codebook."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from extraction.codebook.definition import Codebook, Field
from extraction.codebook.evidence import EvidenceRow, StudyEvidence, evidence_rows, outputs_of
from extraction.codebook.paths import resolve
from extraction.exports.cells import text_of
from extraction.exports.releases import Release
from extraction.exports.tables import tables

_BOLD = Font(bold=True)
_LONGEST_SHEET_NAME = 31


def xlsx(codebook: Codebook, studies: Iterable[StudyEvidence], *, release: Release) -> bytes:
    """The workbook's bytes. Texts are text cells: no formulas, no dates made of gene names."""
    studies = list(studies)
    book = Workbook(write_only=True)
    _sheet(book, "about", _about(codebook, release))
    _sheet(book, "evidence", _evidence(codebook, studies))
    for table in tables(codebook, studies):
        names = [column.name for column in table.columns]
        rows: list[list] = [names]
        rows += [[row.get(name) for name in names] for row in table.rows]
        _sheet(book, table.name, rows)
    _sheet(book, "codebook", _codebook(codebook))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _sheet(book: Workbook, name: str, rows: Iterable[list]) -> None:
    sheet = book.create_sheet(name[:_LONGEST_SHEET_NAME])
    sheet.freeze_panes = "A2"
    for number, row in enumerate(rows):
        sheet.append([_cell(sheet, value, is_heading=number == 0) for value in row])


def _cell(sheet: Any, value: Any, *, is_heading: bool) -> WriteOnlyCell:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return WriteOnlyCell(sheet, value)
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text_of(value)) or None)
    if cell.value is not None:
        cell.data_type = "s"
        cell.number_format = "@"
    if is_heading:
        cell.font = _BOLD
    return cell


def _about(codebook: Codebook, release: Release) -> Iterator[list]:
    yield ["Review", release.title]
    yield ["As of", release.as_of]
    yield ["Codebook", f"{codebook.name}, version {codebook.version}"]
    yield ["Address", release.url]
    yield ["Licence", release.licence]


def _evidence(codebook: Codebook, studies: list[StudyEvidence]) -> Iterator[list]:
    """One line per item in words: labels instead of keys, missing codes in their place."""
    outputs = outputs_of(codebook)
    section = codebook.section(outputs.entity)
    fields = [resolve(codebook, column.path, section) for column in outputs.columns]
    keys = [column.key for column in outputs.columns]
    names_terms = ["@" not in column.path for column in outputs.columns]
    asked = list(zip(keys, fields, names_terms, strict=True))
    yield ["Study key", "Item", *(column.label for column in outputs.columns), "Quotes", "Keywords"]
    for row in evidence_rows(codebook, studies):
        cells = (_in_words(codebook, row, *one) for one in asked)
        yield [row.study, row.key, *cells, _quotes(row), list(row.keywords)]


def _in_words(
    codebook: Codebook, row: EvidenceRow, key: str, asked: Field, names_terms: bool
) -> Any:
    if key not in row.values:
        return row.missing.get(key)
    value = row.values[key]
    return codebook.label_of(asked, value) if names_terms and asked.vocabulary else value


def _quotes(row: EvidenceRow) -> str:
    return "\n".join(f"“{one.get('text', '')}” ({one.get('locator', '')})" for one in row.quotes)


def _codebook(codebook: Codebook) -> Iterator[list]:
    yield ["Section", "Field", "Label", "Type", "Required", "Several", "Vocabulary", "Help"]
    for section in codebook.sections:
        for asked in section.fields:
            yield _described(section.entity, asked.key, asked)
            for inner in asked.fields:
                yield _described(section.entity, f"{asked.key}.{inner.key}", inner)


def _described(entity: str, name: str, asked: Field) -> list:
    flags = [asked.required, asked.multi]
    return [entity, name, asked.label, asked.type, *flags, asked.vocabulary, asked.help]
