"""The base in git, over real HTTP and real git: no sale is re-added, and every way has an end."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from factories import ALL_APPLIED, EMPTY, FIFTY, ON_CHANGE, SITE, Workspace, sealed

from reconciler.sandbox.seed import make_id


def test_an_unrelated_change_re_adds_nothing(workspace: Workspace) -> None:
    """Declare 50, sell 7, merge something else: the 7 stay sold, and it is said in one line."""
    workspace.begin()
    workspace.sell(TEE=7)
    workspace.declare({"TEE": 50, "MUG": 25})
    workspace.commit("more mugs")
    run = workspace.run("apply", "--yes", "--read-all")

    assert run.code == 0
    assert workspace.quantities() == {"TEE": 43, "MUG": 25}
    assert "quantity: 20 -> 25    +5    (declared 20 -> 25)" in run.out
    assert "Drift left alone: 1 SKU, 7 units below the declared stock." in run.out
    assert "more mugs" in run.out
    assert "TEE  drift: Declared 50, live 43" not in run.out
    assert (
        "TEE  drift: Declared 50, live 43" in workspace.run("plan", "--read-all", "--verbose").out
    )


def test_a_changed_count_says_what_it_re_adds(workspace: Workspace) -> None:
    """The declaration changed and so did the stock: written, cause `both`, the seven are named."""
    workspace.begin()
    workspace.sell(TEE=7)
    workspace.declare({"TEE": 70, "MUG": 20})
    workspace.commit()
    plan = workspace.run("plan", "--out", "p.json")
    applied = workspace.run("apply", "p.json", "--record")

    said = (
        "quantity: 43 -> 70    +27    (declared 50 -> 70; 7 sold since would go back on the shelf)"
    )
    assert said in plan.out
    assert json.loads(Path("p.json").read_text("utf-8"))["actions"][0]["cause"] == "both"
    assert (applied.code, workspace.quantities()["TEE"]) == (0, 70)
    assert ALL_APPLIED.search(workspace.run("plan").out)


def test_without_a_base_the_way_out_is_told(workspace: Workspace) -> None:
    """No git, no record: exit 1 each, with what to do; nothing is asked or written."""
    workspace.store(FIFTY, {"TEE": 43, "MUG": 20}, settings=ON_CHANGE)
    outside = workspace.run("apply", "--yes")
    workspace.commit()
    inside = workspace.run("plan")

    assert (outside.code, "[no_base]" in outside.err) == (1, True)
    assert (inside.code, "reconciler base set HEAD" in inside.err) == (1, True)
    assert not (workspace.folder / ".reconciler/sandbox").exists()


def test_an_old_commit_run_again_is_refused(workspace: Workspace) -> None:
    """C4: what was applied since would be undone; exit 3, nothing written."""
    workspace.begin()
    old = workspace.git("rev-parse", "HEAD")
    workspace.declare({"TEE": 70, "MUG": 20})
    workspace.commit()
    workspace.run("apply", "--yes", "--record")
    written = len(workspace.writes())
    workspace.git("checkout", "--quiet", old)
    run = workspace.run("apply", "--yes", "--record")

    assert (run.code, "[old_commit]" in run.err) == (3, True)
    assert len(workspace.writes()) == written


def test_what_moved_is_planned_again_and_what_was_written_is_not(workspace: Workspace) -> None:
    """Of two changes one moved: the record keeps its old base, and only that one comes again."""
    workspace.begin()
    workspace.declare({"TEE": 70, "MUG": 30})
    workspace.commit()
    workspace.run("plan", "--out", "p.json")
    workspace.sell(MUG=1)
    first = workspace.run("apply", "p.json", "--record")
    workspace.sell(TEE=7)
    plan = workspace.run("plan")

    assert (first.code, "moved     MUG  planned 20 -> 30, found 19" in first.out) == (3, True)
    assert "Plan: 1 to change (11 units raised" in plan.out
    assert "~ MUG" in plan.out
    assert "(declared 20 -> 30; 1 sold since would go back on the shelf)" in plan.out
    workspace.run("apply", "--yes", "--record")
    assert workspace.quantities() == {"TEE": 63, "MUG": 30}


def test_numbers_from_the_shop_are_overtaken_by_its_sales(workspace: Workspace) -> None:
    """50 -> 43 as the shop had it, five sold before the merge: 38 stays, and it is said."""
    workspace.begin()
    workspace.sell(TEE=7)
    workspace.declare({"TEE": 43, "MUG": 20})
    workspace.commit("pulled from the shop")
    workspace.sell(TEE=5)
    run = workspace.run("apply", "--yes", "--record")

    assert run.code == 0
    assert "TEE  overtaken: Skipped: declared 50 -> 43, but the shop already has 38" in run.out
    assert workspace.quantities()["TEE"] == 38


def test_moving_and_reordering_is_no_change(workspace: Workspace) -> None:
    """Files split, entries moved and written otherwise: the same declarations, so nothing to do."""
    workspace.begin()
    workspace.sell(TEE=7)
    (workspace.folder / "inventory/demo/stock.yaml").unlink()
    workspace.write("inventory/demo/a/mugs.yaml", "skus: {MUG: {quantity: 20, note: moved}}\n")
    workspace.write("inventory/demo/tees.yaml", "# the tees\nskus:\n  'TEE': 50\n")
    workspace.commit()

    assert "Drift left alone: 1 SKU, 7 units below" in workspace.run("plan", "--read-all").out


def test_a_base_whose_yaml_cannot_be_read_fails_closed(workspace: Workspace) -> None:
    """Its first problem is named, and what to do."""
    workspace.store(FIFTY, FIFTY, settings=ON_CHANGE)
    workspace.write("inventory/demo/stock.yaml", "skus:\n  TEE: 010\n  MUG: no\n")
    workspace.commit()
    workspace.declare(FIFTY)
    workspace.commit()
    run = workspace.run("plan", "--base", "HEAD~1")

    assert run.code == 1
    assert "stock.yaml:2:8: error: " in run.err
    assert "[no_base]" in run.err


def test_a_store_that_was_not_there_at_the_base_is_new(workspace: Workspace) -> None:
    """Every SKU is an adoption: written as declared, cause `declared`."""
    workspace.write("README", "before")
    workspace.commit()
    workspace.store(FIFTY, {"TEE": 43, "MUG": 20}, settings=ON_CHANGE)
    workspace.commit()
    run = workspace.run("plan", "--base", "HEAD~1")

    assert (run.code, "43 -> 50    +7    (newly declared)" in run.out) == (0, True)


def test_removed_skus_are_released(workspace: Workspace) -> None:
    """What is declared no more is touched no more, and that is said."""
    workspace.begin()
    workspace.declare({"TEE": 50})
    workspace.commit()
    run = workspace.run("apply", "--yes", "--record")

    assert "MUG  released: No longer declared. The shop keeps its stock." in run.out
    assert workspace.writes() == []
    assert "released" not in workspace.run("plan").out


def test_changed_since_reads_only_what_changed(workspace: Workspace) -> None:
    """The listing and a read for each changed SKU; the rest is said to be unread."""
    skus = {f"S{n:03}": 10 for n in range(120)}
    workspace.begin(skus)
    with workspace.shop() as shop:
        before = len(shop.ledger())
    # A line that moves is no change.
    workspace.declare({"S119": 10} | skus | {"S003": 12, "S004": "{quantity: 10, rule: at_least}"})
    workspace.commit()
    run = workspace.run("plan", "--changed-since", "HEAD~1", "--out", "p.json")
    with workspace.shop() as shop:
        read = [entry for entry in shop.ledger()[before:] if entry.kind == "read"]

    assert len(read) == 2
    assert "118 SKUs were not read" in run.out
    assert "Plan: 1 to change (2 units raised" in run.out
    assert "Limit exceeded:" not in run.out
    assert "Reads 5, writes at most 1" in run.out
    assert workspace.run("apply", "p.json", "--record").code == 0
    assert ALL_APPLIED.search(workspace.run("plan").out)


def test_offline_asks_nobody(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """C6: base against head without token or network; such a plan shows and is never applied."""
    workspace.begin()
    monkeypatch.setenv("WEBFLOW_API_URL", "http://127.0.0.1:9")
    store = workspace.folder / "inventory/demo/store.yaml"
    workspace.write("inventory/demo/store.yaml", store.read_text().replace("sandbox", "webflow"))
    workspace.declare({"TEE": 70, "MUG": 20, "NEW": 5})
    workspace.commit()
    run = workspace.run("plan", "--offline", "--detailed-exitcode", "--out", "p.json")
    assert "New since the base, so only the shop knows their stock: NEW." in run.out

    assert run.code == 2
    assert "quantity: 50 -> 70    +20    (declared 50 -> 70)" in run.out
    assert "offline" in run.out
    assert workspace.run("apply", "p.json").code == 3
    assert workspace.run("plan", "--offline", "--changed-since", "HEAD~1").code == 64


def test_a_plan_for_another_base_is_stale(workspace: Workspace) -> None:
    """Once another apply has left its record, the plan that was made before is refused."""
    workspace.begin()
    workspace.declare({"TEE": 70, "MUG": 30})
    workspace.commit()
    workspace.run("plan", "--out", "p.json")
    workspace.run("apply", "--yes", "--record")
    run = workspace.run("apply", "p.json")

    assert (run.code, "The base was" in run.err) == (3, True)


def test_many_sold_meanwhile_are_left_alone(workspace: Workspace) -> None:
    """Of 60 changes three moved: 57 written, three named, exit 3."""
    skus = {f"S{n:03}": 10 for n in range(60)}
    workspace.begin(skus)
    workspace.declare(dict.fromkeys(skus, 12))
    workspace.commit()
    workspace.run("plan", "--out", "p.json")
    workspace.sell(S005=1, S030=2, S059=3)
    run = workspace.run("apply", "p.json", "--record")

    assert run.code == 3
    assert "Apply incomplete. 57 changed, 0 already right, 3 moved, 0 failed, 0 unknown" in run.out
    assert run.out.count("  moved     S") == 3


def test_pinning_a_sku_re_adds_nothing(workspace: Workspace) -> None:
    """An `id` under another key is the same SKU: its base is found by the store's id and code."""
    workspace.begin()
    workspace.sell(TEE=7)
    with workspace.shop() as shop:
        sku_id = next(entry.sku_id for entry in shop.ledger() if entry.kind == "sale")
    pinned = f'{{id: "{sku_id}", sku: TEE, quantity: 50}}'
    workspace.declare({"TEE-FRAMED": pinned, "MUG": 20})
    workspace.commit()

    assert "Drift left alone: 1 SKU, 7 units below" in workspace.run("plan", "--read-all").out
    workspace.run("apply", "--yes", "--record")
    workspace.declare(FIFTY)
    workspace.commit()
    assert "Drift left alone: 1 SKU, 7 units below" in workspace.run("plan", "--read-all").out


