"""A zip of tidy CSV files with a Frictionless datapackage.json that says what they hold."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable
from typing import Any

from extraction.codebook.definition import Codebook
from extraction.codebook.evidence import StudyEvidence
from extraction.exports.cells import SEPARATOR, csv_cell
from extraction.exports.releases import Release
from extraction.exports.tables import ForeignKey, TableColumn, TableData, tables

_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""A zip must date its members; a fixed date makes equal content equal bytes."""


def tidy_zip(codebook: Codebook, studies: Iterable[StudyEvidence], *, release: Release) -> bytes:
    """Every table as CSV (UTF-8, CRLF) and datapackage.json, zipped; equal input, equal bytes."""
    found = tables(codebook, studies)
    package = datapackage(codebook, found, release=release)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "datapackage.json", json.dumps(package, ensure_ascii=False, indent=1))
        for table in found:
            _add(archive, f"{table.name}.csv", csv_text(table))
    return buffer.getvalue()


def csv_text(table: TableData) -> str:
    """One table as CSV with a header line."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    names = [column.name for column in table.columns]
    writer.writerow(names)
    writer.writerows([csv_cell(row.get(name)) for name in names] for row in table.rows)
    return buffer.getvalue()


def datapackage(codebook: Codebook, found: Iterable[TableData], *, release: Release) -> dict:
    """The Frictionless description of the tables: types, keys, missing codes."""
    package: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": release.name,
        "title": release.title,
        "created": release.as_of,
        "codebook": {"name": codebook.name, "version": codebook.version},
        "resources": [_resource(table) for table in found],
    }
    if release.url:
        package["homepage"] = release.url
    if release.licence:
        package["licenses"] = [{"name": release.licence}]
    return package


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    member = zipfile.ZipInfo(name, _EARLIEST)
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, text)


def _resource(table: TableData) -> dict:
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "title": table.title,
        "path": f"{table.name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": _schema(table),
    }


def _schema(table: TableData) -> dict:
    return {
        "fields": [_field(column) for column in table.columns],
        "primaryKey": list(table.key),
        "foreignKeys": [_foreign_key(one) for one in table.foreign_keys],
        "missingValues": [""],
    }


def _field(column: TableColumn) -> dict:
    described: dict[str, Any] = {"name": column.name, "title": column.title, "type": column.type}
    if column.type == "list":
        described |= {"delimiter": SEPARATOR, "itemType": "string"}
    if column.description:
        described["description"] = column.description
    if column.vocabulary:
        described["vocabulary"] = column.vocabulary
    if column.codes:
        described["constraints"] = {"enum": list(column.codes)}
    return described


def _foreign_key(one: ForeignKey) -> dict:
    reference = {"resource": one.table, "fields": list(one.targets)}
    return {"fields": list(one.columns), "reference": reference}
