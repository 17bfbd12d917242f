"""A review begins with its protocol and its lead, and can be deleted with all that is in it."""

import io
from datetime import date
from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from extraction.models import Entry, EntryTerm, Quote
from extraction.services import codebooks, extractions
from reviewtool.jobs.services import run_waiting
from reviewtool.reviews import ledger
from reviewtool.reviews.events import read
from reviewtool.reviews.models import Event, LedgerHead, Membership, Review, User
from reviewtool.reviews.services import members, reviews
from screening.models import Report
from screening.services import dedupe, imports, ranking, reports, studies
from screening.services.decisions import decide
from screening.services.offers import offer_ahead
from tests.extraction.worked import SEEDS
from tests.extraction.worked import read as read_json
from tests.factories import PROTOCOL, make_records, make_review

STAGE = "title_abstract"


def test_a_review_begins_with_version_1_and_a_lead(stranger):
    member = reviews.create_review(by=stranger, title="  Niches of blasts ", **PROTOCOL)
    review = member.review
    assert (review.title, review.slug, review.created_by) == ("Niches of blasts", "niches-of-blasts", stranger)  # fmt: skip
    assert member.roles == ["lead"]
    assert review.protocol.version == 1
    events = Event.objects.filter(review=review)
    assert [event.seq for event in events] == [1, 2, 3]
    assert [read(event).sentence() for event in events] == [
        "created the review “Niches of blasts”",
        "joined as lead",
        "put protocol version 1 in force",
    ]


def test_whoever_creates_a_review_may_screen_and_extract_too(stranger):
    member = make_review(stranger, title="All by myself", roles=("extractor", "reviewer", "lead"))
    assert member.roles == ["reviewer", "extractor", "lead"]


def test_whoever_creates_a_review_leads_it(stranger):
    with pytest.raises(ValidationError, match="creates a review leads it"):
        make_review(stranger, title="Nobody leads", roles=("reviewer",))
    assert not Review.objects.exists()


@pytest.mark.parametrize("title", ["Niches", "Niches!", "niches"])
def test_reviews_of_the_same_title_have_addresses_of_their_own(stranger, title):
    make_review(stranger, title="Niches")
    assert make_review(stranger, title=title).review.slug == "niches-2"


@pytest.mark.parametrize(("title", "slug"), [("日本", "review"), ("New", "new-2"), ("x" * 300, "x" * 54)])  # fmt: skip
def test_every_title_has_an_address(stranger, title, slug):
    assert make_review(stranger, title=title).review.slug == slug


@pytest.mark.parametrize(
    ("slug", "sentence"),
    [("niches", "already exists"), ("new", "used by the program"), ("a b", "valid")],
)
def test_an_address_that_cannot_be_is_told_at_its_field(stranger, slug, sentence):
    make_review(stranger, title="Niches")
    with pytest.raises(ValidationError) as refused:
        make_review(stranger, title="Other", slug=slug)
    assert sentence in refused.value.message_dict["slug"][0]


def test_nothing_is_left_of_a_review_whose_protocol_cannot_hold(stranger):
    with pytest.raises(ValidationError):
        make_review(stranger, title="No question", question="")
    assert not Review.objects.exists()
    assert not Membership.objects.exists()


# ---------------------------------------------------------------- the end
RIS = "TY  - JOUR\nTI  - Blasts by an import {n}\nAU  - Okafor, N\nPY  - 2019\nAB  - Seen.\nER  - \n\n"
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)


