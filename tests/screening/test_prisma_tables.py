"""The flow as the R package's CSV, as JSON and in sentences."""

import csv
import io
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.prisma import Count, Flow, Pending, ReportColumn, build_flow, check_identities
from screening.prisma.facts import GroupFact, RecordFact
from screening.prisma.tables import COLUMNS, r_call, to_json, to_r_csv
from screening.prisma.text import methods_text, pending_sentence, results_text

FLOW = Flow(
    databases=(Count("PubMed", 100), Count("Embase", 140)),
    registers=(Count("ClinicalTrials.gov", 8),),
    websites=(Count("A society", 1),),
    citation_searching=(Count("Citation searching", 5),),
    other_sources=(Count("Hand search", 2),),
    duplicates_by_rule=58,
    duplicates_by_person=6,
    removed=(Count("Retraction notice", 2),),
    screened=182,
    excluded_by_people=146,
    left=ReportColumn(
        sought=36,
        not_retrieved=(Count("Not held", 3),),
        assessed=33,
        excluded=(Count("No primary data", 9), Count("Wrong population, not ALL; mixed", 4)),
        included=20,
    ),
    right=ReportColumn(
        sought=4,
        not_retrieved=(Count("Not held", 1),),
        assessed=3,
        excluded=(Count("No primary data", 1),),
        included=2,
    ),
    studies=18,
    reports=22,
)
V1 = replace(
    FLOW,
    websites=(),
    citation_searching=(),
    other_sources=(),
    right=ReportColumn(),
    reports=20,
)
UPDATE = replace(
    FLOW,
    previous_studies=10,
    previous_reports=12,
    total_studies=28,
    total_reports=34,
    meta_analysis_studies=9,
    meta_analysis_reports=9,
)
KEYS = [
    "previous_studies",
    "previous_reports",
    "database_results",
    "database_specific_results",
    "register_results",
    "register_specific_results",
    "website_results",
    "organisation_results",
    "citations_results",
    "duplicates",
    "excluded_automatic",
    "excluded_other",
    "records_screened",
    "records_excluded",
    "dbr_sought_reports",
    "dbr_notretrieved_reports",
    "other_sought_reports",
    "other_notretrieved_reports",
    "dbr_assessed",
    "dbr_excluded",
    "other_assessed",
    "other_excluded",
    "new_studies",
    "new_reports",
    "total_studies",
    "total_reports",
    "identification",
    "screening",
    "included",
    "total_studies_ma",
    "total_reports_ma",
]


def read(text):
    return list(csv.DictReader(io.StringIO(text)))


def values(flow):
    return {row["data"]: row["n"] for row in read(to_r_csv(flow)) if row["data"] != "NA"}


def read_reasons(text):
    """Read a list of names and numbers as the R package does: a name ends at its first comma."""
    pairs = [part.split(",", 1) for part in text.split("; ")]
    return [(name, int(n)) for name, n in pairs]


# The R package's CSV


@pytest.mark.parametrize("flow", [FLOW, V1, UPDATE, Flow()])
def test_every_row_of_the_template_is_there_whatever_the_flow(flow):
    rows = read(to_r_csv(flow))
    assert len(rows) == 34
    assert tuple(rows[0]) == COLUMNS
    assert [row["data"] for row in rows if row["data"] != "NA"] == KEYS
    assert [row["box"] for row in rows if row["data"] == "NA"] == ["prevstud", "newstud", "othstud"]
    assert all(all(row.values()) for row in rows)


def test_the_numbers_stand_under_the_packages_keys():
    expected = {
        "database_results": "240",
        "database_specific_results": "PubMed, 100; Embase, 140",
        "register_results": "8",
        "register_specific_results": "ClinicalTrials.gov, 8",
        "website_results": "1",
        "organisation_results": "2",
        "citations_results": "5",
        "duplicates": "64",
        "excluded_automatic": "0",
        "excluded_other": "2",
        "records_screened": "182",
        "records_excluded": "146",
        "dbr_sought_reports": "36",
        "dbr_notretrieved_reports": "3",
        "dbr_assessed": "33",
        "other_sought_reports": "4",
        "other_notretrieved_reports": "1",
        "other_assessed": "3",
        "other_excluded": "No primary data, 1",
        "new_studies": "18",
        "new_reports": "22",
        "previous_studies": "NA",
        "total_reports": "NA",
        "total_studies_ma": "NA",
    }
    written = values(FLOW)
    assert {key: written[key] for key in expected} == expected


def test_commas_and_semicolons_in_names_do_not_cut_them():
    assert read_reasons(values(FLOW)["dbr_excluded"]) == [
        ("No primary data", 9),
        ("Wrong population / not ALL / mixed", 4),
    ]


@given(st.lists(st.tuples(st.text(max_size=20), st.integers(1, 10_000)), min_size=1, max_size=5))
def test_whatever_the_names_the_package_reads_every_number(reasons):
    excluded = tuple(Count(name, n) for name, n in reasons)
    text = values(Flow(left=ReportColumn(excluded=excluded)))["dbr_excluded"]
    assert [n for _, n in read_reasons(text)] == [n for _, n in reasons]


