"""Records are found, corrected, removed before screening; nobody sees what is still blind."""

import csv
import io
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviewtool.jobs.services import run_waiting
from reviewtool.reviews.models import Event
from screening.citations import Citation, read
from screening.citations import screened as screened_tags
from screening.citations.prior import prior_decisions
from screening.citations.screened import outcomes_in
from screening.models import Record, Screening
from screening.search_text import normalise, terms
from screening.services import dedupe, imports, record_export, record_filters, records
from screening.services.decisions import adjudicate, decide
from screening.services.record_filters import Filters
from screening.views import records as pages

STAGE = "title_abstract"


@pytest.fixture
def search(lena):
    return imports.register_search(
        lena, kind="database", source="PubMed", searched_on=date(2024, 5, 3)
    )


@pytest.fixture
def add(search, lena):
    def add(title: str = "", **fields) -> Record:
        return imports.add_record(search, by=lena, title=title, **fields)

    return add


def found(member, **asked) -> list[str]:
    return [record.title for record in record_filters.find(member, Filters(**asked))]


@pytest.mark.parametrize(
    ("text", "shadow"),
    [
        ("König's <i>Über</i>-Maß", "konig s i uber i mass"),
        ("10.1000/ABC.1", "10 1000 abc 1"),
        ("  TNF-α  ", "tnf α"),
        ("ﬁbrosis", "fibrosis"),
    ],
)
def test_text_is_searched_without_case_accents_and_punctuation(text, shadow):
    assert normalise(text) == shadow


def test_words_must_all_occur_and_quotes_keep_a_phrase_together():
    assert terms('König “bone marrow" x') == ["konig", "bone marrow", "x"]


def test_records_are_found_by_words_years_and_abstract(add, lena):
    add("Leukaemia in the testis", year=2019, abstract="Blasts.")
    add("Leukämie im Hoden", year=2021)
    assert found(lena, q="leukamie") == ["Leukämie im Hoden"]
    assert found(lena, q="testis BLASTS") == ["Leukaemia in the testis"]
    assert found(lena, q='"the leukaemia"') == []
    assert found(lena, year_from=2020) == ["Leukämie im Hoden"]
    assert found(lena, abstract="no") == ["Leukämie im Hoden"]
    assert found(lena, q="100%_") == []


def test_a_correction_keeps_what_stood_before_and_is_found_anew(add, lena):
    record = records.correct_record(add("Tpyo", year=2019), by=lena, title="Typo")

    assert found(lena, q="typo") == ["Typo"]
    event = Event.objects.get(kind="record_corrected")
    assert (event.payload["before"], event.payload["after"]) == (
        {"title": "Tpyo"},
        {"title": "Typo"},
    )
    assert record.raw == [["title", "Tpyo"], ["year", "2019"]]


def test_where_a_record_came_from_cannot_be_corrected(add, lena):
    with pytest.raises(ValidationError, match="cannot be corrected"):
        records.correct_record(add("One"), by=lena, raw_text="other")


def test_a_record_is_removed_before_screening_and_restored(add, lena):
    record = add("Contents")
    records.remove_record(record, by=lena, reason="A table of contents")
    record.refresh_from_db()
    assert record.removed_seq == Event.objects.get(kind="record_removed").seq
    assert not Screening.objects.exists()
    assert found(lena, removed="yes") == ["Contents"]

    records.restore_record(record, by=lena)
    record.refresh_from_db()
    assert record.removed_seq is None
    assert Screening.objects.get().record == record


def test_a_removal_needs_a_reason_and_a_lead(add, lena, alice):
    record = add("Contents")
    with pytest.raises(ValidationError, match="Say why"):
        records.remove_record(record, by=lena, reason=" ")
    with pytest.raises(PermissionDenied):
        records.remove_record(record, by=alice, reason="Because")


def test_what_somebody_has_decided_on_is_no_longer_removed_before_screening(add, lena, alice):
    record = add("One")
    decide(record, by=alice, stage=STAGE, verdict="exclude")
    with pytest.raises(ValidationError, match="decided on this record"):
        records.remove_record(record, by=lena, reason="Because")


def test_removing_one_duplicate_removes_the_report(add, lena):
    one, two = add("One"), add("Two")
    dedupe.join([one, two], by=lena)
    records.remove_record(two, by=lena, reason="Because")
    assert not Record.objects.in_play().exists()

    records.restore_record(Record.objects.get(pk=one.pk), by=lena)
    assert Record.objects.in_play().get() == one


