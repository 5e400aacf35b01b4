"""The place of a record: a remote, only this clone, or nowhere."""

from pathlib import Path

import pytest
from factories import SITE, Workspace
from unit.app.collecting import CollectingReporter

from reconciler.app.context import MemoryRequest, StoreContext
from reconciler.app.memory import (
    Memory,
    open_memory,
    open_shared,
    refresh_record,
)
from reconciler.app.stores import load_store
from reconciler.errors import DivergedError, HistoryError, NoBaseError, ReconcilerError, UsageError
from reconciler.exit_codes import ExitCode
from reconciler.git.repository import Repository, open_repository

CONTEXT = StoreContext("demo", Path("inventory"))
REF = f"refs/reconciler/{SITE}"


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    """Return a repository of one `on_change` store, and bare ones to use as remotes."""
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\nrule: on_change\n")
    workspace.declare({"A": 5})
    workspace.commit("declare")
    for name in ("origin", "other"):
        workspace.git("init", "--quiet", "--bare", "--initial-branch", "main", f".git/{name}.git")
    return workspace


@pytest.fixture
def shared(shop: Workspace) -> Workspace:
    """Return the same repository with a remote that has its branch."""
    shop.git("remote", "add", "origin", ".git/origin.git")
    shop.git("push", "--quiet", "origin", "main")
    return shop


def _open(repository: Repository | None = None, **asked: object) -> Memory:
    found = repository or open_repository(CONTEXT.inventory)
    request = MemoryRequest(**asked)  # type: ignore[arg-type]  # as the command is called
    return open_memory(found, CONTEXT, load_store(CONTEXT), request)


def _refusal(**asked: object) -> ReconcilerError:
    with pytest.raises(ReconcilerError) as caught:
        _open(**asked)  # type: ignore[arg-type]  # what is asked, and no repository
    return caught.value


def _put_record(shop: Workspace, remote: str, message: str = "apply") -> str:
    """Push a commit as the record of the site to *remote*, and return it."""
    commit = shop.git("commit-tree", "HEAD^{tree}", "-m", message)
    shop.git("push", "--quiet", remote, f"{commit}:{REF}")
    return commit


def _exact(shop: Workspace) -> None:
    """Give the store a rule that needs no record."""
    shop.write("inventory/demo/store.yaml", f"site_id: {SITE}\nrule: exact\n")


def test_open_memory_by_default_fetches_record_of_the_branch_remote(shared: Workspace) -> None:
    """The record is here before anything is read from the shop."""
    record = _put_record(shared, "origin")
    memory = _open()

    assert memory.remote == "origin"
    assert memory.repository is not None
    assert memory.repository.find_ref(REF) == record


def test_open_memory_without_remotes_is_local(shop: Workspace) -> None:
    """The record stays in this repository."""
    memory = _open()

    assert (memory.remote, memory.repository is not None) == (None, True)


def test_open_memory_with_named_remote_uses_it(shared: Workspace) -> None:
    """By its name or its address."""
    shared.git("push", "--quiet", ".git/other.git", "main")

    assert _open(remote="origin").remote == "origin"
    assert _open(remote="./.git/other.git").remote == "./.git/other.git"


def test_open_memory_with_ambiguous_remotes_raises(shop: Workspace) -> None:
    """Of two remotes, none is guessed."""
    for name in ("a", "b"):
        shop.git("remote", "add", name, ".git/other.git")

    assert isinstance(_refusal(), UsageError)
    shop.git("push", "--quiet", "b", "main")
    assert _open(remote="b").remote == "b"


@pytest.mark.parametrize("remote", ["orign", "-v"])
def test_open_memory_with_unknown_remote_raises(shared: Workspace, remote: str) -> None:
    """A typo is found before the first write."""
    assert _refusal(remote=remote).exit_code is ExitCode.USAGE


def test_open_memory_with_unreachable_remote_raises(shared: Workspace) -> None:
    """Without the last record, an apply could put sold units back."""
    shared.git("remote", "set-url", "origin", "./nowhere.git")
    error = _refusal()

    assert (isinstance(error, HistoryError), error.exit_code) == (True, ExitCode.FAILED)


@pytest.mark.parametrize("is_pushed", [True, False])
def test_open_memory_needs_the_commit_on_the_remote(shared: Workspace, is_pushed: bool) -> None:
    """Otherwise the record would name a commit that nobody else has."""
    shared.commit("later")
    if is_pushed:
        shared.git("push", "--quiet", "origin", "main")
        assert _open().remote == "origin"
    else:
        assert isinstance(_refusal(), UsageError)


