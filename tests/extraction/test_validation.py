import copy
from dataclasses import replace

import pytest

from extraction.codebook.findings import Context, QuoteCheck
from extraction.codebook.validation import errors, validate
from tests.extraction.worked import answers_of, codebook, context_for, findings_for, rule_ids


def entity(answers: dict, name: str, position: int = 0) -> dict:
    return answers["entities"][name][position]


def changed(source: str, name: str, **values) -> dict:
    """A worked study with other values in the first entity of the name; None takes one out."""
    answers = answers_of(source)
    _set(entity(answers, name), values)
    return answers


def with_effect(source: str, **values) -> dict:
    answers = answers_of(source)
    _set(entity(answers, "item")["answers"]["effects"][0], values)
    return answers


def _set(holder: dict, values: dict) -> None:
    for key, value in values.items():
        holder["missing"].pop(key, None)
        holder["answers"].pop(key, None)
        if value is not None:
            holder["answers"][key] = value


def coded(source: str, name: str, field: str, code: str, *, keep: bool = False) -> dict:
    answers = answers_of(source)
    if not keep:
        entity(answers, name)["answers"].pop(field, None)
    entity(answers, name)["missing"][field] = code
    return answers


def at_site(site: str, **model) -> dict:
    answers = changed("R07", "item", site=site)
    _set(entity(answers, "model"), model)
    return answers


def on_replicates(**effect) -> dict:
    answers = with_effect("R19", **effect)
    entity(answers, "model")["answers"]["n_unit"] = "technical_replicates"
    return answers


CI = {"estimate": 2.0, "ci_low": 1.2, "ci_high": 3.0}


@pytest.mark.parametrize(
    ("rule", "breaks", "keeps"),
    [
        ("V1", with_effect("R15", ci_low=11.0), with_effect("R15", ci_low=10.7)),
        ("V1", with_effect("R15", estimate=40.0), with_effect("R15", estimate=38.81)),
        ("V2", with_effect("R15", estimate=0.0, ci_low=0.0), with_effect("R15", ci_low=0.01)),
        ("V2", with_effect("R19", estimate=28.0), with_effect("R19", estimate=28.0, unit="%")),
        ("V2", with_effect("R19", estimate=128.0, unit="%"), with_effect("R19", estimate=1.0)),
        (
            "V2",
            with_effect("R15", measure="corr", estimate=-1.2, ci_low=None, ci_high=None),
            with_effect("R15", measure="corr", estimate=-1.0, ci_low=None, ci_high=None),
        ),
        (
            "V3",
            with_effect("R15", **CI, p_op="=", p_value=0.2),
            with_effect("R15", **CI, p_op="=", p_value=0.01),
        ),
        (
            "V3",
            with_effect("R15", **(CI | {"ci_low": 0.5}), p_op="<", p_value=0.05),
            with_effect("R15", **(CI | {"ci_low": 0.5}), p_op="<", p_value=0.2),
        ),
        ("V3", with_effect("R15", **CI, p_op="ns"), with_effect("R15", **CI)),
        (
            "V4",
            with_effect("R15", events_group1=18),
            with_effect("R15", events_group1=17),
        ),
        ("V4", with_effect("R15", n_group1=18), with_effect("R15", n_group1=18, crossover=True)),
        ("V5", with_effect("R15", is_primary=False), with_effect("R15", is_primary=True)),
        ("V6", with_effect("R15", estimate=0.5, ci_low=0.2), with_effect("R03", estimate=0.9)),
        ("V6", with_effect("R03", estimate=1.5), with_effect("R19", estimate=0.9)),
        (
            "V8",
            changed("R21", "model", host_sex="female"),
            changed("R21", "model", host_sex="both"),
        ),
        ("V8", at_site("ovary", host_sex="male"), at_site("ovary", host_sex="female")),
        ("V9", changed("R15", "model", species="mouse"), changed("R21", "model", species="rat")),
        ("V9", changed("R07", "model", species="human"), changed("R11", "model", species="human")),
        (
            "V10",
            changed("R07", "model", inoculation_route="intrathecal"),
            changed("R07", "model", inoculation_route="iv"),
        ),
        ("V11", answers_of("R11"), changed("R11", "item", comparator="cytarabine alone")),
        ("V12", changed("R07", "item", site="bone_marrow"), answers_of("R07")),
        ("V13", changed("R07", "item", factor="adhesion.cd44"), answers_of("R07")),
        ("V13", coded("R07", "item", "factor", "NA"), coded("R07", "item", "factor", "UC")),
        ("V13", changed("R03", "therapy", target=["immune.cd47"]), answers_of("R03")),
        (
            "V13",
            changed("R03", "therapy", target=["immune"]),
            changed("R03", "therapy", target=["adhesion"]),
        ),
        ("V15", on_replicates(p_value=0.01), on_replicates()),
        ("V16", coded("R04", "model", "host_immune", "NA"), answers_of("R04")),
        ("V16", coded("R04", "model", "lineage", "UC", keep=True), answers_of("R04")),
        ("V16", coded("R04", "item", "site", "NR"), coded("R04", "item", "timepoint", "NR")),
        ("V18", changed("R25", "item", perturbation="gain", therapy_ref=None), answers_of("R25")),
        ("V18", changed("R25", "item", therapy_ref=None), answers_of("R25")),
    ],
)
def test_a_rule_finds_what_breaks_it_and_nothing_else(rule, breaks, keeps):
    assert rule in rule_ids(breaks)
    assert rule not in rule_ids(keeps)


