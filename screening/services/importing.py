"""The jobs behind an import: a file is read for its preview, and its records are read in.

What a batch wrote stays invisible until the closing entry of the ledger.
"""

from collections.abc import Iterator
from itertools import islice

from django.db.models import F, Min, QuerySet

from reviewtool.jobs.attempt import Run
from reviewtool.reviews import events, ledger
from screening.citations import Citation, Problem
from screening.events.imports import ImportCommitted
from screening.models import ImportedFile, ImportProblem, Record, Search
from screening.search_text import normalise
from screening.services import conversion, dedupe, reading, screenings
from screening.services.conversion import CHUNK, chunked

#: What the import adds to what reading a file gave; the two jobs may end in either order.
IMPORTED = ("n_imported", "n_known")


def import_records(run: Run) -> None:
    """Read a file in, in batches; its records show from the closing event on.

    Started again after a kill, it goes on behind its last batch.
    """
    file = ImportedFile.objects.select_related("search__review").get(pk=run.params["file"])
    if not run.cursor:
        with run.batch(cursor={"items": 0, "records": 0, "known": 0, "rejected": 0}):
            drop_unseen(file)
    if "closed" not in run.cursor:
        _read_in(run, file)
        _close(run, file)
    _follow(run, file)


def read_file(run: Run) -> None:
    """Read a large file for its preview."""
    file = ImportedFile.objects.select_related("search__review").get(pk=run.params["file"])
    summary = reading.summarise(file, on_progress=run.progress)
    with run.batch(result={"n_records": summary["n_records"]}):
        file = ImportedFile.objects.select_for_update().get(pk=file.pk)
        imported = {name: file.summary[name] for name in IMPORTED if name in file.summary}
        ImportedFile.objects.filter(pk=file.pk).update(summary=summary | imported)


def _read_in(run: Run, file: ImportedFile) -> None:
    n_items = run.cursor["items"]
    accessions = _accessions_of(file.search)
    for chunk in chunked(islice(reading.items_of(file), n_items, None)):
        n_items += len(chunk)
        cursor = run.cursor | {"items": n_items}
        citations = [item for item in chunk if isinstance(item, Citation)]
        problems = [item for item in chunk if isinstance(item, Problem)]
        with run.batch(done=cursor["records"] + len(citations), cursor=cursor):
            cursor["known"] += _insert(file, citations, accessions, start=cursor["records"])
            cursor["records"] += len(citations)
            cursor["rejected"] += _note(file, problems)


def _accessions_of(search: Search) -> set[tuple[str, str]]:
    """Return accession number and title of what the search, or an earlier run of it, has.

    A database changes what it says of a record between two downloads; its number and the title
    stay. The number alone is no proof: some exports count their records with it.
    """
    have = Record.objects.filter(search=search)
    if search.saved_id:
        have = Record.objects.filter(review=search.review_id, search__saved=search.saved_id)
    rows = have.visible().exclude(accession="").values_list("accession", "title")
    return {(accession, normalise(title)) for accession, title in rows.iterator()}


def _insert(
    file: ImportedFile,
    citations: list[Citation],
    accessions: set[tuple[str, str]],
    *,
    start: int,
) -> int:
    """Enter a batch's records, still invisible; return how many this search already has."""
    rows = [
        conversion.record_of(citation, file=file, position=start + place)
        for place, citation in enumerate(citations, 1)
    ]
    hashes = [row.raw_sha256 for row in rows]
    seen = Record.objects.filter(search=file.search, withdrawn_seq=None, raw_sha256__in=hashes)
    own = seen.filter(file=file) | seen.filter(entered_seq__isnull=False)
    known = set(own.values_list("raw_sha256", flat=True))
    new: dict[str, Record] = {}
    for row in rows:
        is_known = (row.accession, normalise(row.title)) in accessions
        if row.raw_sha256 not in known and not is_known:
            new.setdefault(row.raw_sha256, row)
    Record.objects.bulk_create(new.values())
    return len(rows) - len(new)


