"""Files that are no exports, encodings, and limits."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from screening.citations import Citation, Problem, Refused, detect, limits, read
from screening.citations.opening import open_source
from tests.screening.citation_samples import ENDNOTE_XML, RIS, workbook


def read_all(data: bytes, **how: object) -> list[Citation | Problem]:
    return list(read(io.BytesIO(data), **how))


def titles(data: bytes, **how: object) -> list[str]:
    return [item.title for item in read_all(data, **how) if isinstance(item, Citation)]


def archive(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "login page"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 100, "old Excel"),
        (b"SQLite format 3\x00" + b"\x00" * 100, "EndNote"),
        (archive({"a.ris": RIS}), "ZIP archive"),
        (b"{\\rtf1 hello}", "Rich Text"),
        (b'[{"title": "x"}]', "JSON"),
        (b"<?xml version='1.0'?><feed/>", "XML of a kind"),
        (b"Dear colleague, here are the references.", "no export of references"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "picture"),
        (bytes(range(256)) * 20, "no text"),
    ],
)  # fmt: skip
def test_what_is_no_export_is_refused_by_name(data, said):
    with pytest.raises(Refused, match=said):
        read_all(data, name="upload.ris")


def test_an_endnote_library_is_refused_with_the_way_out():
    with pytest.raises(Refused, match="File, Export"):
        read_all(b"\x00\x01\x02\x03" * 500, name="mine.enl")


def test_declared_entities_are_refused():
    bomb = b'<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><records><record><title>&b;</title></record></records></xml>'
    late = ENDNOTE_XML.replace(
        b"<xml>",
        b"<!--"
        + b"x" * 70_000
        + b"--><!DOCTYPE xml [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><xml>",
    )
    for data in (bomb, late):
        with pytest.raises(Refused, match=r"entities|XML"):
            read_all(data)
        with pytest.raises(Refused, match="entities"):
            read_all(data, format="endnote_xml")


def test_a_workbook_that_unpacks_to_far_too_much_is_refused():
    parts = {"[Content_Types].xml": b"<Types/>", "xl/worksheets/sheet1.xml": b"<row/>" * 5_000_000}

    with pytest.raises(Refused, match="far more"):
        read_all(archive(parts))


def test_a_workbook_with_entities_is_refused():
    data = io.BytesIO(workbook([["Title"], ["One"]]))
    with zipfile.ZipFile(data) as good:
        members = {name: good.read(name) for name in good.namelist()}
    members["xl/workbook.xml"] = b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + members["xl/workbook.xml"]

    with pytest.raises(Refused, match="entities"):
        read_all(archive(members))


def test_a_damaged_workbook_is_refused():
    with pytest.raises(Refused, match="damaged"):
        read_all(workbook([["Title"], ["One"]])[:-200])


def test_gzip_is_read_and_a_gzip_bomb_refused():
    assert len(titles(gzip.compress(RIS))) == 2
    with pytest.raises(Refused, match="far more"):
        read_all(gzip.compress(RIS + b"AB  - " + b"x" * 15_000_000))


def test_an_endless_line_is_refused():
    with pytest.raises(Refused, match="20 MB"):
        read_all(b"TY  - JOUR\nAB  - " + b"x" * (limits.LINE + 1_000_000))


def test_a_value_beyond_the_limit_is_cut_and_said():
    items = read_all(b"TY  - JOUR\nTI  - One\nAB  - " + b"x " * limits.FIELD + b"\nER  - \n")

    assert any("longer than 1 MB" in item.message for item in items if isinstance(item, Problem))
    assert [len(item.abstract) for item in items if isinstance(item, Citation)] == [limits.FIELD]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_are_found(encoding, newline):
    text = "TY  - JOUR\nTI  - Leukämie – “Nische”\nAU  - Müller, J\nER  - \n\n" * 2

    assert titles(text.replace("\n", newline).encode(encoding)) == ["Leukämie – “Nische”"] * 2


def test_a_file_of_two_encodings_is_read_line_by_line():
    text = "TY  - JOUR\nTI  - Größe\nER  - \n"
    items = read_all(text.encode() + text.encode("cp1252"))

    assert [item.title for item in items if isinstance(item, Citation)] == ["Größe", "Größe"]
    assert any(
        "Windows-1252" in item.message and item.line == 5
        for item in items
        if isinstance(item, Problem)
    )


def test_an_encoding_can_be_named():
    assert titles("TY  - JOUR\nTI  - Кровь\nER  - \n".encode("cp1251"), encoding="cp1251") == [
        "Кровь"
    ]
    with pytest.raises(Refused, match="not an encoding"):
        read_all(RIS, encoding="klingon")


def test_control_characters_are_removed_and_said():
    items = read_all(b"TY  - JOUR\nTI  - O\x00n\x01e\nER  - \n")

    assert [item.title for item in items if isinstance(item, Citation)] == ["One"]
    assert any("Control characters" in item.message for item in items if isinstance(item, Problem))


def test_text_that_was_wrongly_encoded_before_is_pointed_out():
    assert any(
        "wrongly encoded" in item.message
        for item in read_all("TY  - JOUR\nTI  - CafÃ©\nER  - \n".encode())
        if isinstance(item, Problem)
    )


def test_a_recognised_file_is_described_for_people():
    data = ("\ufeff" + "TY  - JOUR\nTI  - x\nAN  - WOS:1\nER  - \n").replace("\n", "\r\n").encode()

    assert detect(data).description == "RIS, Web of Science flavour, UTF-8 with BOM, CRLF"


def test_format_can_be_chosen_against_detection():
    assert titles(b"TI  - One\nER  - \n", format="ris") == ["One"]
    with pytest.raises(Refused, match="is not a format"):
        read_all(RIS, format="word")
    with pytest.raises(Refused, match="Excel workbook"):
        read_all(RIS, format="xlsx")


def test_a_stream_that_cannot_be_rewound_is_read():
    class OneWay(io.RawIOBase):
        def __init__(self) -> None:
            self.rest = RIS

        def read(self, size: int = -1) -> bytes:
            taken, self.rest = self.rest[:7], self.rest[7:]
            return taken

    assert len([item for item in read(OneWay()) if isinstance(item, Citation)]) == 2
    assert open_source(OneWay()).detected.format == "ris"


def test_a_file_is_read_as_it_comes_and_not_as_a_whole():
    class Long(io.RawIOBase):
        n_read = 0

        def read(self, size: int = -1) -> bytes:
            self.n_read += 1
            return RIS * 100 if self.n_read < 1000 else b""

    stream = Long()
    assert next(iter(read(stream))) is not None
    assert stream.n_read < 10


def test_many_lines_without_a_tag_take_no_quadratic_time():
    items = read_all(b"TY  - JOUR\nTI  - One\nAB  - a\n" + b"x\n" * 90_000 + b"ER  - \n")

    assert [len(item.abstract) for item in items if isinstance(item, Citation)] == [180_001]
    with pytest.raises(Refused, match="100,000 lines"):
        read_all(b"TY  - JOUR\nTI  - One\nAB  - a\n" + b"x\n" * 400_000)
