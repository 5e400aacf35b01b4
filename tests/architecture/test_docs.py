"""What the documents say is true."""

import ast
import re
import tomllib
from pathlib import Path

import click
import pytest
import yaml

import reconciler
from reconciler.cli.main import COMMANDS, LazyGroup, command
from reconciler.errors import ReconcilerError
from reconciler.model import FindingKind, Limit

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))


def test_how_it_works_names_functions_that_exist() -> None:
    """Each `module.function` in docs/how-it-works.md is defined in that module."""
    text = (ROOT / "docs/how-it-works.md").read_text("utf-8")
    named = re.findall(r"`([a-z_]+)/([a-z_]+)\.([a-zA-Z_]+)`", text)
    package = Path(reconciler.__file__).parent
    missing = []
    for folder, module, name in named:
        path = package / folder / f"{module}.py"
        tree = ast.parse(path.read_text("utf-8")) if path.exists() else ast.Module([], [])
        defined = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        if name not in defined:
            missing.append(f"{folder}/{module}.{name}")

    assert len(named) > 15
    assert missing == []


@pytest.mark.parametrize("command", COMMANDS)
def test_readme_names_every_command(command: str) -> None:
    """Every command is in the README."""
    assert f"reconciler {command}" in README


def _tree_of_errors(error: type[ReconcilerError]) -> set[int]:
    return {error.exit_code}.union(*(_tree_of_errors(sub) for sub in error.__subclasses__()))


def test_readme_names_every_exit_code() -> None:
    """Every exit code is in the README's table."""
    table = {int(code) for line in README.splitlines() for code in re.findall(r"^\| (\d+)", line)}

    assert _tree_of_errors(ReconcilerError) | {0, 2, 5, 130} <= table


@pytest.mark.parametrize("name", [*Limit, *FindingKind])
def test_the_documents_name_every_limit_and_finding(name: str) -> None:
    """Every limit and every finding is explained in docs/findings.md."""
    assert f"`{name}`" in (ROOT / "docs/findings.md").read_text("utf-8")


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_test_states_its_rule(path: Path) -> None:
    """Each test function has a docstring that ends in a full stop."""
    tree = ast.parse(path.read_text("utf-8"))
    tests = [
        n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")
    ]

    assert [n.name for n in tests if not (ast.get_docstring(n) or "").strip().endswith(".")] == []


def test_the_lock_names_no_index() -> None:
    """The requirements are pinned with hashes and name no index."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text("utf-8")
        assert "--hash=sha256:" in text
        assert "index-url" not in text and "https://" not in text and "http://" not in text


def test_the_version_stands_in_the_changelog() -> None:
    """The package's version has its section, or what comes next has."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")

    assert "## [Unreleased]" in text or f"## [{reconciler.__version__}]" in text


def test_the_locked_versions_satisfy_the_project() -> None:
    """Each dependency of the project is in the lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    locked = set(
        re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    )
    wanted = {re.split(r"[>=<]", entry)[0] for entry in project["dependencies"]}

    assert wanted <= locked


@pytest.mark.parametrize("name", ["validate", "plan", "apply", "drift"])
def test_the_workflows_to_copy_are_those_that_run_here(name: str) -> None:
    """But for where the action comes from."""
    text = (ROOT / "docs/github.md").read_text("utf-8")
    ours = (ROOT / f".github/workflows/{name}.yml").read_text("utf-8")
    theirs = text.split(f"`.github/workflows/{name}.yml`\n\n```yaml\n")[1].split("```")[0]
    action = ".github/actions/reconcile"

    assert f"$/{action}\n" in ours
    assert theirs == ours.replace(f"$/{action}\n", f"OWNER/inventory-reconciler/{action}@COMMIT\n")


def _command(name: str) -> click.Command:
    assert isinstance(command, LazyGroup)
    found = command.get_command(click.Context(command), name)
    assert found is not None
    return found


def test_the_action_has_an_input_for_each_flag() -> None:
    """Of the commands that a workflow runs; what is not an input is no flag."""
    action = yaml.safe_load((ROOT / ".github/actions/reconcile/action.yml").read_text("utf-8"))
    flags = {
        flag.removeprefix("--")
        for name in ("validate", "plan", "apply", "show", "drift", "stores", "comment")
        for parameter in _command(name).params
        for flag in parameter.opts
        if flag.startswith("--")
    }
    others = {"command", "file", "github-token"}

    assert set(action["inputs"]) == flags - {"help"} | others
