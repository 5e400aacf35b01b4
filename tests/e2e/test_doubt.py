"""Crashed runs, and runs that were taken over by mistake: what must not follow from them."""

import contextlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import SHORT_LOCKS, sealed
from faults.event_scene import EventScene, ago, event_scene
from faults.table import Bench
from histories.world import KilledError, killed_at

from reconciler.app import recording
from reconciler.apply import batches
from reconciler.errors import HistoryError
from reconciler.git import remotes
from reconciler.records import publish
from reconciler.webflow import shop_clock
from reconciler.webflow.client import StoreClient

_SCRIPT = f"""
import sys
from reconciler.app import recording
from reconciler.cli.main import exit_code
for name, seconds in {SHORT_LOCKS!r}.items():
    setattr(recording, name, seconds)
sys.exit(exit_code(sys.argv[1:]))
"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a bench in a folder of this test."""
    return Bench(Path(os.path.realpath(tmp_path)), random.Random(1))  # noqa: S311  no secret


def _run_apart(scene: EventScene, home: str, *arguments: str) -> str:
    """Run the command in another process, in the clone *home*, in the middle of this one."""
    command = [sys.executable, "-c", _SCRIPT, *arguments]
    folder = scene.bench.folder / home
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return f"{done.returncode}: {done.stdout}{done.stderr}"


def _die_while_another_plans(scene: EventScene) -> None:
    """Let a run write TEE and crash, while another clone plans right before that write."""
    scene.clone("second")
    scene.home = "first"
    real = StoreClient.write_stock
    said: list[str] = []

    def write_stock(self: StoreClient, *arguments: Any) -> Any:
        if not said:
            said.append(_run_apart(scene, "second", "plan", "--out", "p.json"))
            real(self, *arguments)
        raise KilledError

    with pytest.MonkeyPatch.context() as patched, contextlib.suppress(KilledError):
        patched.setattr(recording, "LEAST", 4.0)
        patched.setattr(StoreClient, "write_stock", write_stock)
        scene.run("apply", "--yes", "--parallelism", "1")
    assert said[0].startswith("65: "), said
    scene.home = "second"


@pytest.mark.parametrize(("is_level", "sold"), [(True, 5), (False, 0), (False, 1)])
def test_plan_during_another_run_keeps_its_writes_in_doubt(
    bench: Bench, is_level: bool, sold: int
) -> None:
    """The run may still write them. Nothing is added twice or undone."""
    with event_scene(bench) as scene:
        if is_level:
            scene.level(TEE=70)
        else:
            scene.event("po", ago(minutes=1), TEE="+20")
        _die_while_another_plans(scene)
        if sold:
            scene.sell_later(sold)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(recording, "LEAST", 4.0)
            scene.run("apply", "p.json", "--take-over")
        assert scene.tee() == 70 - sold
        scene.settle(0, "--take-over")

        assert scene.tee() == 70 - sold


def test_count_before_the_write_resolves_no_doubt(bench: Bench) -> None:
    """The shelf was counted before the write, so the count says nothing about it."""
    with event_scene(bench) as scene:
        scene.level(TEE=70)
        scene.run("plan", "--out", "p.json")
        counted = datetime.now(UTC)
        with killed_at(1, lands=True), contextlib.suppress(KilledError):
            scene.run("apply", "p.json", "--parallelism", "1")
        scene.shop.db.execute("UPDATE skus SET quantity = '66' WHERE code = 'TEE'")
        scene.event("count", counted, TEE=44)
        scene.settle(5, "--take-over")

        assert scene.tee() == 66


@pytest.mark.parametrize("which", [(), ("--sku", "TEE")], ids=["all", "one"])
def test_count_before_base_settle_is_stale(bench: Bench, which: tuple[str, ...]) -> None:
    """`base settle` is newer than the count."""
    with event_scene(bench) as scene:
        scene.level(TEE=70)
        scene.settle()
        assert scene.run("base", "set", "HEAD", *which, "--yes").code == 0
        scene.event("late-count", ago(minutes=30), TEE=44)
        scene.settle(5)

        assert scene.tee() == 70


def test_sku_back_under_another_key_keeps_its_base(bench: Bench) -> None:
    """Its number is the same as ever, so nothing is undone."""
    with event_scene(bench, before={"TEE": 50, "MUG": 20, "NEW": 90}) as scene:
        old, new = scene.sku_id("TEE"), scene.sku_id("NEW")
        scene.sell(7)
        levels: dict[str, Any] = {"TEE": f"{{id: {new}, sku: NEW, quantity: 50}}", "MUG": 20}
        scene.declare(levels)
        scene.commit()
        scene.settle()
        scene.declare(levels | {"OLD-TEE": f"{{id: {old}, sku: TEE, quantity: 50}}"})
        scene.commit()
        scene.settle()

        assert scene.shop.stocks() == {"TEE": 43, "MUG": 20, "NEW": 50}


def _reseal(scene: EventScene, change: Mapping[str, Any]) -> None:
    """Change a saved plan, and update its fingerprint."""
    path = scene.bench.folder / scene.home / "p.json"
    path.write_text(json.dumps(sealed(json.loads(path.read_text("utf-8")) | change)), "utf-8")


