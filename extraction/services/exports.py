"""Evidence in files: exactly what is shown, in the form a program or a person wants."""

import csv
import io
import json
from collections.abc import Mapping

from extraction.codebook.evidence import EvidenceRow
from extraction.exports import Release, document, jsonld, tidy_zip, xlsx
from extraction.exports.cells import csv_cell
from extraction.services.evidence import Evidence, filtered
from reviewtool.reviews.models import LedgerHead, Review

FORMATS = {
    "csv": "CSV of these rows",
    "json": "JSON",
    "xlsx": "Excel",
    "tidy": "Tidy CSV (zip)",
    "jsonld": "JSON-LD",
}
Export = tuple[bytes, str, str]


def exported(evidence: Evidence, review: Review, format: str, filters: Mapping[str, str]) -> Export:
    """Return (bytes, content type, file ending) of the evidence that passes the filters.

    Whole-study formats hold every study that has a row left by the filters.
    """
    rows = filtered(evidence, filters)
    kept = {row.study for row in rows}
    studies = [study for study in evidence.studies if study.key in kept]
    release = release_of(evidence, review)
    codebook = evidence.codebook
    if format == "csv":
        return _csv(evidence, rows).encode("utf-8-sig"), "text/csv; charset=utf-8", "csv"
    if format == "xlsx":
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return xlsx(codebook, studies, release=release), kind, "xlsx"
    if format == "tidy":
        return tidy_zip(codebook, studies, release=release), "application/zip", "zip"
    body = document if format == "json" else jsonld
    found = body(codebook, studies, release=release)
    content = json.dumps(found, indent=2, ensure_ascii=False).encode()
    ending = "json" if format == "json" else "jsonld"
    return content, "application/json" if format == "json" else "application/ld+json", ending


def release_of(evidence: Evidence, review: Review) -> Release:
    """Say which state of the ledger an export was made from, so that it can be cited."""
    head = LedgerHead.objects.get(review=review)
    return Release(
        name=review.slug, title=review.title, as_of=head.recorded_at.isoformat(timespec="seconds")
    )


def _csv(evidence: Evidence, rows: list[EvidenceRow]) -> str:
    outputs = evidence.codebook.outputs
    columns = [column.key for column in outputs.columns] if outputs else []
    text = io.StringIO()
    writer = csv.writer(text)
    heads = [part for key in columns for part in (key, f"{key}__missing")]
    writer.writerow(["study", "item", *heads, "quotes", "keywords"])
    for row in rows:
        cells = [
            part
            for key in columns
            for part in (csv_cell(row.values.get(key)), row.missing.get(key, ""))
        ]
        quotes = csv_cell(" | ".join(str(quote.get("text", "")) for quote in row.quotes))
        keywords = csv_cell("; ".join(row.keywords))
        writer.writerow([row.study, row.key, *cells, quotes, keywords])
    return text.getvalue()
