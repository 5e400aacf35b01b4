"""`validate`: what is wrong with a store, and what is worth saying, without any shop."""

from pathlib import Path

import pytest
from factories import OTHER_SITE, SITE, Workspace, desired

from reconciler.app.stores import load_folder
from reconciler.app.validating import Checked, check_folder, find_hint

FOLDER = Path("inventory/demo")
SETTINGS = f"site_id: {SITE}\n"


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    """Return a folder with a store of two SKUs."""
    workspace.write("inventory/demo/store.yaml", f"{SETTINGS}rule: exact\n")
    workspace.declare({"A": 5, "B": 6})
    return workspace


def test_check_folder_in_order_counts_skus(shop: Workspace) -> None:
    """Nothing is wrong, and there is nothing to say."""
    assert check_folder(FOLDER) == Checked(2)


def test_check_folder_gathers_every_problem(shop: Workspace) -> None:
    """Two slips in two files are not two runs, and no SKU counts."""
    shop.write("inventory/demo/a.yaml", "skus:\n  C: -1\n")
    shop.write("inventory/demo/b.yaml", "skus:\n  D: -1\n")
    checked = check_folder(FOLDER)

    assert [one.path for one in checked.problems] == [f"{FOLDER}/a.yaml", f"{FOLDER}/b.yaml"]
    assert (checked.skus, checked.hint) == (0, "")


@pytest.mark.parametrize(
    ("site", "in_git", "place", "shared"),
    [
        (SITE, False, "inventory/outlet", True),
        (OTHER_SITE, False, "inventory/outlet", False),
        (SITE, True, "old/demo", True),
        (SITE, False, "old/demo", False),
    ],
)
def test_check_folder_finds_store_of_the_same_site(
    shop: Workspace, site: str, in_git: bool, place: str, shared: bool
) -> None:
    """Two stores of one site undo each other: beside it, or anywhere in the repository."""
    shop.write(f"{place}/store.yaml", f"site_id: {site}\n")
    shop.write(f"{place}/a.yaml", "skus:\n  A: 1\n")
    if in_git:
        shop.commit()
    checked = check_folder(FOLDER)

    assert [one.path for one in checked.problems] == [f"{FOLDER}/store.yaml"] * shared
    assert checked.skus == 2


@pytest.mark.parametrize(
    ("rule", "lines", "is_hinted"),
    [
        ("", "A: 1\n", True),
        ("", "A: 1\n  B: {quantity: 1, rule: observe}\n  C: 2\n", True),
        ("", "A: {quantity: 1, rule: on_change}\n", False),
        ("rule: exact\n", "A: 1\n", False),
        ("rule: on_change\n", "A: 1\n", False),
    ],
)
def test_find_hint_names_a_store_that_is_exact_by_default(
    workspace: Workspace, rule: str, lines: str, is_hinted: bool
) -> None:
    """Who says nothing about the rule may not know that apply puts sales back."""
    workspace.write("inventory/demo/store.yaml", SETTINGS + rule)
    workspace.write("inventory/demo/a.yaml", f"skus:\n  {lines}")
    hint = find_hint(load_folder(FOLDER), FOLDER)

    assert (f"{FOLDER}/store.yaml" in hint) is bool(hint) is is_hinted


def test_find_hint_of_store_with_a_rule_or_without_skus_is_empty() -> None:
    """A store that declares nothing puts nothing back."""
    assert find_hint(desired(), FOLDER) == ""
