"""The search log tells PRISMA-S what was searched, and plainly what is missing."""

import csv
import io
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from docx import Document

from reviewtool.reviews.models import Event
from screening.prisma.search_log import (
    ITEMS,
    SearchEntry,
    SearchLog,
    checklist,
    gaps,
    to_csv,
    to_json,
)
from screening.prisma.search_log_docx import to_docx
from screening.services import dedupe, imports, search_log

PUBMED = SearchEntry(
    1, "database", "PubMed", date(2024, 5, 3), query='"testis"[tiab] AND leuk*', n_shown=12,
    n_records=12, details={"limits": "none", "filters": "none"},
)  # fmt: skip
EMBASE = SearchEntry(
    2, "database", "Embase", date(2024, 5, 6), platform="Ovid", query="1 exp testis/\n2 leuk*.mp.",
    n_shown=30, n_records=28, note="Two were withdrawn by the provider.",
    details={"limits": "none", "filters": "none"},
)  # fmt: skip
TRIALS = SearchEntry(3, "register", "ClinicalTrials.gov", date(2024, 5, 6), query="testis")
LOG = SearchLog(
    "Niches", (PUBMED, EMBASE, TRIALS), {"peer_review": "PRESS, by a second librarian"},
    n_records=40, n_by_rule=7, n_by_person=2,
)  # fmt: skip


def told(log: SearchLog) -> dict[int, str]:
    return {item.number: item.told for item in checklist(log)}


def test_the_items_are_filled_from_the_searches_and_counted():
    items = told(LOG)

    assert list(items) == list(ITEMS)
    assert items[1] == "PubMed; Embase (Ovid)"
    assert items[2] == "search 2: searched on Ovid"
    assert items[3] == "ClinicalTrials.gov"
    assert items[9] == "search 1, 2: none"
    assert items[13] == "2024-05-03 to 2024-05-06; each day is in the table"
    assert items[14] == "PRESS, by a second librarian"
    assert items[15].startswith("40 records in all (search 1: 12; search 2: 28")
    assert items[16].startswith("9 duplicate records removed: 7 joined by rules")


def test_what_was_not_told_is_named_and_nothing_is_made_up():
    bare = SearchEntry(1, "database", "PubMed", date(2024, 5, 3), n_shown=5, n_records=4)
    missing = gaps(SearchLog("Niches", (bare,)))

    assert any("has no search string" in gap for gap in missing)
    assert any("showed 5 records, 4 are in the review" in gap for gap in missing)
    assert any("Item 14, peer review" in gap for gap in missing)
    assert gaps(SearchLog("Empty")) == (
        "No search is registered yet. Register each query, source and day.",
    )
    assert gaps(LOG) == ()


def test_a_difference_that_a_note_explains_is_no_gap():
    assert not any("Embase" in gap for gap in gaps(LOG))


def test_the_csv_comes_back_cell_by_cell_and_runs_no_formula():
    evil = SearchEntry(1, "database", "=HYPERLINK(1)", date(2024, 5, 3), query="@SUM(1)\nline two")
    rows = list(csv.reader(io.StringIO(to_csv(SearchLog("Niches", (evil,))))))

    assert rows[1][2] == "'=HYPERLINK(1)"
    assert rows[1][5] == "'@SUM(1)\nline two"
    assert [row[0] for row in rows[4:]] == [str(number) for number in ITEMS]


def test_the_document_holds_every_search_string_and_all_items():
    document = Document(io.BytesIO(to_docx(LOG)))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    searches, items = document.tables

    assert "1 exp testis/\n2 leuk*.mp." in text
    assert [row.cells[1].text for row in searches.rows] == [
        "Source", "PubMed", "Embase", "ClinicalTrials.gov",
    ]  # fmt: skip
    assert len(items.rows) == 17
    assert items.rows[4].cells[2].text == "Not reported"


def test_characters_that_xml_cannot_hold_do_not_break_the_document():
    odd = SearchEntry(1, "database", "PubMed", date(2024, 5, 3), query="a\x0bb\x00c")

    assert Document(io.BytesIO(to_docx(SearchLog("Niches", (odd,))))).tables


@pytest.fixture
def log(lena):
    first = imports.register_search(
        lena, kind="database", source="PubMed", searched_on=date(2024, 5, 3), query="testis"
    )
    second = imports.register_search(
        lena, kind="register", source="CTgov", searched_on=date(2024, 5, 4), query="testis"
    )
    one = imports.add_record(first, by=lena, title="A niche", abstract="x")
    two = imports.add_record(second, by=lena, title="The niche of it", abstract="y")
    dedupe.join([one, two], by=lena)
    return lambda: search_log.log_of(lena.review)


def test_counts_come_from_the_ledger(log):
    counted = log()

    assert (counted.n_records, counted.n_by_rule, counted.n_by_person) == (2, 0, 1)
    assert [search.n_records for search in counted.searches] == [1, 1]


def test_notes_are_written_by_leads_and_the_ledger_keeps_what_stood_before(log, lena, alice):
    search_log.write_notes(lena, peer_review="PRESS", contacts="none")
    search_log.write_notes(lena, peer_review="PRESS 2015, by Ann")

    assert told(log())[14] == "PRESS 2015, by Ann"
    last = Event.objects.filter(kind="search_log_noted").latest("seq")
    assert last.payload == {
        "before": {"peer_review": "PRESS"}, "after": {"peer_review": "PRESS 2015, by Ann"},
    }  # fmt: skip
    with pytest.raises(PermissionDenied):
        search_log.write_notes(alice, peer_review="mine")


def test_writing_what_stands_already_is_no_entry(log, lena):
    search_log.write_notes(lena, contacts="none")
    search_log.write_notes(lena, contacts=" none ")

    assert Event.objects.filter(kind="search_log_noted").count() == 1


def test_every_member_reads_it_and_leads_write_and_download(log, lena, otto, client_of):
    slug = lena.review.slug
    url = reverse("screening:search_log", args=[slug])
    page = client_of(otto).get(url).content.decode()
    assert "CTgov" in page
    assert "not reported" in page

    client = client_of(lena)
    client.post(reverse("screening:search_log_edit", args=[slug]), {"peer_review": "PRESS"})
    assert "PRESS" in client.get(url).content.decode()
    for format, start in (("docx", b"PK"), ("csv", b"Search,")):
        answer = client.get(reverse("screening:search_log_download", args=[slug, format]))
        assert answer.content.startswith(start)
        assert f"search-log.{format}" in answer["Content-Disposition"]
    assert (
        client.get(reverse("screening:search_log_download", args=[slug, "pdf"])).status_code == 404
    )


def test_api_clients_read_the_same(log, lena, client_of):
    answer = client_of(lena).get(f"/api/v1/reviews/{lena.review.slug}/search-log/").json()

    assert answer == to_json(log())
    assert answer["items"][0] == {"item": 1, "name": "Database name", "reported": "PubMed"}
