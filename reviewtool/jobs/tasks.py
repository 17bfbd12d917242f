"""Doorbells. A task has no logic of its own."""

from celery import shared_task

from reviewtool.jobs import run


@shared_task(name="reviewtool.run_job")
def run_job(job_id: int) -> bool:
    return run.run_job(job_id)
