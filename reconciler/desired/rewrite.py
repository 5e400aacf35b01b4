"""New contents → files, each replaced as a whole, and all of them or none."""

import contextlib
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from reconciler.errors import EditError, ReconcilerError


def rewrite(contents: Mapping[str, bytes], before: Mapping[str, bytes]) -> None:
    """Give each path its content, where it still holds what it did *before* (or is new).

    Each file keeps its mode, and is whole at any moment. Raises EditError with nothing changed
    where one cannot be written, or was changed meanwhile.
    """
    partials = {Path(name): _beside(Path(name)) for name in contents}
    made: list[Path] = []
    done: list[Path] = []
    try:
        for path, partial in partials.items():
            _require_as_before(path, before)
            made += _make_folders(path.parent)
            _write(partial, contents[path.as_posix()], path)
        for path, partial in partials.items():
            _require_as_before(path, before)
            partial.replace(path)
            done.append(path)
    except BaseException as error:
        lost = [path.as_posix() for path in done if not _put_back(path, before)]
        _clear(partials.values())
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        if lost:
            raise ReconcilerError(
                f"{_said(error)}; and these files are changed and could not be put back:"
                f" {', '.join(lost)}. See git diff, and git restore"
            ) from None
        if isinstance(error, OSError):
            raise EditError(_said(error)) from None
        raise


def _clear(partials: Iterable[Path]) -> None:
    for partial in partials:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _said(error: BaseException) -> str:
    if not isinstance(error, OSError):
        return str(error) or type(error).__name__
    return ": ".join(filter(None, (error.filename, error.strerror)))


def _beside(path: Path) -> Path:
    return path.parent / f".{path.name}.{os.getpid()}.partial"


def _require_as_before(path: Path, before: Mapping[str, bytes]) -> None:
    now = path.read_bytes() if path.exists() else None
    if now != before.get(path.as_posix()):
        raise EditError(f"{path} was changed meanwhile")
    if now is not None and not path.stat().st_mode & 0o222:
        raise EditError(f"{path} is read-only")


def _make_folders(folder: Path) -> list[Path]:
    """Make *folder* and those above it that are not there, and return which."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir()
    return missing[::-1]


def _write(partial: Path, content: bytes, path: Path) -> None:
    """Write *content* to the file *partial*, with the mode of *path*, and onto the disk."""
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        partial.chmod(stat.S_IMODE(path.stat().st_mode))


def _put_back(path: Path, before: Mapping[str, bytes]) -> bool:
    """Return whether *path* is as it was *before* again."""
    content = before.get(path.as_posix())
    try:
        if content is None:
            path.unlink()
        else:
            _write(_beside(path), content, path)
            _beside(path).replace(path)
    except OSError:
        return False
    return True
