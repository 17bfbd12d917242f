"""Claiming and running jobs: lease, fence, attempts, and nothing written by a late worker."""

import logging
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

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

from reviewtool.jobs.attempt import LostLease, Run, lease_end
from reviewtool.jobs.models import Job
from reviewtool.jobs.registry import work_of
from reviewtool.reviews import ledger
from reviewtool.reviews.models import LedgerRow

logger = logging.getLogger("reviewtool.jobs")
MOST_ATTEMPTS = 3


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
