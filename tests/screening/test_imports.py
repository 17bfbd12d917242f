"""Searches are registered, files looked at and imported; nothing is lost, nothing doubled."""

import io
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from reviewtool.jobs.models import Job
from reviewtool.jobs.run import run_job
from reviewtool.jobs.services import cancel, run_waiting
from reviewtool.reviews.models import Event
from screening.models import ImportedFile, ImportProblem, Record, Screening, Search
from screening.services import (
    decisions,
    groups,
    importing,
    imports,
    previews,
    reading,
    screenings,
)

RIS = """TY  - JOUR
TI  - Niches of leukaemic blasts in the testis
AU  - Okafor, Ngozi
AU  - Weiss, T.
PY  - 2019
T2  - Journal of Invented Haematology
DO  - 10.5555/jih.{n}
AB  - Blasts were found beside Leydig cells {n}.
KW  - testis
ZZ  - a tag nobody knows
ER  - 

"""


def ris(*numbers: int) -> bytes:
    return "".join(RIS.format(n=n).replace("Niches", f"Niches {n}") for n in numbers).encode()


def upload(search, by, data: bytes, name="export.ris") -> ImportedFile:
    return imports.upload_file(search, by=by, name=name, stream=io.BytesIO(data))


def bring_in(search, by, data: bytes, name="export.ris") -> ImportedFile:
    file = upload(search, by, data, name)
    imports.commit_file(file, by=by)
    run_waiting()
    file.refresh_from_db()
    return file


@pytest.fixture
def search(lena) -> Search:
    return imports.register_search(
        lena, kind="database", source="PubMed", searched_on=date(2024, 5, 3), n_shown=3
    )


def test_a_search_is_registered_and_its_correction_keeps_what_stood_before(search, lena):
    imports.correct_search(search, by=lena, n_shown=4, source="MEDLINE")

    search.refresh_from_db()
    assert (search.source, search.n_shown) == ("MEDLINE", 4)
    corrected = Event.objects.get(kind="search_corrected")
    assert corrected.payload["before"] == {"n_shown": 3, "source": "PubMed"}


def test_only_a_lead_registers_searches(alice):
    with pytest.raises(PermissionDenied):
        imports.register_search(
            alice, kind="database", source="PubMed", searched_on=date(2024, 5, 3)
        )


def test_a_file_is_recognised_and_nothing_is_imported_yet(search, lena):
    file = upload(search, lena, ris(1, 2))

    assert file.format == "ris"
    assert "RIS" in file.description
    assert file.summary["n_records"] == file.summary["n_said"] == 2
    assert not Record.objects.exists()


def test_the_preview_shows_fill_rates_counts_and_tags_that_are_not_used(search, lena):
    bring_in(search, lena, ris(1), "first.ris")
    seen = previews.preview(upload(search, lena, ris(1, 2, 2), "second.ris"))

    assert [c.year for c in seen.sample] == [2019, 2019, 2019]
    assert dict(seen.fills)["abstract"] == 100
    assert seen.summary["n_repeated"] == 1
    assert seen.summary["n_in_search"] == 1
    assert seen.summary["n_in_review"] == 1
    assert "ZZ" in seen.summary["unmapped"]
    assert "TI" not in seen.summary["unmapped"]
    assert seen.notes == ["With this file the search will have 2 records; the source showed 3."]


def test_a_record_that_cannot_be_read_is_missed_in_the_count(search, lena):
    lost = b"TY  - JOUR\nER  - \n\n"
    seen = previews.preview(upload(search, lena, ris(1) + lost))

    assert (seen.summary["n_said"], seen.summary["n_records"]) == (2, 1)
    assert any("says it has 2 records, 1 could be read" in warning for warning in seen.warnings)


def test_an_export_without_abstracts_is_warned_about(search, lena):
    bare = ris(1, 2).replace(b"AB  - ", b"XX  - ")
    seen = previews.preview(upload(search, lena, bare))

    assert any("left abstracts out" in warning for warning in seen.warnings)


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "empty.ris", "empty"),
        (b"%PDF-1.7 ...", "paper.pdf", "PDF"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "export.ris", "web page"),
    ],
)
def test_what_is_no_export_is_refused_by_name(search, lena, data, name, words):
    with pytest.raises(ValidationError, match=words):
        upload(search, lena, data, name)
    assert not ImportedFile.objects.exists()


