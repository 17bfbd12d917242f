"""Stopping in the app: audits in the queue, the log from the ledger, looks, text, agreement."""

import hashlib
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from reviewtool.reviews.models import Event, Stage
from reviewtool.reviews.services import protocols
from screening.models import Decision, Offer
from screening.services import (
    agreements,
    audits,
    decisions,
    offers,
    stopping,
    stopping_state,
)
from screening.services import (
    records as record_services,
)
from screening.services.stopping_log import certificate_log, reading_of
from screening.stopping.indicator import Indicator
from screening.stopping.log import Cause, DrawKind, Issued, Restarted, replays
from tests import factories

TA = Stage.TITLE_ABSTRACT


@pytest.fixture
def single(lena):
    """One reviewer per record, so that every decision settles."""
    protocols.change_protocol(lena, reviewers_title_abstract=1)
    return lena


def _read(member, n: int, *, include=()) -> None:
    """Decide on the next n cards as the screening page does."""
    for _ in range(n):
        card = offers.offer_ahead(member, stage=TA, ahead=3)[0]
        verdict = "include" if card.record_id in include else "exclude"
        decisions.decide(card.record, by=member, stage=TA, verdict=verdict, offer=card)


def _log(review) -> list:
    return certificate_log(review, stage=TA, began=audits.first_audit(review, stage=TA).seq)


# ---------------------------------------------------------------- the audit
def test_draws_come_unmarked_with_a_committed_seed(single, alice, records, client_of):
    records(40)
    begun = audits.begin(single, stage=TA)
    _read(alice, 20)
    drawn = Offer.objects.filter(kind=Offer.Kind.AUDIT, n_never_offered__isnull=False)
    assert 3 <= drawn.count() <= 20
    seeds = set(drawn.values_list("seed", flat=True))
    assert [hashlib.sha256(str(s).encode()).hexdigest() for s in seeds] == [
        begun.payload["seed_sha256"]
    ]
    page = client_of(alice).get(reverse("screening:cards", args=[single.review.slug, TA]))
    assert b"audit" not in page.content.lower()


def test_no_draw_is_made_without_an_audit_nor_after_its_end(single, alice, records):
    records(20)
    _read(alice, 4)
    audits.begin(single, stage=TA)
    audits.end(single, stage=TA)
    _read(alice, 8)
    assert not Offer.objects.filter(kind=Offer.Kind.AUDIT).exists()


def test_a_draw_is_offered_to_as_many_reviewers_as_it_needs_and_drawn_once(
    lena, alice, bob, records
):
    records(30)
    audits.begin(lena, stage=TA)
    offers.offer_ahead(alice, stage=TA)
    drawn = set(
        Offer.objects.filter(kind=Offer.Kind.AUDIT, actor=alice).values_list("record", flat=True)
    )
    _read(bob, 25)
    seen = set(Offer.objects.filter(actor=bob).values_list("record", flat=True))
    assert drawn and drawn <= seen
    again = Offer.objects.filter(kind=Offer.Kind.AUDIT, actor=bob, record__in=drawn)
    assert set(again.values_list("n_never_offered", flat=True)) <= {None}


def test_every_draw_had_the_chance_that_the_replay_gives_it(single, alice, bob, records):
    made = records(40)
    _read(alice, 5)
    audits.begin(single, stage=TA)
    for _ in range(6):
        _read(alice, 2, include=[made[3].pk])
        _read(bob, 2)
    n_never = Offer.objects.filter(kind=Offer.Kind.AUDIT, n_never_offered__isnull=False)
    entered = list(n_never.order_by("seq").values_list("n_never_offered", flat=True))
    (replay, *_) = replays(_log(single.review))[-1]
    replayed = [step.n_unissued for step in replay.steps if step.is_random]
    assert entered and replayed == entered


def test_draws_are_uniform_over_what_nobody_was_given(single, alice, records):
    pool = tuple(range(100, 110))
    counts = dict.fromkeys(pool, 0)
    for seed in range(2000):
        offer = audits.Draws(seed, pool, 0).draw({104}, nth=0)
        counts[offer.record_id] += 1
        assert offer.n_never_offered == 9
    assert counts.pop(104) == 0
    assert min(counts.values()) > 160 and max(counts.values()) < 290  # 222 expected


def test_only_a_lead_begins_an_audit_and_only_of_titles_and_abstracts(lena, alice, records):
    records(3)
    with pytest.raises(PermissionDenied):
        audits.begin(alice, stage=TA)
    with pytest.raises(ValidationError, match="nothing to audit"):
        audits.begin(lena, stage=Stage.FULL_TEXT)
    audits.begin(lena, stage=TA)
    with pytest.raises(ValidationError, match="under way"):
        audits.begin(lena, stage=TA)


