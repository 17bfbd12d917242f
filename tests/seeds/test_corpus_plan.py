"""The truth about the demo: labels follow from the rules, and the flow equals the plan."""

from collections import Counter
from dataclasses import replace

import pytest

from reviewtool.reviews.models import Protocol
from seeds.extramedullary_all.latent import Attributes, FullText, Label, by_key, label, rows
from seeds.extramedullary_all.plan import (
    adjudications,
    decisions,
    excluded_at_full_text,
    flow,
    plan,
)
from seeds.extramedullary_all.protocol import criteria_text, fields, reason_labels
from seeds.extramedullary_all.reviewers import (
    FULL_TEXT,
    REVIEWERS,
    STAGES,
    TITLE_ABSTRACT,
    conflicts,
    judge,
)

FLOW = {
    "database_results": 240,
    "register_results": 8,
    "website_results": 1,
    "organisation_results": 0,
    "citations_results": 5,
    "duplicates": 64,
    "excluded_automatic": 0,
    "excluded_other": 2,
    "records_screened": 182,
    "records_excluded": 146,
    "dbr_sought_reports": 36,
    "dbr_notretrieved_reports": 3,
    "dbr_assessed": 33,
    "other_sought_reports": 4,
    "other_notretrieved_reports": 1,
    "other_assessed": 3,
    "new_studies": 18,
    "new_reports": 22,
}
EXCLUDED_TOPICS = {
    ("marrow", "TA2"): 24,
    ("aml", "TA1"): 16,
    ("lymphoma", "TA1"): 14,
    ("solid", "TA1"): 10,
    ("incidence", "TA3"): 16,
    ("neurotox", "TA3"): 12,
    ("supportive", "TA3"): 10,
    ("pk", "TA3"): 9,
    ("case", "TA4"): 12,
    ("review", "TA5"): 10,
    ("diagnostic", "TA3"): 6,
    ("normal", "TA1"): 5,
    ("veterinary", "TA1"): 2,
}
INCLUDED_TOPICS = {
    "cns-cxcr4": 2,
    "cns-ccr7": 2,
    "cns-cxcr3": 1,
    "cns-adhesion": 2,
    "cns-laminin": 1,
    "cns-hypoxia": 2,
    "cns-scd": 2,
    "cns-asparagine": 2,
    "cns-il15": 2,
    "cns-mer": 1,
    "cns-nk": 1,
    "cns-myeloid": 1,
    "cns-opn": 2,
    "cns-tki": 1,
    "testis-leydig": 1,
    "testis-mtx": 1,
    "testis-pgp": 1,
    "testis-rac1": 1,
    "testis-cart": 1,
    "testis-scrna": 1,
    "testis-temperature": 1,
    "ovary-adhesion": 1,
    "ovary-pdx": 1,
    "eye-barrier": 1,
    "renal-ccr9": 1,
    "adipose": 1,
    "register": 2,
}
RELEVANT = Attributes(disease="all", sites=("testis",), factor="barrier_efflux.btb")


def changed(**values) -> Attributes:
    return replace(RELEVANT, **values)


def in_full_text(**values) -> Attributes:
    return replace(RELEVANT, full_text=FullText(**values))


@pytest.mark.parametrize(
    ("attributes", "truth"),
    [
        (RELEVANT, Label("include", "", "include", "")),
        (
            changed(factor=None, therapy="cart", therapy_at_site=True),
            Label("include", "", "include"),
        ),
        (changed(disease="aml"), Label("exclude", "TA1")),
        (changed(sites=("bone_marrow",)), Label("exclude", "TA2")),
        (changed(sites=("bone_marrow", "peripheral_blood")), Label("exclude", "TA2")),
        (changed(sites=("bone_marrow",), disease="lymphoma"), Label("exclude", "TA1")),
        (changed(factor=None), Label("exclude", "TA3")),
        (changed(factor=None, therapy="methotrexate"), Label("exclude", "TA3")),
        (changed(sites=(), factor=None), Label("exclude", "TA3")),
        (changed(publication="case_report", cases=2), Label("exclude", "TA4")),
        (changed(publication="case_report", cases=3), Label("include", "", "include")),
        (changed(publication="case_report", cases=1, factor=None), Label("exclude", "TA3")),
        (changed(publication="editorial"), Label("exclude", "TA5")),
        (in_full_text(separable=False, sites=()), Label("include", "", "exclude", "FT1")),
        (in_full_text(sites=("bone_marrow",)), Label("include", "", "exclude", "FT2")),
        (in_full_text(has_factor=False), Label("include", "", "exclude", "FT3")),
        (in_full_text(has_primary_data=False), Label("include", "", "exclude", "FT4")),
        (in_full_text(language="por", retracted=True), Label("include", "", "exclude", "FT6")),
        (in_full_text(retracted=True), Label("include", "", "exclude", "FT7")),
    ],
)
def test_the_first_reason_that_applies_is_given(attributes, truth):
    assert label(attributes) == truth


def test_every_excluded_record_is_excluded_for_its_topics_reason():
    found = Counter(
        (by_key()[one.key].topic, one.ta_reason)
        for one in plan().reports
        if one.ta_label == "exclude" and one.column == "databases"
    )
    assert found == EXCLUDED_TOPICS


