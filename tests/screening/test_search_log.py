"""The search log: 16 items, what is missing of them, and the table as page, CSV and DOCX."""

import csv
import io
from datetime import date

import docx
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse

from reviewtool.jobs.services import run_waiting
from reviewtool.reviews import events
from reviewtool.reviews.models import Event
from screening.models import Search
from screening.prisma.search_log import (
    Deduplication,
    LoggedSearch,
    SearchLog,
    missing,
    report,
)
from screening.prisma.search_log_docx import to_docx
from screening.prisma.search_log_items import ANSWER_KEYS, ITEMS
from screening.prisma.search_log_tables import COLUMNS, to_csv, to_json
from screening.services import imports
from screening.services.prisma import flow_of
from screening.services.search_log import answers_of, correct_log, log_of, version_of

DAY = date(2024, 5, 3)
EMBASE = LoggedSearch(
    id=7, number=1, source="Embase", kind="database", platform="Ovid",
    query="1 exp leukemia/\n2 1 and niche*.ti,ab.", searched_on=DAY, n_shown=12, n_records=10,
    n_duplicates=3, details={"limits": "English, 2000 to 2024", "filters": "None"},
)  # fmt: skip
ANSWERS = dict.fromkeys(ANSWER_KEYS, "None.")


def log_with(*searches: LoggedSearch, **answers: str) -> SearchLog:
    done = Deduplication("reviewtool 0", by_rule=2, by_person=1)
    return SearchLog("Blasts", date(2024, 6, 1), searches, answers, done)


def told(log: SearchLog, number: int) -> list[str]:
    return [": ".join(filter(None, pair)) for pair in report(log)[number - 1].told]


def lacking(log: SearchLog, number: int) -> tuple[str, ...]:
    return tuple(gap.sentence for gap in report(log)[number - 1].missing)


# ---------------------------------------------------------------- the items


def test_the_items_are_the_sixteen_of_prisma_s_in_their_order():
    assert [item.number for item in ITEMS] == list(range(1, 17))
    assert [reported.item for reported in report(log_with())] == list(ITEMS)


def test_a_log_in_which_everything_is_told_lacks_nothing():
    assert missing(log_with(EMBASE, **ANSWERS)) == []


def test_a_search_tells_its_own_items():
    log = log_with(EMBASE)

    assert told(log, 1) == ["Search 1 (Embase): through Ovid"]
    assert told(log, 8) == ["Search 1 (Embase): 1 exp leukemia/\n2 1 and niche*.ti,ab."]
    assert told(log, 9) == ["Search 1 (Embase): English, 2000 to 2024"]
    assert told(log, 13) == ["Search 1 (Embase): 3 May 2024"]
    assert told(log, 15)[0] == "Search 1 (Embase): 10 records; the source showed 12"


@pytest.mark.parametrize(
    ("number", "change", "sentence"),
    [
        (1, {"platform": ""}, "Search 1 (Embase) has no platform"),
        (8, {"query": ""}, "Search 1 (Embase) has no search strategy"),
        (9, {"details": {"filters": "None"}}, "Search 1 (Embase) does not say which limits"),
        (10, {"details": {"limits": "None"}}, "Search 1 (Embase) does not say whether a published"),
        (13, {"searched_on": None}, "Search 1 (Embase) has no date of search"),
        (15, {"n_shown": None}, "Search 1 (Embase) does not say how many results"),
        (15, {"n_records": 0}, "Search 1 (Embase) has no records yet"),
    ],
)
def test_what_a_search_does_not_tell_is_said_plainly(number, change, sentence):
    given = {name: getattr(EMBASE, name) for name in EMBASE.__dataclass_fields__}
    (found,) = lacking(log_with(LoggedSearch(**(given | change))), number)
    assert found.startswith(sentence)


def test_a_search_that_found_nothing_lacks_no_records():
    empty = LoggedSearch(1, 1, "LILACS", "database", n_shown=0)
    assert lacking(log_with(empty), 15) == ()


