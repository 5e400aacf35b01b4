"""Whose number it is, over real HTTP and real git: nothing that sold comes back unsaid.

Each test is a story that people live through; the rows R1 to R12 of the table of faults.
"""

import itertools
import json
from pathlib import Path

import pytest
from factories import FIFTY, ON_CHANGE, OTHER_SITE, SITE, Workspace

from reconciler.sandbox.edits import change_code, restock

REF = f"refs/reconciler/{SITE}"
TEES = {"TEE": 16, "MUG": 20}


def _apply(workspace: Workspace, code: int = 0) -> str:
    run = workspace.run("apply", "--yes")
    assert run.code == code, run
    return run.out


def _declare(workspace: Workspace, **levels: int) -> None:
    workspace.declare({**TEES, **levels})
    workspace.commit()


def _restock(workspace: Workspace, **quantities: int) -> None:
    """Set quantities through the shop's own page."""
    with workspace.shop() as shop:
        for code, quantity in quantities.items():
            restock(shop, code, quantity)


def _tee(workspace: Workspace) -> object:
    return workspace.quantities()["TEE"]


def test_overtaken_level_is_settled(workspace: Workspace) -> None:
    """R1: typed 60, the shop is at 65: left alone; an unrelated apply brings nothing back."""
    workspace.begin(TEES)
    _restock(workspace, TEE=65)
    _declare(workspace, TEE=60)
    assert "TEE  overtaken" in _apply(workspace)
    workspace.sell(TEE=15)
    _declare(workspace, TEE=60, MUG=25)
    _apply(workspace)

    assert workspace.quantities() == {"TEE": 50, "MUG": 25}


def test_overtaken_lowered_level_is_settled(workspace: Workspace) -> None:
    """R1: typed 45 and the shop is at 42; a restock to 80 stays, without any new commit."""
    workspace.begin({"TEE": 50, "MUG": 20})
    workspace.sell(TEE=8)
    _declare(workspace, TEE=45, MUG=20)
    _apply(workspace)
    _restock(workspace, TEE=80)

    assert "No changes." in workspace.run("plan").out
    _apply(workspace)
    assert _tee(workspace) == 80


@pytest.mark.parametrize("shop", [65, 9])
def test_pulled_level_is_a_copy(workspace: Workspace, shop: int) -> None:
    """R2: what the shop had goes into the file; five sell before the merge and stay sold."""
    workspace.begin(TEES)
    _restock(workspace, TEE=shop)
    assert workspace.run("pull").code == 0
    workspace.commit("pulled")
    workspace.sell(TEE=5)
    out = _apply(workspace)

    assert _tee(workspace) == shop - 5
    assert "TEE" not in out.replace("TEE  drift", "") or "~ TEE" not in out
    assert "No changes." in workspace.run("plan").out
    _declare(workspace, TEE=shop, MUG=25)
    _apply(workspace)
    assert workspace.quantities() == {"TEE": shop - 5, "MUG": 25}


def test_number_edited_after_it_was_seen_counts_from_there(workspace: Workspace) -> None:
    """R12: pulled 35, typed 66, three sold before the apply: just those three are named."""
    workspace.begin({"TEE": 46, "MUG": 20})
    workspace.sell(TEE=11)
    workspace.run("pull")
    workspace.commit("pulled")
    _declare(workspace, TEE=66)
    workspace.sell(TEE=3)
    plan = workspace.run("plan", "--out", "p.json")
    action = json.loads(Path("p.json").read_text("utf-8"))["actions"][0]

    assert (action["put_back"], action["reference"]["had"]["quantity"]) == (3, 35)
    assert "declared 46 -> 66, seen 35 on" in plan.out
    assert "; 3 sold since would go back on the shelf)" in plan.out
    assert (
        "TEE&#58; 3 sold since would go back on the shelf"
        in workspace.run("show", "p.json", "--format", "markdown").out
    )
    assert (
        "3 sold since would go back on the shelf"
        in workspace.run("show", "p.json", "--format", "github").out
    )


