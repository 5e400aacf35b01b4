"""Rows F1 to F19: files that can't be read as written; S6: spreadsheet formulas."""

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path

from factories import SITE

from faults.table import Bench, row
from faults.yaml_cases import CASES, NAUGHTY

LETTERS = b"ab:-\n \"'{}[]&*!|>%@`#,?0159.~\t\x00\xff\xc3\xa9"
KINDS = dict.fromkeys((case.id, case.title) for case in CASES)


def _write_store(bench: Bench, *files: bytes) -> Path:
    folder = bench.folder / "inventory/demo"
    folder.mkdir(parents=True)
    (folder / "store.yaml").write_text(f"site_id: {SITE}\nbackend: sandbox\n")
    for name, content in zip("abc", files, strict=False):
        (folder / f"{name}.yaml").write_bytes(content)
    return folder


def _refused(bench: Bench, *places: str) -> None:
    """Expect validate and plan to name exactly these *places*, and exit 65 without a sandbox."""
    for command in ("validate", "plan"):
        run = bench.run(command)
        lines = (run.out + run.err).splitlines()
        found = [line.partition(": error: ")[0] for line in lines if ": error: " in line]
        assert (run.code, found) == (65, list(places)), (command, run)
    assert not (bench.folder / ".reconciler").exists()


def _yaml_row(identity: str) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        for case in CASES:
            if case.id != identity:
                continue
            with bench.fresh() as here:
                _write_store(here, *case.files)
                if case.places:
                    _refused(here, *(f"inventory/{place}" for place in case.places))
                else:
                    assert here.run("validate").code == 0

    return run


for _identity, _title in KINDS:
    row(_identity, _title)(_yaml_row(_identity))


@row("F17", "a folder without files, a wrong path")
def nothing_to_read(bench: Bench) -> None:
    """No folder, no store, no file: always errors, never `no changes`."""
    _refused(bench, "inventory")
    (bench.folder / "inventory").mkdir()
    _refused(bench, "inventory")
    _write_store(bench)
    _refused(bench, "inventory/demo")
    (bench.folder / "inventory/demo/store.yaml").unlink()
    _refused(bench, "inventory/demo")


@row("F18", "links, pipes, devices, a file of a gigabyte")
def not_a_file(bench: Bench) -> None:
    """Anything but a regular file below the size limit is refused without opening it."""
    folder = _write_store(bench, b"skus: {A: 1}\n")
    (folder / "b.yaml").symlink_to("../../../../etc/hostname")
    (folder / "c.yaml").symlink_to("/dev/zero")
    os.mkfifo(folder / "d.yaml")
    with (folder / "e.yaml").open("wb") as file:
        file.truncate(1 << 30)
    (folder / "sub").symlink_to("/etc")
    _refused(
        bench,
        "inventory/demo/b.yaml",
        "inventory/demo/c.yaml",
        "inventory/demo/d.yaml",
        "inventory/demo/e.yaml",
        "inventory/demo/sub",
    )


@row("F19", "any bytes, any name")
def anything(bench: Bench) -> None:
    """Any content is a value or an error, never a traceback."""
    for _ in range(30):
        content = bytes(bench.chance.choices(LETTERS, k=60))
        with bench.fresh() as here:
            _write_store(here, b"skus:\n  A: 1\n", content)
            run = here.run("validate")
            assert run.code in {0, 65}, (content, run)
            assert "Traceback" not in run.out + run.err
    for name in NAUGHTY:
        with bench.fresh() as here:
            quoted = '"' + "".join(f"\\U{ord(c):08x}" for c in name) + '"'
            _write_store(here, f"skus:\n  {quoted}: {{quantity: 1, note: {quoted}}}\n".encode())
            run = here.run("validate")
            assert run.code in {0, 65}, (name, run)
            assert all(line.isprintable() for line in run.out.splitlines())


@row("S6", "a SKU that a spreadsheet would compute", naive=False)
def formula(bench: Bench) -> None:
    """An apostrophe keeps it as text, and it is read back as the same SKU."""
    starts = bench.chance.sample(["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "'=1"], 3)
    lines = "".join(f"  {json.dumps(sku)}: {n}\n" for n, sku in enumerate(starts))
    folder = _write_store(bench, f"skus:\n{lines}".encode())
    assert bench.run("export", "--csv", "t.csv").code == 0
    with (bench.folder / "t.csv").open(encoding="utf-8-sig", newline="") as table:
        cells = [cell for cells in csv.reader(table) for cell in cells]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\0")) for cell in cells)
    same = bench.run("set", "--csv", "t.csv", "--yes")
    assert (same.code, (folder / "a.yaml").read_text()) == (0, f"skus:\n{lines}"), same
    changed = (bench.folder / "t.csv").read_text("utf-8").replace('"0"', '"77"')
    (bench.folder / "t.csv").write_text(changed, "utf-8")
    run = bench.run("set", "--csv", "t.csv", "--yes")
    text = (folder / "a.yaml").read_text()
    assert (run.code, text) == (0, f"skus:\n{lines}".replace(": 0\n", ": 77\n", 1)), run
