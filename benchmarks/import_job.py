"""Import a large generated file as a user does, kill the worker halfway, and count.

    python benchmarks/import_job.py                    80,000 records, about 300 MB of RIS
    python benchmarks/import_job.py --records 8000 --kills 1

Everything runs in a temporary data directory on SQLite, each step in a process of its own:
register and upload, import (killed with SIGKILL `--kills` times, then started again), count.
Prints seconds, records per second and the peak memory of the worker; fails when a record is
doubled or lost.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent

UPLOAD = """
from datetime import date
from django.core.management import call_command
call_command("migrate", verbosity=0)
from reviewtool.reviews.services import accounts, reviews
from screening.services import imports
user = accounts.sign_up(username="lena", email="", name="Lena", password="a long pass phrase")
member = reviews.create_review(by=user, title="A large review", question="How large may it be?")
search = imports.register_search(member, kind="database", source="Example", searched_on=date(2026, 1, 5))
with open(FILE, "rb") as stream:
    file = imports.upload_file(search, by=member, name="large.ris", stream=stream)
if "summary" not in STEPS:
    from reviewtool.jobs.models import Job
    Job.objects.filter(kind="read_file").delete()
imports.commit_file(file, by=member)
print(json.dumps({"file": file.pk}))
"""
WORK = """
from reviewtool.jobs.models import Job
from reviewtool.jobs.run import run_job
Job.objects.filter(state="running").update(lease_until="2000-01-01T00:00:00+00:00")
begun = time.perf_counter()
for job in Job.objects.filter(kind="import", state__in=("queued", "running")):
    run_job(job.pk)
job = Job.objects.filter(kind="import").latest("pk")
print(json.dumps({
    "state": job.state, "message": job.message, "seconds": time.perf_counter() - begun,
    "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""
PROGRESS = """
from reviewtool.jobs.models import Job
job = Job.objects.filter(kind="import").latest("pk")
print(json.dumps({"state": job.state, "done": job.done or 0}))
"""
COUNT = """
from screening.models import Record, Screening
records = Record.objects.visible()
print(json.dumps({
    "records": records.count(), "dois": records.values("doi").distinct().count(),
    "invisible": Record.objects.filter(entered_seq=None).count(),
    "screenings": Screening.objects.count(),
}))
"""
SETUP = """
import json, os, resource, sys, time
sys.path.insert(0, {root!r})
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewtool.settings")
import django
django.setup()
FILE, STEPS = {file!r}, {steps!r}
"""


class Workplace:
    """A data directory, a file, and Python processes that work on them."""

    def __init__(self, folder: Path, file: Path, steps: str) -> None:
        self.setup = SETUP.format(root=str(HERE.parent), file=str(file), steps=steps)
        self.env = os.environ | {"REVIEWTOOL_DATA": str(folder), "UPLOAD_LIMIT_MB": "1000"}

    def start(self, script: str) -> subprocess.Popen[str]:
        """Run a script in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-c", self.setup + script],
            env=self.env, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, script: str) -> dict[str, object]:
        """Run a script to its end and return what it printed."""
        process = self.start(script)
        out, _ = process.communicate()
        if process.returncode:
            raise SystemExit(f"A step failed with {process.returncode}.")
        return json.loads(out.splitlines()[-1])


def generator() -> object:
    """Return the module that writes the records (its name is a keyword of Python)."""
    spec = importlib.util.spec_from_file_location("import_benchmark", HERE / "import.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def killed(place: Workplace, at: int) -> None:
    """Start the worker and kill it once it has written that many records."""
    process = place.start(WORK)
    while process.poll() is None:
        time.sleep(1)
        if int(str(place.run(PROGRESS)["done"])) >= at:
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    print(f"killed after {place.run(PROGRESS)['done']} records")


def main() -> None:
    """Generate, upload, import with kills, count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=80_000)
    parser.add_argument("--kills", type=int, default=1)
    parser.add_argument("--summary", action="store_true", help="read for the preview first")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.ris"
        generator().write_file(file, chosen.records, n_sentences=20)  # type: ignore[attr-defined]
        print(f"{chosen.records:,} records, {file.stat().st_size / 1e6:.0f} MB")
        place = Workplace(Path(folder) / "data", file, "summary" if chosen.summary else "")
        begun = time.perf_counter()
        place.run(UPLOAD)
        print(f"uploaded in {time.perf_counter() - begun:.1f} s")
        for kill in range(1, chosen.kills + 1):
            killed(place, chosen.records * kill // (chosen.kills + 1))
        ended = place.run(WORK)
        print(f"{ended['message']} Last run {ended['seconds']:.0f} s, peak {ended['mb']:.0f} MB")
        counted = place.run(COUNT)
        print(counted)
        if counted["records"] != chosen.records or counted["dois"] != chosen.records:
            raise SystemExit("Records were lost or doubled.")


if __name__ == "__main__":
    main()