def test_pull_leaves_a_merged_number_that_was_not_applied(workspace: Workspace) -> None:
    """R2: to take the shop's number would drop what somebody typed."""
    workspace.begin(TEES)
    _declare(workspace, TEE=30)
    workspace.sell(TEE=1)
    run = workspace.run("pull")

    assert "Skipped TEE: 30 is declared" in run.err
    assert "TEE: 30" in (workspace.folder / "inventory/demo/stock.yaml").read_text("utf-8")


def test_consumed_observations_go_with_the_next_pull(workspace: Workspace) -> None:
    """One file for each run, until an apply has dealt with it."""
    workspace.begin(TEES)
    seen = workspace.folder / "inventory/demo/.seen"
    workspace.sell(TEE=1)
    workspace.run("pull")
    first = sorted(seen.iterdir())
    workspace.commit()
    workspace.sell(TEE=1)
    workspace.run("pull")
    assert len(list(seen.iterdir())) == 2
    workspace.commit()
    _apply(workspace)
    workspace.sell(TEE=1)
    workspace.run("pull")

    assert len(first) == 1
    assert len(list(seen.iterdir())) == 1 and not first[0].exists()


def test_imported_levels_need_no_base(workspace: Workspace) -> None:
    """R3: import, commit, apply; four sold in between stay sold, and so they do later."""
    workspace.store({"MUG": 20}, {"TEE": 55, "MUG": 20}, settings=ON_CHANGE)
    (workspace.folder / "inventory/demo/stock.yaml").unlink()
    assert workspace.run("import").code == 0
    workspace.commit("imported")
    workspace.sell(TEE=4)
    out = _apply(workspace)

    assert (_tee(workspace), "~ TEE" in out) == (51, False)
    assert "No changes." in workspace.run("plan").out


def test_imported_level_that_was_edited_is_written(workspace: Workspace) -> None:
    """R3: a number typed after the import counts from what was seen, without a base."""
    workspace.store({"MUG": 20}, {"TEE": 55, "MUG": 20}, settings=ON_CHANGE)
    (workspace.folder / "inventory/demo/stock.yaml").unlink()
    workspace.run("import")
    other = next((workspace.folder / "inventory/demo").glob("*.yaml"))
    for file in (workspace.folder / "inventory/demo").glob("*.yaml"):
        text = file.read_text("utf-8")
        file.write_text(text.replace("TEE: 55", "TEE: 60"), "utf-8")
    workspace.commit("imported")
    workspace.sell(TEE=4)
    run = workspace.run("plan")

    assert other.exists()
    assert "quantity: 51 -> 60    +9    (seen 55 on" in run.out
    assert "; 4 sold since would go back on the shelf)" in run.out


def test_new_sku_is_imported_into_a_store_with_a_record(workspace: Workspace) -> None:
    """R3: a later import is a copy too."""
    workspace.begin({"MUG": 20})
    workspace.write("inventory/demo/sandbox.json", json.dumps(_seed_with_tee(workspace)))
    workspace.run("sandbox", "reset")
    workspace.run("import")
    workspace.commit("imported")
    workspace.sell(TEE=4)
    out = _apply(workspace)

    assert (_tee(workspace), "newly declared" in out) == (51, False)


def _seed_with_tee(workspace: Workspace) -> object:
    seed = json.loads((workspace.folder / "inventory/demo/sandbox.json").read_text("utf-8"))
    tee = {"stock": {"inventoryType": "finite", "quantity": 55}, "sku": "TEE"}
    seed["products"].append({"name": "Tee", "skus": [tee]})
    return seed


def test_file_lost_in_a_merge_and_reverted_brings_nothing_back(workspace: Workspace) -> None:
    """R4: removed, applied, sold, brought back: settled as it was."""
    workspace.begin(FIFTY)
    workspace.declare({"MUG": 20})
    lost = workspace.commit("lost")
    assert "TEE  released" in _apply(workspace)
    workspace.sell(TEE=7)
    workspace.git("revert", "--no-edit", lost)
    out = _apply(workspace)

    assert (_tee(workspace), "newly declared" in out) == (43, False)


