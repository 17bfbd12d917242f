"""Searches are registered, their exports uploaded, read in, and an import taken back."""

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import F, QuerySet
from django.template.defaultfilters import date as written_date

from reviewtool.jobs.models import Job
from reviewtool.jobs.services import enqueue
from reviewtool.reviews import events, ledger
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission, require
from screening.events.imports import (
    ImportUndone,
    RecordAdded,
    SearchCorrected,
    SearchRegistered,
)
from screening.models import (
    Decision,
    ImportedFile,
    Record,
    SavedSearch,
    Search,
)
from screening.services import (
    conversion,
    dedupe,
    groups,
    importing,
    mappings,
    reading,
    records,
    screenings,
)
from screening.services.conversion import chunked

JOB = "import"
READ_JOB = "read_file"
AGAIN_JOB = "read_again"
#: Larger files are read for their preview by a job, so that no page waits for them.
READ_AT_ONCE = 20 * 1024 * 1024
#: What a search tells of itself; the ledger keeps all of it.
SEARCH_FIELDS = (
    "kind", "source", "platform", "query", "searched_on", "n_shown", "details", "note",
    "saved_id",
)  # fmt: skip


@transaction.atomic
def register_search(
    by: Membership,
    *,
    kind: str,
    source: str,
    searched_on: date,
    platform: str = "",
    query: str = "",
    n_shown: int | None = None,
    details: dict[str, Any] | None = None,
    note: str = "",
    saved: SavedSearch | None = None,
) -> Search:
    """Enter one query run in one source on one day; records come in through it."""
    require(by, Permission.IMPORT)
    search = Search(
        review=by.review, kind=kind, source=source, platform=platform, query=query,
        searched_on=searched_on, n_shown=n_shown, details=details or {}, note=note,
        saved=saved,
    )  # fmt: skip
    search.full_clean()
    search.save()
    happening = SearchRegistered(
        search=search.pk, source=source, source_kind=kind, fields=plain(search, SEARCH_FIELDS)
    )
    events.record(by.review, happening, by=by)
    return search


@transaction.atomic
def correct_search(search: Search, *, by: Membership, **changes: Any) -> Search:
    """Correct what was registered; the ledger keeps what stood before."""
    ledger.lock(_search_of(search, by).review)
    search.refresh_from_db()
    after = {name: new for name, new in changes.items() if getattr(search, name) != new}
    if not after:
        return search
    before = plain(search, after)
    for name, value in after.items():
        setattr(search, name, value)
    search.full_clean()
    search.save()
    happening = SearchCorrected(
        search=search.pk, source=search.source, before=before, after=plain(search, after)
    )
    events.record(search.review, happening, by=by)
    if "kind" in after:
        _refresh_all(search)
    return search


def upload_file(search: Search, *, by: Membership, name: str, stream: BinaryIO) -> ImportedFile:
    """Keep an export's bytes and say what they are; nothing is imported yet.

    Raises ValidationError with the reader's sentence for what is no export of references, and
    for a file this search already has.
    """
    search = _search_of(search, by)
    size, sha256 = _measured(stream)
    _refuse_large(size)
    known = search.files.exclude(state=ImportedFile.State.UNDONE).filter(sha256=sha256).first()
    if known is not None:
        raise ValidationError(already(known, name))
    recognised = reading.recognise(stream, name)
    stream.seek(0)
    saved = mappings.remembered(by, recognised.columns)
    file = ImportedFile(
        search=search, name=name[-255:], size=size, sha256=sha256, uploaded_by=by,
        format=recognised.format, encoding=recognised.encoding,
        description=recognised.description[:300],
        mapping=saved.mapping if saved else recognised.mapping,
    )  # fmt: skip
    with transaction.atomic():
        ledger.lock(search.review)
        file.file.save(f"{sha256[:16]}.dat", File(stream), save=False)
        file.full_clean()
        file.save()
    try:
        _summarise_soon(file, by)
    except ValidationError:  # it began like an export and is none: nothing is kept of it
        file.file.delete(save=False)
        file.delete()
        raise
    return file


