"""Counts and deliveries, over real HTTP and real git: what was counted or came in arrives once.

The rows J1 to J12 and O1 to O8 of the table of faults, as people live through them.
"""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import FIFTY, ON_CHANGE, SITE, Workspace, sealed

from reconciler.sandbox.edits import change_code, restock
from reconciler.sandbox.order_body import CANARY

REF = f"refs/reconciler/{SITE}"
NOW = datetime.now(UTC)
_NO_LIMIT = "limits: {max_inventory_type_changes: 9, max_units_lowered: 999, max_changes: 99}\n"


def _ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat(timespec="milliseconds")


def _event(workspace: Workspace, name: str, at: str = "", /, **units: Any) -> Path:
    """Write an event file; text like `+20` is an adjustment, a number a count."""
    lines = "".join(f"  {sku}: {one}\n" for sku, one in units.items())
    text = f"at: {at or _ago(minutes=1)}\nreason: {name}\nskus:\n{lines}"
    return workspace.write(f"inventory/demo/events/{name}.yaml", text)


def _apply(workspace: Workspace, code: int = 0) -> str:
    workspace.commit()
    run = workspace.run("apply", "--yes")
    assert run.code == code, run
    return run.out


def _plan(workspace: Workspace, *flags: str, code: int = 0) -> dict[str, Any]:
    run = workspace.run("plan", "--format", "json", *flags)
    assert run.code == code, run
    data: dict[str, Any] = json.loads(run.out)
    return data


def _kinds(plan: dict[str, Any], *, level: bool = False) -> dict[str, str]:
    """Return the kind of each finding of a SKU that is about events."""
    skip = {"drift", "not_managed"}
    return {one["sku"]: one["kind"] for one in plan["findings"] if one["kind"] not in skip}


def _tee(workspace: Workspace) -> object:
    return workspace.quantities()["TEE"]


@pytest.fixture(params=[True, False], ids=["newest-first", "oldest-first"])
def either(request: pytest.FixtureRequest, workspace: Workspace) -> Iterator[Workspace]:
    """A shop that lists its orders in either direction."""
    newest_first: bool = request.param
    workspace.store(
        FIFTY,
        FIFTY,
        settings=ON_CHANGE,
        behaviour={"orders_newest_first": newest_first},
    )
    workspace.commit()
    assert workspace.run("apply", "--yes", "--base", "HEAD").code == 0
    yield workspace


def test_delivery_is_added_whatever_sells(workspace: Workspace) -> None:
    """J1, O7: sales before the plan, between plan and apply, and after it all stay sold."""
    workspace.begin()
    workspace.sell(TEE=3)
    _event(workspace, "po", TEE="+20")
    workspace.commit()
    workspace.run("plan", "--out", "p.json")
    workspace.sell(TEE=4)
    run = workspace.run("apply", "p.json")
    workspace.sell(TEE=5)

    assert (run.code, _tee(workspace)) == (0, 50 - 3 + 20 - 4 - 5), run


def test_delivery_arrives_once(workspace: Workspace) -> None:
    """J2: the same plan again, a new plan, and another apply add nothing."""
    workspace.begin()
    _event(workspace, "po", TEE="+20")
    workspace.commit()
    workspace.run("plan", "--out", "p.json")
    first, again = workspace.run("apply", "p.json"), workspace.run("apply", "p.json")
    _apply(workspace)

    assert (first.code, again.code, _tee(workspace)) == (0, 3, 70)
    assert _plan(workspace)["actions"] == []


def test_delivery_arrives_once_from_a_stale_clone(workspace: Workspace) -> None:
    """J2: another clone whose record is old fetches it first."""
    workspace.begin()
    workspace.write(".gitignore", "/remote.git\n/clone\n/.reconciler\n/p.json\n")
    _event(workspace, "po", TEE="+20")
    workspace.commit()
    workspace.git("init", "--quiet", "--bare", "--initial-branch", "main", "remote.git")
    workspace.git("remote", "add", "origin", "remote.git")
    workspace.git("push", "--quiet", "origin", "main", f"{REF}:{REF}")
    workspace.git("clone", "--quiet", "remote.git", "clone")
    clone = Workspace(workspace.folder / "clone", workspace.capsys)
    clone.git("fetch", "--quiet", "origin", f"{REF}:{REF}")
    assert workspace.run("apply", "--yes").code == 0
    shutil.copytree(workspace.folder / ".reconciler", clone.folder / ".reconciler")
    run = clone.run("--inventory", "clone/inventory", "apply", "--yes")

    assert (run.code, clone.quantities()["TEE"]) == (0, 70), run


def test_two_deliveries_of_two_branches_both_arrive(workspace: Workspace) -> None:
    """J5: two pull requests, each with +20 of one SKU, merge cleanly, and the shop gets 40."""
    workspace.begin()
    for branch in ("one", "two"):
        workspace.git("switch", "--quiet", "--create", branch, "main")
        _event(workspace, branch, TEE="+20")
        workspace.commit()
    workspace.git("switch", "--quiet", "main")
    workspace.git("merge", "--quiet", "--no-edit", "one", "two")
    _apply(workspace)

    assert _tee(workspace) == 90


def test_files_moved_renamed_and_split_do_nothing(workspace: Workspace) -> None:
    """J6: where an event stands changes nothing."""
    workspace.begin()
    at = _ago(hours=1)
    path = _event(workspace, "po", at, TEE="+20", MUG="+5")
    _apply(workspace)
    path.unlink()
    _event(workspace, "2026/tees", at, TEE="+20")
    _event(workspace, "2026/mugs", at, MUG="+5")
    workspace.commit()

    assert _plan(workspace)["actions"] == []


