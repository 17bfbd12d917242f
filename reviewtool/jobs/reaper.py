"""A thread in every worker that rings again for jobs left by a dead one."""

import logging
import threading

from celery import signals
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from reviewtool.jobs.services import ring_again

logger = logging.getLogger("reviewtool.jobs")
_ended = threading.Event()


@signals.worker_ready.connect
def start(**_) -> None:
    """Begin when the worker is ready (a Celery signal, not a model signal)."""
    threading.Thread(target=_reap, daemon=True, name="job-reaper").start()


@signals.worker_shutting_down.connect
def stop(**_) -> None:
    _ended.set()


def _reap() -> None:
    while not _ended.wait(settings.JOB_LEASE_SECONDS / 2):
        close_old_connections()
        try:
            ring_again()
        except DatabaseError as error:
            logger.warning("The reaper could not read the jobs: %s", error)
