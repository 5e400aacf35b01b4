"""Several stores: one after the other, and the worst exit code counts."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from unit.app.collecting import CollectingReporter

from reconciler.app.batch import for_each_store
from reconciler.app.context import StoreContext
from reconciler.errors import InputError, InterruptedRunError, LimitError, ReconcilerError
from reconciler.exit_codes import ExitCode


class Work:
    """Does what a script says for each store, and notes for which it was called."""

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
    """A store in order does not hide one that is not."""
    work = Work(*codes)

    assert (work.run(), "".join(work.done)) == (worst, "abcd"[: len(codes)])
    assert [name in said for name, said in zip(work.done, work.reporter.said, strict=True)]


def test_for_each_store_goes_on_after_error() -> None:
    """A broken file of one store does not keep the others from being applied."""
    limit = LimitError("too many")
    work = Work(InputError([]), ExitCode.DONE, limit)

    assert work.run() is ExitCode.INPUT
    assert (work.done, work.errors[1:]) == (["a", "b", "c"], [limit])


@pytest.mark.parametrize(
    "step", [ExitCode.INTERRUPTED, InterruptedRunError(ExitCode.TERMINATED)], ids=["code", "error"]
)
def test_for_each_store_ends_at_signal(step: ExitCode | Exception) -> None:
    """After Ctrl-C no other store is begun, and those that were not are named."""
    work = Work(ExitCode.DONE, step, ExitCode.DONE, ExitCode.DONE)

    assert work.run().is_interruption
    assert work.done == ["a", "b"]
    assert "c, d" in work.reporter.said[-1]


def test_for_each_store_does_not_hide_bugs() -> None:
    """An error that is none of ours ends the run."""
    with pytest.raises(ZeroDivisionError):
        Work(ZeroDivisionError(), ExitCode.DONE).run()