def test_code_renamed_in_the_shop_and_corrected_is_no_new_sku(workspace: Workspace) -> None:
    """R5: `missing` says what it is called now; the corrected line is what it was before."""
    workspace.begin({"TEE": 28, "MUG": 20})
    workspace.sell(TEE=5)
    with workspace.shop() as shop:
        change_code(shop, "TEE", "TEE-2")
    assert workspace.run("plan").code == 65
    workspace.declare({"TEE-2": 28, "MUG": 20})
    workspace.commit("as it is called now")
    out = _apply(workspace)

    assert (workspace.quantities()["TEE-2"], "newly declared" in out) == (23, False)
    assert "released" not in out


def test_codes_swapped_in_the_shop_cause_no_write(workspace: Workspace) -> None:
    """R5: each code belongs to another SKU now: an error that names both, and no write."""
    workspace.begin({"TEE": 28, "MUG": 20})
    with workspace.shop() as shop:
        change_code(shop, "TEE", "X")
        change_code(shop, "MUG", "TEE")
        change_code(shop, "X", "MUG")
    workspace.declare({"TEE": 30, "MUG": 22})
    workspace.commit()
    run = workspace.run("apply", "--yes")

    assert run.code == 5
    assert "TEE  replaced" in run.out and "MUG  replaced" in run.out
    assert workspace.writes() == []
    assert workspace.run("base", "set", "HEAD", "--yes", "--sku", "*").code == 0
    assert workspace.run("plan").code == 65 or "No changes" in workspace.run("plan").out


@pytest.mark.parametrize("rule", ["at_least", "at_most", "exact", "observe"])
def test_bound_turned_on_change_writes_nothing(workspace: Workspace, rule: str) -> None:
    """R6: the number is unchanged, so nobody said anything about the stock."""
    workspace.store(TEES, TEES, settings=f"rule: {rule}\n")
    workspace.commit()
    _apply(workspace)
    _restock(workspace, TEE=9)
    workspace.store(TEES, TEES, settings=ON_CHANGE)
    workspace.commit()
    before = len(workspace.writes())
    _apply(workspace)

    assert (_tee(workspace), len(workspace.writes())) == (9, before)


def test_two_inventories_of_one_name_do_not_share_a_base(workspace: Workspace) -> None:
    """R7: the record belongs to the site."""
    workspace.begin({"TEE": 50, "MUG": 20})
    other = f"site_id: {OTHER_SITE}\nbackend: sandbox\n{ON_CHANGE}"
    workspace.write("shops/inventory/demo/store.yaml", other)
    workspace.write("shops/inventory/demo/stock.yaml", "skus:\n  TEE: 10\n")
    seed = json.loads((workspace.folder / "inventory/demo/sandbox.json").read_text("utf-8"))
    seed["site"]["id"] = OTHER_SITE
    workspace.write("shops/inventory/demo/sandbox.json", json.dumps(seed))
    workspace.commit()
    run = workspace.run("plan", "--inventory", "shops/inventory")

    assert (run.code, "reconciler base set HEAD" in run.err) == (1, True), run


def test_renamed_store_keeps_its_memory(workspace: Workspace) -> None:
    """R7: renamed and applied, renamed back and applied: what sold in between stays sold."""
    workspace.begin({"TEE": 50, "MUG": 20})
    data = workspace.folder / ".reconciler/sandbox"
    names = ("demo", "shop", "demo")
    for before, after in itertools.pairwise(names):
        for file in data.iterdir():
            file.rename(data / file.name.replace(before, "demo"))
        workspace.sell(TEE=1)
        workspace.git("mv", f"inventory/{before}", f"inventory/{after}")
        workspace.commit()
        for file in data.iterdir():
            file.rename(data / file.name.replace("demo", after))
        assert "newly declared" not in _apply(workspace)

    assert _tee(workspace) == 48


def test_two_stores_of_one_site_are_refused(workspace: Workspace) -> None:
    """R9: by validate, plan, and apply, wherever the folders are."""
    workspace.begin(TEES)
    workspace.write("elsewhere/inventory/b/store.yaml", f"site_id: {SITE}\n")
    workspace.write("elsewhere/inventory/b/s.yaml", "skus: {A: 1}\n")
    workspace.commit()
    for command in (("validate",), ("plan",), ("apply", "--yes")):
        run = workspace.run(*command)
        assert (run.code, "elsewhere/inventory/b" in run.out + run.err) == (65, True), run