def test_records_without_title_and_abstract_are_offered_for_removal(search, lena, review):
    file = imports.upload_file(
        search,
        by=lena,
        name="bare.ris",
        stream=io.BytesIO(b"TY  - JOUR\nAU  - Doe, J\nPY  - 2001\nER  - \n"),
    )
    imports.commit_file(file, by=lena)
    run_waiting()
    assert records.without_text(review).count() == 1
    records.remove_records(records.without_text(review), by=lena, reason="Neither")
    assert records.without_text(review).count() == 0


def test_outcomes_are_told_once_settled_and_own_verdicts_at_once(add, alice, bob, lena):
    record = add("One")
    decide(record, by=alice, stage=STAGE, verdict="include")

    for member in (alice, bob, lena):
        assert found(member, title_abstract="unsettled") == ["One"]
        assert found(member, title_abstract="included") == []
    assert found(alice, title_abstract="mine-include") == ["One"]
    assert found(bob, title_abstract="mine-none") == ["One"]
    assert found(bob, title_abstract="mine-include") == []

    decide(record, by=bob, stage=STAGE, verdict="include")
    for member in (alice, bob, lena):
        assert found(member, title_abstract="included") == ["One"]
        assert found(member, full_text="unsettled") == ["One"]


def test_a_conflict_looks_unsettled_to_those_who_screen(add, alice, bob, ada):
    record = add("One")
    decide(record, by=alice, stage=STAGE, verdict="include")
    decide(record, by=bob, stage=STAGE, verdict="exclude")

    screening = Screening.objects.get()
    assert screening.outcome == "conflict"
    assert record_filters.outcome_words(bob)[screening.outcome] == "not settled"
    assert record_filters.outcome_words(ada)[screening.outcome] == "conflict"
    assert found(bob, title_abstract="conflict") == []
    assert found(bob, title_abstract="unsettled") == ["One"]
    assert found(ada, title_abstract="conflict") == ["One"]

    adjudicate(record, by=ada, stage=STAGE, verdict="include")
    assert found(bob, title_abstract="included") == ["One"]


def test_duplicates_are_listed_as_asked(add, lena):
    one, two = add("One"), add("Two")
    add("Three")
    dedupe.join([one, two], by=lena)
    assert found(lena, copies="one") == ["One", "Three"]
    assert found(lena, copies="extra") == ["Two"]
    assert found(lena, copies="joined") == ["One"]


def test_the_csv_export_holds_what_is_shown_and_runs_no_formula(add, lena):
    add("=cmd|' /C calc'!A0", authors=["Doe, J", "Roe, R"])
    add("Other")
    shown = record_filters.find(lena, Filters(q="calc"))
    rows = list(csv.DictReader(io.StringIO("".join(record_export.as_csv(lena, shown)))))

    assert [row["title"] for row in rows] == ["'=cmd|' /C calc'!A0"]
    assert rows[0]["authors"] == "Doe, J; Roe, R"
    assert rows[0]["title and abstract screening"] == "not settled"


def test_the_ris_export_comes_back_as_the_same_records(add, lena):
    add("One title", authors=["Doe, J"], year=2019, doi="10.5555/one", abstract="Some text.")
    shown = record_filters.find(lena, Filters())
    text = "".join(record_export.as_ris(lena, shown))

    other = imports.register_search(lena, kind="other", source="Ours", searched_on=date(2024, 5, 3))
    file = imports.upload_file(other, by=lena, name="again.ris", stream=io.BytesIO(text.encode()))
    again = next(item for item in imports.reading.items_of(file) if not hasattr(item, "severity"))
    assert (again.title, again.year, again.doi, again.abstract) == (
        "One title",
        2019,
        "10.5555/one",
        "Some text.",
    )


@pytest.fixture
def screened(add, lena, alice, bob, member):
    """Three records: included, excluded with a reason, and one in conflict."""
    rows = [add("In", abstract="Blasts."), add("Out"), add("Torn")]
    for who, verdicts in ((alice, "iei"), (bob, "iee")):
        for record, verdict in zip(rows, verdicts, strict=True):
            decide(
                record, by=who, stage="title_abstract", reason="TA2" if verdict == "e" else "",
                verdict={"i": "include", "e": "exclude"}[verdict],
            )  # fmt: skip
    return rows


