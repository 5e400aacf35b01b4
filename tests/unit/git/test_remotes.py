"""Remotes: the default one, their refs, and that nothing on them is overwritten."""

from pathlib import Path

import pytest
from factories import Workspace

from reconciler.errors import HistoryError
from reconciler.git.objects import make_root
from reconciler.git.remotes import (
    fetch_ref,
    find_default_remote,
    find_remote_ref,
    has_remote,
    is_on_remote,
    list_remotes,
    push_ref,
)
from reconciler.git.repository import Repository, open_repository

REF = "refs/reconciler/demo"


def _open(folder: Path) -> Repository:
    found = open_repository(folder)
    assert found is not None
    return found


@pytest.fixture
def repository(workspace: Workspace) -> Repository:
    """Return a repository with one commit, and a bare one as its remote `origin`."""
    workspace.commit("first")
    workspace.git("init", "--quiet", "--bare", "--initial-branch", "main", ".git/origin.git")
    workspace.git("remote", "add", "origin", ".git/origin.git")
    return _open(workspace.folder)


@pytest.mark.parametrize(
    ("remotes", "branch", "default"),
    [
        ((), None, None),
        (("a",), None, "a"),
        (("a", "b"), None, None),
        (("a", "origin"), None, "origin"),
        (("a", "origin"), "a", "a"),
        (("a", "origin"), "gone", "origin"),
        (("a", "b"), ".", None),
    ],
)
def test_find_default_remote_is_of_the_branch_or_origin_or_the_only_one(
    workspace: Workspace, remotes: tuple[str, ...], branch: str | None, default: str | None
) -> None:
    """Otherwise none is guessed."""
    workspace.commit()
    for name in remotes:
        workspace.git("remote", "add", name, "https://example.invalid/x.git")
    if branch is not None:
        workspace.git("config", "branch.main.remote", branch)
    repository = _open(workspace.folder)

    assert find_default_remote(repository) == default
    assert list_remotes(repository) == sorted(remotes)


def test_find_default_remote_without_a_branch_is_origin(
    repository: Repository, workspace: Workspace
) -> None:
    """A pipeline checks out a commit, not a branch."""
    workspace.git("remote", "add", "a", "https://example.invalid/x.git")
    workspace.git("config", "branch.main.remote", "a")
    workspace.git("checkout", "--quiet", "--detach")

    assert find_default_remote(repository) == "origin"


@pytest.mark.parametrize(("name", "known"), [("origin", True), ("other", False), ("-v", False)])
def test_has_remote_with_flag_is_false(repository: Repository, name: str, known: bool) -> None:
    """Only names of remotes count."""
    assert has_remote(repository, name) is known


def test_push_ref_never_overwrites(repository: Repository, workspace: Workspace) -> None:
    """Unknown commits on the remote stay. A dry run changes nothing."""
    one, two = (make_root(repository, word) for word in ("one", "two"))
    push_ref(repository, "origin", one, REF, dry=True)
    assert workspace.git("ls-remote", "origin") == ""
    push_ref(repository, "origin", one, REF)

    for dry in (True, False):
        with pytest.raises(HistoryError):
            push_ref(repository, "origin", two, REF, dry=dry)
    assert workspace.git("ls-remote", "origin", REF).split()[0] == one


def test_find_remote_ref_matches_only_the_full_name(
    repository: Repository, workspace: Workspace
) -> None:
    """A branch or tag with the same ending is another ref."""
    workspace.git("push", "--quiet", "origin", f"HEAD:refs/heads/{REF}", f"HEAD:refs/tags/{REF}")
    assert find_remote_ref(repository, "origin", REF) is None
    one = make_root(repository, "one")
    repository.set_ref(REF, one, None)

    assert find_remote_ref(repository, ".", REF) == one


def test_fetch_ref_fetches_commits_without_moving_refs(
    repository: Repository, workspace: Workspace, tmp_path: Path
) -> None:
    """The caller decides which ref to move."""
    push_ref(repository, "origin", repository.find_commit("HEAD") or "", "refs/heads/main")
    one = make_root(repository, "one")
    push_ref(repository, "origin", one, REF)
    workspace.git("clone", "--quiet", "--no-local", ".git/origin.git", ".git/clone")
    clone = _open(tmp_path / ".git/clone")
    refs = clone.run("for-each-ref")
    assert not clone.has(one)
    clone.run("config", "--add", "remote.origin.fetch", "+refs/reconciler/*:refs/reconciler/*")
    fetch_ref(clone, "origin", REF)

    assert (clone.has(one), clone.run("for-each-ref")) == (True, refs)
    assert clone.find_commit("FETCH_HEAD") is None
    with pytest.raises(HistoryError):
        fetch_ref(clone, "origin", "refs/reconciler/none")


@pytest.mark.parametrize("is_tracked", [True, False])
def test_is_on_remote_if_a_branch_contains_the_commit(
    repository: Repository, workspace: Workspace, is_tracked: bool
) -> None:
    """Tracking refs are enough. Otherwise the remote is contacted."""
    first, second = repository.find_commit("HEAD") or "", workspace.commit("second")
    workspace.git("push", "--quiet", "origin", "HEAD:main")
    third = workspace.commit("third")
    workspace.git("push", "--quiet", "origin", f"{third}:{REF}")
    if not is_tracked:
        workspace.git("update-ref", "-d", "refs/remotes/origin/main")

    told = [is_on_remote(repository, "origin", commit) for commit in (first, second, third)]
    assert told == [True, True, False]


def test_unreachable_remote_raises(repository: Repository) -> None:
    """It never counts as a missing ref."""
    head = repository.find_commit("HEAD") or ""
    for ask in (find_remote_ref, is_on_remote):
        with pytest.raises(HistoryError):
            ask(repository, "./nowhere.git", head)
