"""Tables: headers of all providers, delimiters, mappings, and rows that are damaged."""

from __future__ import annotations

import io

import pytest

from screening.citations import Citation, Problem, Refused, read, read_columns
from tests.screening.citation_samples import SAMPLES, workbook


def read_all(data: bytes | str, **how: object) -> list[Citation | Problem]:
    return list(read(io.BytesIO(data.encode() if isinstance(data, str) else data), **how))


def rows_of(data: bytes | str, **how: object) -> list[Citation]:
    return [item for item in read_all(data, **how) if isinstance(item, Citation)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter):
    text = (
        delimiter.join(["Title", "Year", "DOI"])
        + "\n"
        + delimiter.join(["One", "2001", "10.5555/a"])
        + "\n"
    )

    assert [(c.title, c.year, c.doi) for c in rows_of(text)] == [("One", 2001, "10.5555/a")]


def test_a_preamble_before_the_header_is_skipped():
    text = '"SEARCH QUERY","leukemia:ti"\n----------\n\n"TITLE","AUTHOR NAMES","PUBLICATION YEAR","MEDLINE PMID"\n"One","Liu R., Adler D.G.","2001","12345678"\n'
    (citation,) = rows_of(text)

    assert (citation.authors, citation.pmid, citation.line) == (
        ("Liu, R.", "Adler, D.G."),
        "12345678",
        5,
    )


def test_excels_hint_line_is_skipped():
    assert [c.title for c in rows_of("sep=;\nTitle;Year\nOne;2001\n")] == ["One"]


def test_no_row_is_lost_at_the_end_of_the_lines_looked_at():
    text = "Title,Year\n" + "".join(f"Title {n},2001\n" for n in range(100))

    assert [c.title for c in rows_of(text)] == [f"Title {n}" for n in range(100)]


@pytest.mark.parametrize(
    ("cell", "authors"),
    [
        ("Yang, Z.; Jiang, B.", ("Yang, Z.", "Jiang, B.")),
        ("Yang, Z. and Jiang, B.", ("Yang, Z.", "Jiang, B.")),
        ("Liu R., Adler D.G.", ("Liu, R.", "Adler, D.G.")),
        ("Lim SM, Shiau CWC, Lau Y.", ("Lim, SM", "Shiau, CWC", "Lau, Y")),
        ("Smith, J., Doe, A.", ("Smith, J.", "Doe, A.")),
        ("Curie, Marie", ("Curie, Marie",)),
        ("['Marx, Karl', 'Lind, Eva']", ("Marx, Karl", "Lind, Eva")),
        ("Ada Okafor|Bo Lind", ("Ada Okafor", "Bo Lind")),
        ("Centers for Disease Control and Prevention", ("Centers for Disease Control and Prevention",)),
        ("Loges Sonja, Heuser Michael, Chromik Jo", ("Loges Sonja", "Heuser Michael", "Chromik Jo")),
    ],
)  # fmt: skip
def test_authors_are_split_in_the_ways_databases_join_them(cell, authors):
    assert rows_of(f'Title,Authors\nOne,"{cell}"\n')[0].authors == authors


