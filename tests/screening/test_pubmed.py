"""PubMed is searched from a page; what it gives goes through the ordinary import."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from reviewtool.jobs.models import Job
from reviewtool.jobs.run import run_job
from reviewtool.jobs.services import cancel, retry, run_waiting
from reviewtool.reviews.models import Event
from screening.models import ImportedFile, Record, SavedSearch, Search
from screening.pubmed import client as client_module
from screening.services import decisions, fetching, imports, pubmed
from tests.pubmed_server import AS_EVER, GONE, Bad, PubMed, serving

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


def die_at(monkeypatch, owner, name, place):
    """Let the process die at a call: before it does anything, or after it did all."""
    real, calls = getattr(owner, name), []

    def dies(*args, **how):
        calls.append(1)
        if len(calls) == place[0] and place[1] == "before":
            raise SystemExit("killed")
        given = real(*args, **how)
        if len(calls) == place[0] and place[1] == "after":
            raise SystemExit("killed")
        return given

    monkeypatch.setattr(owner, name, dies)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("owner", "name", "nth"),
    [
        *((client_module.Client, "search", n) for n in (1, 5, 12, 14)),
        *((client_module.Client, "fetch", n) for n in (1, 2, 4)),
        (imports, "upload_file", 1), (imports, "upload_file", 2),
        (imports, "commit_file", 1), (imports, "commit_file", 3),
        (fetching, "_import", 1),
    ],
)  # fmt: skip
def test_a_kill_anywhere_doubles_and_loses_nothing(
    saved, lena, monkeypatch, owner, name, nth, when
):
    monkeypatch.setattr(client_module, "MOST_AT_ONCE", 4)
    die_at(monkeypatch, owner, name, (nth, when))
    job = pubmed.run_search(saved, by=lena)
    with pytest.raises(SystemExit):
        run_waiting()
    Job.objects.filter(pk=job.pk).update(lease_until="2000-01-01T00:00:00+00:00")
    run_waiting()

    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert (job.result["fetched"], job.result["missing"]) == (10, [])
    assert pmids() == [str(100 + n) for n in range(10)]
    assert Record.objects.count() == 10
    files = ImportedFile.objects.values_list("state", flat=True)
    assert set(files) == {ImportedFile.State.COMMITTED}
    assert not list((imports.settings.MEDIA_ROOT / "fetching").iterdir())


def test_when_pubmed_fails_the_job_says_so_and_can_be_tried_again(saved, server, lena):
    server.instead["efetch.fcgi"] = [(200, b"<html>maintenance</html>")] * 6
    job = run(saved, lena)
    assert job.state == Job.State.FAILED
    assert "maintenance" in job.message
    assert not Record.objects.exists()

    again = retry(job, by=lena)
    run_waiting()
    again.refresh_from_db()
    assert again.state == Job.State.DONE
    assert len(pmids()) == 10
    assert Search.objects.count() == 1


def test_a_run_that_fails_in_its_last_part_shows_nothing(saved, server, lena, monkeypatch):
    monkeypatch.setattr(client_module, "MOST_AT_ONCE", 4)
    fetch, calls = client_module.Client.fetch, []

    def fails(self, found, **how):
        calls.append(1)
        if len(calls) > 3:
            server.instead["efetch.fcgi"] = [Bad(503)] * 6
        return fetch(self, found, **how)

    monkeypatch.setattr(client_module.Client, "fetch", fails)
    job = run(saved, lena)

    assert job.state == Job.State.FAILED
    assert ImportedFile.objects.exists()
    assert not Record.objects.exists()


def test_a_failed_run_is_taken_up_on_another_day_without_a_loss(saved, server, lena, monkeypatch):
    """The search is cut otherwise then: what the first attempt kept must not stand for it."""
    monkeypatch.setattr(client_module, "MOST_AT_ONCE", 4)
    with time_machine.travel("2024-05-03T12:00:00+00:00"), monkeypatch.context() as bad_day:
        die_at(bad_day, client_module.Client, "fetch", (3, "before"))
        job = pubmed.run_search(saved, by=lena)
        with pytest.raises(SystemExit):
            run_waiting()
        cancel(job, by=lena)
    assert ImportedFile.objects.exists()

    server.records |= {50: date(2023, 12, 24), 51: date(2024, 1, 2)}
    with time_machine.travel("2024-09-17T12:00:00+00:00"):
        run(saved, lena)

    assert pmids() == sorted(map(str, server.records))
    search = Search.objects.get()
    assert (search.searched_on, search.n_shown) == (date(2024, 9, 17), 12)
    assert set(ImportedFile.objects.values_list("state", flat=True)) == {"committed"}
    assert Event.objects.filter(kind="search_registered").count() == 1
    assert not list((imports.settings.MEDIA_ROOT / "fetching").iterdir())


def test_a_search_the_history_forgot_is_run_again_from_its_beginning(saved, server, lena):
    server.instead["efetch.fcgi"] = [AS_EVER, AS_EVER, (400, GONE)]

    job = run(saved, lena)

    assert (job.state, job.result["fetched"]) == (Job.State.DONE, 10)
    assert Record.objects.count() == 10


def test_a_history_that_forgets_every_time_ends_in_a_sentence(saved, server, lena):
    server.instead["efetch.fcgi"] = [(400, GONE)] * 50

    job = run(saved, lena)

    assert job.state == Job.State.FAILED
    assert "forgot the search again and again" in job.message
    assert server.n_asked()["efetch.fcgi"] == fetching.MOST_REOPENED + 1


def test_a_part_file_that_is_gone_or_shorter_is_fetched_anew(saved, lena, monkeypatch):
    with monkeypatch.context() as killed:
        die_at(killed, client_module.Client, "fetch", (3, "before"))
        job = pubmed.run_search(saved, by=lena)
        with pytest.raises(SystemExit):
            run_waiting()
    (part,) = (imports.settings.MEDIA_ROOT / "fetching").iterdir()
    part.write_bytes(part.read_bytes()[:700])
    Job.objects.filter(pk=job.pk).update(lease_until="2000-01-01T00:00:00+00:00")
    run_waiting()

    assert len(pmids()) == Record.objects.count() == 10


def test_a_search_that_grows_while_it_is_fetched_is_cut_again(saved, server, lena, monkeypatch):
    monkeypatch.setattr(client_module, "MOST_AT_ONCE", 12)
    monkeypatch.setattr(fetching, "MOST_AT_ONCE", 12)
    begin = fetching._begin

    def grows(*args):
        begin(*args)
        server.records |= {300 + n: date(2024, 2, 1) + timedelta(days=n) for n in range(5)}

    monkeypatch.setattr(fetching, "_begin", grows)
    run(saved, lena)

    assert len(pmids()) == 15


def test_large_parts_become_several_files(saved, lena, monkeypatch):
    monkeypatch.setattr(fetching, "MOST_BYTES", 5000)

    run(saved, lena)

    names = list(ImportedFile.objects.values_list("name", flat=True))
    assert len(names) > 1
    assert names[-1].endswith(f"part {len(names)}.xml")
    assert len(pmids()) == 10


def test_records_pubmed_counted_and_did_not_give_are_named(saved, server, lena, client_of):
    server.withdrawn, server.held_back = {103}, {105}

    job = run(saved, lena)

    assert len(pmids()) == 9
    assert "counted 1 more and did not give them: 103" in job.message
    page = client_of(lena).get(Search.objects.get().get_absolute_url()).content.decode()
    assert "pubmed.ncbi.nlm.nih.gov/103/" in page
    assert "9 records fetched" in page


def test_what_an_undone_run_brought_comes_again(saved, lena):
    run(saved, lena)
    imports.undo_import(ImportedFile.objects.get(), by=lena)
    run(saved, lena)

    assert len(pmids()) == 10
    assert Search.objects.count() == 2


def test_a_second_run_touches_no_decision(saved, server, lena, alice):
    run(saved, lena)
    record = Record.objects.get(pmid="103")
    decisions.decide(record, by=alice, stage="title_abstract", verdict="include")
    server.records[200] = date(2024, 3, 1)

    run(saved, lena)

    record.refresh_from_db()
    assert record.is_visible
    assert record.search == Search.objects.first()
    assert record.screenings.get(stage="title_abstract").record_id == record.pk


def test_an_import_may_end_before_its_file_was_read_for_the_preview(saved, lena, monkeypatch):
    monkeypatch.setattr(imports, "READ_AT_ONCE", 10)
    for kinds in (["import", "read_file"], ["read_file", "import"]):
        job = pubmed.run_search(saved, by=lena)
        run_job(job.pk)
        for kind in kinds:
            run_job(Job.objects.open().get(kind=kind).pk)
        summary = ImportedFile.objects.latest("pk").summary
        assert summary["n_records"] == 10
        assert summary["n_imported"] + summary["n_known"] == 10


def test_a_run_that_is_under_way_is_not_begun_twice(saved, lena):
    first = pubmed.run_search(saved, by=lena)

    assert pubmed.run_search(saved, by=lena) == first
    assert Search.objects.count() == 1


def test_too_many_records_are_refused_in_a_sentence(saved, lena, monkeypatch):
    monkeypatch.setattr(fetching, "MOST_RECORDS", 5)

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


def test_the_page_counts_then_fetches_what_was_counted_then_runs_again(server, lena, client_of):
    client = client_of(lena)
    url = reverse("screening:pubmed", args=[lena.review.slug])
    asked = {"query": QUERY, "name": "Testis"}

    looked = client.post(url, asked).content.decode()
    assert "10 records" in looked
    assert "Fetch 10 records" in looked

    changed = asked | {"run": "yes", "looked": QUERY, "query": f"{QUERY} NOT rats"}
    assert "10 records" in client.post(url, changed).content.decode()
    assert not Search.objects.exists()

    started = client.post(url, asked | {"run": "yes", "looked": f" {QUERY}\r\n"})
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


def test_the_page_keeps_the_query_when_pubmed_is_out_of_reach(server, lena, client_of, settings):
    settings.PUBMED_URL = "http://127.0.0.1:9"
    url = reverse("screening:pubmed", args=[lena.review.slug])

    answer = client_of(lena).post(url, {"query": QUERY})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "could not be reached" in page
    assert "testis[mh]" in page


def test_a_name_that_is_taken_registers_nothing(saved, lena):
    with pytest.raises(ValidationError):
        pubmed.save_and_run(lena, name="Testis", query="other")
    assert not Search.objects.exists()
    assert not Job.objects.exists()


def test_the_page_of_a_run_shows_how_far_it_is_and_reloads_at_the_end(saved, lena, client_of):
    client = client_of(lena)
    url = reverse("screening:pubmed_run", args=[lena.review.slug, saved.pk])
    search = client.post(url, follow=True).redirect_chain[-1][0]

    waiting = client.get(search, headers={"hx-request": "true"})
    assert "Waiting for a worker" in waiting.content.decode()
    assert "HX-Refresh" not in waiting
    run_waiting(most=1)
    importing = client.get(search, headers={"hx-request": "true"})
    assert "Importing what was fetched" in importing.content.decode()
    run_waiting()
    assert client.get(search, headers={"hx-request": "true"})["HX-Refresh"] == "true"

    client.post(url)
    run_waiting()
    page = client.get(Search.objects.last().get_absolute_url()).content.decode()
    assert "10 of them were already here from an earlier run of “Testis”" in page
    assert "How PubMed read the query" in page


def test_the_page_of_a_failed_run_says_why_and_takes_it_up(saved, server, lena, client_of):
    server.instead["esearch.fcgi"] = [Bad(503)] * 6
    run(saved, lena)
    client = client_of(lena)

    page = client.get(Search.objects.get().get_absolute_url()).content.decode()
    assert "too busy or out of order" in page
    assert "No record of this run is in the review" in page
    assert "Fetch again" in page

    client.post(reverse("screening:pubmed_run", args=[lena.review.slug, saved.pk]))
    run_waiting()
    assert len(pmids()) == 10


def test_clients_of_the_api_save_run_and_read_searches(server, lena, client_of):
    client, slug = client_of(lena), lena.review.slug
    url = reverse("api-saved-searches", args=[slug])

    made = client.post(url, {"query": QUERY}, content_type="application/json")
    assert made.status_code == 201
    assert made.json()["name"] == QUERY
    runs = reverse("api-saved-search-runs", args=[slug, made.json()["id"]])
    started = client.post(runs)
    assert started.status_code == 202
    assert client.post(runs).json() == started.json()
    run_waiting()

    (only,) = client.get(runs).json()
    assert (only["id"], only["n_records"]) == (started.json()["search"], 10)
    assert client.get(url).json()["results"][0]["query"] == QUERY
    assert client.post(url, {"query": " "}, content_type="application/json").status_code == 400
