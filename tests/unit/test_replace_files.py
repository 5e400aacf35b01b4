"""`atomic_files.replace_files`: several files get their new content together, or none does."""

from pathlib import Path

import pytest

from reconciler.atomic_files import replace_files
from reconciler.errors import EditError, ReconcilerError

NO_SPACE = OSError(28, "No space left on device")


@pytest.fixture
def before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Return two files of a repository that the command runs in, as they were read."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        Path(name).write_bytes(b"old")
    return {"a": b"old", "b": b"old"}


def _files() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


def _fail_replace(monkeypatch: pytest.MonkeyPatch, *errors: BaseException | None) -> None:
    """Let the first calls of `Path.replace` raise *errors*, one each (None: it works)."""
    replace, script = Path.replace, list(errors)

    def fail(self: Path, target: Path) -> Path:
        error = script.pop(0) if script else None
        if error is not None:
            raise error
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)


def test_replace_files_changes_only_what_it_is_given(before: dict[str, bytes]) -> None:
    """Other files stay, new folders are made, and each file keeps its mode."""
    Path("a").chmod(0o640)
    replace_files({"a": b"new", "x/y/c": b"c"}, before)

    assert _files() == {"a": b"new", "b": b"old", "x/y/c": b"c"}
    assert Path("a").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize(
    ("error", "raised"), [(NO_SPACE, EditError), (KeyboardInterrupt(), KeyboardInterrupt)]
)
def test_replace_files_that_fails_puts_everything_back(
    before: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    at: int,
    error: BaseException,
    raised: type[BaseException],
) -> None:
    """A full disk or a signal at any file leaves all of them, and no new file or folder."""
    _fail_replace(monkeypatch, *[None] * at, error)
    with pytest.raises(raised):
        replace_files({"x/y/c": b"c", "a": b"new", "b": b"new"}, before)

    assert _files() == before
    assert sorted(path.name for path in Path().iterdir()) == [".git", "a", "b"]


def test_replace_files_that_cannot_put_back_names_what_is_changed(
    before: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user learns which files hold half of the edit, and only those."""
    _fail_replace(monkeypatch, None, NO_SPACE, NO_SPACE)
    with pytest.raises(ReconcilerError, match="not be restored: a\\. ") as caught:
        replace_files({"a": b"new", "b": b"new"}, before)

    assert not isinstance(caught.value, EditError)
    assert {name: content for name, content in _files().items() if name in before} == {
        "a": b"new",
        "b": b"old",
    }


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_replace_files_that_changed_meanwhile_are_left(before: dict[str, bytes], name: str) -> None:
    """What somebody saved in an editor since it was read is never overwritten."""
    Path(name).write_bytes(b"edited")
    with pytest.raises(EditError, match=name):
        replace_files({"a": b"new", "b": b"new", "c": b"new"}, before)

    assert _files() == before | {name: b"edited"}


def test_replace_files_that_was_deleted_meanwhile_is_not_made_again(
    before: dict[str, bytes],
) -> None:
    """A deleted file is a change too."""
    Path("b").unlink()
    with pytest.raises(EditError, match="b"):
        replace_files({"a": b"new", "b": b"new"}, before)

    assert _files() == {"a": b"old"}


def test_replace_files_notices_change_at_last_moment(
    before: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is compared once more right before it is replaced."""
    replace = Path.replace

    def save_in_editor(self: Path, target: Path) -> Path:
        Path("b").write_bytes(b"edited")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", save_in_editor)
    with pytest.raises(EditError):
        replace_files({"a": b"new", "b": b"new"}, before)

    assert _files() == {"a": b"old", "b": b"edited"}


def test_replace_files_leaves_read_only_file(before: dict[str, bytes]) -> None:
    """A file without write permission is one that somebody protects."""
    Path("b").chmod(0o444)
    with pytest.raises(EditError, match="b"):
        replace_files({"a": b"new", "b": b"new"}, before)

    assert _files() == before


@pytest.mark.parametrize("path", ["link", "folder/b", "folder/new/c"])
def test_replace_files_never_follows_link(before: dict[str, bytes], path: str) -> None:
    """Neither a file nor a folder on the way may be a link, and no other file is written then."""
    Path("link").symlink_to("b")
    Path("folder").symlink_to(".")
    with pytest.raises(EditError):
        replace_files({"a": b"new", path: b"new"}, before | {path: b"old"})

    assert (Path("a").read_bytes(), Path("b").read_bytes()) == (b"old", b"old")
    assert not Path("new").exists()
