"""The client asks PubMed politely and takes nothing for an answer that is none."""

import subprocess
import sys
import time
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from screening.pubmed import Client, HistoryGone, Pace, Patience, Unavailable
from screening.pubmed import client as module
from tests.pubmed_server import GONE, Bad, PubMed, serving

UNTIL = date(2025, 6, 1)
QUICK = Patience(attempts=3, connect=1, read=0.3, whole=0.6)


class Clock:
    def __init__(self):
        self.time = 1_000_000.0
        self.pauses = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pubmed():
    records = {100 + n: date(2024, 1, 1) + timedelta(days=n) for n in range(10)}
    with serving(PubMed(records)) as running:
        yield running


@pytest.fixture
def make(pubmed, clock, tmp_path):
    def client(**how) -> Client:
        pace = Pace(tmp_path / "pace", now=clock.now, sleep=clock.sleep)
        given = {"url": pubmed.url, "patience": QUICK, "email": "lead@example.org"} | how
        return Client(pace=pace, sleep=clock.sleep, **given)

    return client


@pytest.fixture
def client(make):
    return make()


def test_a_search_tells_how_many_and_how_it_was_understood(client, pubmed):
    pubmed.errors = {"phrasesnotfound": ["leydigg"], "fieldsnotfound": []}

    found = client.search("leydigg AND testis")

    assert (found.n, found.translation) == (10, "leydigg AND testis[All Fields]")
    assert found.warnings == ("Not found, and left out by PubMed: leydigg.",)
    script, asked = pubmed.asked[0]
    assert script == "esearch.fcgi"
    assert asked["tool"] == "reviewtool"
    assert asked["email"] == "lead@example.org"
    assert asked["usehistory"] == "y"
    assert "api_key" not in asked


@pytest.mark.parametrize("is_chunked", [False, True])
def test_records_come_in_batches_from_the_history(client, pubmed, is_chunked):
    pubmed.is_chunked = is_chunked
    found = client.search("testis")
    first = client.fetch(found, start=0, n=6)
    second = client.fetch(found, start=6, n=6)

    assert first.pmids == ("100", "101", "102", "103", "104", "105")
    assert second.pmids == ("106", "107", "108", "109")
    assert b"Finding 109" in second.articles
    assert first.missing == second.missing == ()


# ---------------------------------------------------------------- pace


def test_it_asks_at_most_three_times_a_second_and_ten_times_with_a_key(make, pubmed, clock):
    for key, pace in (("", 0.4), ("secret", 0.125)):
        asking = make(api_key=key)
        asking.search("testis")
        clock.pauses.clear()
        for _ in range(3):
            asking.search("testis")
        assert clock.pauses == pytest.approx([pace] * 3, abs=1e-3)
    assert pubmed.asked[-1][1]["api_key"] == "secret"


def test_two_clients_keep_one_pace_together(make, clock):
    one, other = make(), make()
    one.search("testis")
    other.search("testis")
    assert clock.pauses == pytest.approx([0.4], abs=1e-3)


def test_processes_keep_one_pace_together(tmp_path):
    program = (
        "import sys, time; from pathlib import Path; from screening.pubmed import Pace\n"
        "pace = Pace(Path(sys.argv[1]))\n"
        "for _ in range(5): pace.wait(0.1); print(time.time(), flush=True)\n"
    )
    root = Path(__file__).parents[2]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "pace")],
            stdout=subprocess.PIPE, text=True, cwd=root,
        )
        for _ in range(3)
    ]  # fmt: skip
    turns = sorted(float(line) for each in started for line in each.communicate()[0].split())
    assert len(turns) == 15
    assert turns[-1] - turns[0] >= 1.4 - 0.05
    assert all(sum(turn <= other < turn + 0.95 for other in turns) <= 11 for turn in turns)


@pytest.mark.parametrize("written", ["", "garbage", "9999999999", "12", "nan"])
def test_a_pace_written_by_another_clock_counts_for_nothing(tmp_path, clock, written):
    path = tmp_path / "pace"
    path.write_text(written)
    Pace(path, now=clock.now, sleep=clock.sleep).wait(0.35)
    assert clock.pauses == []


