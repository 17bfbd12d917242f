"""PubMed is searched from a page; what it gives goes through the ordinary import."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from reviewtool.jobs.models import Job
from reviewtool.jobs.services import run_waiting
from reviewtool.reviews.models import Event
from screening.models import ImportedFile, Record, SavedSearch, Search
from screening.pubmed import client as client_module
from screening.services import decisions, fetching, imports, pubmed
from tests.pubmed_server import GONE, Bad, PubMed, serving

QUERY = "leuk*[tiab] AND testis[mh]"


@pytest.fixture
def server(settings, monkeypatch, tmp_path):
    records = {100 + n: date(2024, 1, 1) + timedelta(days=n) for n in range(10)}
    monkeypatch.setattr(client_module.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(fetching, "BATCH", 3)
    settings.DATA_DIR = tmp_path
    with serving(PubMed(records)) as running:
        settings.PUBMED_URL = running.url
        settings.PUBMED_API_KEY = "secret"
        yield running


@pytest.fixture
def saved(server, lena) -> SavedSearch:
    return pubmed.save_search(lena, name="Testis", query=QUERY)


def run(saved: SavedSearch, lena) -> Job:
    job = pubmed.run_search(saved, by=lena)
    run_waiting()
    job.refresh_from_db()
    return job


def pmids() -> list[str]:
    return sorted(Record.objects.visible().values_list("pmid", flat=True))


def test_looking_keeps_nothing(server, lena):
    server.errors = {"phrasesnotfound": ["testiz"]}

    found = pubmed.look(QUERY, by=lena)

    assert found.n == 10
    assert "testiz" in found.warnings[0]
    assert not Search.objects.exists()


def test_a_run_is_a_search_of_its_own_with_all_its_records(saved, lena):
    job = run(saved, lena)

    assert job.state == Job.State.DONE
    search = Search.objects.get()
    assert (search.source, search.query, search.n_shown) == ("PubMed", QUERY, 10)
    assert search.details["translation"] == f"{QUERY}[All Fields]"
    assert pmids() == [str(100 + n) for n in range(10)]
    record = Record.objects.get(pmid="103")
    assert (record.title, record.doi) == ("Finding 103 beside Leydig cells.", "10.5555/pm.103")
    assert Event.objects.filter(kind="import_committed").count() == 1


def test_a_second_run_brings_in_only_what_is_new(saved, server, lena):
    run(saved, lena)
    server.records |= {200: date(2024, 3, 1), 201: date(2024, 3, 2)}

    run(saved, lena)

    first, second = Search.objects.with_counts().order_by("pk")
    assert (first.n_records, second.n_records, second.n_shown) == (10, 2, 12)
    assert pmids()[-2:] == ["200", "201"]
    assert len(pmids()) == 12


def test_a_run_that_finds_nothing_new_changes_nothing(saved, lena):
    run(saved, lena)
    run(saved, lena)

    assert len(pmids()) == 10
    assert Search.objects.count() == 2


def test_a_run_that_finds_nothing_at_all_is_registered_with_nought(saved, server, lena):
    server.records = {}

    job = run(saved, lena)

    assert job.state == Job.State.DONE
    assert Search.objects.get().n_shown == 0
    assert not ImportedFile.objects.exists()


def test_a_large_search_comes_in_parts_and_whole(saved, lena, monkeypatch):
    monkeypatch.setattr(client_module, "MOST_AT_ONCE", 4)

    run(saved, lena)

    assert ImportedFile.objects.count() > 1
    assert len(pmids()) == 10


@pytest.mark.parametrize("killed_at", [1, 2, 3])
def test_a_kill_between_batches_doubles_and_loses_nothing(saved, lena, monkeypatch, killed_at):
    fetch, calls = client_module.Client.fetch, []

    def dies(self, found, **how):
        calls.append(1)
        if len(calls) == killed_at:
            raise SystemExit("killed")
        return fetch(self, found, **how)

    monkeypatch.setattr(client_module.Client, "fetch", dies)
    job = pubmed.run_search(saved, by=lena)
    with pytest.raises(SystemExit):
        run_waiting()
    Job.objects.filter(pk=job.pk).update(lease_until="2000-01-01T00:00:00+00:00")
    run_waiting()

    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert pmids() == [str(100 + n) for n in range(10)]


def test_a_kill_before_the_file_is_handed_over_doubles_nothing(saved, lena, monkeypatch):
    commit = pubmed.imports.commit_file

    def dies(*args, **how):
        monkeypatch.setattr(pubmed.imports, "commit_file", commit)
        commit(*args, **how)
        raise SystemExit("killed")

    monkeypatch.setattr(pubmed.imports, "commit_file", dies)
    job = pubmed.run_search(saved, by=lena)
    with pytest.raises(SystemExit):
        run_waiting()
    Job.objects.filter(pk=job.pk).update(lease_until="2000-01-01T00:00:00+00:00")
    run_waiting()

    assert ImportedFile.objects.count() == 1
    assert len(pmids()) == 10


def test_when_pubmed_fails_the_job_says_so_and_can_be_tried_again(saved, server, lena, settings):
    server.instead["efetch.fcgi"] = [(200, b"<html>maintenance</html>")] * 4
    job = run(saved, lena)
    assert job.state == Job.State.FAILED
    assert "maintenance" in job.message
    assert not Record.objects.exists()

    again = pubmed.enqueue(job.review, job.kind, by=lena, key=job.key, params=job.params)
    run_waiting()
    again.refresh_from_db()
    assert again.state == Job.State.DONE
    assert len(pmids()) == 10
    assert Search.objects.count() == 1


def test_a_run_that_is_under_way_is_not_begun_twice(saved, lena):
    first = pubmed.run_search(saved, by=lena)

    assert pubmed.run_search(saved, by=lena) == first
    assert Search.objects.count() == 1


def test_too_many_records_are_refused_in_a_sentence(saved, lena, monkeypatch):
    monkeypatch.setattr(pubmed, "MOST_RECORDS", 5)

    job = run(saved, lena)

    assert job.state == Job.State.FAILED
    assert "Narrow it" in job.message


def test_only_leads_of_the_review_search(saved, server, alice, outsider):
    for who in (alice, outsider):
        with pytest.raises(PermissionDenied):
            pubmed.run_search(saved, by=who)
    with pytest.raises(PermissionDenied):
        pubmed.look(QUERY, by=alice)


def test_a_name_is_given_once(saved, lena):
    with pytest.raises(ValidationError, match="already saved"):
        pubmed.save_search(lena, name="Testis", query="other")


def test_the_page_counts_then_fetches_then_runs_again(server, lena, client_of):
    client = client_of(lena)
    url = reverse("screening:pubmed", args=[lena.review.slug])
    asked = {"query": QUERY, "name": "Testis"}

    looked = client.post(url, asked).content.decode()
    assert "10 records" in looked
    assert "Fetch 10 records" in looked

    started = client.post(url, asked | {"run": "yes"})
    assert started.status_code == 302
    run_waiting()
    page = client.get(url).content.decode()
    assert "10 found" in page
    assert "10 came in" in page

    again = client.post(
        reverse("screening:pubmed_run", args=[lena.review.slug, SavedSearch.objects.get().pk])
    )
    assert again.status_code == 302
    run_waiting()
    assert Search.objects.count() == 2


def test_the_page_keeps_the_query_when_pubmed_is_out_of_reach(
    lena, client_of, settings, monkeypatch
):
    settings.PUBMED_URL = "http://127.0.0.1:9"
    monkeypatch.setattr(client_module, "_RETRY", client_module._RETRY.new(total=0))
    url = reverse("screening:pubmed", args=[lena.review.slug])

    answer = client_of(lena).post(url, {"query": QUERY})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "could not be reached" in page
    assert "testis[mh]" in page
