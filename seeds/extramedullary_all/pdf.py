"""Write plain text as a small PDF with a proper text layer: pages of lines in Helvetica.

Enough for the demo's full texts and nothing more: WinAnsi text, no compression, no clock and no
random id, so the same text always gives the same bytes.
"""

import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 595, 842, 62
STYLES = {"title": ("F2", 15, 60), "heading": ("F2", 11, 84), "body": ("F1", 10, 94)}
GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "κ": "kappa"}
BARRED = {"ł": "l", "Ł": "L", "ı": "i", "đ": "d"}


@dataclass(frozen=True)
class Paragraph:
    style: str
    text: str


Page = Sequence[Paragraph]


class PageOverflow(ValueError):
    """A page holds more text than fits on it."""


def pdf_of(pages: Sequence[Page], *, title: str) -> bytes:
    """A PDF with the given pages; a page never runs over into the next."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        _page_tree(len(pages)),
        b"<< /Title (" + _escaped(title) + b") /Producer (synthetic demo full text) >>",
        _font("Helvetica"),
        _font("Helvetica-Bold"),
    ]
    for number, page in enumerate(pages):
        objects += [_page(6 + 2 * number + 1), _stream(_drawn(page, number + 1))]
    return _file(objects)


def _page_tree(count: int) -> bytes:
    kids = " ".join(f"{6 + 2 * number} 0 R" for number in range(count))
    return f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode()


def _font(name: str) -> bytes:
    return (
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
    ).encode()


def _page(contents: int) -> bytes:
    return (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {contents} 0 R "
        "/Resources << /Font << /F1 4 0 R /F2 5 0 R >> >> >>"
    ).encode()


def _stream(content: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)


def _drawn(page: Page, number: int) -> bytes:
    """The drawing commands of a page: every line placed by its own, top to bottom."""
    commands: list[bytes] = []
    y = float(HEIGHT - MARGIN)
    for paragraph in page:
        font, size, width = STYLES[paragraph.style]
        for line in textwrap.wrap(paragraph.text, width, break_on_hyphens=False):
            y -= size * 1.35
            commands.append(_line(font, size, y, line))
        y -= 7
    if y < MARGIN:
        raise PageOverflow(f"Page {number} is too full by {MARGIN - y:.0f} points.")
    commands.append(_line("F1", 8, MARGIN / 2, str(number)))
    return b"\n".join(commands)


def _line(font: str, size: int, y: float, text: str) -> bytes:
    place = f"BT /{font} {size} Tf {MARGIN} {y:.1f} Td (".encode()
    return place + _escaped(text) + b") Tj ET"


def _escaped(text: str) -> bytes:
    encoded = "".join(_writable(letter) for letter in text).encode("cp1252")
    for special in (b"\\", b"(", b")"):
        encoded = encoded.replace(special, b"\\" + special)
    return encoded


def _writable(letter: str) -> str:
    """The letter, or what stands for it where WinAnsi has no such letter."""
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        folded = unicodedata.normalize("NFKD", letter)
        plain = "".join(one for one in folded if not unicodedata.combining(one))
        return GREEK.get(letter) or BARRED.get(letter) or plain.encode("ascii", "replace").decode()
    return letter


def _file(objects: Iterable[bytes]) -> bytes:
    written, offsets = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(offsets) + 1
    return written + (
        b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
        + b"trailer\n<< /Size %d /Root 1 0 R /Info 3 0 R >>\n" % size
        + b"startxref\n%d\n%%%%EOF\n" % len(written)
    )