def test_delivery_edited_deleted_and_reverted(workspace: Workspace) -> None:
    """J6: the shop follows, and the plan says so in just that number."""
    workspace.begin()
    at = _ago(hours=1)
    path = _event(workspace, "po", at, TEE="+20")
    _apply(workspace)
    workspace.sell(TEE=6)
    _event(workspace, "po", at, TEE="+30")
    (edited,) = _plan(workspace)["actions"]
    _apply(workspace)
    assert (edited["correction"], edited["events"][0]["verb"]) == (10, "edited")
    assert _tee(workspace) == 50 + 30 - 6
    path.unlink()
    workspace.commit("take it back")
    (gone,) = _plan(workspace)["actions"]
    _apply(workspace)
    assert (gone["correction"], gone["events"][0]["verb"]) == (-30, "taken_back")
    _event(workspace, "po", at, TEE="+30")
    _apply(workspace)

    assert _tee(workspace) == 50 + 30 - 6


def test_folder_lost_in_a_merge_and_brought_back(workspace: Workspace) -> None:
    """J6: what was taken back comes again, whatever was sold in between."""
    workspace.begin()
    _event(workspace, "a", _ago(hours=2), TEE="+20")
    _event(workspace, "b", _ago(hours=1), TEE="+7", MUG="-2")
    _apply(workspace)
    folder = workspace.folder / "inventory/demo/events"
    shutil.move(folder, workspace.folder / "kept")
    _apply(workspace)
    assert workspace.quantities() == {"TEE": 50, "MUG": 20}
    workspace.sell(TEE=10)
    shutil.move(workspace.folder / "kept", folder)
    _apply(workspace)

    assert workspace.quantities() == {"TEE": 67, "MUG": 18}


def test_count_subtracts_what_was_sold_since(either: Workspace) -> None:
    """O1, O7: sales before the count are in it; later ones are subtracted, also after the plan."""
    either.run("sandbox", "sell", "TEE=3", "--at", _ago(hours=2))
    _event(either, "count", _ago(hours=1), TEE=44)
    either.sell(TEE=5)
    either.commit()
    (action,) = _plan(either)["actions"]
    either.run("plan", "--out", "p.json")
    either.sell(TEE=1)
    run = either.run("apply", "p.json")

    assert (action["cause"], action["sold_since"]["units"]) == ("counted", 5)
    assert (action["sold_since"]["orders"], action["after"]["quantity"]) == (1, 39)
    assert (run.code, _tee(either)) == (0, 44 - 5 - 1), run


def test_count_adds_what_came_in_since(workspace: Workspace) -> None:
    """A delivery before the count is in it, one after it is added, also if it was put in before."""
    workspace.begin()
    _event(workspace, "early", _ago(hours=3), TEE="+20")
    _event(workspace, "late", _ago(hours=1), TEE="+5")
    _apply(workspace)
    assert _tee(workspace) == 75
    _event(workspace, "count", _ago(hours=2), TEE=60)
    plan = _plan(workspace)
    _apply(workspace)

    assert (plan["actions"][0]["after"]["quantity"], _tee(workspace)) == (65, 65)


def test_delivery_merged_after_a_count_that_has_it(workspace: Workspace) -> None:
    """J11: it changes nothing, and is named until an apply has taken note."""
    workspace.begin()
    _event(workspace, "count", _ago(hours=1), TEE=44)
    _apply(workspace)
    _event(workspace, "po", _ago(hours=2), TEE="+20")
    workspace.commit()
    plan = _plan(workspace)
    _apply(workspace)

    assert (plan["actions"], _kinds(plan)) == ([], {"TEE": "included"})
    assert (_kinds(_plan(workspace)), _tee(workspace)) == ({}, 44)


def test_older_count_merged_later_changes_nothing(workspace: Workspace) -> None:
    """J11: the latest count counts."""
    workspace.begin()
    _event(workspace, "count", _ago(hours=1), TEE=44)
    _apply(workspace)
    _event(workspace, "older", _ago(hours=2), TEE=10)
    workspace.commit()
    plan = _plan(workspace)

    assert (plan["actions"], _kinds(plan)) == ([], {"TEE": "included"})


def test_count_deleted_stays_in_force(workspace: Workspace) -> None:
    """J11: the way back from a count is a new count."""
    workspace.begin()
    path = _event(workspace, "count", _ago(hours=1), TEE=44)
    _apply(workspace)
    path.unlink()
    workspace.commit()
    plan = _plan(workspace)

    assert (plan["actions"], _kinds(plan)) == ([], {"TEE": "included"})


def test_two_counts_of_one_moment_conflict(workspace: Workspace) -> None:
    """J11: neither is applied, and the rest goes on."""
    workspace.begin()
    at = _ago(hours=1)
    _event(workspace, "one", at, TEE=44, MUG="+3")
    _event(workspace, "two", at, TEE=43)
    _apply(workspace, code=5)
    plan = _plan(workspace, code=65)

    assert _kinds(plan) == {"TEE": "conflicting"}
    assert workspace.quantities() == {"TEE": 50, "MUG": 23}


def test_stale_count_is_refused(workspace: Workspace) -> None:
    """A count of eight days ago says nothing about today."""
    workspace.begin()
    _event(workspace, "count", _ago(days=8), TEE=44)
    workspace.commit()

    assert _kinds(_plan(workspace, code=65)) == {"TEE": "stale_count"}


def test_count_older_than_a_typed_level_is_refused(workspace: Workspace) -> None:
    """The level was written after it."""
    workspace.begin()
    counted = _ago(seconds=5)
    workspace.declare({"TEE": 80, "MUG": 20})
    _apply(workspace)
    _event(workspace, "count", counted, TEE=44)
    workspace.commit()

    assert (_kinds(_plan(workspace, code=65)), _tee(workspace)) == ({"TEE": "stale_count"}, 80)