def test_max_put_back_refuses_to_undo_a_sale(workspace: Workspace) -> None:
    """The limit of a new shop: apply refuses, with the ways on; `--allow` is meant."""
    limits = "limits:\n  max_put_back: 0\n  max_units_raised: 999\n  max_changes: 9\n"
    workspace.store(TEES, TEES, settings=limits + ON_CHANGE)
    workspace.commit()
    assert workspace.run("base", "set", "HEAD", "--yes").code == 0
    workspace.run("apply", "--yes")
    workspace.sell(TEE=2)
    _declare(workspace, TEE=30)
    refused = workspace.run("apply", "--yes")
    assert (refused.code, _tee(workspace)) == (4, 14), refused
    for way in ("reconciler adjust TEE=+", "reconciler count TEE=", "--allow max_put_back"):
        assert way in refused.err

    assert workspace.run("apply", "--yes", "--allow", "max_put_back").code == 0
    assert _tee(workspace) == 30


def _observed_before_settled(workspace: Workspace) -> None:
    """A branch sees TEE at 43; main types 60 and applies it; five sell; the branch is merged."""
    workspace.begin({"TEE": 43, "MUG": 20})
    workspace.git("checkout", "--quiet", "-b", "branch")
    _restock(workspace, MUG=25)
    workspace.run("pull")
    workspace.commit("pulled")
    workspace.git("checkout", "--quiet", "main")
    workspace.declare({"TEE": 60, "MUG": 20})
    workspace.commit()
    _apply(workspace)
    workspace.sell(TEE=5)
    workspace.git("merge", "--quiet", "--no-edit", "-X", "ours", "branch")


@pytest.mark.parametrize(("level", "left", "put_back"), [(50, 50, 0), (70, 70, 5), (43, 55, None)])
def test_observation_older_than_the_settled_level_is_no_reference(
    workspace: Workspace, level: int, left: int, put_back: int | None
) -> None:
    """What is typed counts from the level settled since; an old copy is named and left alone."""
    _observed_before_settled(workspace)
    workspace.declare({"TEE": level, "MUG": 25})
    workspace.commit()
    workspace.run("plan", "--out", "p.json")
    plan = json.loads(Path("p.json").read_text("utf-8"))
    found = [one["put_back"] for one in plan["actions"] if one["sku"] == "TEE"]
    out = _apply(workspace)

    assert (_tee(workspace), found) == (left, [] if put_back is None else [put_back])
    assert ("TEE  overtaken" in out) == (put_back is None)


def test_pull_before_the_first_apply_leaves_a_typed_number(workspace: Workspace) -> None:
    """What was imported and then changed was typed, though nothing was applied yet."""
    workspace.store({"MUG": 20}, {"TEE": 43, "MUG": 20}, settings=ON_CHANGE)
    (workspace.folder / "inventory/demo/stock.yaml").unlink()
    workspace.run("import")
    for file in (workspace.folder / "inventory/demo").glob("*.yaml"):
        file.write_text(file.read_text("utf-8").replace("TEE: 43", "TEE: 70"), "utf-8")
    workspace.commit("typed")
    run = workspace.run("pull")

    assert "Skipped TEE: 70 is declared" in run.err


def test_base_set_ends_replaced(workspace: Workspace) -> None:
    """The way out that the finding names."""
    workspace.begin({"TEE": 28, "MUG": 20})
    with workspace.shop() as shop:
        change_code(shop, "TEE", "X")
        change_code(shop, "MUG", "TEE")
        change_code(shop, "X", "MUG")
    assert workspace.run("plan").code == 65
    assert workspace.run("base", "set", "HEAD", "--sku", "TEE", "--yes").code == 0
    assert workspace.run("base", "set", "HEAD", "--sku", "MUG", "--yes").code == 0

    assert workspace.run("plan").code == 0
    _apply(workspace)
    assert workspace.writes() == []