def test_an_item_entered_twice_is_found_once():
    answers = answers_of("R07")
    twin = copy.deepcopy(entity(answers, "item")) | {"key": "i2"}
    answers["entities"]["item"].append(twin)
    found = [one for one in findings_for(answers) if one.rule_id == "V14"]
    assert [(one.entity_key, one.severity) for one in found] == [("i2", "error")]

    twin["answers"] = twin["answers"] | {"timepoint": "day 28"}
    assert "V14" not in rule_ids(answers)


@pytest.mark.parametrize(
    ("state", "severity"),
    [(QuoteCheck.NOT_FOUND, "error"), (QuoteCheck.NO_TEXT, "warn"), (None, "warn")],
)
def test_a_quote_that_was_not_found_blocks_and_an_unverified_one_warns(state, severity):
    answers = answers_of("R07")
    quotes = {("i1", "i1q1"): state} if state else {}
    context = replace(context_for(answers), quotes=quotes)
    (found,) = validate(codebook(), answers, context=context)
    assert (found.rule_id, found.severity) == ("V7", severity)
    assert (found.group, found.row, found.field) == ("quotes", "i1q1", "text")


def test_an_item_without_a_quote_is_not_complete():
    found = errors(findings_for(changed("R07", "item", quotes=None)))
    assert [(one.rule_id, one.field) for one in found] == [("section", "quotes")]


def test_a_quote_comes_from_a_report_of_the_study():
    context = Context(externals={"report": frozenset({"r2"})})
    found = validate(codebook(), answers_of("R07"), context=context)
    assert "ref" in {one.rule_id for one in errors(found)}


def test_a_model_without_a_risk_of_bias_judgement_is_a_warning():
    answers = answers_of("R07")
    answers["entities"]["rob"] = []
    assert [(one.rule_id, one.severity) for one in findings_for(answers)] == [("V19", "warn")]


def test_findings_speak_in_labels():
    (found,) = findings_for(changed("R21", "model", host_sex="female"))[:1]
    assert found.message == "Testis, interstitium is a male organ, and the host is female."


