"""What columns mean is saved under a name, and the next such table is read that way by itself."""

import io
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from reviewtool.jobs.models import Job
from reviewtool.jobs.services import run_waiting
from reviewtool.reviews.models import Event
from screening.models import ColumnMapping, Decision, Record, Search
from screening.services import decisions, imports, mappings, reading, records, rereading
from tests.factories import make_review

TABLE = (
    "Kop;Jaar;Samenvatting;Zaak\nEen nis;{year};Blasten.;x\nEen barri\u00e8re;{year};Cellen.;y\n"
)
MAPPING = {"Kop": "title", "Jaar": "year", "Samenvatting": "abstract"}


@pytest.fixture
def search(lena) -> Search:
    return imports.register_search(
        lena, kind="database", source="Nederland", searched_on=date(2024, 5, 3)
    )


def table(search, by, *, year: int = 2019, text: str = TABLE):
    data = text.format(year=year).encode()
    return imports.upload_file(search, by=by, name=f"{year}.csv", stream=io.BytesIO(data))


@pytest.fixture
def saved(search, lena) -> ColumnMapping:
    file = imports.choose_reading(table(search, lena), by=lena, mapping=MAPPING)
    return mappings.save_mapping(file, by=lena, name="Dutch library")


def test_the_next_table_with_the_same_columns_is_read_that_way(saved, search, lena):
    file = table(search, lena, year=2020)

    assert file.mapping == MAPPING
    assert [citation.title for citation in reading.sample_of(file)] == [
        "Een nis",
        "Een barri\u00e8re",
    ]


def test_the_order_of_the_columns_does_not_matter(saved, search, lena):
    other = "Samenvatting;Zaak;Kop;Jaar\nBlasten.;x;Een nis;{year}\n"

    file = table(search, lena, year=2021, text=other)

    assert file.mapping == MAPPING


def test_a_table_with_other_columns_is_guessed_as_before(saved, search, lena):
    file = table(search, lena, year=2022, text="Kop;Jaar\nEen nis;{year}\n")

    assert "title" not in file.mapping.values()


def test_a_saved_mapping_can_be_used_for_a_table_with_some_of_its_columns(saved, search, lena):
    file = table(search, lena, year=2022, text="Kop;Year\nEen nis;{year}\n")

    assert mappings.fitted(saved, file) == {"Kop": "title", "Year": "year"}


def test_a_mapping_that_knows_no_column_of_the_file_is_refused(saved, search, lena):
    file = table(search, lena, year=2022, text="Titel;Year\nEen nis;{year}\n")

    with pytest.raises(ValidationError, match="none of the columns"):
        mappings.fitted(saved, file)


def test_it_is_offered_in_other_reviews_of_the_same_lead_and_nobody_elses(saved, lena, outsider):
    elsewhere = make_review(lena.user, title="Another review")

    assert mappings.remembered(elsewhere, [*MAPPING, "Zaak"]) == saved
    assert mappings.remembered(outsider, [*MAPPING, "Zaak"]) is None


def test_saving_under_a_known_name_replaces_it(saved, search, lena):
    file = imports.choose_reading(
        table(search, lena, year=2023), by=lena, mapping={"Kop": "title", "Zaak": "journal"}
    )

    again = mappings.save_mapping(file, by=lena, name=" Dutch  library ")

    assert again.pk == saved.pk
    assert ColumnMapping.objects.get().mapping == {"Kop": "title", "Zaak": "journal"}
    assert Event.objects.filter(kind="mapping_saved").count() == 2


def test_only_leads_of_the_review_save_and_forget(saved, search, lena, alice, outsider):
    file = table(search, lena, year=2024)
    for who in (alice, outsider):
        with pytest.raises(PermissionDenied):
            mappings.save_mapping(file, by=who, name="Mine")
        with pytest.raises(PermissionDenied):
            mappings.forget_mapping(saved, by=who)


