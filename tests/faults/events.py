"""Rows J1 to J12: events, with any change of files, runs, and answers."""

import json
import shutil
from datetime import UTC, datetime
from typing import Any

from factories import SITE

from faults.event_scene import EventScene, ago, event_scene
from faults.table import Bench, row
from reconciler.model import Limit
from reconciler.sandbox.faults import Fault, Kind


@row("J1", "adjustments with sales before, between, and after", naive=False)
def sales_around(bench: Bench) -> None:
    """The result is exact, whenever they sell."""
    before, between, after = (bench.chance.randint(1, 9) for _ in range(3))
    with event_scene(bench) as scene:
        scene.sell(before)
        scene.event("po", ago(minutes=1), TEE="+20")
        scene.plan()
        scene.sell(between)
        assert scene.apply(0)["TEE"] == "applied"
        scene.sell(after)
        scene.idle()
        assert scene.tee() == 70 - before - between - after


@row("J2", "the same plan again, two runners, a stale clone", naive=False)
def once_only(bench: Bench) -> None:
    """The delivery arrives once."""
    with event_scene(bench) as scene:
        scene.clone("second")
        scene.home = "first"
        scene.event("po", ago(minutes=1), TEE="+20")
        scene.plan()
        scene.apply(0)
        again = scene.run("apply", "p.json")
        assert again.code == 3, again
        scene.home = "second"
        stale = scene.run("apply", "--yes")
        assert stale.code == 3, stale  # its commit is older than what was applied
        scene.git("pull", "--quiet", "--ff-only", "origin", "main")
        scene.settle()
        assert scene.tee() == 70


@row("J3", "a lost answer, a 5xx, a store that shows a write late", naive=False)
def lost_answers(bench: Bench) -> None:
    """The delivery arrives once, or is in doubt and named."""
    for kind in (Kind.RESET, Kind.STATUS):
        for applied in (True, False):
            fault = Fault(kind, method="PATCH", count=1, applied=applied, status=502)
            with bench.fresh() as fresh, event_scene(fresh, faults=[fault]) as scene:
                scene.event("po", ago(minutes=1), TEE="+20")
                run = scene.run("apply", "--yes")
                assert (run.code, scene.tee()) == (0, 70), run
                scene.idle()


@row("J4", "SIGKILL at every step, with the disk and without", naive=False)
def killed(bench: Bench) -> None:
    """The delivery arrives once, even if as many units were sold as came in."""
    step, has_come = 0, True
    while has_come:
        step += 1
        keeps_disk, sold = bench.chance.random() < 0.5, bench.chance.choice([0, 3, 20])
        with bench.fresh() as fresh, event_scene(fresh) as scene:
            scene.event("po", ago(minutes=1), TEE="+20", MUG="+20")
            has_come = scene.kill(step)
            if not keeps_disk:
                shutil.rmtree(scene.folder.parents[1] / ".reconciler/journal", ignore_errors=True)
            if sold:
                scene.sell_later(sold)
                scene.sell_later(sold, "MUG")
            scene.settle(0, "--take-over")
            assert scene.shop.stocks() == {"TEE": 70 - sold, "MUG": 40 - sold}, (step, sold)
            scene.idle()


@row("J5", "two files of one SKU from two branches", naive=False)
def two_branches(bench: Bench) -> None:
    """Both arrive, in any order of merging."""
    with event_scene(bench) as scene:
        scene.git("checkout", "--quiet", "-b", "one")
        _write(scene, "one", TEE="+20")
        scene.git("checkout", "--quiet", "main")
        scene.git("checkout", "--quiet", "-b", "two")
        _write(scene, "two", TEE="+5")
        branches = ["one", "two"]
        bench.chance.shuffle(branches)
        for branch in branches:
            scene.git("checkout", "--quiet", "main")
            scene.git("merge", "--quiet", "--no-edit", branch)
            scene.git("push", "--quiet", "origin", "main")
            scene.settle()
        assert scene.tee() == 75


def _write(scene: EventScene, name: str, **units: str) -> None:
    lines = "".join(f"  {sku}: {one}\n" for sku, one in units.items())
    path = scene.folder / f"events/{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"at: {ago(minutes=1).isoformat()}\nskus:\n{lines}", "utf-8")
    scene.git("add", "--all")
    scene.git("commit", "--quiet", "--message", name)


@row("J6", "a delivery edited, deleted, reverted, renamed, moved, split", naive=False)
def edited(bench: Bench) -> None:
    """The shop follows, and the plan says why. Moving a file changes nothing."""
    with event_scene(bench) as scene:
        at = ago(minutes=5)
        path = scene.event("po", at, TEE="+20")
        scene.settle()
        scene.event("po", at, TEE="+30")
        assert "corrected" in scene.run("plan").out
        scene.settle()
        assert scene.tee() == 80
        scene.delete(path)
        path = scene.event("deep/er/po", at, TEE="+30")
        scene.idle()
        scene.event("deep/er/po", at, TEE="+18")
        scene.event("rest", at, TEE="+12")
        scene.idle()
        scene.delete(path)
        assert "taken back" in scene.run("plan").out
        scene.settle()
        assert scene.tee() == 62
        scene.git("revert", "--no-edit", "HEAD")
        scene.git("push", "--quiet", "origin", "main")
        scene.settle()
        assert scene.tee() == 80


_NO_LIMITS = "limits:\n" + "".join(f"  {limit}: 999999\n" for limit in Limit)


