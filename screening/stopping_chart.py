"""The chart of the page "Stopping": relevant records found against records read (pure).

A count on both axes, never a recall: how many relevant records there are is not known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

from screening.stopping.certificate import Point
from screening.stopping.progress import Progress

WIDTH, HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 30, 44
_MOST_POINTS = 300


@dataclass(frozen=True)
class Tick:
    """A line of the grid: where it stands in the drawing, and its number."""

    at: float
    label: str


@dataclass(frozen=True)
class Mark:
    """A look or a random draw, by its place along the records read."""

    x: float
    is_hit: bool = False


@dataclass(frozen=True)
class Chart:
    """What the template draws; every length is in units of the view box WIDTH x HEIGHT."""

    path: str
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    looks: tuple[Mark, ...]
    draws: tuple[Mark, ...]
    words: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM


def chart_of(
    progress: Progress, *, looks: Sequence[int] = (), points: Sequence[Point] = ()
) -> Chart | None:
    """Lay the chart out; None before anything was settled.

    `looks` are the numbers of records issued at each look, `points` the random draws; both stand
    along the same axis, cut at its end.
    """
    if not progress.n_read:
        return None
    steps_x, steps_y = _steps(progress.n_records), _steps(max(progress.n_found, 1))
    most_x, most_y = max(progress.n_records, 1), steps_y[-1]
    return Chart(
        path=_path(progress, most_x, most_y),
        across=tuple(Tick(_x(n, most_x), f"{n:,}") for n in steps_x if n <= most_x),
        up=tuple(Tick(_y(n, most_y), f"{n:,}") for n in steps_y),
        looks=tuple(Mark(_x(min(n, most_x), most_x)) for n in looks),
        draws=tuple(Mark(_x(min(p.n_issued, most_x), most_x), p.is_hit) for p in points),
        words=_words(progress, len(looks), points),
    )


def _path(progress: Progress, most_x: int, most_y: int) -> str:
    every = ceil(progress.n_read / _MOST_POINTS)
    chosen = sorted({*range(every - 1, progress.n_read, every), progress.n_read - 1})
    points = [(0, 0), *((place + 1, progress.curve[place]) for place in chosen)]
    return "M" + "L".join(f"{_x(x, most_x):.1f} {_y(y, most_y):.1f}" for x, y in points)


def _words(progress: Progress, n_looks: int, points: Sequence[Point]) -> str:
    """Say what the drawing shows, for those who do not see it."""
    said = f"{progress.n_found:,} relevant found in {progress.n_read:,} of {progress.n_records:,}."
    if n_looks:
        said += f" Looks at the ranked test: {n_looks}."
    if points:
        said += f" Random draws: {len(points):,}, relevant: {sum(p.is_hit for p in points):,}."
    return said


def _steps(most: int) -> list[int]:
    """Return round numbers from 0 to at least `most`, four to eight of them."""
    size = 10 ** int(log10(most)) if most > 1 else 1
    for step in (max(1, size // 5), max(1, size // 2), size, 2 * size):
        if most / step <= 6:
            break
    return [step * n for n in range(ceil(most / step) + 1)]


def _x(n: float, most: int) -> float:
    return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * n / most, 1)


def _y(n: float, most: int) -> float:
    return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * n / most, 1)