def test_a_file_above_the_limit_is_refused(search, lena, settings):
    settings.UPLOAD_LIMIT_MB = 0
    with pytest.raises(ValidationError, match="larger than the limit"):
        upload(search, lena, ris(1))


def test_the_same_file_twice_is_recognised(search, lena):
    bring_in(search, lena, ris(1, 2))
    with pytest.raises(ValidationError, match="already imported for this search on"):
        upload(search, lena, ris(1, 2), "renamed.ris")


def test_an_import_enters_records_with_raw_text_and_screenings(search, lena):
    file = bring_in(search, lena, ris(1, 2, 3))

    assert file.state == ImportedFile.State.COMMITTED
    record = Record.objects.visible().order_by("position").first()
    assert record.title == "Niches 1 of leukaemic blasts in the testis"
    assert record.authors == ["Okafor, Ngozi", "Weiss, T."]
    assert ["ZZ", "a tag nobody knows"] in record.raw
    assert "ZZ  - a tag nobody knows" in record.raw_text
    assert record.entered_seq == Event.objects.get(kind="import_committed").seq
    assert record.canonical_id == record.pk
    assert Screening.objects.count() == 3
    assert file.file.open("rb").read() == ris(1, 2, 3)


def test_after_an_import_duplicates_are_looked_for(search, lena):
    imports.commit_file(upload(search, lena, ris(1)), by=lena)
    run_waiting(most=1)
    assert Job.objects.filter(kind="dedupe", state="queued").count() == 1


def test_a_record_the_search_already_has_is_skipped_and_counted(search, lena):
    bring_in(search, lena, ris(1, 2), "first.ris")
    bring_in(search, lena, ris(2, 3, 3), "second.ris")

    assert Record.objects.visible().count() == 3
    event = Event.objects.filter(kind="import_committed").last()
    assert (event.payload["n_records"], event.payload["n_known"]) == (1, 2)


def test_the_same_record_of_another_search_is_kept(search, lena):
    other = imports.register_search(
        lena, kind="database", source="Embase", searched_on=date(2024, 5, 4)
    )
    bring_in(search, lena, ris(1))
    bring_in(other, lena, ris(1))
    assert Record.objects.visible().count() == 2


class Killed(BaseException):
    """What a killed worker leaves behind is what was committed before."""


def test_an_import_killed_in_the_middle_goes_on_without_loss_or_doubling(search, lena, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 2)
    monkeypatch.setattr(importing.chunked, "__defaults__", (2,))
    job = imports.commit_file(upload(search, lena, ris(*range(1, 8))), by=lena)
    read, left = imports.reading.items_of, [5]

    def dying(file):
        for item in read(file):
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            yield item

    monkeypatch.setattr(imports.reading, "items_of", dying)
    with pytest.raises(Killed):
        run_job(job.pk)
    assert Record.objects.exists()
    assert not Record.objects.visible().exists()
    job.refresh_from_db()
    assert 0 < job.done < 7

    monkeypatch.setattr(imports.reading, "items_of", read)
    Job.objects.filter(pk=job.pk).update(lease_until=job.created_at)
    run_waiting()
    titles = Record.objects.visible().order_by("position").values_list("title", flat=True)
    assert [int(title.split()[1]) for title in titles] == list(range(1, 8))
    assert Screening.objects.count() == 7


def test_a_cancelled_import_leaves_nothing_and_may_be_started_again(search, lena, monkeypatch):
    file = upload(search, lena, ris(1, 2))
    job = imports.commit_file(file, by=lena)
    cancel(job, by=lena)
    run_waiting()
    assert not Record.objects.visible().exists()

    imports.commit_file(file, by=lena)
    run_waiting()
    assert Record.objects.visible().count() == 2


def test_problems_are_kept_with_line_and_raw_text(search, lena):
    broken = ris(1) + b"this is no record at all\n" + ris(2)
    bring_in(search, lena, broken)

    assert Record.objects.visible().count() == 2
    assert all(problem.line for problem in ImportProblem.objects.all())


def test_nul_bytes_never_reach_the_database(search, lena):
    bring_in(search, lena, ris(1).replace(b"blasts", b"bla\x00sts"))
    record = Record.objects.visible().get()
    assert "\x00" not in record.title + record.raw_text
    assert "blasts" in record.title


