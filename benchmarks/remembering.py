"""What git takes to remember the applies of a large shop, and to tell them to a fresh clone."""

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.measure import row
from benchmarks.shops import SITE, serving
from benchmarks.workspace import Workspace
from reconciler.app.base import load_base
from reconciler.app.context import MemoryRequest, StoreContext
from reconciler.app.memory import open_shared
from reconciler.app.stores import load_store
from reconciler.git.repository import open_repository

SKUS = 15_000
CHANGES = 3
APPLIES = 100
ROUNDS = 3
CLONES = {
    "a whole clone": [],
    "a shallow clone": ["--depth=1"],
    "a blobless clone": ["--filter=blob:none"],
}
_RECORDS = f"refs/reconciler/{SITE}"
# For a hundred applies: what they may add to a clone that never packs, and to a packed one.
LOOSE, PACKED = 16 * 1024, 450


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def _loose(folder: Path, first: str) -> float:
    """Return the KiB that the objects of records since *first* have, each a file of its own."""
    how = ("--objects", "--disk-usage", _RECORDS, "--not", first, "HEAD")
    return int(_git(folder, "rev-list", *how)) / 1024


def _packed(folder: Path, first: str) -> float:
    """Return the KiB by which a pack of everything is larger than one without these records."""

    def pack(*revisions: str) -> int:
        command = ["git", "pack-objects", "--stdout", "--quiet", "--revs", "--no-reuse-delta"]
        names = "".join(f"{one}\n" for one in revisions).encode()
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True, input=names)
        return len(done.stdout)

    return (pack(_RECORDS, "HEAD") - pack(first, "HEAD")) / 1024


def _apply_often(shop: Workspace, applies: int) -> None:
    """Change a few SKUs, commit, push, and apply; so often."""
    chance = random.Random(3)  # noqa: S311  no secret, and the same changes each time
    levels = {f"S{number}": number for number in range(SKUS)}
    for _ in range(applies):
        for sku in chance.sample(list(levels), CHANGES):
            levels[sku] += 5
        shop.declare(levels)
        shop.git("push", "--quiet", "origin", "HEAD")
        shop.run("apply", "--yes")


def _measure_clone(origin: Path, options: list[str]) -> float:
    """Return the time of fetching, finding, and reading the base over that of reading the YAML."""
    ratios = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as parent:
            folder = Path(parent) / "clone"
            _git(Path(parent), "clone", "--quiet", *options, origin.as_uri(), str(folder))
            context = StoreContext("shop", folder / "inventory")
            start = time.perf_counter()
            desired = load_store(context)
            read = time.perf_counter()
            repository = open_repository(context.inventory)
            assert repository is not None
            open_shared(repository, desired.settings.site_id, MemoryRequest())
            known = load_base(context, desired.settings, None, None, repository)
            ratios.append((time.perf_counter() - read) / (read - start))
            assert known.base is not None and len(known.base.declared) == SKUS
    return median(ratios)


def measure_all(applies: int = APPLIES) -> str:
    """Return the section of the report."""
    text = f"## Remembering {SKUS} SKUs in git\n\n| | ours | goal | met |\n|---|---|---|---|\n"
    with (
        tempfile.TemporaryDirectory() as parent,
        serving(SKUS) as server,
        Workspace(server.address) as shop,
    ):
        origin = Path(parent) / "origin.git"
        _git(Path(parent), "clone", "--quiet", "--bare", str(shop.folder), str(origin))
        _git(origin, "config", "uploadpack.allowFilter", "true")
        shop.git("remote", "add", "origin", str(origin))
        shop.git("push", "--quiet", "--set-upstream", "origin", "HEAD")
        shop.git("push", "--quiet", "origin", "refs/reconciler/*:refs/reconciler/*")
        shop.git("config", "gc.auto", "0")
        first = _git(shop.folder, "rev-parse", f"refs/reconciler/{SITE}").strip()
        _apply_often(shop, applies)
        scale = applies / APPLIES
        of = f"what {applies} applies of {CHANGES} SKUs add to the record"
        text += row(f"{of}, loose", _loose(shop.folder, first), LOOSE * scale, "KiB")
        text += row(f"{of}, packed", _packed(shop.folder, first), PACKED * scale, "KiB")
        _git(origin, "gc", "--quiet")  # as hosts do
        for what, options in CLONES.items():
            of = f"fetching, finding, and reading the base in {what}, of reading the YAML"
            text += row(of, _measure_clone(origin, options), 1.0)
    return text


if __name__ == "__main__":
    sys.stdout.write(measure_all(*map(int, sys.argv[1:])))