# ---------------------------------------------------------------- bad days


@pytest.mark.parametrize(
    "bad",
    [
        Bad(429, b'{"error":"API rate limit exceeded","count":"4","limit":"3"}'),
        Bad(500, b"<h1>Server Error</h1>"),
        Bad(502),
        Bad(503),
        Bad(how="hang"),
        Bad(how="drip"),
        Bad(how="reset"),
        Bad(200, b'{"esearchresult": {"count": "10"', how="cut"),
        Bad(200, b"<html><body>PubMed is down for maintenance</body></html>"),
        Bad(200, b'{"error":"API rate limit exceeded"}'),
        Bad(200, b'{"esearchresult":{"ERROR":"Search Backend failed: \n not supported"}}'),
        Bad(200, b'{"esearchresult":{"count":"10","idlist":[]}}'),
        Bad(200, b"[]"),
        Bad(200, b""),
    ],
    ids=lambda bad: f"{bad.status} {bad.how} {bad.body[:30]!r}",
)
def test_what_the_next_attempt_may_mend_is_asked_again_after_a_pause(client, pubmed, bad, clock):
    pubmed.instead["esearch.fcgi"] = [bad, bad]

    assert client.search("testis").n == 10
    assert len(pubmed.asked) == 3
    assert sum(clock.pauses) >= 3


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (Bad(503), r"too busy or out of order at the moment \(status 503\)"),
        (Bad(how="hang"), "could not be reached.*upload the file"),
        (Bad(how="drip"), "did not end"),
        (Bad(200, b"<html>maintenance</html>"), "not with a search result.*maintenance"),
    ],
)
def test_a_server_that_stays_bad_is_given_up_with_what_to_do(client, pubmed, bad, words):
    pubmed.instead["esearch.fcgi"] = [bad] * 9

    with pytest.raises(Unavailable, match=f"{words}.*try again later"):
        client.search("testis")
    assert len(pubmed.asked) == QUICK.attempts


def test_a_busy_server_is_left_alone_by_all_clients_as_long_as_it_asks(make, pubmed, clock):
    pubmed.instead["esearch.fcgi"] = [Bad(429, headers={"Retry-After": "7"})]

    make().search("testis")

    assert sum(clock.pauses) == pytest.approx(7, abs=0.01)


def test_a_server_that_asks_for_hours_is_not_waited_for(client, pubmed, clock):
    pubmed.instead["esearch.fcgi"] = [Bad(503, headers={"Retry-After": "7200"})]

    with pytest.raises(Unavailable, match="120 minutes"):
        client.search("testis")
    assert clock.pauses == []


def test_a_login_page_in_between_is_told_from_pubmed(client, pubmed):
    pubmed.instead["esearch.fcgi"] = [Bad(302, headers={"Location": "http://127.0.0.1:9/login"})]

    with pytest.raises(Unavailable, match="login page of a proxy"):
        client.search("testis")


def test_nobody_there_is_said_with_a_way_out(make):
    with pytest.raises(Unavailable, match="upload the file"):
        make(url="http://127.0.0.1:9").search("testis")


def test_a_page_never_waits_as_long_as_web_servers_let_it():
    page = module.FOR_A_PAGE
    one = page.connect + page.read + page.whole + page.read  # the last drop may take its time
    pauses = sum(2**n for n in range(page.attempts - 1))
    assert page.attempts * one + pauses < 90


def test_a_query_that_pubmed_refuses_is_refused_in_its_words(client, pubmed):
    said = b'{"esearchresult": {"ERROR": "Empty term and query_key - nothing todo"}}'
    pubmed.instead["esearch.fcgi"] = [(200, said)]

    with pytest.raises(Unavailable, match="nothing todo"):
        client.search("()")
    assert len(pubmed.asked) == 1


