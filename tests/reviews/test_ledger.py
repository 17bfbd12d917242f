"""The ledger: gapless, in order, and closed to change on either database."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from reviewtool.jobs.services import run_waiting
from reviewtool.reviews import events, ledger
from reviewtool.reviews.models import Event, LedgerHead, Review, Stage
from reviewtool.reviews.services.reviews import delete_review
from screening.events.screen import PutOff
from screening.models import Decision, DuplicateJudgement, Offer, RankingRun, Record
from screening.services import decisions, dedupe, offers, ranking

TABLES = (Event, Decision, DuplicateJudgement, Offer, RankingRun)


@pytest.fixture
def full(lena, alice, records):
    """A review with rows in every ledger table."""
    made = records(4)
    offers.offer_ahead(alice, stage=Stage.TITLE_ABSTRACT)
    decisions.decide(made[0], by=alice, stage=Stage.TITLE_ABSTRACT, verdict="include")
    dedupe.judge_pair(made[1], made[2], by=lena, verdict="same")
    ranking.request_training(lena.review, by=lena, stage=Stage.TITLE_ABSTRACT)
    run_waiting()
    return lena.review


def _seqs(review: Review) -> list[int]:
    return sorted(
        seq
        for table in ledger.tables()
        for seq in table._default_manager.filter(review=review).values_list("seq", flat=True)
    )


def test_entries_of_all_tables_together_have_no_gap(full):
    assert _seqs(full) == list(range(1, LedgerHead.objects.get(review=full).seq + 1))


def test_time_never_goes_back(lena):
    """The clock of an entry is never before that of the entry before it."""
    happening = PutOff(record=1, stage="title_abstract")
    first = events.record(lena.review, happening, by=lena)
    with ledger.at(timezone.now() - timedelta(days=30)):
        second = events.record(lena.review, happening, by=lena)
    assert second.recorded_at >= first.recorded_at


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)
def test_the_database_itself_refuses_to_change_an_entry(model, full):
    table = model._meta.db_table
    assert model._default_manager.filter(review=full).exists()
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE {table} SET seq = seq + 1")


def test_every_ledger_table_is_among_those_guarded():
    assert set(ledger.tables()) <= set(TABLES)


@pytest.mark.parametrize("act", ["update", "delete"])
def test_querysets_refuse_too(act, full):
    rows = Decision.objects.filter(review=full)
    with pytest.raises(TypeError, match="append-only"):
        rows.update(verdict="exclude") if act == "update" else rows.delete()


def test_an_entry_cannot_be_saved_by_itself(full):
    with pytest.raises(TypeError, match="append"):
        Decision.objects.filter(review=full)[0].save()


def test_more_than_five_hundred_entries_come_in_batches(lena):
    rows = [events.as_row(PutOff(record=n, stage="title_abstract")) for n in range(501)]
    with pytest.raises(ValueError, match="At most 500"):
        ledger.append(lena.review, rows, by=lena)


def test_deleting_a_whole_review_takes_its_ledger_along(full, lena, outsider):
    delete_review(lena, typed_title=full.title)
    assert not Review.objects.filter(pk=full.pk).exists()
    assert not Record.objects.filter(review=full.pk).exists()
    assert Review.objects.filter(pk=outsider.review.pk).exists()


def test_the_ledger_can_be_read_as_of_any_moment(lena, records):
    records(1)
    before = LedgerHead.objects.get(review=lena.review)
    with ledger.at(before.recorded_at + timedelta(hours=2)):
        events.record(lena.review, PutOff(record=1, stage="title_abstract"), by=lena)
    an_hour_later = before.recorded_at + timedelta(hours=1)
    assert ledger.seq_at(lena.review, an_hour_later) == before.seq
    assert ledger.seq_at(lena.review, None) is None
