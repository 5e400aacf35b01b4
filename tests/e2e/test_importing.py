"""`import`: from a live shop to YAML that plans to nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import ALL_APPLIED, SITE, Workspace

from reconciler.sandbox.api import SCOPES, Api
from reconciler.sandbox.database import Shop
from reconciler.sandbox.seed import build_seed
from reconciler.sandbox.server import serve_for_a_while


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
    {"name": "Mug\n@org # {x}", "category": "Store", "skus": [{"sku": "MUG", "stock": 3.0}]},
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
    assert "'Import demo'" in run.err and "  reconciler apply\n" in run.err
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
    assert files["store-stock.yaml"].endswith("skus:\n  MUG: 3  # Mug?@org # {x}\n")
    assert "rule: on_change\n" in files["store.yaml"]
    assert (workspace.folder / "inventory/.schemas/inventory.schema.json").is_file()
    workspace.commit()
    plan = workspace.run("plan", "--base", "HEAD")
    assert plan.code == 0
    assert ALL_APPLIED.search(plan.out), plan
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
    assert "  NO-PE: {quantity: 1, id: " in files["other.yaml"]
    workspace.commit()
    assert ALL_APPLIED.search(workspace.run("plan", "--base", "HEAD").out)
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
    assert (run.code, "scope cms:read" in run.err) == (0, True), run
    assert sorted(_files(workspace)) == ["other.yaml", "store.yaml"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--site", SITE), "Name the new store with --store"),
        (("--site", SITE, "--store", "Up"), "Name the new store with --store"),
        (("--site", SITE, "--store", "demo"), "is already a store. Leave out --site t"),
    ],
)
def test_a_new_store_needs_a_name_of_its_own(
    workspace: Workspace, arguments: tuple[str, ...], said: str
) -> None:
    """Exit 64, and no file is made."""
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\n")
    run = workspace.run("import", *arguments)
    assert (run.code, said in run.err) == (64, True), run


def test_without_categories_files_go_by_a_word_that_names_share(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A product of many variants alone has its own; a variant stands after the one before it."""
    names = ["Oak Lamp", "Walnut Lamp", "Lamp 3", "Tee", "Пальто Зима", "Пальто Лето", "Con Con"]
    products = [
        {
            "name": name,
            "options": ["n"],
            "skus": [
                {"sku": f"{n}-{v}", "stock": v, "values": [str(v)]}
                for v in range(5 if name == "Tee" else 1)
            ],
        }
        for n, name in enumerate(names)
    ]
    seeded = {"site": {"id": SITE, "name": "T"}, "products": products}
    workspace.write("inventory/demo/sandbox.json", json.dumps(seeded))
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\nbackend: sandbox\n")
    run = workspace.run("import", "--sku", "[!3]*", "--sku", "3-[024]")
    assert run.code == 0, run
    assert sorted(_files(workspace)) == [
        "lamp.yaml",
        "other.yaml",
        "store.yaml",
        "пальто.yaml",
    ]
    assert "6-0" in _files(workspace)["other.yaml"]
    workspace.run("import")
    text = _files(workspace)["other.yaml"]
    order = [line.split(":")[0].strip(' "') for line in text.splitlines()[2:]]
    assert order == ["3-0", "3-1", "3-2", "3-3", "3-4", "6-0"]


def test_the_next_commands_are_those_that_work_here(workspace: Workspace, shop: Shop) -> None:
    """With the inventory, the store where there are several, and no remote that is not there."""
    workspace.write("stock/inv/zzz/store.yaml", f"site_id: {'f' * 24}\n")
    workspace.write("stock/inv/zzz/a.yaml", "skus: {A: 1}\n")
    flags = ("--inventory", "stock/inv", "--store", "new")
    run = workspace.run("import", "--site", SITE, *flags)
    assert "git init" in run.err
    assert "reconciler apply --inventory stock/inv --store new\n" in run.err
    assert (
        "already has the store new"
        in workspace.run("import", "--site", SITE, "--inventory", "stock/inv", "--store", "two").err
    )
    workspace.commit()
    refused = workspace.run("apply", "--yes", "--remote", "origin", *flags)
    assert (refused.code, "[usage]" in refused.err) == (64, True), refused
    assert workspace.run("apply", "--yes", *flags).code == 0
    shop.sell("MUG", 1)
    (workspace.folder / "stock/inv/new/store-stock.yaml").unlink()
    workspace.commit()
    again = workspace.run("import", *flags)
    assert "reconciler apply --inventory stock/inv --store new\n" in again.err, again


def test_a_store_is_begun_where_files_lie_already(workspace: Workspace, shop: Shop) -> None:
    """What they declare is not declared twice; a link or a stray file is refused before it."""
    workspace.write("inventory/demo/tees.yaml", "skus:\n  TEE-BLK-S: 9\n")
    assert workspace.run("import", "--site", SITE, "--store", "demo").code == 0
    files = _files(workspace)
    assert "TEE-BLK-M: infinite  # T-Shirt / Black M" in files["tees.yaml"]
    assert workspace.run("validate").code == 0
    workspace.write("inventory/stray.yaml", "skus: {A: 1}\n")
    run = workspace.run("import", "--site", "f" * 24, "--store", "two")
    assert (run.code, "belongs to no store" in run.err) == (65, True), run
    assert not (workspace.folder / "inventory/two").exists()


def test_names_in_other_alphabets_can_be_pinned(workspace: Workspace) -> None:
    """A name never mixes letters that look alike, whatever products and sizes are called."""
    products = [
        {
            "name": name,
            "options": ["n"],
            "skus": [{"stock": v, "values": [size]} for v, size in enumerate(("M", "Ёж"))],
        }
        for name in ("Μπλούζα", "Чай", "お茶", "Tee")
    ]
    seeded = {"site": {"id": SITE, "name": "T"}, "products": products}
    workspace.write("inventory/demo/sandbox.json", json.dumps(seeded))
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\nbackend: sandbox\n")
    run = workspace.run("import", "--pin")
    assert run.code == 0, run
    keys = [line.split(":")[0].strip(' "') for line in _files(workspace)["other.yaml"].splitlines()]
    assert {"ЧАЙ-ЁЖ", "TEE-M"} <= set(keys), keys
