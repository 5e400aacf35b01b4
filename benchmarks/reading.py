"""YAML of 100 000 SKUs → desired state, beside `yaml.load(CSafeLoader)` alone on the same files."""

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import in_turns, ratio, row

SKUS = 100_000
ROUNDS = 3


def _short(sku: int, quantity: int) -> str:
    return f"  SKU-{sku:06d}: {quantity}\n"


def _full(sku: int, quantity: int) -> str:
    return (
        f"  SKU-{sku:06d}:\n    quantity: {quantity}\n    rule: at_least\n"
        f"    low: {sku % 7}\n    note: pallet {sku % 97}, counted by hand\n"
    )


ENTRIES = {"short entries": (_short, 0.32), "entries with rule, low, and note": (_full, 0.20)}


def write_store(folder: Path, files: int, entry: Callable[[int, int], str]) -> None:
    """Write a store of `SKUS` SKUs, spread over *files*."""
    chance = random.Random(7)  # noqa: S311  no secret, and the same files each time
    folder.mkdir(parents=True)
    (folder / "store.yaml").write_text("site_id: 580e63e98c9a982ac9b8b741\n")
    for number in range(files):
        skus = range(number * SKUS // files, (number + 1) * SKUS // files)
        text = "".join(entry(sku, chance.randrange(500)) for sku in skus)
        (folder / f"file-{number:03d}.yaml").write_text(f"skus:\n{text}")


def measure_all() -> str:
    """Return the section of the report."""
    text = (
        f"## Reading {SKUS} SKUs\n\nYAML to validated desired state, of what"
        " `yaml.load(CSafeLoader)` alone takes for the same files, one after the other.\n\n"
        "| | ours | goal | met |\n|---|---|---|---|\n"
    )
    for what, (entry, goal) in ENTRIES.items():
        for files in (1, 100):
            text += _measure(what, entry, files, goal)
    return text


def _measure(what: str, entry: Callable[[int, int], str], files: int, goal: float) -> str:
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "big"
        write_store(folder, files, entry)
        names = ("ours", "theirs", "without collector")
        cases = {name: ("benchmarks.reading_cases", name, str(folder), str(SKUS)) for name in names}
        costs = in_turns(cases, ROUNDS)
    of = f"{what}, {files} file{'s' if files > 1 else ''}"
    peer, bare = costs["theirs"], costs["without collector"]
    return "".join(
        row(f"{of}: {figure}", ratio(costs["ours"], against, field), wanted)
        for figure, against, field, wanted in (
            ("time", peer, "seconds", goal),
            ("time, its garbage collector off", bare, "seconds", 0.6),
            ("peak memory", peer, "peak", 0.5),
        )
    )