def test_a_wrong_api_key_is_said_and_not_tried_for_ever(make, pubmed):
    pubmed.instead["esearch.fcgi"] = [(400, b'{"error": "API key invalid", "api-key": "x"}')]

    with pytest.raises(Unavailable, match="API key invalid") as refusal:
        make(api_key="very-secret").search("testis")
    assert len(pubmed.asked) == 1
    assert "very-secret" not in str(refusal.value)


# ---------------------------------------------------------------- records


@pytest.mark.parametrize(
    "answer",
    [
        b"<html><body>PubMed is down for maintenance</body></html>",
        b"<PubmedArticleSet><PubmedArticle><PMID>1</PMID>",
        b"<PubmedArticleSet><PubmedArticle></PubmedArticle><PubmedArticle></PubmedArticleSet>",
        b"<eFetchResult><ERROR>Error reading from remote server</ERROR></eFetchResult>",
        b"",
    ],
)
def test_what_is_no_whole_set_of_records_is_asked_for_again(client, pubmed, answer):
    found = client.search("testis")
    pubmed.instead["efetch.fcgi"] = [(200, answer)] * 2

    assert len(client.fetch(found, start=0, n=3).pmids) == 3
    assert pubmed.n_asked()["efetch.fcgi"] == 3


@pytest.mark.parametrize(
    "empty", [b"<PubmedArticleSet></PubmedArticleSet>", b"<PubmedArticleSet/>"]
)
def test_an_empty_set_where_records_were_found_is_not_believed(client, pubmed, empty):
    found = client.search("testis")
    pubmed.instead["efetch.fcgi"] = [(200, empty)]

    batch = client.fetch(found, start=2, n=3)

    assert batch.pmids == ("102", "103", "104")
    assert batch.missing == ()


def test_records_left_out_of_a_batch_are_asked_for_by_their_ids(client, pubmed):
    pubmed.held_back, pubmed.withdrawn = {101, 102}, {104}
    batch = client.fetch(client.search("testis"), start=0, n=6)

    assert sorted(batch.pmids) == ["100", "101", "102", "103", "105"]
    assert batch.missing == ("104",)
    assert pubmed.asked[-1][1]["id"] == "101,102,104"


def test_a_search_that_the_history_forgot_is_told_apart(client, pubmed):
    found = client.search("testis")
    pubmed.instead["efetch.fcgi"] = [(400, GONE)]

    with pytest.raises(HistoryGone):
        client.fetch(found, start=0, n=3)


# ---------------------------------------------------------------- large searches


def test_a_search_pubmed_gives_out_whole_is_not_cut(client, pubmed):
    assert [each.n for each in client.slices("testis", 10, until=UNTIL)] == [10]
    assert pubmed.asked == []


def test_a_large_search_is_cut_by_the_days_records_entered(client, monkeypatch):
    monkeypatch.setattr(module, "MOST_AT_ONCE", 4)

    slices = list(client.slices("testis", 10, until=UNTIL))

    assert sum(each.n for each in slices) == 10
    assert max(each.n for each in slices) <= 4
    assert all(a.last < b.first for a, b in pairwise(slices))
    pmids = [
        pmid
        for s in slices
        for pmid in client.fetch(
            client.search("testis", first=s.first, last=s.last), start=0, n=4
        ).pmids
    ]
    assert pmids == [str(pmid) for pmid in range(100, 110)]


def test_a_day_with_too_many_records_is_refused(client, pubmed, monkeypatch):
    monkeypatch.setattr(module, "MOST_AT_ONCE", 4)
    pubmed.records = dict.fromkeys(range(10), date(2024, 1, 1))

    with pytest.raises(Unavailable, match=r"entered PubMed on 1 January 2024 alone; .* at most"):
        list(client.slices("testis", 10, until=UNTIL))


def test_the_real_clock_is_kept_too(pubmed, tmp_path):
    asking = Client(pace=Pace(tmp_path / "pace"), url=pubmed.url)
    began = time.monotonic()
    for _ in range(3):
        asking.search("testis")
    assert time.monotonic() - began >= 0.79
