import copy

import pytest

from extraction.agreement import agreement, compare, differences, entities_agreed, kappa
from tests.extraction.worked import answers_of, codebook


def pair(source: str) -> tuple[dict, dict]:
    return answers_of(source), answers_of(source)


def item(answers: dict, position: int = 0) -> dict:
    return answers["entities"]["item"][position]


def fields(found) -> list[tuple[str, str]]:
    return [(one.entity, one.field) for one in found]


def test_equal_extractions_have_nothing_to_reconcile():
    left, right = pair("R15")
    assert differences(codebook(), left, right) == []
    assert compare(codebook(), left, right)


def test_a_difference_tells_both_values():
    left, right = pair("R07")
    item(right)["answers"]["effect_on_em"] = "mixed"
    (found,) = differences(codebook(), left, right)
    assert (found.field, found.left.value, found.right.value) == (
        "effect_on_em",
        "decrease",
        "mixed",
    )


def test_the_order_and_the_keys_of_entities_do_not_matter():
    left, right = pair("R15")
    right["entities"]["item"].reverse()
    for number, one in enumerate(right["entities"]["item"]):
        one["key"] = f"x{number}"
        one["answers"]["model_ref"] = "z1"
    right["entities"]["model"][0]["key"] = "z1"
    right["entities"]["rob"][0]["key"] = "z1"
    assert differences(codebook(), left, right) == []


def test_a_reference_to_another_entity_is_a_difference():
    left, right = pair("R15")
    for answers in (left, right):
        second = copy.deepcopy(answers["entities"]["model"][0]) | {"key": "m2"}
        second["answers"] = second["answers"] | {"model_system": "pdx", "species": "mouse"}
        answers["entities"]["model"].append(second)
    item(right)["answers"]["model_ref"] = "m2"
    assert fields(differences(codebook(), left, right)) == [("item", "model_ref")]


def test_an_item_only_one_has_differs_in_every_answer():
    left, right = pair("R15")
    right["entities"]["item"].pop()
    found = differences(codebook(), left, right)
    assert {(one.left_key, one.right_key) for one in found} == {("i2", None)}
    assert entities_agreed(compare(codebook(), left, right))["item"] == (1, 2)


def test_an_item_unlike_any_other_is_not_paired_by_force():
    left, right = pair("R07")
    item(right)["answers"] |= {
        "site": "liver",
        "factor_class": "immune",
        "factor": "immune.cd47",
        "perturbation": "condition",
        "outcome_domain": "migration",
        "effect_on_em": "none",
    }
    found = {(one.left_key, one.right_key) for one in differences(codebook(), left, right)}
    assert found == {("i1", None), (None, "i1")}


@pytest.mark.parametrize(("estimate", "agrees"), [(10.7, True), (10.3, True), (9.0, False)])
def test_numbers_agree_within_five_per_cent(estimate, agrees):
    left, right = pair("R15")
    item(right)["answers"]["effects"][0]["answers"]["estimate"] = estimate
    found = differences(codebook(), left, right)
    assert fields(found) == ([] if agrees else [("item", "estimate")])
    assert all((one.group, one.left_row) == ("effects", "i1e1") for one in found)


def test_a_missing_code_is_an_answer():
    left, right = pair("R07")
    item(left)["missing"]["timepoint"] = "NR"
    item(right)["missing"]["timepoint"] = "UC"
    (found,) = differences(codebook(), left, right)
    assert (found.left.code, found.right.code) == ("NR", "UC")
    item(right)["missing"]["timepoint"] = "NR"
    assert differences(codebook(), left, right) == []


def test_order_capitals_and_spaces_are_no_difference():
    left, right = pair("R07")
    item(left)["answers"] |= {"phase": ["homing", "entry"], "comparator": "Wild type"}
    item(right)["answers"] |= {"phase": ["entry", "homing"], "comparator": " wild  TYPE "}
    assert differences(codebook(), left, right) == []


def test_agreement_is_counted_field_by_field():
    comparisons = []
    for source, other in (("R07", "decrease"), ("R08", "none"), ("R04", "mixed")):
        left, right = pair(source)
        item(right)["answers"]["effect_on_em"] = other
        comparisons += compare(codebook(), left, right)
    figures = {(one.entity, one.field): one for one in agreement(codebook(), comparisons)}
    effect = figures["item", "effect_on_em"]
    assert (effect.n, effect.n_agreed) == (3, 2)
    assert effect.percent == pytest.approx(66.67, abs=0.01)
    assert effect.kappa == pytest.approx(0.5)
    assert figures["item", "phase"].kappa is None
    assert ("study", "study_label") not in figures


@pytest.mark.parametrize(
    ("pairs", "value"),
    [
        ([], None),
        ([("a", "a")] * 5, None),
        ([("a", "a"), ("b", "b")], 1.0),
        ([("a", "b"), ("b", "a")], -1.0),
        ([("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15, 0.4),
    ],
)
def test_kappa(pairs, value):
    found = kappa(pairs)
    assert found == (value if value is None else pytest.approx(value))