@pytest.mark.parametrize("number", [3, 4, 5, 6, 7, 11, 12, 14])
def test_the_review_answers_what_no_search_does(number):
    key = ITEMS[number - 1].key
    assert len(lacking(log_with(EMBASE), number)) == 1
    assert lacking(log_with(EMBASE, **{key: "Nothing of the kind."}), number) == ()
    assert told(log_with(EMBASE, **{key: "Nothing of the kind."}), number) == [
        "Nothing of the kind."
    ]


def test_an_answer_for_the_whole_review_stands_for_searches_that_say_nothing():
    bare = LoggedSearch(1, 1, "PubMed", "database", "NLM", "leukemia[ti]", DAY, 3, 3)
    assert lacking(log_with(bare), 9)
    assert lacking(log_with(bare, limits="No limits were used."), 9) == ()


def test_a_search_of_other_methods_must_say_how_it_was_done():
    website = LoggedSearch(1, 1, "A trial group", "website", searched_on=DAY, n_records=1)
    assert lacking(log_with(website), 4) == (
        "Search 1 (A trial group) does not say how it was searched: describe it.",
    )
    for change in ({"query": "Every page was read."}, {"details": {"browsing": "By hand."}}):
        described = LoggedSearch(1, 1, "A trial group", "website", n_records=1, **change)
        assert lacking(log_with(described), 4) == ()


def test_other_methods_are_told_with_their_words():
    citing = LoggedSearch(1, 1, "Citing papers", "citation_searching", "An index", "All were read.")
    assert told(log_with(citing), 5) == ["Search 1 (Citing papers): An index: All were read."]
    assert told(log_with(citing), 8) == []


def test_what_several_searches_say_alike_is_told_once():
    details = {"limits": "None"}
    searches = (
        LoggedSearch(1, 1, "A", "database", details=details),
        LoggedSearch(2, 2, "B", "register", details={"limits": "English"}),
        LoggedSearch(3, 3, "C", "database", details=details),
    )
    assert told(log_with(*searches), 9) == [
        "Searches 1 (A) and 3 (C): None",
        "Search 2 (B): English",
    ]


def test_databases_searched_together_are_told():
    both = LoggedSearch(1, 1, "MEDLINE", "database", details={"multi_database": "with Embase"})
    assert told(log_with(both), 2) == ["Search 1 (MEDLINE): with Embase"]
    assert told(log_with(EMBASE), 2) == [
        "No databases were searched together: each search ran in one source."
    ]


def test_duplicates_are_told_with_who_found_them():
    first, tool = told(log_with(EMBASE), 16)
    assert first == (
        "Of 10 records from databases and registers 3 duplicates were removed"
        " (2 joined by a rule, 1 by a person); 7 records remained."
    )
    assert tool.startswith("reviewtool 0 compared the records")


def test_pairs_that_wait_for_a_person_leave_deduplication_incomplete():
    log = SearchLog("Blasts", DAY, (EMBASE,), {}, Deduplication("t", n_open=2))
    assert lacking(log, 16) == (
        "2 pairs of records still wait for a judgement on the page Duplicates.",
    )


# ---------------------------------------------------------------- tables and documents


def test_the_csv_reads_back_with_a_row_per_search_and_one_for_the_review():
    website = LoggedSearch(8, 2, "A site", "website", query='Read;\n"all", of it', n_records=4)
    text = to_csv(log_with(EMBASE, website, peer_review="PRESS by a librarian"))
    head, first, second, whole = csv.reader(io.StringIO(text, newline=""))

    assert tuple(head) == COLUMNS
    one, two, all_ = (dict(zip(head, row, strict=True)) for row in (first, second, whole))
    assert (one["1 Source"], one["1 Platform"]) == ("Embase", "Ovid")
    assert one["8 Full search strategy"] == EMBASE.query
    assert one["9 Limits and restrictions"] == "English, 2000 to 2024"
    assert (one["13 Date of search"], one["15 Records"]) == ("2024-05-03", "10")
    assert two["8 Full search strategy"] == website.query
    assert two["16 Duplicates removed"] == ""
    assert all_["14 Peer review"] == "PRESS by a librarian"
    assert (all_["15 Records"], all_["16 Duplicates removed"]) == ("14", "3")


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_a_strategy_that_begins_like_a_formula_is_neutralised_in_csv(begin):
    risky = LoggedSearch(1, 1, f"{begin}cmd", "database", query=f"{begin}1+1")
    _, row, _ = csv.reader(io.StringIO(to_csv(log_with(risky)), newline=""))
    assert row[1] == f"'{begin}cmd"
    assert row[COLUMNS.index("8 Full search strategy")] == f"'{begin}1+1"