# ---------------------------------------------------------------- the log
def test_new_records_restart_the_certificate_and_earlier_finds_stay(single, alice, records):
    made = records(30)
    found = {record.pk for record in made[:2]}
    for record in made[:2]:
        decisions.decide(record, by=alice, stage=TA, verdict="include")
    audits.begin(single, stage=TA)
    _read(alice, 8)
    before = stopping_state.Known(single.review, TA).standing
    assert before.n_audited > 0 and before.since == Cause.START
    factories.make_records(single, 5)
    after = stopping_state.Known(single.review, TA).standing
    assert (after.since, after.n_audited, after.n_records) == (Cause.POPULATION, 0, 35)
    assert after.n_found >= len(found)


def test_a_removed_record_restarts_the_certificate(single, alice, records):
    made = records(20)
    audits.begin(single, stage=TA)
    _read(alice, 4)
    issued = set(Offer.objects.values_list("record", flat=True))
    victim = next(record for record in made if record.pk not in issued)
    record_services.remove_record(victim, by=single, reason="not a report")
    log = _log(single.review)
    assert log[-1] == Restarted(Cause.POPULATION, 19)


def test_new_criteria_make_earlier_labels_pending_until_confirmed(single, alice, records):
    records(20)
    audits.begin(single, stage=TA)
    _read(alice, 4)
    protocols.change_protocol(single, inclusion_criteria=["Only Leydig cells"], note="narrower")
    standing = stopping_state.Known(single.review, TA).standing
    assert standing.since == Cause.CRITERIA
    assert standing.n_audited == 0 and standing.n_pending >= 4


def test_after_new_criteria_one_voice_of_two_confirms_nothing(lena, alice, bob, records):
    made = records(12)
    for record in made[:4]:
        for person in (alice, bob):
            decisions.decide(record, by=person, stage=TA, verdict="include")
    audits.begin(lena, stage=TA)
    protocols.change_protocol(lena, inclusion_criteria=["Only Leydig cells"], note="narrower")
    for record in made[:3]:
        decisions.decide(record, by=alice, stage=TA, verdict="include")
    known = stopping_state.Known(lena.review, TA).standing
    assert (known.n_known, known.n_pending) == (0, 4)
    for record in made[:2]:
        decisions.decide(record, by=bob, stage=TA, verdict="include")
    known = stopping_state.Known(lena.review, TA).standing
    assert (known.n_known, known.n_pending) == (2, 2)


def test_cards_that_nobody_read_are_neither_read_nor_found(lena, alice, bob, records):
    made = records(60)
    for record in made[:30]:
        for person in (alice, bob):
            decisions.decide(record, by=person, stage=TA, verdict="include")
    audits.begin(lena, stage=TA)
    for person in (alice, bob):
        offers.offer_ahead(person, stage=TA, ahead=10)
    known = stopping_state.Known(lena.review, TA)
    assert (known.standing.n_known, known.standing.n_audited, known.standing.n_hits) == (30, 0, 0)
    said = " ".join(known.in_words["audit"])
    assert "Found 30." in said
    assert "Random audit" not in said
    assert known.n_given_out == known.reading.n_records - 30 - known.n_unissued > 0
    assert "with 30 of 60 records unread" in known.methods("certificate")


def test_nobody_stops_because_all_is_read_while_it_is_not(single, alice, records):
    made = records(3)
    decisions.decide(made[0], by=alice, stage=TA, verdict="exclude")
    with pytest.raises(ValidationError, match="2 records were read by nobody"):
        stopping_state.stop_by_rule(single, stage=TA, rule="all_read", note="done")
    for record in made[1:]:
        decisions.decide(record, by=alice, stage=TA, verdict="exclude")
    event = stopping_state.stop_by_rule(single, stage=TA, rule="all_read", note="done")
    assert "Every record was read." in event.payload["facts"]["methods"]


