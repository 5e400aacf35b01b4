"""`reconciler sandbox` on the command line."""

from pathlib import Path

import pytest
from factories import Workspace


def test_sandbox_keeps_sales_until_reset(workspace: Workspace) -> None:
    """More than the stock can't be sold."""
    workspace.store({"A": 5}, {"A": 5, "B": "infinite"})

    assert "2 SKUs" in workspace.run("sandbox", "reset").out
    assert workspace.run("sandbox", "sell", "A", "A=2", "B=4").out == (
        "Sold 1 of A: 4 left.\nSold 2 of A: 2 left.\nSold 4 of B: infinite.\n"
    )
    refused = workspace.run("sandbox", "sell", "A=3")
    assert (refused.code, "Error [sandbox]: A has 2" in refused.err) == (1, True)
    assert "quantity: 2 -> 5    +3" in workspace.run("plan").out
    workspace.run("sandbox", "reset")
    assert "No changes." in workspace.run("plan").out


def test_sell_places_one_order(workspace: Workspace) -> None:
    """Covers several SKUs, --at, --pending, and --refund."""
    workspace.store({"A": 5}, {"A": 5, "B": 5})
    workspace.run("sandbox", "reset")
    at = "2026-11-20T14:30:00+02:00"

    assert workspace.run("sandbox", "sell", "A", "B=2", "--at", at).code == 0
    assert workspace.run("sandbox", "sell", "A", "--pending").code == 0
    refunded = workspace.run("sandbox", "sell", "B", "--refund")
    assert refunded.out == "Sold 1 of B: 2 left.\nRefunded the order.\n"
    with workspace.shop() as shop:
        last, second, first = shop.orders.page(10, 0)
    assert [(line.code, line.count) for line in first.lines] == [("A", 1), ("B", 2)]
    assert first.accepted_at == "2026-11-20T12:30:00.000Z"
    assert [last.status, second.status, first.status] == ["refunded", "pending", "unfulfilled"]
    assert (last.refunded_at >= last.accepted_at, first.refunded_at) == (True, "")
    assert workspace.quantities() == {"A": 3, "B": 2}


@pytest.mark.parametrize(
    "options",
    [
        ("--refund", "--pending"),
        ("--at", "2026-11-20"),
        ("--at", "0001-01-01T00:00:00+02:00"),
        ("--at", "9999-12-31T23:59:00-02:00"),
        ("--at", "yesterday"),
    ],
)
def test_sell_invalid_options_exit_64(workspace: Workspace, options: tuple[str, ...]) -> None:
    """Nothing is sold."""
    workspace.store({"A": 5}, {"A": 5})
    workspace.run("sandbox", "reset")

    assert workspace.run("sandbox", "sell", "A", *options).code == 64
    assert workspace.quantities() == {"A": 5}


def test_sandbox_edits_change_shop(workspace: Workspace) -> None:
    """Covers add, rename, archive, and delete."""
    workspace.store({"A": 5}, {"A": 5, "B": 5})
    workspace.run("sandbox", "reset")

    assert workspace.run("sandbox", "add", "C=7").out == "Added C with 7 in stock.\n"
    assert workspace.run("sandbox", "add", "A=B=3", "--like", "A").code == 0
    assert workspace.run("sandbox", "rename", "B", "B2").out == "Renamed B to B2.\n"
    assert workspace.quantities() == {"A": 5, "B2": 5, "C": 7, "A=B": 3}
    assert workspace.run("sandbox", "delete", "C").out == "Deleted C.\n"
    assert workspace.run("sandbox", "archive", "A").out == "Archived the product of A.\n"
    assert workspace.quantities() == {"A": 5, "B2": 5, "A=B": 3}
    assert "archived" in workspace.run("plan").out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("add", "C"), 64),
        (("add", "C=x"), 64),
        (("add", "=5"), 64),
        (("add", "C=5", "--like", "NOPE"), 1),
        (("rename", "NOPE", "C"), 1),
        (("archive", "NOPE"), 1),
        (("delete", "NOPE"), 1),
    ],
)
def test_sandbox_impossible_edit_fails(
    workspace: Workspace, arguments: tuple[str, ...], code: int
) -> None:
    """The shop does not change."""
    workspace.store({"A": 5}, {"A": 5})
    workspace.run("sandbox", "reset")

    assert workspace.run("sandbox", *arguments).code == code
    assert workspace.quantities() == {"A": 5}


def test_state_folder_ignores_itself(workspace: Workspace) -> None:
    """The tool's own files are in .reconciler/, outside of git."""
    workspace.store({"A": 5}, {"A": 5})
    workspace.run("plan")

    assert Path(".reconciler/.gitignore").read_text() == "*\n"


@pytest.mark.parametrize(
    "content", ["", "{}", '{"site": {"id": "x", "name": "y"}, "products": [{"name": "z"}]}']
)
def test_plan_with_invalid_seed_exits_1(workspace: Workspace, content: str) -> None:
    """The error names the file."""
    workspace.store({"A": 5}, {"A": 5})
    workspace.write("inventory/demo/sandbox.json", content)
    run = workspace.run("plan")

    assert run.code == 1
    assert "Error [sandbox]: " in run.err and "sandbox.json" in run.err


def test_plan_with_broken_sandbox_exits_1(workspace: Workspace) -> None:
    """The error names the file."""
    workspace.store({"A": 5}, {"A": 3})
    workspace.write(".reconciler/sandbox/demo.sqlite", "not a database, but long enough to be read")
    run = workspace.run("plan")

    assert run.code == 1
    assert "Error [sandbox]: " in run.err and "demo.sqlite" in run.err


def test_sell_whole_float_quantity_works(workspace: Workspace) -> None:
    """A stock of 30.0 is 30."""
    workspace.store({"A": 30}, {"A": 30.0})
    workspace.run("sandbox", "reset")

    assert workspace.run("sandbox", "sell", "A").code == 0
    assert "quantity: 29 -> 30    +1" in workspace.run("plan").out


@pytest.mark.parametrize("stock", ["NaN", '"many"', "[1]"])
def test_reset_with_invalid_stock_exits_1(workspace: Workspace, stock: str) -> None:
    """A stock in a seed is a number or infinite."""
    workspace.store({"A": 5}, {"A": 5})
    text = Path("inventory/demo/sandbox.json").read_text("utf-8")
    workspace.write("inventory/demo/sandbox.json", text.replace('"stock": 5', f'"stock": {stock}'))
    run = workspace.run("sandbox", "reset")

    assert run.code == 1
    assert "Error [sandbox]: " in run.err and "stock" in run.err
