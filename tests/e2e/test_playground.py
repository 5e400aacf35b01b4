"""`reconciler sandbox`: what it keeps, and what it refuses."""

from pathlib import Path

import pytest
from factories import Workspace


def test_the_sandbox_keeps_what_was_sold(workspace: Workspace) -> None:
    """Sales survive between commands; reset forgets them; nobody sells what is not there."""
    workspace.store({"A": 5}, {"A": 5, "B": "infinite"})

    assert workspace.run("sandbox", "reset").out == "The sandbox starts anew with 2 SKUs.\n"
    assert workspace.run("sandbox", "sell", "A", "A=2", "B=4").out == (
        "Sold 1 of A: 4 left.\nSold 2 of A: 2 left.\nSold 4 of B: infinite.\n"
    )
    refused = workspace.run("sandbox", "sell", "A=3")
    assert (refused.code, "has 2 left" in refused.err) == (1, True)
    assert "quantity: 2 -> 5    +3" in workspace.run("plan").out
    workspace.run("sandbox", "reset")
    assert "No changes." in workspace.run("plan").out


def test_state_stays_out_of_git(workspace: Workspace) -> None:
    """What the tool keeps for itself lies in .reconciler/, which ignores itself."""
    workspace.store({"A": 5}, {"A": 5})
    workspace.run("plan")

    assert Path(".reconciler/.gitignore").read_text() == "*\n"


@pytest.mark.parametrize(
    "content", ["", "{}", '{"site": {"id": "x", "name": "y"}, "products": [{"name": "z"}]}']
)
def test_a_bad_seed_is_met_by_a_sentence(workspace: Workspace, content: str) -> None:
    """A seed that makes no sense is an error that names the file."""
    workspace.store({"A": 5}, {"A": 5})
    workspace.write("inventory/demo/sandbox.json", content)
    run = workspace.run("plan")

    assert run.code == 1
    assert "sandbox.json: is not a seed" in run.err


def test_a_broken_sandbox_says_how_to_mend_it(workspace: Workspace) -> None:
    """A data file that is none is met by a sentence."""
    workspace.store({"A": 5}, {"A": 3})
    workspace.write(".reconciler/sandbox/demo.sqlite", "not a database, but long enough to be read")
    run = workspace.run("plan")

    assert run.code == 1
    assert "demo.sqlite: file is not a database; delete it to start anew" in run.err


def test_a_whole_number_with_a_point_can_be_sold(workspace: Workspace) -> None:
    """The API's 30.0 is 30 for customers too."""
    workspace.store({"A": 30}, {"A": 30.0})
    workspace.run("sandbox", "reset")

    assert workspace.run("sandbox", "sell", "A").code == 0
    assert "quantity: 29 -> 30    +1" in workspace.run("plan").out


@pytest.mark.parametrize("stock", ["NaN", '"many"', "[1]"])
def test_a_stock_that_is_none_is_refused_in_a_seed(workspace: Workspace, stock: str) -> None:
    """A seed's stock is a number or infinite."""
    workspace.store({"A": 5}, {"A": 5})
    text = Path("inventory/demo/sandbox.json").read_text("utf-8")
    workspace.write("inventory/demo/sandbox.json", text.replace('"stock": 5', f'"stock": {stock}'))
    run = workspace.run("sandbox", "reset")

    assert run.code == 1
    assert "a stock is a number or infinite" in run.err
