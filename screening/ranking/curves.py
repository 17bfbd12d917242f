"""Recall curves as SVG: what share of the relevant records was found after what share of all."""

from collections.abc import Mapping
from html import escape

import numpy as np
from numpy.typing import NDArray

_WIDTH, _HEIGHT, _LEFT, _TOP, _SIDE = 640, 460, 60, 20, 380
_COLOURS = ("#0b6e4f", "#b3541e", "#31508c", "#7a3e8e", "#8a6d00")
_MOST_POINTS = 400


def recall_svg(curves: Mapping[str, NDArray[np.float64]], *, title: str) -> str:
    """Draw recall curves, each of shape (n,) with values 0 to 1, and the line of a random order."""
    drawn = [_line(name, curve, place) for place, (name, curve) in enumerate(curves.items())]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>{escape(title)}</title>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        *(_grid(share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)),
        f'<path d="M{_x(0):.1f} {_y(0):.1f}L{_x(1):.1f} {_y(1):.1f}" stroke="#777777" '
        'stroke-dasharray="4 4" fill="none"/>',
        *drawn,
        _label(len(curves), "random order", "#777777"),
        f'<text x="{_x(0.5)}" y="{_y(0) + 40}" text-anchor="middle">records screened</text>',
        f'<text x="16" y="{_y(0.5)}" text-anchor="middle" '
        f'transform="rotate(-90 16 {_y(0.5)})">relevant records found</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _x(share: float) -> float:
    return _LEFT + _SIDE * share


def _y(share: float) -> float:
    return _TOP + _SIDE * (1 - share)


def _grid(share: float) -> str:
    x, y = _x(share), _y(share)
    return (
        f'<path d="M{_x(0)} {y}H{_x(1)}M{x} {_y(0)}V{_y(1)}" stroke="#dddddd" fill="none"/>'
        f'<text x="{_x(0) - 6}" y="{y + 4}" text-anchor="end">{share:.0%}</text>'
        f'<text x="{x}" y="{_y(0) + 18}" text-anchor="middle">{share:.0%}</text>'
    )


def _line(name: str, curve: NDArray[np.float64], place: int) -> str:
    colour = _COLOURS[place % len(_COLOURS)]
    n = len(curve)
    chosen = np.unique(np.linspace(0, n - 1, min(n, _MOST_POINTS)).astype(int))
    points = [(0.0, 0.0), *((float(row + 1) / n, float(curve[row])) for row in chosen)]
    path = "L".join(f"{_x(x):.1f} {_y(y):.1f}" for x, y in points)
    return (
        f'<path d="M{path}" stroke="{colour}" stroke-width="2" fill="none"/>'
        f"{_label(place, name, colour)}"
    )


def _label(place: int, name: str, colour: str) -> str:
    x, y = _x(1) + 14, _TOP + 16 + 20 * place
    return f'<text x="{x}" y="{y}" fill="{colour}">{escape(name)}</text>'
