"""New contents → files, each replaced as a whole, and all of them or none."""

import contextlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from reconciler.errors import EditError


def rewrite(contents: Mapping[str, bytes], before: Mapping[str, bytes]) -> None:
    """Give each path its content, where it still holds what it did *before* (or is new).

    Each file keeps its mode, and is whole at any moment. Raises EditError with nothing changed
    where one cannot be written, or was changed meanwhile.
    """
    partials: dict[Path, Path] = {}
    done: list[Path] = []
    try:
        for name, content in contents.items():
            path = Path(name)
            _require_unchanged(path, before.get(name))
            partials[path] = _write_beside(path, content)
        for path, partial in partials.items():
            partial.replace(path)
            done.append(path)
    except OSError as error:
        for path in done:
            _put_back(path, before.get(path.as_posix()))
        raise EditError(f"{error.filename}: {error.strerror}") from None
    finally:
        for partial in partials.values():
            partial.unlink(missing_ok=True)


def _require_unchanged(path: Path, before: bytes | None) -> None:
    now = path.read_bytes() if path.exists() else None
    if now != before:
        raise EditError(f"{path} was changed meanwhile")


def _write_beside(path: Path, content: bytes) -> Path:
    """Write *content* to a file beside *path*, with its mode, and return where that is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.parent / f".{path.name}.{os.getpid()}.partial"
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        partial.chmod(stat.S_IMODE(path.stat().st_mode))
    return partial


def _put_back(path: Path, before: bytes | None) -> None:
    with contextlib.suppress(OSError):
        if before is None:
            path.unlink()
        else:
            _write_beside(path, before).replace(path)