def already(known: ImportedFile, name: str) -> str:
    """Say that a file's bytes are already here, and where."""
    when = written_date(known.uploaded_at, "j F Y")
    what = "imported" if known.state == ImportedFile.State.COMMITTED else "uploaded"
    called = "" if known.name == name else f" under the name “{known.name}”"
    return f"“{name}” was already {what} for this search on {when}{called}; nothing was added."


def choose_reading(
    file: ImportedFile,
    *,
    by: Membership,
    format: str | None = None,
    encoding: str | None = None,
    mapping: dict[str, Any] | None = None,
) -> ImportedFile:
    """Read a file otherwise than was recognised: another format, encoding or meaning of columns."""
    file = _open_file(file, by)
    recognised = reading.recognise_as(
        file,
        format=file.format if format is None else format,
        encoding=file.encoding if encoding is None else encoding,
    )
    file.format, file.encoding = recognised.format, recognised.encoding
    file.description = recognised.description[:300]
    file.mapping = recognised.mapping if mapping is None else mapping
    file.summary = {}
    file.save()
    _summarise_soon(file, by)
    return file


def commit_file(file: ImportedFile, *, by: Membership) -> Job:
    """Ask for the records of a file to be read in; they show once all of them are in."""
    file = _open_file(file, by)
    if reading.needs_title_column(file):
        raise ValidationError("Say which column holds the title before importing this file.")
    with transaction.atomic():
        file.state = ImportedFile.State.IMPORTING
        file.save(update_fields=["state"])
        return enqueue(
            by.review, JOB, by=by, key=f"file-{file.pk}", params={"file": file.pk},
            total=file.summary.get("n_records"),
        )  # fmt: skip


@transaction.atomic
def discard_file(file: ImportedFile, *, by: Membership) -> None:
    """Throw away an upload that was never imported."""
    file = _open_file(file, by)
    importing.drop_unseen(file)
    stored, name = file.file.storage, str(file.file.name)
    file.delete()
    transaction.on_commit(lambda: stored.delete(name))


@transaction.atomic
def undo_import(file: ImportedFile, *, by: Membership, keep_decided: bool = False) -> ImportedFile:
    """Withdraw all records of a file, while nobody has decided on any of them.

    With `keep_decided` those that carry decisions stay, and so does the import; only the others
    are withdrawn.
    """
    _search_of(file.search, by)
    ledger.lock(by.review)
    file = ImportedFile.objects.select_related("search__review").get(pk=file.pk)
    if file.state != ImportedFile.State.COMMITTED:
        raise ValidationError("Only a finished import can be undone.")
    n_kept = undo_effects(file)["n_decided"]
    if n_kept and not keep_decided:
        raise ValidationError(
            f"{n_kept} of its records carry decisions, so the import stays. Take the decisions "
            "back first, or withdraw only the records that nobody has decided on."
        )
    undecided = file.records.visible().exclude(pk__in=_decided(file))
    ids = list(undecided.values_list("pk", flat=True))
    happening = ImportUndone(file=file.pk, name=file.name, n_records=len(ids), n_kept=n_kept)
    event = events.record(by.review, happening, by=by)
    for chunk in chunked(ids):
        Record.objects.filter(pk__in=chunk).update(withdrawn_seq=event.seq)
    if not n_kept:
        file.state = ImportedFile.State.UNDONE
        file.save(update_fields=["state"])
    for chunk in chunked(ids):
        around = groups.regroup(by.review, record_ids=chunk)
        screenings.refresh(by.review, record_ids=around)
    return file


def undo_effects(file: ImportedFile) -> dict[str, int]:
    """Return what undoing an import would change, in numbers."""
    visible = file.records.visible()
    shared = visible.exclude(canonical=F("pk")) | visible.filter(
        members__in=Record.objects.visible().exclude(file=file)
    )
    n_records, n_decided = visible.count(), _decided(file).count()
    return {
        "n_records": n_records,
        "n_decided": n_decided,
        "n_undecided": n_records - n_decided,
        "n_joined": shared.distinct().count(),
    }


def _decided(file: ImportedFile) -> QuerySet:
    """Return the ids of the file's records that carry a decision."""
    decided = Decision.objects.current().filter(record__in=file.records.visible())
    return decided.order_by().values("record").distinct()


