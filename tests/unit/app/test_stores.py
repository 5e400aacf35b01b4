"""Finding the stores of a command."""

import os
from pathlib import Path

import pytest
from factories import SITE, Workspace, stock

from reconciler.app.context import StoreContext, resolve_stores
from reconciler.app.stores import load_folder, load_store, stores_for_path
from reconciler.errors import InputError, UsageError

INVENTORY = Path("inventory")


@pytest.fixture
def shops(workspace: Workspace) -> Workspace:
    """Return a workspace with the stores `de` and `us`."""
    for number, name in enumerate(("de", "us"), 1):
        workspace.write(f"inventory/{name}/store.yaml", f"site_id: {SITE}\n")
        workspace.write(f"inventory/{name}/tees/stock.yaml", f"skus:\n  A: {number}\n")
    return workspace


@pytest.mark.parametrize(
    ("names", "found"),
    [((), "de us"), (("us",), "us"), (("us", "de"), "us de"), (("us", "us"), "us")],
)
def test_resolve_stores_returns_named_ones_once(
    shops: Workspace, names: tuple[str, ...], found: str
) -> None:
    """All without a name, else in the given order, so that no store is applied twice."""
    assert [one.name for one in resolve_stores(INVENTORY, names)] == found.split()


@pytest.mark.parametrize("name", ["uk", "US", "", ".", "../inventory/us", "de/../us"])
def test_resolve_stores_with_unknown_name_raises(shops: Workspace, name: str) -> None:
    """A name is not a path. One unknown name is enough."""
    with pytest.raises(UsageError):
        resolve_stores(INVENTORY, ("us", name))


@pytest.mark.parametrize("path", ["inventory/stock.yaml", "inventory/link"])
def test_resolve_stores_with_another_file_raises(shops: Workspace, path: str) -> None:
    """A file beside the stores, or a link to a folder elsewhere, is not ignored."""
    if path.endswith("link"):
        Path(path).symlink_to("us")
    else:
        shops.write(path, "skus:\n  A: 1\n")
    with pytest.raises(InputError) as caught:
        resolve_stores(INVENTORY, ("us",))

    assert caught.value.problems[0].path == path


def test_load_store_reads_only_its_own_files(shops: Workspace) -> None:
    """The same SKU of another store has another stock."""
    for name, quantity in (("de", 1), ("us", 2)):
        desired = load_store(StoreContext(name, INVENTORY))

        assert desired.settings.name == name
        assert {sku: entry.stock for sku, entry in desired.declared.items()} == {
            "A": stock(quantity)
        }


def test_load_folder_names_store_after_its_folder(
    shops: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if the command runs in that folder."""
    monkeypatch.chdir("inventory/us")

    assert load_folder(Path()).settings.name == "us"


@pytest.mark.parametrize(
    ("here", "path", "folders"),
    [
        (".", "inventory/us", "us"),
        (".", "inventory/us/tees/stock.yaml", "us"),
        (".", "inventory/us/tees", "us"),
        (".", "inventory", "de us"),
        (".", ".", "de us"),
        ("inventory/us/tees", ".", "us"),
        ("inventory/us/tees", "stock.yaml", "us"),
    ],
)
def test_stores_for_path_finds_store_around_or_below(
    shops: Workspace, monkeypatch: pytest.MonkeyPatch, here: str, path: str, folders: str
) -> None:
    """A file, a folder in a store, a store, an inventory, or its parent."""
    monkeypatch.chdir(here)
    found = stores_for_path(Path(path))

    assert [Path(os.path.realpath(one)).name for one in found] == folders.split()


@pytest.mark.parametrize("path", ["none", "inventory/us/none.yaml", "README", "empty"])
def test_stores_for_path_outside_of_stores_raises(shops: Workspace, path: str) -> None:
    """A wrong path must not look like a store without problems."""
    shops.write("README", "")
    Path("empty").mkdir()
    with pytest.raises(InputError) as caught:
        stores_for_path(Path(path))

    assert caught.value.problems[0].path == path
