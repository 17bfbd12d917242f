from dataclasses import replace

import pytest

from extraction.codebook.evidence import NoOutputs, StudyEvidence, evidence_rows
from extraction.evidence_map import NotMapped, build_map, build_matrix, build_pipeline
from tests.extraction.worked import answers_of, codebook, evidence


def evidence_map():
    return build_map(codebook(), evidence_rows(codebook(), evidence()))


def test_every_worked_item_is_one_row_of_evidence():
    rows = evidence_rows(codebook(), evidence())
    assert len(rows) == 18
    first = rows[0]
    assert first.values["model_system"] == "pdx"
    assert first.values["factor_role"] == "promotes"
    assert first.values["therapy_class"] == "anti-angiogenic mAb"
    assert first.values["rob_tool"] == "syrcle"
    assert first.values["measure"] == "p_only"
    assert first.missing["age_group"] == "NR"
    assert first.keywords == ("synthetic-demo-record",)
    assert first.quotes[0]["report"] == "r1"


def test_the_primary_effect_stands_in_the_row():
    row = next(one for one in evidence_rows(codebook(), evidence()) if one.values["site"] == "cns")
    assert (row.values["estimate"], row.values["ci_low"]) == (10.7, 2.95)


def test_the_map_counts_studies_and_not_items():
    cell = evidence_map().cell("cns", "cytokine_survival.il15")
    assert (cell.n_studies, cell.n_items) == (2, 3)
    assert cell.roles == {"associated_positive": 1, "associated_negative": 1}


@pytest.mark.parametrize(
    ("row", "column", "conflict"),
    [
        ("cns", "cytokine_survival.il15", True),
        ("cns", "chemokine.ccl19_ccr7", True),
        ("cns", "adhesion.vla4_vcam1", True),
        ("cns", "chemokine", True),
        ("cns.choroid_plexus", "adhesion.vla4_vcam1", False),
        ("cns", "chemokine.cxcl10_cxcr3", False),
        ("cns", "leukaemia_intrinsic", False),
    ],
)
def test_studies_that_contradict_each_other_make_a_conflict(row, column, conflict):
    assert evidence_map().cell(row, column).conflict is conflict


def test_two_factors_of_a_class_that_act_differently_are_no_conflict():
    shown = {
        ("chemokine.cxcl10_cxcr3", "promotes"),
        ("chemokine.ccl19_ccr7", "no_role_shown"),
    }
    rows = evidence_rows(codebook(), evidence())
    ours = [one for one in rows if (one.values.get("factor"), one.values["factor_role"]) in shown]
    cell = build_map(codebook(), ours).cell("cns", "chemokine")
    assert set(cell.roles) == {"promotes", "no_role_shown"}
    assert not cell.conflict


def test_a_site_holds_what_is_known_of_the_sites_within_it():
    found = evidence_map()
    assert found.cell("cns.leptomeninges", "adhesion").studies == ("s2",)
    assert set(found.cell("cns", "adhesion").studies) == {"s2", "s14", "s15"}


def test_a_place_without_evidence_is_a_gap():
    assert evidence_map().cell("ovary", "immune") is None


def test_a_cell_shows_its_highest_level_and_whether_it_is_preclinical():
    found = evidence_map()
    assert found.cell("cns", "cytokine_survival").level == "L5_clin_corr"
    assert not found.cell("cns", "cytokine_survival").preclinical_only
    assert found.cell("cns", "adhesion").level == "L3_invivo"
    assert found.cell("cns", "adhesion").preclinical_only


def test_therapies_without_a_factor_stay_out_of_the_map():
    found = evidence_map()
    assert [row.values["therapy"] for row in found.excluded] == ["cart_cd19"]
    assert "none_therapy_only" not in {term.key for term in found.columns}
    assert found.unplaced == ()


def test_an_item_whose_factor_is_not_resolved_stands_under_its_class():
    answers = answers_of("R11")
    item = answers["entities"]["item"][0]
    del item["answers"]["factor"]
    item["answers"]["factor_class"] = "stromal_cell"
    item["missing"]["factor"] = "NA"
    rows = evidence_rows(codebook(), [StudyEvidence("s1", "One", answers)])
    assert build_map(codebook(), rows).cell("cns", "stromal_cell").n_studies == 1


def test_an_item_without_a_site_is_told_apart():
    answers = answers_of("R11")
    del answers["entities"]["item"][0]["answers"]["site"]
    rows = evidence_rows(codebook(), [StudyEvidence("s1", "One", answers)])
    found = build_map(codebook(), rows)
    assert (found.cells, len(found.unplaced)) == ({}, 1)


def test_axes_are_the_whole_trees():
    found = evidence_map()
    assert len(found.rows) == 44
    choroid = next(term for term in found.rows if term.key == "cns.choroid_plexus")
    assert (choroid.depth, choroid.parent) == (1, "cns")


def test_the_pipeline_has_each_agent_once_with_its_furthest_stage():
    rows = {row.agent: row for row in build_pipeline(codebook(), evidence())}
    assert len(rows) == 8
    assert rows["cxcr3_antag"].sites == ("cns", "spleen")
    assert rows["cxcr3_antag"].measured
    assert rows["plerixafor"].furthest == "phase1"
    assert not rows["plerixafor"].measured
    assert rows["methotrexate"].studies == ("s7",)


def test_a_later_stage_outranks_an_earlier_and_an_end_is_told_apart():
    studies = evidence()
    ended = answers_of("R34")
    ended["entities"]["therapy"][0]["answers"]["status"] = "stopped"
    ended["entities"]["study"][0]["answers"]["registry_id"] = ["NCT02763384"]
    studies.append(StudyEvidence("s99", "Ended", ended))
    row = next(one for one in build_pipeline(codebook(), studies) if one.agent == "plerixafor")
    assert (row.furthest, row.stopped, row.trials) == ("phase1", True, ("NCT02763384",))
    assert row.studies == ("s11", "s99")


def judged(key: str, judgement: str) -> StudyEvidence:
    answers = answers_of("R07")
    judged = {"site": "cns", "criterion": "C5_homing", "judgement": judgement, "item_refs": ["i1"]}
    answers["entities"]["comparability"] = [{"key": "c1", "answers": judged, "missing": {}}]
    return StudyEvidence(key, key, answers)


def test_the_matrix_counts_studies_by_judgement():
    studies = [judged("a", "supports"), judged("b", "supports"), judged("c", "refutes")]
    matrix = build_matrix(codebook(), studies)
    assert matrix.cells == {("cns", "C5_homing"): {"supports": 2, "refutes": 1}}
    assert len(matrix.columns) == 15


def test_what_the_codebook_does_not_configure_is_refused():
    bare = replace(codebook(), outputs=replace(codebook().outputs, map=None, pipeline=None))
    with pytest.raises(NotMapped):
        build_map(bare, [])
    with pytest.raises(NotMapped):
        build_pipeline(bare, [])
    with pytest.raises(NoOutputs):
        evidence_rows(replace(codebook(), outputs=None), [])