def exported(member, format) -> bytes:
    shown = record_filters.find(member, Filters())
    parts = record_export.FORMATS[format].write(member, shown)
    return b"".join(part if isinstance(part, bytes) else part.encode() for part in parts)


def citations_in(data: bytes, name: str) -> list[Citation]:
    return [item for item in read(io.BytesIO(data), name=name) if isinstance(item, Citation)]


FORMATS = ("ris", "csv", "xlsx", "bibtex")


def told_of(citation: Citation) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.reviewer, one.verdict, one.reasons) for one in prior_decisions(citation)]


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_carries_decisions_and_outcomes_and_comes_back(format, screened, lena):
    again = citations_in(exported(lena, format), f"records.{format}")

    assert [citation.title for citation in again] == ["In", "Out", "Torn"]
    assert list(map(told_of, again)) == [
        [("Alice", "include", ()), ("Bob", "include", ())],
        [("Alice", "exclude", ("Not the site",)), ("Bob", "exclude", ("Not the site",))],
        [("Alice", "include", ()), ("Bob", "exclude", ("Not the site",))],
    ]
    assert [outcomes_in(citation.raw)["title_abstract"] for citation in again] == [
        ("included", ""),
        ("excluded", "Not the site"),
        ("conflict", ""),
    ]


@pytest.mark.parametrize("format", FORMATS)
def test_only_ones_own_decision_is_exported_until_the_record_is_settled(format, screened, bob):
    again = citations_in(exported(bob, format), f"records.{format}")

    assert len(told_of(again[1])) == 2
    assert told_of(again[2]) == [("Bob", "exclude", ("Not the site",))]
    assert outcomes_in(again[2].raw)["title_abstract"] == ("not settled", "")


def test_an_adjudication_is_told_apart_from_the_reviewers_decisions(screened, ada, lena):
    adjudicate(screened[2], by=ada, stage=STAGE, verdict="include")
    torn = citations_in(exported(lena, "csv"), "records.csv")[2]

    assert told_of(torn)[-1] == ("Ada (adjudication)", "include", ())
    assert outcomes_in(torn.raw)["title_abstract"] == ("included", "")


@pytest.mark.parametrize("format", FORMATS)
def test_a_record_says_which_others_are_the_same_report_and_where_they_were_found(
    format, add, lena
):
    one, two = add("One"), add("Two")
    other = imports.register_search(
        lena, kind="register", source="A register", searched_on=date(2024, 5, 4)
    )
    three = imports.add_record(other, by=lena, title="Three")
    dedupe.join([one, two], by=lena)
    dedupe.join([two, three], by=lena)
    again = citations_in(exported(lena, format), f"records.{format}")

    told = screened_tags.told_in(again[2].raw)
    assert told["report number"] == str(one.pk)
    assert told["records of the report"] == f"{one.pk}, {two.pk}, {three.pk}"
    assert told["found by"] == "A register"
    assert told["sources of the report"] == "PubMed; A register"


@pytest.mark.parametrize("format", ["ris", "csv", "xlsx", "bibtex"])
def test_a_reviewer_who_has_not_decided_is_told_nothing_of_a_conflict(
    format, screened, member, alice
):
    fresh = member("reviewer")
    torn = citations_in(exported(fresh, format), f"records.{format}")[2]

    assert outcomes_in(torn.raw)["title_abstract"] == ("not settled", "")


@pytest.mark.parametrize("format", ["ris", "csv", "xlsx", "bibtex"])
def test_what_an_earlier_export_told_is_not_told_again(format, screened, lena):
    first = exported(lena, format)
    search = imports.register_search(
        lena, kind="other", source="Ours", searched_on=date(2024, 5, 3)
    )
    file = imports.upload_file(search, by=lena, name=f"a.{format}", stream=io.BytesIO(first))
    imports.commit_file(file, by=lena)
    run_waiting()
    shown = record_filters.find(lena, Filters(source=str(search.pk)))
    parts = record_export.FORMATS[format].write(lena, shown)
    data = b"".join(part if isinstance(part, bytes) else part.encode() for part in parts)

    again = citations_in(data, f"b.{format}")

    assert len(again) == 3
    for citation in again:
        assert [t for t, v in citation.raw if "screening" in f"{t} {v}"] != []
        assert (
            len(
                {
                    v
                    for t, v in citation.raw
                    if "title and abstract screening" in f"{t} {v}".replace("_", " ")
                }
            )
            == 1
        )


