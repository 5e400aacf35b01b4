"""Git's plumbing on real repositories: what it returns, what it writes, and what it never runs."""

from pathlib import Path

import pytest
from factories import Workspace

from reconciler.errors import HistoryError
from reconciler.git.objects import make_commit, make_root
from reconciler.git.process import shown_remote
from reconciler.git.repository import Repository, find_top, open_repository

REF = "refs/reconciler/demo"


def _open(folder: Path) -> Repository:
    found = open_repository(folder)
    assert found is not None
    return found


@pytest.fixture
def repository(workspace: Workspace) -> Repository:
    """Return a repository with one commit of one file."""
    workspace.write("shop/a.yaml", "1\n")
    workspace.commit("first")
    return _open(workspace.folder)


def test_open_repository_outside_of_one_is_none(workspace: Workspace) -> None:
    """A folder without git is not an error."""
    assert open_repository(workspace.folder) is None


def test_open_repository_below_the_top_finds_the_top(repository: Repository) -> None:
    """A folder on the way that looks like a bare repository is skipped."""
    decoy = repository.top / "shop/sub"
    (decoy / "objects").mkdir(parents=True)
    (decoy / "refs").mkdir()
    (decoy / "HEAD").write_text("ref: refs/heads/main\n", "utf-8")

    assert find_top(decoy) == repository.top
    assert _open(decoy).top == repository.top


@pytest.mark.parametrize("key", ["include.path", "includeIf.gitdir:**.path"])
def test_open_repository_with_configuration_from_tree_raises(
    repository: Repository, workspace: Workspace, key: str
) -> None:
    """A commit could choose the commands that git runs. The error names the file."""
    workspace.write("team.gitconfig", "[core]\n\tpager = touch owned\n")
    workspace.git("config", key, "../team.gitconfig")

    with pytest.raises(HistoryError, match=r"team\.gitconfig"):
        open_repository(repository.top)


def test_run_starts_no_program_of_the_repository(
    repository: Repository, workspace: Workspace
) -> None:
    """Hooks, monitors, and signing are off, whatever the configuration says."""
    marker = workspace.folder / "owned"
    script = workspace.write(".git/hooks/reference-transaction", f"#!/bin/sh\ntouch {marker}\n")
    script.chmod(0o755)
    workspace.git("config", "core.fsmonitor", str(script))
    workspace.git("config", "commit.gpgSign", "true")
    workspace.git("config", "gpg.program", str(script))
    marker.unlink(missing_ok=True)
    commit = make_commit(repository, {"a": b"x"}, [], "m")
    repository.set_ref(REF, commit, None)
    repository.differs(repository.top)

    assert not marker.exists()


