"""`import`, `pull`, `set` and `export`: from a live shop and from a spreadsheet to YAML."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.shell_completion import BashComplete
from factories import SITE, Workspace

from reconciler.cli import main
from reconciler.sandbox.app import SCOPES, Api
from reconciler.sandbox.embedded import serve_for_a_while
from reconciler.sandbox.seed import build_seed
from reconciler.sandbox.shop import Shop

STOCK = Path("inventory/demo/stock.yaml")
DAY = "2026-11-26"
EMPTY = "No changes. The live stock is as declared."


def _files(workspace: Workspace) -> dict[str, str]:
    folder = workspace.folder / "inventory/demo"
    return {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.yaml"))}


PRODUCTS = [
    {
        "name": "T-Shirt",
        "category": "Apparel & Co",
        "options": ["Colour", "Size"],
        "skus": [
            {"sku": "TEE-BLK-S", "values": ["Black", "S"], "stock": 25},
            {"sku": "TEE-BLK-M", "values": ["Black", "M"], "stock": "infinite"},
        ],
    },
    {"name": "Mug\n@org # {x}", "skus": [{"sku": "MUG", "stock": 3.0}]},
    {
        "name": "Poster",
        "options": ["Frame"],
        "skus": [
            {"sku": "POSTER", "values": ["plain"], "stock": 20},
            {"sku": "POSTER", "values": ["Öko"], "stock": 3},
        ],
    },
    {"name": "No Code", "skus": [{"stock": 1}]},
    {"name": "Odd", "skus": [{"sku": " NO\u200bPE", "stock": 1}]},
    {"name": "Gone", "archived": True, "skus": [{"sku": "OLD", "stock": 1}]},
    {"name": "Below", "skus": [{"sku": "BELOW", "stock": -2}]},
]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Serve a shop as Webflow's API would, and point the environment there."""
    data = {"site": {"id": SITE, "name": "Test"}, "products": PRODUCTS}
    with (
        Shop(tmp_path / "shop.sqlite", lambda: build_seed(data)) as shop,
        serve_for_a_while(Api(shop, {"tok3n": SCOPES, "poor": SCOPES - {"cms:read"}})) as address,
    ):
        monkeypatch.setenv("WEBFLOW_API_URL", address)
        monkeypatch.setenv("WEBFLOW_TOKEN", "tok3n")
        yield shop


def test_a_shop_becomes_a_folder_that_plans_to_nothing(workspace: Workspace, shop: Shop) -> None:
    """Files by category, a comment for each SKU, the rest named; and the next commands."""
    run = workspace.run("import", "--site", SITE, "--store", "demo")
    assert run.code == 0, run
    assert "'Import demo'" in run.err and "plan --base HEAD" in run.err
    for reason in ("2 SKUs share the code POSTER", "it has no code", "cannot be a key", "has -2"):
        assert reason in run.err
    assert "1 SKU of archived products: left out" in run.err
    files = _files(workspace)
    assert files["apparel-co.yaml"] == (
        "# yaml-language-server: $schema=../.schemas/inventory.schema.json\n"
        "skus:\n"
        "  TEE-BLK-S: 25        # T-Shirt / Black S\n"
        "  TEE-BLK-M: infinite  # T-Shirt / Black M\n"
    )
    assert files["other.yaml"].endswith("skus:\n  MUG: 3  # Mug?@org # {x}\n")
    assert "rule: on_change\n" in files["store.yaml"]
    assert (workspace.folder / "inventory/.schemas/inventory.schema.json").is_file()
    workspace.commit()
    plan = workspace.run("plan", "--base", "HEAD")
    assert (plan.code, EMPTY in plan.out) == (0, True), plan
    assert workspace.run("validate").code == 0


def test_a_second_import_adds_what_is_new_where_it_belongs(
    workspace: Workspace, shop: Shop
) -> None:
    """Beside its siblings, with no other line touched; the third finds nothing."""
    workspace.run("import", "--site", SITE, "--store", "demo", "--sku", "*-S", "--sku", "M*")
    before = _files(workspace)
    assert "TEE-BLK-M" not in before["apparel-co.yaml"]
    workspace.write("inventory/demo/apparel-co.yaml", before["apparel-co.yaml"] + "  # the end\n")
    run = workspace.run("import", "--pin")
    assert run.code == 0, run
    files = _files(workspace)
    assert files["apparel-co.yaml"].splitlines()[2:] == [
        "  TEE-BLK-S: 25  # T-Shirt / Black S",
        "  TEE-BLK-M: infinite  # T-Shirt / Black M",
        "  # the end",
    ]
    assert "  POSTER-OKO: {quantity: 3, id: " in files["other.yaml"]
    assert ', sku: ""}  # No Code\n' in files["other.yaml"]
    assert "  NOPE: {quantity: 1, id: " in files["other.yaml"]
    workspace.commit()
    assert EMPTY in workspace.run("plan", "--base", "HEAD").out
    assert "Nothing to import" in workspace.run("import", "--pin").err
    assert _files(workspace) == files


