"""The rooms of libraries, and the budgets of the code; `make lint` checks the layers."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import reconciler

PACKAGE = Path(reconciler.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
# Which part of the code may know which library. What is not named here is in the standard library.
LIBRARIES = {
    "click": {"cli"},
    "yaml": {"desired"},
    "jsonschema": {"desired"},
    "jsonschema_rs": {"desired", "plan", "apply", "sandbox"},
    "msgspec": {"model/codec.py", "records"},
    "httpx": {"webflow/client.py", "webflow/transport.py", "github"},
    "httpcore": {"webflow/transport.py"},
    "rich": {"cli/terminal.py", "render/svg.py"},
    "deepdiff": {"desired/editor"},
    "filelock": {"apply/journal.py"},
    "jinja2": {"render/html/template.py"},
    "markupsafe": {"render/html/template.py"},
    "slugify": {"desired/editor/generate.py"},
    "starlette": {"sandbox"},
    "uvicorn": {"sandbox"},
}


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield str(node.module)


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_a_library_stays_in_its_room(path: Path) -> None:
    """Each library is known to one part of the code alone, and the model knows none."""
    foreign = {name.split(".")[0] for name in _imports(_tree(path))} & set(LIBRARIES)
    places = {library: LIBRARIES[library] for library in foreign}

    assert all({_name(path), _name(path).split("/")[0]} & allowed for allowed in places.values())


def test_every_library_has_a_room() -> None:
    """No library is imported that this table does not name."""
    known = set(sys.stdlib_module_names) | set(LIBRARIES) | {"reconciler"}
    found = {name.split(".")[0] for path in FILES for name in _imports(_tree(path))}

    assert found <= known


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_a_file_keeps_its_budget(path: Path) -> None:
    """350 lines a file, 40 a function; no print, no broad except, no import inside a function."""
    tree = _tree(path)
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    calls = [
        n.func.id
        for n in ast.walk(tree)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    ]
    handlers = [n for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler)]
    caught = [n.type.id for n in handlers if isinstance(n.type, ast.Name)]
    late = [n for f in functions for n in ast.walk(f) if isinstance(n, ast.Import | ast.ImportFrom)]

    assert len(path.read_text("utf-8").splitlines()) <= 350
    assert [f.name for f in functions if _body_lines(f) > 40] == []
    assert "print" not in calls
    # The entry point is the last line of defense: no bare traceback reaches a user.
    assert "Exception" not in caught or _name(path) == "cli/main.py"
    assert None not in [n.type for n in handlers]
    assert late == []


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its signature."""
    return (function.end_lineno or 0) - function.body[0].lineno + 1
