import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extraction.codebook import CodebookError, load, to_json
from tests.extraction.worked import codebook

ROOT = Path(__file__).parents[2]


def small() -> dict:
    return {
        "name": "small",
        "version": "1",
        "language": "en",
        "missing_codes": "codes",
        "vocabularies": {
            "codes": [{"key": "NR", "label": "Not reported"}],
            "colour": [
                {"key": "warm", "label": "Warm"},
                {"key": "red", "label": "Red", "parent": "warm"},
            ],
        },
        "sections": [
            {
                "key": "thing",
                "label": "Thing",
                "entity": "thing",
                "repeat": True,
                "fields": [
                    {"key": "kind", "label": "Kind", "type": "select", "vocabulary": "colour"},
                    {"key": "size", "label": "Size", "type": "number", "missing_codes": ["NR"]},
                    {
                        "key": "parts",
                        "label": "Parts",
                        "type": "group",
                        "fields": [{"key": "name", "label": "Name", "type": "text"}],
                    },
                    {"key": "summary", "label": "Summary", "type": "computed"},
                ],
            }
        ],
        "rules": [
            {
                "id": "R1",
                "severity": "error",
                "text": "Sizes are positive.",
                "checks": [
                    {
                        "kind": "within",
                        "on": "thing",
                        "field": "size",
                        "message": "{size} is not above 0.",
                        "fields": ["size"],
                        "above": 0,
                    }
                ],
            }
        ],
        "derivations": [
            {"kind": "lookup", "entity": "thing", "field": "summary", "paths": ["kind@label"]}
        ],
    }


def field(definition: dict, key: str) -> dict:
    return next(one for one in definition["sections"][0]["fields"] if one["key"] == key)


def faults(definition: dict) -> tuple[str, ...]:
    with pytest.raises(CodebookError) as refusal:
        load(definition)
    return refusal.value.faults


def test_the_small_codebook_loads():
    assert load(small()).section("thing").by_key["size"].missing_codes == ("NR",)


def test_the_seeded_codebook_survives_being_written_and_read_again():
    written = json.loads(json.dumps(to_json(codebook())))
    assert load(written) == codebook()


def test_the_seeded_codebook_holds_the_whole_template():
    assert [one.entity for one in codebook().sections] == [
        "study",
        "model",
        "therapy",
        "item",
        "comparability",
        "rob",
    ]
    assert {rule.id for rule in codebook().rules} >= {f"V{n}" for n in range(1, 19)}
    assert len(codebook().vocabularies["site"].terms) == 44
    factors = codebook().vocabularies["niche_factor"]
    assert len(factors.children(None)) == 13
    assert sum(len(factors.children(one.key)) for one in factors.children(None)) == 62


def _set(key: str, /, **properties):
    return lambda definition: field(definition, key).update(properties)


def _append(where: str, value: dict):
    return lambda definition: definition[where].append(value)


def _check(**properties):
    return lambda definition: definition["rules"][0]["checks"][0].update(properties)


def _vocabulary(position: int, **properties):
    return lambda d: d["vocabularies"]["colour"][position].update(properties)


def _section(**properties):
    return lambda definition: definition["sections"][0].update(properties)


def _derivation(**properties):
    return lambda definition: definition["derivations"][0].update(properties)


