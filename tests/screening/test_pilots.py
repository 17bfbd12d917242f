"""In a pilot round everybody decides the same records, and nobody sees a vote before the end."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from screening.agreement import PilotGate
from screening.models import Decision, Offer, Record, Screening
from screening.services import decisions, offers, pilots, prisma, screenings

TA = "title_abstract"
GATE = PilotGate(n_records=5, n_includes=1)


@pytest.fixture
def third(member):
    return member("reviewer", name="third")


@pytest.fixture
def pilot(lena, alice, bob, third, records):
    records(12)
    return pilots.open_round(lena, stage=TA, n=5, gate=GATE)


def decide_all(who, pilot, verdicts):
    for record, verdict in zip(pilot.records, verdicts, strict=True):
        card = Offer.objects.filter(actor=who, record=record).latest("seq")
        decisions.decide(card.record, by=who, stage=TA, verdict=verdict, offer=card)


def test_the_rounds_records_come_first_for_everybody(pilot, alice, bob, third):
    for who in (alice, bob, third):
        cards = offers.offer_ahead(who, stage=TA)
        assert {card.record_id for card in cards[:5]} == set(pilot.records)
        assert {card.kind for card in cards[:5]} == {Offer.Kind.PILOT}
        assert Offer.Kind.PILOT not in {card.kind for card in cards[5:]}


def test_nothing_settles_before_everybody_has_decided(pilot, lena, alice, bob, third):
    for who in (alice, bob, third):
        offers.offer_ahead(who, stage=TA)
    for who in (alice, bob):
        decide_all(who, pilot, ["include", "exclude", "exclude", "include", "exclude"])
    in_round = Screening.objects.filter(record__in=pilot.records, stage=TA)
    assert set(in_round.values_list("outcome", flat=True)) == {"pending"}
    assert not Decision.objects.visible_to(third).exclude(actor=third).exists()
    assert offers.n_waiting(third, TA) >= 5

    decide_all(third, pilot, ["include", "include", "exclude", "maybe", "exclude"])

    outcomes = dict(in_round.values_list("record", "outcome"))
    assert [outcomes[record] for record in pilot.records] == [
        "included", "conflict", "excluded", "included", "excluded",
    ]  # fmt: skip
    assert not list(screenings.differences(lena.review))


def test_agreement_and_disagreements_show_once_it_is_complete(pilot, lena, alice, bob, third):
    for who in (alice, bob, third):
        offers.offer_ahead(who, stage=TA)
    decide_all(alice, pilot, ["include", "exclude", "exclude", "include", "exclude"])
    decide_all(bob, pilot, ["include", "exclude", "exclude", "include", "exclude"])
    standing = pilots.standing_of(lena.review, pilot, number=1)
    assert not standing.is_complete
    assert (standing.pairs, standing.disagreements, standing.judgement) == ([], [], None)

    decide_all(third, pilot, ["include", "include", "exclude", "maybe", "exclude"])
    standing = pilots.standing_of(lena.review, pilot, number=1)
    assert standing.is_complete
    assert len(standing.pairs) == 3
    (record, votes, is_discussed) = standing.disagreements[0]
    assert not is_discussed
    assert record.pk == pilot.records[1]
    assert {str(vote.reviewer): vote.verdict for vote in votes}[str(third)] == "include"
    assert standing.judgement is not None


def test_a_round_does_not_pass_before_its_disagreements_are_talked_over(
    pilot, lena, alice, bob, third
):
    for who in (alice, bob, third):
        offers.offer_ahead(who, stage=TA)
    for who in (alice, bob):
        decide_all(who, pilot, ["include", "include", "exclude", "exclude", "include"])
    decide_all(third, pilot, ["include", "include", "exclude", "exclude", "exclude"])

    judged = pilots.standing_of(lena.review, pilot, number=1).judgement
    assert not judged.passed
    assert judged.reasons[-1] == "1 disagreements are still to be talked over."

    record = Record.objects.get(pk=pilot.records[4])
    decisions.comment(record, by=lena, stage=TA, text="Blasts in lymph nodes count.")
    judged = pilots.standing_of(lena.review, pilot, number=1).judgement
    assert not any("talked over" in reason for reason in judged.reasons)


def test_what_was_taken_back_is_to_be_decided_again(pilot, lena, alice, bob, third):
    for who in (alice, bob, third):
        offers.offer_ahead(who, stage=TA)
    for who in (alice, bob):
        decide_all(who, pilot, ["include", "include", "exclude", "exclude", "exclude"])
    decisions.retract(Decision.objects.filter(actor=bob).latest("seq"), by=bob)
    decide_all(third, pilot, ["include", "include", "exclude", "exclude", "exclude"])

    standing = pilots.standing_of(lena.review, pilot, number=1)
    assert not standing.is_complete
    assert (bob, 4) in standing.done


def test_a_round_closed_early_settles_by_the_protocol(pilot, lena, alice, bob):
    for who in (alice, bob):
        offers.offer_ahead(who, stage=TA)
        decide_all(who, pilot, ["include", "exclude", "exclude", "include", "exclude"])
    before = prisma.flow_of(lena.review)

    with pytest.raises(ValidationError, match="Say what the team agreed"):
        pilots.close_round(lena, stage=TA, note=" ")
    closed = pilots.close_round(lena, stage=TA, note="One of us fell ill.")

    assert (closed.is_open, closed.note) == (False, "One of us fell ill.")
    settled = Screening.objects.filter(record__in=pilot.records, stage=TA)
    assert sorted(settled.values_list("outcome", flat=True)) == ["excluded"] * 3 + ["included"] * 2
    assert set(settled.values_list("settled_seq", flat=True)) == {closed.closed_seq}
    assert not list(screenings.differences(lena.review))
    at = prisma.flow_at(lena.review, seq=closed.closed_seq - 1)
    assert (at.undecided, at.excluded_by_people) == (before.undecided, before.excluded_by_people)


def test_rounds_repeat_with_records_nobody_was_shown(pilot, lena, alice):
    with pytest.raises(ValidationError, match="open already"):
        pilots.open_round(lena, stage=TA, n=5)
    offers.offer_ahead(alice, stage=TA, ahead=5)
    pilots.close_round(lena, stage=TA, note="Criteria sharpened.")

    second = pilots.open_round(lena, stage=TA, n=5, gate=GATE)

    assert not set(second.records) & set(pilot.records)
    assert len(pilots.rounds_of(lena.review, stage=TA)) == 2


@pytest.mark.parametrize(("n", "sentence"), [(2, "5 to 200"), (100, "never shown")])
def test_a_round_that_cannot_be_is_refused(lena, alice, bob, records, n, sentence):
    records(6)
    with pytest.raises(ValidationError, match=sentence):
        pilots.open_round(lena, stage=TA, n=n)


def test_a_pilot_needs_two_people_and_a_lead(lena, alice, records):
    records(6)
    with pytest.raises(ValidationError, match="at least two people"):
        pilots.open_round(lena, stage=TA, n=5)
    with pytest.raises(PermissionDenied):
        pilots.open_round(alice, stage=TA, n=5)


def test_the_page_opens_shows_and_closes_a_round(lena, alice, bob, records, client_of):
    records(8)
    client = client_of(lena)
    url = reverse("screening:pilots", args=[lena.review.slug, TA])
    assert "Open a round" in client.get(url).content.decode()

    asked = {"n": 5, "kappa": 0.6, "ac1": 0.8, "positive": 0.6, "n_includes": 1}
    assert client.post(f"{url}open/", asked | {"n": 2}).status_code == 422
    assert client.post(f"{url}open/", asked).status_code == 302
    page = client.get(url).content.decode()
    assert "has decided 0 of 5" in page
    assert "once everybody has decided" in page

    pilot = pilots.rounds_of(lena.review, stage=TA)[0]
    for who in (alice, bob):
        offers.offer_ahead(who, stage=TA)
    decide_all(alice, pilot, ["include"] * 5)
    decide_all(bob, pilot, ["include"] * 4 + ["exclude"])
    page = client.get(url).content.decode()
    assert "To talk over" in page
    assert "Both include" in page

    assert client.post(f"{url}close/", {"note": ""}).status_code == 422
    client.post(f"{url}close/", {"note": "Agreed."})
    assert "Agreed." in client.get(url).content.decode()
