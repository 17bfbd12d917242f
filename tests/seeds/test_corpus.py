"""The demo's records: as many as planned, in files their readers understand, the same each time."""

from collections import Counter, defaultdict
from functools import cache

import pytest

from screening.citations import Citation, Problem
from screening.citations.reading import read
from seeds.extramedullary_all.bibliography import KEYWORD, NOTE, citations
from seeds.extramedullary_all.copies import entries
from seeds.extramedullary_all.export import FILES, SEARCHES, accession, in_file, render_file
from seeds.extramedullary_all.latent import DATABASES, by_key, rows
from seeds.extramedullary_all.plan import plan
from seeds.extramedullary_all.protocol import searches

COUNTS = {
    "pubmed": 100,
    "embase": 95,
    "scopus": 45,
    "clinicaltrials": 8,
    "citation_searching": 5,
    "website": 1,
}
OVERLAP = {"P": 58, "E": 50, "S": 16, "PE": 24, "PS": 10, "ES": 10, "PES": 8}
KINDS = {
    "identical": 20,
    "case_punctuation_greek": 12,
    "doi_missing": 10,
    "diacritics_initials": 6,
    "page_style": 5,
    "epub_year": 5,
    "translated_title": 2,
    "within_source": 4,
}


@cache
def as_read(source: str) -> tuple[list[Citation], list[Problem]]:
    citations, problems = [], []
    with (SEARCHES / FILES[source]).open("rb") as stream:
        for one in read(stream, name=FILES[source]):
            (citations if isinstance(one, Citation) else problems).append(one)
    return citations, problems


def pairs():
    """Every copy with the first record of its report."""
    return [(entry, citations()[entry.key]) for entry in entries() if entry.copy]


def pairs_of(kind: str):
    return [(entry.citation, first) for entry, first in pairs() if entry.kind == kind]


@pytest.mark.parametrize("source", FILES)
def test_the_committed_file_is_what_the_corpus_writes(source):
    assert (SEARCHES / FILES[source]).read_bytes() == render_file(source)


@pytest.mark.parametrize("source", FILES)
def test_every_record_of_a_file_is_read_in_its_place(source):
    found, problems = as_read(source)
    assert len(found) == COUNTS[source]
    assert not [one for one in problems if one.severity == "error"]
    for read_one, entry in zip(found, in_file(source), strict=True):
        assert read_one.title.strip("[].") == entry.citation.title.strip(".")
        assert (read_one.year, read_one.doi) == (entry.citation.year, entry.citation.doi)
        assert read_one.abstract == entry.citation.abstract
        assert len(read_one.authors) == (
            0 if source == "clinicaltrials" else len(entry.citation.authors)
        )


def test_pubmed_numbers_arrive_wherever_a_database_gives_them():
    for source in DATABASES:
        for read_one, entry in zip(as_read(source)[0], in_file(source), strict=True):
            assert read_one.pmid == entry.citation.pmid
    assert all(one.pmid for one in as_read("pubmed")[0])


def test_the_searches_state_what_their_files_hold():
    assert {one.key: one.shown for one in searches()} == COUNTS
    assert {one.key: one.file for one in searches()} == FILES
    assert all(one.query for one in searches())


def test_the_databases_overlap_as_planned():
    letters = {"pubmed": "P", "embase": "E", "scopus": "S"}
    found = Counter(
        "".join(letters[source] for source in row.sources)
        for row in rows()
        if row.sources[0] in DATABASES
    )
    assert found == OVERLAP
    assert sum(found.values()) == 176


def test_there_are_sixty_four_duplicates_of_the_planned_kinds():
    found = Counter(entry.kind for entry, _ in pairs() if entry.kind != "found_again")
    assert found == KINDS
    assert sum(found.values()) == 64
    within = Counter(entry.source for entry, _ in pairs() if entry.kind == "within_source")
    assert within == {"embase": 3, "scopus": 1}