def test_the_word_document_opens_again_and_holds_the_log():
    document = docx.Document(io.BytesIO(to_docx(log_with(EMBASE, peer_review="PRESS"))))
    searches, items = document.tables
    rows = [[cell.text for cell in row.cells] for row in searches.rows]
    reported = {row.cells[0].text: row.cells[2].text for row in items.rows}
    paragraphs = [paragraph.text for paragraph in document.paragraphs]

    assert rows[1][:4] == ["1", "Embase\nOvid", "Database", "3 May 2024"]
    assert rows[1][4:] == ["English, 2000 to 2024\nNone", "12", "10", "3"]
    assert rows[2][-2:] == ["10", "3"]
    assert list(reported)[1:] == [str(number) for number in range(1, 17)]
    assert reported["14"] == "PRESS"
    assert reported["6"] == "Not reported."
    assert EMBASE.query in paragraphs
    assert "Blasts. As of 1 June 2024." in paragraphs
    assert document.core_properties.title == "Search log: Blasts"
    assert document.core_properties.author == ""
    assert document.sections[0].page_width > document.sections[0].page_height


def test_the_heads_of_the_tables_are_repeated_on_every_page():
    document = docx.Document(io.BytesIO(to_docx(log_with(EMBASE))))
    for table in document.tables:
        assert table.rows[0]._tr.xpath("./w:trPr/w:tblHeader[@w:val='true']")
        assert not table.rows[1]._tr.xpath("./w:trPr/w:tblHeader")


def test_a_strategy_with_characters_that_xml_forbids_still_gives_a_document():
    odd = LoggedSearch(1, 1, "Odd\x0b\x01", "database", query="a\x00b\r\nc\ud800 <d> & é\ufffe")
    document = docx.Document(io.BytesIO(to_docx(log_with(odd))))
    assert "ab\nc <d> & é" in [paragraph.text for paragraph in document.paragraphs]


def test_an_empty_log_gives_documents_too():
    document = docx.Document(io.BytesIO(to_docx(log_with())))
    assert len(document.tables) == 1
    assert len(list(csv.reader(io.StringIO(to_csv(log_with()))))) == 2
    assert to_json(log_with())["is_complete"] is False


# ---------------------------------------------------------------- the ledger


@pytest.fixture
def pubmed(lena) -> Search:
    return imports.register_search(
        lena, kind="database", source="PubMed", platform="NLM", query="leukemia[ti]",
        searched_on=DAY, n_shown=2, details={"limits": "None"},
    )  # fmt: skip


def test_answers_are_kept_by_the_ledger_with_what_stood_before(lena, review):
    correct_log(lena, peer_review="PRESS", updates=" Monthly alerts. ")
    correct_log(lena, peer_review="", updates="Monthly alerts.", contacts="Nobody was asked.")

    assert answers_of(review) == {"contacts": "Nobody was asked.", "updates": "Monthly alerts."}
    first, second = Event.objects.filter(review=review, kind="search_log_corrected")
    assert first.payload["before"] == {"peer_review": "", "updates": ""}
    assert second.payload["before"] == {"peer_review": "PRESS", "contacts": ""}
    assert "peer review" in events.read(first).sentence()


