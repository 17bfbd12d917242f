"""What a step of screening costs in SQL statements, and that it costs the same in any review.

When a test here fails: print `[q["sql"] for q in asked.captured_queries]` and look for a statement
that occurs twice or once per record. Hand down what was read (the open cards, the locked head, the
member's review), fold counts into one aggregate, or fetch related rows with select_related. Raise
a number only for a statement that reads something new, and say in the commit what it reads.
"""

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviewtool.reviews.models import Stage
from reviewtool.reviews.services.protocols import change_protocol
from screening.models import Decision, Record, Screening
from screening.services import decisions, offers
from screening.services.progress import progress_of

TA = Stage.TITLE_ABSTRACT
JSON = {"accept": "application/json"}


@pytest.fixture
def many_records(lena, records):
    """Have `n` records ready to screen; most are copied at once, since adding is slow by hand."""

    def make(n: int) -> None:
        records(10)
        pattern = Record.objects.filter(review=lena.review).latest("pk")
        copies = [_copy(pattern, place) for place in range(n - 10)]
        Record.objects.bulk_create(copies)
        Record.objects.filter(canonical=None).update(canonical=F("pk"))
        Screening.objects.bulk_create(
            Screening(review=lena.review, record=copy, stage=TA) for copy in copies
        )

    return make


def _copy(pattern: Record, place: int) -> Record:
    kept = {
        field.attname: getattr(pattern, field.attname)
        for field in Record._meta.concrete_fields
        if not field.primary_key
    }
    return Record(**kept | {"title": f"Copy {place}", "raw_sha256": f"copy-{place}"})


def _n_of(client, method: str, name: str, *args, **data) -> int:
    with CaptureQueriesContext(connection) as asked:
        answer = getattr(client, method)(reverse(name, args=args), data, headers=JSON)
    assert answer.status_code == 200, answer.content
    return len(asked)


def _n_of_a_decision(client, member) -> int:
    """Decide a second card, so that the first training waits already."""
    slug = member.review.slug
    for _ in range(2):
        card = offers.offer_ahead(member, stage=TA)[0]
        n = _n_of(
            client, "post", "screening:decide", slug, TA,
            record=card.record_id, verdict="include", offer=card.pk, key=f"k{card.pk}",
        )  # fmt: skip
    assert Decision.objects.filter(actor=member).count() == 2
    return n


@pytest.mark.parametrize("n_records", [10, 1000])
@pytest.mark.parametrize("n_members", [2, 12])
def test_a_decision_costs_as_many_statements_in_any_review(
    many_records, member, alice, client_of, n_records, n_members
):
    many_records(n_records)
    for number in range(n_members - 2):  # beside lena and alice
        member("reviewer", name=f"reviewer-{number}")
    assert _n_of_a_decision(client_of(alice), alice) <= 45


@pytest.mark.parametrize("n_records", [10, 1000])
def test_pages_cost_as_many_statements_in_any_review(many_records, alice, client_of, n_records):
    many_records(n_records)
    browser, slug = client_of(alice), alice.review.slug
    assert _n_of(browser, "post", "screening:cards", slug, TA) <= 25
    assert _n_of(browser, "post", "screening:cards", slug, TA) <= 14  # nothing is missing
    assert _n_of(browser, "get", "screening:screen", slug, TA) <= 17
    assert _n_of(browser, "get", "screening:records", slug) <= 13


def test_progress_is_counted_in_four_statements_besides_the_protocol(
    records, alice, django_assert_max_num_queries
):
    records(5)
    with django_assert_max_num_queries(5):
        progress_of(alice, TA)


def test_a_review_of_a_request_reads_its_protocol_once(alice, django_assert_num_queries):
    alice.review.remember_protocol()
    with django_assert_num_queries(1):
        assert alice.review.protocol == alice.review.protocol


def test_any_other_review_sees_a_changed_protocol_at_once(alice, lena):
    assert alice.review.protocol.version == 1
    change_protocol(lena, reviewers_title_abstract=1)
    assert alice.review.protocol.version == 2


def test_a_remembered_protocol_is_forgotten_under_the_lock_and_by_its_own_change(
    records, alice, lena
):
    records(1)
    for of_request in (alice, lena):
        of_request.review.remember_protocol()
        assert of_request.review.protocol.version == 1
    changed = change_protocol(lena, reviewers_title_abstract=1)
    assert lena.review.protocol == changed
    offer = offers.offer_ahead(alice, stage=TA)[0]
    assert offer.protocol == changed


def test_offering_returns_the_cards_that_reading_finds(records, alice):
    records(14)
    first, second, *_ = offers.offer_ahead(alice, stage=TA)
    decisions.put_off(first.record, by=alice, stage=TA)
    decisions.decide(second.record, by=alice, stage=TA, verdict="include")
    offered = offers.offer_ahead(alice, stage=TA)
    assert offered == offers.cards(alice, stage=TA)
    assert len(offered) == 10
    assert offered[-1] == first
