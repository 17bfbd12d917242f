"""Whatever is in a record, our exports carry it and our readers find it again."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from screening.citations import Citation, Problem, bibtex_writer, read, ris_writer, write
from screening.citations.normalise import keywords_in, one_line, present
from screening.citations.people import inverted
from screening.citations.screened import Told, decisions_in, decisions_told, told_in, with_told
from screening.citations.table_writer import CELL, COLUMNS, joined, parted

FORMATS = ("ris", "csv", "xlsx", "bibtex")
FIELDS = COLUMNS[:-1]
PLAIN = Citation(title="A title", authors=("Doe, Jane",), year=2020, type="journal article")


def again(citations: list[Citation], format: str) -> list[Citation]:
    data = write(citations, format)
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    items = list(read(stream))
    assert not [item for item in items if isinstance(item, Problem) and item.severity == "error"]
    return [item for item in items if isinstance(item, Citation)]


def fields(citation: Citation) -> dict[str, object]:
    return {name: getattr(citation, name) for name in FIELDS}


NASTY = (
    "=1+1", "+49 30 1234", "-5 degrees", "@home", "'=already", "''quoted''", '"double" quotes', "a;b; c", "50% {of} all",
    "C:\\temp\\new", "back\\", "{unclosed", "closed}", "a_b^c~d#e$f&g", "$5 and $6", "x -- y --- z", "``so''",
    "p < 0.05 & q > 1", "AT&amp;T", "a &lt; b", "α-syn, 中文, عربى, 😀", "TY  - JOUR", "ER  -", "@article{x,", "%", "1.", "tab\there",
    "Record #1 of 2", "Sm\u00f8rrebr\u00f8d \u2013 \u201cfresh\u201d", "https://x.example/?a=1&b=2", "a | b", "O’Neil",
)  # fmt: skip


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("text", NASTY)
def test_nasty_text_comes_back_from_every_field_that_can_hold_it(text, format):
    tidy = " ".join(text.split())
    citation = replace(
        PLAIN, title=tidy, journal=f"J {tidy}", abstract=f"{tidy}\nand {tidy}", note=f"{tidy}.",
        keywords=(f"k {tidy}", "other"), volume=f"v{tidy}", language="eng",
    )  # fmt: skip

    assert [fields(one) for one in again([citation, PLAIN], format)] == [
        fields(citation),
        fields(PLAIN),
    ]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "name",
    [
        "WHO Study Group", "Group; of Friends", "Doe; Roe, J.", "Sand and Sea Society", "Band, Anders", "Black and White, A.",
        "King, M. L., Jr", "van der Berg, A.-M.", "O'Neil, Ann", "{Curly}, C.", "Back\\slash, B.", "100% Cooperation",
        "李, 小龙", "Ünver, Ö.", "A & B Research", "Institute of Things, Department of More, Berlin, Germany",
    ],
)  # fmt: skip
def test_names_of_persons_and_organisations_come_back(name, format):
    citation = replace(PLAIN, authors=(name, "Doe, Jane", name))

    assert again([citation], format)[0].authors == citation.authors


@pytest.mark.parametrize("format", FORMATS)
def test_a_record_without_a_title_and_one_with_several_dois_come_back(format):
    bare = replace(PLAIN, title="", abstract="Text.", journal="A journal")
    several = replace(
        PLAIN,
        doi="10.5555/a",
        url="https://doi.org/10.5555/b",
        note="See 10.5555/c",
        raw=(("TY", "JOUR"), ("TI", "A title"), ("DO", "10.5555/a"), ("M3", "10.5555/d"), ("L3", "10.5555/e")),
    )  # fmt: skip
    found = again([bare, several], format)

    assert [fields(one) for one in found] == [fields(bare), fields(several)]
    assert "10.5555/d" in str(found[1].raw)


@pytest.mark.parametrize("format", FORMATS)
def test_a_corrected_field_is_not_undone_by_what_the_source_had_said(format):
    """A person took the DOI away and gave another journal; the source's own tags say otherwise."""
    sources = {
        "ris": (("TY", "JOUR"), ("T1", "Old title"), ("M3", "10.5555/wrong"), ("JF", "Wrong journal")),
        "bibtex": (("ENTRYTYPE", "article"), ("ID", "old"), ("title", "Old title"), ("journal", "Wrong journal"),
                   ("link", "https://doi.org/10.5555/wrong")),
    }  # fmt: skip
    citations = [replace(PLAIN, journal="Right journal", raw=raw) for raw in sources.values()]
    found = again(citations, format)

    assert [fields(one) for one in found] == [fields(one) for one in citations]
    for one in found:
        assert all(said in str(one.raw) for said in ("Old title", "wrong", "Wrong journal"))


