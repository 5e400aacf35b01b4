"""Decide whether an apply is complete."""

import pytest

from reconciler.model import Outcome, Report, Result

DONE = {Result.APPLIED, Result.ALREADY}


def _report(*results: Result, stopped: str | None = None) -> Report:
    return Report("demo", tuple(Outcome("A", result, None, None) for result in results), stopped)


@pytest.mark.parametrize("result", Result)
def test_is_complete_only_if_each_action_is_done(result: Result) -> None:
    """One SKU that is not, or may not be, as planned makes the apply incomplete."""
    assert _report(Result.APPLIED, result, Result.ALREADY).is_complete is (result in DONE)


def test_is_complete_without_actions() -> None:
    """There was nothing to do."""
    assert _report().is_complete


@pytest.mark.parametrize("stopped", ["time is over", ""])
def test_is_complete_of_a_stopped_run_is_false(stopped: str) -> None:
    """Even if every action is done."""
    assert not _report(Result.APPLIED, stopped=stopped).is_complete
    assert not _report(stopped=stopped).is_complete


def test_count_counts_outcomes_with_a_result() -> None:
    """Each outcome counts once."""
    report = _report(Result.APPLIED, Result.UNKNOWN, Result.APPLIED)

    assert {result: report.count(result) for result in Result if report.count(result)} == {
        Result.APPLIED: 2,
        Result.UNKNOWN: 1,
    }
