import csv
import io
import json
import zipfile

import openpyxl
import pytest

from extraction.codebook.evidence import StudyEvidence
from extraction.exports import Release, document, jsonld, tidy_zip, xlsx
from extraction.exports.cells import csv_cell
from tests.extraction.worked import answers_of, codebook, evidence

RELEASE = Release("demo", "A review", "2026-01-01T00:00:00+00:00", "https://example.org/r/demo")


def tidy(studies=None) -> dict[str, str]:
    packed = tidy_zip(codebook(), studies or evidence(), release=RELEASE)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def rows(files: dict[str, str], table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[f"{table}.csv"], newline="")))


def one_study(comparator: str = "none", **report) -> list[StudyEvidence]:
    answers = answers_of("R15")
    answers["entities"]["item"][0]["answers"]["comparator"] = comparator
    return [StudyEvidence("s1", "One", answers, reports=({"key": "r1"} | report,))]


def test_every_table_is_in_the_zip_with_all_its_rows():
    files = tidy()
    assert len(rows(files, "studies")) == 15
    assert len(rows(files, "items")) == 18
    assert len(rows(files, "effects")) == 18
    assert len(rows(files, "quotes")) == 18
    assert len(rows(files, "rob")) == 15
    assert {row["vocabulary"] for row in rows(files, "vocab")} == set(codebook().vocabularies)


def test_missing_codes_have_their_own_columns():
    effect = next(row for row in rows(tidy(), "effects") if row["estimate__missing"])
    assert (effect["estimate"], effect["estimate__missing"]) == ("", "NR")


def test_numbers_of_a_numeric_column_are_numbers():
    found = [row["estimate"] for row in rows(tidy(), "effects") if row["estimate"]]
    assert [float(one) for one in found][:2] == [0.5, 10.7]


def test_computed_fields_and_keywords_are_in_every_export():
    item = rows(tidy(), "items")[0]
    assert (item["factor_role"], item["keywords"]) == ("promotes", "synthetic-demo-record")


def test_the_data_package_describes_every_column_and_key():
    files = tidy()
    package = json.loads(files["datapackage.json"])
    assert {one["path"] for one in package["resources"]} == set(files) - {"datapackage.json"}
    tables = {one["name"]: one["schema"] for one in package["resources"]}
    for name, schema in tables.items():
        header = next(csv.reader(io.StringIO(files[f"{name}.csv"], newline="")))
        assert [field["name"] for field in schema["fields"]] == header
        assert set(schema["primaryKey"]) <= set(header)
        for key in schema["foreignKeys"]:
            target = tables[key["reference"]["resource"]]
            known = {field["name"] for field in target["fields"]}
            assert set(key["fields"]) <= set(header)
            assert set(key["reference"]["fields"]) <= known


def test_primary_keys_are_unique_and_foreign_keys_lead_somewhere():
    files = tidy()
    package = json.loads(files["datapackage.json"])
    found = {one["name"]: rows(files, one["name"]) for one in package["resources"]}
    for one in package["resources"]:
        keys = _values(found[one["name"]], one["schema"]["primaryKey"])
        assert len(set(keys)) == len(keys)
        for key in one["schema"]["foreignKeys"]:
            targets = _values(found[key["reference"]["resource"]], key["reference"]["fields"])
            held = [v for v in _values(found[one["name"]], key["fields"]) if all(v)]
            assert set(held) <= set(targets)


def _values(table: list[dict[str, str]], columns: list[str]) -> list[tuple[str, ...]]:
    return [tuple(row[column] for column in columns) for row in table]


def test_equal_evidence_gives_equal_bytes():
    first, second = (tidy_zip(codebook(), evidence(), release=RELEASE) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@cmd", "'@cmd"),
        ("\tx", "'\tx"),
        ("=", "="),
        ("plain", "plain"),
        (-1.5, "-1.5"),
        (0, "0"),
        (True, "true"),
        (None, ""),
        (["=a", "b;c"], "'=a;b,c"),
    ],
)
def test_no_cell_is_a_formula(value, cell):
    assert csv_cell(value) == cell


def test_awkward_text_survives_the_csv():
    text = '"quoted", with a comma;\nand a second line – ä β'
    assert rows(tidy(one_study(text)), "items")[0]["comparator"] == text


def test_the_workbook_keeps_text_as_text():
    packed = xlsx(codebook(), one_study("=SUM(A1)", title="SEPT2", pmid="0123"), release=RELEASE)
    book = openpyxl.load_workbook(io.BytesIO(packed))
    cells = {cell.value: cell for row in book["items"].iter_rows() for cell in row}
    assert cells["=SUM(A1)"].data_type == "s"
    reports = {cell.value: cell for row in book["reports"].iter_rows() for cell in row}
    assert (reports["0123"].data_type, reports["SEPT2"].number_format) == ("s", "@")


def test_the_workbook_has_a_sheet_to_read_and_the_codebook():
    book = openpyxl.load_workbook(io.BytesIO(xlsx(codebook(), evidence(), release=RELEASE)))
    header, first, *rest = book["evidence"].iter_rows(values_only=True)
    row = dict(zip(header, first, strict=True))
    assert row["Niche factor"] == "VEGF-A–VEGFR"
    assert row["Age group"] == "NR"
    assert row["Keywords"] == "synthetic-demo-record"
    assert len(rest) == 17
    asked = {line[1] for line in book["codebook"].iter_rows(values_only=True)}
    assert "effects.ci_low" in asked


def test_control_characters_do_not_break_the_workbook():
    packed = xlsx(codebook(), one_study("a\x0bb"), release=RELEASE)
    book = openpyxl.load_workbook(io.BytesIO(packed))
    assert "ab" in {cell for row in book["items"].iter_rows(values_only=True) for cell in row}


def test_the_document_holds_answers_rows_and_terms():
    found = json.loads(json.dumps(document(codebook(), evidence(), release=RELEASE)))
    assert found["schema"] == {"name": "reviewtool-evidence", "version": "1.0"}
    assert found["codebook"] == {"name": "niche-site-therapy", "version": "1"}
    assert len(found["studies"]) == 15
    assert len(found["evidence"]) == 18
    assert found["terms"]["site"]["cns"]["id"] == "UBERON:0001017"
    assert found["studies"][0]["entities"]["item"][0]["answers"]["factor_role"] == "promotes"
    assert found["evidence"][0]["keywords"] == ["synthetic-demo-record"]


def test_linked_data_names_terms_reports_and_quotes():
    found = json.loads(json.dumps(jsonld(codebook(), evidence(), release=RELEASE)))
    assert found["@context"]["UBERON"] == "http://purl.obolibrary.org/obo/UBERON_"
    item = found["schema:hasPart"][2]
    measured = {one["schema:propertyID"]: one for one in item["schema:variableMeasured"]}
    assert measured["site"]["schema:value"]["@id"] == "UBERON:0001017"
    quote = item["oa:hasAnnotation"][0]["oa:hasTarget"]
    assert quote["oa:hasSource"] == {"@id": "https://doi.org/10.5555/3"}
    assert quote["oa:hasSelector"]["@type"] == "oa:TextQuoteSelector"
    assert item["schema:keywords"] == ["synthetic-demo-record"]


def test_an_identifier_nobody_verified_is_not_linked():
    found = jsonld(codebook(), evidence(), release=RELEASE)
    species = next(
        one["schema:value"]
        for one in found["schema:hasPart"][0]["schema:variableMeasured"]
        if one["schema:propertyID"] == "species"
    )
    assert species == {"rdfs:label": "Mouse", "schema:termCode": "mouse"}
