"""Entries of a bibliography take over what BibLaTeX would let them, and nothing they say themselves."""

import io

import pytest

from screening.citations import Citation, Problem, bibtex_inheritance, read, write

PARENT = """@proceedings{conf,
  title = {Proceedings of Imagined Methods}, editor = {Field, Ann}, year = {2018},
  volume = {7}, doi = {10.5555/conf}, abstract = {About the book.}, publisher = {Nobody}
}
"""
CHILD = "@inproceedings{talk, title = {A talk}, author = {Doe, Jane}, crossref = {Conf}%s}\n"


def items_of(text: str) -> list[Citation | Problem]:
    return list(read(io.BytesIO(text.encode()), name="a.bib"))


def citations_of(text: str) -> dict[str, Citation]:
    found = [item for item in items_of(text) if isinstance(item, Citation)]
    return {citation.title: citation for citation in found}


@pytest.mark.parametrize("text", [PARENT + CHILD % "", CHILD % "" + PARENT])
def test_a_child_takes_over_wherever_its_parent_stands(text):
    talk = citations_of(text)["A talk"]

    assert (talk.journal, talk.year, talk.volume) == ("Proceedings of Imagined Methods", 2018, "7")
    assert talk.authors == ("Doe, Jane",)


def test_what_identifies_the_parent_stays_with_it():
    talk = citations_of(PARENT + CHILD % "")["A talk"]

    assert (talk.doi, talk.abstract) == ("", "")


def test_own_fields_are_never_overwritten():
    own = ", booktitle = {Own book}, date = {2019-05-01}, volume = {}"
    talk = citations_of(PARENT + CHILD % own)["A talk"]

    assert (talk.journal, talk.year, talk.volume) == ("Own book", 2019, "")


def test_the_raw_fields_are_only_what_the_entry_says():
    talk = citations_of(PARENT + CHILD % "")["A talk"]

    assert [tag for tag, _ in talk.raw] == ["ENTRYTYPE", "ID", "title", "author", "crossref"]


@pytest.mark.parametrize(
    ("parent", "child", "journal"),
    [
        ("collection", "incollection", "The parent"),
        ("book", "inbook", "The parent"),
        ("periodical", "article", "The parent"),
        ("book", "article", ""),
    ],
)
def test_a_parents_title_becomes_what_the_kinds_say(parent, child, journal):
    text = f"@{child}{{c, title={{The child}}, crossref={{p}}}}\n@{parent}{{p, title={{The parent}}}}\n"

    assert citations_of(text)["The child"].journal == journal


def test_grandparents_and_data_entries_are_taken_over_too():
    text = """
@xdata{more, number = {4}, language = {english}}
@mvproceedings{series, title = {The series}, year = {2011}}
@proceedings{volume, title = {One volume}, crossref = {series}, xdata = {more}}
@inproceedings{talk, title = {A talk}, crossref = {volume}}
"""
    talk = citations_of(text)["A talk"]

    assert (talk.journal, talk.year, talk.number) == ("One volume", 2011, "4")
    assert talk.language == "english"


def test_circles_and_missing_parents_cost_nothing_and_are_said():
    text = "@book{a, title={A}, crossref={b}}\n@book{b, title={B}, crossref={a}}\n@misc{c, title={C}, crossref={gone}}\n"
    items = items_of(text)

    assert [item.title for item in items if isinstance(item, Citation)] == ["A", "B", "C"]
    assert [item.message for item in items if isinstance(item, Problem) and item.severity == "info"] == [
        "This entry refers to “gone”, which is not in the file; nothing was taken over from it."
    ]  # fmt: skip


def test_entries_stay_in_the_order_of_the_file():
    others = "".join(f"@misc{{m{n}, title = {{Number {n}}}}}\n" for n in range(5))

    assert list(citations_of(CHILD % "" + others + PARENT))[:3] == [
        "A talk",
        "Number 0",
        "Number 1",
    ]


def test_a_parent_that_never_comes_holds_only_so_many_entries_back(monkeypatch):
    monkeypatch.setattr(bibtex_inheritance, "WAITING", 3)
    others = "".join(f"@misc{{m{n}, title = {{Number {n}}}}}\n" for n in range(9))
    titles = list(citations_of(CHILD % "" + others + PARENT))

    assert titles[0] == "A talk"
    assert len(titles) == 11


@pytest.mark.parametrize("format", ["ris", "csv", "xlsx", "bibtex"])
def test_what_was_taken_over_is_exported(format):
    talk = citations_of(PARENT + CHILD % "")["A talk"]
    data = write([talk], format)
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    (again,) = [item for item in read(stream) if isinstance(item, Citation)]

    assert (again.journal, again.year) == (talk.journal, talk.year)
    assert "onf" in str(again.raw)
