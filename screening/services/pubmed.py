"""Searching PubMed directly: a query is looked at, saved, run, and run again for what is new.

What is fetched becomes ordinary files of an ordinary search, so that its report, its undoing
and its place in PRISMA are those of any import. The job that fetches is in `fetching`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from reviewtool.jobs.models import Job
from reviewtool.jobs.services import enqueue
from reviewtool.reviews import events, ledger
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission, require
from screening.events.imports import SearchSaved
from screening.models import ImportedFile, SavedSearch, Search
from screening.pubmed import FOR_A_JOB, FOR_A_PAGE, Client, Found, Pace, Patience, Unavailable
from screening.services import imports

JOB = "pubmed"
SOURCE = "PubMed"
#: More records than this are no search strategy.
MOST_RECORDS = 100_000


@dataclass(frozen=True)
class Report:
    """How a run of a saved search went, or how far it is."""

    saved: SavedSearch
    job: Job | None
    is_open: bool
    n_fetched: int | None
    n_known: int
    not_given: list[str]

    @property
    def is_unfinished(self) -> bool:
        """Tell whether the run ended without its records: it can be taken up again."""
        ended = (Job.State.FAILED, Job.State.CANCELLED)
        return self.job is not None and self.job.state in ended


def look(query: str, *, by: Membership) -> Found:
    """Ask PubMed how many records a query finds and how it understands it; nothing is kept.

    Raises ValidationError with a sentence when PubMed cannot be reached or refuses the query.
    """
    require(by, Permission.IMPORT)
    query = query.strip()
    if not query:
        raise ValidationError({"query": "Write the query as you would in PubMed."})
    with told():
        return client_for(FOR_A_PAGE).search(query)


@transaction.atomic
def save_search(by: Membership, *, name: str = "", query: str) -> SavedSearch:
    """Keep a query under a name, so that it can be run again."""
    require(by, Permission.IMPORT)
    saved = SavedSearch(
        review=by.review, name=" ".join(name.split()) or " ".join(query.split())[:120],
        query=query.strip(), saved_by=by,
    )  # fmt: skip
    saved.full_clean()
    saved.save()
    happening = SearchSaved(saved=saved.pk, name=saved.name, query=saved.query)
    events.record(by.review, happening, by=by)
    return saved


@transaction.atomic
def save_and_run(by: Membership, *, name: str = "", query: str) -> Job:
    """Keep a query and run it today: both, or neither."""
    return run_search(save_search(by, name=name, query=query), by=by)


@transaction.atomic
def run_search(saved: SavedSearch, *, by: Membership) -> Job:
    """Run a saved search today: a search of its own is registered and its records are fetched.

    Records that an earlier run of it brought in are not brought in again. A run that ended
    without its records is taken up again, with today's date, instead of standing in the search
    log as a search that found nothing.
    """
    require(by, Permission.IMPORT)
    if saved.review_id != by.review_id:
        raise PermissionDenied("The search belongs to another review.")
    ledger.lock(by.review)
    key = f"saved-{saved.pk}"
    running = Job.objects.open().filter(review=by.review, kind=JOB, key=key).first()
    if running is not None:
        return running
    search = _unfinished(saved) or imports.register_search(
        by, kind=Search.Kind.DATABASE, source=SOURCE, platform="E-utilities",
        query=saved.query, searched_on=timezone.localdate(), saved=saved,
    )  # fmt: skip
    return enqueue(by.review, JOB, by=by, key=key, params={"search": search.pk})


def report_on(search: Search) -> Report | None:
    """Return how a run of a saved search went; None for every other search."""
    if search.saved is None:
        return None
    job = jobs_of(search).first()
    keys = [f"file-{pk}" for pk in search.files.values_list("pk", flat=True)]
    importing = Job.objects.open().filter(review=search.review_id, kind=imports.JOB, key__in=keys)
    summaries = search.files.filter(state=ImportedFile.State.COMMITTED)
    return Report(
        saved=search.saved,
        job=job,
        is_open=(job is not None and job.is_open) or importing.exists(),
        n_fetched=job.result.get("fetched") if job else None,
        n_known=sum(s.get("n_known", 0) for s in summaries.values_list("summary", flat=True)),
        not_given=search.details.get("not_given", "").split(),
    )


def jobs_of(search: Search) -> Any:
    """Return the jobs that fetched, or fetch, the records of a search, the latest first."""
    jobs = Job.objects.filter(review=search.review_id, kind=JOB, params__search=search.pk)
    return jobs.order_by("-pk")


def _unfinished(saved: SavedSearch) -> Search | None:
    """Return the latest run if it ended before any record came in."""
    last = saved.runs.order_by("-pk").first()
    if last is None or jobs_of(last).filter(state=Job.State.DONE).exists():
        return None
    begun = last.files.exclude(state=ImportedFile.State.UPLOADED)
    return None if begun.exists() or last.records.exists() else last


# ---------------------------------------------------------------- shared with the job


def client_for(patience: Patience = FOR_A_JOB) -> Client:
    """Return a client of PubMed; all clients of this server keep one pace together."""
    return Client(
        pace=Pace(settings.DATA_DIR / "pubmed.pace"), url=settings.PUBMED_URL.rstrip("/"),
        api_key=settings.PUBMED_API_KEY, email=settings.PUBMED_EMAIL, patience=patience,
    )  # fmt: skip


@contextmanager
def told() -> Iterator[None]:
    """Turn what keeps PubMed from answering into a sentence for the person who asked."""
    try:
        yield
    except Unavailable as error:
        raise ValidationError(str(error)) from error
