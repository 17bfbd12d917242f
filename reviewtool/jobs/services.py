"""Asking for long work, cancelling it, and ringing again for what was left lying."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from reviewtool.jobs import tasks
from reviewtool.jobs.models import Job
from reviewtool.jobs.run import claimable, run_job
from reviewtool.reviews.models import Membership, Review
from reviewtool.reviews.permissions import Permission

logger = logging.getLogger("reviewtool.jobs")


def enqueue(
    review: Review,
    kind: str,
    *,
    by: Membership,
    key: str = "",
    params: dict[str, Any] | None = None,
    total: int | None = None,
) -> Job:
    """Ask for a job; if the same (kind, key) already waits, that one is returned.

    The doorbell rings after the transaction commits. A broker that cannot be reached is logged
    and never fails the request: the reaper rings again.
    """
    waiting = Job.objects.filter(review=review, kind=kind, key=key, state=Job.State.QUEUED).first()
    if waiting is not None:
        return waiting
    try:
        with transaction.atomic():
            job = Job.objects.create(
                review=review, kind=kind, key=key, requested_by=by, params=params or {}, total=total
            )
    except IntegrityError:
        return Job.objects.get(review=review, kind=kind, key=key, state=Job.State.QUEUED)
    transaction.on_commit(lambda: ring(job.pk))
    return job


def ring(job_id: int) -> None:
    """Send the doorbell message; a broker out of reach is a log line."""
    try:
        tasks.run_job.apply_async([job_id], retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("The broker could not be reached for job %s: %s", job_id, error)


def may_steer(job: Job, *, by: Membership) -> bool:
    """Whoever asked for a job may stop it or ask again; so may those who run the review."""
    return job.review_id == by.review_id and (
        job.requested_by_id == by.pk or by.may(Permission.IMPORT)
    )


def _require_steering(job: Job, by: Membership) -> None:
    if not may_steer(job, by=by):
        raise PermissionDenied("Only who asked for a job, or a lead, may stop it or ask again.")


def cancel(job: Job, *, by: Membership) -> None:
    """Stop a job; the batches it finished stay invisible, since it never closes."""
    _require_steering(job, by)
    stopped = (
        Job.objects.open()
        .filter(pk=job.pk, review=by.review)
        .update(
            state=Job.State.CANCELLED,
            message=f"Cancelled by {by}.",
            finished_at=timezone.now(),
        )
    )
    if not stopped:
        raise ValidationError("This job has already ended.")


def retry(job: Job, *, by: Membership) -> Job:
    """Ask again for a job that was set aside."""
    _require_steering(job, by)
    if job.state != Job.State.FAILED:
        raise ValidationError("Only a job that was set aside can be tried again.")
    return enqueue(job.review, job.kind, by=by, key=job.key, params=job.params)


def ring_again() -> int:
    """Ring for every job that waits or whose worker died; return how many."""
    waiting = list(claimable().values_list("pk", flat=True)[:100])
    for job_id in waiting:
        ring(job_id)
    return len(waiting)


def run_waiting(*, most: int = 1000) -> int:
    """Do all waiting jobs here and now (the seed and the tests have no worker); return how many."""
    n_run = 0
    while n_run < most and (job := claimable().order_by("pk").first()) is not None:
        run_job(job.pk)
        n_run += 1
    return n_run
