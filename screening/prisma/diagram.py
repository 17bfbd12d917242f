"""The PRISMA 2020 flow diagram as SVG, in all its four variants.

New or updated review follows from the flow; the column of other methods is drawn when the flow
has such records or the caller asks for it. Colours are presentation attributes, not a style
element, so that a strict content security policy and word processors alike keep them; a page
that embeds the themed diagram may restyle the classes `prisma-box`, `prisma-link`,
`prisma-text`, `prisma-arrow`, `prisma-heading`, `prisma-phase` and `prisma-provisional`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr  # nosec B406 - writes, never parses

from screening.prisma import boxes
from screening.prisma.boxes import Box, Line
from screening.prisma.flow import Flow
from screening.prisma.lettering import BOLD, width, wrap
from screening.prisma.text import pending_sentence, results_text

FONT, ROW_HEIGHT, PADDING = 13.0, 17.0, 11.0
INDENT = 14.0
NOTE_FONT, NOTE_HEIGHT = 11.5, 15.5
PHASE_WIDTH, HEADING_HEIGHT = 30.0, 34.0
MARGIN, DOWN, ACROSS = 14.0, 28.0, 38.0
HEAD, EDGE = 7.0, 12.0
NBSP = "\u00a0"
COLUMN_WIDTHS = {
    "previous": 186.0,
    "main": 300.0,
    "side": 312.0,
    "other": 236.0,
    "other_side": 276.0,
}
INCLUDED_ROW, PHASE_LENGTH = 4, 80.0
PHASES = (("Identification", (0,)), ("Screening", (1, 2, 3)), ("Included", (4, 5)))
CREDIT = "Layout: PRISMA 2020 flow diagram (Page MJ et al., BMJ 2021;372:n71)."


@dataclass(frozen=True)
class Palette:
    paper: str
    box: str
    soft: str
    ink: str
    quiet: str
    line: str
    heading: str
    heading_line: str
    phase: str
    phase_ink: str
    warning: str
    warning_ink: str
    family: str


_FAMILY = "Helvetica, Arial, 'Liberation Sans', 'Noto Sans', sans-serif"
#: Light and self-contained, for files and for print.
LIGHT = Palette(
    paper="#ffffff",
    box="#ffffff",
    soft="#f4f4f1",
    ink="#1a1d24",
    quiet="#4c5361",
    line="#565d6b",
    heading="#fbeebc",
    heading_line="#c8a02b",
    phase="#d5e5f3",
    phase_ink="#17456b",
    warning="#fdf1d3",
    warning_ink="#6d4c00",
    family=_FAMILY,
)
#: Follows the custom properties of the page it stands in, light or dark.
THEMED = Palette(
    paper="none",
    box=f"var(--surface, {LIGHT.box})",
    soft=f"var(--sunk, {LIGHT.soft})",
    ink=f"var(--ink, {LIGHT.ink})",
    quiet=f"var(--ink-2, {LIGHT.quiet})",
    line=f"var(--ink-3, {LIGHT.line})",
    heading=f"var(--maybe-soft, {LIGHT.heading})",
    heading_line=f"var(--maybe, {LIGHT.heading_line})",
    phase=f"var(--accent-soft, {LIGHT.phase})",
    phase_ink=f"var(--accent, {LIGHT.phase_ink})",
    warning=f"var(--maybe-soft, {LIGHT.warning})",
    warning_ink=f"var(--maybe, {LIGHT.warning_ink})",
    family=f"var(--sans, {_FAMILY})",
)


@dataclass(frozen=True)
class Row:
    """One row of text in a box; `n` is its closing "(n = 5)", printed bold."""

    text: str
    n: str
    indent: float
    key: str


@dataclass(frozen=True)
class Placed:
    """A box at its place on the sheet."""

    box: Box
    rows: tuple[Row, ...]
    x: float
    y: float
    width: float
    height: float
    is_soft: bool

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


def to_svg(
    flow: Flow,
    *,
    links: Mapping[str, str] | None = None,
    themed: bool = False,
    details: bool = True,
    other_methods: bool | None = None,
    as_of: str = "",
    title: str = "PRISMA 2020 flow diagram",
    id_prefix: str = "prisma",
) -> str:
    """Draw the flow as one SVG element.

    `links` gives the address behind a box or a line by its key in `Flow.members` (boxes
    "previous" and "total" have keys, but no members); a line without an address of its own
    leads where its box leads. `themed` is for a page, else the drawing is a file of its own.
    `details` prints sources, joined duplicates and reasons under the totals. Several drawings
    on one page need an `id_prefix` each.
    """
    with_other = flow.has_other_methods if other_methods is None else other_methods
    sheet = _Sheet(_grid(flow, with_other=with_other, details=details), flow, as_of=as_of)
    pen = _Pen(THEMED if themed else LIGHT, links or {})
    return pen.svg(sheet, title=title, prefix=id_prefix, is_file=not themed)


Grid = dict[tuple[int, str], Box]


def _grid(flow: Flow, *, with_other: bool, details: bool) -> Grid:
    """Say which box stands in which row and column."""
    grid: Grid = {
        (0, "main"): boxes.identified(flow, details=details),
        (0, "side"): boxes.removed_before_screening(flow, details=details),
        (1, "main"): boxes.screened(flow),
        (1, "side"): boxes.excluded(flow),
        (2, "main"): boxes.sought(flow.left, ""),
        (2, "side"): boxes.not_retrieved(flow.left, "", details=details),
        (3, "main"): boxes.assessed(flow.left, ""),
        (3, "side"): boxes.excluded_reports(flow.left, ""),
        (4, "main"): boxes.included(flow),
    }
    if flow.is_update:
        grid |= {(0, "previous"): boxes.previous(flow), (5, "main"): boxes.total_included(flow)}
    if with_other:
        grid |= {
            (0, "other"): boxes.other_identified(flow, details=details),
            (2, "other"): boxes.sought(flow.right, "other_"),
            (2, "other_side"): boxes.not_retrieved(flow.right, "other_", details=details),
            (3, "other"): boxes.assessed(flow.right, "other_"),
            (3, "other_side"): boxes.excluded_reports(flow.right, "other_"),
        }
    return grid


class _Sheet:
    """Where everything stands, before a line is drawn."""

    def __init__(self, grid: Grid, flow: Flow, *, as_of: str) -> None:
        self.flow = flow
        self.x = _columns({column for _, column in grid})
        used = list(self.x)
        self.width = self.x[used[-1]] + COLUMN_WIDTHS[used[-1]] + 1
        self.banner = _wrap_note(pending_sentence(flow), self.width - 2 * PADDING)
        self.top = len(self.banner) * NOTE_HEIGHT + 2 * PADDING if self.banner else 1.0
        rows = {
            place: _rows(box, COLUMN_WIDTHS[place[1]] - 2 * PADDING) for place, box in grid.items()
        }
        self.y = _tops(rows, self.top + HEADING_HEIGHT + MARGIN)
        self.placed = {
            grid[place].key: self._place(grid[place], rows[place], place) for place in grid
        }
        self.phases = _phases(self.y, self.placed.values())
        self.foot = max(box.bottom for box in self.placed.values()) + MARGIN
        dated = f"As of {as_of}. {CREDIT}" if as_of else CREDIT
        self.notes = [
            row for note in (*flow.footnotes, dated) for row in _wrap_note(note, self.width)
        ]
        self.height = self.foot + len(self.notes) * NOTE_HEIGHT + MARGIN / 2

    def _place(self, box: Box, rows: tuple[Row, ...], place: tuple[int, str]) -> Placed:
        row, column = place
        is_soft = column in ("previous", "other", "other_side") or row == 5
        x, y, wide, high = self.x[column], self.y[row], COLUMN_WIDTHS[column], _height(rows, row)
        return Placed(box, rows, x, y, wide, high, is_soft)

    def headings(self) -> Iterator[tuple[str, float, float]]:
        """Yield each heading with its left and right edge."""
        databases, other = boxes.headings(self.flow)
        spans = (
            (boxes.PREVIOUS_HEADING, "previous", "previous"),
            (databases, "main", "side"),
            (other, "other", "other_side"),
        )
        for text, first, last in spans:
            if first in self.x:
                yield text, self.x[first], self.x[last] + COLUMN_WIDTHS[last]


def _columns(used: set[str]) -> dict[str, float]:
    x = PHASE_WIDTH + MARGIN
    at = {}
    for column, column_width in COLUMN_WIDTHS.items():
        if column in used:
            at[column] = x
            x += column_width + ACROSS
    return at


def _tops(rows: Mapping[tuple[int, str], tuple[Row, ...]], top: float) -> dict[int, float]:
    tops = {}
    for row in sorted({row for row, _ in rows}):
        tops[row] = top
        top += max(_height(text, at) for (at, _), text in rows.items() if at == row) + DOWN
    return tops


def _phases(tops: Mapping[int, float], placed: Iterable[Placed]) -> list[tuple[str, float, float]]:
    """Say where each phase begins and ends."""
    ends = {row: max(box.bottom for box in placed if box.y == top) for row, top in tops.items()}
    spans = ((name, [row for row in rows if row in tops]) for name, rows in PHASES)
    return [(name, tops[rows[0]], ends[rows[-1]]) for name, rows in spans]


def _height(rows: tuple[Row, ...], row: int) -> float:
    """The box of the included studies must be as high as its phase's name is long."""
    least = PHASE_LENGTH if row == INCLUDED_ROW else 0.0
    return max(len(rows) * ROW_HEIGHT + 2 * PADDING, least)