def test_a_flow_without_other_methods_has_none():
    written = values(V1)
    assert written["website_results"] == written["other_sought_reports"] == "NA"


def test_no_exclusion_is_a_bare_zero_not_an_empty_list():
    written = values(Flow())
    assert written["dbr_excluded"] == written["other_excluded"] == "0"
    assert written["database_specific_results"] == "NA"


def test_only_an_updated_review_speaks_of_new_studies():
    new, updated = ({row["boxtext"] for row in read(to_r_csv(flow))} for flow in (FLOW, UPDATE))
    assert "Studies included in review" in new
    assert "New studies included in review" in updated
    assert values(UPDATE)["total_studies"] == "28"


def test_boxes_link_where_the_diagram_links():
    rows = read(to_r_csv(FLOW, links={"screened": "/prisma?box=screened"}))
    urls = {row["data"]: row["url"] for row in rows}
    assert urls["records_screened"] == "/prisma?box=screened"
    assert urls["records_excluded"] == "NA"


@pytest.mark.parametrize(
    ("flow", "previous", "other", "pooled"),
    [(V1, "FALSE", "FALSE", "FALSE"), (UPDATE, "TRUE", "TRUE", "TRUE")],
)
def test_the_r_call_says_which_columns_to_draw(flow, previous, other, pooled):
    call = r_call(flow)
    assert f"previous = {previous}," in call
    assert f"other = {other}," in call
    assert f"meta_analysis = {pooled}\n)" in call


def test_the_r_call_carries_notes_as_comments_only():
    flow = replace(FLOW, footnotes=("One.\nstop()",), pending=(Pending("records in conflict", 5),))
    notes = [line for line in r_call(flow).splitlines() if line.startswith("#")]
    assert notes == [
        "# Provisional: 5 records in conflict.",
        "# Organisations include other methods (Hand search: 2).",
        "# One. stop()",
    ]


# JSON


def test_json_holds_numbers_parts_identities_and_ids():
    records = [RecordFact(n, "database", "PubMed", n) for n in (1, 2)]
    flow = build_flow(records, [GroupFact(1, ta_outcome="excluded")])
    data = json.loads(json.dumps(to_json(flow)))
    assert data["counts"]["screened"] == 2
    assert data["breakdown"]["databases"] == [{"name": "PubMed", "n": 2}]
    assert data["members"]["excluded"] == [1]
    assert data["pending"] == [
        {"what": "record awaiting decisions", "n": 1, "key": "pending:undecided"}
    ]
    assert data["is_provisional"]
    assert [check["name"] for check in data["identities"]] == [
        check.name for check in check_identities(flow)
    ]
    assert all(len(data["members"][box]) == n for box, n in data["counts"].items() if n)


# Sentences


def test_the_results_tell_the_whole_flow():
    text = results_text(FLOW)
    assert text.startswith(
        "We identified 240 records from databases (PubMed: 100; Embase: 140) and 8 records from"
        " registers (ClinicalTrials.gov: 8). After removing 64 duplicates and 2 records for other"
        " reasons (Retraction notice: 2), we screened 182 records and excluded 146. We sought 36"
        " reports from databases and registers; 3 reports could not be retrieved. We assessed 33"
        " reports for eligibility, and excluded 13 ("
    )
    assert text.endswith("We included 18 studies (22 reports).")
    assert "Other methods identified 8 records (websites: 1; citation searching: 5; Hand" in text


def test_an_update_tells_old_and_new():
    text = results_text(UPDATE)
    assert "We included 18 new studies (22 reports)." in text
    assert "With 10 studies of the previous version, the review includes 28 studies" in text
    assert text.endswith("9 studies entered the meta-analysis.")


def test_one_is_not_many():
    assert "We screened 1 record and excluded 1." in results_text(
        Flow(databases=(Count("PubMed", 1),), screened=1, excluded_by_people=1)
    )


def test_a_provisional_flow_says_so_first():
    pending = (Pending("records in conflict", 5), Pending("report awaiting retrieval", 1))
    flow = replace(FLOW, pending=pending)
    said = "Provisional: 5 records in conflict and 1 report awaiting retrieval."
    assert pending_sentence(flow) == said
    assert results_text(flow).startswith(said)
    assert pending_sentence(FLOW) == ""


def test_the_split_between_people_and_machine_is_told():
    flow = replace(FLOW, excluded_by_people=100, excluded_by_automation=46)
    assert "excluded 146 (100 by people, 46 by automation tools)." in results_text(flow)


def test_the_methods_name_the_sources_and_how_duplicates_were_joined():
    text = methods_text(replace(FLOW, footnotes=("A footnote.",)))
    assert text.startswith(
        "We searched the databases: PubMed and Embase. We searched the registers"
    )
    assert "Of the 64 duplicates removed, 58 were joined by a rule and 6 by a person." in text
    assert "We searched citations. We used as further methods: Hand search." in text
    assert text.endswith("A footnote.")