@pytest.mark.parametrize(
    ("rule", "units", "kind"),
    [
        ("exact", "+5", "owned"),
        ("at_least", "+5", "owned"),
        ("observe", "9", "owned"),
        ("on_change", "-60", "short"),
    ],
)
def test_event_that_can_not_be_applied_is_an_error(
    workspace: Workspace, rule: str, units: str, kind: str
) -> None:
    """J7: it is named, left alone, and comes again with every plan; the rest is done."""
    workspace.begin()
    workspace.declare({"TEE": f"{{quantity: 50, rule: {rule}}}", "MUG": 20})
    _event(workspace, "po", TEE=units, MUG="+1")
    _apply(workspace, code=5)

    assert _kinds(_plan(workspace, code=65)) == {"TEE": kind}
    assert workspace.quantities() == {"TEE": 50, "MUG": 21}


def test_frozen_event_waits(workspace: Workspace) -> None:
    """J7: it is applied once the SKU is taken off the list."""
    workspace.begin()
    settings = workspace.folder / "inventory/demo/store.yaml"
    text = settings.read_text("utf-8")
    settings.write_text(text + "frozen: [TEE]\n", "utf-8")
    _event(workspace, "po", TEE="+5")
    _apply(workspace)
    assert _tee(workspace) == 50
    settings.write_text(text, "utf-8")
    _apply(workspace)

    assert _tee(workspace) == 55


def test_typed_level_beside_an_event_conflicts(workspace: Workspace) -> None:
    """J8: one after the other does both."""
    workspace.begin()
    _event(workspace, "po", TEE="+20")
    workspace.declare({"TEE": 66, "MUG": 20})
    _apply(workspace, code=5)
    assert (_kinds(_plan(workspace, code=65)), _tee(workspace)) == ({"TEE": "conflicting"}, 50)
    workspace.declare({"TEE": 50, "MUG": 20})
    _apply(workspace)
    assert _tee(workspace) == 70
    workspace.declare({"TEE": 80, "MUG": 20})
    _apply(workspace)

    assert _tee(workspace) == 80


def test_level_that_was_written_has_the_events(workspace: Workspace) -> None:
    """What becomes of them later changes nothing."""
    workspace.begin()
    at = _ago(hours=1)
    path = _event(workspace, "po", at, TEE="+20")
    _apply(workspace)
    workspace.declare({"TEE": 80, "MUG": 20})
    _apply(workspace)
    path.unlink()
    workspace.commit()
    assert _plan(workspace)["actions"] == []
    _apply(workspace)
    _event(workspace, "po", at, TEE="+20")
    workspace.commit()

    assert (_plan(workspace)["actions"], _tee(workspace)) == ([], 80)


def test_without_a_record_nothing_is_applied(workspace: Workspace) -> None:
    """J12: a lost ref must not bring every delivery again."""
    workspace.begin()
    _event(workspace, "po", TEE="+20")
    _apply(workspace)
    workspace.git("update-ref", "-d", REF)
    plan, run = workspace.run("plan"), workspace.run("apply", "--yes")
    base = workspace.run("base", "set", "HEAD", "--yes")

    assert (plan.code, run.code, _tee(workspace)) == (1, 1, 70)
    assert (base.code, "+20 put in" in base.out) == (0, True), base
    assert _plan(workspace)["actions"] == []


def test_event_of_a_sku_without_level(workspace: Workspace) -> None:
    """A store may consist of events alone; a SKU with its last event deleted follows, too."""
    workspace.store({}, {"TEE": 50}, settings=ON_CHANGE)
    (workspace.folder / "inventory/demo/stock.yaml").unlink()
    path = _event(workspace, "first", _ago(days=1), TEE="+0".replace("+0", "+1"))
    workspace.commit()
    assert workspace.run("base", "set", "HEAD", "--yes").code == 0
    _event(workspace, "po", TEE="+20")
    _apply(workspace)
    assert _tee(workspace) == 70
    path.unlink()
    _apply(workspace)

    assert _tee(workspace) == 69


def test_renamed_sku_keeps_its_deliveries(workspace: Workspace) -> None:
    """The code is changed in the shop and in the files: nothing is put in or taken back."""
    workspace.begin()
    at = _ago(hours=1)
    _event(workspace, "po", at, TEE="+20")
    _apply(workspace)
    with workspace.shop() as shop:
        change_code(shop, "TEE", "SHIRT")
    workspace.declare({"SHIRT": 50, "MUG": 20})
    workspace.commit()
    assert _plan(workspace)["actions"] == []
    _event(workspace, "po", at, SHIRT="+20")
    _event(workspace, "more", SHIRT="+3")
    _apply(workspace)

    assert workspace.quantities()["SHIRT"] == 73


def test_correction_that_was_made_by_hand_is_not_made_again(workspace: Workspace) -> None:
    """Found exactly as planned, and nobody knows why: left alone, and planned again."""
    workspace.begin()
    _event(workspace, "po", TEE="+20")
    workspace.commit()
    workspace.run("plan", "--out", "p.json")
    with workspace.shop() as shop:
        restock(shop, "TEE", 70)
    run = workspace.run("apply", "p.json")

    assert (run.code, _tee(workspace)) == (3, 70), run


@pytest.mark.parametrize("flag", ["--pending", "--refund"])
def test_orders_that_leave_it_open_make_the_count_uncertain(
    workspace: Workspace, flag: str
) -> None:
    """O2: pending, or refunded since: the SKU is left alone, the rest is done."""
    workspace.begin()
    _event(workspace, "count", _ago(hours=1), TEE=44, MUG=18)
    assert workspace.run("sandbox", "sell", "TEE=1", flag).code == 0
    _apply(workspace, code=5)

    assert _kinds(_plan(workspace, code=65)) == {"TEE": "uncertain"}
    assert workspace.quantities() == {"TEE": 49, "MUG": 18}


def test_refund_of_an_order_before_the_count_is_uncertain(workspace: Workspace) -> None:
    """O2: it was accepted before, and refunded since: the units may be back or not."""
    workspace.begin()
    at = (NOW - timedelta(hours=5)).isoformat()
    workspace.run("sandbox", "sell", "TEE=1", "--at", at, "--refund")
    _event(workspace, "count", _ago(hours=1), TEE=44)
    workspace.commit()

    assert _kinds(_plan(workspace, code=65)) == {"TEE": "uncertain"}


