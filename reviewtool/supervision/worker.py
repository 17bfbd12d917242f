"""The worker process of `serve`: a Celery worker that ends when its parent does.

Its standard input is a pipe that the parent holds open; when the parent is gone, however it went,
the pipe closes and the worker stops after the job in hand.
"""

import os
import signal
import sys
import threading
import warnings

from celery.exceptions import SecurityWarning

from reviewtool.celery import app

PARENT = 0


def end_with_parent() -> None:
    """Wait until the parent's end of the pipe closes, then ask Celery to stop."""
    while os.read(PARENT, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    threading.Thread(target=end_with_parent, daemon=True).start()
    # It is about pickled messages read by root; ours are JSON, whoever reads them.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    # solo: a polling broker gives a prefork pool one task a poll; one process needs no pool.
    app.worker_main(["--quiet", "worker", "-P", "solo", "--loglevel", "WARNING", "--without-gossip",
                     "--without-mingle", "--hostname", "laptop@%h", *sys.argv[1:]])  # fmt: skip


if __name__ == "__main__":
    main()