@pytest.mark.parametrize(
    "ref", ["HEAD~1..HEAD", "HEAD~1...HEAD", "--all", "nonsense", "HEAD:README"]
)
def test_a_base_is_one_commit(workspace: Workspace, ref: str) -> None:
    """A range, an option, a file or nonsense names none."""
    workspace.begin()
    workspace.declare({"TEE": 70, "MUG": 20})
    workspace.commit()

    for option in (f"--base={ref}", f"--changed-since={ref}"):
        run = workspace.run("plan", option)
        assert (run.code, "[no_base]" in run.err) == (1, True), run


def test_a_store_that_was_moved_is_not_new(workspace: Workspace) -> None:
    """Its site stood elsewhere at the base: refused with where, instead of adopting everything."""
    workspace.begin()
    workspace.sell(TEE=7)
    workspace.git("mv", "inventory/demo", "inventory/shop")
    workspace.commit()
    run = workspace.run("plan", "--base", "HEAD~1")

    assert (run.code, "inventory/demo" in run.err) == (1, True), run


@pytest.mark.parametrize("kind", ["link", "submodule"])
def test_what_is_not_told_at_the_base_is_not_taken_for_nothing(
    workspace: Workspace, kind: str
) -> None:
    """The store's folder was a link or a submodule then: refused."""
    workspace.store(FIFTY, {"TEE": 43, "MUG": 20}, settings=ON_CHANGE)
    demo = workspace.folder / "inventory/demo"
    if kind == "link":
        demo.rename(workspace.folder / "elsewhere")
        demo.symlink_to("../elsewhere")
        workspace.commit()
        demo.unlink()
        (workspace.folder / "elsewhere").rename(demo)
    else:
        inner = Workspace(demo, workspace.capsys)
        inner.commit()
        workspace.commit()
        shutil.rmtree(demo / ".git")
        workspace.git("rm", "--quiet", "--cached", "inventory/demo")
    workspace.commit()
    run = workspace.run("plan", "--base", "HEAD~1")

    assert (run.code, "[no_base]" in run.err) == (1, True), run