def test_times_with_offsets_are_one_moment(workspace: Workspace) -> None:
    """O8: a count at ten in Berlin is a count at nine in UTC."""
    workspace.begin()
    counted = datetime.now(UTC) - timedelta(hours=1)
    before, after = counted - timedelta(minutes=30), counted + timedelta(minutes=30)
    workspace.run("sandbox", "sell", "TEE=3", "--at", before.isoformat())
    workspace.run("sandbox", "sell", "TEE=5", "--at", after.isoformat())
    berlin = counted.isoformat(timespec="seconds").replace("+00:00", "")
    local = datetime.fromisoformat(berlin) + timedelta(hours=1)
    _event(workspace, "count", f"{local.isoformat()}+01:00", TEE=44)
    _apply(workspace)

    assert _tee(workspace) == 39


def test_event_to_come_waits(workspace: Workspace) -> None:
    """J9: an hour ahead of the shop's clock."""
    workspace.begin()
    _event(workspace, "po", _ago(hours=-1), TEE="+20")
    workspace.commit()

    assert _kinds(_plan(workspace, code=65)) == {"TEE": "not_yet"}


def test_nothing_about_people_is_kept_or_printed(workspace: Workspace) -> None:
    """O5: every output and every file, but the shop's own data, is free of the canary."""
    workspace.begin()
    workspace.sell(TEE=2)
    _event(workspace, "count", _ago(seconds=0), TEE=44)
    workspace.sell(TEE=5)
    workspace.run("sandbox", "sell", "MUG=1", "--refund")
    workspace.commit()
    commands = [
        ("plan", "-v", "--out", "p.json"),
        ("plan", "--format", "markdown"),
        ("apply", "p.json", "--report", "r.json", "--events", "e.jsonl", "-v"),
        ("drift", "--explain", "-v"),
        ("drift", "--explain", "--format", "json"),
        ("history", "TEE", "--live"),
        ("history", "MUG", "--live"),
    ]
    runs = [workspace.run(*command) for command in commands]
    said = "".join(run.out + run.err for run in runs)
    files = [path for path in workspace.folder.rglob("*") if path.is_file()]
    kept = [path for path in files if "sandbox" not in path.parts]
    log = workspace.git("log", "-p", "--all")

    assert CANARY not in said + log
    assert [path for path in kept if CANARY.encode() in path.read_bytes()] == []
    assert [run.code for run in runs[:3]] == [0, 0, 0], runs


def test_orders_are_read_only_if_something_needs_them(workspace: Workspace) -> None:
    """A delivery, or a level, costs no request for orders."""
    workspace.begin()
    workspace.sell(TEE=2)
    quiet = _plan(workspace)["requests"]["reads"]
    _event(workspace, "po", TEE="+20")
    with_delivery = _plan(workspace)["requests"]["reads"]
    _event(workspace, "count", _ago(hours=1), MUG=18)
    with_count = _plan(workspace)["requests"]["reads"]

    # The delivery costs the read of its SKU; a count the orders besides.
    assert (with_delivery - quiet, with_count - with_delivery > 1) == (1, True)


def test_drift_explains_what_was_sold(workspace: Workspace) -> None:
    """Six sold in three orders, 20 came in, one went missing."""
    workspace.begin()
    workspace.sell(TEE=1)
    workspace.sell(TEE=2)
    _event(workspace, "po", TEE="+20")
    _apply(workspace)
    workspace.sell(TEE=3)
    clean = workspace.run("drift", "--explain")
    with workspace.shop() as shop:
        restock(shop, "TEE", 50 + 20 - 6 - 1)
    run = workspace.run("drift", "--explain", "--format", "json")
    (row,) = json.loads(run.out)["rows"]
    keys = ("declared", "live", "sold", "orders", "adjusted", "unexplained")

    assert (clean.code, run.code) == (0, 2), (clean, run)
    assert [row[key] for key in keys] == [50, 63, 6, 3, 20, -1]


def test_history_tells_each_event(workspace: Workspace) -> None:
    """Newest last; a renamed SKU keeps one history; a typo names the nearest."""
    workspace.begin()
    workspace.declare({"TEE": 55, "MUG": 20})
    _apply(workspace)
    _event(workspace, "po", TEE="+20")
    _apply(workspace)
    workspace.sell(TEE=2)
    run = workspace.run("history", "TEE", "--live", "--format", "json")
    events = json.loads(run.out)["events"]
    lost = workspace.run("history", "TE")

    assert sorted(one["kind"] for one in events) == sorted(
        ["declared", "declared", "applied", "adjusted", "applied", "sold"]
    )
    applied = [(one["before"], one["after"]) for one in events if one["kind"] == "applied"]
    assert applied == [(50, 55), (55, 75)]
    assert (events[-1]["units"], events[-1]["after"]) == (2, 73)
    assert (lost.code, "TEE" in lost.err) == (64, True)


def test_count_and_adjust_write_one_file_each(workspace: Workspace) -> None:
    """From arguments and from tables; what a table is for decides which command takes it."""
    workspace.begin()
    assert workspace.run("adjust", "TEE=+20", "MUG=-2", "--reason", "delivery PO-1").code == 0
    workspace.write("count.csv", "SKU,Counted,Stock\nMUG,17,\n")
    workspace.write("note.csv", "SKU,Received\nTEE,5\nMUG,0\n")
    wrong = workspace.run("set", "--csv", "count.csv", "--yes")
    note = workspace.run("adjust", "--csv", "note.csv", "--yes")
    _apply(workspace)
    counted = workspace.run("count", "--csv", "count.csv", "--yes")
    _apply(workspace)
    files = list((workspace.folder / "inventory/demo/events").rglob("*.yaml"))

    assert (wrong.code, "reconciler count --csv" in wrong.err) == (65, True)
    assert (note.code, counted.code, len(files)) == (0, 0, 3)
    assert workspace.quantities() == {"TEE": 75, "MUG": 17}


