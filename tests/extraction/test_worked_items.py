"""Eighteen findings of the literature, entered as a person would enter them."""

import copy
from collections import Counter

import pytest

from extraction.codebook.answers import normalise
from extraction.codebook.derivation import completed, derive
from extraction.codebook.terms import descendants, index_terms
from extraction.codebook.validation import errors
from tests.extraction.worked import answers_of, codebook, findings_for, worked


def roles(answers: dict) -> list[str]:
    derived = derive(codebook(), answers)
    return [derived["item", one["key"]]["factor_role"] for one in answers["entities"]["item"]]


@pytest.mark.parametrize("study", worked(), ids=lambda study: study["source"])
def test_a_worked_study_gives_its_roles_and_is_complete(study):
    assert roles(study["answers"]) == study["expected_roles"]
    assert errors(findings_for(study["answers"])) == ()


@pytest.mark.parametrize("study", worked(), ids=lambda study: study["source"])
def test_a_worked_study_is_stored_as_it_was_entered(study):
    stored = normalise(codebook(), study["answers"])
    assert stored.findings == ()
    entered = {entity: ones for entity, ones in study["answers"]["entities"].items() if ones}
    assert stored.answers == {"entities": entered}


def test_the_roles_add_up():
    assert Counter(role for study in worked() for role in roles(study["answers"])) == {
        "promotes": 7,
        "protects": 1,
        "associated_positive": 2,
        "associated_negative": 1,
        "no_role_shown": 2,
        "unclear": 1,
        "not_applicable": 4,
    }


GAIN = ("gain", "cell_addition", "condition")
LOSS = ("loss_genetic", "loss_pharm", "loss_antibody", "cell_depletion")
ROLES = [
    *((change, "increase", "promotes") for change in GAIN),
    *((change, "decrease", "protects") for change in GAIN),
    *((change, "decrease", "promotes") for change in LOSS),
    *((change, "increase", "protects") for change in LOSS),
    ("observed_level", "increase", "associated_positive"),
    ("observed_level", "decrease", "associated_negative"),
    *((change, "none", "no_role_shown") for change in (*GAIN, *LOSS, "observed_level")),
    *((change, "mixed", "context_dependent") for change in (*GAIN, *LOSS, "observed_level")),
    *((change, "unclear", "unclear") for change in (*GAIN, *LOSS, "observed_level")),
    *(
        ("treatment", effect, "not_applicable")
        for effect in ("increase", "decrease", "none", "mixed", "unclear")
    ),
]


@pytest.mark.parametrize(("change", "effect", "role"), ROLES)
def test_the_role_follows_from_what_was_changed_and_what_happened(change, effect, role):
    answers = answers_of("R07")
    answers["entities"]["item"][0]["answers"] |= {"perturbation": change, "effect_on_em": effect}
    assert roles(answers) == [role]


@pytest.mark.parametrize("blank", ["perturbation", "effect_on_em"])
def test_half_an_observation_has_no_role(blank):
    answers = answers_of("R07")
    del answers["entities"]["item"][0]["answers"][blank]
    assert "factor_role" not in derive(codebook(), answers).get(("item", "i1"), {})


def _levels(answers: dict) -> list[str | None]:
    derived = derive(codebook(), answers)
    return [
        derived.get(("item", one["key"]), {}).get("evidence_level")
        for one in answers["entities"]["item"]
    ]


@pytest.mark.parametrize(
    ("system", "change", "outcome", "level"),
    [
        ("nrsi", "loss_pharm", "response", "L6_clin_interv"),
        ("cohort_prognostic", "observed_level", "em_relapse_incidence", "L5_clin_corr"),
        ("cohort_prognostic", "observed_level", "migration", "L1_assoc"),
        ("pdx", "loss_antibody", "em_burden", "L3_invivo"),
        ("pdx", "observed_level", "em_burden", "L1_assoc"),
        ("coculture", "cell_addition", "viability", "L2_invitro"),
        ("in_silico", "observed_level", "migration", "L1_assoc"),
        ("pk_pd", "treatment", "drug_level", None),
    ],
)
def test_the_level_follows_from_model_change_and_outcome(system, change, outcome, level):
    answers = answers_of("R07")
    answers["entities"]["model"][0]["answers"]["model_system"] = system
    changed = {"perturbation": change, "outcome_domain": outcome}
    answers["entities"]["item"][0]["answers"] |= changed
    assert _levels(answers) == [level]


def _with_second_item(**changes) -> dict:
    answers = answers_of("R07")
    second = copy.deepcopy(answers["entities"]["item"][0])
    second["key"] = "i2"
    second["answers"] |= changes
    answers["entities"]["item"].append(second)
    return answers


def test_a_genetic_and_a_drug_approach_converge():
    answers = _with_second_item(perturbation="loss_pharm")
    assert _levels(answers) == ["L4_invivo_converging", "L4_invivo_converging"]


def test_approaches_at_different_sites_do_not_converge():
    answers = _with_second_item(perturbation="loss_pharm", site="liver")
    assert _levels(answers) == ["L3_invivo", "L3_invivo"]


def test_computed_fields_follow_the_vocabulary_and_the_lead():
    answers = answers_of("R04")
    found = completed(codebook(), answers)["entities"]
    assert found["therapy"][0]["answers"]["agent_class"] == "anti-angiogenic mAb"
    assert found["rob"][0]["answers"]["tool"] == "syrcle"

    answers["entities"]["rob"][0]["answers"]["tool_override"] = "quips"
    assert derive(codebook(), answers)["rob", "m1"]["tool"] == "quips"


def test_working_out_leaves_the_answers_alone():
    answers = answers_of("R04")
    before = copy.deepcopy(answers)
    completed(codebook(), answers)
    assert answers == before


def test_every_term_in_use_is_indexed_once():
    uses = list(index_terms(codebook(), answers_of("R15")))
    assert len(uses) == len(set(uses))
    found = {(use.entity_key, use.field, use.term) for use in uses if use.entity == "item"}
    assert ("i1", "site", "cns") in found
    assert ("i1", "factor_role", "associated_positive") in found
    assert ("i2", "effects.measure", "OR") in found


def test_free_words_are_no_terms():
    answers = answers_of("R11")
    answers["entities"]["item"][0]["answers"]["niche_cell"] = ["other:glia limitans", "pericyte"]
    uses = index_terms(codebook(), answers)
    assert [use.term for use in uses if use.field == "niche_cell"] == ["pericyte"]


def test_descendants_include_the_term_itself():
    sites = codebook().vocabularies["site"]
    assert descendants(sites, "testis") == {
        "testis",
        "testis.interstitium",
        "testis.tubule",
        "testis.epididymis",
    }
    assert descendants(sites, "nowhere") == frozenset()
    assert [term.key for term in sites.trail("cns.csf")] == ["cns", "cns.csf"]
