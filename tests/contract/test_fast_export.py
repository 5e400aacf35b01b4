"""The files of a commit, as git itself tells them, are those that were committed."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.errors import HistoryError
from reconciler.git.fast_export import Blob
from reconciler.git.repository import Repository, open_repository

ODD = ["a b.yaml", 'quo"te.yaml', "back\\slash.yaml", "tab\tline\n.yaml", "ä/日本.yaml", "M x.yaml"]
CONTENTS = [b"", b"\n", b"no line feed", b"blob\nmark :1\ndata 3\n", bytes(range(256)), b"\r\n"]
Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    monkeypatch.chdir(tmp_path)
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Zoë")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "z@example.com")

    def run(*arguments: str) -> str:
        command = ["git", "-c", "protocol.file.allow=always", *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    run("init", "--quiet", "--initial-branch=main")
    return run


def _open(folder: str = ".") -> Repository:
    repository = open_repository(Path(folder))
    assert repository is not None
    return repository


def _files(ref: str, *paths: str, here: str = ".") -> list[Blob]:
    commit = _open(here).read_commit(ref, *paths)
    assert commit is not None
    return commit.files


def _write(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content)


def test_names_and_contents_are_told_to_the_byte(git: Git) -> None:
    """Whatever a file is called or holds, and whatever the commit says about itself."""
    files = {f"shop/{name}": content for name, content in zip(ODD, CONTENTS, strict=True)}
    _write(files)
    Path("shop/link.yaml").symlink_to("a b.yaml")
    git("add", ".")
    git("-c", "i18n.commitEncoding=latin1", "commit", "-qm", "M 100644 :1 x\n\ndata 7\nblob\n")
    told = dict(_files("HEAD", "shop", here="shop"))
    assert told == files | {"shop/link.yaml": None}
    assert list(told) == sorted(told)


def test_only_the_named_folder_is_told_though_the_commit_left_it_alone(git: Git) -> None:
    """At a merge too, whose parents both had it, and below a submodule's place."""
    _write({"shop/a.yaml": b"1\n", "elsewhere/b.yaml": b"2\n"})
    git("init", "-q", "module")
    git("-C", "module", "commit", "-q", "--allow-empty", "-m", "m")
    git("submodule", "--quiet", "add", "./module", "shop/module")
    git("add", "shop", "elsewhere")
    git("commit", "-qm", "first")
    git("checkout", "-qb", "side")
    git("commit", "-q", "--allow-empty", "-m", "nothing")
    git("checkout", "-q", "main")
    _write({"elsewhere/b.yaml": b"3\n"})
    git("commit", "-qam", "else")
    git("merge", "-q", "--no-ff", "-m", "merge", "side")
    assert _files("HEAD", "shop", here="shop") == [
        ("shop/a.yaml", b"1\n"),
        ("shop/module", None),
    ]
    assert _files("HEAD", "gone", here="shop") == []
    assert [blob.path for blob in _files("HEAD~1", "elsewhere")] == ["elsewhere/b.yaml"]


def test_a_missing_object_ends_with_what_to_do(git: Git) -> None:
    """Nothing is taken for empty that cannot be read."""
    _write({"shop/a.yaml": b"1\n"})
    git("add", ".")
    git("commit", "-qm", "first")
    identity = git("rev-parse", "HEAD:shop/a.yaml")
    Path(".git/objects", identity[:2], identity[2:]).unlink()
    with pytest.raises(HistoryError, match=r"can't read the files of .*If the clone is incomplete"):
        _files("HEAD", "shop")


@pytest.mark.parametrize("ref", ["HEAD~1..HEAD", "^HEAD", "HEAD^!", "HEAD^@", "", "-x", "nope"])
def test_only_one_commit_is_a_commit(git: Git, ref: str) -> None:
    """A range, an exclusion or a flag names none."""
    git("commit", "-q", "--allow-empty", "-m", "one")
    git("commit", "-q", "--allow-empty", "-m", "two")
    assert _open().read_commit(ref) is None
    commit = _open().read_commit("HEAD")
    assert commit is not None
    assert commit[:2] == (git("rev-parse", "HEAD"), git("show", "-s", "--format=%cs"))


@pytest.mark.parametrize(
    "setting", ["submodule.shop/module.ignore", "diff.ignoreSubmodules", "in .gitmodules"]
)
def test_a_submodule_that_git_is_told_to_ignore_is_told(git: Git, setting: str) -> None:
    """Otherwise what it declares would be taken for new."""
    _write({"shop/a.yaml": b"1\n"})
    git("init", "-q", "module")
    git("-C", "module", "commit", "-q", "--allow-empty", "-m", "m")
    git("submodule", "--quiet", "add", "./module", "shop/module")
    if setting == "in .gitmodules":
        git("config", "--file", ".gitmodules", "submodule.shop/module.ignore", "all")
    else:
        git("config", setting, "all")
    git("add", "shop", ".gitmodules")
    git("commit", "-qm", "first")
    assert ("shop/module", None) in _files("HEAD", "shop", here="shop")


def test_odd_commits_are_read_as_they_were_made(git: Git) -> None:
    """Signed, without its parent's object, replaced in this clone, or grafted."""
    _write({"shop/a.yaml": b"1\n"})
    git("add", ".")
    git("commit", "-qm", "first")
    first = git("rev-parse", "HEAD")
    tree, who = git("rev-parse", "HEAD^{tree}"), "Zoë <z@example.com> 1700000000 +0000"
    head = f"tree {tree}\nparent {'1' * 40}\nauthor {who}\ncommitter {who}\n"
    signed = (
        f"{head}gpgsig -----BEGIN PGP SIGNATURE-----\n \n data 3\n -----END PGP SIGNATURE-----\n"
    )
    Path("commit").write_text(f"{signed}\nM 100644 :9 x\n", "utf-8")
    odd = git("hash-object", "-t", "commit", "-w", "commit")
    told = [("shop/a.yaml", b"1\n")]
    assert _files(odd, "shop") == told
    _write({"shop/a.yaml": b"2\n"})
    git("commit", "-qam", "second")
    git("replace", first, "HEAD")
    git("replace", git("rev-parse", f"{first}:shop/a.yaml"), git("rev-parse", "HEAD:shop/a.yaml"))
    assert _files(first, "shop") == told


def test_a_commit_may_be_named_by_its_message(git: Git) -> None:
    """Also one that looks like a range."""
    git("commit", "-q", "--allow-empty", "-m", "fix a..b")
    found = _open().read_commit("HEAD^{/a..b}")
    assert found and found.id == git("rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("when", "day"),
    [
        ("2024-02-29T23:30:00-11:30", "2024-02-29"),
        ("2024-03-01T00:10:00+14:00", "2024-03-01"),
        ("@0 +0000", "1970-01-01"),
    ],
)
def test_a_day_is_that_of_whoever_made_the_commit(
    git: Git, monkeypatch: pytest.MonkeyPatch, when: str, day: str
) -> None:
    """As git itself shows it, whatever the zone."""
    monkeypatch.setenv("GIT_COMMITTER_DATE", when)
    git("commit", "-q", "--allow-empty", "-m", "m\n\ncommitter X <y> 5 +0000\n")
    commit = _open().read_commit("HEAD")
    assert commit is not None and commit.day == day
