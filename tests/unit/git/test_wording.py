"""The wording of git's errors."""

from collections.abc import Callable

import pytest
from factories import Workspace
from snapshots import without_git
from syrupy.assertion import SnapshotAssertion

from reconciler.errors import HistoryError
from reconciler.git.fast_export import parse_export
from reconciler.git.repository import Repository, open_repository


def test_error_wording(
    wording: SnapshotAssertion, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each error has git's own message, and what to do."""
    workspace.write("a.yaml", "1\n")
    workspace.commit("first")
    opened = open_repository(workspace.folder)
    assert opened is not None
    repository: Repository = opened
    commit = workspace.git("rev-parse", "HEAD")
    blob = workspace.git("rev-parse", "HEAD:a.yaml")

    def lose_object() -> None:
        (workspace.folder / ".git/objects" / blob[:2] / blob[2:]).unlink()
        repository.read_commit("HEAD", "a.yaml")

    def include_tracked_file() -> None:
        workspace.write("team.gitconfig", "[core]\n\tpager = less\n")
        workspace.git("config", "include.path", "../team.gitconfig")
        open_repository(workspace.folder)

    def run_without_git() -> None:
        monkeypatch.setenv("PATH", "")
        repository.run("status")

    calls: dict[str, Callable[[], object]] = {
        "failing command": lambda: repository.run("cat-file", "blob", "nope"),
        "unreachable remote": lambda: repository.run_remote("ls-remote", "./nowhere.git"),
        "ref that moved": lambda: repository.set_ref("refs/x", commit, commit),
        "incomplete clone": lose_object,
        "export without a commit": lambda: parse_export(b""),
        "configuration in the work tree": include_tracked_file,
        "git is missing": run_without_git,
    }
    text = ""
    for name, call in calls.items():
        with pytest.raises(HistoryError) as caught:
            call()
        text += f"{name} [{caught.value.code} {caught.value.exit_code:d}]\n    {caught.value}\n"
    text = without_git(text).replace(commit[:7], "COMMIT")

    assert text == wording