@pytest.mark.parametrize(
    "arguments",
    [
        ("adjust", "TEE=20"),
        ("adjust", "TEE=+0"),
        ("count", "TEE=+3"),
        ("count", "TEE=infinite"),
        ("count", "NOPE=3"),
        ("count", "TEE=3", "--at", "2999-01-01T00:00:00Z"),
        ("count", "TEE=3", "--at", "tomorrow"),
        ("set", "TEE=+5"),
        ("adjust",),
    ],
)
def test_wrong_usage_writes_nothing(workspace: Workspace, arguments: tuple[str, ...]) -> None:
    """Each is refused with what to write instead."""
    workspace.begin()
    run = workspace.run(*arguments)

    assert (run.code, bool(run.err)) == (64, True), run
    assert not (workspace.folder / "inventory/demo/events").exists()


def test_close_folds_old_deliveries(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """J10: one file with the same sums; the plan has nothing to do, and a new one still arrives."""
    workspace.begin()
    for number in range(5):
        _event(workspace, f"po-{number}", _ago(days=20 - number), TEE="+2", MUG="+1")
    _apply(workspace)
    monkeypatch.setattr("reconciler.app.event_closing.MAX_AGE", timedelta(0))
    run = workspace.run("adjust", "--close", "--yes")
    workspace.commit()
    files = list((workspace.folder / "inventory/demo/events").rglob("*.yaml"))
    plan = _plan(workspace)
    _event(workspace, "new", TEE="+4")
    _apply(workspace)

    assert (run.code, len(files), plan["actions"]) == (0, 1, []), run
    assert workspace.quantities() == {"TEE": 64, "MUG": 25}


def test_low_stock_is_named(workspace: Workspace) -> None:
    """By plan and drift, and the exit code stays."""
    workspace.begin()
    workspace.declare({"TEE": "{quantity: 50, low: 48}", "MUG": 20}, head="low: 3\n")
    workspace.sell(TEE=2)
    plan, drift = _plan(workspace), workspace.run("drift")
    assert (_kinds(plan), drift.code, "low" in drift.out) == ({"TEE": "low"}, 0, True)
    workspace.commit()
    assert workspace.run("apply", "--yes").code == 0

    assert _kinds(_plan(workspace)) == {"TEE": "low"}


def test_saved_plan_with_an_event_right_after_base_set(workspace: Workspace) -> None:
    """The level is settled by the same plan that puts the delivery in."""
    workspace.store(FIFTY, FIFTY, settings=ON_CHANGE)
    workspace.commit()
    assert workspace.run("base", "set", "HEAD", "--yes").code == 0
    _event(workspace, "po", TEE="+20")
    workspace.commit()
    workspace.run("plan", "--out", "p.json")
    run = workspace.run("apply", "p.json")

    assert (run.code, workspace.quantities()) == (0, {"TEE": 70, "MUG": 20}), run


def test_drift_starts_afresh_from_a_count(workspace: Workspace) -> None:
    """Two were stolen, counted, and are explained by that from then on."""
    workspace.begin()
    with workspace.shop() as shop:
        restock(shop, "TEE", 48)
    workspace.commit()
    stolen = workspace.run("drift", "--explain")
    _event(workspace, "count", _ago(seconds=0), TEE=48)
    _apply(workspace)
    workspace.sell(TEE=3)
    counted = workspace.run("drift", "--explain")

    assert (stolen.code, counted.code) == (2, 0), (stolen, counted)


def test_drift_that_a_refund_leaves_open_is_drift(workspace: Workspace) -> None:
    """Exit 2, as for what is unexplained; and history tells what it knows."""
    workspace.begin()
    workspace.run("sandbox", "sell", "TEE=1", "--refund")
    drift = workspace.run("drift", "--explain")
    history = workspace.run("history", "TEE", "--live", "--format", "json")

    assert (drift.code, history.code) == (2, 0), (drift, history)
    assert json.loads(history.out)["events"][-1]["units"] is None


def test_drift_counts_what_came_in(workspace: Workspace) -> None:
    """Without orders, too: declared 50, 20 came in, 70 is no drift."""
    workspace.begin()
    _event(workspace, "po", TEE="+20")
    _apply(workspace)

    assert workspace.run("drift").code == 0


def test_history_tells_corrections_and_no_moves(workspace: Workspace) -> None:
    """+20 corrected to +30, renamed, and deleted add up to nothing."""
    workspace.begin()
    at = _ago(hours=1)
    path = _event(workspace, "po", at, TEE="+20")
    workspace.commit()
    _event(workspace, "po", at, TEE="+30")
    workspace.commit()
    moved = _event(workspace, "2026/po", at, TEE="+30")
    path.unlink()
    workspace.commit()
    moved.unlink()
    workspace.commit()
    run = workspace.run("history", "TEE", "--format", "json")
    units = [one["units"] for one in json.loads(run.out)["events"] if one["kind"] == "adjusted"]

    assert units == [20, 10, -30]


def test_first_use_names_the_commit_before_the_events(workspace: Workspace) -> None:
    """The advice puts the delivery in, and does not swallow it."""
    workspace.store(FIFTY, FIFTY, settings=ON_CHANGE)
    workspace.commit()
    _event(workspace, "po", TEE="+20")
    commit = workspace.commit()
    run = workspace.run("apply", "--yes")
    advice = f"reconciler base set {commit[:7]}~1"
    assert (run.code, advice in run.err) == (1, True), run
    assert workspace.run(*advice.split()[1:], "--yes").code == 0
    _apply(workspace)

    assert workspace.quantities() == {"TEE": 70, "MUG": 20}


def _alone(workspace: Workspace, **stocks: int) -> None:
    """Begin with a shop that has SKUs which no level declares."""
    workspace.store(FIFTY, {**FIFTY, **stocks}, settings=ON_CHANGE)
    workspace.commit()
    assert workspace.run("apply", "--yes", "--base", "HEAD").code == 0


def _rename(workspace: Workspace, *pairs: tuple[str, str]) -> None:
    with workspace.shop() as shop:
        for old, new in pairs:
            change_code(shop, old, new)


def test_code_that_moved_loses_no_delivery_of_the_other_key(workspace: Workspace) -> None:
    """The SKU that had the code gets what came in under its new one."""
    _alone(workspace, HAT=10, PIN=5)
    _event(workspace, "first", _ago(hours=2), HAT="+5")
    _apply(workspace)
    _rename(workspace, ("HAT", "OLDHAT"), ("PIN", "HAT"))
    _event(workspace, "second", _ago(hours=1), OLDHAT="+7", HAT=9)
    _apply(workspace)

    assert workspace.quantities() == {**FIFTY, "OLDHAT": 22, "HAT": 9}


def test_swapped_codes_that_were_both_counted(workspace: Workspace) -> None:
    """Each SKU has the count of the code that it has now."""
    _alone(workspace, HAT=10, PIN=5)
    _event(workspace, "first", _ago(hours=2), HAT="+5", PIN="+2")
    _apply(workspace)
    _rename(workspace, ("HAT", "X"), ("PIN", "HAT"), ("X", "PIN"))
    workspace.commit()
    assert set(_kinds(_plan(workspace, code=65)).values()) == {"replaced"}
    _event(workspace, "counts", _ago(hours=1), HAT=100, PIN=200)
    _apply(workspace)

    assert workspace.quantities() == {**FIFTY, "HAT": 100, "PIN": 200}
    assert workspace.run("drift", "--explain").code == 0


def test_base_set_of_one_key_keeps_the_events_of_the_other(workspace: Workspace) -> None:
    """Nothing is delivered again."""
    _alone(workspace, HAT=10)
    _event(workspace, "first", _ago(hours=2), HAT="+5")
    _apply(workspace)
    _rename(workspace, ("HAT", "CAP"))
    _event(workspace, "second", _ago(hours=1), CAP="+7")
    _apply(workspace)
    assert workspace.run("base", "set", "HEAD", "--sku", "CAP", "--yes").code == 0

    assert (_plan(workspace)["actions"], workspace.quantities()["CAP"]) == ([], 22)


def test_events_need_the_record(workspace: Workspace) -> None:
    """Without one, each apply would bring the delivery again."""
    workspace.store(FIFTY, FIFTY)
    _event(workspace, "po", TEE="+20")
    workspace.commit()
    run = workspace.run("apply", "--yes", "--base", "HEAD", "--no-record")

    assert (run.code, _tee(workspace) if (workspace.folder / ".reconciler").exists() else 50) == (
        64,
        50,
    )


def test_level_that_owns_the_number_waits_for_its_event(workspace: Workspace) -> None:
    """Written under `exact` once the event is gone; as `on_change` again, nothing comes on top."""
    workspace.begin()
    path = _event(workspace, "po", TEE="+20")
    workspace.declare({"TEE": "{quantity: 70, rule: exact}", "MUG": 20})
    _apply(workspace, code=5)
    assert _tee(workspace) == 50
    path.unlink()
    _apply(workspace)
    workspace.declare({"TEE": 70, "MUG": 20})
    workspace.commit()

    assert (_plan(workspace)["actions"], _tee(workspace)) == ([], 70)


def test_plan_of_what_changed_with_an_event_is_applied(workspace: Workspace) -> None:
    """`--changed-since` reads a SKU that has an event."""
    workspace.begin()
    _event(workspace, "po", TEE="+20")
    workspace.commit()
    workspace.run("plan", "--changed-since", "HEAD~1", "--out", "p.json")
    run = workspace.run("apply", "p.json")

    assert (run.code, _tee(workspace)) == (0, 70), run


@pytest.mark.parametrize("reason", ["a\\u001b[31m", "a\\u202eb", "x" * 501])
def test_reason_that_can_not_be_seen_is_refused(workspace: Workspace, reason: str) -> None:
    """An escape in quotes is no way round the rule for characters."""
    workspace.begin()
    path = _event(workspace, "po", TEE="+20")
    text = path.read_text("utf-8").replace("reason: po", f'reason: "{reason}"')
    path.write_text(text, "utf-8")

    assert workspace.run("validate").code == 65


def test_forged_plan_that_leaves_an_event_out_is_refused(workspace: Workspace) -> None:
    """It would settle the delivery without a write."""
    workspace.begin()
    _event(workspace, "po", TEE="+20")
    workspace.commit()
    plan = _plan(workspace)
    plan["actions"] = []
    plan["requests"]["writes"] = 0
    workspace.write("p.json", json.dumps(sealed(plan)))
    run = workspace.run("apply", "p.json")

    assert (run.code, _tee(workspace)) == (3, 50), run


def test_replaced_sku_with_a_level_gets_no_delivery_again(workspace: Workspace) -> None:
    """Its code went to a new product: neither that nor the old one is written."""
    workspace.begin()
    _event(workspace, "po", _ago(hours=1), TEE="+20")
    _apply(workspace)
    _rename(workspace, ("TEE", "OLD"), ("MUG", "TEE"))
    workspace.commit()

    assert _plan(workspace, code=65)["actions"] == []


def test_replaced_sku_with_a_level_waits_until_it_is_counted(workspace: Workspace) -> None:
    """A delivery for it waits; the count settles its level, which is not written then or later."""
    workspace.begin()
    _apply(workspace)
    _rename(workspace, ("TEE", "OLD"), ("MUG", "TEE"))
    workspace.declare({"TEE": 50})
    _event(workspace, "po", _ago(hours=1), TEE="+7")
    workspace.commit()
    assert _plan(workspace, code=65)["actions"] == []
    _event(workspace, "count", TEE=31)
    _apply(workspace)
    assert (_tee(workspace), workspace.quantities()["OLD"]) == (31, 50)
    workspace.sell(TEE=4)
    _event(workspace, "later", TEE="+9")
    _apply(workspace)

    assert (_tee(workspace), _plan(workspace)["actions"]) == (36, [])


def test_level_typed_for_a_replaced_sku_waits(workspace: Workspace) -> None:
    """A count says nothing of a number that was typed for another SKU."""
    workspace.begin()
    _apply(workspace)
    _rename(workspace, ("TEE", "OLD"), ("MUG", "TEE"))
    workspace.declare({"TEE": 77})
    _event(workspace, "count", TEE=31)
    workspace.commit()

    plan = _plan(workspace, code=65)
    assert (plan["actions"], set(_kinds(plan).values())) == ([], {"replaced"})


def test_released_sku_takes_nothing_back_later(workspace: Workspace) -> None:
    """Level and event are deleted and applied; a later delivery comes alone, the old one never."""
    workspace.begin()
    at = _ago(hours=1)
    path = _event(workspace, "po", at, TEE="+20")
    _apply(workspace)
    path.unlink()
    workspace.declare({"MUG": 20})
    _apply(workspace)
    _event(workspace, "later", TEE="+5")
    _apply(workspace)
    assert _tee(workspace) == 75
    _event(workspace, "po", at, TEE="+20")
    workspace.declare({"TEE": 50, "MUG": 20})
    workspace.commit()

    assert _plan(workspace)["actions"] == []


def test_saved_plan_beside_an_owned_event_is_applied(workspace: Workspace) -> None:
    """The event is an error, leaves its SKU alone, and stops nothing else."""
    workspace.begin()
    _event(workspace, "po", TEE="+20")
    workspace.declare({"TEE": "{quantity: 70, rule: exact}", "MUG": 25})
    workspace.commit()
    workspace.run("plan", "--out", "p.json")
    run = workspace.run("apply", "p.json")

    assert (run.code, workspace.quantities()) == (5, {"TEE": 50, "MUG": 25}), run


# What has a name ending in .yaml below events/ is read, and nothing else is meant to be.


@pytest.mark.parametrize("name", ["27-po", "27-po.txt", "27-po.yaml.txt", "deep/27-po.json"])
def test_event_file_that_nobody_would_read_is_an_error(workspace: Workspace, name: str) -> None:
    """GitHub's web editor takes any name, and a delivery would be lost."""
    workspace.begin()
    path = _event(workspace, "po", TEE="+20")
    other = path.parent / name
    other.parent.mkdir(exist_ok=True)
    path.rename(other)
    run = workspace.run("validate")

    assert (run.code, f"events/{name}" in run.out + run.err) == (65, True), run


@pytest.mark.parametrize("folder", ["", "2026-12/", "Events/"])
def test_event_file_in_another_folder_says_where_to_put_it(
    workspace: Workspace, folder: str
) -> None:
    """One problem, and no advice that makes levels of a delivery."""
    workspace.begin()
    path = _event(workspace, "po", TEE="+20", MUG="-3")
    other = workspace.folder / f"inventory/demo/{folder}27-po.yaml"
    other.parent.mkdir(exist_ok=True)
    path.rename(other)
    run = workspace.run("validate", "--format", "json")
    (problem,) = json.loads(run.out)["problems"]

    assert "inventory/demo/events/27-po.yaml" in problem["message"]


def test_notes_may_stand_beside_events(workspace: Workspace) -> None:
    """Markdown is no event."""
    workspace.begin()
    workspace.write("inventory/demo/events/README.md", "How we count.\n")

    assert workspace.run("validate").code == 0


def test_drift_starts_afresh_at_a_count(workspace: Workspace) -> None:
    """What a count found missing was not sold; what came back since is no sale either."""
    workspace.begin()
    _event(workspace, "count", TEE=41)
    _apply(workspace)
    drift = json.loads(workspace.run("drift", "--format", "json").out)
    assert [row["sku"] for row in drift["rows"]] == []
    with workspace.shop() as shop:
        restock(shop, "TEE", 45)
    run = workspace.run("drift", "--format", "json")

    assert [(row["sku"], row["kind"]) for row in json.loads(run.out)["rows"]] == [("TEE", "rose")]
    assert run.code == 2


def test_counted_sku_without_a_level_has_drift_and_low_stock(workspace: Workspace) -> None:
    """It is managed like any other."""
    _alone(workspace, HAT=10)
    settings = workspace.folder / "inventory/demo/store.yaml"
    settings.write_text(settings.read_text("utf-8") + "low: 5\n", "utf-8")
    _event(workspace, "count", HAT=9)
    _apply(workspace)
    with workspace.shop() as shop:
        restock(shop, "HAT", 4)
    rows = json.loads(workspace.run("drift", "--format", "json").out)["rows"]

    assert [(row["sku"], row["live"]["quantity"]) for row in rows] == [("HAT", 4)]
    assert _kinds(_plan(workspace))["HAT"] == "low"


@pytest.mark.parametrize(("came_in", "left"), [(10, 7), (2, 0)])
def test_what_was_sold_beyond_a_count_does_not_come_back(
    workspace: Workspace, came_in: int, left: int
) -> None:
    """8 sold of 5 counted: the shop has 0, and what comes in is short of 3."""
    workspace.begin()
    _sell(workspace, 8, _ago(minutes=2))
    _event(workspace, "count", _ago(minutes=5), TEE=5)
    _apply(workspace)
    assert _tee(workspace) == 0
    _event(workspace, "po", TEE=f"+{came_in}")
    _apply(workspace)

    assert (_tee(workspace), _plan(workspace)["actions"]) == (left, [])


def _sell(workspace: Workspace, units: int, at: str) -> None:
    with workspace.shop() as shop:
        shop.sell("TEE", units, at=datetime.fromisoformat(at))


def test_count_of_an_infinite_sku_keeps_what_sells_before_the_write(workspace: Workspace) -> None:
    """No read shows the sale, so the orders are asked again."""
    workspace.store({"MUG": 20}, {"TEE": "infinite", "MUG": 20}, settings=ON_CHANGE + _NO_LIMIT)
    workspace.commit()
    assert workspace.run("apply", "--yes", "--base", "HEAD").code == 0
    _sell(workspace, 5, _ago(minutes=3))
    _event(workspace, "count", _ago(minutes=5), TEE=44)
    workspace.commit()
    workspace.run("plan", "--out", "p.json")
    workspace.sell(seconds_later=9, TEE=3)
    run = workspace.run("apply", "p.json")

    assert (run.code, _tee(workspace)) == (0, 36), run


def test_product_made_anew_gets_no_old_delivery_when_it_is_pinned(workspace: Workspace) -> None:
    """Nobody knows whether the number that it was made with has it."""
    _alone(workspace, HAT=10, CAP=30)
    _event(workspace, "po", _ago(hours=1), HAT="+20")
    _apply(workspace)
    _rename(workspace, ("HAT", "OLD"), ("CAP", "HAT"))
    with workspace.shop() as shop:
        sku_id = shop.find("HAT")
    workspace.declare({**FIFTY, "HAT": f"{{quantity: 30, id: {sku_id}}}"})
    _apply(workspace)

    assert (workspace.quantities()["HAT"], workspace.quantities()["OLD"]) == (30, 30)
    assert _plan(workspace)["actions"] == []


def _hand_code_over(workspace: Workspace) -> str:
    """Let the SKU CAP have the code TEE in the shop, and return its id."""
    _rename(workspace, ("TEE", "OLD"), ("CAP", "TEE"))
    with workspace.shop() as shop:
        return shop.find("TEE")


@pytest.mark.parametrize("number", [50, 77])
def test_replaced_sku_that_is_pinned_keeps_what_the_shop_has(
    workspace: Workspace, number: int
) -> None:
    """The number says nothing new of it, unless it is typed; a later delivery is added."""
    _alone(workspace, CAP=68)
    _event(workspace, "po", _ago(hours=1), TEE="+20")
    _apply(workspace)
    sku_id = _hand_code_over(workspace)
    workspace.commit()
    assert _kinds(_plan(workspace, code=65)) == {"TEE": "replaced"}
    before = workspace.quantities()
    workspace.declare({**FIFTY, "TEE": f"{{quantity: {number}, id: {sku_id}}}"})
    _apply(workspace)
    expected = before["TEE"] if number == 50 else number
    assert workspace.quantities() == {**before, "TEE": expected}
    _event(workspace, "later", TEE="+9")
    _apply(workspace)

    assert workspace.quantities() == {**before, "TEE": expected + 9}
    assert _plan(workspace)["actions"] == []


@pytest.mark.parametrize("number", [20, 70])
def test_number_typed_after_a_pin_is_compared_with_what_the_shop_had(
    workspace: Workspace, number: int
) -> None:
    """The old number was for the product before: it hides no write, and nothing was sold of it."""
    _alone(workspace, CAP=12)
    _apply(workspace)
    sku_id = _hand_code_over(workspace)
    workspace.declare({**FIFTY, "TEE": f"{{quantity: 50, id: {sku_id}}}"})
    _apply(workspace)
    workspace.sell(TEE=2)
    assert workspace.run("drift", "--explain").code == 0
    workspace.declare({**FIFTY, "TEE": f"{{quantity: {number}, id: {sku_id}}}"})
    workspace.commit()
    (action,) = _plan(workspace)["actions"]
    assert (action["after"]["quantity"], action["put_back"]) == (number, 2)
    _apply(workspace)

    assert _tee(workspace) == number


def test_key_of_an_old_file_that_is_corrected_books_nothing_again(workspace: Workspace) -> None:
    """Also after the new owner of the code was counted."""
    _alone(workspace, HAT=10, CAP=7)
    at = _ago(hours=1)
    _event(workspace, "po", at, HAT="+20")
    _apply(workspace)
    _rename(workspace, ("HAT", "SHIRT"), ("CAP", "HAT"))
    _event(workspace, "count", HAT=6)
    _apply(workspace)
    _event(workspace, "po", at, SHIRT="+20")
    _apply(workspace)

    assert (workspace.quantities()["SHIRT"], workspace.quantities()["HAT"]) == (30, 6)


def test_level_is_not_written_while_a_key_of_its_sku_is_unclear(workspace: Workspace) -> None:
    """Its events would come on top later."""
    _alone(workspace, HAT=10)
    _event(workspace, "first", _ago(hours=1), TEE="+5")
    _apply(workspace)
    _rename(workspace, ("TEE", "SHIRT"), ("HAT", "TEE"))
    _event(workspace, "second", TEE="+20")
    workspace.declare({"SHIRT": 90, "MUG": 20})
    workspace.commit()

    assert _kinds(_plan(workspace, code=65)) == {"TEE": "replaced", "SHIRT": "conflicting"}


def test_level_that_is_renamed_while_its_delivery_is_reverted_is_not_released(
    workspace: Workspace,
) -> None:
    """The delivery can come back."""
    workspace.begin()
    at = _ago(hours=1)
    path = _event(workspace, "po", at, TEE="+20")
    _apply(workspace)
    _rename(workspace, ("TEE", "SHIRT"))
    path.unlink()
    workspace.declare({"SHIRT": 50, "MUG": 20})
    _apply(workspace)
    assert workspace.quantities()["SHIRT"] == 50
    _event(workspace, "po", at, SHIRT="+20")
    _apply(workspace)

    assert workspace.quantities()["SHIRT"] == 70


def test_level_that_is_not_applied_yet_is_no_sale(workspace: Workspace) -> None:
    """What was sold is counted from what the shop should have until then."""
    workspace.begin()
    workspace.sell(TEE=2)
    workspace.declare({"TEE": 90, "MUG": 20})
    workspace.commit()
    (row,) = json.loads(workspace.run("drift", "--format", "json").out)["rows"]

    assert (row["sku"], row["declared"]["quantity"], row["live"]["quantity"]) == ("TEE", 50, 48)
