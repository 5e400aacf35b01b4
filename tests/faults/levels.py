"""Rows R1 to R12: levels under `on_change`, with sales at any time, in shared records."""

import json

from factories import OTHER_SITE, SITE

from faults.event_scene import EventScene, event_scene
from faults.table import Bench, row
from reconciler.sandbox.edits import add_product, change_code, delete_product, restock


def _writes(scene: EventScene) -> int:
    return len(scene.writes())


@row("R1", "overtaken, raised and lowered, and a later unrelated apply", naive=False)
def overtaken(bench: Bench) -> None:
    """A restock that went further than the typed level stays, and so do later sales."""
    more, sold = bench.chance.randint(1, 9), bench.chance.randint(1, 9)
    for typed, has in ((60, 60 + more), (45, 45 - more)):
        with bench.fresh() as fresh, event_scene(fresh) as scene:
            restock(scene.shop, "TEE", has)
            scene.level(TEE=typed)
            assert "TEE  overtaken" in scene.settle().out
            scene.sell(sold)
            scene.level(TEE=typed, MUG=25)
            scene.settle()
            assert scene.shop.stocks() == {"TEE": has - sold, "MUG": 25}


@row("R2", "pull up and down, over a merged level, after a conflict", naive=False)
def pulled(bench: Bench) -> None:
    """Copied numbers are no statements. A typed number that was not applied yet is kept."""
    sold = bench.chance.randint(1, 5)
    for has in (65, 9):
        with bench.fresh() as fresh, event_scene(fresh) as scene:
            restock(scene.shop, "TEE", has)
            assert scene.run("pull").code == 0
            scene.commit()
            scene.sell(sold)
            writes = _writes(scene)
            scene.settle()
            assert (scene.tee(), _writes(scene)) == (has - sold, writes)
    with bench.fresh() as fresh, event_scene(fresh) as scene:
        scene.level(TEE=70)
        scene.sell(sold)
        scene.run("pull")
        assert "TEE: 70" in (scene.folder / "stock.yaml").read_text("utf-8")
    with bench.fresh() as fresh, event_scene(fresh) as scene:
        scene.sell(sold)
        scene.run("pull")
        scene.level()  # the conflict is resolved to the number of main
        scene.settle()
        assert scene.tee() == 50 - sold


@row("R3", "import, first and later, with sales before the apply", naive=False)
def imported(bench: Bench) -> None:
    """An imported number needs no base, and puts nothing back."""
    sold = bench.chance.randint(1, 9)
    with event_scene(bench) as scene:
        add_product(scene.shop, "CAP", 12)
        assert scene.run("import").code == 0
        scene.commit()
        scene.sell(sold)
        scene.sell(sold, "CAP")
        writes = _writes(scene)
        scene.settle()
        assert scene.shop.stocks() == {"TEE": 50 - sold, "MUG": 20, "CAP": 12 - sold}
        assert _writes(scene) == writes
        # Without a record, as in a new repository.
        scene.git("push", "--quiet", "--delete", "origin", scene.record_ref())
        scene.git("update-ref", "-d", scene.record_ref())
        for path in scene.folder.rglob("*.yaml"):
            if path.name != "store.yaml":
                path.unlink()
        assert scene.run("import").code == 0
        scene.commit()
        scene.sell(1)
        scene.settle()
        assert (scene.tee(), _writes(scene)) == (50 - sold - 1, writes)


@row("R4", "removed, sold, and reverted", naive=False)
def removed(bench: Bench) -> None:
    """The SKU is settled as before."""
    sold = bench.chance.randint(1, 9)
    with event_scene(bench) as scene:
        scene.declare({"MUG": 20})
        scene.commit()
        assert "TEE  released" in scene.settle().out
        scene.sell(sold)
        scene.git("revert", "--no-edit", "HEAD")
        scene.git("push", "--quiet", "origin", "main")
        scene.settle()
        assert (scene.tee(), _writes(scene)) == (50 - sold, 0)


@row("R5", "renamed and corrected, codes swapped, a product created again", naive=False)
def renamed(bench: Bench) -> None:
    """A corrected code is the same SKU. A code that now names another SKU is an error."""
    sold = bench.chance.randint(1, 9)
    with bench.fresh() as fresh, event_scene(fresh) as scene:
        scene.sell(sold)
        change_code(scene.shop, "TEE", "SHIRT")
        assert scene.run("plan").code == 65
        scene.declare({"SHIRT": 50, "MUG": 20})
        scene.commit()
        scene.settle()
        assert (scene.shop.stocks()["SHIRT"], _writes(scene)) == (50 - sold, 0)
    with bench.fresh() as fresh, event_scene(fresh) as scene:
        for old, new in (("TEE", "X"), ("MUG", "TEE"), ("X", "MUG")):
            change_code(scene.shop, old, new)
        scene.level(TEE=30, MUG=22)
        run = scene.settle(5)
        assert ("TEE  replaced" in run.out, _writes(scene)) == (True, 0)
    with bench.fresh() as fresh, event_scene(fresh, before={"MUG": 20, "TEE": 50}) as scene:
        delete_product(scene.shop)
        add_product(scene.shop, "TEE", 7)
        scene.declare({"MUG": 20, "TEE": 50})
        run = scene.run("apply", "--yes")
        assert (run.code in {0, 5}, _writes(scene)) == (True, 0), run


