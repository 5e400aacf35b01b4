"""The journal: on disk before anything else, readable when torn, bound to its plan."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from factories import action, desired, live, plan_of

from reconciler.apply.executor import Earlier
from reconciler.apply.journal import Journal, open_journal
from reconciler.errors import JournalError, LockedError
from reconciler.model import Action, Outcome, Plan, Result, Stock, finite

A, B = action("A", 3, 5), action("B", 4, 6)
PLAN = replace(plan_of(desired(), live({})), actions=(A, B))
DONE = Outcome("A", Result.APPLIED, A.before, A.after, finite(5), "")


def _open(path: Path, plan: Plan = PLAN, fingerprint: str = "sha256:1") -> tuple[Journal, Earlier]:
    return open_journal(path, plan, fingerprint)


def test_what_is_done_is_skipped_and_what_was_in_flight_is_known(tmp_path: Path) -> None:
    """A rerun gets both back as they were."""
    journal, earlier = _open(tmp_path / "j")
    assert earlier == Earlier()
    with journal:
        for each in (A, B):
            journal.sending(each)
        journal.finished(A, DONE)
    again, earlier = _open(tmp_path / "j")
    again.close()

    assert earlier == Earlier({"A": DONE}, {"B": B})


def test_correction_in_flight_is_known_as_it_was_sent(tmp_path: Path) -> None:
    """It was added to what the shop had then, which the plan did not know."""
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
def test_line_without_stocks_is_in_flight_as_planned(
    tmp_path: Path, stocks: dict[str, object]
) -> None:
    """An older journal has none, and a line that nobody wrote is no reason to write again."""
    journal, _ = _open(tmp_path / "j")
    journal.close()
    with (tmp_path / "j").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"sending": "A", **stocks}) + "\n")
    again, earlier = _open(tmp_path / "j")
    again.close()

    assert earlier == Earlier(in_flight={"A": A})


@pytest.mark.parametrize("torn", ['{"sett', "", "\x00\xff", '{"settled": "A", "result"', "[1]\n5"])
def test_a_torn_last_line_is_ignored(tmp_path: Path, torn: str) -> None:
    """What a crash left of a line neither breaks reading nor the lines that follow."""
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


def test_what_did_not_come_about_is_tried_again(tmp_path: Path) -> None:
    """Failed, moved and not tried are no reason to skip; unknown is, since nobody may repeat it."""
    journal, _ = _open(tmp_path / "j")
    with journal:
        journal.finished(A, replace(DONE, result=Result.FAILED, found=A.before))
        journal.finished(B, Outcome("B", Result.UNKNOWN, B.before, B.after))
    again, earlier = _open(tmp_path / "j")
    again.close()

    assert set(earlier.done) == {"B"}


def test_a_write_that_was_answered_otherwise_was_taken(tmp_path: Path) -> None:
    """It failed, and is not repeated."""
    journal, _ = _open(tmp_path / "j")
    with journal:
        journal.finished(A, replace(DONE, result=Result.FAILED, found=finite(4)))
    again, earlier = _open(tmp_path / "j")
    again.close()

    assert set(earlier.done) == {"A"}


def test_a_plan_that_was_carried_out_is_not_again(tmp_path: Path) -> None:
    """What is done stays done, also when the run ended in order: it may have sold since."""
    journal, _ = _open(tmp_path / "j")
    with journal:
        journal.finished(A, DONE)
        journal.end()
    again, earlier = _open(tmp_path / "j")
    again.close()

    assert earlier.done == {"A": DONE}


def test_a_journal_that_ended_makes_room_for_another_plan(tmp_path: Path) -> None:
    """CI may name the same file each time; one that did not end is kept for its plan."""
    journal, _ = _open(tmp_path / "j")
    with journal:
        journal.finished(A, DONE)
        journal.end()
    other, earlier = _open(tmp_path / "j", fingerprint="sha256:2")
    other.close()

    assert earlier == Earlier()


def test_what_a_record_says_of_a_begun_plan_is_kept(tmp_path: Path) -> None:
    """Also on the third run: the journal of the second one says so."""
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


def test_a_line_holds_what_it_must_and_no_more(tmp_path: Path) -> None:
    """SKUs, results and stocks."""
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
def test_lost_write_stays_in_flight_although_the_run_gave_it_up(
    tmp_path: Path, found: Stock | None, in_flight: dict[str, Action]
) -> None:
    """The shop may show it later; one that the shop refused never took effect."""
    journal, _ = _open(tmp_path / "j")
    with journal:
        journal.sending(A)
        journal.finished(A, replace(DONE, result=Result.FAILED, found=found))
    again, earlier = _open(tmp_path / "j")
    again.close()

    assert earlier == Earlier(in_flight=in_flight)
