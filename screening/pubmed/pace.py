"""Turns at PubMed: however many processes ask, together they never ask faster than allowed.

NCBI counts requests by address and by API key, not by process, and says nothing of how long to
wait when there were too many.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FAR = 600.0
"""A turn later than this (seconds) was written under another clock, and counts for nothing."""


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Pace:
    """Gives out turns, kept in a file that all processes of this server share.

    `now` and `sleep` are the clock it goes by, in seconds since the epoch.
    """

    path: Path
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = _sleep

    def wait(self, interval: float) -> None:
        """Return when it is our turn; the next turn is `interval` seconds after it."""
        turn = self._move(lambda now, free: (free, free + interval))
        if (pause := turn - self.now()) > 0:
            self.sleep(pause)

    def put_off(self, seconds: float) -> None:
        """Let nobody have a turn for a while."""
        self._move(lambda now, free: (free, max(free, now + min(seconds, FAR))))

    def _move(self, change: Callable[[float, float], tuple[float, float]]) -> float:
        """Change the next free turn under the lock; return the first of what `change` gives."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            now = self.now()
            taken, free = change(now, _free(file.read(), now))
            file.truncate(0)
            file.write(f"{free:.6f}")
        return taken


def _free(written: str, now: float) -> float:
    try:
        free = float(written)
    except ValueError:
        return now
    return free if now < free <= now + 2 * FAR else now
