"""Read any file of references: the one door to all formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import BinaryIO

from screening.citations import (
    bibtex,
    checks,
    cochrane,
    csv_tables,
    endnote_xml,
    limits,
    nbib,
    ovid,
    pubmed_xml,
    refer,
    refworks,
    ris,
    wos,
    xlsx,
)  # fmt: skip
from screening.citations.citation import Citation, Problem, Refused
from screening.citations.opening import open_source
from screening.citations.source import Source
from screening.citations.tables import Columns

Reader = Callable[[Source], Iterator[Citation | Problem]]

READERS: dict[str, Reader] = {
    "ris": ris.read, "nbib": nbib.read, "pubmed_xml": pubmed_xml.read, "endnote_xml": endnote_xml.read,
    "bibtex": bibtex.read, "wos": wos.read, "ovid": ovid.read, "refer": refer.read, "refworks": refworks.read,
    "cochrane": cochrane.read, "csv": csv_tables.read, "tsv": csv_tables.read, "xlsx": xlsx.read,
}  # fmt: skip


def read(
    stream: BinaryIO,
    *,
    name: str = "",
    format: str | None = None,
    encoding: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Iterator[Citation | Problem]:
    """Read citations from a stream, in constant memory; problems come where they were met.

    Every record of the file is either a citation or a problem of severity "error".
    Raises Refused, with a sentence for people, for what is no export of references at all.
    `mapping` says what the columns of a table mean: {column: field}.
    """
    source = open_source(stream, name=name, format=format, encoding=encoding, mapping=mapping)
    reader = READERS[source.detected.format]
    told = source.lines.problems
    for item in reader(source):
        while told:
            yield told.pop(0)
        if isinstance(item, Citation) and checks.is_odd(item):
            yield from checks.problems_of(item)
            item = within_limits(item)
        yield item
    yield from told


def within_limits(citation: Citation) -> Citation:
    """Cut a field that is longer than it may be; `checks` has said so, and `raw` keeps it whole."""
    limit = limits.FIELD
    if len(citation.raw_text) <= limit:
        return citation
    return replace(
        citation,
        title=citation.title[:limit],
        abstract=citation.abstract[:limit],
        note=citation.note[:limit],
    )


def read_columns(
    stream: BinaryIO,
    *,
    name: str = "",
    format: str | None = None,
    encoding: str | None = None,
    n: int = 5,
) -> Columns:
    """Return the columns of a CSV, TSV or XLSX table, our guess at their meaning, and `n` rows."""
    source = open_source(stream, name=name, format=format, encoding=encoding)
    if source.detected.format == "xlsx":
        return xlsx.columns(source, n)
    if source.detected.format in ("csv", "tsv"):
        return csv_tables.columns(source, n)
    raise Refused(f"“{name or 'The file'}” is no table: {source.detected.description}.")
