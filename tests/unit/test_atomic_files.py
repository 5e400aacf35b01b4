"""Files are written whole or not at all, and never through a link."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler import atomic_files, masking
from reconciler.atomic_files import (
    write_beside,
    write_text,
)

NO_SPACE = OSError(28, "No space left on device")


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


def _fail_replace(monkeypatch: pytest.MonkeyPatch, error: BaseException, after: int = 0) -> None:
    """Let `Path.replace` raise *error* once, after so many calls that worked."""
    replace, calls = Path.replace, iter(range(100))

    def fail(self: Path, target: Path) -> Path:
        if next(calls) == after:
            raise error
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)


def _files(folder: Path) -> dict[str, bytes]:
    """Return each file below *folder*, hidden ones too, with its content."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_write_text_replaces_content_and_keeps_mode(repo: Path) -> None:
    """A file that others may not read stays so, and no temporary file is left."""
    path = repo / "plan.json"
    path.write_text("old, and longer than the new one")
    path.chmod(0o640)
    write_text(path, "neu é\n")

    assert _files(repo) == {"plan.json": "neu é\n".encode()}
    assert path.stat().st_mode & 0o777 == 0o640


def test_write_text_on_full_disk_keeps_old_content(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that fails half way leaves the old file and no other."""
    (repo / "a").write_text("old")
    monkeypatch.setattr(os, "fsync", _raiser(NO_SPACE))
    with pytest.raises(OSError, match="space"):
        write_text(repo / "a", "new")

    assert _files(repo) == {"a": b"old"}


def _raiser(error: BaseException) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_write_text_that_cannot_replace_leaves_no_temporary(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The temporary file goes where it cannot become the real one."""
    _fail_replace(monkeypatch, NO_SPACE)
    with pytest.raises(OSError, match="space"):
        write_text(repo / "a", "new")

    assert _files(repo) == {}


def test_write_text_is_on_the_disk_before_it_replaces(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash after the rename must not leave an empty file, so the content is synced first."""
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def note_sync(number: int) -> None:
        steps.append("sync")
        fsync(number)

    def note_replace(self: Path, target: Path) -> Path:
        steps.append("replace")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "replace", note_replace)
    write_text(repo / "a", "new")

    assert steps == ["sync", "replace"]


def test_write_text_masks_secrets(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A saved plan may quote a token that a server repeated."""
    monkeypatch.setattr(masking, "_forms", ["t0ken-s3cret"])
    write_text(repo / "a", "name: t0ken-s3cret!")

    assert (repo / "a").read_text() == "name: ***!"


def test_write_text_to_pipe_writes_into_it(repo: Path) -> None:
    """A pipe is written, not replaced by a file."""
    pipe = repo / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    write_text(pipe, "plan")

    assert os.read(reader, 99) == b"plan"
    assert pipe.is_fifo()
    os.close(reader)


def test_write_text_to_stream_follows_its_link(repo: Path) -> None:
    """A shell names its streams by links in /dev, which are no part of a repository."""
    target = (repo / "out").open("wb")
    write_text(Path(f"/dev/fd/{target.fileno()}"), "plan")
    target.close()

    assert _files(repo) == {"out": b"plan"}


def test_write_beside_never_opens_what_is_there(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link under the temporary name is not followed, should it ever be guessed."""
    monkeypatch.setattr(os, "urandom", lambda _: b"guessed!")
    (repo / ".6775657373656421.partial").symlink_to(repo.parent / "outside/secret")
    with pytest.raises(FileExistsError):
        write_beside(repo / "a", b"new")

    assert (repo.parent / "outside/secret").read_text() == "old"
