"""`find_duplicates FILE.csv`: clusters and questions of a table, without a database."""

import json

import pytest
from django.core.management import CommandError, call_command

from screening.management.commands.find_duplicates import read_csv

HEADER = "ID,title,author,year,journal,volume,number,pages,abstract,doi"
ONE = 'a,Blasts stay near small vessels in marrow,"Okafor, N. and Lind, P.",2016,Blood,21,4,311-323,,10.5555/a'
COPY = (
    "b,BLASTS STAY NEAR SMALL VESSELS IN MARROW,Nneka Okafor and Per Lind,2016,Blood,21,4,311-23,,"
)
OTHER = 'c,Diets of nurses on night duty,"Byrne, A.",2011,Nutrition,3,1,5-9,,'
ASKED = (
    'd,Blasts stay near small vessels in marrow,"Okafor, N. and Lind, P.",2016,Blood,21,4,140-149,,'
)


@pytest.fixture
def table(tmp_path):
    def write(*lines: str, encoding: str = "utf-8"):
        file = tmp_path / "records.csv"
        file.write_text("\n".join(lines) + "\n", encoding=encoding)
        return file

    return write


def found(file, capsys) -> dict:
    call_command("find_duplicates", str(file))
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("lines", [(ONE, COPY, OTHER), (OTHER, COPY, ONE)])
def test_clusters_by_the_ids_of_the_file_in_any_order(table, capsys, lines, encoding):
    told = found(table(HEADER, *lines, encoding=encoding), capsys)
    assert [set(cluster) for cluster in told["clusters"]] == [{"a", "b"}]
    assert told["questions"] == []
    assert told["seconds"] >= 0
    assert told["peak_mb"] > 0


def test_questions_say_why(table, capsys):
    told = found(table(HEADER, ONE, ASKED), capsys)
    (question,) = told["questions"]
    assert {question["a"], question["b"]} == {"a", "d"}
    assert question["reason"] == "pages differ"
    assert 0 < question["score"] <= 1


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_the_delimiter_is_told_by_the_header(table, capsys, delimiter):
    rows = [
        "ID,title,year,doi",
        "a,One title of a paper,2016,10.5555/a",
        "b,One title of a paper,2016,10.5555/a",
    ]
    told = found(table(*(row.replace(",", delimiter) for row in rows)), capsys)
    assert told["clusters"] == [["a", "b"]]


def test_columns_may_be_named_in_any_case(table, capsys):
    rows = ("id, Title,Authors,YEAR,DOI", "a,One title of a paper,Lind P,2016,10.5555/a")
    told = found(table(*rows, rows[1].replace("a,", "b,", 1)), capsys)
    assert told["clusters"] == [["a", "b"]]


@pytest.mark.parametrize(
    ("year", "expected"),
    [("2016", 2016), ("12/02/2016", 2016), ("Epub 12 Dec 2015, 2016", 2016), ("2016.0", 2016),
     ("20160301", None), ("²²²²", None), ("", None)],
)  # fmt: skip
def test_a_year_is_found_wherever_it_stands(table, year, expected):
    _, citations = read_csv(table("ID,title,year", f'a,One title,"{year}"'))
    assert citations[0].year == expected


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("title,year", "One,2016"), "no column “ID”"),
        (("", ""), "no column “ID”"),
        (("ID,name", "a,One"), "neither titles nor DOIs"),
        ((HEADER, ONE, ONE), "“a” more than once"),
        (("ID,title", ",One", ",Two"), "2 records without an ID"),
    ],
)
def test_what_cannot_be_read_is_said(table, lines, said):
    with pytest.raises(CommandError, match=said):
        call_command("find_duplicates", str(table(*lines)))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("find_duplicates", str(tmp_path / "none.csv"))


@pytest.mark.parametrize("lines", [(HEADER,), (HEADER, ONE)])
def test_few_records_have_no_duplicates(table, capsys, lines):
    told = found(table(*lines), capsys)
    assert (told["clusters"], told["questions"]) == ([], [])