CSV = b"Kop,Jaar,Samenvatting\nEen titel,2020,Iets\nNog een titel,2021,Meer\n"


def test_a_table_with_unknown_columns_waits_until_its_title_is_pointed_at(search, lena):
    file = upload(search, lena, CSV, "tabel.csv")
    assert previews.preview(file).needs_title
    with pytest.raises(ValidationError, match="which column holds the title"):
        imports.commit_file(file, by=lena)

    mapping = {"Kop": "title", "Jaar": "year", "Samenvatting": "abstract"}
    file = imports.choose_reading(file, by=lena, mapping=mapping)
    imports.commit_file(file, by=lena)
    run_waiting()
    records = Record.objects.visible().order_by("position")
    assert [(r.title, r.year, r.abstract) for r in records] == [
        ("Een titel", 2020, "Iets"),
        ("Nog een titel", 2021, "Meer"),
    ]


def test_the_columns_of_a_known_table_are_guessed(search, lena):
    file = upload(search, lena, b"Title,Year,DOI\nOne title,2020,10.5555/a\n", "table.csv")
    assert file.mapping["Title"] == "title"
    assert reading.columns_of(file).examples["DOI"] == "10.5555/a"


def test_a_person_may_choose_another_encoding(search, lena):
    data = ris(1).replace(b"Niches", "Nischen für".encode("cp850"))
    file = imports.choose_reading(upload(search, lena, data), by=lena, encoding="cp850")
    assert "für" in previews.preview(file).sample[0].title


def test_an_import_is_undone_while_nobody_has_decided(search, lena):
    file = bring_in(search, lena, ris(1, 2))
    imports.undo_import(file, by=lena)

    assert not Record.objects.visible().exists()
    assert not Screening.objects.exists()
    assert Event.objects.get(kind="import_undone").payload["n_records"] == 2
    again = bring_in(search, lena, ris(1, 2))
    assert again.pk != file.pk
    assert Record.objects.visible().count() == 2


def test_undoing_an_import_leaves_its_duplicates_from_elsewhere(search, lena, review):
    other = imports.register_search(
        lena, kind="database", source="Embase", searched_on=date(2024, 5, 4)
    )
    first, second = bring_in(search, lena, ris(1)), bring_in(other, lena, ris(1))
    effects = imports.undo_effects(first)
    assert (effects["n_records"], effects["n_decided"], effects["n_joined"]) == (1, 0, 1)
    imports.undo_import(first, by=lena)

    left = Record.objects.visible().get()
    assert left.file == second
    assert left.canonical_id == left.pk
    assert list(groups.differences(review)) == []
    assert list(screenings.differences(review)) == []


def test_an_import_with_a_decision_stays(search, lena, alice):
    file = bring_in(search, lena, ris(1, 2))
    record = Record.objects.visible().first()
    decisions.decide(record, by=alice, stage="title_abstract", verdict="include")

    assert imports.undo_effects(file)["n_decided"] == 1
    with pytest.raises(ValidationError, match="carry decisions"):
        imports.undo_import(file, by=lena)
    assert Record.objects.visible().count() == 2


def test_a_record_is_added_by_hand_once(search, lena):
    record = imports.add_record(search, by=lena, title="Found on a website", authors=["Doe, J"])

    assert record.is_visible
    assert Screening.objects.get().record == record
    with pytest.raises(ValidationError, match="already in this search"):
        imports.add_record(search, by=lena, title="Found on a website", authors=["Doe, J"])


def test_an_upload_that_was_not_imported_can_be_discarded(search, lena):
    file = upload(search, lena, ris(1))
    imports.discard_file(file, by=lena)
    assert not ImportedFile.objects.exists()


def test_large_files_are_read_for_their_preview_by_a_job(search, lena, monkeypatch):
    monkeypatch.setattr(imports, "READ_AT_ONCE", 10)
    file = upload(search, lena, ris(1, 2))
    assert file.summary == {}
    run_waiting()
    file.refresh_from_db()
    assert file.summary["n_records"] == 2


# ---------------------------------------------------------------- pages and API


