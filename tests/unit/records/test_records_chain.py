"""Records in a chain of commits: who may add one, here and on a remote."""

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
def test_begin_puts_the_intent_into_the_chain(
    repository: Repository, shared: Workspace, remote: str | None
) -> None:
    """It is there here, and on the remote that is named."""
    record, commit = make(repository)
    begin(repository, REF, commit, record.previous, remote)

    assert repository.find_ref(REF) == commit
    assert _remote(shared) == (commit if remote else "")


@pytest.mark.parametrize("remote", [None, "origin"])
def test_begin_of_two_applies_lets_one(
    repository: Repository, shared: Workspace, remote: str | None
) -> None:
    """The second, made after the same record, is told that the store is held."""
    (first, one), (second, two) = make(repository), make(repository, "other")
    begin(repository, REF, one, first.previous, remote)

    with pytest.raises(LockedError) as caught:
        begin(repository, REF, two, second.previous, remote)
    assert caught.value.exit_code is ExitCode.MOVED
    assert repository.find_ref(REF) == one


def test_begin_with_newer_records_on_the_remote_is_held_and_taken_back(
    repository: Repository, shared: Workspace
) -> None:
    """An apply elsewhere that began first keeps the store, and nothing is left here."""
    (_, one), (second, two) = make(repository), make(repository, "other")
    shared.git("push", "--quiet", "origin", f"{one}:{REF}")

    with pytest.raises(LockedError):
        begin(repository, REF, two, second.previous, "origin")
    assert (repository.find_ref(REF), _remote(shared)) == (None, one)


def test_begin_that_cannot_be_pushed_leaves_nothing(
    repository: Repository, shared: Workspace
) -> None:
    """A remote that is not there is no other apply: an error, and the store is free as before."""
    record, commit = make(repository)

    with pytest.raises(HistoryError) as caught:
        begin(repository, REF, commit, record.previous, str(shared.folder / "nowhere.git"))
    assert not isinstance(caught.value, LockedError)
    assert repository.find_ref(REF) is None


def test_begin_refused_after_the_rehearsal_is_taken_back(
    repository: Repository, shared: Workspace
) -> None:
    """A server's own rule speaks only at the real push; the ref here goes back to where it was."""
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


def test_finish_after_a_take_over_is_held(repository: Repository) -> None:
    """The record of another apply is never written over."""
    intent, one = make(repository)
    begin(repository, REF, one, intent.previous, None)
    (receipt, two), (other, three) = (make(repository, word) for word in ("mine", "theirs"))
    begin(repository, REF, three, other.previous, None)

    with pytest.raises(LockedError):
        finish(repository, REF, two, receipt.previous, None)
    assert repository.find_ref(REF) == three


def test_finish_that_cannot_be_pushed_says_how_to_mend_it(repository: Repository) -> None:
    """The writes are done, so it is incomplete; commit and ref are named, and no password."""
    receipt, commit = make(repository, kind=RecordKind.RECEIPT)
    remote = f"file://user:hunter2@{Path.cwd()}/nowhere.git"

    with pytest.raises(PushError, match=f"{commit}:{REF}") as caught:
        finish(repository, REF, commit, receipt.previous, remote)
    assert caught.value.exit_code is ExitCode.INCOMPLETE
    assert "hunter2" not in str(caught.value)
    assert repository.find_ref(REF) == commit


def test_finish_tells_a_newer_record_from_a_remote_that_is_gone(
    repository: Repository, shared: Workspace
) -> None:
    """The one means another apply, and leaves nothing here; the other can be pushed later."""
    (receipt, one), (_, two) = (make(repository, kind=RecordKind.RECEIPT), make(repository, "b"))
    shared.git("push", "--quiet", "origin", f"{two}:{REF}")
    with pytest.raises(LockedError):
        finish(repository, REF, one, receipt.previous, "origin")
    assert repository.find_ref(REF) is None
    with pytest.raises(PushError):
        finish(repository, REF, one, receipt.previous, "./nowhere.git")

    assert repository.find_ref(REF) == one
