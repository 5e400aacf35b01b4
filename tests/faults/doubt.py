"""Rows D1 to D6: crashed runs, and what is known about their writes."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from faults.event_scene import HAVE, EventScene, event_scene
from faults.table import Bench, row
from reconciler.apply import batches
from reconciler.errors import HistoryError
from reconciler.git import remotes
from reconciler.records import publish
from reconciler.webflow.client import StoreClient


def _errors(text: str) -> dict[str, str]:
    said: list[dict[str, Any]] = json.loads(text)["findings"]
    return {one["sku"]: one["kind"] for one in said if one["kind"] == "unsettled"}


@row("D1", "killed with one batch announced", naive=False)
def one_batch(bench: Bench) -> None:
    """Only that batch is resolved by the shop.

    The rest was not started, and comes with the next apply.
    """
    with event_scene(bench) as scene, pytest.MonkeyPatch.context() as patched:
        patched.setattr(batches, "MAX_SIZE", 1)
        scene.level(TEE=70, MUG=25)
        scene.kill_at_write(1, lands=bench.chance.random() < 0.5)
        shown = scene.run("base", "show").out
        assert shown.count("TEE: ") + shown.count("MUG: ") == 1, shown
        scene.settle(0, "--take-over")
        assert scene.shop.stocks() == {"TEE": 70, "MUG": 25}


@row("D2", "told by the orders, in both directions", naive=False)
def told(bench: Bench) -> None:
    """A typed number arrives once, and no sale is undone. Each resolution is reported."""
    for lands in (True, False):
        for sold in (0, 4, 20):
            with bench.fresh() as fresh, event_scene(fresh) as scene:
                scene.level(TEE=70)
                scene.kill_at_write(1, lands=lands)
                if sold:
                    scene.sell_later(sold)
                run = scene.settle(0, "--take-over")
                assert "told" in run.out, run
                # A level that was not written is what the shop should have, sold or not.
                assert scene.tee() == (70 - sold if lands else 70), (lands, sold)
                scene.settle()
                assert scene.tee() == (70 - sold if lands else 70)


@row("D3", "in doubt without orders", naive=False)
def in_doubt(bench: Bench) -> None:
    """Every plan, apply, and drift names it, and nothing is written until a later count."""
    with event_scene(bench) as scene:
        _leave_doubt(scene)
        for _ in range(2):
            run = scene.run("plan", "--format", "json")
            assert (run.code, _errors(run.out)) == (65, {"TEE": "unsettled"}), run
            scene.settle(5)
            drift = scene.run("drift", "--format", "json")
            assert (drift.code, "unsettled" in drift.out) == (65, True), drift
        live = scene.tee()
        scene.event("count", datetime.now(UTC), TEE=live)
        scene.settle()
        scene.idle()
        assert scene.tee() == live


def _leave_doubt(scene: EventScene) -> None:
    """Leave a typed level in doubt: the shop has neither number, and no order explains it."""
    scene.level(TEE=70)
    scene.kill_at_write(1, lands=scene.bench.chance.random() < 0.5)
    scene.shop.db.execute("UPDATE skus SET quantity = '61' WHERE code = 'TEE'")
    scene.settle(5, "--take-over")


@row("D4", "`base settle`, both ways, and of a SKU that is not in doubt", naive=False)
def settled(bench: Bench) -> None:
    """If applied, nothing follows. If skipped, it is planned again. Otherwise exit code 64."""
    for word, after in (("applied", 61), ("skipped", 70)):
        with bench.fresh() as fresh, event_scene(fresh) as scene:
            assert scene.run("base", "settle", f"TEE={word}").code == 64
            _leave_doubt(scene)
            assert scene.run("base", "settle", "MUG=applied").code == 64
            assert scene.run("base", "settle", "TEE=maybe").code == 64
            run = scene.run("base", "settle", f"TEE={word}")
            assert run.code == 0, run
            scene.settle()
            assert scene.tee() == after
            scene.idle()


@row("D5", "a live run beside a runner whose clock is an hour fast", naive=False)
def fast_clock(bench: Bench) -> None:
    """The lock is not taken over. With --take-over, the apply waits for the deadline."""
    with event_scene(bench) as scene:
        scene.level(TEE=70)
        scene.kill_at_write(1, lands=True)
        real = StoreClient.ask_time
        asked: list[datetime] = []

        def ask_time(self: StoreClient, site_id: str) -> datetime:
            asked.append(real(self, site_id) - timedelta(seconds=1 if not asked else 0))
            return asked[-1]

        with pytest.MonkeyPatch.context() as patched:
            # The run before is a second old by the shop's clock, whatever this machine's says.
            patched.setattr(StoreClient, "ask_time", ask_time)
            held = scene.run("apply", "--yes")
        assert (held.code, "base unlock" in held.err) == (3, True), held
        scene.settle(0, "--take-over")
        assert scene.tee() == 70


@row("D6", "a push refused or outrun, at intent, batch, and receipt", naive=False)
def pushes(bench: Bench) -> None:
    """The messages are true, and their advice works."""
    for number in (1, 2, 3):
        for is_outrun in (False, True):
            with bench.fresh() as fresh, event_scene(fresh) as scene:
                _fail_at_push(scene, number, is_outrun=is_outrun)


def _fail_at_push(scene: EventScene, number: int, *, is_outrun: bool) -> None:
    scene.level(TEE=70, MUG=25)
    real, pushed = remotes.push_ref, 0

    def push_ref(repository: Any, remote: str, commit: str, ref: str, *, dry: bool = False) -> None:
        nonlocal pushed
        pushed += not dry
        if pushed == number and not dry:
            if is_outrun:
                tip = repository.ask(
                    "commit-tree", f"{commit}^{{tree}}", "-p", f"{commit}^", "-m", "x"
                )
                real(repository, remote, tip, ref)
            else:
                raise HistoryError("git push: no route to host")
        real(repository, remote, commit, ref, dry=dry)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(batches, "MAX_SIZE", 1)
        patched.setattr(publish, "push_ref", push_ref)
        run = scene.run("apply", "--yes", "--parallelism", "1")
    written = sum(scene.shop.stocks()[sku] != HAVE[sku] for sku in HAVE)
    # Intent, batch, receipt: none, one, or both are written.
    assert written == number - 1, run
    assert run.code == ((3 if is_outrun else 1) if number == 1 else 5), run
    assert ("Nothing was written" in run.err) is (number == 1), run
    by_hand = run.err.partition("`git push ")[2].partition("`")[0]
    if by_hand:
        scene.git("push", *by_hand.split())
    if is_outrun:
        shutil.rmtree(scene.folder.parents[1] / ".reconciler/journal", ignore_errors=True)
    scene.settle(0, "--take-over")
    assert scene.shop.stocks() == {"TEE": 70, "MUG": 25}
    scene.idle()