@pytest.mark.parametrize("path", ["inventory/demo/stock.yaml", "inventory/demo/new.yaml"])
def test_open_memory_needs_committed_files(shop: Workspace, path: str) -> None:
    """The recorded commit must be what was applied. Other files may differ."""
    shop.write("README", "not of this store")
    _open()
    shop.write(path, "skus:\n  C: 6\n")

    assert isinstance(_refusal(), UsageError)


def test_open_memory_none_with_on_change_raises(shop: Workspace) -> None:
    """With --no-record, an on_change number would be written again."""
    assert _refusal(none=True).exit_code is ExitCode.USAGE
    _exact(shop)

    assert _open(none=True) == Memory(None)


@pytest.mark.parametrize("is_begun", [True, False])
def test_open_memory_without_commit_needs_exact(workspace: Workspace, is_begun: bool) -> None:
    """Outside of git, or before the first commit, only `exact` can be applied."""
    if is_begun:
        workspace.git("init", "--quiet")
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\nrule: on_change\n")
    workspace.declare({"A": 5})

    assert type(_refusal()) is (UsageError if is_begun else NoBaseError)
    _exact(workspace)
    assert _open() == Memory(None)
    assert _refusal(is_named=True).exit_code is ExitCode.USAGE


def test_open_memory_local_with_unreachable_remote_raises(shared: Workspace) -> None:
    """It may have a record that this clone would miss."""
    shared.commit("not pushed")
    assert _open(local=True).remote is None
    shared.git("remote", "add", "gone", "./nowhere.git")

    with pytest.raises(HistoryError):
        _open(local=True)


@pytest.mark.parametrize("remote", ["origin", "other"])
def test_open_memory_local_with_record_of_a_remote_raises(shared: Workspace, remote: str) -> None:
    """Two records of one shop could never be joined."""
    if remote == "other":
        shared.git("remote", "add", "other", ".git/other.git")
    _put_record(shared, remote)

    assert isinstance(_refusal(local=True), UsageError)


def test_open_shared_with_two_records_needs_a_name(shared: Workspace) -> None:
    """None is guessed. Once one is named, the other remote is not contacted."""
    shared.git("remote", "add", "other", ".git/other.git")
    record = _put_record(shared, "origin")
    _put_record(shared, "other", "apart")
    repository = open_repository(shared.folder)
    assert repository is not None

    with pytest.raises(DivergedError):
        open_shared(repository, SITE, MemoryRequest())
    assert open_shared(repository, SITE, MemoryRequest(remote="origin")) == "origin"
    assert repository.find_ref(REF) == record


def test_refresh_record_fetches_before_a_plan(shared: Workspace) -> None:
    """A plan knows the last apply, wherever it ran."""
    record = _put_record(shared, "origin")
    reporter = CollectingReporter()
    refresh_record(open_repository(shared.folder), load_store(CONTEXT).settings, reporter)

    assert (shared.git("rev-parse", REF), reporter.noticed) == (record, [])


@pytest.mark.parametrize(("url", "notices"), [(".git/origin.git", 0), ("./nowhere.git", 1)])
def test_refresh_record_that_fails_is_a_warning(shared: Workspace, url: str, notices: int) -> None:
    """A plan works offline, and says what it may not know."""
    shared.git("remote", "set-url", "origin", url)
    reporter = CollectingReporter()
    refresh_record(open_repository(shared.folder), load_store(CONTEXT).settings, reporter)

    assert len(reporter.noticed) == notices


def test_refresh_record_that_diverged_raises(shared: Workspace) -> None:
    """A warning is not enough if the plan certainly misses an apply."""
    _put_record(shared, "origin")
    shared.git("update-ref", REF, shared.git("commit-tree", "HEAD^{tree}", "-m", "own"))
    with pytest.raises(DivergedError):
        refresh_record(
            open_repository(shared.folder), load_store(CONTEXT).settings, CollectingReporter()
        )


def test_refresh_record_without_git_or_remote_says_nothing(shop: Workspace) -> None:
    """There is nothing to fetch."""
    reporter = CollectingReporter()
    for repository in (None, open_repository(shop.folder)):
        refresh_record(repository, load_store(CONTEXT).settings, reporter)

    assert reporter.noticed == []
