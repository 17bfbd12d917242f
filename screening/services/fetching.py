"""The job that fetches what a PubMed search finds.

What was fetched lies in a part file until its stretch of days is whole; then it is kept as a file
of the search. Only when all is there are the files imported, so a fetch that is cancelled or
fails shows nothing. After a kill it goes on behind the last batch.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.utils import timezone

from reviewtool.jobs.attempt import Run
from reviewtool.jobs.models import Job
from screening.models import ImportedFile, Search
from screening.pubmed import Client, Found, HistoryGone, Slice, Unavailable
from screening.pubmed.client import MOST_AT_ONCE
from screening.services import imports
from screening.services.pubmed import JOB, MOST_RECORDS, client_for, jobs_of, told

#: Records asked for at once.
BATCH = 200
#: A file of the search is closed once it is larger.
MOST_BYTES = 100 * 1024 * 1024
#: How often a search may vanish from the history server before we believe it always will.
MOST_REOPENED = 3
#: PubMed gives days of entry to some records in advance.
_AHEAD = timedelta(days=366)
_HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n<PubmedArticleSet>'
_FOOT = b"</PubmedArticleSet>\n"


def fetch(run: Run) -> None:
    """Fetch what a search finds, a stretch of days after the other, then have it imported."""
    search = Search.objects.select_related("review").get(pk=run.params["search"])
    client = client_for()
    with told():
        if "slices" not in run.cursor:
            _begin(run, search, client)
        while run.cursor["slice"] < len(run.cursor["slices"]):
            _fetch_slice(run, search, client)
    _path(run.job.pk).unlink(missing_ok=True)
    _import(run, search)


def _begin(run: Run, search: Search, client: Client) -> None:
    """Ask how many there are, and cut the search where PubMed would not give them all."""
    _clear_away(run, search)
    found = client.search(search.query)
    if found.n > MOST_RECORDS:
        raise Unavailable(
            f"The query finds {found.n:,} records; at most {MOST_RECORDS:,} are fetched. Narrow it."
        )
    today = timezone.localdate()
    slices = list(client.slices(search.query, found.n, until=today + _AHEAD)) if found.n else []
    cursor = {
        "slices": [_row(each) for each in slices], "slice": 0, "start": 0, "bytes": 0,
        "fetched": 0, "of_slice": 0, "files": [], "missing": [], "history": None, "reopened": 0,
    }  # fmt: skip
    told_by = {"translation": found.translation, "warnings": "\n".join(found.warnings)}
    details = search.details | told_by
    details = {key: text for key, text in details.items() if text and key != "not_given"}
    with run.batch(total=found.n, cursor=cursor, message="Fetching from PubMed"):
        imports.correct_search(
            search, by=run.by, n_shown=found.n, searched_on=today, details=details
        )


def _clear_away(run: Run, search: Search) -> None:
    """Drop what earlier attempts at this run fetched and never imported."""
    left = {pk for job in jobs_of(search) for pk in job.cursor.get("files", [])}
    for file in search.files.filter(pk__in=left, state=ImportedFile.State.UPLOADED):
        imports.discard_file(file, by=run.by)
    open_ = set(Job.objects.open().filter(kind=JOB).values_list("pk", flat=True))
    for path in _folder().glob("pubmed-*.part"):
        if int(path.stem.removeprefix("pubmed-")) not in open_:
            path.unlink(missing_ok=True)


# ---------------------------------------------------------------- one stretch of days


def _fetch_slice(run: Run, search: Search, client: Client) -> None:
    """Fetch the records of one stretch of days; begin it anew when its thread is lost."""
    if not _is_whole(run):
        _reopen(run)
    found = _opened(run, search, client)
    if found is None:
        return
    try:
        while run.cursor["start"] < found.n:
            _fetch_batch(run, client, found)
            if run.cursor["bytes"] > min(MOST_BYTES, settings.UPLOAD_LIMIT_MB << 19):
                _keep(run, search)
    except HistoryGone:
        _reopen(run)
        return
    _keep(run, search)
    done = {"slice": run.cursor["slice"] + 1, "start": 0, "of_slice": 0, "history": None}
    with run.batch(cursor=run.cursor | done):
        pass


def _opened(run: Run, search: Search, client: Client) -> Found | None:
    """Return the stretch's result on the history server; None if it had to be cut again."""
    if run.cursor["history"]:
        n, web_env, query_key = run.cursor["history"]
        return Found(n=n, web_env=web_env, query_key=query_key)
    place = run.cursor["slice"]
    stretch = _slice(run.cursor["slices"][place])
    found = client.search(search.query, first=stretch.first, last=stretch.last)
    changed: dict[str, Any] = {"history": [found.n, found.web_env, found.query_key]}
    if found.n > MOST_AT_ONCE:  # it has grown since it was cut
        until = timezone.localdate() + _AHEAD
        finer = (
            client.cut(search.query, stretch.first, stretch.last)
            if stretch.first and stretch.last
            else client.slices(search.query, found.n, until=until)
        )
        slices = list(run.cursor["slices"])
        slices[place : place + 1] = [_row(each) for each in finer]
        changed = {"slices": slices}
    with run.batch(cursor=run.cursor | changed):
        pass
    return found if "history" in changed else None


