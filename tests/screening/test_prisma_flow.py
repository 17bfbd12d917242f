"""The PRISMA flow: what build_flow counts, and the arithmetic that always holds."""

from dataclasses import replace
from datetime import date
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.consensus import Outcome
from screening.prisma import (
    Count,
    Flow,
    GroupFact,
    JoinedBy,
    RecordFact,
    ReportColumn,
    Retrieval,
    SourceKind,
    StoppingFact,
    Tally,
    UnreadAs,
    blinded,
    build_flow,
    check_identities,
)

INCLUDED, EXCLUDED = Outcome.INCLUDED, Outcome.EXCLUDED
PUBMED = ("database", "PubMed")
EMBASE = ("database", "Embase")
REGISTER = ("register", "ClinicalTrials.gov")
CITATIONS = ("citation_searching", "Citation searching")
WEBSITE = ("website", "Website of a society")


class Facts:
    """Facts of an invented review, put together group by group."""

    def __init__(self):
        self.ids = count(1)
        self.records = []
        self.groups = []

    def add(self, *sources, removed=None, by=JoinedBy.RULE, **fate):
        """Add one group with a record from each source; return the ids of its records."""
        ids = [next(self.ids) for _ in sources]
        for record, (kind, name) in zip(ids, sources, strict=True):
            self.records.append(RecordFact(record, kind, name, ids[0], removed))
        joined_by = dict.fromkeys(ids[1:], by)
        self.groups.append(GroupFact(ids[0], joined_by=joined_by, **fate))
        return ids

    def flow(self, **options):
        return build_flow(self.records, self.groups, **options)


@pytest.fixture
def facts():
    return Facts()


FATES = {
    "unscreened": {},
    "excluded": {"ta_outcome": EXCLUDED},
    "sought": {"ta_outcome": INCLUDED, "retrieval": Retrieval.SOUGHT},
    "lost": {
        "ta_outcome": INCLUDED,
        "retrieval": Retrieval.NOT_RETRIEVED,
        "not_retrieved_reason": "Not held by any library",
    },
    "unread report": {"ta_outcome": INCLUDED, "retrieval": Retrieval.RETRIEVED},
    "refused": {
        "ta_outcome": INCLUDED,
        "retrieval": Retrieval.RETRIEVED,
        "ft_outcome": EXCLUDED,
        "ft_reason": "FT4 no primary data",
    },
    "kept": {
        "ta_outcome": INCLUDED,
        "retrieval": Retrieval.RETRIEVED,
        "ft_outcome": INCLUDED,
        "study_ids": (7,),
    },
}


def failed(flow):
    return [check for check in check_identities(flow) if not check.holds]


# The demo review


def the_sources():
    """The sources of 184 left-column groups: 100 + 95 + 45 + 8 records, 64 of them copies."""
    p, e, s = PUBMED, EMBASE, ("database", "Scopus")
    overlap = [(p, e)] * 24 + [(p, s)] * 10 + [(e, s)] * 10 + [(p, e, s)] * 8
    within = [(e, e)] * 3 + [(s, s)]
    single = [(p,)] * 58 + [(e,)] * 47 + [(s,)] * 15
    return overlap + within + single + [(REGISTER,)] * 8


def the_fates():
    """What became of the 182 that were screened: 146 excluded, 36 sought."""
    reasons = {
        "FT1 population: ALL data not separable": 3,
        "FT2 no extramedullary site data (marrow only)": 4,
        "FT3 no niche factor/mechanism nor niche-directed therapy": 2,
        "FT4 no primary data": 2,
        "FT6 language without translation": 1,
        "FT7 retracted": 1,
    }
    refused = [
        FATES["refused"] | {"ft_reason": reason} for reason, n in reasons.items() for _ in range(n)
    ]
    kept = [FATES["kept"] | {"study_ids": (1 + place % 16,)} for place in range(20)]
    return [FATES["excluded"]] * 146 + [FATES["lost"]] * 3 + refused + kept