def test_a_value_too_long_for_excel_goes_on_in_a_further_column(add, lena):
    abstract = "word " * 20_000
    add("Long", abstract=abstract.strip())

    again = citations_in(exported(lena, "xlsx"), "records.xlsx")

    assert again[0].abstract == abstract.strip()


def test_the_page_offers_every_format_and_each_downloads(add, lena, client_of):
    add("One")
    client = client_of(lena)
    page = client.get(reverse("screening:records", args=[lena.review.slug])).content.decode()
    for format, how in record_export.FORMATS.items():
        url = reverse("screening:records_export", args=[lena.review.slug, format])
        assert url in page
        answer = client.get(url)
        assert f"records.{how.suffix}" in answer["Content-Disposition"]
        assert b"".join(answer.streaming_content)


# ---------------------------------------------------------------- pages and API


def test_the_list_goes_page_by_page_in_both_directions(add, lena, client_of, review, monkeypatch):
    monkeypatch.setattr(pages, "PAGE", 2)
    ids = [add(f"Number {n}").pk for n in range(5)]
    client, url = client_of(lena), f"/reviews/{review.slug}/records/"

    first = client.get(url)
    assert [row["record"].pk for row in first.context["rows"]] == ids[:2]
    assert first.context["before"] is None
    last = client.get(url, {"after": ids[3]})
    assert [row["record"].pk for row in last.context["rows"]] == ids[4:]
    assert last.context["after"] is None
    back = client.get(url, {"before": ids[4]})
    assert [row["record"].pk for row in back.context["rows"]] == ids[2:4]


def test_a_longer_list_asks_the_database_no_more_often(add, lena, client_of, review):
    client, url = client_of(lena), f"/reviews/{review.slug}/records/"

    def n_queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(url)
        return len(asked)

    add("Number 0")
    n_first = n_queries()
    for n in range(1, 12):
        add(f"Number {n}")
    assert n_queries() == n_first


def test_the_record_page_hides_a_colleagues_verdict(add, alice, bob, client_of, review):
    record = add("One")
    decide(record, by=alice, stage=STAGE, verdict="maybe", note="secret note")
    url = f"/reviews/{review.slug}/records/{record.pk}/"

    assert b"maybe" not in client_of(bob).get(url).content
    assert b"decided \xe2\x80\x9cmaybe\xe2\x80\x9d" in client_of(alice).get(url).content


def test_the_api_gives_records_with_their_sources(add, lena, client_of, review):
    one, two = add("One", doi="10.5555/a"), add("Two", abstract="Longer")
    dedupe.join([one, two], by=lena)
    client, url = client_of(lena), f"/api/v1/reviews/{review.slug}/records/"

    listed = client.get(url, {"copies": "one"}).json()["results"]
    assert [record["id"] for record in listed] == [one.pk]
    detail = client.get(f"{url}{two.pk}/").json()
    assert detail["group"] == one.pk
    assert [source["id"] for source in detail["sources"]] == [one.pk, two.pk]
    assert {"field": "abstract", "value": "Longer", "record": two.pk} in detail["best"]
    assert detail["outcomes"] == [{"stage": STAGE, "outcome": "not settled"}]


def test_the_api_refuses_a_filter_that_makes_no_sense(add, lena, client_of, review):
    answer = client_of(lena).get(f"/api/v1/reviews/{review.slug}/records/", {"year_from": "soon"})
    assert answer.status_code == 400


def test_every_page_of_a_record_answers_a_lead(add, lena, client_of, review):
    record = add("One", abstract="Text", keywords=["a"], doi="10.5555/a")
    client, base = client_of(lena), f"/reviews/{review.slug}/records/"
    for path in ("", f"{record.pk}/", f"{record.pk}/correct/", "export/csv/", "export/ris/"):
        assert client.get(base + path).status_code == 200, path
    assert client.get(base + "export/exe/").status_code == 404

    removed = client.post(f"{base}{record.pk}/remove/", {"reason": ""})
    assert removed.status_code == 422
    client.post(f"{base}{record.pk}/remove/", {"reason": "Because"})
    assert not Record.objects.in_play().exists()
    client.post(f"{base}{record.pk}/restore/")
    assert Record.objects.in_play().exists()
