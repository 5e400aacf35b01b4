"""The journal: written before the next step, readable after a crash, and bound to its plan."""

import json
from pathlib import Path

import pytest
from factories import action, desired, live, plan_of
from msgspec.structs import replace

from reconciler.apply.executor import Earlier
from reconciler.apply.journal import Journal, open_journal
from reconciler.errors import JournalError, LockedError
from reconciler.model import Action, Outcome, Plan, Result, Stock, finite

A, B = action("A", 3, 5), action("B", 4, 6)
PLAN = replace(plan_of(desired(), live({})), actions=(A, B))
DONE = Outcome("A", Result.APPLIED, A.before, A.after, finite(5), "")


def _open(path: Path, plan: Plan = PLAN, fingerprint: str = "sha256:1") -> tuple[Journal, Earlier]:
    return open_journal(path, plan, fingerprint)


def test_open_journal_again_returns_done_and_in_flight(tmp_path: Path) -> None:
    """A rerun gets back both."""
    journal, earlier = _open(tmp_path / "j")
    assert earlier == Earlier()
    with journal:
        for each in (A, B):
            journal.sending(each)
        journal.finished(A, DONE)
    again, earlier = _open(tmp_path / "j")
    again.close()

    assert earlier == Earlier({"A": DONE}, {"B": B})


def test_open_journal_again_returns_correction_as_sent(tmp_path: Path) -> None:
    """A correction was added to a stock that the plan did not know."""
    planned = replace(A, correction=2)
    sent = replace(planned, before=finite(1), after=finite(3))
    plan = replace(PLAN, actions=(planned, B))
    journal, _ = _open(tmp_path / "j", plan)
    with journal:
        journal.sending(sent)
    again, earlier = _open(tmp_path / "j", plan)
    again.close()

    assert earlier == Earlier(in_flight={"A": sent})


@pytest.mark.parametrize(
    "stocks", [{}, {"before": None, "after": None}, {"before": 5, "after": {}}, {"before": {}}]
)
def test_open_journal_line_without_stocks_is_as_planned(
    tmp_path: Path, stocks: dict[str, object]
) -> None:
    """Older journals have no stocks, and malformed ones count as none."""
    journal, _ = _open(tmp_path / "j")
    journal.close()
    with (tmp_path / "j").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"sending": "A", **stocks}) + "\n")
    again, earlier = _open(tmp_path / "j")
    again.close()

    assert earlier == Earlier(in_flight={"A": A})


@pytest.mark.parametrize("torn", ['{"sett', "", "\x00\xff", '{"settled": "A", "result"', "[1]\n5"])
def test_open_journal_ignores_a_cut_off_last_line(tmp_path: Path, torn: str) -> None:
    """It breaks neither reading nor the lines that follow."""
    journal, _ = _open(tmp_path / "j")
    with journal:
        journal.sending(A)
    with (tmp_path / "j").open("a", encoding="latin-1") as file:
        file.write(torn)
    again, earlier = _open(tmp_path / "j")
    with again:
        again.finished(A, DONE)
    third, later = _open(tmp_path / "j")
    third.close()

    assert earlier.in_flight == {"A": A}
    assert later == Earlier({"A": DONE})


def test_open_journal_skips_unknown_but_not_failed(tmp_path: Path) -> None:
    """A failed SKU is tried again. An unknown one is not."""
    journal, _ = _open(tmp_path / "j")
    with journal:
        journal.finished(A, replace(DONE, result=Result.FAILED, found=A.before))
        journal.finished(B, Outcome("B", Result.UNKNOWN, B.before, B.after))
    again, earlier = _open(tmp_path / "j")
    again.close()

    assert set(earlier.done) == {"B"}


def test_open_journal_skips_answer_with_another_number(tmp_path: Path) -> None:
    """It failed, and is not repeated."""
    journal, _ = _open(tmp_path / "j")
    with journal:
        journal.finished(A, replace(DONE, result=Result.FAILED, found=finite(4)))
    again, earlier = _open(tmp_path / "j")
    again.close()

    assert set(earlier.done) == {"A"}