@pytest.fixture
def demo():
    """The demo review's plan as facts."""
    facts = Facts()
    fates = iter(the_fates())
    for place, sources in enumerate(the_sources()):
        removed = {130: "Retraction notice", 131: "No title and no abstract"}.get(place)
        by = JoinedBy.PERSON if place < 6 else JoinedBy.RULE
        facts.add(*sources, removed=removed, by=by, **({} if removed else next(fates)))
    kept = [FATES["kept"] | {"study_ids": (study,)} for study in (17, 18)]
    others = [FATES["excluded"], FATES["excluded"], FATES["lost"], FATES["refused"], *kept]
    for place, fate in enumerate(others):
        facts.add(WEBSITE if place == 0 else CITATIONS, **fate)
    order = sorted({group.ft_reason for group in facts.groups if group.ft_reason})
    return facts.flow(reason_order=order)


def test_the_demo_review_flows_as_planned(demo):
    assert demo.databases == (("PubMed", 100), ("Embase", 95), ("Scopus", 45))
    assert demo.registers == (("ClinicalTrials.gov", 8),)
    assert (demo.duplicates, demo.automation, demo.n_removed) == (64, 0, 2)
    assert (demo.screened, demo.excluded) == (182, 146)
    assert (demo.left.sought, demo.left.n_not_retrieved, demo.left.assessed) == (36, 3, 33)
    assert [n for _, n in demo.left.excluded] == [3, 4, 2, 2, 1, 1]
    assert (demo.n_other_identified, demo.right.sought, demo.right.assessed) == (6, 4, 3)
    assert demo.right.not_retrieved == (("Not held by any library", 1),)
    assert demo.right.excluded == (("FT4 no primary data", 1),)
    assert (demo.reports, demo.studies) == (22, 18)
    assert not demo.is_provisional


def test_the_demo_review_satisfies_every_identity(demo):
    checks = {check.name: check for check in check_identities(demo)}
    assert all(check.holds for check in checks.values())
    assert checks["I0"].sentence == "8 = 8"
    assert checks["I1"].sentence == "240 + 8 − 64 − 2 = 182"
    assert checks["I3"].sentence == "182 − 146 = 36"
    assert checks["I4"].sentence == "36 − 3 = 33"
    assert checks["I5"].sentence == "3 + 4 + 2 + 2 + 1 + 1 = 13 ≤ 33"
    assert checks["I6"].sentence == "20 + 2 = 22"
    assert checks["I7"].sentence == "4 ≤ 6 (2 excluded on title and abstract)"


def test_copies_are_told_apart_by_who_joined_them(demo):
    assert (demo.duplicates_by_rule, demo.duplicates_by_person) == (58, 6)
    assert sum(n for _, n in demo.duplicates_by_source) == 64


# Which column, and what counts as a duplicate


def test_only_copies_in_the_left_column_are_duplicates(facts):
    facts.add(CITATIONS, PUBMED, EMBASE, **FATES["kept"])
    flow = facts.flow()
    assert (flow.n_identified, flow.n_other_identified, flow.duplicates) == (2, 1, 1)
    assert (flow.left.included, flow.right.included, flow.reports) == (1, 0, 1)
    assert flow.footnotes == (
        "1 record identified by other methods: already found in databases or registers.",
    )


def test_the_canonical_record_is_never_a_duplicate():
    records = [RecordFact(2, "database", "PubMed", 5), RecordFact(5, "database", "Embase", 5)]
    flow = build_flow(records, [GroupFact(5, joined_by={2: "person"})])
    assert flow.members["duplicates"] == (2,)
    assert flow.members["duplicates_by_person"] == (2,)
    assert flow.members["screened"] == (5,)


def test_a_report_found_twice_by_other_methods_is_sought_once(facts):
    facts.add(CITATIONS, WEBSITE, **FATES["kept"])
    flow = facts.flow()
    assert (flow.n_other_identified, flow.right.sought, flow.duplicates) == (2, 1, 0)
    assert flow.other_not_sought == (("further copies", 1),)


def test_other_methods_are_not_screened_into_the_left_column(facts):
    facts.add(CITATIONS, **FATES["excluded"])
    flow = facts.flow()
    assert (flow.screened, flow.excluded, flow.right.sought) == (0, 0, 0)
    assert flow.other_not_sought == (("excluded on title and abstract", 1),)


def test_removing_one_record_removes_its_group_and_its_copies_stay_duplicates(facts):
    first, second = facts.add(PUBMED, EMBASE, removed="Retraction notice", **FATES["kept"])
    flow = facts.flow()
    assert flow.removed == (("Retraction notice", 1),)
    assert (flow.members["removed"], flow.members["duplicates"]) == ((first,), (second,))
    assert (flow.screened, flow.reports) == (0, 0)