def test_without_the_scope_for_categories_files_go_by_product(
    workspace: Workspace, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SKU collection must be named then; what is said says which scope is missing."""
    monkeypatch.setenv("WEBFLOW_TOKEN", "poor")
    collection = shop.meta("sku_collection_id")
    workspace.write(
        "inventory/demo/store.yaml", f"site_id: {SITE}\nsku_collection_id: {collection}\n"
    )
    run = workspace.run("import")
    assert (run.code, "the scope cms:read" in run.err) == (0, True), run
    assert sorted(_files(workspace)) == ["other.yaml", "store.yaml"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--site", SITE), "name the new store with --store"),
        (("--site", SITE, "--store", "Up"), "name the new store with --store"),
        (("--site", SITE, "--store", "demo"), "is a store already; leave --site out"),
    ],
)
def test_a_new_store_needs_a_name_of_its_own(
    workspace: Workspace, arguments: tuple[str, ...], said: str
) -> None:
    """Exit 64, and no file is made."""
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\n")
    run = workspace.run("import", *arguments)
    assert (run.code, said in run.err) == (64, True), run


def test_set_changes_the_numbers_and_nothing_else(workspace: Workspace) -> None:
    """Several at once; comments and the file's mode stay."""
    workspace.store({"A": "5   # five", "B": 6, "C": "{quantity: infinite, note: x}"}, {"A": 5})
    STOCK.chmod(0o640)
    run = workspace.run("set", "A=70", "B=-2", "C=3")

    assert run.code == 0, run
    assert "A  5 -> 70  (inventory/demo/stock.yaml:2)" in run.out
    assert STOCK.read_text() == "skus:\n  A: 70  # five\n  B: 4\n  C: {quantity: 3, note: x}\n"
    assert stat.S_IMODE(STOCK.stat().st_mode) == 0o640
    assert "Nothing to change" in workspace.run("set", "A=70").err
    assert sorted(path.name for path in STOCK.parent.iterdir()) == [
        "sandbox.json",
        "stock.yaml",
        "store.yaml",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("AA=5",), "`AA` is declared nowhere; did you mean A?"),
        (("A",), "A names no number; write A=70"),
        (("A=5.5",), "is not a whole number"),
        (("A=-9",), "A would be -4, from 5"),
        (("C=+1",), "C has infinite, to which nothing adds"),
        (("D=+1",), "D has the rule on_change, so the declared 5 is not what is on the shelf"),
        (("A=1", "A=2"), "`A` is given twice"),
        ((), "name SKUs, like TEE-BLK-M=70, or a table"),
        (("A=1", "--csv", "x.csv"), "one of both"),
        (("--csv", "x.csv"), "add --yes"),
        (("A=1", "--as-of", "yesterday"), "yesterday is no day"),
    ],
)
def test_set_does_all_or_nothing(
    workspace: Workspace, arguments: tuple[str, ...], said: str
) -> None:
    """Exit 64 with what to do, and not even the good half is done."""
    stock = {"A": 5, "B": 6, "C": "infinite", "D": "{quantity: 5, rule: on_change}"}
    workspace.store(stock, {"A": 5})
    before = STOCK.read_bytes()
    run = workspace.run(
        "set", *(["B=1"] if arguments and "--csv" not in arguments else []), *arguments
    )

    assert (run.code, said in run.err, STOCK.read_bytes()) == (64, True, before), run


def test_plus_counts_from_the_shop_where_that_is_asked(workspace: Workspace) -> None:
    """Under on_change it must be; where the rule would not write the number, it gets a date."""
    workspace.store({"A": 50, "B": 50}, {"A": 43, "B": 60}, settings="rule: on_change\n")
    workspace.commit()
    workspace.run("apply", "--yes", "--base", "HEAD", "--record")
    run = workspace.run("set", "--live", "A=+20", "B=-5")

    assert run.code == 0, run
    text = STOCK.read_text()
    assert "  A: 63\n" in text
    assert "  B: {quantity: 55, as_of: 20" in text
    workspace.commit()
    assert workspace.run("apply", "--yes", "--record").code == 0
    assert workspace.quantities() == {"A": 63, "B": 55}


