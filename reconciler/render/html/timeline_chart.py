"""Draw the stock of a SKU over time as a small step chart, with a description."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from reconciler.model import Point, PointKind, Timeline

WIDTH: Final = 240
HEIGHT: Final = 72
_MARGIN: Final = 4
# More points than pixels are invisible.
MOST_POINTS: Final = 240


class Span(NamedTuple):
    """The period that all charts of a page share, in seconds since the epoch."""

    start: float
    end: float


class Dot(NamedTuple):
    """The position of one observation."""

    x: float
    y: float


class TimelineChart(NamedTuple):
    """The paths of declared and live stock, the observations, and a description."""

    declared: str
    stock: str
    observed: tuple[Dot, ...]
    now: Dot | None
    top: int
    description: str


def find_span(timelines: Iterable[Timeline], until: str) -> Span:
    """Return the period from the first point of all *timelines* to *until*."""
    end = _seconds(until)
    start = min((_seconds(one.points[0].at) for one in timelines if one.points), default=end)
    return Span(start, max(end, start + 1))


def draw_timeline(timeline: Timeline, span: Span) -> TimelineChart:
    """Return the chart of one SKU: levels dashed, live stock as steps."""
    declared = [one for one in timeline.points if one.kind is PointKind.DECLARED]
    shop = [one for one in timeline.points if one.kind is not PointKind.DECLARED]
    top = max((one.units for one in timeline.points if one.units is not None), default=0) or 1
    scale = _Scale(span, top)
    observed = (one for one in shop if one.kind is PointKind.OBSERVED and one.units is not None)
    dots = tuple(dict.fromkeys(Dot(scale.x(one.at), scale.y(one.units or 0)) for one in observed))
    live = next((one for one in reversed(shop) if one.kind is PointKind.LIVE), None)
    now = Dot(scale.x(live.at), scale.y(live.units)) if live and live.units is not None else None
    thin = dots if len(dots) <= MOST_POINTS else dots[:: len(dots) // MOST_POINTS + 1]
    return TimelineChart(
        _steps(declared, scale, to_end=True),
        _steps(shop, scale, to_end=False),
        thin,
        now,
        int(top),
        _describe(timeline, declared, shop),
    )


class _Scale(NamedTuple):
    """Converts times and units to positions in the chart."""

    span: Span
    top: int | float

    def x(self, at: str) -> float:
        share = (_seconds(at) - self.span.start) / (self.span.end - self.span.start)
        return round(_MARGIN + min(1.0, max(0.0, share)) * (WIDTH - 2 * _MARGIN), 1)

    def y(self, units: int | float) -> float:
        return round(HEIGHT - _MARGIN - max(0, units) / self.top * (HEIGHT - 2 * _MARGIN), 1)


def _steps(points: Sequence[Point], scale: _Scale, *, to_end: bool) -> str:
    """Return a path that keeps each number until the next one, with a gap for None."""
    parts: list[str] = []
    is_open = False
    step = len(points) // MOST_POINTS + 1
    for one in points[::step]:
        x = scale.x(one.at)
        if one.units is None:
            parts += [f"H{x}"] if is_open else []
            is_open = False
            continue
        y = scale.y(one.units)
        parts.append(f"H{x}V{y}" if is_open else f"M{x} {y}")
        is_open = True
    if is_open and to_end:
        parts.append(f"H{WIDTH - _MARGIN}")
    return "".join(parts)


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


def _describe(timeline: Timeline, declared: Sequence[Point], shop: Sequence[Point]) -> str:
    """Return a description of the chart for screen readers."""
    parts = []
    if declared:
        level = declared[-1].units
        parts.append("no level" if level is None else f"declared {level}")
    numbers = [one.units for one in shop if one.units is not None]
    if numbers:
        parts.append(f"last known stock {numbers[-1]}, between {min(numbers)} and {max(numbers)}")
    first = timeline.points[0].at[:10] if timeline.points else ""
    return f"{'; '.join(parts) or 'nothing is known'}{f' since {first}' if first else ''}"
