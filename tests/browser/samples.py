"""Plans, reports, and overviews to draw."""

from datetime import datetime, timedelta

from factories import base_of, declared, desired, live, plan_of, stock
from msgspec.structs import replace

from reconciler.model import (
    Bound,
    Day,
    Declared,
    Drift,
    Limit,
    Outcome,
    Overview,
    PastApply,
    Plan,
    Point,
    PointKind,
    Report,
    Result,
    Rule,
    Timeline,
    finite,
)

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(1)",
    "\u202egnp.exe",
    "x" * 200,
    "紫水晶のセット",
    "</style><style>body{display:none}</style>",
)


def _entry(sku: str, units: int, rule: Rule) -> Declared:
    entry = declared(sku, units)
    return entry._replace(terms=entry.terms._replace(rule=rule))


def plan(skus: int = 40) -> Plan:
    """Return a plan with hostile names, put-back units, findings, and an exceeded limit."""
    names = [*HOSTILE, *(f"SKU-{number:05}" for number in range(skus))]
    entries = [
        _entry(sku, (number * 7) % 90 + 1, Rule.EXACT if sku in HOSTILE else list(Rule)[number % 5])
        for number, sku in enumerate(names)
    ]
    past = base_of(*(entry._replace(stock=stock(30)) for entry in entries))
    state = desired(*entries, limits={Limit.PUT_BACK: Bound(0, is_share=False)})
    made = plan_of(state, live({sku: (n * 5) % 60 for n, sku in enumerate(names)}), past)
    commits = tuple(f"abc1234 {name}" for name in HOSTILE)
    return replace(made, provenance=replace(made.provenance, head="a" * 40, commits=commits))


def report() -> Report:
    """Return a report with each result, and hostile messages."""
    outcomes = [
        Outcome(name, result, finite(3), finite(5), finite(4), name, "2026-11-20T10:00:00.000Z")
        for name, result in zip(HOSTILE, [*Result, *Result], strict=False)
    ]
    return Report("demo", tuple(outcomes), HOSTILE[0])


def overview(skus: int = 12, applies: int = 20, store: str = "demo") -> Overview:
    """Return a shop over a year."""
    start = datetime.fromisoformat("2025-12-01T10:00:00+00:00")
    times = [f"{start + timedelta(days=n):%Y-%m-%dT%H:%M:%S}.000Z" for n in range(0, 360, 10)]
    kinds = (PointKind.DECLARED, PointKind.OBSERVED, PointKind.WRITTEN)
    timelines = []
    for number in range(skus):
        name = HOSTILE[number] if number < len(HOSTILE) else f"SKU-{number:05}"
        points = [
            Point(at, kinds[place % 3], (place * 7 + number) % 50) for place, at in enumerate(times)
        ]
        units = number % 20
        timelines.append(Timeline(name, tuple(points), name, 3, units, 1.5 if number % 4 else None))
    past = tuple(
        PastApply(times[n % len(times)], "b" * 40, HOSTILE[n % 9], HOSTILE[n % 9], n, n % 3)
        for n in range(applies)
    )
    days = tuple(Day(at[:10], n * 3, 50 - n) for n, at in enumerate(times))
    drift = Drift(store, "site", (), (), skus, ())
    return Overview(store, "site", times[-1], "c" * 40, tuple(timelines), past, days, drift)
