"""One attempt at a job, as its handler sees it: batches that count only while the lease is held."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from reviewtool.jobs.models import Job


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
