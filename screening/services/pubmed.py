"""Searching PubMed directly: a query is looked at, saved, run, and run again for what is new.

What is fetched becomes an ordinary file of an ordinary search, so that its report, its undoing
and its place in PRISMA are those of any import.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from reviewtool.jobs.models import Job
from reviewtool.jobs.run import Run
from reviewtool.jobs.services import enqueue
from reviewtool.reviews import events
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission, require
from screening.events.imports import SearchSaved
from screening.models import SavedSearch, Search
from screening.pubmed import Client, Found, Slice, Unavailable
from screening.services import imports

JOB = "pubmed"
#: Records asked for at once.
BATCH = 200
#: More records than this are no search strategy.
MOST_RECORDS = 100_000
_HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n<PubmedArticleSet>'
_FOOT = b"</PubmedArticleSet>\n"


def look(query: str, *, by: Membership) -> Found:
    """Ask PubMed how many records a query finds and how it understands it; nothing is kept.

    Raises ValidationError with a sentence when PubMed cannot be reached or refuses the query.
    """
    require(by, Permission.IMPORT)
    query = query.strip()
    if not query:
        raise ValidationError({"query": "Write the query as you would in PubMed."})
    with _told():
        return _client().search(query)


@transaction.atomic
def save_search(by: Membership, *, name: str, query: str) -> SavedSearch:
    """Keep a query under a name, so that it can be run again."""
    require(by, Permission.IMPORT)
    saved = SavedSearch(
        review=by.review, name=" ".join(name.split()) or query.strip()[:120],
        query=query.strip(), saved_by=by,
    )  # fmt: skip
    saved.full_clean()
    saved.save()
    happening = SearchSaved(saved=saved.pk, name=saved.name, query=saved.query)
    events.record(by.review, happening, by=by)
    return saved


@transaction.atomic
def run_search(saved: SavedSearch, *, by: Membership) -> Job:
    """Run a saved search today: a search of its own is registered and its records are fetched.

    Records that an earlier run of it brought in are not brought in again.
    """
    require(by, Permission.IMPORT)
    if saved.review_id != by.review_id:
        raise PermissionDenied("The search belongs to another review.")
    running = Job.objects.open().filter(review=by.review, kind=JOB, key=f"saved-{saved.pk}").first()
    if running is not None:
        return running
    search = imports.register_search(
        by, kind=Search.Kind.DATABASE, source="PubMed", platform="E-utilities",
        query=saved.query, searched_on=timezone.localdate(), saved=saved,
    )  # fmt: skip
    key = f"saved-{saved.pk}"
    return enqueue(by.review, JOB, by=by, key=key, params={"search": search.pk})


# ---------------------------------------------------------------- the job


def fetch(run: Run) -> None:
    """Fetch what a search finds, a stretch of days after the other, and import each.

    What was fetched lies in a file of its own; after a kill it goes on behind the last batch.
    """
    search = Search.objects.select_related("review").get(pk=run.params["search"])
    with _told():
        if "slices" not in run.cursor:
            _begin(run, search)
        slices = [_slice(row) for row in run.cursor["slices"]]
        while run.cursor["slice"] < len(slices):
            _fetch_slice(run, search, slices[run.cursor["slice"]])
            _take_in(run, search)
    n = run.cursor["fetched"]
    with run.batch(message=f"{n:,} records fetched from PubMed.", result={"search": search.pk}):
        pass


def _begin(run: Run, search: Search) -> None:
    """Ask how many there are, and cut the search where PubMed would not give them all."""
    client = _client()
    found = client.search(search.query)
    if found.n > MOST_RECORDS:
        raise ValidationError(
            f"The query finds {found.n:,} records; at most {MOST_RECORDS:,} are fetched. Narrow it."
        )
    slices = list(client.slices(search.query, until=timezone.localdate())) if found.n else []
    cursor = {
        "slices": [[each.first.isoformat(), each.last.isoformat(), each.n] for each in slices],
        "slice": 0, "start": 0, "bytes": 0, "fetched": 0,
    }  # fmt: skip
    told = {"translation": found.translation} if found.translation else {}
    with run.batch(total=found.n, cursor=cursor, message="Fetching from PubMed"):
        imports.correct_search(search, by=run.by, n_shown=found.n, details=search.details | told)


def _fetch_slice(run: Run, search: Search, stretch: Slice) -> None:
    """Fetch the records of one stretch of days into the part file."""
    client = _client()
    if run.cursor["start"] >= stretch.n:
        return
    found = client.search(search.query, first=stretch.first, last=stretch.last)
    with _part(run) as part:
        part.truncate(run.cursor["bytes"])
        while (start := run.cursor["start"]) < found.n:
            articles, n = client.fetch(found, start=start, n=BATCH)
            part.seek(run.cursor["bytes"])
            part.write(articles)
            part.flush()
            cursor = run.cursor | {
                "start": start + BATCH,
                "bytes": run.cursor["bytes"] + len(articles),
                "fetched": run.cursor["fetched"] + n,
            }
            with run.batch(done=cursor["fetched"], cursor=cursor):
                pass


def _take_in(run: Run, search: Search) -> None:
    """Hand the part file over as an ordinary file of the search, and have it imported."""
    number = run.cursor["slice"] + 1
    name = f"pubmed {search.searched_on.isoformat()} part {number}.xml"
    if run.cursor["bytes"] and not search.files.filter(name=name).exists():
        with _part(run) as part, tempfile.TemporaryFile() as whole:
            whole.write(_HEAD)
            while block := part.read(1 << 20):
                whole.write(block)
            whole.write(_FOOT)
            file = imports.upload_file(search, by=run.by, name=name, stream=whole)
        imports.commit_file(file, by=run.by)
    cursor = run.cursor | {"slice": number, "start": 0, "bytes": 0}
    with run.batch(cursor=cursor):
        pass
    _part_path(run).unlink(missing_ok=True)


def _slice(row: list[Any]) -> Slice:
    return Slice(date.fromisoformat(row[0]), date.fromisoformat(row[1]), row[2])


def _part_path(run: Run) -> Path:
    folder = Path(settings.MEDIA_ROOT) / "fetching"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"pubmed-{run.job.pk}.part"


@contextmanager
def _part(run: Run) -> Iterator[BinaryIO]:
    path = _part_path(run)
    path.touch(mode=0o600)
    with path.open("r+b") as part:
        yield part


# ---------------------------------------------------------------- shared


def _client() -> Client:
    return Client(
        url=settings.PUBMED_URL, api_key=settings.PUBMED_API_KEY, email=settings.PUBMED_EMAIL
    )


@contextmanager
def _told() -> Iterator[None]:
    """Turn what keeps PubMed from answering into a sentence for the person who asked."""
    try:
        yield
    except Unavailable as error:
        raise ValidationError(str(error)) from error
