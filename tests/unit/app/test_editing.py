"""Files of a store are edited after a look at what changes, and only where it does."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from factories import SITE, Workspace
from unit.app.collecting import CollectingReporter

from reconciler.app.context import StoreContext
from reconciler.app.editing import WorkingCopy, edit_store, load_working_copy
from reconciler.errors import EditError, InputError
from reconciler.exit_codes import ExitCode
from reconciler.model import Stock, finite

TEXT = """\
# counted by hand
skus:
  A: 5  # tee
  B: {quantity: 6, rule: on_change}
  C: {quantity: 7, rule: observe}
"""
OTHER = "skus:\n  D: 8\n"


@pytest.fixture
def working(workspace: Workspace) -> WorkingCopy:
    """Return a store of two files."""
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\nfrozen: [D]\n")
    workspace.write("inventory/demo/a.yaml", TEXT)
    workspace.write("inventory/demo/b.yaml", OTHER)
    return load_working_copy(StoreContext("demo", Path("inventory")))


def _edit(
    working: WorkingCopy,
    wanted: Mapping[str, Stock],
    *,
    answer: bool = True,
    asks: bool = False,
) -> tuple[ExitCode, CollectingReporter]:
    reporter = CollectingReporter(answer)
    return edit_store(working, wanted, reporter, asks=asks), reporter


def _texts() -> tuple[str, str]:
    first, second = (Path(f"inventory/demo/{name}.yaml").read_text() for name in "ab")
    return first, second


def test_edit_store_writes_and_shows_what_differs(working: WorkingCopy) -> None:
    """One line for each SKU that changes, with both numbers and its place; other lines stay."""
    code, reporter = _edit(working, {"A": finite(10), "D": finite(8)})

    assert (code, _texts()) == (ExitCode.DONE, (TEXT.replace("A: 5", "A: 10"), OTHER))
    (line,) = reporter.results
    assert "A" in line and "5 -> 10" in line and "inventory/demo/a.yaml:3" in line
    assert reporter.asked == []


@pytest.mark.parametrize(("answer", "code"), [(True, ExitCode.DONE), (False, ExitCode.FAILED)])
def test_edit_store_asks_before_it_writes(
    working: WorkingCopy, answer: bool, code: ExitCode
) -> None:
    """Without a yes the files stay as they are, and the exit code says so."""
    wanted = {"A": finite(10), "D": finite(9)}
    found, reporter = _edit(working, wanted, answer=answer, asks=True)
    changed = (TEXT.replace("A: 5", "A: 10"), "skus:\n  D: 9\n")

    assert (found, _texts()) == (code, changed if answer else (TEXT, OTHER))
    assert (len(reporter.asked), len(reporter.results)) == (1, 2)


def test_edit_store_without_difference_asks_and_writes_nothing(working: WorkingCopy) -> None:
    """Nobody says yes to nothing."""
    code, reporter = _edit(working, {"A": finite(5), "B": finite(6)}, asks=True)

    assert (code, _texts(), reporter.asked) == (ExitCode.DONE, (TEXT, OTHER), [])


def test_edit_store_names_what_apply_does_not_write(working: WorkingCopy) -> None:
    """Frozen and observed SKUs are edited, and the user learns that the shop stays as it is."""
    wanted = {sku: finite(1) for sku in "ACD"}
    _, reporter = _edit(working, wanted)

    assert ["C" in reporter.said[-1], "D" in reporter.said[-1]] == [True, True]
    assert "A," not in reporter.said[-1]


def test_edit_store_leaves_files_that_changed_meanwhile(working: WorkingCopy) -> None:
    """What was saved while the user thought about the question stays, in every file."""
    Path("inventory/demo/b.yaml").write_text("skus:\n  D: 80\n")
    with pytest.raises(EditError):
        _edit(working, {"A": finite(10), "D": finite(9)})

    assert _texts() == (TEXT, "skus:\n  D: 80\n")


def test_load_working_copy_has_settings_first_and_refuses_faults(
    working: WorkingCopy, workspace: Workspace
) -> None:
    """Nothing is edited in a store that could not be applied."""
    assert next(iter(working.files)) == "inventory/demo/store.yaml"
    workspace.write("inventory/demo/b.yaml", "skus:\n  D: -1\n")
    with pytest.raises(InputError):
        load_working_copy(StoreContext("demo", Path("inventory")))


def test_load_working_copy_may_be_empty(workspace: Workspace) -> None:
    """A store that is to be imported declares nothing yet."""
    workspace.write("inventory/new/store.yaml", f"site_id: {SITE}\n")
    context = StoreContext("new", Path("inventory"))

    assert load_working_copy(context, may_be_empty=True).desired.declared == {}
    with pytest.raises(InputError):
        load_working_copy(context)
