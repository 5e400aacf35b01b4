"""What a change costs in requests: it follows the change, and not the shop."""

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from factories import ON_CHANGE, Workspace, sealed

from reconciler.sandbox.edits import change_code
from reconciler.webflow.client import StoreClient

SKUS = {f"S{number:04}": 10 for number in range(350)}
LISTING = math.ceil(len(SKUS) / 99)  # each SKU is a product of its own


def _count(workspace: Workspace, *arguments: str) -> tuple[int, str]:
    """Return how many requests a command sends, and what it prints."""
    real, sent = StoreClient.__exit__, [0]

    def leave(self: StoreClient, *why: object) -> None:
        sent[0] += self.requests
        real(self, *why)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(StoreClient, "__exit__", leave)
        run = workspace.run(*arguments)
    assert run.code == 0, run
    return sent[0], run.out


@pytest.fixture
def large(workspace: Workspace) -> Workspace:
    """Return a shop of which an apply has settled every level."""
    workspace.begin(SKUS)
    return workspace


@pytest.mark.parametrize("changes", [0, 1, 3])
def test_changed_levels_cost_what_they_are(large: Workspace, changes: int) -> None:
    """The listing and a read each to plan; three requests each to apply the saved plan."""
    names = list(SKUS)[250 : 250 + changes]
    large.declare(SKUS | dict.fromkeys(names, 12))
    large.commit()
    to_plan, said = _count(large, "plan", "--out", "p.json")
    plan = json.loads(Path("p.json").read_text("utf-8"))
    to_apply, _ = _count(large, "apply", "p.json")

    assert to_plan <= LISTING + changes + 3
    assert to_plan == plan["requests"]["reads"]
    assert to_apply == (1 + 3 * changes if changes else 0)
    assert plan["summary"]["unread"] == len(SKUS) - changes
    assert f"{len(SKUS) - changes} SKUs were not read" in said
    assert large.quantities() == SKUS | dict.fromkeys(names, 12)


def test_delivery_costs_what_it_is(large: Workspace) -> None:
    """Also as a plan that is made on the spot."""
    at = "2026-11-30T10:00:00Z"
    for number, sku in enumerate(("S0005", "S0320")):
        text = f"at: {at}\nreason: po {number}\nskus: {{{sku}: +5}}\n"
        large.write(f"inventory/demo/events/{number}.yaml", text)
    large.commit()
    to_plan, _ = _count(large, "plan", "--out", "p.json")
    to_apply, _ = _count(large, "apply", "p.json")
    (large.folder / "inventory/demo/events/0.yaml").unlink()
    large.commit()
    at_once, _ = _count(large, "apply", "--yes")

    assert (to_plan <= LISTING + 2 + 3, to_apply <= 3 * 2 + 4) == (True, True)
    assert at_once <= LISTING + 3 * 1 + 4
    assert large.quantities() == SKUS | {"S0320": 15}


def test_plan_that_reads_all_reads_all(large: Workspace) -> None:
    """Each SKU once, as drift does."""
    to_plan, _ = _count(large, "plan", "--read-all")
    to_see, _ = _count(large, "drift")

    assert to_plan == to_see == LISTING + 1 + len(SKUS)


def test_rule_that_owns_the_number_reads_it_each_time(workspace: Workspace) -> None:
    """`exact` and the bounds could always write; `observe` never does, once its number is noted."""
    rules = ("exact", "at_least", "at_most", "observe", "on_change")
    declared = {f"{rule}-{n}": f"{{quantity: 5, rule: {rule}}}" for rule in rules for n in (1, 2)}
    workspace.store(declared, dict.fromkeys(declared, 5), settings=ON_CHANGE)
    workspace.commit()
    assert workspace.run("apply", "--yes", "--base", "HEAD").code == 0
    plan = json.loads(workspace.run("plan", "--format", "json").out)

    assert (plan["summary"]["unread"], plan["summary"]["unchanged"]) == (4, 6)
    assert plan["requests"]["reads"] == 1 + 1 + 6


def test_products_that_a_plan_file_lies_about_are_not_believed(large: Workspace) -> None:
    """A SKU that is not in its product is looked for in the whole listing."""
    large.declare(SKUS | {"S0250": 12})
    large.commit()
    assert large.run("plan", "--out", "p.json").code == 0
    plan = json.loads(Path("p.json").read_text("utf-8"))
    (place,) = plan["places"]
    with large.shop() as shop:
        row = shop.db.execute("SELECT product_id FROM skus WHERE code = 'S0001'").fetchone()
        place["product_id"] = str(row[0])
        change_code(shop, "S0250", "OTHER")
    Path("p.json").write_text(json.dumps(sealed(plan)), "utf-8")

    assert large.run("apply", "p.json").code == 3


