"""What a decision costs through the page's URL: SQL statements and milliseconds.

    python benchmarks/screening.py [--records 5000] [--decisions 200]

makes a review in a test database of its own (that of DATABASE_URL's server, or SQLite in a file of
its own), decides as one of two reviewers with django.test.Client, prints the numbers and destroys
the database. Nothing is asserted: tests/screening/test_query_counts.py holds the statements.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewtool.settings")
STAGE = "title_abstract"


def main() -> None:
    """Read the options, and measure in a database that goes afterwards."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--records", type=int, default=5000)
    asked.add_argument("--decisions", type=int, default=200)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ["REVIEWTOOL_DATA"] = place
        django.setup()
        from django.conf import settings
        from django.db import connection

        settings.ALLOWED_HOSTS.append("testserver")
        settings.DATABASES["default"].setdefault("TEST", {})
        connection.settings_dict["TEST"]["NAME"] = (
            f"{place}/benchmark.sqlite3" if connection.vendor == "sqlite" else "benchmark_screening"
        )
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            measure(options.records, options.decisions)
        finally:
            connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def measure(n_records: int, n_decisions: int) -> None:
    """Make the review, decide, and print."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    from screening.services import offers

    member = _review(n_records)
    browser = Client(headers={"accept": "application/json"})
    browser.force_login(member.user)
    address = reverse("screening:decide", args=[member.review.slug, STAGE])
    statements, times = [], []
    for place in range(n_decisions):
        card = offers.offer_ahead(member, stage=STAGE)[0]
        verdict = "include" if place % 10 == 0 else "exclude"
        data = {"record": card.record_id, "offer": card.pk, "verdict": verdict, "key": f"k{place}"}
        # Every other decision is timed, since counting statements slows them.
        started = time.perf_counter()
        if place % 2:
            answer = browser.post(address, data)
            times.append(1000 * (time.perf_counter() - started))
        else:
            with CaptureQueriesContext(connection) as seen:
                answer = browser.post(address, data)
            statements.append(len(seen))
        if answer.status_code != 200:
            raise SystemExit(answer.content.decode())
    print(f"{connection.vendor}, {n_records} records, {n_decisions} decisions")
    print(f"statements: median {statistics.median(statements)}, most {max(statements)}")
    cuts = statistics.quantiles(times, n=100)
    print(f"ms: p50 {cuts[49]:.1f}, p90 {cuts[89]:.1f}, p99 {cuts[98]:.1f}")


def _review(n_records: int):
    """Return a reviewer of a review with so many records, all pending."""
    from datetime import date

    from django.db.models import F

    from reviewtool.reviews.services import accounts, members, reviews
    from screening.models import Record, Screening
    from screening.services import imports

    people = [
        accounts.sign_up(
            username=name, email=f"{name}@example.org", name=name, password="a-long-enough-phrase"
        )
        for name in ("lena", "alice")
    ]
    lead = reviews.create_review(
        by=people[0], title="Measured", roles=("lead", "reviewer"), question="What does it cost?"
    )
    _, secret = members.invite(lead, roles=("reviewer",))
    member = members.accept(secret, user=people[1])
    search = imports.register_search(
        lead, kind="database", source="A source", searched_on=date(2024, 5, 3)
    )
    first = imports.add_record(search, by=lead, title="Blasts beside Leydig cells", year=2001)
    copied = {"review": lead.review, "search": search, "entered_seq": first.entered_seq}
    rows = [
        Record(**copied, title=f"Finding {n}", abstract="Blasts were counted. " * 60,
               raw_sha256=f"copy-{n}")
        for n in range(n_records - 1)
    ]  # fmt: skip
    Record.objects.bulk_create(rows, batch_size=500)
    Record.objects.filter(canonical=None).update(canonical=F("pk"))
    Screening.objects.bulk_create(
        [Screening(review=lead.review, record=row, stage=STAGE) for row in rows], batch_size=500
    )
    return member


if __name__ == "__main__":
    main()
