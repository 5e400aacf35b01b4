"""The documentation agrees with the code."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

import reconciler
from reconciler import errors
from reconciler.cli.main import COMMANDS, LazyGroup, command
from reconciler.desired.loader import DEFAULT_LIMITS
from reconciler.errors import ReconcilerError
from reconciler.exit_codes import _SEVERITY, ExitCode
from reconciler.model import FindingKind, Limit, Result, Rule

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))


def test_architecture_page_names_functions_that_exist() -> None:
    """Each `folder/module.function` of the page is defined in that module."""
    text = _page("explanation/architecture")
    named = re.findall(r"`([a-z_/]+)/([a-z_]+)\.(?!yaml)([a-zA-Z_]+)`", text)
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


def _page(name: str) -> str:
    return (ROOT / f"docs/{name}.md").read_text("utf-8")


def _errors(error: type[ReconcilerError] = ReconcilerError) -> Iterator[type[ReconcilerError]]:
    yield error
    for each in error.__subclasses__():
        yield from _errors(each)


ERRORS = [each for each in _errors() if each.__module__ == errors.__name__]
CODES = [each.code for each in ERRORS]


@pytest.mark.parametrize(
    ("page", "name"),
    [
        *(("limits", name) for name in Limit),
        *(("findings", name) for name in FindingKind),
        *(("outcomes", name) for name in Result),
        *(("rules", name) for name in Rule),
        *(("errors", code) for code in CODES),
    ],
)
def test_reference_documents_each_name(page: str, name: str) -> None:
    """Rules, limits, findings, outcomes, and error codes have a row each."""
    assert f"| `{name}` |" in _page(f"reference/{page}")


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_reference_has_the_exit_code_of_each_error(error: type[ReconcilerError]) -> None:
    """The row of an error code has the exit code that the error brings."""
    assert f"| `{error.code}` | {int(error.exit_code)} |" in _page("reference/errors")


def test_reference_says_which_findings_are_errors() -> None:
    """Errors are above the other findings, each in the table below its heading."""
    errors, others = _page("reference/findings").split("## Other findings")
    rows = re.compile(r"^\| `([a-z_]+)` \|", re.MULTILINE)

    assert set(rows.findall(errors)) == {kind for kind in FindingKind if kind.is_error}
    assert set(rows.findall(others)) == {kind for kind in FindingKind if not kind.is_error}


def test_reference_has_the_default_of_each_limit() -> None:
    """The last column of the table has the default."""
    text = _page("reference/limits")
    for limit, bound in DEFAULT_LIMITS.items():
        assert re.search(rf"^\| `{limit}` \|.*\| `{re.escape(str(bound))}` \|$", text, re.MULTILINE)


def test_reference_documents_each_command() -> None:
    """The page includes all commands and subcommands."""
    assert _page("reference/command-line").endswith(
        ".. click:: reconciler.cli.main:command\n   :prog: reconciler\n   :nested: full\n```\n"
    )
    assert isinstance(command, LazyGroup)
    assert command.list_commands(click.Context(command)) == list(COMMANDS)


def test_reference_documents_each_exit_code() -> None:
    """The page lists all codes."""
    text = _page("reference/exit-codes")
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    order = re.search(r"```text\n([\d ]+)\n```", text)

    assert set(ExitCode) == listed
    assert order is not None
    assert [int(code) for code in order[1].split()] == sorted(ExitCode, key=_SEVERITY.index)


# Variables that the code reads, or sets for git.
_ASKED = re.compile(
    r'environ(?:ment)?(?:\.get\(|\[)\s*"(\w+)"|"(\w+)" (?:not )?in (?:os\.)?environ'
    r'|_VARIABLE = "(\w+)"|"((?:ACTIONS|GH|GIT|GITHUB|WEBFLOW)_[A-Z_]+)"'
)
# Always set for git, so users can't change them.
_SET_FOR_GIT = {
    "GIT_CEILING_DIRECTORIES",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NO_LAZY_FETCH",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OPTIONAL_LOCKS",
    "GIT_TERMINAL_PROMPT",
}


def test_reference_documents_each_environment_variable() -> None:
    """Each variable that the code names is on the page."""
    text = _page("reference/environment")
    code = "".join(path.read_text("utf-8") for path in (ROOT / "reconciler").rglob("*.py"))
    named = {name for found in _ASKED.findall(code) for name in found if name}

    assert {"WEBFLOW_TOKEN", "NO_COLOR", "GITHUB_OUTPUT", "GIT_DIR"} <= named
    assert {name for name in named - _SET_FOR_GIT if f"`{name}`" not in text} == set()


def test_readme_is_short() -> None:
    """It fits on one screen or two: 900 words."""
    assert len(README.split()) <= 900


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_each_test_has_docstring(path: Path) -> None:
    """It ends in a full stop."""
    tree = ast.parse(path.read_text("utf-8"))
    tests = [
        n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")
    ]

    assert [n.name for n in tests if not (ast.get_docstring(n) or "").strip().endswith(".")] == []


def test_requirements_have_hashes_and_no_index() -> None:
    """Covers both requirements files."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text("utf-8")
        assert "--hash=sha256:" in text
        assert "index-url" not in text and "https://" not in text and "http://" not in text


def test_changelog_has_section_of_version() -> None:
    """Unreleased changes also have a section."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")

    assert "## [Unreleased]" in text or f"## [{reconciler.__version__}]" in text


def test_requirements_include_dependencies() -> None:
    """Each dependency in pyproject.toml is pinned."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    locked = set(
        re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    )
    wanted = {re.split(r"[>=<]", entry)[0] for entry in project["dependencies"]}

    assert wanted <= locked


@pytest.mark.parametrize("name", ["validate", "plan", "apply", "drift"])
def test_documented_workflows_equal_ours(name: str) -> None:
    """They differ only in the address of the action."""
    text = _page("how-to/github")
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


def test_action_has_input_for_each_option() -> None:
    """Covers the commands that workflows run."""
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