PROVIDERS = {
    "Scopus": "Authors,Title,Year,Source title,Volume,Issue,Page start,Page end,DOI,PubMed ID,Abstract,EID",
    "CENTRAL": "CENTRAL ID,Title,Author(s),Year,Source,Volume,Issue,Page start,Page end,DOI,PubMed ID,Abstract",
    "Covidence": "Title,Authors,Abstract,Published Year,Journal,Volume,Issue,Pages,Accession Number,DOI,Covidence #",
    "Rayyan": "key,title,year,journal,volume,issue,pages,authors,url,abstract,doi,keywords,pubmed_id,pmc_id",
    "Lens": "Lens ID,Title,Publication Year,Source Title,Author/s,Abstract,Volume,Issue Number,Start Page,End Page,PMID,DOI",
    "OpenAlex": "id,doi,title,display_name,publication_year,authorships.author.display_name,biblio.volume,biblio.issue",
    "EBSCO": "Article Title,Author,Journal Title,Publication Date,Volume,Issue,First Page,DOI,Abstract,PLink",
    "Zotero": "Key,Item Type,Publication Year,Author,Title,Publication Title,DOI,Url,Abstract Note,Pages,Issue,Volume",
    "WoS": "Authors,Article Title,Source Title,Abstract,Publication Year,Volume,Issue,Start Page,End Page,DOI,UT (Unique WOS ID),Pubmed Id",
    "EPPI": "ItemId,Title,Authors,Year,Journal,Volume,Issue,Pages,DOI,Abstract",
    "ASReview": "record_id,title,abstract,authors,year,doi,asreview_label",
    "PubMed": "PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create Date,PMCID,NIHMS ID,DOI",
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_columns_of_a_provider_are_known(provider):
    columns = PROVIDERS[provider].split(",")
    mapping = read_columns(
        io.BytesIO((PROVIDERS[provider] + "\n" + ",".join("x" * len(columns)) + "\n").encode())
    ).mapping

    assert {"title", "authors", "year", "doi"} <= set(mapping.values())


def test_registered_trials_are_records_of_their_own_kind():
    text = "NCT Number,Study Title,Study URL,Brief Summary,Conditions,Start Date\nNCT00000001,A trial,https://x.example/NCT00000001,Sum.,Pain,2020-01-05\n"
    (trial,) = rows_of(text)

    assert (trial.type, trial.registry_id, trial.year, trial.url) == (
        "trial record",
        "NCT00000001",
        2020,
        "https://x.example/NCT00000001",
    )


def test_a_table_without_titles_asks_what_its_columns_mean():
    text = "foo,bar\nOne,2001\nTwo,2002\n"

    with pytest.raises(Refused, match="which column holds the title"):
        rows_of(text)
    columns = read_columns(io.BytesIO(text.encode()))
    assert (
        columns.columns == ("foo", "bar")
        and columns.rows[0] == ("One", "2001")
        and not columns.has_title
    )
    assert columns.examples == {"foo": "One", "bar": "2001"}
    assert [(c.title, c.year) for c in rows_of(text, mapping={"foo": "title", "bar": "year"})] == [
        ("One", 2001),
        ("Two", 2002),
    ]


def test_a_mapping_to_an_unknown_field_is_refused():
    with pytest.raises(Refused, match="is not a field"):
        rows_of("foo,bar\n1,2\n3,4\n", mapping={"foo": "colour"})


def test_unknown_columns_are_kept():
    first = rows_of(SAMPLES["csv"])[0]

    assert ("Colour", "blue") in first.raw
    assert first.abstract == "Two\nlines"


def test_a_quotation_mark_that_is_never_closed_costs_one_row():
    text = 'Title,Abstract\nOne,a\nTwo,"b\nThree,c\nFour,d\n'
    errors = [
        item for item in read_all(text) if isinstance(item, Problem) and item.severity == "error"
    ]

    assert [c.title for c in rows_of(text)] == ["One", "Three", "Four"]
    assert [(error.line, error.raw_text) for error in errors] == [(3, 'Two,"b')]


def test_a_repeated_header_is_no_record():
    assert [c.title for c in rows_of("Title,Year\nOne,2001\nTitle,Year\nTwo,2002\n")] == [
        "One",
        "Two",
    ]


def test_cells_behind_the_header_are_kept():
    assert ("column 3", "more") in rows_of("Title,Year\nOne,2001,more\n")[0].raw


def test_text_formulas_of_spreadsheets_are_text():
    assert rows_of('Title,Publication Date,ISSN\nOne,="4/3/2024",="19326203"\n')[0].year == 2024


def test_workbooks_are_read_like_tables():
    data = workbook(
        [["Report", None], [None, None], ["Title", "PubMed ID"], ["One", 12345678.0], ["Two", None]]
    )

    assert [(c.title, c.pmid, c.line) for c in rows_of(data)] == [
        ("One", "12345678", 4),
        ("Two", "", 5),
    ]


def test_the_columns_of_a_workbook_can_be_asked_for():
    assert read_columns(io.BytesIO(SAMPLES["xlsx"])).mapping["PMID"] == "pmid"
