"""Rows P1 to P9, C3, C11: a process that is stopped, killed, starved, or not alone."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from faults.network import PATCH, few
from faults.scene import Scene
from faults.table import Bench, row
from reconciler.sandbox.faults import Fault, Faults, Kind

GRACE = 7.5  # seconds that GitHub's runner leaves between SIGINT and SIGTERM
ORDERLY = 2.5


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "reconciler", *arguments]


@contextmanager
def started(scene: Scene, *arguments: str, cwd: str = ".") -> Iterator[subprocess.Popen[str]]:
    """Yield the command as its own process."""
    with subprocess.Popen(
        _command(*arguments),
        cwd=scene.bench.folder / cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _until_writing(scene: Scene, process: subprocess.Popen[str], writes: int = 1) -> None:
    while len(scene.writes()) < writes:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def _interrupted(bench: Bench, number: signal.Signals, within: float) -> None:
    """Expect that the first signal ends the run in order and in time, with report and journal."""
    before = {f"S{n:02}": 20 for n in range(30)}
    after = dict.fromkeys(before, 30)
    slow = Fault(Kind.NONE, path="/inventory", latency=0.1)
    with Scene(bench, before, after, [slow]).open() as scene:
        scene.plan()
        with started(scene, "apply", "p.json", "--parallelism", "2") as process:
            _until_writing(scene, process, bench.chance.randint(1, 5))
            begun = time.monotonic()
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
            seconds = time.monotonic() - begun
        assert process.returncode == 128 + number, (out, err)
        assert seconds < within, seconds
        written = len(scene.writes())
        assert 0 < written < 30
        assert f"Apply incomplete. {written} changed" in out, out
        assert "Traceback" not in out + err
        assert scene.verdict() == (0, 0, 0, 0)
        assert scene.run("apply", "p.json").code == 0
        assert len(scene.writes()) == 30


@row("P1", "SIGINT in the middle of a write", naive=False)
def sigint(bench: Bench) -> None:
    """Writes in flight finish, journal and report are kept, and a rerun does the rest."""
    _interrupted(bench, signal.SIGINT, GRACE)


@row("P2", "a second SIGINT", naive=False)
def sigint_twice(bench: Bench) -> None:
    """It ends at once: a hanging write is unknown, and the rest not tried."""
    before, after, sku = few(bench)
    hang = Fault(Kind.HANG, sku=sku, applied=bench.chance.random() < 0.5, **PATCH)
    minute = {"WEBFLOW_RATE_WINDOW": "60"}  # so that no deadline ends it
    with Scene(bench, before, after, [hang], env=minute).open() as scene:
        scene.plan()
        with started(scene, "apply", "p.json", "-v") as process:
            journal = bench.folder / ".reconciler/journal"
            while not any(f'"sending": "{sku}"' in p.read_text() for p in journal.glob("*")):
                assert process.poll() is None, process.communicate()
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            while "Interrupted" not in process.stderr.readline():
                assert process.poll() is None
            begun = time.monotonic()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        assert (process.returncode, time.monotonic() - begun < ORDERLY) == (130, True), (out, err)
        assert f"unknown   {sku}" in out, out
        assert "interrupted twice" in out
        assert "Traceback" not in out + err


@row("P3", "SIGTERM in the middle of a write", naive=False)
def sigterm(bench: Bench) -> None:
    """The same as SIGINT, with exit code 143."""
    _interrupted(bench, signal.SIGTERM, ORDERLY)


class Killing(Faults):
    """Kills a process at its k-th request for stock. Its *kind* says whether that takes effect."""

    def __init__(self, at: int, kind: Kind, *, applied: bool) -> None:
        super().__init__([])
        self._left = at
        self._fault = Fault(kind, applied=applied)
        self.process: subprocess.Popen[str] | None = None

    def strike(self, method: str, path: str, skus: tuple[str, ...]) -> Fault | None:
        """Count the requests of the process."""
        if self.process is None or "/inventory" not in path:
            return None
        self._left -= 1
        if self._left:
            return None
        self.process.kill()
        return self._fault


def _twelve(bench: Bench) -> tuple[dict[str, int], dict[str, int]]:
    before = {f"S{n:02}": 30 + n for n in range(12)}
    return before, {sku: value + bench.chance.choice([-9, 8]) for sku, value in before.items()}


def _boundaries(bench: Bench) -> list[int]:
    """Return some of the 24 requests for 12 SKUs. Eight consecutive seeds cover each once."""
    return list(range(1 + bench.seed % 8, 25, 8))


@row("P4", "SIGKILL at every request, a sale, and a rerun", naive=False)
def killed(bench: Bench) -> None:
    """With the journal, and in a fresh clone with only the records, the end is the same."""
    for at in _boundaries(bench):
        for check in (_rerun_with_the_journal, _rerun_elsewhere):
            with bench.fresh() as here:
                check(here, at)


def _kill(scene: Scene, killing: Killing, *arguments: str) -> str:
    """Apply until killed, and sell one unit. Return what was sold."""
    with started(scene, *arguments, cwd=scene.home) as process:
        killing.process = process
        process.wait(timeout=60)
        killing.process = None
    assert process.returncode == -signal.SIGKILL, process.communicate()
    sold = scene.bench.chance.choice(list(scene.before))
    # By the shop's clock a while later: an order within two seconds of a read decides nothing.
    scene.shop.sell(sold, 1, at=datetime.now(UTC) + timedelta(seconds=30))
    return sold


def _check_the_end(scene: Scene, sold: str, said: str = "") -> None:
    """Expect one write for each SKU, and that the sale stays, or *said* names what was undone."""
    writes = {sku: len(scene.writes(sku)) for sku in scene.before}
    stocks = scene.shop.stocks()
    assert all(count <= 1 for count in writes.values()), writes
    for sku, wanted in scene.after.items():
        expected = wanted if writes[sku] else scene.before[sku]
        if sku != sold:
            assert writes[sku] == 1, (sku, writes)
        elif not _is_written_after_the_sale(scene, sold):
            expected -= 1
        else:  # planned anew: what a typed level puts back is announced
            assert (
                wanted < scene.before[sku] or "1 sold since would go back on the shelf" in said
            ), said
        assert stocks[sku] == expected, (sku, stocks[sku], expected)
    assert scene.verdict()[:3] == (0, 0, 0), scene.verdict()


def _is_written_after_the_sale(scene: Scene, sold: str) -> bool:
    sku_id = scene.sku_id(sold)
    kinds = [e.kind for e in scene.shop.ledger() if e.sku_id == sku_id]
    return "write" in kinds and kinds.index("write") > kinds.index("sale")


def _killing(bench: Bench, at: int) -> Killing:
    lands = bench.chance.random() < 0.5
    return Killing(at, Kind.NONE if lands else Kind.RESET, applied=lands)


def _rerun_with_the_journal(bench: Bench, at: int) -> None:
    before, after = _twelve(bench)
    killing = _killing(bench, at)
    with Scene(bench, before, after, killing).open() as scene:
        scene.plan()
        sold = _kill(scene, killing, "apply", "p.json", "--parallelism", "1")
        run = scene.run("apply", "p.json", "-v")
        assert run.code in {0, 3, 5}, run
        _check_the_end(scene, sold)


def _rerun_elsewhere(bench: Bench, at: int) -> None:
    before, after = _twelve(bench)
    killing = _killing(bench, len(before) + at)  # the plan reads each SKU once
    env = {"WEBFLOW_RATE_WINDOW": "0.6"}  # so that a dead run's lock lasts for three seconds
    options: dict[str, Any] = {"home": "first", "rule": "on_change", "env": env}
    with Scene(bench, before, after, killing, **options).open() as scene:
        scene.begin_records()
        scene.planned_at = len(scene.shop.ledger())
        flags = ("--yes", "--record", "--push", "origin")
        sold = _kill(scene, killing, "apply", *flags, "--parallelism", "1")
        scene.clone("second")
        held = scene.run("apply", *flags)
        assert (held.code, "base unlock" in held.err) == (3, True), held
        assert scene.verdict()[:3] == (0, 0, 0), scene.verdict()
        scene.planned_at = len(scene.shop.ledger())  # it plans anew, and knows of the sale
        run = scene.run("apply", *flags, "--take-over")
        assert run.code in {0, 3}, run
        _check_the_end(scene, sold, run.out)
        assert "No changes." in scene.run("plan").out


@row("P5", "a journal that cannot be written", naive=False)
def no_journal(bench: Bench) -> None:
    """It is found before the first write: exit code 1, nothing is written."""
    before, after, _ = few(bench)
    with Scene(bench, before, after).open() as scene:
        scene.plan()
        for place in ("/dev/full", "p.json/journal", "."):
            run = scene.run("apply", "p.json", "--journal", place)
            assert (run.code, "journal" in run.err) == (1, True), run
        assert scene.writes() == []


@row("P6", "stdout that is closed", naive=False)
def closed_stdout(bench: Bench) -> None:
    """All work is done without a reader."""
    before, after, _ = few(bench)
    with Scene(bench, before, after).open() as scene:
        scene.plan()
        command = " ".join(_command("apply", "p.json", "-v"))
        end = bench.chance.choice(["| head -1", ">&-", "| true"])
        script = f"({command}; echo $? >&2) {end}"
        run = subprocess.run(
            ["/bin/sh", "-c", script], cwd=bench.folder, capture_output=True, text=True, check=False
        )
        assert run.stderr == "0\n", run
        assert len(scene.writes()) == len(after)


@row("P7", "a clock that jumps by an hour", naive=False)
def jumping_clock(bench: Bench) -> None:
    """Waits are measured by a monotonic clock."""
    before, after, sku = few(bench)
    faults = [Fault(Kind.RESET, sku=sku, count=1, **PATCH)]
    script = (
        "import random, sys, time\n"
        "real = time.time\n"
        "time.time = lambda: real() + random.choice([-3600, 0, 3600])\n"
        "from reconciler.cli.main import exit_code\n"
        "sys.exit(exit_code(['apply', 'p.json']))\n"
    )
    with Scene(bench, before, after, faults).open() as scene:
        scene.plan()
        begun = time.monotonic()
        run = subprocess.run(
            [sys.executable, "-c", script],
            cwd=bench.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (run.returncode, time.monotonic() - begun < 60) == (0, True), run
        assert scene.verdict() == (0, 0, 0, 0)


@row("P8", "a journal whose last line is torn", naive=False)
def torn_journal(bench: Bench) -> None:
    """Complete lines count, and the rest is ignored."""
    before, after = _twelve(bench)
    killing = _killing(bench, bench.chance.randint(5, 20))
    with Scene(bench, before, after, killing).open() as scene:
        scene.plan()
        sold = _kill(scene, killing, "apply", "p.json", "--parallelism", "1")
        (journal,) = (bench.folder / ".reconciler/journal").glob("*.jsonl")
        with journal.open("ab") as file:
            file.write(bench.chance.choice([b'{"settled": "S0', b"\xff\x00", b'{"sending"', b"5"]))
        run = scene.run("apply", "p.json")
        assert run.code in {0, 3, 5}, run
        _check_the_end(scene, sold)


@row("P9", "no file handles, no memory", naive=False)
def starved(bench: Bench) -> None:
    """There is an error and an exit code, and no partial write."""
    before, after, _ = few(bench)
    limits = bench.chance.choice(["ulimit -n 9", "ulimit -n 12", "ulimit -v 190000"])
    with Scene(bench, before, after).open() as scene:
        scene.plan()
        script = f"{limits}; exec {' '.join(_command('apply', 'p.json'))}"
        run = subprocess.run(
            ["/bin/bash", "-c", script],
            cwd=bench.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode in {0, 1, 3, 5}, run
        assert "Traceback" not in run.stderr, run
        assert scene.verdict() == (0, 0, 0, 0)
        assert scene.run("apply", "p.json").code in {0, 3}


@row("C3", "two applies at once", naive=False)
def at_once(bench: Bench) -> None:
    """From two clones, exactly one apply starts. The other writes nothing: exit code 3."""
    before, after = _twelve(bench)
    slow = Fault(Kind.NONE, path="/inventory", latency=0.02)
    with Scene(bench, before, after, [slow], home="first", rule="on_change").open() as scene:
        scene.begin_records()
        scene.planned_at = len(scene.shop.ledger())
        scene.clone("second")
        flags = ("apply", "--yes", "--record", "--push", "origin")
        with (
            started(scene, *flags, cwd="first") as one,
            started(scene, *flags, cwd="second") as other,
        ):
            ends = [process.communicate(timeout=60) for process in (one, other)]
        codes = sorted([one.returncode, other.returncode])
        # Where the second came so late that all was done, it finds nothing to begin.
        assert codes == [0, 3] or (codes == [0, 0] and "No changes." in str(ends)), (codes, ends)
        assert len(scene.writes()) == len(after)
        assert scene.verdict() == (0, 0, 0, 0)


@row("C11", "an apply that was queued and cancelled", naive=False)
def cancelled(bench: Bench) -> None:
    """The next apply includes its changes, since the base is the last record."""
    before, after = _twelve(bench)
    with Scene(bench, before, after, home="first", rule="on_change").open() as scene:
        scene.begin_records()
        first, *rest = list(after)
        scene.declare({**after, first: before[first]})
        scene.commit()
        scene.declare(after)
        scene.commit()
        scene.planned_at = len(scene.shop.ledger())
        run = scene.run("apply", "--yes", "--record", "--push", "origin")
        assert run.code == 0, run
        assert scene.shop.stocks() == after
        assert len(rest) == 11
