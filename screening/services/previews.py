"""What an uploaded file would bring in, to be looked at before anything is imported."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import date as written_date

from screening.citations import Citation
from screening.models import ColumnMapping, ImportedFile
from screening.services import reading


@dataclass(frozen=True)
class Preview:
    """What a file would bring in, before anything is imported."""

    summary: dict[str, Any]
    sample: list[Citation]
    needs_title: bool
    warnings: list[str]
    notes: list[str]

    @property
    def fills(self) -> list[tuple[str, int]]:
        """Fields and how many per cent of the records have them."""
        n = self.summary["n_records"] or 1
        return [(name, 100 * filled // n) for name, filled in self.summary["fill"].items()]


def preview(file: ImportedFile) -> Preview:
    """Return what was read of a file: counts, the first records, and what looks wrong."""
    needs_title = reading.needs_title_column(file)
    summary = file.summary
    if not summary:
        summary = reading.NOTHING_READ if needs_title else reading.summarise(file)
    return Preview(
        summary=summary,
        sample=[] if needs_title else reading.sample_of(file),
        needs_title=needs_title,
        warnings=list(_warnings(summary, needs_title)),
        notes=list(_notes(file, summary)),
    )


def _warnings(summary: dict[str, Any], needs_title: bool) -> Iterator[str]:
    n, said = summary["n_records"], summary["n_said"]
    if needs_title:
        yield "Say below which column holds the title; then the records can be read."
    if n < said:
        yield f"The file says it has {said} records, {n} could be read. See the problems below."
    if n and 2 * summary["fill"]["abstract"] < n:
        per_cent = 100 * summary["fill"]["abstract"] // n
        yield (
            f"Only {per_cent} % of the records have an abstract: your export probably left "
            "abstracts out. Export again with the complete records."
        )


def _notes(file: ImportedFile, summary: dict[str, Any]) -> Iterator[str]:
    saved = ColumnMapping.objects.filter(review=file.search.review, mapping=file.mapping).first()
    if saved is not None and file.mapping:
        yield f"The columns are read as saved under “{saved}”."
    if summary.get("prior", {}).get("voices"):
        yield (
            "The records carry decisions of another tool. They are not taken over by importing; "
            "afterwards this page offers to enter them."
        )
    twin = (
        ImportedFile.objects.filter(search__review=file.search.review, sha256=file.sha256)
        .exclude(pk=file.pk)
        .select_related("search")
        .first()
    )
    if twin is not None:
        when = written_date(twin.uploaded_at, "j F Y")
        state = twin.get_state_display().lower()
        yield f"The very same file was uploaded for {twin.search} on {when} ({state})."
    shown = file.search.n_shown
    there = file.search.records.visible().count()
    coming = summary["n_records"] - summary["n_repeated"] - summary["n_in_search"]
    if shown is not None and there + coming != shown:
        yield (
            f"With this file the search will have {there + coming} records; the source showed "
            f"{shown}."
        )
