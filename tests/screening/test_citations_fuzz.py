"""Whatever the bytes, a reader ends with citations, problems, or one refusal in a sentence."""

from __future__ import annotations

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screening.citations import FORMATS, Citation, Problem, Refused, read
from tests.screening.citation_samples import SAMPLES

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
PIECES = [
    b"TY  - JOUR\n", b"ER  - \n", b"TI  - x\n", b"\n", b"\r\n", b"\r", b"PMID- 1\n", b"%0 Book\n", b"@article{", b"}", b"{", b'"', b"'",
    b"<record>", b"</record>", b"<PubmedArticle>", b"</PubmedArticle>", b"&#0;", b"&x;", b"<![CDATA[", b"]]>", b"PT J\n", b"<1. >\n",
    b"Record #1 of 1\n", b"RT Book\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\x00", b"\xed\xa0\x80", b"\xc3", b"\x1a", b",", b";", b"\t", b"Title,Year\n",
    b"@string{a = b}\n", b"#", b"\\", b"10.1/\n", b"PK\x03\x04", b"\x1f\x8b",
]  # fmt: skip


def outcome(data: bytes, **how: str) -> list[Citation | Problem] | Refused:
    try:
        return list(read(io.BytesIO(data), **how))
    except Refused as refusal:
        return refusal


def assert_sound(result: list[Citation | Problem] | Refused) -> None:
    if isinstance(result, Refused):
        assert str(result).endswith((".", "”."))
        return
    for item in result:
        assert isinstance(item, Citation | Problem)
        if isinstance(item, Citation):
            assert item.raw, "a record that says nothing is no citation"
            text = "".join(
                [item.title, item.abstract, *item.authors, *(v for pair in item.raw for v in pair)]
            )
            assert "\x00" not in text
            text.encode("utf-8")
        else:
            assert item.message.endswith(".") and item.line >= 0


@st.composite
def mutated(draw: st.DrawFn, sample: bytes) -> bytes:
    data = bytearray(sample)
    for _ in range(draw(st.integers(1, 8))):
        place = draw(st.integers(0, len(data)))
        what = draw(st.sampled_from(["insert", "delete", "flip", "cut", "repeat"]))
        if what == "insert":
            data[place:place] = draw(st.sampled_from(PIECES) | st.binary(max_size=6))
        elif what == "delete":
            del data[place : place + draw(st.integers(1, 40))]
        elif what == "flip" and place < len(data):
            data[place] = draw(st.integers(0, 255))
        elif what == "cut":
            del data[place:]
        else:
            data[place:place] = data[place : place + draw(st.integers(1, 200))]
    return bytes(data)


@pytest.mark.parametrize("format", FORMATS)
def test_a_damaged_file_is_read_as_far_as_it_goes(format):
    @QUICK
    @given(mutated(SAMPLES[format]))
    def check(data):
        assert_sound(outcome(data))
        assert_sound(outcome(data, format=format))

    check()


@QUICK
@given(st.binary(max_size=400), st.sampled_from([None, *FORMATS]))
def test_no_bytes_break_a_reader(data, format):
    assert_sound(outcome(data, format=format))


@QUICK
@given(
    st.lists(st.sampled_from(PIECES) | st.sampled_from(list(SAMPLES.values())), max_size=12),
    st.sampled_from([None, *FORMATS]),
)
def test_concatenated_pieces_break_no_reader(pieces, format):
    assert_sound(outcome(b"".join(pieces), format=format))


@QUICK
@given(
    st.sampled_from(sorted(SAMPLES)),
    st.sampled_from(
        ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "gb18030", "shift_jis"]
    ),
)
def test_a_wrong_encoding_breaks_no_reader(format, encoding):
    assert_sound(outcome(SAMPLES[format], encoding=encoding))


@pytest.mark.parametrize("format", ["ris", "nbib", "wos", "refworks", "cochrane", "ovid"])
def test_every_record_is_imported_or_rejected(format):
    """Records repeated any number of times come out as often as they went in."""
    once = outcome(SAMPLES[format], format=format)
    three = outcome(SAMPLES[format] * 3, format=format)
    assert len([item for item in three if isinstance(item, Citation)]) == 3 * len(
        [item for item in once if isinstance(item, Citation)]
    )
