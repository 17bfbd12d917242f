"""Recall curves as one SVG, in plain shapes that need no script and no font of their own."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

_WIDTH, _HEIGHT, _LEFT, _TOP = 640, 400, 60, 30
_RIGHT, _BOTTOM = 20, 50
_COLOURS = ("#0b5fa5", "#c25400", "#2e7d32", "#7b1fa2", "#5d4037", "#00838f")
_DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 4", "10 5")


def recall_svg(curves: Mapping[str, Sequence[int] | NDArray], *, title: str) -> str:
    """Draw the recall of labels in the order screened, one line per name, and that of chance.

    Lines differ in dash as well as colour. The text names every line for those who cannot see it.
    """
    lines = [
        _line(labels, number) + _key(name, number)
        for number, (name, labels) in enumerate(curves.items())
    ]
    said = "; ".join(_in_words(name, labels) for name, labels in curves.items())
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
            'role="img" aria-labelledby="t d" font-family="sans-serif" font-size="12">',
            f'<title id="t">{escape(title)}</title><desc id="d">{escape(said)}</desc>',
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
            f'<text x="{_LEFT}" y="18" font-size="14">{escape(title)}</text>',
            _axes(),
            *lines,
            "</svg>\n",
        ]
    )


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _axes() -> str:
    marks = []
    for tenth in range(0, 11, 2):
        share = tenth / 10
        marks.append(
            f'<text x="{_x(share):.1f}" y="{_y(0) + 16:.1f}" text-anchor="middle">{share:.0%}</text>'
            f'<text x="{_LEFT - 6}" y="{_y(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>'
            f'<path d="M{_x(0)} {_y(share):.1f}H{_x(1)}" stroke="#ddd"/>'
        )
    marks.append(f'<path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="#888" stroke-dasharray="4"/>')
    marks.append(
        f'<text x="{_x(0.5)}" y="{_HEIGHT - 10}" text-anchor="middle">records screened</text>'
    )
    marks.append(f'<text x="14" y="{_y(1) - 8}">relevant records found</text>')
    return "\n".join(marks)


def _line(labels: Sequence[int] | NDArray, number: int) -> str:
    found = np.asarray(labels, dtype=float)
    if not found.sum():
        return ""
    ranks = np.flatnonzero(found) + 1
    steps = "".join(
        f"H{_x(rank / len(found)):.1f}V{_y(count / len(ranks)):.1f}"
        for count, rank in enumerate(ranks, start=1)
    )
    return (
        f'<path d="M{_x(0)} {_y(0)}{steps}H{_x(1)}" fill="none" stroke-width="2" '
        f'stroke="{_COLOURS[number % 6]}" stroke-dasharray="{_DASHES[number % 6]}"/>'
    )


def _key(name: str, number: int) -> str:
    y = _y(0) - 14 * (number + 1)
    return (
        f'<path d="M{_x(0.62):.1f} {y - 4:.1f}h30" stroke-width="2" '
        f'stroke="{_COLOURS[number % 6]}" stroke-dasharray="{_DASHES[number % 6]}"/>'
        f'<text x="{_x(0.62) + 36:.1f}" y="{y:.1f}">{escape(name)}</text>'
    )


def _in_words(name: str, labels: Sequence[int] | NDArray) -> str:
    found = np.asarray(labels)
    tenth = found[: len(found) // 10].sum() / max(found.sum(), 1)
    return f"{name}: {tenth:.0%} of the relevant records after 10 % of all"