@pytest.mark.parametrize(
    "name", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"]
)
def test_run_ignores_redirecting_variables(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The folder decides which repository is used."""
    head = repository.find_commit("HEAD")
    monkeypatch.setenv(name, "/nowhere")

    assert _open(repository.top).find_commit("HEAD") == head
    assert not repository.differs(repository.top)


def test_run_hides_the_token_from_git(
    repository: Repository, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs started by git can't read the shop's token."""
    monkeypatch.setenv("WEBFLOW_TOKEN", "wf-secret")
    workspace.git("config", "alias.show-token", "!echo token=$WEBFLOW_TOKEN")

    assert repository.run("show-token") == b"token=\n"


@pytest.mark.parametrize("ref", ["HEAD~1..HEAD", "^HEAD", "HEAD^@", "", "--all", "nope"])
def test_find_commit_of_range_flag_or_typo_is_none(repository: Repository, ref: str) -> None:
    """Only a single commit counts."""
    assert repository.find_commit(ref) is None


def test_find_ref_matches_only_the_full_name(repository: Repository, workspace: Workspace) -> None:
    """A tag or branch with the same ending is not a record."""
    workspace.git("tag", "reconciler/demo")
    workspace.git("tag", REF)
    workspace.git("branch", "reconciler/demo")

    assert repository.find_ref(REF) is None
    assert repository.find_ref("refs/heads/main") == repository.find_commit("HEAD")


def test_set_ref_from_another_commit_raises(repository: Repository) -> None:
    """Of two concurrent moves, one fails and nothing is lost."""
    one, two, three = (make_root(repository, word) for word in ("one", "two", "three"))
    repository.set_ref(REF, one, None)

    for before in (None, two):
        with pytest.raises(HistoryError):
            repository.set_ref(REF, three, before)
    assert repository.find_ref(REF) == one
    repository.set_ref(REF, two, one)
    assert repository.find_ref(REF) == two


def test_reset_ref_from_another_commit_raises(repository: Repository) -> None:
    """A later record of another apply stays."""
    one, two = (make_root(repository, word) for word in ("one", "two"))
    repository.set_ref(REF, two, None)
    for before in (None, one):
        with pytest.raises(HistoryError):
            repository.reset_ref(REF, one, before)
    repository.reset_ref(REF, two, one)
    assert repository.find_ref(REF) == one
    repository.reset_ref(REF, one, None)
    assert repository.find_ref(REF) is None


def test_make_commit_has_only_its_files_and_parents(
    repository: Repository, workspace: Workspace
) -> None:
    """Work tree, index, and branch stay as they are."""
    head = repository.find_commit("HEAD") or ""
    commit = make_commit(repository, {"b": b"2\n", "a": "ä\n".encode()}, [head], "message\n")
    read = repository.read_commit(commit)

    assert read is not None and read.files == [("a", "ä\n".encode()), ("b", b"2\n")]
    assert workspace.git("show", "-s", "--format=%P %an %s", commit) == f"{head} reconciler message"
    assert repository.find_commit("HEAD") == head
    assert not repository.differs(repository.top)


def test_descends_is_true_false_or_none(
    repository: Repository, workspace: Workspace, tmp_path: Path
) -> None:
    """True for itself and later, False for earlier or other branches, None for missing commits."""
    first, second = repository.find_commit("HEAD") or "", workspace.commit("second")
    workspace.git("checkout", "--quiet", "-b", "side", first)
    side = workspace.commit("side")

    told = [repository.descends(c, a) for c, a in ((first, first), (second, first))]
    others = [repository.descends(c, a) for c, a in ((first, second), (side, second))]
    assert (told, others) == ([True, True], [False, False])
    assert repository.descends(first, "d" * 40) is None
    assert Repository(repository.top, is_shallow=True).descends(side, second) is None
    assert repository.fork_point("main") == first


@pytest.mark.parametrize(
    ("path", "differs"),
    [("shop/a.yaml", True), ("shop/new.yaml", True), ("shop/x.log", True), ("other.yaml", False)],
)
def test_differs_sees_every_file_of_the_folder(
    repository: Repository, workspace: Workspace, path: str, differs: bool
) -> None:
    """Changed, new, and ignored files count. Files outside of the folder don't."""
    workspace.write(".gitignore", "*.log\n")
    workspace.write(path, "2\n")

    assert repository.differs(repository.top / "shop") is differs


def test_commits_since_returns_commits_of_the_folder(
    repository: Repository, workspace: Workspace
) -> None:
    """Newest first, a line each. Empty for a missing commit."""
    first = repository.find_commit("HEAD") or ""
    for number, path in enumerate(["shop/a.yaml", "other.yaml", "shop/b.yaml"]):
        workspace.write(path, f"{number}\n")
        workspace.commit(f"edit {path}")
    folder = repository.top / "shop"
    lines = repository.commits_since(first, "HEAD", folder)

    assert [line.split(" ", 1)[1] for line in lines] == ["edit shop/b.yaml", "edit shop/a.yaml"]
    assert repository.commits_since("d" * 40, "HEAD", folder) == ()


def test_mode_at_returns_folder_link_or_nothing(
    repository: Repository, workspace: Workspace
) -> None:
    """A path is literal, never a pattern."""
    (workspace.folder / "link").symlink_to("shop")
    workspace.commit("link")
    modes = [repository.mode_at("HEAD", path) for path in ("shop", "link", "shop/a.yaml", "sh*")]

    assert modes == ["040000", "120000", "100644", ""]
    for path, files in {"shop": 1, "sh*": 0, ":(glob)**": 0}.items():
        commit = repository.read_commit("HEAD", path)
        assert commit is not None and len(commit.files) == files


@pytest.mark.parametrize(
    ("remote", "shown"),
    [
        ("https://user:hunter2@host/x.git", "https://***@host/x.git"),
        ("https://hunter2@host/x and ssh://a:hunter2@b/c", "https://***@host/x and ssh://***@b/c"),
        ("git@host:x.git", "git@host:x.git"),
        ("origin", "origin"),
    ],
)
def test_shown_remote_hides_passwords(remote: str, shown: str) -> None:
    """Users and passwords in a URL are not repeated."""
    assert shown_remote(remote) == shown


@pytest.fixture
def blobless(repository: Repository, workspace: Workspace, tmp_path: Path) -> Repository:
    """Return a clone without the content of files, of a repository that has ten of them."""
    for number in range(10):
        workspace.write(f"shop/{number}.yaml", f"{number}\n")
    workspace.commit("many")
    workspace.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "blobless"
    options = ("--quiet", "--no-checkout", "--filter=blob:none")
    workspace.git("clone", *options, workspace.folder.as_uri(), str(clone))
    return _open(clone)


def _count_fetches(monkeypatch: pytest.MonkeyPatch, trace: Path) -> int:
    """Return how often git fetched objects since the last call."""
    text = trace.read_text("utf-8") if trace.exists() else ""
    trace.unlink(missing_ok=True)
    monkeypatch.setenv("GIT_TRACE", str(trace))
    return text.count("upload-pack")


def test_fetch_missing_fetches_all_blobs_at_once(
    blobless: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Git by itself fetches each blob when it is read."""
    trace = tmp_path / "trace"
    _count_fetches(monkeypatch, trace)
    blobless.fetch_missing("HEAD", paths=("shop",))
    first = _count_fetches(monkeypatch, trace)
    size = blobless.size_of("HEAD", "shop")
    found = blobless.read_commit("HEAD", "shop")
    blobless.fetch_missing("HEAD", paths=("shop",), walk=True)
    again = _count_fetches(monkeypatch, trace)

    assert blobless.promisor == "origin"
    assert found is not None
    assert size == sum(len(file.content or b"") for file in found.files) == 22
    assert (first > 0, again) == (True, 0)
    assert first <= 3  # one fetch: the command, and the processes that it starts


def test_fetch_missing_of_a_whole_clone_asks_nothing(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It runs no command at all."""
    trace = tmp_path / "trace"
    _count_fetches(monkeypatch, trace)
    repository.fetch_missing("HEAD", paths=("shop",), walk=True)

    assert repository.promisor == ""
    assert not trace.exists()


def test_fetch_missing_without_the_remote_is_an_error(
    blobless: Repository, workspace: Workspace
) -> None:
    """The plan says why, instead of reading no base."""
    blobless.run("remote", "set-url", "origin", str(workspace.folder / "gone"))
    with pytest.raises(HistoryError, match="gone"):
        blobless.fetch_missing("HEAD", paths=("shop",))


@pytest.mark.parametrize("ref", ["--all", "--output=x", "nonsense"])
def test_fetch_missing_takes_no_option_for_a_revision(blobless: Repository, ref: str) -> None:
    """What `--base` names comes here before anything looks at it."""
    blobless.fetch_missing(ref, paths=("shop",))
    assert not (blobless.top / "x").exists()


def test_read_commit_with_a_commit_graph_reads_paths_that_it_did_not_touch(
    repository: Repository, workspace: Workspace
) -> None:
    """`git gc` writes such a graph, and an apply runs it now and then."""
    workspace.write("README", "x\n")
    workspace.commit("second")
    workspace.git("commit-graph", "write", "--reachable", "--changed-paths")
    found = repository.read_commit("HEAD", "shop")

    assert found is not None
    assert [file.path for file in found.files] == ["shop/a.yaml"]