def test_a_group_without_records_is_not_counted():
    assert build_flow([], [GroupFact(1, **FATES["kept"])]).reports == 0


def test_a_record_nobody_has_spoken_of_awaits_decisions():
    flow = build_flow([RecordFact(1, "database", "PubMed", 1)], [])
    assert (flow.screened, flow.undecided) == (1, 1)
    assert [str(pending) for pending in flow.pending] == ["1 record awaiting decisions"]


def test_an_unknown_kind_of_source_is_refused():
    with pytest.raises(ValueError, match="'hearsay' is not a valid SourceKind"):
        build_flow([RecordFact(1, "hearsay", "", 1)], [])


# Retrieval and full text


@pytest.mark.parametrize(
    ("fate", "sought", "lost", "assessed", "refused", "included", "pending"),
    [
        ("unscreened", 0, 0, 0, 0, 0, "pending:undecided"),
        ("excluded", 0, 0, 0, 0, 0, None),
        ("sought", 1, 0, 1, 0, 0, "pending:retrieval"),
        ("lost", 1, 1, 0, 0, 0, None),
        ("unread report", 1, 0, 1, 0, 0, "pending:unassessed"),
        ("refused", 1, 0, 1, 1, 0, None),
        ("kept", 1, 0, 1, 0, 1, None),
    ],
)
@pytest.mark.parametrize("source", [PUBMED, CITATIONS])
def test_what_becomes_of_a_report(
    facts, source, fate, sought, lost, assessed, refused, included, pending
):
    facts.add(source, **FATES[fate])
    flow = facts.flow()
    column = flow.left if source == PUBMED else flow.right
    assert (column.sought, column.n_not_retrieved, column.assessed) == (sought, lost, assessed)
    assert (column.n_excluded, column.included) == (refused, included)
    assert [each.key for each in flow.pending] == ([pending] if pending else [])


def test_what_could_not_be_retrieved_was_not_assessed_whatever_was_decided(facts):
    facts.add(PUBMED, **FATES["kept"] | {"retrieval": Retrieval.NOT_RETRIEVED})
    flow = facts.flow()
    assert (flow.left.n_not_retrieved, flow.reports, flow.studies) == (1, 0, 0)


def test_a_withdrawn_full_text_decision_counts_for_nothing(facts):
    facts.add(PUBMED, **FATES["kept"] | {"ft_outcome": Outcome.WITHDRAWN})
    assert facts.flow().left.unassessed == 1


def test_conflicts_are_pending_at_both_stages(facts):
    facts.add(PUBMED, ta_outcome=Outcome.CONFLICT)
    facts.add(PUBMED, **FATES["unread report"] | {"ft_outcome": Outcome.CONFLICT})
    assert [str(each) for each in facts.flow().pending] == [
        "1 record in conflict",
        "1 report in conflict",
    ]


def test_a_study_counts_once_however_many_reports_it_has(facts):
    facts.add(PUBMED, **FATES["kept"])
    facts.add(EMBASE, **FATES["kept"])
    facts.add(EMBASE, **FATES["refused"] | {"study_ids": (8,)})
    flow = facts.flow()
    assert (flow.reports, flow.studies, flow.members["studies"]) == (2, 1, (7,))


def test_an_included_report_without_a_study_is_pending(facts):
    (record,) = facts.add(PUBMED, **FATES["kept"] | {"study_ids": ()})
    flow = facts.flow()
    assert (flow.reports, flow.studies) == (1, 0)
    assert [str(each) for each in flow.pending] == ["1 included report without a study"]
    assert flow.members["pending:study"] == (record,)


def test_reasons_come_in_the_protocols_order_then_the_most_frequent_first(facts):
    for reason in ["b", "b", "z", "a", "c", "c", "c"]:
        facts.add(PUBMED, **FATES["refused"] | {"ft_reason": reason})
    flow = facts.flow(reason_order=["z", "unused"])
    assert flow.left.excluded == (("z", 1), ("c", 3), ("b", 2), ("a", 1))


def test_an_exclusion_without_a_reason_is_not_lost(facts):
    facts.add(PUBMED, **FATES["refused"] | {"ft_reason": ""})
    assert facts.flow().left.excluded == (("No reason recorded", 1),)


# Stopping


