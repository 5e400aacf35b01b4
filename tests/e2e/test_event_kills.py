"""Deliveries in runs that crash or lose an answer: rows J3 and J4 of the table of faults."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from factories import FIFTY, Workspace
from histories.world import KilledError, killed_at

from reconciler.errors import TransportError
from reconciler.model import Stock, Target
from reconciler.sandbox.edits import change_code
from reconciler.webflow.client import StoreClient


def _begin(workspace: Workspace, **units: str) -> None:
    workspace.begin()
    at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    lines = "".join(f"  {sku}: {one}\n" for sku, one in units.items())
    workspace.write("inventory/demo/events/po.yaml", f"at: {at}\nreason: po\nskus:\n{lines}")
    workspace.commit()


def _kinds(workspace: Workspace) -> dict[str, str]:
    run = workspace.run("plan", "--format", "json")
    findings = json.loads(run.out)["findings"]
    return {one["sku"]: one["kind"] for one in findings if one["kind"] not in {"drift", "told"}}


@pytest.mark.parametrize(
    ("at", "lands", "sold", "keeps_disk"),
    [
        (1, True, 0, True),
        (1, False, 3, True),
        (2, True, 3, False),
        (2, False, 0, False),
        (1, True, 20, False),
        (1, False, 20, True),
    ],
)
def test_delivery_of_killed_run_arrives_once(
    workspace: Workspace, at: int, lands: bool, sold: int, keeps_disk: bool
) -> None:
    """The orders tell what it wrote, even if as many units were sold as came in."""
    _begin(workspace, MUG="+20", TEE="+20")
    with killed_at(at, lands=lands), pytest.raises(KilledError):
        workspace.run("apply", "--yes", "--parallelism", "1")
    if not keeps_disk:
        shutil.rmtree(workspace.folder / ".reconciler/journal")
    if sold:
        workspace.sell(seconds_later=9, TEE=sold, MUG=sold)
    run = workspace.run("apply", "--yes", "--take-over")
    again = workspace.run("apply", "--yes")

    assert (run.code, again.code) == (0, 0), run
    assert workspace.quantities() == {sku: units + 20 - sold for sku, units in FIFTY.items()}


@pytest.mark.parametrize("lands", [True, False], ids=["landed", "not-landed"])
@pytest.mark.parametrize("keeps_disk", [True, False], ids=["disk-kept", "disk-lost"])
def test_same_plan_after_kill_adds_nothing(
    workspace: Workspace, lands: bool, keeps_disk: bool
) -> None:
    """It can't tell a write from a sale. A new plan can."""
    _begin(workspace, MUG="+20", TEE="+20")
    workspace.run("plan", "--out", "p.json")
    with killed_at(1, lands=lands), pytest.raises(KilledError):
        workspace.run("apply", "p.json", "--parallelism", "1")
    if not keeps_disk:
        shutil.rmtree(workspace.folder / ".reconciler/journal")
    workspace.sell(seconds_later=9, TEE=20, MUG=20)
    again = workspace.run("apply", "p.json", "--take-over")
    assert (again.code, sum(workspace.quantities().values())) == (3, 30 + 20 * lands), again
    run = workspace.run("apply", "--yes", "--take-over")

    assert (run.code, workspace.quantities()) == (0, {"TEE": 50, "MUG": 20}), run


def test_crashed_run_with_refund_stays_in_doubt(workspace: Workspace) -> None:
    """A refund hides whether the write took effect. Every plan names it until a later count."""
    _begin(workspace, TEE="+20")
    with killed_at(1, lands=True), pytest.raises(KilledError):
        workspace.run("apply", "--yes")
    workspace.run("sandbox", "sell", "TEE=1", "--refund")
    first = workspace.run("apply", "--yes", "--take-over")
    second = workspace.run("apply", "--yes")
    assert (first.code, second.code, _kinds(workspace)) == (5, 5, {"TEE": "unsettled"}), first
    at = (datetime.now(UTC)).isoformat()
    workspace.write("inventory/demo/events/count.yaml", f"at: {at}\nskus:\n  TEE: 69\n")
    workspace.commit()
    counted = workspace.run("apply", "--yes")

    assert (counted.code, _kinds(workspace)) == (0, {}), counted
    assert workspace.quantities()["TEE"] == 69


