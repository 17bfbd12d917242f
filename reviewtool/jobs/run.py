"""Claiming and running jobs: lease, fence, attempts, and nothing written by a late worker."""

import logging
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import (
    IntegrityError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)
from django.db.models import F, Q
from django.utils import timezone

from reviewtool.jobs.models import Job
from reviewtool.jobs.registry import work_of
from reviewtool.reviews import ledger
from reviewtool.reviews.models import LedgerRow

logger = logging.getLogger("reviewtool.jobs")
MOST_ATTEMPTS = 3


class LostLease(Exception):
    """Another worker has claimed the job, or it was cancelled: stop and write nothing more."""


class Run:
    """One attempt at a job, as its handler sees it.

    A handler does its work in batches, each in `with run.batch(done=..., cursor=...)`; what it
    wrote in a batch is kept only if the job is still its own. The last batch passes `result`,
    which finishes the job in the same transaction. A handler may be started again after a kill
    with the cursor of its last batch: it must go on from there.
    """

    def __init__(self, job: Job):
        self.job = job
        self.review = job.review
        self.by = job.requested_by
        self.params: dict[str, Any] = job.params
        self.cursor: dict[str, Any] = dict(job.cursor)

    @contextmanager
    def batch(
        self,
        *,
        done: int | None = None,
        total: int | None = None,
        cursor: dict[str, Any] | None = None,
        message: str | None = None,
        result: dict[str, Any] | None = None,
    ) -> Iterator[None]:
        """Write one batch and the job's progress in one transaction, or neither."""
        changes: dict[str, Any] = {"lease_until": lease_end()}
        for name, value in (
            ("done", done),
            ("total", total),
            ("cursor", cursor),
            ("message", message),
        ):
            if value is not None:
                changes[name] = value
        if result is not None:
            changes |= {"state": Job.State.DONE, "result": result, "finished_at": timezone.now()}
        with transaction.atomic():
            yield
            if not self._mine().update(**changes):
                raise LostLease
        self.job.refresh_from_db()
        self.cursor = dict(self.job.cursor)

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        """Say how far the work is, when there is nothing to write with it."""
        with self.batch(done=done, total=total, message=message):
            pass

    def finish(self, **result: Any) -> None:
        with self.batch(result=result):
            pass

    def _mine(self):
        return Job.objects.filter(pk=self.job.pk, fence=self.job.fence, state=Job.State.RUNNING)


def lease_end():
    return timezone.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)


def claimable():
    """Jobs somebody may claim: queued, or running with a lease that ran out."""
    return Job.objects.filter(
        Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=timezone.now())
    )


def run_job(job_id: int) -> bool:
    """Claim the job and do it; return whether this call finished it.

    A message that comes twice, late, or to two workers at once does the work exactly once.
    """
    job = _claim(job_id)
    if job is None:
        return False
    with _renewed(job), ledger.through(LedgerRow.Door.JOB):
        return _attempt(job)


def _claim(job_id: int) -> Job | None:
    try:
        with transaction.atomic():
            claimed = (
                claimable()
                .filter(pk=job_id)
                .update(
                    state=Job.State.RUNNING,
                    fence=F("fence") + 1,
                    attempts=F("attempts") + 1,
                    lease_until=lease_end(),
                    started_at=timezone.now(),
                )
            )
    except IntegrityError:  # one of the same kind is running; the reaper rings again
        return None
    if not claimed:
        return None
    job = Job.objects.select_related("review", "requested_by__user").get(pk=job_id)
    if job.attempts > MOST_ATTEMPTS:
        _set_aside(job, job.trace, "It failed three times and was set aside.")
        return None
    return job


def _attempt(job: Job) -> bool:
    run = Run(job)
    try:
        work_of(job.kind).handler(run)
    except LostLease:
        return False
    except ValidationError as error:
        _set_aside(job, "", " ".join(error.messages))
        return False
    except Exception:  # noqa: BLE001 - whatever it was is kept with the job and shown, not hidden
        _failed(job, traceback.format_exc())
        return False
    if Job.objects.filter(pk=job.pk, fence=job.fence, state=Job.State.RUNNING).exists():
        run.finish()
    return True


def _failed(job: Job, trace: str) -> None:
    logger.error("job %s (%s) failed, attempt %s:\n%s", job.pk, job.kind, job.attempts, trace)
    if job.attempts >= MOST_ATTEMPTS:
        _set_aside(job, trace, "It failed three times and was set aside. The trace is kept.")
        return
    mine = Job.objects.filter(pk=job.pk, fence=job.fence, state=Job.State.RUNNING)
    mine.update(
        lease_until=timezone.now(), trace=trace, message="It failed and will be tried again."
    )


def _set_aside(job: Job, trace: str, message: str) -> None:
    Job.objects.filter(pk=job.pk, fence=job.fence, state=Job.State.RUNNING).update(
        state=Job.State.FAILED,
        trace=trace,
        message=message[:500],
        finished_at=timezone.now(),
    )


@contextmanager
def _renewed(job: Job) -> Iterator[None]:
    """Renew the lease from a thread while the work goes on: one step may take a minute.

    An in-memory database has one connection only, so there the batches alone renew it.
    """
    if connection.vendor == "sqlite" and connection.is_in_memory_db():  # type: ignore[attr-defined]
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(target=_renew, args=(job, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _renew(job: Job, ended: threading.Event) -> None:
    mine = Job.objects.filter(pk=job.pk, fence=job.fence, state=Job.State.RUNNING)
    while not ended.wait(settings.JOB_LEASE_SECONDS / 3):
        try:
            mine.update(lease_until=lease_end())
        except OperationalError as error:  # a long batch holds SQLite's only lock: try again
            logger.warning("The lease of job %s could not be renewed yet: %s", job.pk, error)
    close_old_connections()
    connection.close()