def _rows(box: Box, room: float) -> tuple[Row, ...]:
    return tuple(row for line in box.lines for row in _rows_of(line, room))


def _rows_of(line: Line, room: float) -> Iterator[Row]:
    """Break one line of a box; its number is never parted from its brackets."""
    n = "" if line.n is None else f"(n{NBSP}={NBSP}{line.n:,})"
    indent = line.depth * INDENT
    limit = (room - indent) / FONT - (BOLD - 1) * width(n)
    hang = INDENT / FONT if line.depth else 0.0
    text = _printable(line.text)
    for place, row in enumerate(wrap(f"{text} {n}" if n else text, limit=limit, hang=hang)):
        at = indent + (hang * FONT if place else 0.0)
        is_last = bool(n) and row.endswith(n)
        yield Row(row.removesuffix(n) if is_last else row, n if is_last else "", at, line.key)


def _wrap_note(text: str, room: float) -> list[str]:
    return wrap(_printable(text), limit=room / NOTE_FONT) if text else []


def _printable(text: str) -> str:
    """Take out what XML cannot hold, and line breaks."""
    return re.sub(r"[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+", " ", text)


class _Pen:
    """Writes a sheet down as SVG."""

    def __init__(self, palette: Palette, links: Mapping[str, str]) -> None:
        self.palette = palette
        self.links = links

    def svg(self, sheet: _Sheet, *, title: str, prefix: str, is_file: bool) -> str:
        role = "group" if self.links else "img"
        edge = EDGE if is_file else 0.0
        wide, high = sheet.width + 2 * edge, sheet.height + 2 * edge
        size = f' width="{wide:g}" height="{high:g}"' if is_file else ""
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg"{size} class="prisma-diagram"'
            f' viewBox="{-edge:g} {-edge:g} {wide:g} {high:g}" role="{role}"'
            f' aria-labelledby="{prefix}-title {prefix}-desc"'
            f" font-family={quoteattr(self.palette.family)}>",
            f'<title id="{prefix}-title">{_escaped(title)}</title>',
            f'<desc id="{prefix}-desc">{_escaped(results_text(sheet.flow))}</desc>',
            self._paper(wide, high) if is_file else "",
            *self._banner(sheet),
            *self._headings(sheet),
            *self._phases(sheet),
            *self._arrows(sheet.placed),
            *(part for placed in sheet.placed.values() for part in self._box(placed)),
            *self._notes(sheet),
            "</svg>",
        ]
        return "\n".join(part for part in parts if part)

    def _paper(self, wide: float, high: float) -> str:
        return (
            f'<rect x="{-EDGE:g}" y="{-EDGE:g}" width="{wide:g}" height="{high:g}"'
            f' fill="{self.palette.paper}"/>'
        )

    def _banner(self, sheet: _Sheet) -> Iterator[str]:
        if not sheet.banner:
            return
        ink = self.palette.warning_ink
        height = len(sheet.banner) * NOTE_HEIGHT + PADDING
        yield self._rect("provisional", 0.5, 0.5, sheet.width - 1, height, fill="warning", line="")
        for place, row in enumerate(sheet.banner):
            y = PADDING / 2 + (place + 0.8) * NOTE_HEIGHT
            yield self._text(_escaped(row), PADDING, y, size=NOTE_FONT, ink=ink)

    def _headings(self, sheet: _Sheet) -> Iterator[str]:
        for text, left, right in sheet.headings():
            yield self._rect(
                "heading",
                left,
                sheet.top,
                right - left,
                HEADING_HEIGHT,
                fill="heading",
                line="heading_line",
            )
            y = sheet.top + HEADING_HEIGHT / 2 + FONT * 0.35
            middle = (left + right) / 2
            yield self._text(_escaped(text), middle, y, more=' text-anchor="middle"', bold=True)

    def _phases(self, sheet: _Sheet) -> Iterator[str]:
        for name, top, bottom in sheet.phases:
            yield self._rect("phase", 0.5, top, PHASE_WIDTH, bottom - top, fill="phase", line="")
            x, y = PHASE_WIDTH / 2 + FONT * 0.35, (top + bottom) / 2
            turn = f' text-anchor="middle" transform="rotate(-90 {x:g} {y:g})"'
            yield self._text(name, x, y, more=turn, bold=True, ink=self.palette.phase_ink)

    def _arrows(self, placed: Mapping[str, Placed]) -> Iterator[str]:
        for start, end in ACROSS_ARROWS:
            if start in placed:
                yield self._across(placed[start], placed[end])
        for start, end in DOWN_ARROWS:
            if start in placed and end in placed:
                yield self._down(placed[start], placed[end])
        if "other_assessed" in placed:
            yield self._joining(placed["other_assessed"], placed["reports"])
        if "previous" in placed:
            yield self._carrying(placed["previous"], placed["total"])

    def _across(self, start: Placed, end: Placed) -> str:
        y = start.y + min(start.height, end.height) / 2
        return self._arrow(f"M{start.right:g} {y:g}H{end.x - HEAD:g}", end.x, y, (-1, 0))

    def _down(self, start: Placed, end: Placed) -> str:
        x = start.middle
        return self._arrow(f"M{x:g} {start.bottom:g}V{end.y - HEAD:g}", x, end.y, (0, -1))

    def _joining(self, start: Placed, end: Placed) -> str:
        """From the foot of the right-hand column down and back to the included studies."""
        y = end.y + end.height / 2
        path = f"M{start.middle:g} {start.bottom:g}V{y:g}H{end.right + HEAD:g}"
        return self._arrow(path, end.right, y, (1, 0))

    def _carrying(self, start: Placed, end: Placed) -> str:
        """From the previous studies down and across to the total."""
        y = end.y + end.height / 2
        path = f"M{start.middle:g} {start.bottom:g}V{y:g}H{end.x - HEAD:g}"
        return self._arrow(path, end.x, y, (-1, 0))

    def _arrow(self, path: str, x: float, y: float, back: tuple[int, int]) -> str:
        """A line and its head; the head points away from `back`."""
        dx, dy = back
        base_x, base_y = x + dx * HEAD, y + dy * HEAD
        half = HEAD * 0.55
        head = (
            f"M{x:g} {y:g}L{base_x + dy * half:g} {base_y + dx * half:g}"
            f"L{base_x - dy * half:g} {base_y - dx * half:g}Z"
        )
        line = self.palette.line
        return (
            f'<g class="prisma-arrow" aria-hidden="true"><path d="{path}" fill="none"'
            f' stroke="{line}" stroke-width="1.2"/><path d="{head}" fill="{line}"/></g>'
        )

    def _box(self, placed: Placed) -> Iterator[str]:
        """The frame with the lines that lead where it leads, then lines with addresses of their
        own; links never nest."""
        home = self.links.get(placed.box.key, "")
        rows = list(enumerate(placed.rows))
        own = [(self.links.get(row.key, home), place, row) for place, row in rows]
        with_frame = [self._row(placed, place, row) for to, place, row in own if to == home]
        yield self._linked([self._frame(placed), *with_frame], home, label=placed.box.label)
        apart = [each for each in own if each[0] != home]
        for to, group in groupby(apart, key=lambda each: each[0]):
            texts = [self._row(placed, place, row) for _, place, row in group]
            yield self._linked(texts, to)

    def _linked(self, parts: Iterable[str], to: str, label: str = "") -> str:
        inside = "".join(parts)
        if not to:
            return f"<g>{inside}</g>"
        named = f" aria-label={quoteattr(_printable(label))}" if label else ""
        return f'<a class="prisma-link" href={quoteattr(to)}{named}>{inside}</a>'

    def _frame(self, placed: Placed) -> str:
        fill = "soft" if placed.is_soft else "box"
        return self._rect(
            "box", placed.x, placed.y, placed.width, placed.height, fill=fill, line="line"
        )

    def _row(self, placed: Placed, place: int, row: Row) -> str:
        x = placed.x + PADDING + row.indent
        spare = placed.height - len(placed.rows) * ROW_HEIGHT
        y = placed.y + spare / 2 + (place + 0.76) * ROW_HEIGHT
        n = f'<tspan font-weight="600">{row.n}</tspan>' if row.n else ""
        return self._text(_escaped(row.text) + n, x, y)

    def _notes(self, sheet: _Sheet) -> Iterator[str]:
        for place, row in enumerate(sheet.notes):
            y = sheet.foot + (place + 0.8) * NOTE_HEIGHT
            yield self._text(_escaped(row), 0.5, y, size=NOTE_FONT, ink=self.palette.quiet)

    def _rect(
        self, kind: str, x: float, y: float, wide: float, high: float, *, fill: str, line: str
    ) -> str:
        stroke = f' stroke="{getattr(self.palette, line)}"' if line else ""
        return (
            f'<rect class="prisma-{kind}" x="{x:g}" y="{y:g}" width="{wide:g}" height="{high:g}"'
            f' rx="4" fill="{getattr(self.palette, fill)}"{stroke}/>'
        )

    def _text(
        self,
        markup: str,
        x: float,
        y: float,
        *,
        size: float = FONT,
        ink: str = "",
        bold: bool = False,
        more: str = "",
    ) -> str:
        weight = ' font-weight="600"' if bold else ""
        return (
            f'<text class="prisma-text" x="{x:g}" y="{y:g}" font-size="{size:g}"'
            f' fill="{ink or self.palette.ink}"{weight}{more}>{markup}</text>'
        )


def _escaped(text: str) -> str:
    return escape(_printable(text))


ACROSS_ARROWS = (
    ("identified", "removed_before_screening"),
    ("screened", "excluded"),
    ("sought", "not_retrieved"),
    ("assessed", "excluded_reports"),
    ("other_sought", "other_not_retrieved"),
    ("other_assessed", "other_excluded_reports"),
)
DOWN_ARROWS = (
    ("identified", "screened"),
    ("screened", "sought"),
    ("sought", "assessed"),
    ("assessed", "reports"),
    ("reports", "total"),
    ("other_identified", "other_sought"),
    ("other_sought", "other_assessed"),
)