def test_the_page_saves_uses_and_forgets(search, lena, client_of):
    client = client_of(lena)
    slug = lena.review.slug
    file = table(search, lena)
    chosen = {"column_0": "title", "column_1": "year", "column_2": "abstract"}
    client.post(f"{file.get_absolute_url()}mapping/", chosen | {"save_as": "Dutch"})
    saved = ColumnMapping.objects.get()
    assert (saved.name, saved.mapping) == ("Dutch", MAPPING)

    second = table(search, lena, year=2020)
    assert "saved under “Dutch”" in client.get(second.get_absolute_url()).content.decode()
    third = table(search, lena, year=2021, text="Kop;Year\nEen nis;{year}\n")
    client.post(f"{third.get_absolute_url()}saved-mapping/", {"saved": saved.pk})
    third.refresh_from_db()
    assert third.mapping["Kop"] == "title"

    client.post(reverse("screening:mapping_forget", args=[slug, saved.pk]))
    assert not ColumnMapping.objects.exists()
    second.refresh_from_db()
    assert second.mapping == MAPPING


@pytest.fixture
def imported(search, lena):
    """A table whose abstracts nobody mapped."""
    file = imports.choose_reading(
        table(search, lena), by=lena, mapping={"Kop": "title", "Jaar": "year"}
    )
    imports.commit_file(file, by=lena)
    run_waiting()
    file.refresh_from_db()
    return file


def test_an_imported_table_is_read_again_with_other_columns(imported, lena, alice):
    first = Record.objects.visible().order_by("pk").first()
    assert first.abstract == ""
    decisions.decide(first, by=alice, stage="title_abstract", verdict="include")

    rereading.read_again(imported, by=lena, mapping=MAPPING)
    run_waiting()

    assert [r.abstract for r in Record.objects.visible().order_by("pk")] == ["Blasten.", "Cellen."]
    assert Decision.objects.get().record == first
    told = Event.objects.get(kind="file_read_again")
    assert (told.payload["n_changed"], told.payload["after"]) == (2, MAPPING)
    imported.refresh_from_db()
    assert imported.mapping == MAPPING
    assert imported.summary["fill"]["abstract"] == 2
    assert imported.summary["n_imported"] == 2
    assert "blasten" in Record.objects.get(pk=first.pk).search_text


def test_reading_again_never_changes_what_a_person_corrected(imported, lena):
    first = Record.objects.visible().order_by("pk").first()
    records.correct_record(first, by=lena, title="A niche", year=2018)

    rereading.read_again(imported, by=lena, mapping=MAPPING)
    run_waiting()

    first.refresh_from_db()
    assert (first.title, first.year, first.abstract) == ("A niche", 2018, "Blasten.")


def test_reading_again_as_before_changes_nothing(imported, lena):
    job = rereading.read_again(imported, by=lena)
    run_waiting()

    job.refresh_from_db()
    assert (job.state, job.result["n_changed"]) == (Job.State.DONE, 0)


def test_only_an_imported_file_is_read_again_and_only_by_its_lead(imported, search, lena, outsider):
    waiting = table(search, lena, year=2020)
    with pytest.raises(ValidationError, match="Only an imported file"):
        rereading.read_again(waiting, by=lena)
    with pytest.raises(ValidationError, match="holds the title"):
        rereading.read_again(imported, by=lena, mapping={"Jaar": "year"})
    with pytest.raises(PermissionDenied):
        rereading.read_again(imported, by=outsider)


def test_the_page_of_an_imported_table_lets_its_columns_be_chosen_again(imported, lena, client_of):
    client = client_of(lena)
    url = imported.get_absolute_url()
    assert "Read the file again" in client.get(url).content.decode()

    refused = client.post(f"{url}read-again/", {"column_1": "year"})
    assert refused.status_code == 422
    client.post(f"{url}read-again/", {"column_0": "title", "column_2": "abstract"})
    run_waiting()

    assert Record.objects.visible().filter(abstract="Blasten.", year=None).exists()