@pytest.mark.parametrize("answer", ["landed", "skipped"])
def test_forged_plan_about_write_in_doubt_is_refused(bench: Bench, answer: str) -> None:
    """Orders and stock don't confirm it, and it stays in doubt."""
    with event_scene(bench) as scene:
        scene.event("po", ago(minutes=1), TEE="+20")
        scene.kill_at_write(1, lands=True)
        scene.shop.db.execute("UPDATE skus SET quantity = '66' WHERE code = 'TEE'")
        scene.settle(5, "--take-over")
        scene.event("mug", ago(minutes=1), MUG="+1")
        assert scene.run("plan", "--out", "p.json").code == 65
        lie: dict[str, list[str]] = {"landed": [], "skipped": [], "in_doubt": []}
        lie[answer] = [scene.sku_id("TEE")]
        _reseal(scene, {"recovered": lie})

        assert scene.run("apply", "p.json").code == 3
        assert "unsettled" in scene.run("plan").out


def test_forged_plan_about_count_is_refused(bench: Bench) -> None:
    """A correction is added to any stock, so its sources are read again."""
    with event_scene(bench) as scene:
        scene.event("count", ago(seconds=1), TEE=44)
        scene.run("plan", "--out", "p.json")
        plan = json.loads((scene.bench.folder / scene.home / "p.json").read_text("utf-8"))
        (action,) = plan["actions"]
        action["before"]["quantity"] = 100
        action["correction"] = -56
        summary = plan["summary"] | {"units_lowered": 56}
        _reseal(scene, {"actions": [action], "summary": summary})

        assert (scene.run("apply", "p.json").code, scene.tee()) == (3, 50)


@pytest.mark.parametrize("sold", [0, 3])
def test_saved_plan_of_count_is_applied_after_sales(bench: Bench, sold: int) -> None:
    """Stock and sales add up to the same."""
    with event_scene(bench) as scene:
        scene.event("count", ago(seconds=30), TEE=44)
        scene.run("plan", "--out", "p.json")
        if sold:
            scene.sell(sold)
        run = scene.run("apply", "p.json")

        assert (run.code, scene.tee()) == (0, 44 - sold), run


def test_deadline_of_wrong_shop_clock_can_be_unlocked(bench: Bench) -> None:
    """The shop's clock was a day fast for one crashed run.

    After an unlock, it does not block for a day.
    """
    with event_scene(bench) as scene:
        scene.level(TEE=70)
        day = timedelta(days=1)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(shop_clock, "told_time", lambda _: datetime.now(UTC) + day)
            scene.kill_at_write(1, lands=False)
        held = scene.run("apply", "--yes")
        tomorrow = datetime.now(UTC) + day
        assert (held.code, f"{tomorrow:%Y-%m-%d}" in held.err) == (3, True), held
        run_id = held.err.partition("base unlock ")[2].partition("`")[0]
        assert scene.run("base", "unlock", run_id).code == 0
        scene.settle()

        assert scene.tee() == 70


def test_runner_with_fast_clock_takes_over_nothing_without_shop_time(
    bench: Bench,
) -> None:
    """Without a Date header, it is unknown whose clock is right."""
    with event_scene(bench) as scene:
        scene.level(TEE=70)
        scene.kill_at_write(1, lands=False)

        class Fast:
            @staticmethod
            def now(zone: Any) -> datetime:
                return datetime.now(zone) + timedelta(hours=1)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(shop_clock, "told_time", lambda _: None)
            patched.setattr(shop_clock, "datetime", Fast)
            run = scene.run("apply", "--yes")

        assert (run.code, scene.tee()) == (3, 50), run


@pytest.mark.parametrize("number", [1, 2, 3], ids=["intent", "batch", "receipt"])
def test_push_with_lost_answer_is_no_failure(bench: Bench, number: int) -> None:
    """The remote has the record, so the run goes on."""
    with event_scene(bench) as scene:
        scene.event("po", ago(minutes=1), TEE="+20", MUG="+5")
        real, pushed = remotes.push_ref, 0

        def push_ref(
            repository: Any, remote: str, commit: str, ref: str, *, dry: bool = False
        ) -> None:
            nonlocal pushed
            pushed += not dry
            real(repository, remote, commit, ref, dry=dry)
            if pushed == number and not dry:
                raise HistoryError("git push: the remote end hung up unexpectedly")

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(batches, "MAX_SIZE", 1)
            patched.setattr(publish, "push_ref", push_ref)
            run = scene.run("apply", "--yes", "--parallelism", "1")

        assert (run.code, scene.shop.stocks()) == (0, {"TEE": 70, "MUG": 25}), run
        scene.idle()


def test_run_unlocked_by_mistake_stops_and_records_its_writes(bench: Bench) -> None:
    """It writes nothing more, and its writes are recorded."""
    with event_scene(bench) as scene:
        scene.event("po", ago(minutes=1), TEE="+20", MUG="+5")
        scene.clone("second")
        scene.home = "first"
        real, pushed = remotes.push_ref, 0
        said: list[str] = []

        def push_ref(
            repository: Any, remote: str, commit: str, ref: str, *, dry: bool = False
        ) -> None:
            nonlocal pushed
            pushed += not dry
            if pushed == 2 and not said:
                held = _run_apart(scene, "second", "apply", "--yes")
                run_id = held.partition("base unlock ")[2].partition("`")[0]
                said.append(_run_apart(scene, "second", "base", "unlock", run_id))
            real(repository, remote, commit, ref, dry=dry)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(recording, "LASTING", 200.0)
            patched.setattr(batches, "MAX_SIZE", 1)
            patched.setattr(publish, "push_ref", push_ref)
            run = scene.run("apply", "--yes", "--parallelism", "1")

        assert said[0].startswith("0: "), said
        assert (run.code, "base unlock" in run.out, "Another apply" in run.err) == (5, True, False)
        scene.settle()
        assert scene.shop.stocks() == {"TEE": 70, "MUG": 25}
