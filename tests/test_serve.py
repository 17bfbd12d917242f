"""`reviewtool serve`: pages and worker from one command, whatever is killed."""

import json
import os
import signal
import socket
import sqlite3
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.processes import (
    Running,
    asking_for_an_import,
    embedded,
    free_port,
    is_alive,
    manage,
    needs_proc,
    wait_for,
)

pytestmark = [pytest.mark.slow, needs_proc]
WORKER = "reviewtool.supervision.worker"
N_RECORDS = 4000


@pytest.fixture
def serve(tmp_path):
    """Start `serve` on embedded defaults, as often as a test likes; end them all afterwards."""
    started: list[Running] = []

    def start(*arguments: str, port: int, **environment: str) -> Running:
        command = [sys.executable, "manage.py", "serve", "--port", str(port), *arguments]
        started.append(Running(command, embedded(tmp_path, **environment)))
        return started[-1]

    yield start
    for running in started:
        running.end()


@pytest.fixture
def served(serve):
    """A server that is ready, and its address."""
    port = free_port()
    running = serve(port=port, JOB_LEASE_SECONDS="2")
    running.wait_until_said("reviewtool is ready")
    return running, f"http://127.0.0.1:{port}"


def worker_of(running: Running, *, but_not: int | None = None) -> int:
    def another() -> int | None:
        pid = running.child(WORKER)
        return pid if pid != but_not else None

    return wait_for(another, "no worker lives")


def get(url: str) -> tuple[int, str]:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.status, answer.read().decode()


def rows(data: Path, query: str) -> list[tuple]:
    """Look into the served database as an outsider, reading only."""
    connection = sqlite3.connect(f"file:{data}/reviewtool.sqlite3?mode=ro", uri=True, timeout=20)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_it_serves_pages_and_says_that_it_is_well(served):
    running, url = served
    assert f"{url}/" in running.said
    status, page = get(f"{url}/login/")
    assert status == 200
    assert "<form" in page
    status, health = get(f"{url}/healthz")
    assert (status, json.loads(health)) == (
        200,
        {"database": "reachable", "broker": "reachable"},
    )


def test_it_listens_on_loopback_only(served):
    _, url = served
    port = int(url.rpartition(":")[2])
    listening = [
        line.split()[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        if Path(table).exists()
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")
    ]
    assert listening == [f"0100007F:{port:04X}"]


def test_a_killed_worker_is_replaced(served):
    running, _ = served
    first = worker_of(running)
    os.kill(first, signal.SIGKILL)
    second = worker_of(running, but_not=first)
    assert is_alive(second)
    assert not is_alive(first)


def test_the_worker_ends_when_its_parent_is_killed(served):
    running, _ = served
    worker = worker_of(running)
    running.kill()
    wait_for(lambda: not is_alive(worker), "the worker outlived its parent", seconds=20)


def test_ctrl_c_ends_everything_and_nothing_is_lost(serve, tmp_path):
    port = free_port()
    running = serve(port=port)
    running.wait_until_said("reviewtool is ready")
    worker = worker_of(running)
    assert running.interrupt() == 0, running.said
    assert not is_alive(worker)
    assert "Traceback" not in running.said
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0

    again = serve(port=port)
    again.wait_until_said("reviewtool is ready")
    assert get(f"http://127.0.0.1:{port}/login/")[0] == 200


def test_a_terminated_server_takes_its_worker_along(served):
    running, _ = served
    worker = worker_of(running)
    running.process.terminate()
    assert running.process.wait(30) == 0, running.said
    assert not is_alive(worker)


def test_a_taken_port_is_told_in_a_sentence(serve):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        running = serve(port=port)
        assert running.process.wait(60) != 0
        said = running.wait_until_said(f"Port {port} on 127.0.0.1 is taken")
    assert f"--port {port + 1}" in said
    assert "Traceback" not in said


def test_a_job_whose_worker_is_killed_is_done_exactly_once(served, tmp_path):
    running, _ = served
    worker = worker_of(running)
    manage("shell", "-c", asking_for_an_import(N_RECORDS), environment=embedded(tmp_path))

    def is_in_the_middle() -> bool:
        traces = rows(tmp_path, "SELECT trace FROM jobs_job WHERE trace <> ''")
        assert traces == [], traces
        return bool(rows(tmp_path, "SELECT 1 FROM jobs_job WHERE kind='import' AND done > 0"))

    wait_for(is_in_the_middle, "the import never began")
    os.kill(worker, signal.SIGKILL)
    assert rows(tmp_path, "SELECT state FROM jobs_job WHERE kind='import'") == [("running",)]

    query = "SELECT attempts FROM jobs_job WHERE kind='import' AND state='done'"
    ((attempts,),) = wait_for(lambda: rows(tmp_path, query), "the import never ended", seconds=120)
    assert attempts == 2
    query = "SELECT count(*), count(DISTINCT position) FROM screening_record"
    assert rows(tmp_path, query) == [(N_RECORDS, N_RECORDS)]
    said = manage("check_ledger", environment=embedded(tmp_path))
    assert "every projection follows from the ledger" in said