@pytest.mark.parametrize("change", ["target", "criteria", "records"])
def test_a_look_no_longer_counts_after_a_change(single, alice, records, change):
    made = records(100)
    protocols.change_protocol(single, recall_target=Decimal("0.8"))
    for place, record in enumerate(made[:90]):
        verdict = "include" if place < 4 else "exclude"
        decisions.decide(record, by=alice, stage=TA, verdict=verdict)
    stopping_state.take_look(single, stage=TA)
    known = stopping_state.Known(single.review, TA)
    assert known.looks.is_green
    if change == "target":
        protocols.change_protocol(single, recall_target=Decimal("0.99"))
    elif change == "criteria":
        protocols.change_protocol(single, question="Another question?", note="asked anew")
    else:
        factories.make_records(single, 5)
    known = stopping_state.Known(type(single.review).objects.get(pk=single.review_id), TA)
    assert known.looks.is_stale and not known.looks.is_green
    assert "wait for the next look" in known.in_words["indicator"][0]
    assert "The criterion was not met." in known.methods("indicator")


def test_draws_after_a_restart_are_marked_where_they_were_read(single, alice, records):
    made = records(60)
    for record in made[:30]:
        decisions.decide(record, by=alice, stage=TA, verdict="exclude")
    audits.begin(single, stage=TA)
    factories.make_records(single, 5)
    _read(alice, 10)
    known = stopping_state.Known(single.review, TA)
    assert known.points
    assert all(30 < point.n_issued <= 43 for point in known.points)


def test_namesakes_are_two_reviewers(lena, alice, bob, records):
    for person in (alice, bob):
        person.user.name = "Anna Li"
        person.user.save()
    for record in records(5):
        for person in (alice, bob):
            decisions.decide(record, by=person, stage=TA, verdict="exclude")
    (pair,) = agreements.pairs(lena.review, stage=TA)
    assert (pair.first, pair.second, pair.pair.n) == ("Anna Li (1)", "Anna Li (2)", 5)


def test_a_record_decided_without_a_card_is_issued_and_no_draw(single, alice, records):
    made = records(10)
    audits.begin(single, stage=TA)
    decisions.decide(made[0], by=alice, stage=TA, verdict="include")
    assert _log(single.review) == [
        Restarted(Cause.START, 10), Issued(made[0].pk, DrawKind.IMPORT, True)
    ]  # fmt: skip


# ---------------------------------------------------------------- looks
def test_a_look_is_taken_at_its_fixed_place_once_and_entered(single, alice, records):
    records(40)
    with pytest.raises(ValidationError, match="No look is due"):
        stopping_state.take_look(single, stage=TA)
    _read(alice, 5)
    n_issued = len(reading_of(single.review, stage=TA).labels)
    look = stopping_state.take_look(single, stage=TA)
    assert look.payload["n_read"] == n_issued - n_issued % 2  # every 40 / 20 records
    with pytest.raises(ValidationError, match="No look is due"):
        stopping_state.take_look(single, stage=TA)
    assert look.payload["target"] == "0.950"


def test_a_target_changed_after_the_first_look_is_counted(single, alice, records):
    records(20)
    _read(alice, 3)
    protocols.change_protocol(single, recall_target="0.9")
    assert stopping_state.Known(single.review, TA).n_target_changes == 0
    stopping_state.take_look(single, stage=TA)
    protocols.change_protocol(single, recall_target="0.8")
    assert stopping_state.Known(single.review, TA).n_target_changes == 1


# ---------------------------------------------------------------- stopping
def test_a_stop_carries_its_methods_text(single, alice, records, client_of):
    made = records(30)
    audits.begin(single, stage=TA)
    _read(alice, 6, include=[record.pk for record in made[:10]])
    client = client_of(single)
    url = reverse("screening:stop", args=[single.review.slug, TA])
    client.post(url, {"rule": "certificate", "note": "Enough is known."})
    stop = stopping.standing_stop(single.review, stage=TA)
    assert "anytime-valid audit" in stop.payload["facts"]["methods"]
    seed = Offer.objects.filter(kind=Offer.Kind.AUDIT).exclude(seed=None).first().seed
    assert f"seed {seed}" in stop.payload["facts"]["methods"]
    page = client.get(reverse("screening:stopping", args=[single.review.slug, TA]))
    assert b"anytime-valid audit" in page.content


@pytest.mark.parametrize("rule", ["certificate", "indicator"])
def test_a_rule_that_was_never_applied_cannot_be_the_rule(rule, lena, records, client_of):
    records(5)
    url = reverse("screening:stop", args=[lena.review.slug, TA])
    answer = client_of(lena).post(url, {"rule": rule, "note": "x"}, follow=True)
    assert b"cannot be the rule" in answer.content
    assert stopping.standing_stop(lena.review, stage=TA) is None


def test_the_price_of_certainty_is_shown_even_before_anything_is_found(lena, records, client_of):
    records(5)
    page = client_of(lena).get(reverse("screening:stopping", args=[lena.review.slug, TA]))
    assert b"What certainty would cost" in page.content and b"5 of 5" in page.content