def test_open_journal_that_ended_still_skips_done(tmp_path: Path) -> None:
    """The SKU may have sold since."""
    journal, _ = _open(tmp_path / "j")
    with journal:
        journal.finished(A, DONE)
        journal.end()
    again, earlier = _open(tmp_path / "j")
    again.close()

    assert earlier.done == {"A": DONE}


def test_open_journal_that_ended_takes_another_plan(tmp_path: Path) -> None:
    """CI may use the same path each time."""
    journal, _ = _open(tmp_path / "j")
    with journal:
        journal.finished(A, DONE)
        journal.end()
    other, earlier = _open(tmp_path / "j", fingerprint="sha256:2")
    other.close()

    assert earlier == Earlier()


def test_open_journal_copies_progress_of_the_record(tmp_path: Path) -> None:
    """The third run finds it in the journal of the second."""
    begun = Earlier({"A": DONE}, {"B": B})
    journal, earlier = open_journal(tmp_path / "j", PLAN, "sha256:1", begun)
    journal.close()
    again, later = _open(tmp_path / "j")
    again.close()

    assert (set(earlier.done), earlier.in_flight) == ({"A"}, {"B": B})
    assert later == earlier


def test_journal_is_locked_by_one_process(tmp_path: Path) -> None:
    """A second apply of the same plan in the same folder is refused."""
    journal, _ = _open(tmp_path / "j")
    with journal, pytest.raises(LockedError):
        _open(tmp_path / "j")


@pytest.mark.parametrize("content", ["notes\n", '{"actions": []}', "[]"])
def test_open_journal_with_another_file_leaves_it_unchanged(tmp_path: Path, content: str) -> None:
    """A wrong path for --journal overwrites nothing."""
    (tmp_path / "j").write_text(content)
    with pytest.raises(JournalError):
        _open(tmp_path / "j")

    assert (tmp_path / "j").read_text() == content


def test_open_journal_of_another_plan_is_refused(tmp_path: Path) -> None:
    """A plan with another fingerprint or another creation time is another plan."""
    journal, _ = _open(tmp_path / "j")
    with journal:
        journal.sending(A)
    made_later = replace(PLAN.provenance, created_at="2027-01-01T00:00:00Z")
    later = replace(PLAN, provenance=made_later)

    with pytest.raises(JournalError):
        _open(tmp_path / "j", fingerprint="sha256:2")
    with pytest.raises(JournalError):
        _open(tmp_path / "j", later)


def test_open_journal_that_cannot_be_written_raises(tmp_path: Path) -> None:
    """A folder in its place is an error, and so is a full disk."""
    with pytest.raises(JournalError):
        _open(tmp_path)
    with pytest.raises(JournalError):
        _open(Path("/dev/full"))


def test_journal_lines_hold_only_skus_results_and_stocks(tmp_path: Path) -> None:
    """No token and no personal data."""
    journal, _ = _open(tmp_path / "j")
    with journal:
        journal.begun(A)
        journal.sending(A)
        journal.finished(A, DONE)
    lines = [json.loads(line) for line in (tmp_path / "j").read_text().splitlines()]

    assert lines[1:] == [
        {
            "sending": "A",
            "before": {"inventory_type": "finite", "quantity": 3},
            "after": {"inventory_type": "finite", "quantity": 5},
        },
        {
            "settled": "A",
            "result": "applied",
            "found": {"inventory_type": "finite", "quantity": 5},
            "message": "",
            "at": "",
            "read_at": "",
        },
    ]


@pytest.mark.parametrize(("found", "in_flight"), [(A.before, {"A": A}), (None, {})])
def test_open_journal_failed_lost_write_stays_in_flight(
    tmp_path: Path, found: Stock | None, in_flight: dict[str, Action]
) -> None:
    """The shop may show it later. A rejected write never took effect."""
    journal, _ = _open(tmp_path / "j")
    with journal:
        journal.sending(A)
        journal.finished(A, replace(DONE, result=Result.FAILED, found=found))
    again, earlier = _open(tmp_path / "j")
    again.close()

    assert earlier == Earlier(in_flight=in_flight)