@pytest.mark.parametrize(
    ("answers", "rule", "words"),
    [
        (changed("R07", "item", site=None), "required", "Anatomical site is required."),
        (changed("R07", "item", site="moon"), "term", "“moon” is not in the vocabulary"),
        (changed("R07", "item", phase=["homing", "moon"]), "term", "“moon”"),
        (changed("R07", "item", phase="homing"), "type", "takes a list of answers"),
        (changed("R07", "item", site=["cns"]), "type", "takes one answer"),
        (changed("R07", "item", model_ref="m9"), "ref", "there is no “m9” in this study"),
        (changed("R07", "item", site_other="x"), "unknown", "although it is not asked here"),
        (changed("R07", "item", factor_role="protects"), "unknown", "is worked out"),
        (changed("R07", "item", weather="fine"), "unknown", "no field “weather”"),
        (changed("R07", "item", site="other"), "required", "Other site is required."),
        (changed("R15", "model", n_total=0), "limit", "must be at least 1, not 0"),
        (changed("R15", "model", n_total="many"), "type", "a whole number is expected"),
        (changed("R15", "model", n_unit=None), "required", "Unit of n is required."),
        (changed("R07", "model", n_total=3, n_unit="animals"), None, ""),
        (changed("R04", "model", n_total=3, n_unit="animals", n_donors=4), "limit", "more than"),
        (with_effect("R15", ci_high=1.0, estimate=None), "limit", "cannot be less than"),
        (with_effect("R25", time=None), "required", "Time of estimate is required."),
        (changed("R34", "study", registry_id=["NCT1"]), "limit", "the expected form"),
        (changed("R34", "study", registry_id=["NCT01319864"]), None, ""),
    ],
)
def test_built_in_checks_speak_in_sentences(answers, rule, words):
    found = errors(findings_for(answers))
    if rule is None:
        assert found == ()
    else:
        assert any(one.rule_id == rule and words in one.message for one in found), found


def test_a_choice_may_be_another_only_where_the_field_says_so():
    assert not errors(findings_for(changed("R07", "item", assay=["other:smear"])))
    assert "term" in rule_ids(changed("R07", "item", assay=["other: "]))
    assert "term" in rule_ids(changed("R07", "item", site="other:elsewhere"))


def test_a_class_is_not_a_factor_and_a_factor_not_a_class():
    assert "V13" in rule_ids(changed("R07", "item", factor="chemokine"))
    broken = changed("R07", "item", factor_class="chemokine.ccl19_ccr7")
    assert "V13" in rule_ids(broken)


def test_a_class_without_factors_may_stand_for_itself():
    answers = changed("R25", "item", factor="none_therapy_only")
    assert errors(findings_for(answers)) == ()


def test_a_section_filled_once_is_filled_exactly_once():
    answers = answers_of("R07")
    answers["entities"]["study"] = []
    assert [one.rule_id for one in errors(findings_for(answers))] == ["section"]


def test_nothing_entered_is_told_section_by_section():
    empty = {"entities": {}}
    found = validate(codebook(), empty, context=Context())
    assert {one.entity for one in found} == {"study", "model", "item"}


def test_a_criterion_is_judged_once_per_site():
    answers = answers_of("R07")
    judged = {"site": "cns", "criterion": "C5_homing", "judgement": "not_addressed"}
    answers["entities"]["comparability"] = [
        {"key": key, "answers": dict(judged), "missing": {}} for key in ("c1", "c2")
    ]
    found = errors(findings_for(answers))
    assert [(one.rule_id, one.entity_key) for one in found] == [("unique", "c2")]


def test_a_judgement_that_supports_names_its_items():
    answers = answers_of("R07")
    judged = {"site": "cns", "criterion": "C5_homing", "judgement": "supports"}
    answers["entities"]["comparability"] = [{"key": "c1", "answers": judged, "missing": {}}]
    assert [one.field for one in errors(findings_for(answers))] == ["item_refs"]
    judged["item_refs"] = ["i1"]
    assert errors(findings_for(answers)) == ()


def test_risk_of_bias_belongs_to_a_model_and_uses_its_tools_domains():
    answers = answers_of("R07")
    rob = entity(answers, "rob")
    domain = {"domain": "quips.study_attrition", "judgement": "low", "support": "No losses."}
    rob["answers"]["domains"] = [{"key": "m1d1", "answers": domain, "missing": {}}]
    assert [one.rule_id for one in errors(findings_for(answers))] == ["choices"]
    domain["domain"] = "syrcle.random_housing"
    assert errors(findings_for(answers)) == ()
    rob["key"] = "m7"
    assert "ref" in rule_ids(answers)