def _id_of_mug() -> str:
    """Return the id of the second SKU of the factory's shop."""
    return make_id(make_id(SITE, "Product 1"), "0")


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (
            lambda plan: plan["actions"][0]["target"].update(sku_id=_id_of_mug()),
            "does not m",
        ),
        (lambda plan: plan["actions"].append({**plan["actions"][0]}), "writes a SKU twice"),
        (lambda plan: plan.update(unread=["TEE", "MUG"]), "The SKUs that the plan did not read"),
        (lambda plan: plan.update(unread=["NOPE"]), "The SKUs that the plan did not read"),
        (lambda plan: plan["actions"][0]["after"].update(quantity=71), "does not m"),
        (lambda plan: plan["actions"][0].update(cause="drift"), "does not m"),
        (lambda plan: plan.update(base="a" * 40), "The base was"),
        (lambda plan: plan.update(base="a\0b"), "is not a plan"),
    ],
    ids=range(8),
)
def test_a_forged_plan_is_refused(
    workspace: Workspace, forge: Callable[[dict[str, Any]], object], said: str
) -> None:
    """Even one whose fingerprint was computed anew must follow from what stands here."""
    workspace.begin()
    workspace.declare({"TEE": 70, "MUG": 20})
    workspace.commit()
    workspace.run("plan", "--out", "p.json")
    plan = json.loads(Path("p.json").read_text("utf-8"))
    forge(plan)
    Path("p.json").write_text(json.dumps(sealed(plan)), "utf-8")
    run = workspace.run("apply", "p.json", "--record")

    assert (run.code in {3, 65}, said in run.err) == (True, True), run
    assert workspace.writes() == []


