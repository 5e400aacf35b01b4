"""YAML of 100 000 SKUs → desired state, beside `yaml.load(CSafeLoader)` alone on the same files."""

import gc
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import yaml

from benchmarks.measure import in_turns, ratio, row
from reconciler.desired.build import build_desired
from reconciler.desired.files import read_files

SKUS = 100_000
ROUNDS = 5


def write_store(folder: Path, files: int) -> None:
    """Write a store of `SKUS` SKUs: four in five in the short form, the rest with a note."""
    chance = random.Random(7)  # noqa: S311  no secret, and the same files each time
    folder.mkdir(parents=True)
    (folder / "store.yaml").write_text("site_id: 580e63e98c9a982ac9b8b741\n")
    for number in range(files):
        lines = ["skus:"]
        for sku in range(number * SKUS // files, (number + 1) * SKUS // files):
            quantity = chance.randrange(500)
            if chance.random() < 0.8:
                lines.append(f"  SKU-{sku:06d}-{chance.choice('SML')}: {quantity}")
            else:
                lines += [f"  SKU-{sku:06d}:", f"    quantity: {quantity}", "    note: on pallet 7"]
        (folder / f"file-{number:03d}.yaml").write_text("\n".join(lines) + "\n")


def _ours(folder: Path) -> None:
    assert (
        len(build_desired("big", folder.as_posix(), read_files(folder).contents).declared) == SKUS
    )


def _theirs(folder: Path) -> None:
    loaded = [yaml.load(path.read_bytes(), yaml.CSafeLoader) for path in sorted(folder.iterdir())]
    assert sum(len(document.get("skus", ())) for document in loaded) == SKUS


def _case(name: str, folder: Path) -> None:
    """Run one case in this process and print its cost."""
    if name == "without collector":
        gc.disable()
    work = _ours if name == "ours" else _theirs
    start = time.process_time()
    work(folder)
    seconds = time.process_time() - start
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def measure_all() -> str:
    """Return the section of the report."""
    text = f"## Reading {SKUS} SKUs\n\n| | ours | goal | met |\n|---|---|---|---|\n"
    with tempfile.TemporaryDirectory() as parent:
        for files in (1, 100):
            folder = Path(parent) / f"in-{files}"
            write_store(folder, files)
            names = ("ours", "theirs", "without collector")
            cases = {name: ("benchmarks.reading", name, str(folder)) for name in names}
            costs = in_turns(cases, ROUNDS)
            of = f"{files} file{'s' if files > 1 else ''}"
            peer, bare = costs["theirs"], costs["without collector"]
            text += row(
                f"{of}: time, of CSafeLoader's", ratio(costs["ours"], peer, "seconds"), 0.25
            )
            text += row(
                f"{of}: time, of CSafeLoader's without the garbage collector",
                ratio(costs["ours"], bare, "seconds"),
                0.6,
            )
            text += row(
                f"{of}: peak memory, of CSafeLoader's", ratio(costs["ours"], peer, "peak"), 0.5
            )
    return text


if __name__ == "__main__":
    _case(sys.argv[1], Path(sys.argv[2]))
