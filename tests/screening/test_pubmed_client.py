"""The client asks PubMed politely and takes nothing for an answer that is none."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from screening.pubmed import Client, Unavailable
from screening.pubmed import client as module
from tests.pubmed_server import PubMed, serving

TODAY = date(2024, 6, 1)


class Clock:
    def __init__(self):
        self.time = 0.0
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
def client(pubmed, clock):
    return Client(url=pubmed.url, now=clock.now, sleep=clock.sleep, email="lead@example.org")


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


def test_records_come_in_batches_from_the_history(client):
    found = client.search("testis")
    first, n_first = client.fetch(found, start=0, n=6)
    second, n_second = client.fetch(found, start=6, n=6)

    assert (n_first, n_second) == (6, 4)
    assert b">100<" in first
    assert b">109<" in second


def test_it_asks_at_most_three_times_a_second_and_ten_times_with_a_key(pubmed, clock):
    for key, pace in (("", 0.34), ("secret", 0.1)):
        clock.pauses.clear()
        asking = Client(url=pubmed.url, api_key=key, now=clock.now, sleep=clock.sleep)
        for _ in range(3):
            asking.search("testis")
        assert clock.pauses == pytest.approx([pace, pace])
    assert pubmed.asked[-1][1]["api_key"] == "secret"


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_server_is_asked_again(client, pubmed, status, monkeypatch):
    monkeypatch.setattr(module._RETRY, "backoff_factor", 0)
    pubmed.instead["esearch.fcgi"] = [(status, b"later")]

    assert client.search("testis").n == 10


def test_a_server_that_stays_busy_is_said_to_be(pubmed, clock, monkeypatch):
    monkeypatch.setattr(module, "_RETRY", module._RETRY.new(backoff_factor=0))
    pubmed.instead["esearch.fcgi"] = [(503, b"later")] * 9

    with pytest.raises(Unavailable, match="too busy"):
        Client(url=pubmed.url, now=clock.now, sleep=clock.sleep).search("testis")


@pytest.mark.parametrize(
    "answer",
    [
        b"<html><body>PubMed is down for maintenance</body></html>",
        b"<PubmedArticleSet><PubmedArticle><PMID>1</PMID>",
        b"<PubmedArticleSet><PubmedArticle></PubmedArticle><PubmedArticle></PubmedArticleSet>",
        b"",
    ],
)
def test_what_is_no_whole_set_of_records_is_asked_for_again(client, pubmed, answer, clock):
    found = client.search("testis")
    pubmed.instead["efetch.fcgi"] = [(200, answer)] * 2

    assert client.fetch(found, start=0, n=3)[1] == 3
    assert any(pause >= 2 for pause in clock.pauses)


def test_a_server_that_never_gives_records_is_given_up_with_what_it_said(client, pubmed):
    found = client.search("testis")
    pubmed.instead["efetch.fcgi"] = [(200, b"<html>maintenance</html>")] * 9

    with pytest.raises(Unavailable, match="maintenance"):
        client.fetch(found, start=0, n=3)


def test_a_query_that_pubmed_refuses_is_refused_in_its_words(client, pubmed):
    said = b'{"esearchresult": {"ERROR": "Empty term and query_key - nothing todo"}}'
    pubmed.instead["esearch.fcgi"] = [(200, said)]

    with pytest.raises(Unavailable, match="nothing todo"):
        client.search("()")


def test_a_wrong_api_key_is_said_and_not_tried_for_ever(client, pubmed):
    pubmed.instead["esearch.fcgi"] = [(400, b'{"error": "API key invalid", "api-key": "x"}')]

    with pytest.raises(Unavailable, match="API key invalid"):
        client.search("testis")
    assert len(pubmed.asked) == 1


def test_nobody_there_is_said_with_a_way_out(clock, monkeypatch):
    monkeypatch.setattr(module, "_RETRY", module._RETRY.new(total=0))
    lonely = Client(url="http://127.0.0.1:9", now=clock.now, sleep=clock.sleep)

    with pytest.raises(Unavailable, match="upload the file"):
        lonely.search("testis")


def test_a_large_search_is_cut_by_the_days_records_entered(client, monkeypatch):
    monkeypatch.setattr(module, "MOST_AT_ONCE", 4)

    slices = list(client.slices("testis", until=TODAY))

    assert sum(each.n for each in slices) == 10
    assert max(each.n for each in slices) <= 4
    assert all(a.last < b.first for a, b in pairwise(slices))
    pmids = [
        client.fetch(client.search("testis", first=s.first, last=s.last), start=0, n=4)[0]
        for s in slices
    ]
    joined = b"".join(pmids)
    assert all(f'">{pmid}</PMID>'.encode() in joined for pmid in range(100, 110))


def test_a_day_with_too_many_records_is_refused(client, pubmed, monkeypatch):
    monkeypatch.setattr(module, "MOST_AT_ONCE", 4)
    pubmed.records = dict.fromkeys(range(10), date(2024, 1, 1))

    with pytest.raises(Unavailable, match="01 January 2024"):
        list(client.slices("testis", until=TODAY))


def test_withdrawn_records_make_a_batch_smaller_and_nothing_else(client, pubmed):
    pubmed.withdrawn = {101}

    found = client.search("testis")
    assert client.fetch(found, start=0, n=3)[1] == 2
