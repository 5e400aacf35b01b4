"""Computing a plan and reading the base, of the time of reading the YAML they are about."""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.measure import row
from benchmarks.reading import ENTRIES, SKUS, write_store
from reconciler.desired.files import read_files
from reconciler.desired.loader import build_desired, build_past
from reconciler.git.repository import open_repository
from reconciler.model import (
    Base,
    DesiredState,
    Listing,
    LiveSku,
    LiveState,
    Provenance,
    Stock,
    finite,
)
from reconciler.plan.planner import compute_plan
from reconciler.records.base import find_base

ROUNDS = 5
FILES = 1000
MADE = Provenance("2026-11-20T10:00:00Z", "sha256:0", base="b")


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _live(desired: DesiredState) -> LiveState:
    """Return a live state in which one SKU in a hundred has another quantity."""
    chance = random.Random(5)  # noqa: S311  no secret
    skus, stocks = [], dict[str, Stock]()
    for number, (sku, entry) in enumerate(desired.declared.items()):
        sku_id = f"{number:024x}"
        skus.append(LiveSku(sku_id, sku, f"Product {number}", archived=False))
        stocks[sku_id] = entry.stock if number % 100 else finite(chance.randrange(500, 900))
    return LiveState(Listing("collection", tuple(skus)), stocks, 0, 120)


def _compute(entry: Callable[[int, int], str]) -> float:
    """Return the time of a plan over the time of reading the YAML, in turns."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "big"
        write_store(folder, 1, entry)

        def read() -> DesiredState:
            return build_desired("big", folder.as_posix(), read_files(folder, []), [])

        desired = read()
        live, base = _live(desired), Base("b", "b", "2026-11-20", read().declared)
        ratios = []
        for _ in range(ROUNDS):
            planning = _seconds(lambda: compute_plan(desired, live, base, MADE))
            ratios.append(planning / _seconds(read))
    return median(ratios)


def _read_base(*, packed: bool) -> float:
    """Return the time of reading files at a commit over that of reading them from disk.

    In a clone git's objects are packed; those committed here since then are loose files.
    """
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "inventory/big"
        write_store(folder, FILES, ENTRIES["short entries"][0])
        for command in (
            ["init", "--quiet"],
            ["add", "--all"],
            ["-c", "user.name=B", "-c", "user.email=b@b", "commit", "--quiet", "-m", "b"],
        ):
            _git(parent, *command)
        if packed:
            _git(parent, "gc", "--quiet")
        ratios = []
        for _ in range(ROUNDS):
            repository = open_repository(folder.parent)
            assert repository is not None
            start = time.perf_counter()
            texts = find_base(repository, folder, "big", "HEAD")
            at_base = time.perf_counter() - start
            start = time.perf_counter()
            files = list(read_files(folder, []))
            ratios.append(at_base / (time.perf_counter() - start))
            assert texts is not None and len(texts.files) == len(files) == FILES + 1
            assert build_past("big", folder.as_posix(), texts.files).declared
    return median(ratios)


def _git(folder: str, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)  # noqa: S607  the git there is


def measure_all() -> str:
    """Return the section of the report."""
    text = f"## Planning {SKUS} SKUs, of which 1 % changed\n\n"
    text += "| | ours | goal | met |\n|---|---|---|---|\n"
    for what, (entry, _) in ENTRIES.items():
        text += row(f"computing the plan, of reading the YAML ({what})", _compute(entry), 0.5)
    for packed in (True, False):
        how = "packed, as in a clone" if packed else "loose, all of them just committed"
        of = f"reading {FILES} files at a commit with git ({how}), of reading them from disk"
        text += row(of, _read_base(packed=packed), 2)
    return text


if __name__ == "__main__":
    sys.stdout.write(measure_all())
