"""Starting, watching and ending real processes: the servers and workers some tests are about."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

ROOT = Path(__file__).resolve().parent.parent
T = TypeVar("T")

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="Watches processes through Linux's /proc."
)


def service(name: str) -> str:
    """Return the address of a service for tests, or skip; in CI a lacking service is a failure."""
    address = os.environ.get(name, "")
    if not address:
        sentence = f"Needs a running service: set {name} (CONTRIBUTING.md says how)."
        if os.environ.get("REVIEWTOOL_CI"):
            pytest.fail(sentence, pytrace=False)
        pytest.skip(sentence)
    return address


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(ask: Callable[[], T], what: str, *, seconds: float = 60) -> T:
    """Ask until the answer is true, and return it; fail with a sentence when it never is."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(0.1)
    pytest.fail(f"Waited {seconds:g} seconds in vain: {what}.")


def embedded(data: Path, **more: str) -> dict[str, str]:
    """Return an environment in which nothing but the data directory is set."""
    ours = ("PYTEST_", "REVIEWTOOL_", "DATABASE_URL", "REDIS_URL", "DJANGO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"REVIEWTOOL_DATA": str(data), "PYTHONUNBUFFERED": "1"} | more


def manage(*arguments: str, environment: dict[str, str]) -> str:
    """Run one management command to its end and return what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def asking_for_an_import(n_records: int) -> str:
    """Return a script for `manage.py shell`: a new review whose lead imports a file.

    It runs in a process of its own, since a test's settings point to the test's database.
    """
    return f"""
import io
from datetime import date
from reviewtool.reviews.services import accounts, reviews
from screening.services import imports

user = accounts.sign_up(
    username="lena", email="lena@example.org", name="Lena", password="a-long-enough-phrase"
)
lena = reviews.create_review(by=user, title="A review", question="What is the question?")
search = imports.register_search(
    lena, kind="database", source="PubMed", searched_on=date(2024, 5, 1)
)
text = "".join(
    f"TY  - JOUR\\nTI  - Title number {{i}} of many\\nAB  - What was found, in sentence {{i}}.\\n"
    f"PY  - 2020\\nAN  - {{i}}\\nER  - \\n\\n"
    for i in range({n_records})
)
file = imports.upload_file(search, by=lena, name="many.ris", stream=io.BytesIO(text.encode()))
imports.commit_file(file, by=lena)
"""


class Running:
    """A process we started, what it has said so far, and its children."""

    def __init__(self, command: list[str], environment: dict[str, str]):
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self._lines.extend(iter(self.process.stdout.readline, ""))

    @property
    def said(self) -> str:
        return "".join(self._lines)

    def wait_until_said(self, words: str, *, seconds: float = 90) -> str:
        def has_said() -> bool:
            if words not in self.said and self.process.poll() is not None:
                self._reader.join(5)
                assert words in self.said, f"It ended without saying “{words}”:\n{self.said}"
            return words in self.said

        wait_for(has_said, f"“{words}” was never said", seconds=seconds)
        return self.said

    def child(self, module: str) -> int | None:
        """Return the pid of the living child that runs a module."""
        for pid in children_of(self.process.pid):
            if module in command_of(pid):
                return pid
        return None

    def interrupt(self) -> int:
        """Press Ctrl-C and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def end(self) -> None:
        """Leave nothing behind, whatever state the test left it in."""
        family = descendants_of(self.process.pid)
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
        for pid in family:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)


def stat_of(pid: int) -> list[str]:
    """Return the fields after the command in /proc/PID/stat; none when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def is_alive(pid: int) -> bool:
    """Whether a process lives; a zombie that nobody has collected does not."""
    return stat_of(pid)[:1] not in ([], ["Z"])


def children_of(parent: int) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = stat_of(int(entry.name))
            if fields and int(fields[1]) == parent and fields[0] != "Z":
                yield int(entry.name)


def descendants_of(parent: int) -> list[int]:
    found = list(children_of(parent))
    return found + [pid for child in found for pid in descendants_of(child)]