@pytest.mark.parametrize("how", [(), ("--read-all",)], ids=["default", "all"])
def test_number_under_observe_is_looked_at_once_and_hides_no_count(
    workspace: Workspace, how: tuple[str, ...]
) -> None:
    """The record notes what the shop had: a corrected count still arrives, and nothing drifts."""
    workspace.begin()
    path = workspace.write("inventory/demo/events/a.yaml", _event("44", TEE=44))
    workspace.commit()
    assert workspace.run("apply", "--yes", *how).code == 0
    for level in ("{quantity: 60, rule: observe}", 60):
        workspace.declare({"TEE": level, "MUG": 20})
        workspace.commit()
        assert workspace.run("apply", "--yes", *how).code == 0
        assert workspace.run("drift", "--explain").code == 0
    path.write_text(path.read_text("utf-8").replace("TEE: 44", "TEE: 48"), "utf-8")
    workspace.commit()
    assert workspace.run("apply", "--yes", *how).code == 0

    assert workspace.quantities()["TEE"] == 48


def test_plan_of_what_changed_is_applied_right_after_base_set(workspace: Workspace) -> None:
    """SKUs that it leaves out may be settled by the same plan."""
    workspace.begin()
    before = workspace.git("rev-parse", "HEAD")
    assert workspace.run("base", "set", "HEAD", "--yes").code == 0
    workspace.declare({"TEE": 50, "MUG": 30})
    workspace.commit()
    assert workspace.run("plan", "--changed-since", before, "--out", "p.json").code == 0

    assert (workspace.run("apply", "p.json").code, workspace.quantities()["MUG"]) == (0, 30)


def test_code_that_went_to_another_product_since_the_plan_is_noticed(large: Workspace) -> None:
    """Also where apply looks up products alone: the delivery goes to neither."""
    large.declare({sku: units for sku, units in SKUS.items() if sku != "S0250"})
    large.write("inventory/demo/events/a.yaml", _event("a", S0250="+1"))
    large.commit()
    assert large.run("apply", "--yes").code == 0
    large.write("inventory/demo/events/b.yaml", _event("b", S0250="+20"))
    large.commit()
    large.run("plan", "--out", "p.json")
    assert json.loads(Path("p.json").read_text("utf-8"))["places"]
    with large.shop() as shop:
        change_code(shop, "S0250", "OLD")
        change_code(shop, "S0001", "S0250")

    assert large.run("apply", "p.json").code == 3
    assert large.quantities()["OLD"] == 11


@pytest.mark.parametrize("is_saved", [True, False], ids=["saved", "at-once"])
def test_key_that_is_pinned_elsewhere_while_its_delivery_is_taken_back(
    workspace: Workspace, is_saved: bool
) -> None:
    """Two SKUs of the shop are written, each by a name of its own."""
    workspace.store({"D": 50}, {"D": 50, "E": 7}, settings=ON_CHANGE)
    workspace.commit()
    assert workspace.run("apply", "--yes", "--base", "HEAD").code == 0
    path = workspace.write("inventory/demo/events/a.yaml", _event("a", D="+5"))
    workspace.commit()
    assert workspace.run("apply", "--yes").code == 0
    with workspace.shop() as shop:
        other = shop.find("E")
    workspace.declare({"D": f"{{id: {other}, sku: E, quantity: 60}}"})
    path.unlink()
    workspace.commit()
    workspace.run("plan", "--out", "p.json")
    run = workspace.run("apply", *(("p.json",) if is_saved else ("--yes",)))

    assert (run.code, workspace.quantities()) == (0, {"D": 50, "E": 60}), run


def test_plan_that_writes_a_level_and_leaves_its_events_out_is_refused(
    workspace: Workspace,
) -> None:
    """The record would take them for new, or for gone, later."""
    workspace.begin()
    workspace.write("inventory/demo/events/a.yaml", _event("a", TEE="+20"))
    workspace.commit()
    assert workspace.run("apply", "--yes").code == 0
    workspace.declare({"TEE": 90, "MUG": 20})
    workspace.commit()
    workspace.run("plan", "--out", "p.json")
    plan = json.loads(Path("p.json").read_text("utf-8"))
    Path("p.json").write_text(json.dumps(sealed(plan | {"ledgers": [], "places": []})), "utf-8")

    assert workspace.run("apply", "p.json").code == 3


def _event(reason: str, **units: int | str) -> str:
    at = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    lines = "".join(f"  {sku}: {one}\n" for sku, one in units.items())
    return f"at: {at}\nreason: for {reason}\nskus:\n{lines}"
