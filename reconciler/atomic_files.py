"""Write files: each as a whole, and never through a link.

A pull request may commit a symbolic link where the tool writes. So no part of a path below the
repository, the current folder, or a folder given to `protect_folder` may be a link. Temporary
names are random.
"""

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, TextIO

from reconciler.errors import EditError, ReconcilerError
from reconciler.masking import mask

_LINK = "A part of this path is a link. Nothing is written through links"
_protected: set[Path] = set()


def protect_folder(folder: Path) -> None:
    """Refuse links below *folder* from now on, wherever the command runs."""
    _protected.add(_real(folder))


def refuse_links(path: Path, root: Path | None = None) -> None:
    """Raise OSError if *path* is a link, or leads through one below *root* or the repository."""
    path = Path(os.path.abspath(path))  # noqa: PTH100  resolve() would follow the links
    if _is_stream(path):
        return
    root = Path(os.path.abspath(root)) if root else _root_of(path)  # noqa: PTH100
    for part in (path, *path.parents):
        if part == root:
            return
        if part.is_symlink():
            raise OSError(errno.ELOOP, _LINK, str(part))


def _is_stream(path: Path) -> bool:
    """Return whether *path* is one by which shells name a stream, such as /dev/fd/63."""
    return re.fullmatch(_STREAMS, path.as_posix()) is not None


_STREAMS = r"/dev/(stdin|stdout|stderr|null|full|tty|fd/[0-9]+)|/proc/self/fd/[0-9]+"


def _real(path: Path) -> Path:
    """Return *path* without links; unlike Path.resolve(), links that go in a circle are kept."""
    return Path(os.path.realpath(path))


def _root_of(path: Path) -> Path:
    """Return the folder below which *path* may come from a commit; links above it are ours.

    That is the repository or folder that the command runs in, or a protected folder, by whichever
    name; else the outermost repository that *path* lies in.
    """
    here = Path.cwd()
    bases = {one for one in (here, *here.parents) if os.path.lexists(one / ".git")}
    bases |= {here, *_protected}
    ours = [one for one in path.parents if one != Path(path.anchor) and _real(one) in bases]
    if ours:
        return ours[-1]
    repositories = [one for one in path.parents if os.path.lexists(one / ".git")]
    return repositories[-1] if repositories else path.parent


def make_folder(folder: Path, root: Path | None = None) -> None:
    """Make *folder* and those above it; raise OSError if one of them, below *root*, is a link."""
    refuse_links(folder, root)
    folder.mkdir(parents=True, exist_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replace the content of *path* as a whole; a pipe or a device is written as it is.

    Raises:
        OSError: The file cannot be written. The old content is still there.
    """
    refuse_links(path)
    content = mask(text).encode("utf-8")
    if _is_stream(Path(os.path.abspath(path))) or (path.exists() and not path.is_file()):  # noqa: PTH100
        with path.open("wb") as stream:  # never renamed over: what is in /dev belongs to all
            stream.write(content)
        return
    temporary = write_beside(path, content)
    try:
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def open_text(path: Path, mode: Literal["w", "a"]) -> TextIO:
    """Open *path* to write from its beginning (*mode* `w`) or to append (`a`)."""
    refuse_links(path)
    return path.open(mode, encoding="utf-8")


def write_beside(path: Path, content: bytes) -> Path:
    """Write *content* to a new file in the folder of *path*, onto the disk, and return the file.

    Its mode is that of *path*, if there is one.
    """
    temporary = path.parent / f".{os.urandom(8).hex()}.partial"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(temporary, flags, 0o666), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def replace_files(contents: Mapping[str, bytes | None], before: Mapping[str, bytes]) -> None:
    """Give each path its new content, or delete it where that is None: all of them, or none.

    Each file keeps its mode, and is whole at any moment. *before* holds what was read of the files
    that are there.

    Raises:
        EditError: A file cannot be written, or is not as it was read. Nothing was changed.
        ReconcilerError: Some files were changed and could not be put back.
    """
    temporaries: dict[Path, Path] = {}
    made: list[Path] = []
    done: list[Path] = []
    try:
        for path in map(Path, contents):
            refuse_links(path)
            _require_unchanged(path, before)
            made += _make_missing(path.parent)
            if (content := contents[path.as_posix()]) is not None:
                temporaries[path] = write_beside(path, content)
        for path in map(Path, contents):
            _require_unchanged(path, before)
            _put(path, temporaries.get(path))
            done.append(path)
    except BaseException as error:
        lost = [path.as_posix() for path in done if not _put_back(path, before)]
        _delete(temporaries.values())
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        if lost:
            raise ReconcilerError(
                f"{_reason(error)}. These files were changed and could not be restored:"
                f" {', '.join(lost)}. Check them with `git diff`, and use `git restore`."
            ) from None
        if isinstance(error, OSError):
            raise EditError(f"{_reason(error)}.") from None
        raise


def _put(path: Path, new: Path | None) -> None:
    """Give *path* the content of the file *new*, or delete it."""
    if new is None:
        path.unlink()
    else:
        new.replace(path)


def _delete(files: Iterable[Path]) -> None:
    for file in files:
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


def _reason(error: BaseException) -> str:
    if not isinstance(error, OSError):
        return str(error) or type(error).__name__
    return ": ".join(filter(None, (error.filename, error.strerror)))


def _require_unchanged(path: Path, before: Mapping[str, bytes]) -> None:
    now = path.read_bytes() if path.exists() else None
    if now != before.get(path.as_posix()):
        raise EditError(f"{path} changed during the edit.")
    if now is not None and not path.stat().st_mode & 0o222:
        raise EditError(f"{path} is read-only.")


def _make_missing(folder: Path) -> list[Path]:
    """Make *folder* and those above it that are not there, and return which."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir()
    return missing[::-1]


def _put_back(path: Path, before: Mapping[str, bytes]) -> bool:
    """Return whether *path* is as it was *before* again."""
    content = before.get(path.as_posix())
    temporaries: list[Path] = []
    try:
        if content is None:
            path.unlink()
        else:
            temporaries.append(write_beside(path, content))
            temporaries[0].replace(path)
    except OSError:
        _delete(temporaries)
        return False
    return True