@transaction.atomic
def add_record(search: Search, *, by: Membership, **fields: Any) -> Record:
    """Enter one record by hand; a reference found on a website or in a reference list."""
    search = _search_of(search, by)
    ledger.lock(by.review)
    written = {name: value for name, value in fields.items() if value not in (None, "", [])}
    text = json.dumps(written, ensure_ascii=False, sort_keys=True)
    record = Record(
        review=by.review, search=search, raw=[[k, str(v)] for k, v in written.items()],
        raw_sha256=hashlib.sha256(text.encode()).hexdigest(), **written,
    )  # fmt: skip
    records.check(record)
    if not record.title and not record.abstract:
        raise ValidationError({"title": "Give at least a title or an abstract."})
    if search.records.visible().filter(raw_sha256=record.raw_sha256).exists():
        raise ValidationError("This record is already in this search.")
    conversion.index(record)
    record.save()
    happening = RecordAdded(record=record.pk, search=search.pk, title=record.title)
    record.entered_seq = events.record(by.review, happening, by=by).seq
    record.canonical = record
    record.save(update_fields=["entered_seq", "canonical"])
    screenings.refresh(by.review, record_ids=[record.pk])
    dedupe.request_dedupe(by.review, by=by)
    return record


# ---------------------------------------------------------------- shared


def _search_of(search: Search, by: Membership) -> Search:
    require(by, Permission.IMPORT)
    if search.review_id != by.review_id:
        raise PermissionDenied("The search belongs to another review.")
    return search


def _open_file(file: ImportedFile, by: Membership) -> ImportedFile:
    """Return a fresh copy of a file that is neither imported nor being imported."""
    _search_of(file.search, by)
    file = ImportedFile.objects.select_related("search__review").get(pk=file.pk)
    if file.state in (ImportedFile.State.COMMITTED, ImportedFile.State.UNDONE):
        raise ValidationError("This file has already been imported.")
    if job_of(file) is not None:
        raise ValidationError("This file is being imported at the moment.")
    return file


def job_of(file: ImportedFile) -> Job | None:
    """Return the job that imports the file at the moment, if there is one."""
    jobs = Job.objects.open().filter(review=file.search.review, kind=JOB)
    return jobs.filter(key=f"file-{file.pk}").first()


def last_job_of(file: ImportedFile) -> Job | None:
    """Return the file's latest import, running or ended."""
    jobs = Job.objects.filter(review=file.search.review, kind__in=(JOB, READ_JOB, AGAIN_JOB))
    return jobs.filter(key=f"file-{file.pk}").order_by("-pk").first()


def _measured(stream: BinaryIO) -> tuple[int, str]:
    """Return a stream's size and SHA-256, and rewind it."""
    stream.seek(0)
    digest, size = hashlib.sha256(), 0
    while block := stream.read(1 << 20):
        digest.update(block)
        size += len(block)
    stream.seek(0)
    return size, digest.hexdigest()


def _refuse_large(size: int) -> None:
    if size > settings.UPLOAD_LIMIT_MB * 1024 * 1024:
        raise ValidationError(
            f"The file is larger than the limit of {settings.UPLOAD_LIMIT_MB} MB. "
            "Export the results in several parts, or ask the administrator to raise the limit."
        )


def _summarise_soon(file: ImportedFile, by: Membership) -> None:
    """Read the file for its preview, at once if it is small."""
    if reading.needs_title_column(file):
        return
    if file.size > READ_AT_ONCE:
        with transaction.atomic():
            key = f"file-{file.pk}"
            enqueue(by.review, READ_JOB, by=by, key=key, params={"file": file.pk})
        return
    file.summary = reading.summarise(file)
    file.save(update_fields=["summary"])


def _refresh_all(search: Search) -> None:
    ids = search.records.visible().values_list("pk", flat=True)
    for chunk in chunked(list(ids)):
        screenings.refresh(search.review, record_ids=chunk)


def plain(search: Search, names: Iterable[str]) -> dict[str, Any]:
    """Return fields of a search as the ledger writes them."""
    values = {name: getattr(search, name) for name in names}
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in values.items()}
