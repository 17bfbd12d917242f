"""The PRISMA diagram: what it says, where it leads, and that text stays in its boxes."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.prisma import Count, Flow, Pending, ReportColumn
from screening.prisma.diagram import FONT, to_svg
from screening.prisma.lettering import BOLD, width, wrap

SVG = "{http://www.w3.org/2000/svg}"
LONG = "Population: acute leukaemia of ambiguous lineage or lymphoma, data not separable"
FLOW = Flow(
    databases=(Count("PubMed", 12_000), Count("Cochrane Central Register of Controlled Trials", 4)),
    registers=(Count("ClinicalTrials.gov", 8),),
    duplicates_by_rule=58,
    duplicates_by_person=6,
    removed=(Count("Retraction notice", 2),),
    screened=182,
    excluded_by_people=146,
    left=ReportColumn(
        sought=36,
        not_retrieved=(Count("Not held by any library", 3),),
        assessed=33,
        excluded=(Count(LONG, 12), Count("A <b> & \"c\" 'd'", 1)),
        included=20,
    ),
    studies=18,
    reports=20,
)
OTHER = {
    "citation_searching": (Count("Citation searching", 5),),
    "other_sources": (Count("Hand search", 1),),
    "right": ReportColumn(sought=4, assessed=4, excluded=(Count(LONG, 2),), included=2),
    "reports": 22,
}
UPDATE = {"previous_studies": 7, "previous_reports": 9, "total_studies": 25, "total_reports": 29}
VARIANTS = {
    "new": FLOW,
    "new, other methods": replace(FLOW, **OTHER),
    "updated": replace(FLOW, **UPDATE),
    "updated, other methods": replace(FLOW, **OTHER, **UPDATE),
}
LEFT = ["identified", "removed_before_screening", "screened", "excluded", "sought",
        "not_retrieved", "assessed", "excluded_reports", "reports"]  # fmt: skip
RIGHT = ["other_identified", "other_sought", "other_not_retrieved", "other_assessed",
         "other_excluded_reports"]  # fmt: skip


def parsed(flow, **options):
    return ElementTree.fromstring(to_svg(flow, **options))


def said(root):
    """All text of the drawing, its wrapped lines joined."""
    texts = ("".join(text.itertext()) for text in root.iter(f"{SVG}text"))
    return re.sub(r"\s+", " ", " ".join(texts))


def frames(root):
    return [rect for rect in root.iter(f"{SVG}rect") if rect.get("class") == "prisma-box"]


@pytest.fixture(params=VARIANTS, ids=str)
def flow(request):
    return VARIANTS[request.param]


@pytest.mark.parametrize(
    ("variant", "n_boxes", "headings"),
    [
        ("new", 9, ["Identification of studies via databases and registers"]),
        ("new, other methods", 14, ["Identification of studies via other methods"]),
        (
            "updated",
            11,
            ["Previous studies", "Identification of new studies via databases and registers"],
        ),
        ("updated, other methods", 16, ["Identification of new studies via other methods"]),
    ],
)
def test_the_four_variants_have_their_boxes_and_headings(variant, n_boxes, headings):
    root = parsed(VARIANTS[variant])
    assert len(frames(root)) == n_boxes
    for heading in headings:
        assert heading in said(root)


def test_it_speaks_the_words_of_prisma(flow):
    text = said(parsed(flow))
    for words in (
        "Databases (n = 12,004)",
        "PubMed (n = 12,000)",
        "Registers (n = 8)",
        "Duplicate records removed (n = 64)",
        "Records marked as ineligible by automation tools (n = 0)",
        "Records removed for other reasons (n = 2)",
        "Records screened (n = 182)",
        "Records excluded (n = 146)",
        "Reports sought for retrieval (n = 36)",
        "Reports not retrieved (n = 3)",
        "Reports assessed for eligibility (n = 33)",
        f"Reports excluded: {LONG} (n = 12)",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Studies included in review (n = 18) Reports of included studies (n = 20)"),
        (UPDATE, "New studies included in review (n = 18) Reports of new included studies"),
        (UPDATE, "Total studies included in review (n = 25) Reports of total included studies"),
        (UPDATE, "Studies included in previous version of review (n = 7)"),
        (OTHER, "Citation searching (n = 5) Hand search (n = 1)"),
    ],
)
def test_words_that_depend_on_the_variant(changes, words):
    assert words in said(parsed(replace(FLOW, **changes)))


def test_only_an_update_speaks_of_new_studies():
    assert "new" not in said(parsed(FLOW)).lower().split()


def test_a_caller_may_ask_for_the_column_of_other_methods():
    assert len(frames(parsed(FLOW, other_methods=True))) == 14
    assert len(frames(parsed(VARIANTS["new, other methods"], other_methods=False))) == 9


def test_details_can_be_left_out():
    text = said(parsed(FLOW, details=False))
    assert "PubMed" not in text and "joined by" not in text
    assert LONG in text


def test_exclusions_by_machine_are_told_apart():
    flow = replace(FLOW, excluded_by_people=100, excluded_by_automation=46)
    assert "excluded (n = 146) by people (n = 100) by automation tools (n = 46)" in said(
        parsed(flow)
    )


# Links


def test_every_box_leads_to_its_records(flow):
    keys = LEFT + (RIGHT if flow.has_other_methods else []) + ["previous", "total"]
    root = parsed(flow, links={key: f"/prisma?box={key}&x" for key in keys})
    linked = [a for a in root.iter(f"{SVG}a") if any(True for _ in a.iter(f"{SVG}rect"))]
    assert len(linked) == len(frames(root))
    assert {a.get("href") for a in linked} <= {f"/prisma?box={key}&x" for key in keys}
    assert all(a.get("aria-label") for a in linked)


def test_a_line_with_an_address_of_its_own_leads_there():
    links = {"identified": "/all", "databases:PubMed": "/pubmed", "registers": "/registers"}
    root = parsed(FLOW, links=links)
    texts = {a.get("href"): "".join(a.itertext()) for a in root.iter(f"{SVG}a")}
    assert texts["/pubmed"].startswith("PubMed")
    assert texts["/registers"].startswith("Registers")
    assert "PubMed" not in texts["/all"] and "Databases" in texts["/all"]


def test_links_never_nest(flow):
    links = {key: f"/{key}" for key in flow.counts()}
    for link in parsed(flow, links=links).iter(f"{SVG}a"):
        assert list(link.iter(f"{SVG}a")) == [link]


# Safety, accessibility, style


def test_names_are_escaped():
    svg = to_svg(FLOW, links={"screened": '"><script>'}, title="<x>", as_of="<y>")
    assert "<script>" not in svg and "<b>" not in svg and "<y>" not in svg
    assert "A <b> & \"c\" 'd' (n = 1)" in said(ElementTree.fromstring(svg))


@given(st.text(max_size=60))
def test_whatever_a_reason_says_the_drawing_is_well_formed(reason):
    left = replace(FLOW.left, excluded=(Count(reason, 13),))
    parsed(replace(FLOW, left=left, footnotes=(reason,)), links={"x": reason})


def test_it_has_a_title_and_a_description(flow):
    root = parsed(flow, title="Flow of the demo", id_prefix="demo")
    names = {element.get("id"): element.text for element in root if element.get("id")}
    assert root.get("aria-labelledby") == "demo-title demo-desc"
    assert names["demo-title"] == "Flow of the demo"
    assert "We screened 182 records" in names["demo-desc"].replace("we", "We")


def test_links_stay_reachable_for_assistive_technology():
    assert parsed(FLOW).get("role") == "img"
    assert parsed(FLOW, links={"screened": "/x"}).get("role") == "group"


def test_a_file_is_light_and_needs_no_style_sheet():
    svg = to_svg(FLOW)
    assert "var(" not in svg and "<style" not in svg and "style=" not in svg
    assert parsed(FLOW).get("width")


def test_on_a_page_it_follows_the_theme_without_inline_style():
    svg = to_svg(FLOW, themed=True)
    assert 'fill="var(--ink, ' in svg
    assert "<style" not in svg and "style=" not in svg
    assert parsed(FLOW, themed=True).get("width") is None


def test_a_provisional_flow_says_so_on_top():
    pending = (Pending("records in conflict", 5),)
    first = next(parsed(replace(FLOW, pending=pending)).iter(f"{SVG}text"))
    assert first.text == "Provisional: 5 records in conflict."
    assert "Provisional" not in to_svg(FLOW)


def test_footnotes_and_the_instant_stand_below():
    text = said(parsed(replace(FLOW, footnotes=("62 records unread.",)), as_of="1 May 2026"))
    assert "62 records unread. As of 1 May 2026." in text


# Geometry


def box_of(text, root):
    """The frame around a text, by its position."""
    x, y = float(text.get("x")), float(text.get("y"))
    for rect in frames(root):
        left, top, wide, high = (float(rect.get(at)) for at in ("x", "y", "width", "height"))
        if left < x < left + wide and top < y < top + high:
            return left, top, left + wide, top + high
    return None


@pytest.mark.parametrize("reason", [LONG * 3, "W" * 300, "https://" + "a/" * 200, "研究设计" * 60])
def test_text_stays_in_its_box(flow, reason):
    left = replace(flow.left, excluded=(Count(reason, 1_234_567),) * 2)
    root = parsed(replace(flow, left=left, databases=(Count(reason, 99),)))
    inside = [(text, box_of(text, root)) for text in root.iter(f"{SVG}text")]
    inside = [(text, box) for text, box in inside if box]
    assert len(inside) > 20
    for text, (_, _, right, bottom) in inside:
        plain, bold = text.text or "", "".join(part.text or "" for part in text)
        assert float(text.get("x")) + (width(plain) + BOLD * width(bold)) * FONT <= right
        assert float(text.get("y")) + FONT * 0.3 <= bottom


def test_boxes_do_not_touch(flow):
    edges = [
        [float(rect.get(at)) for at in ("x", "y", "width", "height")]
        for rect in frames(parsed(flow))
    ]
    for place, (x, y, wide, high) in enumerate(edges):
        for x2, y2, wide2, high2 in edges[place + 1 :]:
            assert x + wide < x2 or x2 + wide2 < x or y + high < y2 or y2 + high2 < y


@given(st.text(max_size=80), st.floats(3, 40))
def test_wrapping_loses_nothing_and_keeps_to_its_limit(text, limit):
    rows = wrap(text, limit=limit, hang=1)
    assert "".join(rows).replace(" ", "") == text.replace(" ", "")
    assert all(width(row) <= limit or len(row) == 1 for row in rows)


def test_a_number_is_never_parted():
    rows = wrap("Reports sought (n\u00a0=\u00a05)", limit=9)
    assert rows[-1] == "(n\u00a0=\u00a05)"
