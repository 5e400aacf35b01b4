"""`atomic_files`: nothing is written through a link that a commit may have brought."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler import atomic_files
from reconciler.atomic_files import (
    make_folder,
    open_text,
    protect_folder,
    refuse_links,
    write_text,
)


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository that the command runs in, with a secret file outside of it."""
    folder = tmp_path / "repo"
    (folder / ".git").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("old")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(atomic_files, "_protected", set())
    return folder


WRITERS: dict[str, Callable[[Path], object]] = {
    "write_text": lambda path: write_text(path, "new"),
    "open_text w": lambda path: open_text(path, "w"),
    "open_text a": lambda path: open_text(path, "a"),
    "make_folder": make_folder,
    "refuse_links": refuse_links,
    "make_folder below": lambda path: make_folder(path / "x/y"),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("path", ["file", "folder/secret", "folder/new", "dangling", "circle"])
def test_nothing_is_written_through_link(
    repo: Path, write: Callable[[Path], object], path: str
) -> None:
    """A link may be the path itself or a folder on the way, whether or not it leads anywhere."""
    outside = repo.parent / "outside"
    (repo / "file").symlink_to(outside / "secret")
    (repo / "folder").symlink_to(outside)
    (repo / "dangling").symlink_to(outside / "new")
    (repo / "circle").symlink_to(repo / "circle")
    for given in (Path(path), repo / path, Path("there/..", path)):
        with pytest.raises(OSError, match="link"):
            write(given)

    assert (outside / "secret").read_text() == "old"
    assert [one.name for one in outside.iterdir()] == ["secret"]


def test_link_above_the_repository_is_allowed(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the user put the repository is the user's own choice."""
    (repo.parent / "shortcut").symlink_to(repo)
    monkeypatch.chdir(repo.parent / "outside")
    protect_folder(repo)
    write_text(repo.parent / "shortcut/a", "new")

    assert [path.name for path in repo.iterdir() if path.is_file()] == ["a"]


@pytest.mark.parametrize("inner", [".git", "deep/.git"])
def test_link_in_repository_elsewhere_is_refused(
    repo: Path, monkeypatch: pytest.MonkeyPatch, inner: str
) -> None:
    """The outermost repository counts, since a commit may bring what looks like an inner one."""
    (repo / "link").symlink_to(repo.parent / "outside")
    (repo.parent / "outside" / inner).mkdir(parents=True)
    monkeypatch.chdir("/")
    with pytest.raises(OSError, match="link"):
        write_text(repo / "link/deep/a", "new")


def test_protected_folder_is_guarded_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder without a repository is guarded once it is protected."""
    monkeypatch.setattr(atomic_files, "_protected", set())
    monkeypatch.chdir("/")
    (tmp_path / "shop/real").mkdir(parents=True)
    (tmp_path / "shop/link").symlink_to(tmp_path / "shop/real")
    refuse_links(tmp_path / "shop/link/a")
    protect_folder(tmp_path / "shop")
    with pytest.raises(OSError, match="link"):
        refuse_links(tmp_path / "shop/link/a")
