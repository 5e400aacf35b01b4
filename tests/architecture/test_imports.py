"""Limits on imports and on size. `make lint` checks the layers."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import reconciler

PACKAGE = Path(reconciler.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
# Parts of the code that may import each library. Others are in the standard library.
LIBRARIES = {
    "click": {"cli"},
    "yaml": {"desired"},
    "jsonschema": {"desired"},
    "jsonschema_rs": {"desired", "plan", "apply", "sandbox"},
    "msgspec": {"model/codec.py", "records"},  # and RECORD_TYPES everywhere
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
# Records are declared with these everywhere. Only the codec and the records convert them.
RECORD_TYPES = {"msgspec.Struct", "msgspec.field", "msgspec.structs.replace"}


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            if not names <= RECORD_TYPES:
                yield str(node.module)


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_library_is_imported_only_where_allowed(path: Path) -> None:
    """Each library belongs to few parts of the code, so that it can be replaced."""
    foreign = {name.split(".")[0] for name in _imports(_tree(path))} & set(LIBRARIES)
    places = {library: LIBRARIES[library] for library in foreign}

    assert all({_name(path), _name(path).split("/")[0]} & allowed for allowed in places.values())


def test_imported_libraries_are_listed() -> None:
    """A new library must be added to the table."""
    known = set(sys.stdlib_module_names) | set(LIBRARIES) | {"reconciler"}
    found = {name.split(".")[0] for path in FILES for name in _imports(_tree(path))}

    assert found <= known


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_file_is_within_limits(path: Path) -> None:
    """At most 350 lines per file and 40 per function, no print, broad except, or local import."""
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
    # The entry point must not show tracebacks to users.
    assert "Exception" not in caught or _name(path) == "cli/main.py"
    assert None not in [n.type for n in handlers]
    assert late == []


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the number of lines of a function without its signature."""
    return (function.end_lineno or 0) - function.body[0].lineno + 1