def _fetch_batch(run: Run, client: Client, found: Found) -> None:
    batch = client.fetch(found, start=run.cursor["start"], n=BATCH)
    with _part(run) as part:
        part.truncate(run.cursor["bytes"])
        part.seek(run.cursor["bytes"])
        part.write(batch.articles)
        part.flush()
        os.fsync(part.fileno())
    cursor = run.cursor | {
        "start": run.cursor["start"] + BATCH,
        "bytes": run.cursor["bytes"] + len(batch.articles),
        "fetched": run.cursor["fetched"] + len(batch.pmids),
        "of_slice": run.cursor["of_slice"] + len(batch.pmids),
        "missing": [*run.cursor["missing"], *batch.missing],
    }
    with run.batch(done=cursor["fetched"], cursor=cursor):
        pass


def _is_whole(run: Run) -> bool:
    """Tell whether what the last batch left is still there (another machine has other files)."""
    path = _path(run.job.pk)
    return (path.stat().st_size if path.exists() else 0) >= run.cursor["bytes"]


def _reopen(run: Run) -> None:
    """Begin the stretch anew; what of it was already kept as a file is recognised as known."""
    if run.cursor["reopened"] >= MOST_REOPENED:
        raise Unavailable(
            "PubMed forgot the search again and again while it gave out its records. Nothing is "
            "lost; try again later."
        )
    anew = {
        "history": None, "start": 0, "bytes": 0, "of_slice": 0,
        "fetched": run.cursor["fetched"] - run.cursor["of_slice"],
        "reopened": run.cursor["reopened"] + 1,
    }  # fmt: skip
    with run.batch(done=anew["fetched"], cursor=run.cursor | anew):
        pass


# ---------------------------------------------------------------- files


def _keep(run: Run, search: Search) -> None:
    """Keep the part file as an ordinary file of the search, not yet imported."""
    if not run.cursor["bytes"]:
        return
    number = len(run.cursor["files"]) + 1
    name = f"pubmed {search.searched_on.isoformat()} part {number}.xml"
    with _framed(run) as (whole, sha256):
        kept = search.files.exclude(state=ImportedFile.State.UNDONE).filter(sha256=sha256).first()
        file = kept or imports.upload_file(search, by=run.by, name=name, stream=whole)
    files = [*run.cursor["files"], file.pk]
    with run.batch(cursor=run.cursor | {"files": files, "bytes": 0}):
        pass


@contextmanager
def _framed(run: Run) -> Iterator[tuple[BinaryIO, str]]:
    """Give the part file as a whole XML file, and its SHA-256."""
    digest = hashlib.sha256()
    with _part(run) as part, tempfile.TemporaryFile() as whole:
        part.truncate(run.cursor["bytes"])
        for block in (_HEAD, *iter(lambda: part.read(1 << 20), b""), _FOOT):
            digest.update(block)
            whole.write(block)
        yield whole, digest.hexdigest()


def _import(run: Run, search: Search) -> None:
    """Have all files imported, and say what PubMed counted and did not give: all, or nothing."""
    fetched, missing = run.cursor["fetched"], run.cursor["missing"]
    result = {"search": search.pk, "fetched": fetched, "missing": missing}
    waiting = ImportedFile.objects.filter(
        pk__in=run.cursor["files"], state=ImportedFile.State.UPLOADED
    )
    with run.batch(message=_said(run, search), result=result):
        for file in waiting.select_related("search__review").order_by("pk"):
            imports.commit_file(file, by=run.by)
        if missing:
            details = search.details | {"not_given": " ".join(missing)}
            imports.correct_search(search, by=run.by, details=details)


def _said(run: Run, search: Search) -> str:
    n, missing = run.cursor["fetched"], run.cursor["missing"]
    said = f"{n:,} record{'' if n == 1 else 's'} fetched from PubMed."
    if missing:
        shown = ", ".join(missing[:10]) + ("" if len(missing) <= 10 else ", …")
        return f"{said} PubMed counted {len(missing):,} more and did not give them: {shown}."
    if search.n_shown is not None and n < search.n_shown:
        return f"{said} PubMed had counted {search.n_shown:,} before; some have gone since."
    return said


def _row(each: Slice) -> list[Any]:
    days = [day.isoformat() if day else None for day in (each.first, each.last)]
    return [*days, each.n]


def _slice(row: list[Any]) -> Slice:
    first, last = (date.fromisoformat(day) if day else None for day in row[:2])
    return Slice(first, last, row[2])


def _folder() -> Path:
    folder = Path(settings.MEDIA_ROOT) / "fetching"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _path(job_id: int) -> Path:
    return _folder() / f"pubmed-{job_id}.part"


@contextmanager
def _part(run: Run) -> Iterator[BinaryIO]:
    path = _path(run.job.pk)
    path.touch(mode=0o600)
    with path.open("r+b") as part:
        yield part