def posted(client, search, *files: tuple[str, bytes]):
    streams = [io.BytesIO(data) for _, data in files]
    for stream, (name, _) in zip(streams, files, strict=True):
        stream.name = name
    url = f"/reviews/{search.review.slug}/searches/{search.pk}/upload/"
    return client.post(url, {"upload": streams})


def test_a_search_is_registered_on_its_page(lena, client_of, review):
    answer = client_of(lena).post(
        f"/reviews/{review.slug}/searches/new/",
        {
            "kind": "register",
            "source": "ClinicalTrials.gov",
            "searched_on": "2024-05-03",
            "n_shown": "12",
            "details_limits": "English only",
        },
    )
    search = Search.objects.get()
    assert answer.url == search.get_absolute_url()
    assert search.details == {"limits": "English only"}
    assert search.n_shown == 12


def test_a_search_is_corrected_on_its_page(search, lena, client_of):
    url = f"{search.get_absolute_url()}correct/"
    answer = client_of(lena).post(
        url, {"kind": "database", "source": "Embase", "searched_on": "2024-05-03"}
    )
    search.refresh_from_db()
    assert answer.status_code == 302
    assert (search.source, search.n_shown) == ("Embase", None)


def test_several_files_are_uploaded_at_once_each_with_its_own_answer(search, lena, client_of):
    answer = posted(
        client_of(lena), search, ("one.ris", ris(1)), ("two.ris", ris(2)), ("no.pdf", b"%PDF-1.4")
    )
    assert answer.status_code == 422
    assert "is a PDF" in answer.content.decode()
    assert [file.name for file in search.files.all()] == ["one.ris", "two.ris"]