def test_pull_takes_what_the_shop_has(workspace: Workspace) -> None:
    """Values that differ, and no bound; what cannot be declared is named."""
    stock = {"A": "5  # a", "B": 6, "C": "{quantity: 9, rule: at_least}", "D": 1, "E": 2}
    workspace.store(stock, {"A": 3, "B": 6, "C": 20, "D": None, "E": "infinite"})
    run = workspace.run("pull")

    assert run.code == 0, run
    assert "D: the shop has no quantity, which cannot be declared" in run.err
    assert "1 SKU under at_least or at_most: left as declared" in run.err
    bound = "C: {quantity: 9, rule: at_least}"
    assert STOCK.read_text() == (f"skus:\n  A: 3  # a\n  B: 6\n  {bound}\n  D: 1\n  E: infinite\n")
    assert "Nothing to change" in workspace.run("pull").err
    workspace.run("pull", "--sku", "C*")
    assert "C: {quantity: 20, rule: at_least}" in STOCK.read_text()
    assert workspace.run("pull", "--sku", "X*").code == 64


def test_a_stocktake_from_export_to_an_empty_plan(workspace: Workspace) -> None:
    """Export, count in the sheet, set --csv, commit, plan, apply, plan again: nothing."""
    declared = {"TEE": 50, "MUG": 20, "=CAP": 7}
    quoted = {"TEE": 50, "MUG": 20, '"=CAP"': 7}
    workspace.store(quoted, declared, settings="rule: on_change\n")
    workspace.commit()
    workspace.run("apply", "--yes", "--base", "HEAD", "--record")
    workspace.sell(TEE=7)
    assert workspace.run("export", "--csv", "stock.csv", "--live").code == 0
    sheet = Path("stock.csv").read_text("utf-8-sig")
    assert sheet.splitlines()[:2] == [
        "SKU,Quantity,Live now,Rule,As of,File",
        "TEE,50,43,on_change,,inventory/demo/stock.yaml",
    ]
    assert "'=CAP,7,7," in sheet
    Path("stock.csv").write_text(sheet.replace("TEE,50", "TEE,45"), "utf-8-sig")
    run = workspace.run("set", "--csv", "stock.csv", "--yes", "--as-of", DAY)
    assert run.code == 0, run
    assert "SKU is the column SKU, quantity the column Quantity" in run.err
    assert STOCK.read_text() == (f'as_of: {DAY}\nskus:\n  TEE: 45\n  MUG: 20\n  "=CAP": 7\n')
    workspace.commit("stocktake")
    assert "quantity: 43 -> 45    +2" in workspace.run("plan").out
    assert workspace.run("apply", "--yes", "--record").code == 0
    assert EMPTY in workspace.run("plan").out
    assert workspace.quantities() == {"TEE": 45, "MUG": 20, "=CAP": 7}


def test_a_table_that_is_not_acceptable_changes_nothing(workspace: Workspace) -> None:
    """Each row is named, as `file:row`; exit 65."""
    workspace.store({"A": 5, "B": 6}, {"A": 5})
    before = STOCK.read_bytes()
    workspace.write("t.csv", "Sku;Qty\nA;1\nAB;2\nB;x\nA;3\n")
    run = workspace.run("set", "--csv", "t.csv", "--yes")

    assert (run.code, STOCK.read_bytes()) == (65, before), run
    assert [line.split(": error: ")[0] for line in run.err.splitlines()] == [
        "t.csv:3:1",
        "t.csv:4:1",
        "t.csv:5:1",
    ]


def test_files_are_replaced_all_or_none(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full at the second file leaves the first as it was."""
    workspace.store({"A": 5}, {"A": 5})
    workspace.write("inventory/demo/z.yaml", "skus:\n  Z: 5\n")
    replace = Path.replace
    full = OSError(28, "No space left on device", "z.yaml")

    def fail(self: Path, target: Path) -> Path:
        if target.name == "z.yaml":
            raise full
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    run = workspace.run("set", "A=1", "Z=1")
    assert (run.code, "No space left on device; nothing was changed" in run.err) == (1, True), run
    assert STOCK.read_text() == "skus:\n  A: 5\n"
    assert not list(STOCK.parent.glob(".*"))


def test_skus_complete_in_the_shell(workspace: Workspace) -> None:
    """From the local YAML, with the sign that the number follows."""
    workspace.store({"TEE-S": 5, "TEE-M": 5, "MUG": 5}, {"A": 5})
    complete = BashComplete(main.command, {}, "reconciler", "_RECONCILER_COMPLETE")

    found = [item.value for item in complete.get_completions(["set"], "TEE")]
    assert found == ["TEE-M=", "TEE-S="]
    assert complete.get_completions(["set"], "TEE-M=") == []
    assert [item.value for item in complete.get_completions(["plan", "--store"], "d")] == ["demo"]
    assert [i.value for i in complete.get_completions(["pull", "--sku"], "M")] == ["MUG"]
    Path("inventory").rename("elsewhere")
    assert complete.get_completions(["set"], "TEE") == []
