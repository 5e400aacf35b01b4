"""Several stores, one after the other. The worst exit code counts."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from unit.app.collecting import CollectingReporter

from reconciler.app.batch import for_each_store
from reconciler.app.context import StoreContext
from reconciler.errors import InputError, InterruptedRunError, LimitError, ReconcilerError
from reconciler.exit_codes import ExitCode


class Work:
    """Returns or raises the next step of a script, and notes the store."""

    def __init__(self, *script: ExitCode | Exception) -> None:
        self.script = list(script)
        self.stores = [StoreContext(name, Path("inventory")) for name in "abcd"[: len(script)]]
        self.done: list[str] = []
        self.errors: list[ReconcilerError] = []
        self.reporter = CollectingReporter()

    def __call__(self, context: StoreContext) -> ExitCode:
        self.done.append(context.name)
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    def run(self) -> ExitCode:
        return for_each_store(self.stores, self.reporter, self, self.errors.append)


@pytest.mark.parametrize(
    ("codes", "worst"),
    [
        ([ExitCode.DONE], ExitCode.DONE),
        ([ExitCode.DONE, ExitCode.CHANGES, ExitCode.DONE], ExitCode.CHANGES),
        ([ExitCode.INCOMPLETE, ExitCode.CHANGES], ExitCode.INCOMPLETE),
    ],
)
def test_for_each_store_returns_worst_code(codes: Sequence[ExitCode], worst: ExitCode) -> None:
    """A good result of one store does not hide a bad one."""
    work = Work(*codes)

    assert (work.run(), "".join(work.done)) == (worst, "abcd"[: len(codes)])
    assert [name in said for name, said in zip(work.done, work.reporter.said, strict=True)]


def test_for_each_store_after_error_continues() -> None:
    """A broken file of one store does not block the others."""
    limit = LimitError("too many")
    work = Work(InputError([]), ExitCode.DONE, limit)

    assert work.run() is ExitCode.INPUT
    assert (work.done, work.errors[1:]) == (["a", "b", "c"], [limit])


@pytest.mark.parametrize(
    "step", [ExitCode.INTERRUPTED, InterruptedRunError(ExitCode.TERMINATED)], ids=["code", "error"]
)
def test_for_each_store_after_signal_stops(step: ExitCode | Exception) -> None:
    """No other store starts, and those left are named."""
    work = Work(ExitCode.DONE, step, ExitCode.DONE, ExitCode.DONE)

    assert work.run().is_interruption
    assert work.done == ["a", "b"]
    assert "c, d" in work.reporter.said[-1]


def test_for_each_store_does_not_hide_bugs() -> None:
    """An unexpected exception ends the run."""
    with pytest.raises(ZeroDivisionError):
        Work(ZeroDivisionError(), ExitCode.DONE).run()
