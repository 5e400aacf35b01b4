"""What the page of a shop costs after a year of daily applies."""

import random
import sys
import time
from statistics import median

from benchmarks.measure import row
from benchmarks.shops import serving
from benchmarks.workspace import Workspace

SKUS = 300
CHANGES = 5
APPLIES = 365
ROUNDS = 3


def measure_all(applies: int = APPLIES) -> str:
    """Return the section of the report. All applies are of one day, because the clock is real."""
    text = f"## The page of {SKUS} SKUs after {applies} applies\n\n"
    text += "| | ours | goal | met |\n|---|---|---|---|\n"
    chance = random.Random(5)  # noqa: S311  no secret, and the same changes each time
    with serving(SKUS) as server, Workspace(server.address) as shop:
        levels = {f"S{number}": number for number in range(SKUS)}
        for _ in range(applies):
            for sku in chance.sample(list(levels), CHANGES):
                levels[sku] += chance.randrange(1, 20)
            shop.declare(levels)
            shop.run("apply", "--yes", "--local")
        seconds = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            shop.run("report", "--out", "page.html")
            seconds.append(time.perf_counter() - start)
        size = (shop.folder / "page.html").stat().st_size / 1e6
    text += row("`report`, the whole command", median(seconds), 5, "s")
    return text + row("the page", size, 2, "MB")


if __name__ == "__main__":
    sys.stdout.write(measure_all(*map(int, sys.argv[1:])))
