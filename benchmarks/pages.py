"""How long every page and API route of a large review takes: milliseconds, statements, kilobytes.

    python benchmarks/pages.py [--records 20000] [--slowest 25]

makes a review in a test database of its own (that of DATABASE_URL's server, or SQLite in a file of
its own): three reviewers, two of whom decided on 40 % of the records, agreeing on most. Every
address that answers GET is read twice as a lead and as a reviewer; the second time is told, the
slowest first. Nothing is asserted.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewtool.settings")
STAGE = "title_abstract"
WORDS = [
    "leukemia",
    "niche",
    "marrow",
    "meninges",
    "testis",
    "adhesion",
    "relapse",
    "integrin",
    "laminin",
    "hypoxia",
    "stroma",
    "trial",
    "cohort",
    "outcome",
    "response",
    "risk",
    "cells",
    "expression",
    "receptor",
    "ligand",
    "blast",
    "chemokine",
    "tissue",
    "barrier",
]


def main() -> None:
    """Read the options, and measure in a database that goes afterwards."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--records", type=int, default=20_000)
    asked.add_argument("--slowest", type=int, default=25)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ["REVIEWTOOL_DATA"] = place
        django.setup()
        from django.conf import settings
        from django.db import connection

        settings.ALLOWED_HOSTS.append("testserver")
        settings.DATABASES["default"].setdefault("TEST", {})
        connection.settings_dict["TEST"]["NAME"] = (
            f"{place}/benchmark.sqlite3" if connection.vendor == "sqlite" else "benchmark_pages"
        )
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            measure(options.records, options.slowest)
        finally:
            connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def measure(n_records: int, n_slowest: int) -> None:
    """Make the review, read every address, and print."""
    from django.db import connection

    lead, reviewer = large_review(n_records)
    told = []
    for role, member in (("lead", lead), ("reviewer", reviewer)):
        for url in addresses(member.review):
            told.append((*read(url, member), role, url))
    told.sort(reverse=True)
    print(f"{connection.vendor}, {n_records:,} records, {len(told)} addresses\n")
    print("| ms | statements | kB | status | as | address |\n|---|---|---|---|---|---|")
    for ms, statements, kilobytes, status, role, url in told[:n_slowest]:
        print(f"| {ms:.0f} | {statements} | {kilobytes:.0f} | {status} | {role} | {url} |")


def read(url: str, member) -> tuple[float, int, float, int]:
    """Read an address twice; return the second time's milliseconds, statements and size."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    browser = Client(raise_request_exception=False)
    browser.force_login(member.user)
    connection.queries_log.clear()  # when it is full, nothing is counted
    with CaptureQueriesContext(connection) as seen:
        browser.get(url)
    statements = len(seen)
    started = time.perf_counter()
    answer = browser.get(url)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    taken = 1000 * (time.perf_counter() - started)
    return taken, statements, len(body) / 1000, answer.status_code


def addresses(review) -> list[str]:
    """Every address of the review, with its first record, file, search and study."""
    from django.urls import get_resolver, reverse

    values = {
        "pk": 1, "first": 1, "second": 2, "file": 1, "version": 1, "entity": "item", "key": "i1",
        "name": "site", "format": "csv", "stage": STAGE, "slug": review.slug,
    }  # fmt: skip
    found = []
    for name, pattern in _routes(get_resolver()):
        kwargs = {key: values[key] for key in pattern.pattern.converters}
        found.append(reverse(name, kwargs=kwargs | {"slug": review.slug}))
    records = f"/reviews/{review.slug}/records/"
    return [*found, f"{records}?q=niche+relapse", f"{records}?outcome=excluded&page=40"]


def _routes(resolver, prefix: str = "", namespace: str = "") -> Iterator[tuple[str, object]]:
    from django.urls import URLResolver

    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _routes(pattern, route, inner)
        elif pattern.name and "<slug:slug>/" in route:
            yield f"{namespace}{pattern.name}", pattern


def large_review(n_records: int):
    """Return lead and reviewer of a review with so many records, 40 % of them decided."""
    from datetime import date

    from django.db import transaction
    from django.db.models import F

    from reviewtool.reviews import ledger
    from reviewtool.reviews.services import accounts, members, reviews
    from screening.models import Decision, Record, Screening
    from screening.services import imports, ranking, screenings

    chance = random.Random(7)
    people = [
        accounts.sign_up(
            username=name, email=f"{name}@example.org", name=name, password="a-long-enough-phrase"
        )
        for name in ("lena", "alice", "bob", "carol")
    ]
    lead = reviews.create_review(by=people[0], title="Measured", question="What does it cost?")
    team = []
    for user in people[1:]:
        _, secret = members.invite(lead, roles=("reviewer",))
        team.append(members.accept(secret, user=user))
    search = imports.register_search(
        lead, kind="database", source="A source", searched_on=date(2024, 5, 3)
    )
    first = imports.add_record(search, by=lead, title="Blasts beside Leydig cells", year=2001)
    said = {"review": lead.review, "search": search, "entered_seq": first.entered_seq}
    rows = [
        Record(
            **said, title=" ".join([*chance.choices(WORDS, k=8), *_names(chance, 3)]),
            abstract=" ".join(chance.choices(WORDS, k=180)), raw_sha256=f"copy-{n}",
            authors=[f"{family.title()}, B" for family in _names(chance, 4)],
            year=2000 + n % 25, journal="Journal of Niche Biology",
        )
        for n in range(n_records - 1)
    ]  # fmt: skip
    for row in rows:
        row.search_text = f"{row.title} {row.abstract}".lower()
    Record.objects.bulk_create(rows, batch_size=500)
    Record.objects.filter(canonical=None).update(canonical=F("pk"))
    Screening.objects.bulk_create(
        [Screening(review=lead.review, record=row, stage=STAGE) for row in rows], batch_size=500
    )
    decided = rows[: 4 * n_records // 10]
    for start in range(0, len(decided), 400):
        part = decided[start : start + 400]
        with transaction.atomic():
            for member in team[:2]:
                entries = [
                    Decision(record=row, stage=STAGE, verdict=_verdict(row, chance)) for row in part
                ]
                ledger.append(lead.review, entries, by=member)
            screenings.refresh(lead.review, record_ids=[row.pk for row in part])
    ranking.request_training(lead.review, by=lead, stage=STAGE)
    from reviewtool.jobs.services import run_waiting

    run_waiting()
    return lead, team[0]


def _names(chance: random.Random, n: int) -> list[str]:
    """Words that hardly another record has, so that records are no duplicates."""
    return ["".join(chance.choices("abcdefghilmnoprstuvz", k=7)) for _ in range(n)]


def _verdict(record, chance: random.Random) -> str:
    likely = "relapse" in record.title and "niche" in record.title
    return "include" if likely != (chance.random() < 0.03) else "exclude"


if __name__ == "__main__":
    main()
