"""Whole `plan --offline` processes, beside `octodns-sync` that plans as many DNS records.

octoDNS is the nearest relative: desired state in YAML, a plan, an apply. Both read the YAML of
before and after, of which one entry in a hundred differs, and print what they would change.
"""

import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.growth import draw
from benchmarks.measure import Cost, row, run_command
from benchmarks.reading import ENTRIES

SIZES = (100, 1_000, 10_000, 100_000)
ROUNDS = {100: 5, 1_000: 5, 10_000: 3, 100_000: 1}
# How many times faster than the peer, by the kind of entries and their number.
GOALS = {
    "short entries": {1_000: 5, 10_000: 20, 100_000: 45},
    "entries with rule, low, and note": {1_000: 4, 10_000: 12, 100_000: 12},
}
MEMORY_GOALS = {"short entries": 0.16}
STARTING_GOAL = 2.0
_BIN = Path(sys.executable).parent


def _write_shop(folder: Path, number: int, entry: Callable[[int, int], str]) -> list[str]:
    """Write a repository whose last commit changes one SKU in a hundred; return the command."""
    chance = random.Random(7)  # noqa: S311  no secret, and the same files each time
    store = folder / "inventory/big"
    store.mkdir(parents=True)
    (store / "store.yaml").write_text("site_id: 580e63e98c9a982ac9b8b741\nrule: on_change\n")
    before = [chance.randrange(500) for _ in range(number)]
    after = [units + (not sku % 100) for sku, units in enumerate(before)]
    for message, units in (("before", before), ("after", after)):
        lines = "".join(entry(sku, quantity) for sku, quantity in enumerate(units))
        (store / "stock.yaml").write_text(f"skus:\n{lines}")
        if message == "before":
            _git(folder, "init", "--quiet")
        _git(folder, "add", "--all")
        _git(folder, "-c", "user.name=B", "-c", "user.email=b@b", "commit", "-qm", message)
    where = ["--inventory", str(folder / "inventory")]
    return [str(_BIN / "reconciler"), "plan", "--offline", "--base", "HEAD~1", *where]


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)  # noqa: S607  the git there is


_ZONE = "example.com.yaml"
_CONFIG = """
providers:
  after: {{class: octodns.provider.yaml.YamlProvider, directory: {0}/after}}
  before: {{class: octodns.provider.yaml.YamlProvider, directory: {0}/before}}
zones:
  example.com.: {{sources: [after], targets: [before]}}
"""


def _write_zone(folder: Path, number: int) -> list[str]:
    """Write the same for octoDNS, as A records; return the command."""
    for name in ("before", "after"):
        lines = []
        for record in range(number):
            last = record % 200 + (name == "after" and not record % 100)
            lines.append(f"r{record:06d}: {{ttl: 300, type: A, value: 10.0.0.{last}}}\n")
        (folder / name).mkdir(parents=True)
        (folder / name / _ZONE).write_text("---\n" + "".join(lines))
    config = folder / "config.yaml"
    config.write_text(_CONFIG.format(folder))
    return [str(_BIN / "octodns-sync"), "--config-file", str(config), "--force"]


def _compare(number: int, entry: Callable[[int, int], str]) -> tuple[list[Cost], list[Cost]]:
    """Return what the whole processes of both cost, run in turns."""
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as parent:
        shop = _write_shop(Path(parent) / "shop", number, entry)
        zone = _write_zone(Path(parent) / "zone", number)
        for _ in range(ROUNDS[number]):
            ours.append(run_command(shop))
            theirs.append(run_command(zone))
    return ours, theirs


def _measure_start() -> str:
    """Return the row of a small store, beside an interpreter that imports what must be."""
    bare = [sys.executable, "-c", "import yaml, click, jsonschema_rs"]
    with tempfile.TemporaryDirectory() as parent:
        shop = _write_shop(Path(parent) / "shop", 20, ENTRIES["short entries"][0])
        pairs = [(run_command(shop).seconds, run_command(bare).seconds) for _ in range(9)]
    found = median(ours / theirs for ours, theirs in pairs)
    what = "`plan --offline` of 20 SKUs, of importing PyYAML, click, and jsonschema_rs alone"
    return row(what, found, STARTING_GOAL)


def measure_all() -> str:
    """Return the section of the report."""
    text = (
        "## Whole `plan --offline`, of which 1 % changed\n\nHow many times faster than"
        " `octodns-sync`, which plans as many DNS records, in processor seconds of whole"
        " processes.\n\n"
        "| | ours | goal | met |\n|---|---|---|---|\n"
    )
    plots = ""
    for what, (entry, _) in ENTRIES.items():
        costs = {number: _compare(number, entry) for number in SIZES}
        plots = plots or draw(costs, Path(__file__).parent)
        for number in GOALS[what]:
            pairs = list(zip(*costs[number], strict=True))
            faster = median(their.seconds / our.seconds for our, their in pairs)
            text += row(f"{number} {what}: faster", faster, GOALS[what][number], at_least=True)
            if number == SIZES[-1] and what in MEMORY_GOALS:
                memory = median(our.peak / their.peak for our, their in pairs)
                text += row(f"{number} {what}: its memory", memory, MEMORY_GOALS[what])
    return f"{text}{_measure_start()}\nShort entries, by the number of SKUs:\n\n{plots}"


if __name__ == "__main__":
    sys.stdout.write(measure_all())
