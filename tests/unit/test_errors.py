"""Each error owns its exit code, and carries what its caller needs."""

import re
from collections.abc import Iterator

import pytest

from reconciler import errors
from reconciler.errors import (
    EditError,
    InputError,
    InterruptedRunError,
    NotFound,
    PlanFileError,
    Problem,
    ReconcilerError,
    ServerFault,
    Throttled,
)
from reconciler.exit_codes import ExitCode


def _tree(error: type[ReconcilerError] = ReconcilerError) -> Iterator[type[ReconcilerError]]:
    yield error
    for sub in error.__subclasses__():
        if sub.__module__ == errors.__name__:
            yield from _tree(sub)


def _documented() -> dict[str, set[int]]:
    lines = re.findall(r"^[│├└─ ]*(\w+) +(\d+(?:, \d+)*)", errors.__doc__ or "", re.MULTILINE)
    return {name: {int(code) for code in codes.split(", ")} for name, codes in lines}


def test_documented_tree_has_errors_with_their_exit_codes() -> None:
    """The tree at the head of the module is what scripts and people rely on."""
    documented = _documented()
    codes = {error.__name__: {int(error.exit_code)} for error in _tree()}
    codes["InterruptedRunError"] = {130, 143}

    assert {name: codes.get(name) for name in documented} == documented
    assert len(documented) > 30


@pytest.mark.parametrize("code", [ExitCode.INTERRUPTED, ExitCode.TERMINATED, ExitCode.HUNG_UP])
def test_interrupted_run_ends_with_code_of_its_signal(code: ExitCode) -> None:
    """A shell tells by the exit code which signal ended the run."""
    assert InterruptedRunError(code).exit_code is code


@pytest.mark.parametrize(
    ("line", "place"), [(3, "a.yaml:3:7: error: "), (0, "a.yaml: error: ")], ids=["line", "file"]
)
def test_problem_shows_place_as_editors_read_it(line: int, place: str) -> None:
    """An editor jumps to PATH:LINE:COLUMN; a problem of the whole file has no line."""
    assert str(Problem("a.yaml", line, 7, "no")) == f"{place}no"


def test_input_error_holds_each_problem_once_in_order() -> None:
    """Problems come by file, line and column, however they were found."""
    ordered = [Problem("a", 2, 1, "x"), Problem("a", 10, 1, "x"), Problem("b", 1, 1, "x")]
    error = InputError([*reversed(ordered), ordered[0]])

    assert error.problems == tuple(ordered)
    assert str(error).splitlines() == [str(problem) for problem in ordered]


def test_plan_file_error_is_problem_of_whole_file() -> None:
    """A saved plan is one line of JSON, so only its path helps."""
    assert PlanFileError("plan.json", "old").problems == (Problem("plan.json", 0, 0, "old"),)


def test_edit_error_says_that_nothing_was_changed() -> None:
    """The user must know whether to look for half an edit."""
    assert "nothing was changed" in str(EditError("a.yaml is read-only"))


def test_refusals_carry_status_and_wait() -> None:
    """Retries decide by the status and by the time that was asked for."""
    throttled, fault = Throttled("wait", 3.0), ServerFault("down", 503, 4.0)

    assert (throttled.status, throttled.retry_after) == (429, 3.0)
    assert (fault.status, fault.retry_after) == (503, 4.0)
    assert ServerFault("down", 500).retry_after is None
    assert NotFound("gone", 404).status == 404