def test_reading_the_page_enters_nothing(single, alice, records, client_of):
    records(30)
    audits.begin(single, stage=TA)
    _read(alice, 12)
    n = Event.objects.count(), Offer.objects.count(), Decision.objects.count()
    for who in (single, alice):
        page = client_of(who).get(reverse("screening:stopping", args=[single.review.slug, TA]))
        assert page.status_code == 200
    assert (Event.objects.count(), Offer.objects.count(), Decision.objects.count()) == n


def test_reviewers_are_not_shown_where_the_draws_fell(single, alice, records, client_of):
    records(30)
    audits.begin(single, stage=TA)
    _read(alice, 12)
    url = reverse("screening:stopping", args=[single.review.slug, TA])
    assert b"draw-mark" in client_of(single).get(url).content
    assert b"draw-mark" not in client_of(alice).get(url).content


@pytest.mark.parametrize("turned", [False, True])
def test_audit_and_looks_tell_nothing_of_a_hidden_vote(turned, lena, alice, bob, records):
    """With two reviewers, one vote leaves everything as it was, whichever way it went."""
    made = records(20)
    for record in made[:6]:
        for person in (alice, bob):
            decisions.decide(record, by=person, stage=TA, verdict="exclude")
    audits.begin(lena, stage=TA)
    for record in made[6:10]:
        verdict = "include" if turned else "exclude"
        decisions.decide(record, by=alice, stage=TA, verdict=verdict)
    known = stopping_state.Known(lena.review, TA)
    assert known.progress.n_found == 0
    assert known.standing.n_pending == 4
    look = stopping_state.take_look(lena, stage=TA)
    assert (look.payload["n_read"], look.payload["n_found"]) == (10, 0)
    worst = Indicator().read([False] * 6 + [None] * 4, 20).looks[-1]
    assert look.payload["p"] == pytest.approx(worst.p)


# ---------------------------------------------------------------- agreement
def test_agreement_is_hidden_from_who_could_learn_a_hidden_vote(lena, alice, bob, ada, records):
    made = records(3)
    for person in (alice, bob):
        decisions.decide(made[0], by=person, stage=TA, verdict="include")
    assert all(agreements.is_open_to(m, stage=TA) for m in (lena, ada, alice, bob))
    decisions.decide(made[1], by=alice, stage=TA, verdict="include")
    assert [agreements.is_open_to(m, stage=TA) for m in (lena, ada, alice, bob)] == [
        True, True, False, False
    ]  # fmt: skip


def test_agreement_counts_first_decisions_not_later_ones(lena, alice, bob, ada, records):
    made = records(2)
    decisions.decide(made[0], by=alice, stage=TA, verdict="maybe")
    decisions.decide(made[0], by=alice, stage=TA, verdict="exclude")
    decisions.decide(made[0], by=bob, stage=TA, verdict="exclude")
    decisions.decide(made[1], by=alice, stage=TA, verdict="include")
    decisions.decide(made[1], by=bob, stage=TA, verdict="exclude")
    decisions.adjudicate(made[1], by=ada, stage=TA, verdict="include")
    (found,) = agreements.pairs(lena.review, stage=TA)
    assert found.pair.table == [[0, 2], [0, 0]]


def test_the_agreement_page_shows_kappa_and_ac1_together_and_says_what_is_undefined(
    lena, alice, bob, records, client_of
):
    for record in records(20):
        for person in (alice, bob):
            decisions.decide(record, by=person, stage=TA, verdict="exclude")
    page = client_of(lena).get(reverse("screening:agreement", args=[lena.review.slug, TA]))
    text = page.content.decode()
    assert "not defined (no includes)" in text
    assert "AC1" in text and "kappa" in text
    answer = client_of(bob).get(reverse("api-agreement", args=[lena.review.slug, TA])).json()
    assert answer["pairs"][0]["ac1"]["value"] == 1 and answer["pairs"][0]["kappa"] is None


def test_the_api_says_what_the_page_says(single, alice, records, client_of):
    records(30)
    audits.begin(single, stage=TA)
    _read(alice, 6)
    answer = client_of(alice).get(reverse("api-stopping", args=[single.review.slug, TA])).json()
    known = stopping_state.Known(single.review, TA)
    assert answer["n_settled"] == 6 and answer["audit_is_under_way"]
    assert answer["audit"]["n_audited"] == known.standing.n_audited
    assert answer["in_words"] == known.in_words