def _findings(text: str) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = json.loads(text)["findings"]
    return [one for one in said if one["kind"] != "drift"]


@row("J7", "below zero, infinite, unknown, frozen, a rule that owns the number", naive=False)
def impossible(bench: Bench) -> None:
    """Each is named and left alone, and stops nothing else."""
    have = {"TEE": 50, "MUG": 20, "INF": "infinite", "OWN": 5, "ICE": 7}
    frozen = f"site_id: {SITE}\nrule: on_change\nfrozen: [ICE]\n{_NO_LIMITS}"
    with event_scene(bench, before=have, settings=frozen) as scene:
        scene.level(OWN="{quantity: 5, rule: exact}")
        scene.settle()
        lines = {"TEE": "+1", "MUG": "-21", "INF": "+1", "OWN": "+1", "ICE": "+1", "NOPE": "+1"}
        scene.event("po", ago(minutes=1), **lines)
        run = scene.run("plan", "--format", "json")
        kinds = {one["sku"]: one["kind"] for one in _findings(run.out)}
        wanted = {"MUG": "short", "INF": "owned", "OWN": "owned", "NOPE": "missing"}
        assert (run.code, kinds) == (65, {**wanted, "ICE": "frozen"}), run
        scene.settle(5)
        assert scene.shop.stocks() == {**have, "TEE": 51}


@row("J8", "a level typed beside an event that is not applied", naive=False)
def level_and_event(bench: Bench) -> None:
    """It is unclear whether the level includes the event. One after the other, both arrive."""
    with event_scene(bench) as scene:
        path = scene.event("po", ago(minutes=1), TEE="+20")
        scene.level(TEE=90)
        run = scene.settle(5)
        assert ("conflicting" in run.out, scene.tee()) == (True, 50), run
        scene.level(TEE=50)
        scene.settle()
        scene.level(TEE=90)
        scene.settle()
        assert scene.tee() == 90
        scene.delete(path)
        scene.idle()


@row("J9", "event files with slips", naive=False)
def slips(bench: Bench) -> None:
    """Exit code 65 with a place, and no request."""
    good = "at: 2026-01-02T03:04:05+01:00\nskus:\n  TEE: "
    files = [
        f"{good}'+5'\n",
        f"{good}+0\n",
        f"{good}+5\n  TEE: +5\n",
        "at: 2026-01-02T03:04:05\nskus:\n  TEE: +5\n",
        "at: 2126-01-02T03:04:05Z\nskus:\n  TEE: +5\n",
        "skus:\n  TEE: +5\n",
        "",
    ]
    with event_scene(bench) as scene:
        asked = len(scene.shop.ledger())
        for text in files:
            (scene.folder / "events").mkdir(exist_ok=True)
            (scene.folder / "events/po.yaml").write_text(text, "utf-8")
            run = scene.run("validate")
            assert (run.code, "events/po.yaml:" in run.err + run.out) == (65, True), run
        (scene.folder / "events/po.yaml").rename(scene.folder / "events/po")
        assert scene.run("plan").code == 65
        assert len(scene.shop.ledger()) == asked


@row("J10", "many adjustments, folded", naive=False)
def folded(bench: Bench) -> None:
    """They arrive once, and `adjust --close` changes no stock."""
    count = 300
    with event_scene(bench) as scene:
        folder = scene.folder / "events"
        folder.mkdir()
        for number in range(count):
            at = ago(days=20, seconds=number).isoformat()
            (folder / f"{number}.yaml").write_text(f"at: {at}\nskus:\n  TEE: +1\n", "utf-8")
        scene.commit()
        scene.settle()
        assert scene.tee() == 50 + count
        run = scene.run("adjust", "--close", "--yes")
        scene.commit()
        assert (run.code, len(list(folder.iterdir()))) == (0, 1), run
        scene.idle()


@row("J11", "counts: late, deleted, older, two at one moment", naive=False)
def counts(bench: Bench) -> None:
    """Events before a count are named.

    A deleted count stays in force. Two different ones are an error.
    """
    with event_scene(bench) as scene:
        scene.sell(5, at=ago(minutes=3))
        count = scene.event("count", ago(minutes=4), TEE=44)
        scene.settle()
        assert scene.tee() == 39
        for late in ({"TEE": "+20"}, {"TEE": 12}):
            path = scene.event("late", ago(minutes=9), **late)
            assert "included" in scene.run("plan").out
            scene.settle()
            scene.delete(path)
        scene.delete(count)
        assert "stays in force" in scene.run("plan").out
        scene.settle()
        at = datetime.now(UTC)
        scene.event("one", at, TEE=30)
        scene.event("two", at, TEE=31)
        scene.settle(5)
        assert scene.tee() == 39


@row("J12", "no record", naive=False)
def no_record(bench: Bench) -> None:
    """Exit code 1, nothing is written, and the command in the message works."""
    with event_scene(bench) as scene:
        scene.event("po", ago(minutes=1), TEE="+20")
        ref = scene.record_ref()
        scene.git("push", "--quiet", "--delete", "origin", ref)
        scene.git("update-ref", "-d", ref)
        run = scene.settle(1)
        assert scene.tee() == 50
        command = next(line for line in run.err.splitlines() if "has none of these" in line)
        words = command.partition("`reconciler ")[2].partition("`")[0].split()
        assert scene.run(*words, "--yes").code == 0
        scene.settle()
        assert scene.tee() == 70
