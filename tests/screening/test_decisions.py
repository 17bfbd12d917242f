"""Deciding: alone, blind, in duplicate; changing one's mind; conflicts; reopening."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from reviewtool.reviews.models import Stage
from reviewtool.reviews.services.protocols import change_protocol
from screening.models import Decision, Report, Screening
from screening.services import decisions, dedupe, offers, reports
from screening.services.conflicts import conflicts_for

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT


@pytest.fixture
def record(records):
    return records(1)[0]


def _decide(record, by, verdict, **more):
    return decisions.decide(record, by=by, stage=more.pop("stage", TA), verdict=verdict, **more)


def _outcome(record, stage=TA) -> str:
    return Screening.objects.get(record=record.canonical_id or record.pk, stage=stage).outcome


def test_two_agreeing_reviewers_settle_a_record(record, alice, bob):
    _decide(record, alice, "include")
    assert _outcome(record) == "pending"
    _decide(record, bob, "maybe")
    assert _outcome(record) == "included"
    assert Report.objects.get(record=record).retrieval == "sought"


def test_changing_ones_mind_keeps_both_decisions(record, alice):
    first = _decide(record, alice, "include")
    second = _decide(record, alice, "exclude", reason="TA1")
    assert second.supersedes == first
    assert list(Decision.objects.filter(record=record)) == [first, second]
    assert list(Decision.objects.filter(record=record).current()) == [second]


def test_the_same_key_twice_enters_one_decision(record, alice):
    first = _decide(record, alice, "include", key="k1")
    again = _decide(record, alice, "include", key="k1")
    assert again == first
    assert Decision.objects.filter(record=record).count() == 1


def test_undo_takes_back_and_leaves_a_trace(record, alice, bob):
    made = _decide(record, alice, "include")
    with pytest.raises(PermissionDenied):
        decisions.retract(made, by=bob)
    decisions.retract(made, by=alice)
    assert not Decision.objects.filter(record=record).current().exists()
    with pytest.raises(ValidationError, match="already changed or taken back"):
        decisions.retract(made, by=alice)


def test_a_conflict_is_seen_and_settled_by_who_did_not_decide(record, alice, bob, ada, lena):
    _decide(record, alice, "include")
    _decide(record, bob, "exclude", reason="TA1")
    assert _outcome(record) == "conflict"
    assert [s.record_id for s in conflicts_for(ada)] == [record.pk]
    with pytest.raises(PermissionDenied):
        decisions.adjudicate(record, by=alice, stage=TA, verdict="include")
    decisions.adjudicate(record, by=ada, stage=TA, verdict="exclude", reason="TA1")
    assert _outcome(record) == "excluded"
    assert Decision.objects.filter(record=record).count() == 3
    with pytest.raises(ValidationError, match="adjudicated"):
        _decide(record, alice, "exclude")
    with pytest.raises(ValidationError, match="cannot be maybe"):
        decisions.adjudicate(record, by=lena, stage=TA, verdict="maybe")


def test_an_adjudicator_who_decided_leaves_the_conflict_to_a_colleague(
    record, alice, ada, lena, member
):
    both = member("reviewer", "adjudicator", name="zoe")
    _decide(record, alice, "include")
    _decide(record, both, "exclude")
    assert not conflicts_for(both).exists()
    with pytest.raises(PermissionDenied, match="a colleague settles it"):
        decisions.adjudicate(record, by=both, stage=TA, verdict="include")


def test_screening_is_blind_until_settled(record, alice, bob):
    _decide(record, alice, "include")
    assert not Decision.objects.visible_to(bob).exists()
    _decide(record, bob, "include")
    assert Decision.objects.visible_to(bob).count() == 2


def test_a_third_reviewer_is_refused_when_two_are_enough(record, alice, bob, member):
    third = member("reviewer", name="carl")
    _decide(record, alice, "include")
    _decide(record, bob, "include")
    with pytest.raises(ValidationError, match="Enough reviewers"):
        _decide(record, third, "exclude")


def test_a_lead_reopens_and_everybody_decides_anew(record, alice, bob, lena):
    _decide(record, alice, "exclude")
    _decide(record, bob, "exclude")
    with pytest.raises(ValidationError, match="Say why"):
        decisions.reopen(record, by=lena, stage=TA, note=" ")
    decisions.reopen(record, by=lena, stage=TA, note="criteria were misread")
    assert _outcome(record) == "pending"
    _decide(record, alice, "include")
    assert Decision.objects.filter(record=record).count() == 5


def _to_full_text(record, alice, bob, eve):
    for person in (alice, bob):
        _decide(record, person, "include")
    report = Report.objects.get(record=record)
    reports.set_retrieval(report, by=eve, state="retrieved")
    return report


def test_full_text_exclusion_needs_a_reason_and_one_only(record, alice, bob, eve, ada):
    with pytest.raises(ValidationError, match="not included at the stage before"):
        _decide(record, alice, "include", stage=FT)
    _to_full_text(record, alice, bob, eve)
    with pytest.raises(ValidationError, match="Give a reason"):
        _decide(record, alice, "exclude", stage=FT)
    with pytest.raises(ValidationError, match="not a reason of this protocol"):
        _decide(record, alice, "exclude", stage=FT, reason="XX")
    _decide(record, alice, "exclude", stage=FT, reason="FT1")
    _decide(record, bob, "exclude", stage=FT, reason="FT2")
    screening = Screening.objects.get(record=record, stage=FT)
    assert (screening.outcome, screening.conflict_kind) == ("conflict", "reason")
    decisions.adjudicate(record, by=ada, stage=FT, verdict="exclude", reason="FT2")
    screening.refresh_from_db()
    assert (screening.outcome, screening.reason) == ("excluded", "FT2")


def test_what_a_later_stage_rests_on_does_not_change(record, alice, bob, eve, lena):
    _to_full_text(record, alice, bob, eve)
    _decide(record, alice, "include", stage=FT)
    with pytest.raises(ValidationError, match="full-text decision rests"):
        _decide(record, alice, "exclude")
    decisions.reopen(record, by=lena, stage=TA, note="wrong population")
    assert _outcome(record, FT) == "withdrawn"
    for person in (alice, bob):
        _decide(record, person, "include")
    assert _outcome(record, FT) == "pending"


def test_a_report_that_was_not_retrieved_cannot_be_assessed(record, alice, bob):
    for person in (alice, bob):
        _decide(record, person, "include")
    with pytest.raises(ValidationError, match="not been retrieved"):
        _decide(record, alice, "include", stage=FT)


def test_a_changed_protocol_holds_for_what_is_not_settled(records, alice, bob, lena):
    settled, half = records(2)
    _decide(settled, alice, "include")
    _decide(settled, bob, "include")
    _decide(half, alice, "exclude")
    change_protocol(lena, note="one reviewer is enough", reviewers_title_abstract=1)
    assert (_outcome(settled), _outcome(half)) == ("included", "excluded")
    change_protocol(lena, note="three after all", reviewers_title_abstract=3)
    assert (_outcome(settled), _outcome(half)) == ("included", "excluded")
    change_protocol(lena, note="and for all", include_settled=True, reviewers_title_abstract=4)
    assert (_outcome(settled), _outcome(half)) == ("pending", "pending")


def test_joining_and_parting_duplicates_is_the_identity_on_outcomes(records, alice, bob, lena):
    one, two = records(2)
    _decide(one, alice, "include")
    _decide(two, bob, "include")
    dedupe.judge_pair(one, two, by=lena, verdict="same")
    one.refresh_from_db()
    two.refresh_from_db()
    assert two.canonical_id == one.pk
    assert _outcome(one) == "included"
    dedupe.judge_pair(one, two, by=lena, verdict="different")
    one.refresh_from_db()
    two.refresh_from_db()
    assert two.canonical_id == two.pk
    assert (_outcome(one), _outcome(two)) == ("pending", "pending")


def test_cards_lie_ten_ahead_and_none_comes_twice(records, alice):
    records(14)
    first = offers.offer_ahead(alice, stage=TA)
    assert len(first) == 10
    assert offers.offer_ahead(alice, stage=TA) == first
    for card in first[:3]:
        _decide(card.record, alice, "exclude")
    following = offers.offer_ahead(alice, stage=TA)
    assert len(following) == 10
    assert len({card.record_id for card in following} | {c.record_id for c in first[:3]}) == 13


def test_a_card_put_off_comes_last(records, alice):
    records(3)
    first = offers.offer_ahead(alice, stage=TA)[0]
    decisions.put_off(first.record, by=alice, stage=TA)
    assert offers.cards(alice, stage=TA)[-1] == first
