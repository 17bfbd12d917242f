"""What each format's reader makes of a small export."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pytest

from screening.citations import Citation, Problem, detect, read
from tests.screening.citation_samples import OVID_WORDS, SAMPLES


def items_of(data: bytes | str, **how: object) -> list[Citation | Problem]:
    return list(read(io.BytesIO(data.encode() if isinstance(data, str) else data), **how))


def citations_of(data: bytes | str, **how: object) -> list[Citation]:
    return [item for item in items_of(data, **how) if isinstance(item, Citation)]


def problems_of(data: bytes | str, **how: object) -> list[Problem]:
    return [item for item in items_of(data, **how) if isinstance(item, Problem)]


def ris(*records: Iterable[str]) -> str:
    return "".join("\n".join(["TY  - JOUR", *record, "ER  - ", ""]) for record in records)


@pytest.mark.parametrize("format", SAMPLES)
def test_a_format_is_recognised_by_its_content(format):
    assert detect(SAMPLES[format], name="misnamed.ris").format == format


FIRSTS = {
    "ris": ("Nurses' hand washing: a trial", ("Okafor, Ada", "Lindqvist, Bo"), 2019, "10.5555/care.2019.12", "", "101-109"),
    "nbib": ("A long title that goes on in a second line.", ("Moreau, Claire",), 2020, "10.5555/nbib.1", "11111111", "5-9"),
    "wos": ("Trees and the people under them", ("Ek, Anna", "Alm, Bo"), 2018, "10.5555/shade.7", "", "1-9"),
    "ovid": ("Sleep and work.", ("Berg, KL", "Holm, P"), 2017, "10.5555/rest.14", "31313131", "33-40"),
    "refer": ("Rivers and roads", ("Costa, Rui", "Pinto, Eva"), 2011, "10.5555/cross.3", "", "7-19"),
    "refworks": ("Hearts and minds", ("Fuhr, Rita", "Stan, Olga"), 2002, "", "", "101-123"),
    "cochrane": ("Exercise for invented pain", ("Vela, C", "Mora, D"), 2015, "10.5555/trials.9", "25252525", "3-8"),
    "bibtex": ("Leukämie und ßo weiter", ("Müller, József", "van der Berg, Jan", "WHO Study Group"), 2001, "10.5555/care_01", "", "1-9"),
    "pubmed_xml": ("Iron (Fe2+) in vitro only", ("Ito, Ken", "The Iron Group"), 2015, "10.5555/markup.5", "33333333", "11-20"),
    "endnote_xml": ("Light in situ", ("Blau, Nora",), 2014, "10.5555/light.1", "25000000", "1-4"),
    "csv": ("Salt, water and sand", ("Lim, SM", "Shiau, CWC"), 2022, "10.5555/shore.1", "55555555", ""),
    "tsv": ("Glass", ("Roth, P.", "Weiss, Q."), 2003, "", "", ""),
    "xlsx": ("Paper made of cells", ("Noor, A.", "Zand, B."), 2005, "", "66666666", ""),
}  # fmt: skip


@pytest.mark.parametrize("format", SAMPLES)
def test_fields_are_found_where_the_format_keeps_them(format):
    first, second = citations_of(SAMPLES[format])

    assert (first.title, first.authors, first.year, first.doi, first.pmid, first.pages) == FIRSTS[
        format
    ]
    assert second.title and second.title != first.title


@pytest.mark.parametrize("format", SAMPLES)
def test_every_tag_is_kept_with_its_line(format):
    for citation in citations_of(SAMPLES[format]):
        assert citation.raw
        assert citation.raw_text
        assert citation.line > 0


def test_ris_keeps_every_repeat_of_a_tag():
    first = citations_of(SAMPLES["ris"])[0]

    assert [value for tag, value in first.raw if tag == "M1"] == ["kept", "kept too"]
    assert first.keywords == ("hygiene", "nursing")


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_a_byte_order_mark_costs_no_record(mark):
    assert len(citations_of(mark + SAMPLES["ris"])) == 2


def test_a_missing_end_of_record_does_not_merge_two_records():
    text = "TY  - JOUR\nTI  - One\nAB  - a\nPY  - 2001\n\nTY  - JOUR\nTI  - Two\nAB  - b\nPY  - 2002\nER  - \n"

    assert [citation.title for citation in citations_of(text)] == ["One", "Two"]
    assert [(problem.line, problem.severity) for problem in problems_of(text)] == [(1, "warning")]


def test_the_last_record_needs_no_end():
    assert [c.title for c in citations_of("TY  - JOUR\nTI  - One")] == ["One"]


def test_records_without_a_type_end_at_their_end_tag():
    text = "TI  - One\nAU  - A, B\nER  - \n\nTI  - Two\nAU  - C, D\nER  - \n"

    assert [citation.title for citation in citations_of(text)] == ["One", "Two"]


def test_tags_behind_the_end_belong_to_the_record_before():
    text = (
        ris(["TI  - One"]).rstrip()
        + "\nNL  - J Short\nLink to the Ovid Full Text or citation:\nhttps://x.example/?id=pmid:12345678\n\n2. \n"
        + ris(["TI  - Two"])
    )
    one, two = citations_of(text)

    assert ("NL", "J Short") in one.raw
    assert one.pmid == "12345678"
    assert two.title == "Two" and ("NL", "J Short") not in two.raw


@pytest.mark.parametrize(
    "tag", ["TY  -  JOUR", "TY - JOUR", "TY\t-\tJOUR", "TY  – JOUR", "  TY  - JOUR", "TY  -JOUR"]
)
def test_ris_tags_are_read_in_every_spacing_seen(tag):
    assert [c.title for c in citations_of(f"{tag}\nTI  -  One\nER  -\n", format="ris")] == ["One"]


def test_ris_tags_in_lower_case_are_read():
    (one,) = citations_of("ty  - JOUR\nti  - One\nab  - It is\nso  far\ner  - \n")
    assert (one.title, one.abstract) == ("One", "It is\nso far")


def test_a_line_of_text_is_not_taken_for_a_tag():
    text = ris(
        ["TI  - One", "AB  - Results:", "CI  was wide", "HR - 0.5 was found", "AIMS - to find out"]
    )

    assert (
        citations_of(text)[0].abstract
        == "Results:\nCI was wide\nHR - 0.5 was found\nAIMS - to find out"
    )


def test_keywords_go_on_in_lines_without_a_tag():
    assert citations_of(ris(["TI  - One", "KW  - alpha", "beta", "gamma"]))[0].keywords == (
        "alpha",
        "beta",
        "gamma",
    )


@pytest.mark.parametrize(
    ("record", "pmid"),
    [
        (["DB  - Embase", "U2  - L1", "C5  - 38773066"], "38773066"),
        (["SN  - 20411723 (ISSN)", "C2  - 38580657"], "38580657"),
        (["C3  - PUBMED 21314913,EMBASE 64358977"], "21314913"),
        (["DB  - Ovid MEDLINE(R)", "ID  - 31313131"], "31313131"),
        (["N1  - Accession Number: 2020-1-1. PMID: 33343428 Partial author list"], "33343428"),
        (["UR  - https://pubmed.ncbi.nlm.nih.gov/12345678/"], "12345678"),
        (["AN  - 2214991469"], ""),
        (["ID  - 12345678"], ""),
        (["C7  - 1722034", "C2  - 99"], ""),
        (["N1  - As others found (PMID: 11111111), so did we"], ""),
    ],
)  # fmt: skip
def test_a_pubmed_number_is_taken_only_from_its_place(record, pmid):
    assert citations_of(ris(["TI  - One", *record]))[0].pmid == pmid


@pytest.mark.parametrize(
    ("tag", "doi"),
    [
        ("DO  - 10.5555/ABC.1", "10.5555/abc.1"),
        ("DO  - https://doi.org/10.5555/abc.1.", "10.5555/abc.1"),
        ("DO  - 10.5555/s1-4     LK  - https://x.example", "10.5555/s1-4"),
        ("L3  - 10.5555/ebsco", "10.5555/ebsco"),
        ("L2  - http://dx.doi.org/10.5555%2Fq", "10.5555/q"),
        ("DO  - 10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2", "10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2"),
        ("DO  - 10.1016/0140-6736(93)90001-X", "10.1016/0140-6736(93)90001-x"),
        ("DO  - none", ""),
    ],
)  # fmt: skip
def test_a_doi_is_found_by_its_pattern(tag, doi):
    assert citations_of(ris(["TI  - One", tag]))[0].doi == doi


@pytest.mark.parametrize(
    "date",
    [
        "2001",
        "2001///",
        "2001/05//",
        "10 15 2001",
        "Spring 2001",
        "2001-2002",
        "20010512",
        "May 12, 2001",
    ],
)
def test_a_year_is_found_in_every_way_to_write_a_date(date):
    assert citations_of(ris(["TI  - One", f"PY  - {date}"]))[0].year == 2001


@pytest.mark.parametrize(
    "nothing", ["NA", "N/A", "null", "No abstract available", "[No abstract available]", "None."]
)
def test_an_abstract_that_only_says_there_is_none_is_none(nothing):
    assert citations_of(ris(["TI  - One", f"AB  - {nothing}"]))[0].abstract == ""


def test_markup_is_cleaned_but_comparisons_stay():
    record = [
        "TI  - Notch1 &amp;amp; CXCR4 in &lt;i&gt;vivo&lt;/i&gt; (p &lt; 0.05)",
        "AB  - <jats:p>One <b>bold</b></jats:p><script>x</script>",
    ]
    citation = citations_of(ris(record))[0]

    assert citation.title == "Notch1 & CXCR4 in <i>vivo</i> (p < 0.05)"
    assert citation.abstract == "One <b>bold</b> x"
    assert "&amp;amp;" in dict(citation.raw)["TI"]


def test_an_empty_record_is_rejected_with_its_text():
    problems = [
        p for p in problems_of("TY  - JOUR\nER  - \n" + ris(["TI  - One"])) if p.severity == "error"
    ]

    assert [(problem.line, problem.raw_text) for problem in problems] == [(1, "TY  - JOUR\nER  - ")]


def test_a_repaired_reject_reads_like_any_record():
    text = "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>A</Title></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>"
    (problem,) = [p for p in problems_of(text) if p.severity == "error"]

    assert [
        c.title for c in citations_of(problem.raw_text.replace("</Title>", "</ArticleTitle>"))
    ] == ["A"]


def test_lacking_fields_are_said_with_the_line():
    said = {problem.message for problem in problems_of("TY  - JOUR\nDO  - nonsense\nER  - \n")}

    assert said == {
        "The record has no title.",
        "The record has no abstract.",
        "The record has no year.",
        "“nonsense” is given as a DOI but is none.",
    }


def test_truncated_xml_gives_the_whole_records_and_says_where_it_breaks():
    data = SAMPLES["pubmed_xml"]
    cut = data[: data.index(b"</PubmedBookArticle>")]
    errors = [problem for problem in problems_of(cut) if problem.severity == "error"]

    assert [c.pmid for c in citations_of(cut)] == ["33333333"]
    assert [problem.line for problem in errors] == [16]


def test_a_reference_list_lends_no_doi():
    assert citations_of(SAMPLES["pubmed_xml"])[0].doi == "10.5555/markup.5"


def test_an_accession_number_is_pubmeds_only_where_the_record_says_so():
    assert [c.pmid for c in citations_of(SAMPLES["endnote_xml"])] == ["25000000", ""]


def test_paragraphs_of_endnote_survive_and_impossible_characters_go():
    assert citations_of(SAMPLES["endnote_xml"])[0].abstract == "Light shone.\nThen it did not."


def test_bibtex_survives_what_is_illegal_in_real_exports():
    first = citations_of(SAMPLES["bibtex"])[0]

    assert [value for tag, value in first.raw if tag == "affiliation"] == ["A", "B"]
    assert first.journal == "Journal of Made-up Care"
    assert first.abstract == "50% of cells"
    assert first.keywords == ("blood", "niche", "marrow")


def test_an_unclosed_entry_costs_only_itself():
    text = "@article{a, title={One}, year=2001}\n\n@article{b,\n title={Un {closed},\n year=2002\n}\n\n@article{c, title={Three}, year=2003}\n"
    errors = [problem for problem in problems_of(text) if problem.severity == "error"]

    assert [c.title for c in citations_of(text)] == ["One", "Three"]
    assert [problem.line for problem in errors] == [3]
    assert "Un {closed}" in errors[0].raw_text


def test_an_undefined_macro_is_kept_and_said():
    text = "@article{a, title={One}, journal=jomch, year=2001}"

    assert citations_of(text)[0].journal == "jomch"
    assert "jomch" in " ".join(problem.message for problem in problems_of(text))


def test_bibtex_in_a_comment_is_no_record():
    assert (
        citations_of("@comment{\n@article{a, title={One}}\n}\n@article{b, title={Two}}\n")[0].title
        == "Two"
    )


def test_older_ovid_exports_have_labels_in_words():
    (citation,) = citations_of(OVID_WORDS)

    assert citation.title == "Bones in motion."
    assert citation.authors == ("Krause, Jan", "Lenz, Eva")
    assert (citation.volume, citation.number, citation.pages, citation.year) == (
        "8",
        "6",
        "1048-1064",
        2015,
    )
    assert citation.doi == "10.5555/bones.8"
