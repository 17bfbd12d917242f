"""What we write, spreadsheets survive and we read back to the same citations."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
import rispy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from screening.citations import Citation, read, write
from screening.citations.table_writer import COLUMNS
from tests.screening.citation_samples import SAMPLES

WRITTEN = ("ris", "csv", "xlsx", "bibtex")
FIELDS = COLUMNS[:-1]
FULL = Citation(
    title="=HYPERLINK(1) & 100% of {x}_y ~ $5",
    authors=("O'Neil, Ann-Marie", "WHO Study Group ABC", "Deng, Na", "Deng, Na", "King, M. L., Jr"),
    year=1999,
    journal="Journal -- of ''Things''",
    volume="12A",
    number="Suppl 1",
    pages="S1-S9",
    doi="10.5555/a_b(1)",
    pmid="12345678",
    abstract="One.\nTY - two\n@three < 4",
    keywords=("a, b, c", "-minus"),
    language="eng",
    type="Journal Article; Review",
    registry_id="NCT00000001",
    url="https://x.example/a_b?c=%7Bd%7D&e",
    accession="WOS:1",
    note="+1\nfine",
    raw=(("PMID", "12345678"), ("MH", "Humans"), ("MH", "Mice")),
)


def again(citations: list[Citation], format: str) -> list[Citation]:
    data = write(citations, format)
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    return [item for item in read(stream) if isinstance(item, Citation)]


def fields(citation: Citation) -> dict[str, object]:
    return {name: getattr(citation, name) for name in FIELDS}


@pytest.mark.parametrize("format", WRITTEN)
def test_every_field_survives_our_own_export(format):
    (found,) = again([FULL], format)

    assert fields(found) == fields(FULL)


@pytest.mark.parametrize("format", WRITTEN)
@pytest.mark.parametrize("source", SAMPLES)
def test_what_was_imported_survives_export_and_import(source, format):
    citations = [item for item in read(io.BytesIO(SAMPLES[source])) if isinstance(item, Citation)]

    assert [fields(c) for c in again(citations, format)] == [fields(c) for c in citations]


def test_unmapped_tags_travel_with_a_ris_export():
    citations = [item for item in read(io.BytesIO(SAMPLES["ris"])) if isinstance(item, Citation)]

    assert [value for tag, value in again(citations, "ris")[0].raw if tag == "M1"] == [
        "kept",
        "kept too",
    ]
    assert ("ZZ", "kept MH: Mice") in again([FULL], "ris")[0].raw
    assert ("ZZ", "kept MH: Mice") in again(again([FULL], "ris"), "ris")[0].raw


def test_tables_carry_all_tags_of_the_source():
    assert again([FULL], "csv")[0].raw == FULL.raw
    assert again([FULL], "xlsx")[0].raw == FULL.raw


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "'="])
def test_no_cell_can_run_as_a_formula(start):
    citation = replace(FULL, title=f"{start}cmd|' /C calc'!A0", note="")
    cells = next(csv.DictReader(io.StringIO(write([citation], "csv"))))
    sheet = load_workbook(io.BytesIO(write([citation], "xlsx"))).active

    assert cells["title"].startswith("'")
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_a_value_too_long_for_a_cell_goes_on_in_the_next_column():
    long = replace(FULL, abstract="word " * 20_000 + "end")

    assert again([long, FULL], "xlsx")[0].abstract == long.abstract


def test_other_tools_read_our_ris():
    (entry,) = rispy.loads(str(write([FULL], "ris")))

    assert entry["title"] == FULL.title
    assert entry["doi"] == FULL.doi
    assert entry["keywords"] == list(FULL.keywords)


def test_a_format_that_cannot_be_written_is_an_error():
    with pytest.raises(ValueError, match="cannot be written"):
        write([FULL], "pdf")


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), max_size=40
).map(lambda text: " ".join(text.split()))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(WORDS, min_size=1, max_size=3), st.sampled_from(["csv", "xlsx"]))
def test_any_text_survives_a_table(texts, format):
    citation = Citation(title=f"T{texts[0]}", note="/".join(texts), abstract=f"A{texts[-1]}")

    assert [fields(c) for c in again([citation], format)] == [fields(citation)]
