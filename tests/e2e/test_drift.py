"""`drift` and `stores`: what selling does not explain, and which stores there are."""

import json

import pytest
from factories import SITE, Workspace


@pytest.mark.parametrize(
    ("value", "now", "code", "said"),
    [
        ("{quantity: 5, rule: exact}", 3, 2, "not as its rule exact asks"),
        ("{quantity: 5, rule: exact}", 5, 0, "No unexplained drift"),
        ("{quantity: 5, rule: at_least}", 3, 2, "not as its rule at_least asks"),
        ("{quantity: 5, rule: at_least}", 9, 0, "No unexplained drift"),
        ("{quantity: 5, rule: at_most}", 9, 2, "not as its rule at_most asks"),
        ("{quantity: 5, rule: at_most}", 3, 0, "No unexplained drift"),
        ("{quantity: 5, rule: on_change}", 3, 0, "Sold since: 2 units of 1 SKU."),
        ("{quantity: 5, rule: on_change}", 9, 2, "more than declared"),
        ("{quantity: 5, rule: on_change}", "infinite", 2, "another inventory type"),
        ("{quantity: 5, rule: on_change}", None, 2, "unreadable quantity"),
        ("{quantity: 5, rule: observe}", 3, 0, "Sold since: 2 units of 1 SKU."),
        ("{quantity: infinite, rule: exact}", 3, 2, "another inventory type"),
    ],
)
def test_drift_is_what_selling_does_not_explain(
    workspace: Workspace, value: str, now: object, code: int, said: str
) -> None:
    """Exit 2 for that, 0 for sales; no base is needed."""
    workspace.store({"A": value}, {"A": now})
    run = workspace.run("drift")

    assert (run.code, said in run.out) == (code, True), run
    assert workspace.writes() == []


def test_drift_comes_in_three_forms(workspace: Workspace) -> None:
    """Text, JSON for programs, Markdown for an issue."""
    workspace.store({"A": 5, "B": "{quantity: 9, rule: on_change}"}, {"A": 3, "B": 4})
    data = json.loads(workspace.run("drift", "--format", "json").out)
    markdown = workspace.run("drift", "--format", "markdown").out

    assert [(row["sku"], row["kind"]) for row in data["rows"]] == [("A", "broken"), ("B", "sold")]
    assert "| <code>A</code> | 5 | 3 | -2 | exact | not as its rule exact asks |" in markdown
    assert "Sold since: 5 units of 1 SKU." in markdown


def test_a_sku_that_is_missing_is_an_error(workspace: Workspace) -> None:
    """As for a plan: exit 65."""
    workspace.store({"NOPE": 5}, {"A": 3})
    run = workspace.run("drift")

    assert (run.code, "NOPE  missing" in run.out) == (65, True), run


def test_stores_are_listed_for_people_and_for_a_matrix(workspace: Workspace) -> None:
    """Text, JSON, and one line for a job's strategy."""
    workspace.store({"A": 5}, {"A": 3})
    workspace.write("inventory/other/store.yaml", f"site_id: {SITE}\nrule: on_change\n")
    workspace.write("inventory/other/a.yaml", "skus: {A: 1, B: 2}\n")

    assert workspace.run("stores", "--format", "github-matrix").out == (
        '{"store":["demo","other"]}\n'
    )
    assert [s["skus"] for s in json.loads(workspace.run("stores", "--format", "json").out)] == [
        1,
        2,
    ]
    assert f"other  site {SITE}  on_change  2 SKUs" in workspace.run("stores").out


def test_a_plan_is_printed_for_a_pull_request(workspace: Workspace) -> None:
    """Markdown and annotations, of plan and of show."""
    workspace.store({"A": 0}, {"A": 3})
    workspace.run("plan", "--out", "p.json")

    for command in (("plan",), ("show", "p.json")):
        assert "A is set to zero, from 3" in workspace.run(*command, "--format", "markdown").out
        marked = workspace.run(*command, "--format", "github").out
        assert "::warning file=inventory/demo/stock.yaml,line=2," in marked
