"""The demo's evidence: complete by the codebook, quoted word for word, and full of conflict."""

import io
import re
from collections import defaultdict
from functools import cache

import pytest
from pypdf import PdfReader

from extraction.codebook.answers import normalise
from extraction.codebook.derivation import derive
from extraction.codebook.findings import Context, QuoteCheck
from extraction.codebook.validation import validate
from seeds.extramedullary_all.bibliography import citations
from seeds.extramedullary_all.evidence import answers_for, quotes, studies
from seeds.extramedullary_all.fulltext import file_name, pdf
from seeds.extramedullary_all.latent import by_key
from seeds.extramedullary_all.pdf import PageOverflow, Paragraph, pdf_of
from seeds.extramedullary_all.plan import plan
from tests.extraction.worked import codebook

FOR = {"promotes", "associated_positive"}
AGAINST = {"protects", "associated_negative", "no_role_shown"}


def retrieved() -> list[str]:
    return [one.key for one in plan().reports if one.retrieval == "retrieved"]


@cache
def page_texts(key: str) -> list[str]:
    return [flat(page.extract_text()) for page in PdfReader(io.BytesIO(pdf(key))).pages]


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@cache
def roles() -> dict[tuple[str, str], set[str]]:
    """(root of the site, factor) -> the roles found by any study."""
    found = defaultdict(set)
    for study in studies():
        derived = derive(codebook(), study.answers)
        for item in study.answers["entities"]["item"]:
            place = item["answers"]["site"].partition(".")[0], item["answers"]["factor"]
            found[place].add(derived["item", item["key"]]["factor_role"])
    return dict(found)


@pytest.mark.parametrize("study", studies(), ids=lambda study: study.key)
def test_an_extraction_is_complete_and_raises_no_doubt(study):
    found = {
        (item["key"], quote["key"]): QuoteCheck.FOUND
        for item in study.answers["entities"]["item"]
        for quote in item["answers"]["quotes"]
    }
    context = Context(externals={"report": frozenset(study.reports)}, quotes=found)
    assert validate(codebook(), study.answers, context=context) == ()


@pytest.mark.parametrize("study", studies(), ids=lambda study: study.key)
def test_an_extraction_is_stored_as_it_was_entered(study):
    stored = normalise(codebook(), study.answers)
    assert stored.findings == ()
    entered = {name: ones for name, ones in study.answers["entities"].items() if ones}
    assert {name: ones for name, ones in stored.answers["entities"].items() if ones} == entered


def test_there_are_about_forty_items_on_eighteen_studies():
    n_items = sum(len(study.answers["entities"]["item"]) for study in studies())
    assert len(studies()) == 18
    assert 38 <= n_items <= 50


def test_every_item_has_a_quote():
    quoted = {(one.study, one.item) for one in quotes()}
    items = {
        (study.key, item["key"])
        for study in studies()
        for item in study.answers["entities"]["item"]
    }
    assert quoted == items


@pytest.mark.parametrize("quote", quotes(), ids=lambda one: f"{one.study}-{one.item}-{one.report}")
def test_a_quote_stands_word_for_word_where_it_says(quote):
    if quote.in_abstract:
        assert quote.text in citations()[quote.report].abstract
    assert flat(quote.text) in page_texts(quote.report)[quote.page - 1]


def test_quotes_come_from_reports_of_their_study():
    reports = {study.key: study.reports for study in studies()}
    assert all(one.report in reports[one.study] for one in quotes())


def test_the_map_covers_every_planned_site():
    sites = {site for site, _ in roles()}
    assert {"cns", "testis", "ovary", "eye", "kidney", "liver", "adipose", "spleen"} <= sites
    assert len({factor.partition(".")[0] for _, factor in roles()}) >= 7


@pytest.mark.parametrize(
    "factor",
    [
        "chemokine.ccl19_ccr7",
        "cytokine_survival.il15",
        "adhesion.vla4_vcam1",
        "chemokine.cxcl12_cxcr4",
    ],
)
def test_the_map_shows_conflicts_in_the_central_nervous_system(factor):
    assert roles()["cns", factor] & FOR
    assert roles()["cns", factor] & AGAINST


def test_a_gap_stays_a_gap():
    assert ("testis", "immune.nk_exclusion") not in roles()


def test_answers_name_reports_by_the_databases_keys():
    (study,) = [one for one in studies() if len(one.reports) == 2 and "w01" in one.reports]
    answers = answers_for(study, {"i35": "17", "w01": "18"})
    named = {
        quote["answers"]["report_ref"]
        for item in answers["entities"]["item"]
        for quote in item["answers"]["quotes"]
    }
    assert named == {"17", "18"}
    assert "w01" in str(study.answers)


def test_every_retrieved_report_has_a_full_text():
    assert len(retrieved()) == 36
    assert len({file_name(key) for key in retrieved()}) == 36


@pytest.mark.parametrize("key", retrieved())
def test_a_full_text_is_a_short_pdf_that_says_what_it_is(key):
    texts = page_texts(key)
    assert 2 <= len(texts) <= 4
    assert texts[0].startswith("SYNTHETIC FULL TEXT")
    assert pdf(key) == pdf(key)
    if by_key()[key].attributes.full_text.language == "eng":
        assert len(" ".join(texts).split()) > 150


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("FT1", "for all diseases combined"),
        ("FT2", "bone marrow and blood only"),
        ("FT3", "No factor, barrier or niche cell"),
        ("FT4", "No participants or samples were examined"),
        ("FT6", "leucemia linfoblástica"),
        ("FT7", "RETRACTED"),
    ],
)
def test_a_full_text_shows_why_its_report_is_excluded(reason, says):
    excluded = [one.key for one in plan().reports if one.ft_reason == reason]
    assert excluded
    assert all(says in " ".join(page_texts(key)) for key in excluded)


def test_letters_outside_the_fonts_alphabet_are_written_plainly():
    page = [Paragraph("body", "Łuczyńska (α6) 10 µg/ml – ø \\ end")]
    written = pdf_of([page], title="A (title)")
    text = PdfReader(io.BytesIO(written)).pages[0].extract_text()
    assert "Luczynska (alpha6) 10 µg/ml – ø \\ end" in text


def test_a_page_that_is_too_full_is_refused():
    with pytest.raises(PageOverflow, match="too full"):
        pdf_of([[Paragraph("body", "word " * 3000)]], title="long")
