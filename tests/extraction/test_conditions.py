import pytest

from extraction.codebook import conditions
from tests.extraction.worked import DATA, read

TABLE = read(DATA / "conditions.json")


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["name"])
def test_a_condition_means_what_the_table_says(case):
    condition = conditions.parse(case["condition"])
    found = conditions.evaluate(condition, TABLE["values"], TABLE["missing"], TABLE["parents"])
    assert found is case["holds"]


@pytest.mark.parametrize("case", TABLE["faults"], ids=lambda case: case["name"])
def test_a_condition_that_cannot_be_understood_is_refused_in_a_sentence(case):
    with pytest.raises(conditions.ConditionError) as refusal:
        conditions.parse(case["condition"])
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["name"])
def test_a_condition_survives_being_written_and_read_again(case):
    condition = conditions.parse(case["condition"])
    assert conditions.parse(conditions.to_json(condition)) == condition


def test_no_condition_always_holds():
    assert conditions.evaluate(None, {})


def test_a_tree_that_runs_in_a_circle_ends_the_climb():
    condition = conditions.parse({"all": [{"field": "f", "op": "descendant_of", "value": "z"}]})
    parents = {"f": {"a": "b", "b": "a"}}
    assert not conditions.evaluate(condition, {"f": "a"}, {}, parents)


def test_fields_names_nested_fields_too():
    nested = {"any": [{"field": "a", "op": "present"}, {"all": [{"field": "b", "op": "present"}]}]}
    condition = conditions.parse(nested)
    assert condition.fields() == {"a", "b"}
    assert [test.field for test in condition.tests()] == ["a", "b"]