@pytest.mark.parametrize(
    ("counts_as", "automation", "screened", "excluded", "removed"),
    [
        (UnreadAs.AUTOMATION, 2, 1, 1, 0),
        (UnreadAs.EXCLUDED, 0, 3, 3, 0),
        (UnreadAs.OTHER, 0, 1, 1, 2),
    ],
)
def test_unread_records_count_where_the_lead_says(
    facts, counts_as, automation, screened, excluded, removed
):
    facts.add(PUBMED, ta_outcome=EXCLUDED)
    facts.add(PUBMED, EMBASE, ta_outcome=Outcome.NOT_SCREENED)
    facts.add(PUBMED, ta_outcome=Outcome.NOT_SCREENED)
    stop = StoppingFact("95 % recall, certified", "TF-IDF + SVM", date(2026, 5, 3), counts_as)
    flow = facts.flow(stopping=stop)
    assert (flow.automation, flow.screened) == (automation, screened)
    assert (flow.excluded, flow.n_removed, flow.duplicates) == (excluded, removed, 1)
    assert flow.excluded_by_people == 1
    assert not failed(flow)
    assert flow.footnotes[0].startswith(
        "2 records were left unread when screening was stopped on 3 May 2026"
        " (95 % recall, certified; TF-IDF + SVM); counted as "
    )


def test_unread_records_of_other_methods_have_no_box(facts):
    facts.add(CITATIONS, ta_outcome=Outcome.NOT_SCREENED)
    flow = facts.flow()
    assert (flow.automation, flow.screened) == (0, 0)
    assert flow.other_not_sought == (("left unread", 1),)


# Updated reviews


def test_an_updated_review_adds_up_old_and_new(facts):
    facts.add(PUBMED, **FATES["kept"])
    flow = facts.flow(previous=Tally(12, 15), meta_analysis=Tally(10, 11))
    assert flow.is_update
    assert (flow.total_studies, flow.total_reports) == (13, 16)
    assert not failed(flow)


def test_an_earlier_version_without_studies_is_still_an_update(facts):
    facts.add(PUBMED, **FATES["kept"])
    flow = facts.flow(previous=Tally(0, 0), meta_analysis=Tally(0, 0))
    assert flow.is_update
    assert (flow.total_studies, flow.meta_analysis_reports) == (1, 0)


# Identities that fail

GOOD = Flow(
    databases=(Count("PubMed", 10),),
    duplicates_by_rule=2,
    screened=8,
    excluded_by_people=5,
    left=ReportColumn(
        sought=3,
        not_retrieved=(Count("x", 1),),
        assessed=2,
        excluded=(Count("y", 1),),
        included=1,
    ),
    studies=1,
    reports=1,
)


def test_a_sound_flow_fails_nothing():
    assert not failed(GOOD)


@pytest.mark.parametrize(
    ("change", "name", "sentence"),
    [
        ({"screened": 9, "excluded_by_people": 6}, "I1", "10 − 2 ≠ 9"),
        ({"excluded_by_people": 9, "undecided": -4}, "I2", "9 > 8"),
        ({"excluded_by_people": 4}, "I3", "8 − 4 ≠ 3"),
        ({"reports": 2}, "I6", "1 ≠ 2"),
        ({"studies": 2}, "I8", "2 > 1"),
        ({"previous_studies": 4, "total_studies": 4}, "I9", "4 + 1 ≠ 4"),
        ({"previous_reports": 4, "total_reports": 6}, "I10", "4 + 1 ≠ 6"),
        ({"meta_analysis_studies": 2}, "I11", "2 > 1"),
        ({"left": replace(GOOD.left, sought=4), "undecided": -1}, "I4", "4 − 1 ≠ 2"),
        ({"left": replace(GOOD.left, excluded=(("y", 3),), included=-1), "reports": -1,
          "studies": -1}, "I5", "3 is not all positive and ≤ 2"),
        ({"left": replace(GOOD.left, unassessed=1)}, "I5 included", "2 − 1 − 1 ≠ 1"),
        ({"websites": (("a", 1),), "right": ReportColumn(sought=2, assessed=2, unassessed=2)},
         "I7", "2 > 1"),
        ({"members": {"databases": (1,)}}, "I0", "10 ≠ 1"),
    ],
)  # fmt: skip
def test_a_broken_flow_says_which_identity_it_breaks(change, name, sentence):
    broken = {check.name: check.sentence for check in failed(replace(GOOD, **change))}
    broken.pop("members", None)
    assert broken == {name: sentence}