@pytest.mark.parametrize("lands", [True, False], ids=["landed", "not-landed"])
def test_history_shows_how_doubt_was_resolved(workspace: Workspace, lands: bool) -> None:
    """By stock and orders, or by `base settle`."""
    _begin(workspace, TEE="+20", MUG="+5")
    with killed_at(1, lands=lands), pytest.raises(KilledError):
        workspace.run("apply", "--yes", "--parallelism", "1")
    dead = _history(workspace, "MUG"), _history(workspace, "TEE")
    first = "MUG" if "in_doubt" in dead[0] else "TEE"
    workspace.run("sandbox", "sell", f"{first}=1", "--refund")
    assert workspace.run("apply", "--yes", "--take-over").code == 5
    word = "applied" if lands else "skipped"
    run = workspace.run("base", "settle", f"{first}={word}")

    assert (run.code, _history(workspace, first)[-1]) == (0, "applied" if lands else "failed"), run
    other = {"TEE", "MUG"} - {first}
    assert [_history(workspace, sku)[-1] for sku in other] == ["applied"]


def _history(workspace: Workspace, sku: str) -> list[str]:
    run = workspace.run("history", sku, "--format", "json")
    return [one["kind"] for one in json.loads(run.out)["events"]]


def test_history_follows_a_rename_without_events(workspace: Workspace) -> None:
    """The record has the SKU under its old key."""
    workspace.begin({"PIN": 20, "MUG": 9})
    workspace.declare({"PIN": 30, "MUG": 9})
    workspace.commit()
    assert workspace.run("apply", "--yes").code == 0
    with workspace.shop() as shop:
        change_code(shop, "PIN", "PIN-2")
    workspace.declare({"PIN-2": 30, "MUG": 9})
    workspace.commit()
    assert workspace.run("apply", "--yes").code == 0

    assert _history(workspace, "PIN-2") == ["declared", "declared", "applied"]


def test_base_settle_with_contradiction_is_refused(workspace: Workspace) -> None:
    """Two keys of one SKU have different answers. Nothing is recorded."""
    _begin(workspace, TEE="+20")
    assert workspace.run("apply", "--yes").code == 0
    with workspace.shop() as shop:
        change_code(shop, "TEE", "SHIRT")
    workspace.declare({"SHIRT": 90, "MUG": 20})
    workspace.commit()
    with killed_at(1, lands=True), pytest.raises(KilledError):
        workspace.run("apply", "--yes")
    workspace.run("sandbox", "sell", "SHIRT=1", "--refund")
    assert workspace.run("apply", "--yes", "--take-over").code == 5
    for answers, code in ((("TEE=applied", "SHIRT=skipped"), 64), (("TEE=applied",), 0)):
        run = workspace.run("base", "settle", *answers)
        assert run.code == code, run


@pytest.mark.parametrize("lands", [True, False], ids=["landed", "not-landed"])
@pytest.mark.parametrize("sold", [0, 4, 20])
def test_lost_answer_of_delivery_adds_nothing_twice(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, lands: bool, sold: int
) -> None:
    """The orders tell whether it took effect. Only if not, it is written once more."""
    _begin(workspace, TEE="+20")
    monkeypatch.setattr("reconciler.apply.sku_writer.LOOK_AGAIN", 0.1)
    real = StoreClient.write_stock
    lost: list[Target] = []

    def write_stock(self: StoreClient, target: Target, stock: Stock) -> Stock:
        if lost:
            return real(self, target, stock)
        lost.append(target)
        if lands:
            real(self, target, stock)
        workspace.sell(seconds_later=9, **({"TEE": sold} if sold else {}))
        raise TransportError("broke off")

    monkeypatch.setattr(StoreClient, "write_stock", write_stock)
    run = workspace.run("apply", "--yes")

    assert (run.code, workspace.quantities()["TEE"]) == (0, 70 - sold), run
    assert _kinds(workspace) == {}


def test_correction_of_crashed_run_is_recorded_once(workspace: Workspace) -> None:
    """A later typed level counts from it, and undoes only sales since."""
    _begin(workspace, TEE="+20")
    with killed_at(1, lands=True), pytest.raises(KilledError):
        workspace.run("apply", "--yes")
    assert workspace.run("apply", "--yes", "--take-over").code == 0
    workspace.declare({"TEE": 80, "MUG": 20})
    workspace.commit()
    (action,) = json.loads(workspace.run("plan", "--format", "json").out)["actions"]

    assert (action["reference"]["added"], action["put_back"]) == (20, 0)