def test_answers_that_change_nothing_leave_no_entry(lena, review):
    correct_log(lena, peer_review="PRESS")
    correct_log(lena, peer_review="PRESS", contacts="")
    assert Event.objects.filter(review=review, kind="search_log_corrected").count() == 1


def test_only_a_lead_writes_in_the_log(alice, ada, eve, otto):
    for member in (alice, ada, eve, otto):
        with pytest.raises(PermissionDenied):
            correct_log(member, peer_review="PRESS")


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(lena, review):
    base = version_of(review)
    correct_log(lena, base=base, peer_review="PRESS")
    with pytest.raises(ValidationError, match="Somebody changed the search log"):
        correct_log(lena, base=base, peer_review="None")
    assert answers_of(review) == {"peer_review": "PRESS"}


def test_answers_of_a_parallel_review_stay_there(lena, outsider):
    correct_log(outsider, peer_review="Theirs")
    assert answers_of(lena.review) == {}


@pytest.mark.parametrize("text", ["x" * 10_001, "a\0b"])
def test_what_cannot_be_kept_is_refused_with_the_name_of_the_item(lena, text):
    with pytest.raises(ValidationError, match="Peer review"):
        correct_log(lena, peer_review=text)


def test_every_field_of_a_search_follows_from_the_ledger(lena, review, pubmed):
    imports.correct_search(pubmed, by=lena, n_shown=3, details={"filters": "None"})
    call_command("check_ledger", review.slug)

    Search.objects.filter(pk=pubmed.pk).update(query="leukemia[tiab]")
    with pytest.raises(CommandError, match="1 differences"):
        call_command("check_ledger", review.slug)


def test_a_correction_made_on_an_outdated_copy_still_follows_from_the_ledger(lena, review, pubmed):
    stale = Search.objects.get(pk=pubmed.pk)
    imports.correct_search(pubmed, by=lena, source="MEDLINE")
    imports.correct_search(stale, by=lena, n_shown=9)

    fresh = Search.objects.get(pk=pubmed.pk)
    assert (fresh.source, fresh.n_shown) == ("MEDLINE", 9)
    call_command("check_ledger", review.slug)


def test_a_search_the_ledger_does_not_know_is_found(review):
    Search.objects.create(review=review, kind="database", source="X", searched_on=DAY)
    with pytest.raises(CommandError):
        call_command("check_ledger", review.slug)


@pytest.mark.parametrize("details", [["limits"], "none", {"limits": 3}, {"limits": "a\0"}])
def test_details_of_a_search_are_texts(lena, details):
    with pytest.raises(ValidationError, match="whose values are texts"):
        imports.register_search(
            lena, kind="database", source="PubMed", searched_on=DAY, details=details
        )


def test_the_counts_are_those_of_the_flow(lena, review, pubmed):
    other = imports.register_search(lena, kind="register", source="A register", searched_on=DAY)
    site = imports.register_search(lena, kind="website", source="A site", searched_on=DAY)
    for search in (pubmed, other, site):
        imports.add_record(
            search, by=lena, title="Blasts beside Leydig cells in rats", doi="10.1234/b.1",
            year=2019, authors=["Okafor, N"], journal="Blood", abstract=f"Seen in {search.source}.",
        )  # fmt: skip
    run_waiting()
    log, flow = log_of(review), flow_of(review)

    assert [search.n_records for search in log.searches] == [1, 1, 1]
    assert [search.n_duplicates for search in log.searches] == [0, 1, 0]
    assert log.n_left == flow.n_identified == 2
    assert log.n_other == flow.n_other_identified == 1
    assert log.deduplication.n_removed == flow.duplicates == 1


# ---------------------------------------------------------------- pages


def url(name: str, review, *args) -> str:
    return reverse(f"screening:{name}", args=[review.slug, *args])


def test_every_member_reads_the_log_and_only_leads_are_offered_to_write(
    lena, alice, otto, review, pubmed, client_of
):
    for member, is_lead in ((lena, True), (alice, False), (otto, False)):
        page = client_of(member).get(url("search_log", review)).content.decode()
        assert "Search 1 (PubMed)" in page
        assert "does not say whether a published search filter was used" in page
        assert (url("search_log_edit", review) in page) is is_lead


