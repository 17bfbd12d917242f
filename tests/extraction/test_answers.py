import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extraction.codebook import Field
from extraction.codebook.answers import blank, empty, new_key, normalise
from extraction.codebook.validation import Context, validate
from extraction.codebook.values import AnswerError, parse, type_fault
from tests.extraction.worked import answers_of, codebook


def asked(kind: str, **properties) -> Field:
    return Field(key="f", label="The field", type=kind, **properties)


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        (asked("text"), "  words ", "words"),
        (asked("text"), "   ", None),
        (asked("text"), None, None),
        (asked("text", multi=True), "one; two\nthree;", ["one", "two", "three"]),
        (asked("text", multi=True), ["one", "one", ""], ["one"]),
        (asked("integer"), "12", 12),
        (asked("integer"), " -3 ", -3),
        (asked("integer"), 4.0, 4),
        (asked("integer"), 0, 0),
        (asked("number"), "10.70", 10.7),
        (asked("number"), "−54", -54.0),
        (asked("number"), "1e-5", 1e-5),
        (asked("number"), ".5", 0.5),
        (asked("number"), 3, 3),
        (asked("boolean"), "on", True),
        (asked("boolean"), "No", False),
        (asked("boolean"), False, False),
        (asked("date"), "2024-02-29", "2024-02-29"),
        (asked("select"), "red", "red"),
        (asked("select"), "other:", None),
        (asked("select"), "other:teal", "other:teal"),
        (asked("select", multi=True), "red", ["red"]),
        (asked("select", multi=True), [], None),
        (asked("select", multi=True), "other:a; b", ["other:a; b"]),
    ],
)
def test_what_is_typed_becomes_a_value(field, raw, value):
    found = parse(field, raw)
    assert found == value
    assert type(found) is type(value)
    assert value is None or type_fault(field, found) is None


@pytest.mark.parametrize(
    ("field", "raw"),
    [
        (asked("integer"), "1.5"),
        (asked("integer"), "1,024"),
        (asked("integer"), True),
        (asked("integer"), "٣x"),
        (asked("number"), "1,5"),
        (asked("number"), "nan"),
        (asked("number"), float("nan")),
        (asked("number"), float("inf")),
        (asked("number"), True),
        (asked("number"), "1e999"),
        (asked("boolean"), "maybe"),
        (asked("boolean"), 1),
        (asked("date"), "31.5.2024"),
        (asked("date"), "2023-02-29"),
        (asked("date"), "20240531"),
        (asked("text"), 5),
        (asked("select"), {"key": "red"}),
        (asked("select", multi=True), ["red", 5]),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(field, raw):
    with pytest.raises(AnswerError) as refusal:
        parse(field, raw)
    assert str(refusal.value).startswith("The field cannot be “")
    assert str(refusal.value).endswith("expected.")


def test_an_unreadable_answer_stays_as_it_was_typed():
    answers = answers_of("R15")
    answers["entities"]["model"][0]["answers"]["n_total"] = "about 43"
    stored = normalise(codebook(), answers)
    assert stored.answers["entities"]["model"][0]["answers"]["n_total"] == "about 43"
    (found,) = stored.findings
    assert (found.entity, found.entity_key, found.field) == ("model", "m1", "n_total")
    assert "about 43" in found.message


def test_hidden_fields_are_stored_as_absent():
    answers = answers_of("R04")
    model = answers["entities"]["model"][0]
    model["answers"] |= {"strain": "NSG", "model_system": "rct", "species": "human"}
    stored = normalise(codebook(), answers).answers["entities"]["model"][0]
    assert "strain" not in stored["answers"]
    assert "host_immune" not in stored["missing"]


def test_what_only_a_hidden_field_shows_goes_with_it():
    answers = answers_of("R04")
    study = answers["entities"]["study"][0]["answers"]
    study |= {"data_available": "yes", "data_accession": "GSE1\nGSE2"}
    stored = normalise(codebook(), answers).answers["entities"]["study"][0]["answers"]
    assert stored["data_accession"] == ["GSE1", "GSE2"]
    study["data_available"] = "no"
    stored = normalise(codebook(), answers).answers["entities"]["study"][0]["answers"]
    assert "data_accession" not in stored


def test_fields_hidden_by_a_computed_field_or_in_a_row_go_too():
    answers = answers_of("R15")
    effect = answers["entities"]["item"][0]["answers"]["effects"][0]
    effect["answers"] |= {"adjusted": "no", "adjusted_for": "age"}
    stored = normalise(codebook(), answers).answers["entities"]["item"][0]["answers"]
    assert "adjusted_for" not in stored["effects"][0]["answers"]


def test_entities_and_rows_without_a_key_get_one():
    raw = {
        "entities": {
            "study": [{"answers": {"study_label": "Somebody 2020"}}],
            "item": [
                {"key": "i4", "answers": {}},
                {"answers": {"effects": [{"answers": {"measure": "OR"}}, {}]}},
            ],
        }
    }
    found = normalise(codebook(), raw).answers["entities"]
    assert found["study"][0]["key"] == "study"
    assert [one["key"] for one in found["item"]] == ["i4", "i5"]
    assert [row["key"] for row in found["item"][1]["answers"]["effects"]] == ["i5e1", "i5e2"]


def test_computed_and_unknown_fields_are_not_stored():
    answers = answers_of("R04")
    item = answers["entities"]["item"][0]
    item["answers"] |= {"factor_role": "protects", "weather": "fine"}
    item["missing"] |= {"factor_role": "NR", "weather": "NR", "timepoint": ""}
    stored = normalise(codebook(), answers).answers["entities"]["item"][0]
    assert not {"factor_role", "weather"} & {*stored["answers"], *stored["missing"]}
    assert stored["missing"] == {}


def test_normalising_leaves_what_was_sent_alone():
    answers = answers_of("R04")
    before = copy.deepcopy(answers)
    normalise(codebook(), answers)
    assert answers == before


def test_an_empty_form_has_its_single_section_and_defaults():
    assert empty(codebook()) == {
        "entities": {"study": [{"key": "study", "answers": {}, "missing": {}}]}
    }
    effect = codebook().section("item").by_key["effects"]
    assert blank("i1e1", effect.fields)["answers"] == {"ci_level": 95}


def test_new_keys_go_on_counting():
    assert new_key("i", []) == "i1"
    assert new_key("i", ["i1", "i7", "ix", "other9"]) == "i8"


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        {},
        {"entities": []},
        {"entities": {"person": []}},
        {"entities": {"item": {}}},
        {"entities": {"item": ["i1"]}},
        {"entities": {"item": [{"answers": []}]}},
        {"entities": {"item": [{"missing": []}]}},
        {"entities": {"item": [{"key": 1}]}},
        {"entities": {"item": [{"missing": {"site": 1}}]}},
        {"entities": {"item": [{"answers": {"effects": "none"}}]}},
        {"entities": {"item": [{"answers": {"effects": [1]}}]}},
    ],
)
def test_what_has_not_the_shape_of_answers_is_refused_in_a_sentence(raw):
    with pytest.raises(AnswerError) as refusal:
        normalise(codebook(), raw)
    assert str(refusal.value).endswith(".")