def test_offline_plan_shows_this_branch_alone(workspace: Workspace) -> None:
    """A branch behind main does not show the reversal of what main has merged and applied since."""
    workspace.begin()
    workspace.git("checkout", "--quiet", "-b", "branch")
    workspace.declare({"TEE": 50, "MUG": 25})
    workspace.commit("more mugs")
    workspace.git("checkout", "--quiet", "main")
    workspace.declare({"TEE": 70, "MUG": 20})
    workspace.commit("more tees")
    assert workspace.run("apply", "--yes", "--record").code == 0
    workspace.git("checkout", "--quiet", "branch")

    for base in ((), ("--base", "main")):
        run = workspace.run("plan", "--offline", "--format", "json", *base)
        plan = json.loads(run.out)
        assert [(a["sku"], a["after"]["quantity"]) for a in plan["actions"]] == [("MUG", 25)]
        assert [commit.split(" ", 1)[1] for commit in plan["commits"]] == ["more mugs"]


def test_offline_plan_does_not_speak_for_the_shop(workspace: Workspace) -> None:
    """Nobody was asked, so nothing is said of the live stock."""
    workspace.begin()
    run = workspace.run("plan", "--offline")

    assert (run.code, EMPTY in run.out, "The shop was not contacted" in run.out) == (0, False, True)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "other"},
        {"kind": None},
        {"source": "HEAD"},
        {"previous": 5},
        {"format": 3},
        {"store": ["demo"]},
        {"planned": None},
    ],
    ids=range(7),
)
def test_forged_record_is_met_by_a_sentence(workspace: Workspace, change: dict[str, Any]) -> None:
    """H2: null, wrong types, unknown kinds: exit 1 and no traceback, in plan and apply."""
    workspace.begin()
    _forge(workspace, {"kind": "intent"} | change)
    workspace.declare({"TEE": 70, "MUG": 20})
    workspace.commit()

    for command in (("plan",), ("apply", "--yes", "--record")):
        run = workspace.run(*command)
        assert (run.code, "The record" in run.err) == (1, True), run
        assert "Traceback" not in run.err
    assert workspace.writes() == []


def _forge(workspace: Workspace, change: dict[str, Any]) -> None:
    """Put another record in the place of the last one."""
    ref = f"refs/reconciler/{SITE}"
    record = json.loads(workspace.git("show", f"{ref}:record.json")) | change
    text = json.dumps(record)
    blob = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"],  # noqa: S607  the git that is there
        cwd=workspace.folder,
        input=text,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.strip()
    applied = workspace.git("rev-parse", f"{ref}:applied.yaml")
    tree = subprocess.run(
        ["git", "mktree"],  # noqa: S607  the same
        cwd=workspace.folder,
        input=f"100644 blob {applied}\tapplied.yaml\n100644 blob {blob}\trecord.json\n",
        capture_output=True,
        check=True,
        text=True,
    ).stdout.strip()
    commit = workspace.git("commit-tree", tree, "-p", ref, "-m", "forged")
    workspace.git("update-ref", ref, commit)
