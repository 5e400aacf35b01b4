"""H1: files of a pull request run nothing, whatever git would take them for."""

from collections.abc import Callable
from pathlib import Path

import pytest
from factories import Workspace

from reconciler.git.repository import find_top, open_repository

COMMANDS = (
    ("validate",),
    ("validate", "inventory/demo/store.yaml"),
    ("stores",),
    ("plan", "--base", "HEAD"),
    ("plan", "--offline", "--base", "HEAD"),
    ("plan", "--changed-since", "main", "--base", "HEAD"),
    ("apply", "--yes", "--base", "HEAD", "--record", "--push", "origin"),
    ("apply", "--yes", "--record"),
    ("drift",),
    ("import",),
    ("pull",),
    ("set", "TEE=4"),
    ("export",),
)


def _settings(program: Path) -> str:
    """Return a configuration by which git runs *program* wherever it can."""
    return f"""
[core]
    fsmonitor = {program}
    hooksPath = {program.parent}
    sshCommand = {program}
    pager = {program}
    editor = {program}
    gitProxy = {program}
    alternateRefsCommand = {program}
[alias]
    rev-parse = !{program}
    status = !{program}
[diff]
    external = {program}
[gpg]
    program = {program}
[commit]
    gpgSign = true
[log]
    showSignature = true
[protocol]
    allow = always
[protocol "ext"]
    allow = always
[remote "origin"]
    url = ext::{program}
    promisor = true
[extensions]
    partialClone = origin
    worktreeConfig = true
[credential]
    helper = !{program}
"""


def _bare(folder: Path, program: Path) -> None:
    """Make *folder* a bare repository with forged records, as `git init --bare` does."""
    for name in ("objects", "refs/heads", "refs/reconciler"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "config").write_text(
        f"[core]\nrepositoryformatversion = 1\nbare = true\n{_settings(program)}"
    )
    (folder / "refs/reconciler/demo").write_text("1" * 40 + "\n")


def _split(folder: Path, program: Path) -> None:
    """Make *folder* a repository whose larger part is in a hidden folder."""
    _bare(folder / ".parts", program)
    (folder / ".parts/HEAD").unlink()
    (folder / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "commondir").write_text(".parts\n")
    (folder / "config.worktree").write_text("[core]\nbare = false\nworktree = .\n")


@pytest.fixture
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a program that leaves a mark when it is run, with the name of each hook."""
    folder = tmp_path_factory.mktemp("hooks")
    names = ("run", "pre-push", "reference-transaction", "fsmonitor-watchman", "post-index-change")
    for name in names:
        path = folder / name
        path.write_text(f'#!/bin/sh\necho "$0 $WEBFLOW_TOKEN" >> {folder}/mark\n')
        path.chmod(0o755)
    return folder / "run"


# These read no YAML of the branch; they must run nothing either.
OTHERS = (
    ("show", "p.json"),
    ("comment", "p.json"),
    ("sandbox", "sell", "TEE"),
    ("sandbox", "reset"),
    ("sandbox", "serve", "--faults", "missing"),
    ("--help",),
)


@pytest.mark.parametrize("make", [_bare, _split])
@pytest.mark.parametrize(
    "place", ["inventory", "inventory/demo", "inventory/.x", "inventory/demo/.x/y"]
)
def test_embedded_repository_runs_nothing(
    workspace: Workspace,
    program: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path, Path], None],
    place: str,
) -> None:
    """Every command refuses the tree or ignores the repository in it, and runs nothing."""
    workspace.begin()
    workspace.git("init", "--quiet", "--bare", "../origin.git")
    workspace.git("remote", "add", "origin", "../origin.git")
    make(workspace.folder / place, program)
    workspace.git("add", "--all", "--force")
    workspace.git("commit", "--quiet", "--message", "a pull request")
    monkeypatch.setenv("WEBFLOW_TOKEN", "s3cret")

    runs = {command: workspace.run(*command) for command in COMMANDS}
    others = [workspace.run(*command) for command in OTHERS]

    assert not (program.parent / "mark").exists()
    assert "s3cret" not in "".join(run.out + run.err for run in others)
    assert {run.code for command, run in runs.items() if command != ("stores",)} == {65}, runs
    assert "for a repository" in runs["validate",].out


def test_git_runs_at_the_top_alone(workspace: Workspace, program: Path) -> None:
    """The repository of a folder is the one with `.git`, not one on the way to it."""
    workspace.begin()
    _bare(workspace.folder / "inventory", program)
    repository = open_repository(workspace.folder / "inventory")

    assert repository is not None
    assert (
        repository.top
        == find_top(workspace.folder / "inventory/demo")
        == workspace.folder.resolve()
    )
    assert repository.find_ref("refs/reconciler/demo") != "1" * 40
    assert repository.differs(workspace.folder / "inventory")
    assert not (program.parent / "mark").exists()


def test_git_does_not_see_the_shops_token(
    workspace: Workspace, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that the user's own configuration names runs without the token."""
    workspace.begin()
    workspace.git("remote", "add", "origin", "ssh://host.invalid/shop.git")
    workspace.git("config", "core.sshCommand", str(program))
    monkeypatch.setenv("WEBFLOW_TOKEN", "s3cret")
    workspace.declare({"TEE": 51, "MUG": 20})
    workspace.commit()
    run = workspace.run("apply", "--yes", "--record", "--push", "origin")

    assert run.code == 1
    assert "s3cret" not in (program.parent / "mark").read_text()


@pytest.mark.parametrize("name", ["fsmonitor", "hooksPath"])
def test_git_runs_no_helper_of_its_configuration(
    workspace: Workspace, program: Path, name: str
) -> None:
    """Monitors and hooks are off, also those of the real repository."""
    workspace.begin()
    workspace.git("config", f"core.{name}", str(program if name == "fsmonitor" else program.parent))
    workspace.declare({"TEE": 51, "MUG": 20})
    workspace.folder.joinpath(".git/hooks/reference-transaction").write_text(program.read_text())
    workspace.commit()
    mark = program.parent / "mark"
    mark.unlink(missing_ok=True)
    run = workspace.run("apply", "--yes", "--record")

    assert (run.code, mark.exists()) == (0, False), run


def test_configuration_in_the_work_tree_is_refused(workspace: Workspace) -> None:
    """An include of a tracked file would let a commit choose what git runs."""
    workspace.begin()
    workspace.write("team.gitconfig", "[alias]\n    ours = log\n")
    workspace.git("config", "include.path", "../team.gitconfig")
    run = workspace.run("plan", "--base", "HEAD")

    assert (run.code, "includes team.gitconfig" in run.err) == (1, True), run


def test_configuration_of_a_home_in_the_work_tree_is_refused_once_committed(
    workspace: Workspace, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job whose home is the checkout: a branch could bring a `.gitconfig` with a filter."""
    workspace.begin()
    workspace.write(".gitconfig", f'[filter "x"]\n    clean = {program}\n')
    workspace.write("inventory/.gitattributes", "* filter=x\n")
    workspace.commit("a pull request")
    monkeypatch.setenv("HOME", str(workspace.folder))
    run = workspace.run("apply", "--yes", "--record")

    assert (run.code, (program.parent / "mark").exists()) == (1, False), run