FIELDS = sorted({one.key for section in codebook().sections for one in section.fields})
ROW_FIELDS = sorted(
    {
        inner.key
        for section in codebook().sections
        for group in section.groups
        for inner in group.fields
    }
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
TERMS = st.sampled_from(["pdx", "cns", "other", "m1", "treatment", "observed_level", "OR", "3"])
VALUES = SCALARS | TERMS | st.lists(SCALARS | TERMS, max_size=3) | st.dictionaries(TERMS, SCALARS)
CODES = st.sampled_from(["NR", "NA", "", "XX"])


def _entity(fields: list[str], values: st.SearchStrategy) -> st.SearchStrategy:
    return st.fixed_dictionaries(
        {
            "answers": st.dictionaries(st.sampled_from(fields), values, max_size=8),
            "missing": st.dictionaries(st.sampled_from(fields), CODES, max_size=3),
        },
        optional={"key": st.sampled_from(["m1", "i1", "study", ""])},
    )


ROWS = st.lists(_entity(ROW_FIELDS, VALUES), max_size=2)
GROUPS = [group.key for section in codebook().sections for group in section.groups]
ENTITIES = st.lists(_entity([one for one in FIELDS if one not in GROUPS], VALUES), max_size=2)
ANSWERS = st.fixed_dictionaries(
    {
        "entities": st.dictionaries(
            st.sampled_from([section.entity for section in codebook().sections]), ENTITIES
        )
    }
)


@settings(max_examples=60, deadline=None)
@given(raw=ANSWERS, rows=ROWS)
def test_whatever_is_sent_can_be_stored_checked_and_stored_again(raw, rows):
    for item in raw["entities"].get("item", []):
        item["answers"]["effects"] = rows
    stored = normalise(codebook(), raw).answers
    assert normalise(codebook(), stored).answers == stored
    validate(codebook(), stored, context=Context())
