"""`reconciler validate`: paths, formats, and not a word to any store."""

import json
from pathlib import Path

import pytest
from factories import OTHER_SITE, Workspace


def test_bad_yaml_exits_65_without_asking_the_store(workspace: Workspace) -> None:
    """Every problem is told with its place, and no store is opened."""
    workspace.store({"A": "no", "B": "010"}, {"A": 3})

    for command in ("validate", "plan"):
        run = workspace.run(command)
        assert run.code == 65
        assert "inventory/demo/stock.yaml:2:6: error: `no` is a yes or no" in run.out + run.err
        assert "inventory/demo/stock.yaml:3:6: error: `010` starts with 0" in run.out + run.err
    assert not Path(".reconciler").exists()


def test_validate_counts_what_is_in_order(workspace: Workspace) -> None:
    """All stores are checked, without a word to any."""
    workspace.store({"A": 5, "B": 1}, {"A": 3})
    workspace.write("inventory/other/store.yaml", f"site_id: {OTHER_SITE}\nrule: exact\n")
    workspace.write("inventory/other/a.yaml", "skus: {A: 1}\n")
    run = workspace.run("validate")

    assert ("demo/store.yaml has no `rule`" in run.err, "other" in run.err) == (True, False)
    assert (run.code, run.out) == (0, "3 SKUs in 2 stores: no problems found.\n")


def test_validate_takes_paths(workspace: Workspace) -> None:
    """A file stands for its store; a path outside any store is an error."""
    workspace.store({"A": 5}, {"A": 5})
    workspace.write("inventory/other/store.yaml", "site_id: wrong\n")
    workspace.write("elsewhere/x.yaml", "a: 1\n")

    assert workspace.run("validate", "inventory/demo/stock.yaml").code == 0
    assert workspace.run("validate", "inventory/demo", "inventory/demo/stock.yaml").out == (
        "1 SKU in 1 store: no problems found.\n"
    )
    assert workspace.run("validate", "inventory").code == 65
    assert "elsewhere/x.yaml: error:" in workspace.run("validate", "elsewhere/x.yaml").out
    assert "nowhere: error:" in workspace.run("validate", "nowhere").out


def test_validate_speaks_json_and_github(workspace: Workspace) -> None:
    """The same problems for programs and as annotations: ten at most, the last counts the rest."""
    workspace.store({f"S{n}": "x%" for n in range(12)}, {"A": 5})
    found = json.loads(workspace.run("validate", "--format", "json").out)
    lines = workspace.run("validate", "--format", "github").out.splitlines()

    assert len(found["problems"]) == 12
    assert found["problems"][0] == {
        "path": "inventory/demo/stock.yaml",
        "line": 2,
        "column": 7,
        "message": "`x%` is not a quantity. Write a whole number like 12, or infinite.",
        "paste": [],
    }
    place = "file=inventory/demo/stock.yaml,line=2,col=7"
    assert lines[0].startswith(f"::error {place},title=Declared stock::`x%25` is not a quantity.")
    assert lines[9] == (
        "::error title=Declared stock::3 more problems. `reconciler validate` lists them all."
    )
    assert lines[10:] == ["12 problems found."]


def test_validate_works_from_inside_a_store(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path means the same wherever one stands."""
    workspace.store({"A": 5}, {"A": 5})
    workspace.write("docs/x.yaml", "a: 1\n")
    said = "1 SKU in 1 store: no problems found.\n"

    assert workspace.run("validate", ".").out == said
    monkeypatch.chdir(workspace.folder / "inventory/demo")
    assert workspace.run("validate", ".").out == said
    assert workspace.run("validate", "stock.yaml").out == said
