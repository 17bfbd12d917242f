"""A protocol changes by versions; what a change does is told before it is done."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from reviewtool.reviews.models import Event, Protocol
from reviewtool.reviews.projections import differences as ledger_differences
from reviewtool.reviews.protocol_text import (
    LineProblem,
    highlights_as_text,
    highlights_from,
    lines_of,
    reasons_as_text,
    reasons_from,
)
from reviewtool.reviews.services.protocol_differences import differences, rules_of
from reviewtool.reviews.services.protocols import FIELDS, change_protocol, effects
from screening.models import Screening
from screening.services.decisions import decide

STAGE = "title_abstract"


def test_a_new_version_says_what_changed_and_keeps_the_rest(lena, protocol):
    second = change_protocol(lena, note="Too narrow", question="Wider?")
    assert (second.version, second.question) == (2, "Wider?")
    assert second.exclusion_reasons == protocol.exclusion_reasons
    assert lena.review.protocol == second
    event = Event.objects.filter(review=lena.review).last()
    assert event.payload == {"version": 2, "note": "Too narrow", "includes_settled": False}
    assert event.protocol == second


def test_versions_are_not_changed(protocol):
    protocol.question = "Another?"
    with pytest.raises(TypeError, match="immutable"):
        protocol.save()


def test_only_leads_change_the_protocol(alice, ada, otto):
    for member in (alice, ada, otto):
        with pytest.raises(PermissionDenied):
            change_protocol(member, question="Mine?")


def test_a_change_of_nothing_is_refused(lena, protocol):
    with pytest.raises(ValidationError, match="Nothing was changed, so version 1 stays"):
        change_protocol(lena, question=protocol.question)
    assert lena.review.protocols.count() == 1


def test_nobodys_change_is_overwritten_unseen(lena):
    change_protocol(lena, base=1, question="First?")
    with pytest.raises(ValidationError, match="version 2 in force while you edited version 1"):
        change_protocol(lena, base=1, question="Second?")
    assert lena.review.protocol.question == "First?"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"question": ""}, "question"),
        ({"reviewers_title_abstract": 0}, "reviewers_title_abstract"),
        ({"recall_target": Decimal("1.2")}, "recall_target"),
        ({"order": "alphabetical"}, "order"),
        ({"random_share": 51}, "random_share"),
        ({"exclusion_reasons": {"elsewhere": []}}, "exclusion_reasons"),
        ({"exclusion_reasons": {STAGE: [{"code": "x" * 41, "label": "y"}]}}, "exclusion_reasons"),
        (
            {"exclusion_reasons": {STAGE: [{"code": "A", "label": "a"}, {"code": "A", "label": "b"}]}},
            "exclusion_reasons",
        ),
    ],
)  # fmt: skip
def test_a_version_that_cannot_hold_is_told_at_its_field(lena, changed, field):
    with pytest.raises(ValidationError) as refused:
        change_protocol(lena, **changed)
    assert field in refused.value.message_dict
    assert lena.review.protocol.version == 1


def test_fields_that_a_protocol_does_not_have_are_our_mistake(lena):
    with pytest.raises(TypeError, match="colour"):
        change_protocol(lena, colour="red")


# ---------------------------------------------------------------- effects
@pytest.fixture
def half_screened(records, alice):
    """Three records, each with one vote of the two it needs."""
    found = records(3)
    for record in found:
        decide(record, by=alice, stage=STAGE, verdict="include")
    return found


def test_effects_are_told_in_numbers_and_nothing_is_done(half_screened, review):
    told = effects(review, {"reviewers_title_abstract": 1})
    assert [(effect.n, effect.text) for effect in told] == [
        (3, "screenings go from pending to included")
    ]
    assert review.protocols.count() == 1
    assert not Screening.objects.exclude(outcome="pending").exists()


def test_what_was_told_is_what_happens(half_screened, lena, review):
    change_protocol(lena, reviewers_title_abstract=1)
    assert Screening.objects.filter(stage=STAGE, outcome="included").count() == 3
    assert ledger_differences(review) == []


def test_settled_records_keep_their_version_unless_included(half_screened, lena, review):
    change_protocol(lena, reviewers_title_abstract=1)
    assert effects(review, {"reviewers_title_abstract": 2}) == []
    told = effects(review, {"reviewers_title_abstract": 2}, include_settled=True)
    assert [effect.n for effect in told] == [3]
    change_protocol(lena, include_settled=True, reviewers_title_abstract=2)
    assert Screening.objects.filter(stage=STAGE, outcome="pending").count() == 3
    assert ledger_differences(review) == []


# ---------------------------------------------------------------- differences
def test_versions_are_compared_field_by_field_and_word_by_word(lena, protocol):
    second = change_protocol(
        lena,
        question="What keeps leukaemic blasts dormant beside Leydig cells?",
        inclusion_criteria=[*protocol.inclusion_criteria, "Any language"],
        recall_target=Decimal("0.990"),
        is_blind=False,
    )
    found = {one.label: one.lines for one in differences(protocol, second)}
    assert set(found) == {
        "Review question",
        "Inclusion criteria",
        "Recall target",
        "Hide colleagues' decisions until settled",
    }
    changed = [piece for line in found["Review question"] for piece in line]
    assert [piece.text for piece in changed if piece.is_gone] == ["alive"]
    assert [piece.text for piece in changed if piece.is_new] == ["dormant"]
    assert [piece.text for piece in found["Inclusion criteria"][-1] if piece.is_new] == ["Any language"]  # fmt: skip
    assert not any(piece.is_gone for line in found["Inclusion criteria"] for piece in line)


def test_every_field_of_a_protocol_can_be_compared(protocol):
    assert differences(protocol, protocol) == []
    told = {
        "version", "note", "review", "id", "created_at",
    }  # fmt: skip
    assert {field.name for field in Protocol._meta.concrete_fields} == told | set(FIELDS)


def test_the_rules_are_said_in_sentences(lena, protocol):
    assert "Colleagues’ decisions are hidden until a record is settled." in rules_of(protocol)
    other = change_protocol(
        lena, is_blind=False, order="mixed", random_share=10, shared_order=True,
        maybe_full_text=False, shows_scores=True, unread_are_automation=False,
    )  # fmt: skip
    said = " ".join(rules_of(other))
    for words in ("at once", "(10 in 100)", "whole team", "is a conflict", "score", "not screened"):
        assert words in said


# ---------------------------------------------------------------- lines
def test_lists_are_typed_one_entry_a_line():
    assert lines_of(" one \n\n two\r\n") == ["one", "two"]


def test_reasons_are_typed_as_code_and_label_and_come_back_the_same():
    text = "TA1: Not the disease\nTA2: Other: see protocol"
    reasons = reasons_from(text, longest_code=40)
    assert reasons[1] == {"code": "TA2", "label": "Other: see protocol"}
    assert reasons_as_text(reasons) == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("no colon", "“no colon”"),
        (": only a label", "Write a code"),
        ("A:", "Write a code"),
        ("A: one\nA: two", "“A” occurs twice"),
        (f"{'x' * 41}: long", "longer than the 40"),
    ],
)
def test_a_reason_that_cannot_be_read_is_named(text, sentence):
    with pytest.raises(LineProblem, match=sentence):
        reasons_from(text, longest_code=40)


def test_words_to_highlight_come_in_groups():
    found = highlights_from("Cells: blast*, Leydig\nniche, barrier")
    assert found == [
        {"label": "Cells", "terms": ["blast*", "Leydig"]},
        {"label": "Words 2", "terms": ["niche", "barrier"]},
    ]
    assert highlights_from(highlights_as_text(found)) == found
    with pytest.raises(LineProblem, match="No word"):
        highlights_from("Cells: ,")