def test_the_searches_page_leads_to_the_log(alice, review, client_of):
    page = client_of(alice).get(url("searches", review)).content.decode()
    assert url("search_log", review) in page


def test_a_lead_writes_an_answer_on_the_page(lena, review, client_of):
    browser = client_of(lena)
    form = browser.get(url("search_log_edit", review)).context["form"]
    answer = browser.post(
        url("search_log_edit", review), {"base": form["base"].value(), "peer_review": "PRESS"}
    )
    assert answer.status_code == 302
    assert answers_of(review) == {"peer_review": "PRESS"}
    assert "PRESS" in browser.get(url("search_log", review)).content.decode()


def test_a_lead_who_was_overtaken_is_told_and_may_save_again(lena, review, client_of):
    browser = client_of(lena)
    typed = {"base": version_of(review), "peer_review": "Mine"}
    correct_log(lena, peer_review="Theirs")
    refused = browser.post(url("search_log_edit", review), typed)

    assert refused.status_code == 422
    assert "Somebody changed the search log" in refused.content.decode()
    assert "Mine" in refused.content.decode()
    typed["base"] = refused.context["form"]["base"].value()
    assert browser.post(url("search_log_edit", review), typed).status_code == 302
    assert answers_of(review) == {"peer_review": "Mine"}


@pytest.mark.parametrize("form", [{}, {"base": "x"}])
def test_a_form_without_its_version_is_refused_not_crashed(lena, review, client_of, form):
    assert client_of(lena).post(url("search_log_edit", review), form).status_code == 422


def test_the_log_is_downloaded_and_says_when_it_is_incomplete(
    otto, lena, review, pubmed, client_of
):
    browser = client_of(otto)
    word = browser.get(url("search_log_download", review, "docx"))
    assert f'"{review.slug}-search-log-incomplete.docx"' in word["Content-Disposition"]
    assert docx.Document(io.BytesIO(word.content)).tables[0].rows[1].cells[1].text == "PubMed\nNLM"

    imports.correct_search(pubmed, by=lena, n_shown=0)
    correct_log(lena, **ANSWERS)
    table = browser.get(url("search_log_download", review, "csv"))
    assert f'"{review.slug}-search-log.csv"' in table["Content-Disposition"]
    assert next(csv.reader(io.StringIO(table.content.decode())))[0] == "Search"
    assert browser.get(url("search_log_download", review, "pdf")).status_code == 404


def test_the_api_tells_the_log(alice, lena, review, pubmed, client_of):
    correct_log(lena, contacts="Nobody was asked.")
    told = client_of(alice).get(reverse("api-search-log", args=[review.slug])).json()

    assert told["is_complete"] is False
    assert told["items"][0]["reported"] == [{"search": pubmed.pk, "text": "through NLM"}]
    assert told["items"][5]["reported"] == [{"search": None, "text": "Nobody was asked."}]
    assert told["items"][5]["missing"] == []
    assert told["searches"][0]["details"] == {"limits": "None"}
    assert told["totals"]["databases_and_registers"] == 0


def test_the_form_of_a_search_keeps_every_detail_of_prisma_s(lena, review, pubmed, client_of):
    typed = {
        "kind": "database", "source": "PubMed", "platform": "NLM", "searched_on": "2024-05-03",
        "n_shown": "2", "query": "leukemia[ti]", "details_limits": "None",
        "details_citation_searching": "Citing reports in an index",
        "details_other_methods": "Asked a colleague",
    }  # fmt: skip
    browser = client_of(lena)
    assert browser.post(url("search_correct", review, pubmed.pk), typed).status_code == 302
    pubmed.refresh_from_db()
    assert pubmed.details == {
        "limits": "None",
        "citation_searching": "Citing reports in an index",
        "other_methods": "Asked a colleague",
    }
    call_command("check_ledger", review.slug)
