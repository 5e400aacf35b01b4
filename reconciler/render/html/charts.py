"""Compute the coordinates of bar charts."""

from collections.abc import Iterable
from typing import Final, NamedTuple

MOST_BARS: Final = 30


class Bar(NamedTuple):
    """One bar: to the right of the axis for added units, else to the left."""

    name: str
    units: int
    x: float
    width: float


class BarChart(NamedTuple):
    """Bars in rows around an axis at `zero`. Positions and widths are in percent."""

    title: str
    zero: float
    bars: tuple[Bar, ...]
    more: str


def draw_bars(title: str, units: Iterable[tuple[str, int]]) -> BarChart | None:
    """Return the chart of the largest *units* by name, or None without any."""
    ordered = sorted(((name, n) for name, n in units if n), key=lambda one: (-abs(one[1]), one[0]))
    if not ordered:
        return None
    shown = ordered[:MOST_BARS]
    most_up = max((n for _, n in shown if n > 0), default=0)
    most_down = max((-n for _, n in shown if n < 0), default=0)
    scale = 100 / (most_up + most_down)
    zero = round(most_down * scale, 1)
    bars = tuple(_bar(name, number, zero, scale) for name, number in shown)
    more = f"and {len(ordered) - len(shown)} more in the table" if len(ordered) > MOST_BARS else ""
    return BarChart(title, zero, bars, more)


def _bar(name: str, units: int, zero: float, scale: float) -> Bar:
    width = max(0.5, round(abs(units) * scale, 1))
    return Bar(name, units, zero if units > 0 else round(zero - width, 1), width)
