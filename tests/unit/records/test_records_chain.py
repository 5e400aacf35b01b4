"""Adding records to the chain, in a clone and on a remote."""

from pathlib import Path

import pytest
from factories import Workspace
from unit.records.made import REF, make

from reconciler.errors import HistoryError, LockedError, PushError
from reconciler.exit_codes import ExitCode
from reconciler.git.repository import Repository
from reconciler.records.publish import begin, finish
from reconciler.records.records import RecordKind


def _remote(shared: Workspace) -> str:
    return shared.git("ls-remote", "origin", REF).partition("\t")[0]


@pytest.mark.parametrize("remote", [None, "origin"])
def test_begin_adds_intent_here_and_on_the_remote(
    repository: Repository, shared: Workspace, remote: str | None
) -> None:
    """Both refs point at it."""
    record, commit = make(repository)
    begin(repository, REF, commit, record.previous, remote)

    assert repository.find_ref(REF) == commit
    assert _remote(shared) == (commit if remote else "")


@pytest.mark.parametrize("remote", [None, "origin"])
def test_begin_of_two_applies_locks_out_the_second(
    repository: Repository, shared: Workspace, remote: str | None
) -> None:
    """Both follow the same record, so only one can start."""
    (first, one), (second, two) = make(repository), make(repository, "other")
    begin(repository, REF, one, first.previous, remote)

    with pytest.raises(LockedError) as caught:
        begin(repository, REF, two, second.previous, remote)
    assert caught.value.exit_code is ExitCode.MOVED
    assert repository.find_ref(REF) == one


def test_begin_with_newer_remote_record_raises_and_leaves_nothing(
    repository: Repository, shared: Workspace
) -> None:
    """Another apply started first and keeps the lock."""
    (_, one), (second, two) = make(repository), make(repository, "other")
    shared.git("push", "--quiet", "origin", f"{one}:{REF}")

    with pytest.raises(LockedError):
        begin(repository, REF, two, second.previous, "origin")
    assert (repository.find_ref(REF), _remote(shared)) == (None, one)


def test_begin_that_cannot_be_pushed_leaves_nothing(
    repository: Repository, shared: Workspace
) -> None:
    """An unreachable remote is not another apply. The lock stays free."""
    record, commit = make(repository)

    with pytest.raises(HistoryError) as caught:
        begin(repository, REF, commit, record.previous, str(shared.folder / "nowhere.git"))
    assert not isinstance(caught.value, LockedError)
    assert repository.find_ref(REF) is None


def test_begin_rejected_after_dry_run_leaves_nothing(
    repository: Repository, shared: Workspace
) -> None:
    """A server's hook runs only at the real push. The local ref moves back."""
    hook = shared.folder.parent / "origin.git/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    hook.chmod(0o755)
    record, commit = make(repository)

    with pytest.raises(HistoryError):
        begin(repository, REF, commit, record.previous, "origin")
    assert (repository.find_ref(REF), _remote(shared)) == (None, "")


@pytest.mark.parametrize("remote", [None, "origin"])
def test_finish_adds_the_receipt(
    repository: Repository, shared: Workspace, remote: str | None
) -> None:
    """It follows the intent, here and on the remote."""
    intent, one = make(repository)
    begin(repository, REF, one, intent.previous, remote)
    receipt, two = make(repository, kind=RecordKind.RECEIPT)
    finish(repository, REF, two, receipt.previous, remote)

    assert repository.find_ref(REF) == two
    assert _remote(shared) == (two if remote else "")


def test_finish_after_take_over_raises(repository: Repository) -> None:
    """The record of another apply is never overwritten."""
    intent, one = make(repository)
    begin(repository, REF, one, intent.previous, None)
    (receipt, two), (other, three) = (make(repository, word) for word in ("mine", "theirs"))
    begin(repository, REF, three, other.previous, None)

    with pytest.raises(LockedError):
        finish(repository, REF, two, receipt.previous, None)
    assert repository.find_ref(REF) == three


def test_finish_that_cannot_be_pushed_names_commit_and_ref(repository: Repository) -> None:
    """The run is incomplete. The error has no password."""
    receipt, commit = make(repository, kind=RecordKind.RECEIPT)
    remote = f"file://user:hunter2@{Path.cwd()}/nowhere.git"

    with pytest.raises(PushError, match=f"{commit}:{REF}") as caught:
        finish(repository, REF, commit, receipt.previous, remote)
    assert caught.value.exit_code is ExitCode.INCOMPLETE
    assert "hunter2" not in str(caught.value)
    assert repository.find_ref(REF) == commit


def test_finish_tells_newer_record_from_unreachable_remote(
    repository: Repository, shared: Workspace
) -> None:
    """After a newer record, nothing is left here. Otherwise it can be pushed later."""
    (receipt, one), (_, two) = (make(repository, kind=RecordKind.RECEIPT), make(repository, "b"))
    shared.git("push", "--quiet", "origin", f"{two}:{REF}")
    with pytest.raises(LockedError):
        finish(repository, REF, one, receipt.previous, "origin")
    assert repository.find_ref(REF) is None
    with pytest.raises(PushError):
        finish(repository, REF, one, receipt.previous, "./nowhere.git")

    assert repository.find_ref(REF) == one