@pytest.fixture
def full(lena, alice, bob, eve):
    """A review with something in every ledger table and in every folder of files."""
    search = imports.register_search(
        lena, kind="database", source="PubMed", searched_on=date(2024, 5, 3)
    )
    stream = io.BytesIO("".join(RIS.format(n=n) for n in range(12)).encode())
    imports.commit_file(
        imports.upload_file(search, by=lena, name="some.ris", stream=stream), by=lena
    )
    run_waiting()
    first, second, third, *_ = make_records(lena, 4)
    dedupe.judge_pair(first, second, by=lena, verdict="same")
    offer_ahead(alice, stage=STAGE)
    for member in (alice, bob):
        decide(third, by=member, stage=STAGE, verdict="include")
    decide(first, by=alice, stage=STAGE, verdict="exclude", reason="TA1")
    decide(first, by=alice, stage=STAGE, verdict="maybe")
    report = Report.objects.get(record=third)
    reports.attach_file(report, by=lena, name="third.pdf", stream=io.BytesIO(PDF))
    study = studies.create_study(lena, label="Okafor 2001", reports=[report])
    other = studies.create_study(lena, label="Okafor 2001b")
    studies.merge(other, by=lena, into=study)
    _extract(lena, eve, study, report)
    ranking.request_training(lena.review, by=lena, stage=STAGE)
    run_waiting()
    return lena.review


def _extract(lead, extractor, study, report) -> None:
    vocabularies = read_json(SEEDS / "vocabularies.json")["vocabularies"]
    codebooks.publish(
        lead, definition=read_json(SEEDS / "codebook.json"), vocabularies=vocabularies
    )
    extraction = extractions.start(study, by=extractor)
    entry = Entry.objects.create(
        review=study.review,
        study=study,
        extraction=extraction,
        entity="item",
        key="i1",
        revision_seq=1,
    )
    Quote.objects.create(entry=entry, report=report, exact="Seen.", page=1)
    EntryTerm.objects.create(entry=entry, field="site", term="somewhere")


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def rows_left() -> dict[str, int]:
    """Count the rows of every table of ours, except people."""
    ours = ("reviews", "jobs", "screening", "extraction")
    models = [model for app in ours for model in apps.get_app_config(app).get_models()]
    counts = {model.__name__: model._base_manager.count() for model in models if model is not User}
    return {name: n for name, n in counts.items() if n}


def test_deleting_a_review_leaves_nothing_of_it(
    full, lena, settings, django_capture_on_commit_callbacks
):
    assert all(table._default_manager.exists() for table in ledger.tables())
    folders = {name.split("/")[0] for name in files_in(Path(settings.MEDIA_ROOT))}
    assert folders == {"imports", "reports", "features"}
    with django_capture_on_commit_callbacks(execute=True):
        reviews.delete_review(lena, typed_title=full.title)
    connection.check_constraints()
    assert rows_left() == {}
    assert files_in(Path(settings.MEDIA_ROOT)) == []


def test_deleting_a_review_does_not_touch_another(full, lena, outsider):
    make_records(outsider, 2)
    before = ledger.LedgerHead.objects.get(review=outsider.review).seq
    reviews.delete_review(lena, typed_title=full.title)
    assert LedgerHead.objects.get().seq == before
    assert outsider.review.records.count() == 2


def test_what_would_go_is_counted_first(full, lena):
    counted = reviews.deletion_preview(full)
    assert counted["records"] == 16
    assert counted["search" if counted.get("search") else "searches"] == 2
    assert counted["decisions"] == 4
    assert counted["memberships"] == 4
    assert 0 not in counted.values()


@pytest.mark.parametrize("typed", ["", "blasts outside the marrow", "yes"])
def test_the_title_must_be_typed(lena, typed):
    with pytest.raises(ValidationError, match="Nothing was deleted"):
        reviews.delete_review(lena, typed_title=typed)
    assert Review.objects.filter(pk=lena.review_id).exists()


def test_only_leads_delete(alice, ada, otto):
    for member in (alice, ada, otto):
        with pytest.raises(PermissionDenied):
            reviews.delete_review(member, typed_title=member.review.title)


def test_a_former_member_gone_from_accounts_does_not_hold_the_review(lena, alice):
    members.remove(alice, by=lena)
    reviews.delete_review(lena, typed_title=lena.review.title)
    assert rows_left() == {}