def test_one_report_of_the_databases_is_found_again_by_citation_searching():
    (again,) = [entry for entry, _ in pairs() if entry.kind == "found_again"]
    assert (again.key, again.source) == ("i03", "citation_searching")


def test_a_copy_with_another_title_style_keeps_its_doi():
    for copy, first in pairs_of("case_punctuation_greek"):
        assert copy.title != first.title
        assert copy.doi == first.doi


def test_a_copy_without_a_doi_has_no_other_number_either():
    for copy, first in pairs_of("doi_missing"):
        assert (copy.doi, copy.pmid) == ("", "")
        assert copy.title == first.title


def test_a_copy_with_plain_names_differs_in_its_first_author():
    for copy, first in pairs_of("diacritics_initials"):
        assert first.authors[0].family != copy.authors[0].family
        assert copy.authors[0].family.isascii()
        assert all(len(author.given.replace(" ", "")) <= 3 for author in copy.authors)


def test_a_copy_with_another_page_style_means_the_same_pages():
    for copy, first in pairs_of("page_style"):
        assert copy.pages != first.pages
        assert first.pages.lstrip("eS").startswith(copy.first_page)
        assert first.last_page.endswith(copy.last_page)


def test_an_online_year_is_one_off():
    assert {abs(copy.year - first.year) for copy, first in pairs_of("epub_year")} == {1}


def test_a_translated_title_stands_in_brackets_in_pubmed():
    text = (SEARCHES / FILES["pubmed"]).read_text(encoding="utf-8")
    assert text.count("\nTI  - [") == text.count("\nTT  - ") == KINDS["translated_title"]


def test_an_article_in_press_has_no_pages_yet():
    for copy, first in pairs_of("within_source"):
        assert copy.in_press and not copy.pages and first.pages


def test_a_number_belongs_to_one_report_only():
    for number in ("doi", "pmid"):
        groups = defaultdict(set)
        for record in plan().records:
            groups[getattr(record, number)].add(record.group)
        groups.pop("")
        assert all(len(reports) == 1 for reports in groups.values())


def test_every_record_has_a_place_and_every_database_record_a_number_of_its_own():
    places = {(record.file, record.position) for record in plan().records}
    assert len(places) == len(plan().records) == 254
    for source in (*DATABASES, "clinicaltrials"):
        numbers = [accession(entry) for entry in in_file(source)]
        assert all(numbers) and len(set(numbers)) == len(numbers)


def test_titles_of_different_reports_differ():
    titles = [row.title.casefold() for row in rows() if row.title]
    assert len(set(titles)) == len(titles)


def test_look_alikes_are_there_and_are_reports_of_their_own():
    relations = Counter(row.related["as"] for row in rows() if row.related)
    assert relations == {
        "abstract_of": 3,
        "version_of": 2,
        "part_of": 1,
        "erratum_of": 1,
        "retraction_of": 1,
    }
    twins = [row for row in rows() if row.first_author_of]
    assert len(twins) == 3
    for row in twins:
        other = citations()[row.first_author_of]
        mine = citations()[row.key]
        assert (mine.authors[0], mine.year) == (other.authors[0], other.year)
        assert by_key()[other.key].topic != row.topic or mine.title != other.title


def test_nobody_can_take_a_record_for_a_real_one():
    for source in FILES:
        for record in as_read(source)[0]:
            assert KEYWORD in record.keywords
            assert not record.doi or record.doi.startswith("10.5555/")
            assert not record.pmid or int(record.pmid) > 990_000_000
            assert NOTE in record.note or any(NOTE in value for _, value in record.raw)
            assert source == "clinicaltrials" or "(demo)" in record.journal


def test_no_title_says_that_a_record_is_invented():
    for row in rows():
        assert not any(word in row.title.casefold() for word in ("synthetic", "demo", "invented"))


def test_the_years_span_the_field():
    years = [row.year for row in rows()]
    assert min(years) >= 1982 and max(years) <= 2026
    assert max(years) - min(years) > 35