def test_every_planned_topic_is_sought():
    sought = [one for one in plan().reports if one.is_sought and one.column == "databases"]
    assert Counter(by_key()[one.key].topic for one in sought) == INCLUDED_TOPICS


def test_the_plan_repeats_what_the_rules_say():
    for one in plan().reports:
        truth = label(by_key()[one.key].attributes)
        if one.ta_label:
            assert (one.ta_label, one.ta_reason) == (truth.ta_label, truth.ta_reason)
        if one.ft_label:
            assert (one.ft_label, one.ft_reason) == (truth.ft_label, truth.ft_reason)


def test_the_flow_is_the_planned_one():
    assert flow(plan()) == FLOW


def test_full_texts_are_excluded_for_the_planned_reasons():
    left = excluded_at_full_text(plan(), "databases")
    assert left == {"FT1": 3, "FT2": 4, "FT3": 2, "FT4": 2, "FT6": 1, "FT7": 1}
    assert excluded_at_full_text(plan(), "other") == {"FT4": 1}


def test_a_retraction_notice_and_an_empty_record_are_removed():
    removed = {one.removed: one for one in plan().reports if one.removed}
    assert set(removed) == {"retraction notice", "record without title and abstract"}
    assert removed["record without title and abstract"].title == ""
    assert removed["retraction notice"].related_to == "i08"
    assert plan().report("i08").ft_reason == "FT7"


def test_twenty_two_reports_make_eighteen_studies():
    sizes = Counter(len(study.reports) for study in plan().studies)
    assert sizes == {1: 14, 2: 4}
    linked = [key for study in plan().studies for key in study.reports]
    included = [one.key for one in plan().reports if one.ft_label == "include"]
    assert sorted(linked) == sorted(included)
    assert len({study.label for study in plan().studies}) == 18


def test_each_study_has_one_main_report():
    mains = [one.study for one in plan().reports if one.is_main]
    assert sorted(mains) == sorted(study.key for study in plan().studies)


def test_the_reviewers_never_err_together():
    truths = {
        (one.key, stage): truth
        for one in plan().reports
        for stage, truth in ((TITLE_ABSTRACT, one.ta_label), (FULL_TEXT, one.ft_label))
    }
    right = Counter()
    for one in decisions(plan()):
        right[one.key, one.stage] += one.lets_through == (truths[one.key, one.stage] == "include")
    assert set(right.values()) == {1, 2}


def test_about_one_record_in_twelve_is_a_conflict():
    screened = {one.key for one in plan().reports if one.ta_label and one.column == "databases"}
    disagreed = {key for key, stage in conflicts(decisions(plan())) if stage == TITLE_ABSTRACT}
    assert len(screened) == 182
    assert 0.06 <= len(disagreed & screened) / 182 <= 0.11


def test_full_text_brings_conflicts_too():
    assert [place for place in conflicts(decisions(plan())) if place[1] == FULL_TEXT]


def test_adjudication_settles_every_conflict_by_the_truth():
    settled = {(one.key, one.stage): one for one in adjudications(plan())}
    assert set(settled) == conflicts(decisions(plan()))
    for (key, stage), one in settled.items():
        report = plan().report(key)
        truth = report.ta_label if stage == TITLE_ABSTRACT else report.ft_label
        reason = report.ta_reason if stage == TITLE_ABSTRACT else report.ft_reason
        assert (one.verdict, one.reason) == (truth, reason)


def test_without_adjudication_agreed_records_are_right():
    unsettled = conflicts(decisions(plan()))
    for one in decisions(plan()):
        if (one.key, one.stage) not in unsettled:
            report = plan().report(one.key)
            truth = report.ta_label if one.stage == TITLE_ABSTRACT else report.ft_label
            assert one.lets_through == (truth == "include")


def test_decisions_are_the_same_each_time():
    assert decisions(plan()) == decisions(plan())
    assert judge("i01", TITLE_ABSTRACT, "include", "") == judge(
        "i01", TITLE_ABSTRACT, "include", ""
    )


@pytest.mark.parametrize("truth", ["include", "exclude"])
def test_reviewers_err_about_as_often_as_their_skill_says(truth):
    judged = [judge(f"x{n}", TITLE_ABSTRACT, truth, "TA1") for n in range(4000)]
    for place, reviewer in enumerate(REVIEWERS):
        skill = reviewer.sensitivity if truth == "include" else reviewer.specificity
        right = sum(pair[place].lets_through == (truth == "include") for pair in judged)
        assert abs(right / 4000 - skill) < 0.02


def test_every_exclusion_names_a_reason_of_the_protocol():
    for one in [*decisions(plan()), *adjudications(plan())]:
        assert (one.verdict == "exclude") == bool(one.reason)
        assert not one.reason or one.reason in reason_labels(one.stage)


def test_the_protocol_is_one_a_review_can_have():
    protocol = Protocol(version=1, **fields())
    protocol.clean()
    assert protocol.reviewers_title_abstract == 2
    assert protocol.ranking_text == criteria_text()
    assert [len(reason_labels(stage)) for stage in STAGES] == [5, 7]


def test_full_text_reasons_can_go_into_the_prisma_table():
    assert not [one for one in reason_labels(FULL_TEXT).values() if "," in one or ";" in one]


def test_attributes_are_known_for_every_screened_record():
    for row in rows():
        if not row.removed:
            assert row.attributes.disease and row.design and row.subject