def test_a_file_goes_from_preview_to_import_to_undo(search, lena, client_of):
    client = client_of(lena)
    page = client.get(posted(client, search, ("one.ris", ris(1, 2))).url)
    assert "Niches 1 of leukaemic" in page.content.decode()
    assert "ZZ  - a tag nobody knows" in page.content.decode()

    url = page.request["PATH_INFO"]
    client.post(f"{url}import/")
    waiting = client.get(url, headers={"HX-Request": "true"})
    assert "Waiting for a worker" in waiting.content.decode()
    run_waiting()
    assert client.get(url, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert "What was imported" in client.get(url).content.decode()

    assert "2 records leave" in client.get(f"{url}undo/").content.decode()
    client.post(f"{url}undo/")
    assert not Record.objects.visible().exists()


def test_columns_are_given_their_meaning_on_the_page(search, lena, client_of):
    client = client_of(lena)
    url = posted(client, search, ("tabel.csv", CSV)).url
    assert "What the columns mean" in client.get(url).content.decode()

    refused = client.post(f"{url}mapping/", {"column_1": "year"})
    assert refused.status_code == 422
    client.post(f"{url}mapping/", {"column_0": "title", "column_1": "year"})
    assert ImportedFile.objects.get().mapping == {"Kop": "title", "Jaar": "year"}
    assert "Een titel" in client.get(url).content.decode()


def test_another_format_that_does_not_fit_is_refused_in_a_sentence(search, lena, client_of):
    client = client_of(lena)
    url = posted(client, search, ("one.ris", ris(1))).url
    answer = client.post(f"{url}reading/", {"format": "xlsx", "encoding": ""})
    assert answer.status_code == 422
    assert "Excel" in answer.content.decode()


def test_the_bytes_are_given_back_as_they_came(search, lena, client_of):
    client = client_of(lena)
    url = posted(client, search, ("one.ris", ris(1))).url
    answer = client.get(f"{url}original/")
    assert b"".join(answer.streaming_content) == ris(1)
    assert "attachment" in answer["Content-Disposition"]


def test_rejected_records_are_downloaded_to_be_repaired(search, lena, client_of):
    file = bring_in(search, lena, ris(1))
    ImportProblem.objects.create(file=file, line=9, severity="error", message="?", raw_text="TY  -")
    ImportProblem.objects.create(file=file, line=9, severity="info", message="?", raw_text="no")
    answer = client_of(lena).get(f"{file.get_absolute_url()}rejects/")
    assert b"".join(answer.streaming_content) == b"TY  -\n\n"


def test_a_record_is_added_on_its_page(search, lena, client_of):
    url = f"{search.get_absolute_url()}add/"
    fields = {"title": "By hand", "authors": "Doe, J\nRoe, R", "doi": "https://doi.org/10.5555/x"}
    client_of(lena).post(url, fields)
    record = Record.objects.get()
    assert (record.authors, record.doi) == (["Doe, J", "Roe, R"], "10.5555/x")
    assert client_of(lena).post(url, {"authors": "Doe, J"}).status_code == 422


def test_records_with_neither_title_nor_abstract_are_removed_from_the_searches_page(
    search, lena, client_of, review
):
    bring_in(search, lena, b"TY  - JOUR\nAU  - Doe, J\nPY  - 2001\nER  - \n")
    record = Record.objects.visible().get()
    client, base = client_of(lena), f"/reviews/{review.slug}/searches/"
    assert "Neither title nor abstract" in client.get(base).content.decode()
    client.post(f"{base}remove-empty/", {"record": [record.pk], "reason": "Neither"})
    assert not Record.objects.in_play().exists()


def test_observers_look_and_do_not_touch(search, otto, client_of, review):
    client = client_of(otto)
    assert client.get(f"/reviews/{review.slug}/searches/").status_code == 200
    assert client.get(search.get_absolute_url()).status_code == 200
    assert client.get(f"/reviews/{review.slug}/searches/new/").status_code == 403
    assert posted(client, search, ("one.ris", ris(1))).status_code == 403


def test_the_api_lists_and_registers_searches(search, lena, alice, client_of, review):
    file = bring_in(search, lena, ris(1, 2))
    url = f"/api/v1/reviews/{review.slug}/searches/"
    listed = client_of(alice).get(url).json()["results"]
    assert [(one["source"], one["n_records"]) for one in listed] == [("PubMed", 2)]
    detail = client_of(alice).get(f"{url}{search.pk}/").json()
    assert [one["id"] for one in detail["files"]] == [file.pk]

    new = {"kind": "database", "source": "Embase", "searched_on": "2024-05-04"}
    assert client_of(alice).post(url, new, "application/json").status_code == 403
    assert client_of(lena).post(url, new, "application/json").status_code == 201
    assert client_of(lena).post(url, {}, "application/json").status_code == 400


def test_the_undecided_records_of_a_file_may_go_while_the_decided_ones_stay(search, lena, alice):
    file = bring_in(search, lena, ris(1, 2, 3))
    decided = Record.objects.visible().first()
    decisions.decide(decided, by=alice, stage="title_abstract", verdict="include")

    file = imports.undo_import(file, by=lena, keep_decided=True)

    assert list(Record.objects.visible()) == [decided]
    assert file.state == ImportedFile.State.COMMITTED
    undone = Event.objects.get(kind="import_undone")
    assert (undone.payload["n_records"], undone.payload["n_kept"]) == (2, 1)
    assert Screening.objects.count() == 1
    assert not list(screenings.differences(lena.review))
    assert not list(groups.differences(lena.review))


def test_the_undo_page_offers_to_keep_what_is_decided(search, lena, alice, client_of):
    file = bring_in(search, lena, ris(1, 2))
    decisions.decide(
        Record.objects.visible().first(), by=alice, stage="title_abstract", verdict="include"
    )
    url = f"{file.get_absolute_url()}undo/"
    client = client_of(lena)

    assert "Withdraw the undecided" in client.get(url).content.decode()
    client.post(url, {"keep_decided": "yes"})

    assert Record.objects.visible().count() == 1


def numbered(accession: str, title: str, abstract: str) -> bytes:
    return f"TY  - JOUR\nAN  - {accession}\nTI  - {title}\nAB  - {abstract}\nER  - \n".encode()


def test_a_record_the_database_has_changed_since_is_not_added_again(search, lena):
    bring_in(search, lena, numbered("EMB1", "A niche", "First wording."), "monday.ris")
    file = bring_in(search, lena, numbered("EMB1", "A niche.", "Second wording."), "friday.ris")

    assert Record.objects.visible().count() == 1
    assert file.summary["n_known"] == 1


def test_a_number_that_merely_counts_records_joins_nothing(search, lena):
    bring_in(search, lena, numbered("1", "A niche", "Blasts."), "one.ris")
    bring_in(search, lena, numbered("1", "A barrier", "Cells."), "two.ris")

    assert Record.objects.visible().count() == 2