@row("R6", "a bound turned `on_change`", naive=False)
def from_bound(bench: Bench) -> None:
    """The number is unchanged, so nothing is written."""
    rule = bench.chance.choice(["at_least", "at_most", "exact", "observe"])
    with event_scene(bench) as scene:
        settings = scene.folder / "store.yaml"
        text = settings.read_text("utf-8")
        settings.write_text(text.replace("on_change", rule), "utf-8")
        scene.commit()
        scene.settle()
        restock(scene.shop, "TEE", bench.chance.randint(1, 99))
        has, writes = scene.tee(), _writes(scene)
        settings.write_text(text, "utf-8")
        scene.commit()
        scene.settle()
        assert (scene.tee(), _writes(scene)) == (has, writes)


@row("R7", "two stores of one name, a store renamed and back, another site", naive=False)
def stores(bench: Bench) -> None:
    """The record belongs to the site, not to the name of the folder."""
    sold = bench.chance.randint(1, 9)
    with event_scene(bench) as scene:
        for old, new in (("demo", "shop"), ("shop", "demo")):
            scene.sell(sold)
            scene.git("mv", f"inventory/{old}", f"inventory/{new}")
            scene.commit()
            scene.settle()
        assert (scene.tee(), _writes(scene)) == (50 - 2 * sold, 0)
        text = (scene.folder / "store.yaml").read_text("utf-8")
        (scene.folder / "store.yaml").write_text(text.replace(SITE, OTHER_SITE), "utf-8")
        scene.commit()
        run = scene.run("apply", "--yes")
        assert (run.code, _writes(scene)) == (1, 0), run


@row("R8", "a second clone with old records, a stale record, two remotes", naive=False)
def clones(bench: Bench) -> None:
    """Old records are refreshed. Two remotes that disagree are named, and nothing is written."""
    sold = bench.chance.randint(1, 9)
    with event_scene(bench) as scene:
        scene.clone("second")
        scene.home = "first"
        scene.level(TEE=70)
        scene.settle()
        scene.sell(sold)
        scene.home = "second"
        stale = scene.run("apply", "--yes")
        assert stale.code == 3, stale
        scene.git("pull", "--quiet", "--ff-only", "origin", "main")
        scene.settle()
        assert scene.tee() == 70 - sold
        writes = _writes(scene)
        scene.git("init", "--quiet", "--bare", "../other.git")
        scene.git("remote", "add", "other", "../other.git")
        scene.git(
            "push", "--quiet", "other", "main", f"{scene.record_ref()}~1:{scene.record_ref()}"
        )
        scene.level(TEE=70, MUG=21)
        run = scene.run("apply", "--yes", "--remote", "other")
        assert (run.code in {1, 3, 64}, _writes(scene)) == (True, writes), run


@row("R9", "two stores of one site", naive=False)
def same_site(bench: Bench) -> None:
    """Refused by every command, with both places."""
    with event_scene(bench) as scene:
        other = bench.folder / scene.home / "elsewhere/inventory/b"
        other.mkdir(parents=True)
        (other / "store.yaml").write_text(f"site_id: {SITE}\n")
        (other / "s.yaml").write_text("skus: {A: 1}\n")
        scene.commit()
        for command in (("validate",), ("plan",), ("apply", "--yes")):
            run = scene.run(*command)
            assert (run.code, "elsewhere/inventory/b" in run.out + run.err) == (65, True), run


@row("R10", "pinned, unpinned, split, reordered", naive=False)
def rearranged(bench: Bench) -> None:
    """The same levels in another form write nothing."""
    sold = bench.chance.randint(1, 9)
    with event_scene(bench) as scene:
        scene.sell(sold)
        pinned = f"{{quantity: 50, id: {scene.sku_id('TEE')}}}"
        for levels in ({"TEE": pinned, "MUG": 20}, {"MUG": 20, "TEE": 50}):
            scene.declare(levels)
            scene.commit()
            scene.settle()
        scene.declare({"MUG": 20})
        (scene.folder / "tees.yaml").write_text("skus:\n  TEE: 50\n", "utf-8")
        scene.commit()
        scene.settle()
        assert (scene.tee(), _writes(scene)) == (50 - sold, 0)


@row("R11", "a force push", naive=False)
def forced(bench: Bench) -> None:
    """Exit code 3, nothing is written, and the advised command works."""
    with event_scene(bench) as scene:
        scene.level(TEE=60)
        scene.settle()
        writes = _writes(scene)
        scene.git("commit", "--quiet", "--amend", "--message", "rewritten")
        scene.git("push", "--quiet", "--force", "origin", "main")
        run = scene.settle(3)
        advice = run.err.rpartition("`reconciler ")[2].partition("`")[0].split()
        assert scene.run(*advice, "--yes").code == 0
        scene.sell(3)
        scene.settle()
        assert (scene.tee(), _writes(scene)) == (57, writes)


@row("R12", "seen, edited, and sold", naive=False)
def seen(bench: Bench) -> None:
    """An edited copy counts from what was seen. The plan has the exact units put back."""
    before, after = bench.chance.randint(1, 9), bench.chance.randint(1, 9)
    with event_scene(bench) as scene:
        scene.sell(before)
        scene.run("pull")
        scene.level(TEE=66)
        scene.sell(after)
        scene.plan()
        plan = json.loads((bench.folder / scene.home / "p.json").read_text("utf-8"))
        (action,) = plan["actions"]
        assert (action["put_back"], action["reference"]["had"]["quantity"]) == (after, 50 - before)