def _note(file: ImportedFile, problems: list[Problem]) -> int:
    """Keep what the reader had to say; return how many records could not be read."""
    rows = [conversion.problem_of(problem, file=file) for problem in problems]
    ImportProblem.objects.bulk_create(rows)
    return sum(row.severity == ImportProblem.Severity.ERROR for row in rows)


def _close(run: Run, file: ImportedFile) -> None:
    """Let everything that was read show at once, from one ledger entry on."""
    cursor = run.cursor | {"closed": True, "after": 0}
    with run.batch(cursor=cursor, message="Bringing the screening lists up to date"):
        ledger.lock(run.review)
        cursor["known"] += _drop_overtaken(file)
        unseen = file.records.filter(entered_seq=None)
        happening = ImportCommitted(
            file=file.pk, search=file.search_id, source=file.search.source, name=file.name,
            n_records=unseen.count(), n_known=cursor["known"], n_rejected=cursor["rejected"],
        )  # fmt: skip
        event = events.record(run.review, happening, by=run.by)
        for ids in _pages(unseen):
            Record.objects.filter(pk__in=ids).update(entered_seq=event.seq, canonical=F("pk"))
        read = ImportedFile.objects.select_for_update().get(pk=file.pk).summary
        ImportedFile.objects.filter(pk=file.pk).update(
            state=ImportedFile.State.COMMITTED,
            summary=read | {"n_imported": happening.n_records, "n_known": cursor["known"]},
        )


def _follow(run: Run, file: ImportedFile) -> None:
    """Give the new records their screenings, then ask for their duplicates."""
    while chunk := _next_ids(file, run.cursor["after"]):
        with run.batch(cursor=run.cursor | {"after": chunk[-1]}):
            screenings.refresh(run.review, record_ids=chunk)
    found = {name: run.cursor[name] for name in ("records", "known", "rejected")}
    with run.batch(message=_said(found), result=found | {"file": file.pk}):
        dedupe.request_dedupe(run.review, by=run.by)


def _said(found: dict[str, int]) -> str:
    parts = [f"{found['records'] - found['known']} records imported"]
    if found["known"]:
        parts.append(f"{found['known']} were already in this search or an earlier run of it")
    if found["rejected"]:
        parts.append(f"{found['rejected']} could not be read")
    return ", ".join(parts) + "."


def _next_ids(file: ImportedFile, after: int) -> list[int]:
    ids = file.records.visible().filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
    return list(ids[:CHUNK])


def drop_unseen(file: ImportedFile) -> None:
    """Clear away what a cancelled import left; nobody has ever seen it."""
    for ids in _pages(file.records.filter(entered_seq=None)):
        Record.objects.filter(pk__in=ids).delete()
    file.problems.all().delete()


def _pages(records: QuerySet[Record]) -> Iterator[list[int]]:
    """Yield the ids of records that are about to leave the query, a chunk at a time.

    One statement over 80,000 rows would hold a copy of all of them in memory.
    """
    ids = records.order_by("pk").values_list("pk", flat=True)
    while page := list(ids[:CHUNK]):
        yield page


def _drop_overtaken(file: ImportedFile) -> int:
    """Drop records that another file brought into the search meanwhile, and repeated ones."""
    unseen = file.records.filter(entered_seq=None)
    visible = Record.objects.filter(search=file.search).visible()
    firsts = unseen.order_by().values("raw_sha256").annotate(first=Min("pk")).values("first")
    overtaken = unseen.filter(raw_sha256__in=visible.values("raw_sha256"))
    ids = set(overtaken.values_list("pk", flat=True))
    ids |= set(unseen.exclude(pk__in=firsts).values_list("pk", flat=True))
    for chunk in chunked(sorted(ids)):
        Record.objects.filter(pk__in=chunk).delete()
    return len(ids)
