"""`manage.py parse_references`: JSON lines out, problems on stderr, no database."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command

from tests.screening.citation_samples import RIS


def run(capsys, *args):
    code = 0
    try:
        call_command("parse_references", *map(str, args))
    except SystemExit as ended:
        code = ended.code
    out, err = capsys.readouterr()
    return code, [json.loads(line) for line in out.splitlines()], err


@pytest.fixture
def export(tmp_path):
    path = tmp_path / "export.ris"
    path.write_bytes(RIS)
    return path


def test_records_are_printed_with_file_and_index(export, capsys):
    code, records, _ = run(capsys, export)

    assert code == 0
    assert [(record["file"], record["index"]) for record in records] == [
        (str(export), 0),
        (str(export), 1),
    ]
    assert records[0]["authors"] == ["Okafor, Ada", "Lindqvist, Bo"]
    assert ["M1", "kept too"] in records[0]["raw"]


def test_a_refused_file_stops_no_other(export, tmp_path, capsys):
    page = tmp_path / "login.ris"
    page.write_text("<html><body>Log in</body></html>")
    code, records, err = run(capsys, page, tmp_path / "missing.ris", export)

    assert code == 2
    assert len(records) == 2
    assert "login page" in err and "cannot be opened" in err


def test_problems_are_json_lines_with_file_and_line(tmp_path, capsys):
    path = tmp_path / "x.ris"
    path.write_text("TY  - JOUR\nTI  - One\u2028more\n")
    code, records, err = run(capsys, path)
    problems = [json.loads(line) for line in err.splitlines()]

    assert code == 0 and len(records) == 1
    assert {(problem["file"], problem["line"]) for problem in problems} == {(str(path), 1)}


def test_format_and_encoding_can_be_named(tmp_path, capsys):
    path = tmp_path / "x.txt"
    path.write_bytes("TI  - Кровь\nER  - \n".encode("cp1251"))

    assert run(capsys, path, "--format", "ris", "--encoding", "cp1251")[1][0]["title"] == "Кровь"