PRESENT = {"all": [{"field": "kind", "op": "present"}]}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_set("kind", vocabulary="hue"), "unknown vocabulary “hue”"),
        (_set("kind", vocabulary=None), "needs a vocabulary"),
        (_set("kind", type="dropdown"), "unknown type “dropdown”"),
        (_set("kind", type="text", allow_other=True), "is not a choice"),
        (_set("kind", quote="always"), "unknown quote policy “always”"),
        (_set("kind", choices={"children_of": "hue"}), "from the unknown field “hue”"),
        (_set("kind", colour="red"), "unknown property “colour”"),
        (_set("kind", required="yes"), "“required” cannot be 'yes'"),
        (_set("kind", show_if={"all": [{"field": "x", "op": "present"}]}), "unknown field “x”"),
        (_set("kind", show_if={"some": []}), "exactly one of “all” and “any”"),
        (_set("kind", show_if=PRESENT), "in a circle"),
        (_set("kind", key="size"), "twice the field “size”"),
        (_set("kind", key="my kind"), "only letters, digits and underscores"),
        (_set("kind", key="a__missing"), "two underscores together"),
        (_set("size", missing_codes=["XX"]), "unknown missing code “XX”"),
        (_set("size", missing_codes="NR"), "not a list of texts"),
        (_set("size", validate={"min": 2, "max": 1}), "above its largest"),
        (_set("size", validate={"lte_field": "x"}), "compared with the unknown field “x”"),
        (_set("size", validate={"pattern": "("}), "not a regular expression"),
        (_set("size", ref="thing"), "exactly if its type is entity_ref"),
        (_set("size", type="entity_ref", ref="x"), "unknown entity “x”"),
        (_set("parts", fields=[]), "has fields exactly if its type is group"),
        (
            _set("parts", fields=[{"key": "kind", "label": "K", "type": "text"}]),
            "repeats the field “kind” of its section",
        ),
        (
            _set(
                "parts",
                fields=[
                    {
                        "key": "inner",
                        "label": "I",
                        "type": "group",
                        "fields": [{"key": "deep", "label": "D", "type": "text"}],
                    }
                ],
            ),
            "one level deep",
        ),
        (_vocabulary(1, key="warm", parent=None), "twice the term “warm”"),
        (_vocabulary(1, parent="cold"), "“cold” of “red” is not a term"),
        (_vocabulary(0, parent="red"), "form a circle"),
        (_vocabulary(0, replaced_by="hot"), "successor “hot”"),
        (_section(per="other"), "per “other”"),
        (_section(unique=["weight"]), "unknown field “weight”"),
        (_append("sections", {"key": "b", "label": "B", "entity": "thing", "fields": []}), "fill"),
        (_append("rules", {"id": "R1", "severity": "warn", "text": "t"}), "Two rules have the id"),
        (_append("rules", {"id": "R2", "severity": "fatal", "text": "t"}), "severity “fatal”"),
        (_check(kind="wishes"), "kind “wishes” is unknown"),
        (_check(on="person"), "neither an entity nor a group"),
        (_check(message=""), "has no message"),
        (_check(message="{weight}"), "“thing” has no field “weight”"),
        (_check(fields=["weight"]), "“thing” has no field “weight”"),
        (_check(fields=["size@label"]), "“size” has no vocabulary"),
        (_check(fields=["owner.size"]), "no reference that “thing” can follow"),
        (_derivation(field="size"), "for no computed field"),
        (lambda d: d["derivations"].clear(), "“thing.summary” has no derivation"),
        (lambda d: d.update(version=None), "lacks its “version”"),
        (lambda d: d.update(colour="red"), "unknown property “colour”"),
        (lambda d: d.update(missing_codes="nowhere"), "unknown vocabulary “nowhere”"),
        (lambda d: d.update(outputs={"entity": "x"}), "“x” is no entity"),
    ],
)
def test_a_fault_is_told_in_a_sentence(spoil, words):
    definition = small()
    spoil(definition)
    found = faults(definition)
    assert any(words in sentence for sentence in found), found
    assert all(sentence.endswith(".") for sentence in found)


def test_a_derivation_may_not_rest_on_a_later_one():
    definition = small()
    extra = {"key": "late", "label": "Late", "type": "computed"}
    definition["sections"][0]["fields"].append(extra)
    definition["derivations"][0]["paths"] = ["late"]
    definition["derivations"].append(
        {"kind": "lookup", "entity": "thing", "field": "late", "paths": ["kind"]}
    )
    assert any("worked out later" in sentence for sentence in faults(definition))


def test_all_faults_are_told_at_once():
    definition = small()
    _set("kind", typo=1)(definition)
    _set("size", nonsense=2)(definition)
    definition["rules"][0]["checks"][0]["kind"] = "wishes"
    assert len(faults(definition)) == 3


def _places(node, path=()) -> list[tuple]:
    inner = node.items() if isinstance(node, dict) else enumerate(node)
    found = []
    for key, value in inner:
        found.append((*path, key))
        if isinstance(value, dict | list):
            found += _places(value, (*path, key))
    return found


WHOLE = json.loads(json.dumps(to_json(codebook())))
SMALL_PLACES = _places(small())
WHOLE_PLACES = [place for place in _places(WHOLE) if place[0] != "vocabularies"]
ODD = st.sampled_from([None, "", "x", 0, 1.5, True, [], {}, ["x"], [{}], {"x": 1}, [None]])


@settings(max_examples=150, deadline=None)
@given(place=st.sampled_from(SMALL_PLACES), odd=ODD)
def test_a_codebook_with_something_odd_in_it_loads_or_is_refused(place, odd):
    _spoil_and_load(small(), place, odd)


@settings(max_examples=60, deadline=None)
@given(place=st.sampled_from(WHOLE_PLACES), odd=ODD)
def test_the_seeded_codebook_with_something_odd_in_it_loads_or_is_refused(place, odd):
    _spoil_and_load(copy.deepcopy(WHOLE), place, odd)


def _spoil_and_load(definition: dict, place: tuple, odd: object) -> None:
    node = definition
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = odd
    try:
        loaded = load(definition)
    except CodebookError as refusal:
        assert refusal.faults
    else:
        assert load(to_json(loaded)) == loaded


def test_loading_does_not_change_the_definition():
    definition = small()
    before = copy.deepcopy(definition)
    load(definition)
    assert definition == before


def test_vocabularies_given_apart_replace_those_within():
    more = {"colour": [{"key": "blue", "label": "Blue"}]}
    assert "blue" in load(small(), more).vocabularies["colour"]


@pytest.mark.parametrize("word", ["testis", "cxcr4", "leptomening", "bone_marrow", "niche_factor"])
def test_no_python_knows_the_words_of_a_review(word):
    knowing = [
        path.relative_to(ROOT)
        for package in ("extraction", "screening", "reviewtool")
        for path in (ROOT / package).rglob("*.py")
        if word in path.read_text(encoding="utf-8").lower()
    ]
    assert knowing == []
