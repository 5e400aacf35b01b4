"""A folder → its stores, and a store's folder → the paths and bytes of its YAML files."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from reconciler.desired.read import MAX_BYTES
from reconciler.errors import InputError, Problem

SETTINGS_FILE: Final = "store.yaml"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


def find_stores(inventory: Path) -> list[str]:
    """Return the names of the stores below *inventory*, sorted; raise InputError for none."""
    try:
        if inventory.is_dir():
            return _store_names(inventory)
    except OSError as error:
        raise InputError([Problem(str(inventory), 0, 0, f"cannot be read: {error}")]) from None
    else:
        message = "there is no such folder; name the one that holds your stores with --inventory"
        raise InputError([Problem(str(inventory), 0, 0, message)])


def _store_names(inventory: Path) -> list[str]:
    folders = sorted(
        entry for entry in inventory.iterdir() if entry.is_dir() and not entry.name.startswith(".")
    )
    if not folders:
        message = f"there is no store in this folder; a store is a folder with a {SETTINGS_FILE}"
        raise InputError([Problem(str(inventory), 0, 0, message)])
    problems = [
        Problem(str(folder), 0, 0, "a store's name is made of a-z, 0-9 and -; rename the folder")
        for folder in folders
        if not _NAME.fullmatch(folder.name)
    ]
    problems += [
        Problem(str(folder), 0, 0, "is a link; put the folder itself here")
        for folder in folders
        if folder.is_symlink()
    ]
    if problems:
        raise InputError(problems)
    return [folder.name for folder in folders]


def read_files(folder: Path, problems: list[Problem]) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of every YAML file in a store's *folder*, its settings first.

    What is no regular file, is too large or cannot be opened is added to *problems*. Names that
    start with a dot are passed over.
    """
    settings = folder / SETTINGS_FILE
    paths = sorted(_yaml_paths(folder, problems), key=lambda path: (path != settings, path))
    for path in paths:
        try:
            yield path.as_posix(), _read_regular(path)
        except _RefusedError as refused:
            problems.append(Problem(path.as_posix(), 0, 0, str(refused)))
        except OSError as error:
            problems.append(Problem(path.as_posix(), 0, 0, f"cannot be read: {error.strerror}"))


class _RefusedError(Exception):
    """The path is not one that is read."""


def _yaml_paths(folder: Path, problems: list[Problem]) -> Iterator[Path]:
    """Yield the paths of YAML files, folder by folder; links to folders are problems."""
    for parent, folders, names in os.walk(
        folder, onerror=lambda error: problems.append(_no_entry(error))
    ):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            if (path := Path(parent, name)).is_symlink():
                problems.append(
                    Problem(path.as_posix(), 0, 0, "is a link; put the folder itself here")
                )
        for name in sorted(names):
            if name.lower().endswith((".yaml", ".yml")) and not name.startswith("."):
                yield Path(parent, name)


def _no_entry(error: OSError) -> Problem:
    return Problem(str(error.filename), 0, 0, f"cannot be read: {error.strerror}")


def _read_regular(path: Path) -> bytes:
    """Return the bytes of a regular file; never open a pipe or a device, never read without end."""
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        raise _RefusedError("is a link; put the file itself here")
    if not stat.S_ISREG(status.st_mode):
        raise _RefusedError("is not a regular file; delete it")
    if status.st_size > MAX_BYTES:
        raise _RefusedError("is larger than 16 MiB; split it into several files")
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
