"""Write citations in the formats other tools read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from screening.citations import bibtex_writer, ris_writer, table_writer
from screening.citations.citation import Citation

WRITERS: Mapping[str, Callable[[Iterable[Citation]], str | bytes]] = {
    "ris": ris_writer.write,
    "csv": table_writer.write_csv,
    "xlsx": table_writer.write_xlsx,
    "bibtex": bibtex_writer.write,
}


def write(citations: Iterable[Citation], format: str) -> str | bytes:
    """Return citations in a format: text, or the bytes of a workbook.

    What we write we read back without loss; cells that a spreadsheet would run are neutralised.
    """
    if format not in WRITERS:
        raise ValueError(f"“{format}” cannot be written; choose one of {', '.join(WRITERS)}.")
    return WRITERS[format](citations)
