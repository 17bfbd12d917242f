"""Keeping the worker process alive while the pages are served."""

import contextlib
import os
import subprocess  # nosec - starts our own worker module, with no input from users
import sys
import threading
import time
from collections.abc import Iterator

LONGEST_WAIT = 30.0


class Supervisor:
    """Start the worker in its own session, restart it with growing pauses, end it at the end."""

    def __init__(self, command: list[str] | None = None):
        self.command = command or [sys.executable, "-m", "reviewtool.supervision.worker"]
        self._ended = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._supervise, daemon=True, name="supervisor")

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, patience: float = 10.0) -> None:
        """Close the pipe, wait for the job in hand, and kill only what does not end."""
        self._ended.set()
        process = self._process
        if process is not None:
            if process.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.close()
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._thread.join(patience)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    def _supervise(self) -> None:
        wait = 1.0
        while not self._ended.is_set():
            started = time.monotonic()
            self._process = subprocess.Popen(  # nosec - see above
                self.command, stdin=subprocess.PIPE, start_new_session=True, env=dict(os.environ)
            )
            self._process.wait()
            lived = time.monotonic() - started
            wait = 1.0 if lived > 60 else min(LONGEST_WAIT, wait * 2)
            self._ended.wait(wait)


@contextlib.contextmanager
def supervised_worker() -> Iterator[Supervisor]:
    supervisor = Supervisor()
    supervisor.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()
