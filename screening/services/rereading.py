"""A file that was imported is read once more, with other columns or a better reader.

No new upload: the bytes were kept. Records stay what they are, with their decisions; only fields
that the new reading finds otherwise change, and never what a person corrected.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from reviewtool.jobs.attempt import Run
from reviewtool.jobs.models import Job
from reviewtool.jobs.services import enqueue
from reviewtool.reviews import events, ledger
from reviewtool.reviews.models import Event, Membership
from reviewtool.reviews.permissions import Permission, require
from screening.citations import Citation
from screening.events.imports import FileReadAgain
from screening.models import ImportedFile, Record
from screening.services import conversion, dedupe, imports, reading
from screening.services.conversion import CHUNK, chunked
from screening.services.records import CORRECTABLE

JOB = imports.AGAIN_JOB
_WRITTEN = [*CORRECTABLE, "search_text", "keys"]


@transaction.atomic
def read_again(file: ImportedFile, *, by: Membership, mapping: dict[str, str] | None = None) -> Job:
    """Ask for an imported file to be read once more; a table may get another column mapping."""
    require(by, Permission.IMPORT)
    if file.search.review_id != by.review_id:
        raise PermissionDenied("The file belongs to another review.")
    if file.state != ImportedFile.State.COMMITTED:
        raise ValidationError("Only an imported file can be read again; read this one as it is.")
    chosen = file.mapping if mapping is None else mapping
    if file.format in reading.TABLES and "title" not in chosen.values():
        raise ValidationError("Say which column holds the title.")
    return enqueue(
        by.review, JOB, by=by, key=f"file-{file.pk}", total=file.summary.get("n_records"),
        params={"file": file.pk, "mapping": chosen},
    )  # fmt: skip


def reread(run: Run) -> None:
    """Bring the fields of a file's records up to date, in batches; a kill loses none of it."""
    file = ImportedFile.objects.select_related("search__review").get(pk=run.params["file"])
    before, file.mapping = file.mapping, run.params["mapping"]
    n_read, n_changed = run.cursor.get("read", 0), run.cursor.get("changed", 0)
    citations = (item for item in reading.items_of(file) if isinstance(item, Citation))
    for chunk in chunked(islice(citations, n_read, None), CHUNK):
        cursor: dict[str, Any] = {"read": n_read + len(chunk)}
        with run.batch(done=cursor["read"], cursor=cursor):
            ledger.lock(run.review)
            n_changed += _bring_up_to_date(file, chunk, start=n_read)
            cursor["changed"] = n_changed
        n_read = cursor["read"]
    message = f"{n_changed} of {n_read} records changed."
    with run.batch(message=message, result={"file": file.pk, "n_changed": n_changed}):
        happening = FileReadAgain(
            file=file.pk, name=file.name, n_changed=n_changed, before=before, after=file.mapping
        )
        events.record(run.review, happening, by=run.by)
        fresh = reading.summarise(file)
        kept = {name: file.summary[name] for name in ("n_imported", "n_known")}
        ImportedFile.objects.filter(pk=file.pk).update(mapping=file.mapping, summary=fresh | kept)
        if n_changed:
            dedupe.request_dedupe(run.review, by=run.by, whole=True)


def _bring_up_to_date(file: ImportedFile, citations: Sequence[Citation], *, start: int) -> int:
    """Change what a new reading finds otherwise; return in how many records."""
    places = range(start + 1, start + len(citations) + 1)
    rows = {r.position: r for r in file.records.visible().filter(position__in=places)}
    by_hand = _corrected(rows.values())
    changed = []
    for place, citation in zip(places, citations, strict=True):
        record = rows.get(place)
        if record is None:
            continue
        found = conversion.record_of(citation, file=file, position=place)
        if record.raw_sha256 not in (found.raw_sha256, "") and record.line != found.line:
            continue  # another record stands here now: the reader cuts the file otherwise
        fields = [name for name in CORRECTABLE if name not in by_hand[record.pk]]
        if any(getattr(record, name) != getattr(found, name) for name in fields):
            for name in fields:
                setattr(record, name, getattr(found, name))
            conversion.index(record)
            changed.append(record)
    Record.objects.bulk_update(changed, _WRITTEN, batch_size=50)
    return len(changed)


def _corrected(records: Any) -> defaultdict[int, set[str]]:
    """Return which fields of which records a person has corrected."""
    subjects = [f"record:{record.pk}" for record in records]
    found: defaultdict[int, set[str]] = defaultdict(set)
    for event in Event.objects.filter(kind="record_corrected", subject__in=subjects):
        found[event.payload["record"]].update(event.payload["after"])
    return found