@pytest.mark.parametrize("length", [CELL, CELL + 1, 40_000, 200_000])
@pytest.mark.parametrize("unit", ["word ", "😀", "=", "x\n", "\\{"])
def test_a_text_longer_than_a_cell_is_never_cut(length, unit):
    text = (unit * (length // len(unit) + 1))[:length].strip()
    citation = replace(PLAIN, abstract=text, raw=(("AB", text), ("MH", "Mice")))
    data = write([PLAIN, citation], "xlsx")
    sheet = load_workbook(io.BytesIO(data), read_only=True).active
    cells = [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell]
    _, found = again([PLAIN, citation], "xlsx")

    assert max(len(cell.encode("utf-16-le")) // 2 for cell in cells) <= 32_767
    assert (found.abstract, found.raw) == (citation.abstract, citation.raw)


@pytest.mark.parametrize("format", ["ris", "csv", "bibtex"])
def test_long_texts_need_no_second_place_elsewhere(format):
    citation = replace(PLAIN, abstract=("word " * 50_000).strip())

    assert again([citation], format)[0].abstract == citation.abstract


@pytest.mark.parametrize("format", FORMATS)
def test_every_unmapped_tag_goes_out_again_and_again(format):
    raw = (
        ("TY", "JOUR"), ("TI", "A title"), ("AU", "Doe, Jane"), ("PY", "2020/05/01/"), ("M1", "one"), ("M1", "two"), ("C1", "=three"),
        ("T2", "Secondary; title"), ("N2", "Another abstract"), ("XX", "{four}"), ("", "an untagged line"),
    )  # fmt: skip
    (once,) = again([replace(PLAIN, raw=raw)], format)
    (twice,) = again([once], format)

    for one in (once, twice):
        said = str(one.raw).replace("\\\\", "\\").replace("\\{", "{").replace("\\}", "}")
        for text in ("one", "two", "=three", "Secondary; title", "Another abstract", "{four}",
                     "an untagged line", "2020/05/01/"):  # fmt: skip
            assert text in said, text
        assert fields(one) == fields(PLAIN)


def test_repeats_of_a_tag_stay_apart_in_ris():
    raw = (("TY", "JOUR"), ("M1", "same"), ("M1", "same"), ("AD", "Here"), ("AD", "There"))
    (found,) = again([replace(PLAIN, raw=raw)], "ris")

    assert [value for tag, value in found.raw if tag in ("M1", "AD")] == [
        "same",
        "same",
        "Here",
        "There",
    ]


@pytest.mark.parametrize("format", FORMATS)
def test_what_a_review_knows_is_recognised_in_every_format(format):
    decisions = [
        Told("Ann: A | B", "exclude", ("Wrong; site", "Not in English")),
        Told("Bo", "maybe"),
    ]
    told = {
        "record number": "7",
        "found by": "=PubMed",
        "title and abstract screening": "excluded; reason: Wrong; site",
        "title and abstract decisions": decisions_told(decisions),
    }
    if format in ("csv", "xlsx"):
        pytest.skip("tables carry it in columns: tests/screening/test_records.py")
    (found,) = again([with_told(PLAIN, told)], format)

    assert told_in(found.raw) == told
    assert list(decisions_in(found.raw)) == [
        ("title_abstract", Told("Ann: A / B", "exclude", ("Wrong; site", "Not in English"))),
        ("title_abstract", Told("Bo", "maybe")),
    ]
    assert told_in(again([with_told(found, {"record number": "8"})], format)[0].raw) == {
        "record number": "8"
    }


def test_a_cell_made_harmless_is_restored():
    citation = replace(PLAIN, title="=1+1", note="'=1+1", journal="@SUM(A1)")
    row = next(csv.DictReader(io.StringIO(str(write([citation], "csv")))))

    assert (row["title"], row["note"], row["journal"]) == ("'=1+1", "''=1+1", "'@SUM(A1)")
    assert fields(again([citation], "csv")[0]) == fields(citation)


def test_lists_keep_semicolons_and_backslashes():
    assert parted(joined(["a;b", "c\\", "d; e", "f"])) == ("a;b", "c\\", "d; e", "f")
    assert parted("Doe, J; Roe, R") == ("Doe, J", "Roe, R")
    assert parted("Doe, J;Roe, R;") == ("Doe, J", "Roe, R")


def test_entries_keep_their_keys_and_kinds():
    raw = (
        ("ENTRYTYPE", "mvbook"),
        ("ID", "Doe:2020"),
        ("title", "A title"),
        ("author", "Jane Doe"),
    )
    text = str(write([replace(PLAIN, type="book", raw=raw)] * 2, "bibtex"))

    assert "@mvbook{Doe:2020," in text
    assert "@mvbook{Doe:2020-2," in text
    assert "kept_" not in text


@pytest.mark.parametrize("module", [ris_writer, bibtex_writer])
def test_text_formats_are_written_as_they_are_asked_for(module):
    """Nothing is collected first, so that a download of any length needs no more memory."""

    def endless():
        while True:
            yield PLAIN

    entries = module.entries(endless())
    assert next(entries)
    assert next(entries)


# ---------------------------------------------------------------- anything at all

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.sampled_from(" =+-@;,'\"{}\\%&<"),
    min_size=1, max_size=60,
).map(lambda text: " ".join(text.split()))  # fmt: skip
LINE = TEXT.filter(lambda text: text and one_line(text) == text and present(text))
NAME = LINE.filter(lambda text: any(map(str.isalpha, text)) and inverted(text) == text)
WORD = LINE.filter(
    lambda text: text == text.strip(" ;") and (";" in text or keywords_in((text,)) == (text,))
)


@st.composite
def citations(draw) -> Citation:
    return Citation(
        title=draw(LINE), abstract="\n".join(dict.fromkeys(draw(st.lists(LINE, max_size=3)))),
        authors=tuple(draw(st.lists(NAME, max_size=3))),
        keywords=tuple(dict.fromkeys(draw(st.lists(WORD, max_size=3)))),
        year=draw(st.none() | st.integers(1500, 2099)), volume=draw(st.just("") | LINE),
        type="journal article",
        raw=tuple(draw(st.lists(st.tuples(st.sampled_from(["TY", "M1", "U3", "XX", "FAU", ""]), LINE), max_size=4))),
    )  # fmt: skip


def said_in(citation: Citation) -> str:
    return "".join("".join(value.split()) for _, value in citation.raw)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(citations(), min_size=1, max_size=3), st.sampled_from(["csv", "xlsx", "ris"]))
@example([replace(PLAIN, authors=("Ω; b", "c"))], "ris")
def test_any_record_comes_back_the_same(them, format):
    found = again(them, format)

    assert [fields(one) for one in found] == [fields(one) for one in them]
    for before, after in zip(them, found, strict=True):
        if format == "ris":
            kept = [value for tag, value in before.raw if tag in ("M1", "U3", "XX")]
            held = said_in(after) + "".join("".join(str(v).split()) for v in fields(after).values())
            assert all("".join(value.split()) in held for value in kept)
        elif before.raw:
            assert after.raw == before.raw