def test_warnings_are_not_errors():
    severities = {check.name: check.severity for check in check_identities(GOOD)}
    assert severities["I3"] == severities["I8"] == "warn"
    assert severities["I1"] == "error"


# Whatever the facts

names = st.sampled_from(["", "PubMed", "Embase", "a, b; c"])


@st.composite
def random_records(draw):
    """Records in groups that go by their smallest id, as a canonical record's must."""
    group_of = draw(st.dictionaries(st.integers(1, 25), st.integers(1, 12)))
    canonical = {}
    for record in sorted(group_of):
        canonical.setdefault(group_of[record], record)
    return [
        RecordFact(
            record,
            draw(st.sampled_from(SourceKind)),
            draw(names),
            canonical[group],
            draw(st.none() | st.none() | names),
        )
        for record, group in sorted(group_of.items())
    ]


random_groups = st.builds(
    GroupFact,
    group_id=st.integers(1, 25),
    ta_outcome=st.sampled_from([*Outcome, INCLUDED, INCLUDED]),
    ft_outcome=st.sampled_from([*Outcome, INCLUDED]),
    ft_reason=names,
    retrieval=st.sampled_from(Retrieval),
    not_retrieved_reason=names,
    joined_by=st.dictionaries(st.integers(1, 25), st.sampled_from(JoinedBy)),
    study_ids=st.lists(st.integers(1, 5), max_size=2).map(tuple),
)
random_stops = st.none() | st.builds(
    StoppingFact,
    rule=names,
    model=names,
    decided_on=st.dates(),
    counts_as=st.sampled_from(UnreadAs),
)
random_flows = st.builds(
    build_flow,
    random_records(),
    st.lists(random_groups, max_size=20, unique_by=lambda group: group.group_id),
    previous=st.none() | st.just(Tally(3, 4)),
    stopping=random_stops,
)


@given(random_flows)
def test_whatever_the_facts_every_error_identity_holds(flow):
    assert not [check for check in failed(flow) if check.name != "I8"]


@given(random_flows)
def test_whatever_the_facts_every_number_is_the_number_of_its_records(flow):
    for box, n in flow.counts().items():
        assert len(flow.members[box]) == n
        assert len(set(flow.members[box])) == n


@given(random_records(), st.lists(random_groups, unique_by=lambda group: group.group_id))
def test_whatever_the_facts_every_record_is_identified_once(records, groups):
    flow = build_flow(records, groups)
    found = flow.members["identified"] + flow.members["other_identified"]
    assert sorted(found) == [record.record_id for record in records]


@given(random_flows)
def test_whatever_the_facts_other_methods_are_accounted_for(flow):
    assert flow.n_other_identified - sum(n for _, n in flow.other_not_sought) == flow.right.sought


@given(random_records(), st.lists(random_groups, unique_by=lambda group: group.group_id))
def test_the_order_of_the_facts_does_not_matter(records, groups):
    assert build_flow(records, groups) == build_flow(records[::-1], groups[::-1])


# Blindness


def test_a_blinded_flow_does_not_tell_conflicts_from_waiting(facts):
    facts.add(PUBMED, ta_outcome=Outcome.CONFLICT)
    facts.add(PUBMED)
    facts.add(PUBMED, **FATES["unread report"] | {"ft_outcome": Outcome.CONFLICT})
    shown = blinded(facts.flow())
    assert [str(each) for each in shown.pending] == [
        "2 records awaiting decisions",
        "1 report awaiting assessment",
    ]
    assert "conflict" not in repr(shown)
    assert shown.members["pending:undecided"] == (1, 2)


def without_conflicts(group):
    outcomes = {"ta_outcome": group.ta_outcome, "ft_outcome": group.ft_outcome}
    hidden = {at: Outcome.PENDING for at, is_ in outcomes.items() if is_ == Outcome.CONFLICT}
    return replace(group, **hidden)


@given(random_records(), st.lists(random_groups, unique_by=lambda group: group.group_id))
def test_whatever_the_facts_a_blinded_flow_is_the_same_with_and_without_conflicts(records, groups):
    with_conflicts = build_flow(records, groups)
    without = build_flow(records, map(without_conflicts, groups))
    assert blinded(with_conflicts) == blinded(without)
