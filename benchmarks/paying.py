"""What a shop pays in requests, and so in time: computed, and checked on the sandbox."""

import sys
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.measure import row
from benchmarks.shops import serving
from benchmarks.workspace import Taken, Workspace

CHANGES = 3
SHOPS = (100, 1_000, 5_000, 15_000)
CHECKED = (100, 1_000)
RATES = (60, 120)
# How many SKUs a product has; pages of a hundred products overlap by one.
TOGETHER = 3
PAGE = 99
# Counted with a limit that is never reached, and timed where a second is the shop's minute.
COUNTED = (10_000_000, 3600.0)
TIMED = (120, 1.0)


class Case(NamedTuple):
    """Something that people do, and how many requests it takes in a shop of so many SKUs."""

    name: str
    requests: Callable[[int], int]


def _listing(skus: int) -> int:
    """Return the pages of products, and the request for their collection."""
    products = -(-skus // TOGETHER)
    return 1 + max(1, -(-products // PAGE))


PLAN = Case(f"`plan` of a pull request, {CHANGES} changes", lambda n: _listing(n) + CHANGES)
APPLY = Case(f"`apply` of its plan file, {CHANGES} changes", lambda _: 1 + 3 * CHANGES)
COUNT = Case("a stocktake of everything, `plan`", lambda n: _listing(n) + n)
CORRECT = Case("a stocktake of everything, `apply`", lambda n: 1 + 3 * n)
DRIFT = Case("`drift`", lambda n: _listing(n) + n)
CASES = (PLAN, APPLY, COUNT, CORRECT, DRIFT)


def _shown(minutes: float) -> str:
    """Return a time as people say it."""
    if minutes < 2:
        return f"{60 * minutes:.0f} s"
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def _prices() -> str:
    """Return the table: a line for each case, and a column for each size of a shop."""
    text = f"| | {' | '.join(f'{n:,} SKUs' for n in SHOPS)} |\n|---|{'---|' * len(SHOPS)}\n"
    for name, requests in CASES:
        cells = [
            f"{requests(n):,}: " + ", ".join(_shown(requests(n) / rate) for rate in RATES)
            for n in SHOPS
        ]
        text += f"| {name} | {' | '.join(cells)} |\n"
    return text


def _take(skus: int, limit: int, window: float) -> dict[Case, Taken]:
    """Do everything once in a shop of *skus* SKUs, and return what it took."""
    options = ("--limit", str(limit), "--window", str(window))
    changes = range(0, CHANGES * TOGETHER, TOGETHER)  # each in a product of its own
    changed = {f"S{n}": n + 1_000 * (n in changes) for n in range(skus)}
    with (
        serving(skus, *options, together=TOGETHER) as server,
        Workspace(server.address, min(window, 60.0)) as shop,
    ):
        shop.declare(changed)
        taken = {PLAN: shop.measure("plan", "--out", "plan.json")}
        taken[APPLY] = shop.measure("apply", "plan.json")
        shop.book({sku: units + 1 for sku, units in changed.items()})
        taken[COUNT] = shop.measure("plan", "--out", "plan.json")
        taken[CORRECT] = shop.measure("apply", "plan.json")
        taken[DRIFT] = shop.measure("drift")
    return taken


def measure_all() -> str:
    """Return the section of the report."""
    rates = " and ".join(map(str, RATES))
    text = (
        "## What a shop pays\n\n"
        f"Requests, and how long they take at {rates} a minute, for shops with {TOGETHER} SKUs in"
        f" each product, under `on_change`. Those of the first minute don't wait.\n\n"
        f"{_prices()}\n"
        "Checked on the sandbox: what it counted, of what is computed (reading orders adds a few"
        " requests to a stocktake); and the time of the command,"
        f" of the time computed at {TIMED[0]} a minute, where a minute takes a second.\n\n"
        "| | ours | goal | met |\n|---|---|---|---|\n"
    )
    for skus in CHECKED:
        counted, timed = _take(skus, *COUNTED), _take(skus, *TIMED)
        for case, taken in counted.items():
            text += row(
                f"{skus} SKUs, {case.name}: requests", taken.requests / case.requests(skus), 1.05
            )
        for case, taken in timed.items():
            computed = case.requests(skus) / TIMED[0] * TIMED[1]
            if computed > 5 * TIMED[1]:
                text += row(f"{skus} SKUs, {case.name}: time", taken.seconds / computed, 1.1)
    return text


if __name__ == "__main__":
    sys.stdout.write(measure_all())
