"""Find the stores of an inventory, and read their YAML files."""

import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

from reconciler.desired.reader.document import MAX_BYTES
from reconciler.errors import Problem

SETTINGS_FILE: Final = "store.yaml"
SEEN_FOLDER: Final = ".seen"
EVENTS_FOLDER: Final = "events"
_ENDINGS = (".yaml", ".yml")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


def is_store_name(name: str) -> bool:
    """Return whether *name* is valid for a store's folder."""
    return _NAME.fullmatch(name) is not None


def find_stores(inventory: Path, problems: list[Problem]) -> list[str]:
    """Return the names of the stores in *inventory*, sorted.

    Entries that can't be stores and files outside of stores are added to *problems*. So is an
    inventory without stores.
    """
    try:
        entries = sorted(inventory.iterdir())
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        reason = "There is no such folder" if missing else f"Can't read this: {error.strerror}."
        reason += ". Name the one that holds your stores with --inventory."
        problems.append(Problem(str(inventory), 0, 0, reason))
        return []
    names = []
    before = len(problems)
    refuse_repositories_beside_stores(inventory, problems)
    for entry in entries:
        if entry.name.startswith("."):
            continue
        fault = _store_fault(entry)
        if fault is not None:
            problems.append(Problem(entry.as_posix(), 0, 0, fault))
        elif entry.is_dir():
            names.append(entry.name)
    if not names and len(problems) == before:
        message = f"There is no store in this folder. A store is a folder with a {SETTINGS_FILE}."
        problems.append(Problem(str(inventory), 0, 0, message))
    return names


def _store_fault(entry: Path) -> str | None:
    """Return the problem of an entry beside the stores, or None."""
    if not entry.is_dir():
        stray = entry.name.lower().endswith(_ENDINGS)
        return "This belongs to no store. Move it into a store's folder." if stray else None
    if entry.is_symlink():
        return "This is a link. Put the folder itself here."
    if not is_store_name(entry.name):
        return "A store's name consists of a-z, 0-9, and -. Rename the folder."
    return None


def _refuse_repository(folder: Path, names: Collection[str], problems: list[Problem]) -> None:
    """Add a problem if *folder* with the entries *names* is a git repository, or refers to one.

    Git takes a folder with `HEAD`, `objects`, and `refs` for a bare repository. With `commondir`,
    the last two can be elsewhere. Its configuration could make git run any command.
    """
    found = {name.lower() for name in names}  # some file systems ignore case
    if "head" in found and ("commondir" in found or {"objects", "refs"} <= found):
        message = (
            "Git takes this folder for a repository, and could run commands from it."
            " Delete HEAD and the files beside it."
        )
        problems.append(Problem(folder.as_posix(), 0, 0, message))


def refuse_repositories_beside_stores(inventory: Path, problems: list[Problem]) -> None:
    """Add a problem if *inventory*, or a hidden folder in it, is a git repository."""
    with os.scandir(inventory) as found:
        entries = list(found)
    _refuse_repository(inventory, [entry.name for entry in entries], problems)
    for entry in entries:
        if entry.name.startswith(".") and entry.is_dir(follow_symlinks=False):
            _refuse_repositories(Path(entry.path), problems)


def _refuse_repositories(folder: Path, problems: list[Problem]) -> None:
    """Add a problem for each git repository at or below *folder*."""
    for parent, folders, names in os.walk(folder):
        _refuse_repository(Path(parent), [*folders, *names], problems)


def read_files(folder: Path, problems: list[Problem]) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the bytes of each YAML file in a store's *folder*.

    The settings come first, the observations last. Files that are not regular, too large, or
    unreadable are added to *problems*. Other names that start with a dot are skipped.
    """
    settings = folder / SETTINGS_FILE
    paths = sorted(_yaml_paths(folder, problems), key=lambda path: (path != settings, path))
    for path in (*paths, *_seen_paths(folder / SEEN_FOLDER, problems)):
        if path == folder / "store.yml":
            problems.append(Problem(path.as_posix(), 0, 0, f"Rename it to {SETTINGS_FILE}."))
            continue
        try:
            yield path.as_posix(), _read_regular(path)
        except _RefusedError as refused:
            problems.append(Problem(path.as_posix(), 0, 0, str(refused)))
        except OSError as error:
            problems.append(Problem(path.as_posix(), 0, 0, f"Can't read this: {error.strerror}."))


class _RefusedError(Exception):
    """The path is not a file to read."""


def _yaml_paths(folder: Path, problems: list[Problem]) -> Iterator[Path]:
    """Yield the paths of YAML files, folder by folder. Links to folders are problems.

    So are git repositories, even in hidden folders, which have no YAML of the store.
    """
    for parent, folders, names in os.walk(
        folder, onerror=lambda error: problems.append(_no_entry(error))
    ):
        _refuse_repository(Path(parent), [*folders, *names], problems)
        for name in folders:
            if name.startswith(".") and not Path(parent, name).is_symlink():
                _refuse_repositories(Path(parent, name), problems)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            if (path := Path(parent, name)).is_symlink():
                problems.append(
                    Problem(path.as_posix(), 0, 0, "This is a link. Put the folder itself here.")
                )
        yield from _named_yaml(folder, Path(parent), sorted(names), problems)


def _named_yaml(
    folder: Path, parent: Path, names: Iterable[str], problems: list[Problem]
) -> Iterator[Path]:
    """Yield the paths of YAML files among *names*. Names that look like YAML are problems."""
    for name in (name for name in names if not name.startswith(".")):
        path = parent / name
        if name.lower().endswith(_ENDINGS):
            yield path
        elif is_unread(path.relative_to(folder)):
            problems.append(Problem(path.as_posix(), 0, 0, _unread(path)))


def is_unread(path: Path) -> bool:
    """Return whether the file at *path*, below a store's folder, looks like YAML but is not read.

    GitHub's web editor accepts any name, and some editors add `.txt`. A delivery in such a file
    would be lost. Notes in Markdown are allowed.
    """
    name, suffix = path.name.lower(), path.suffix.lower()
    if len(path.parts) > 1 and path.parts[0].lower() == EVENTS_FOLDER:
        return suffix != ".md"
    return any(f"{ending}." in f"{name}." for ending in _ENDINGS)


def _unread(path: Path) -> str:
    stem = re.split(r"[.](?:ya?ml|txt)\b", path.name, maxsplit=1, flags=re.IGNORECASE)[0]
    return f"This is not read, because its name does not end in .yaml. Rename it to {stem}.yaml."


def _seen_paths(folder: Path, problems: list[Problem]) -> Iterator[Path]:
    """Yield the paths of observations, oldest first."""
    if folder.is_symlink():
        problems.append(
            Problem(folder.as_posix(), 0, 0, "This is a link. Put the folder itself here.")
        )
    elif folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.suffix in _ENDINGS)


def _no_entry(error: OSError) -> Problem:
    return Problem(str(error.filename), 0, 0, f"Can't read this: {error.strerror}.")


def _read_regular(path: Path) -> bytes:
    """Return the bytes of a regular file. Never open a pipe or a device, or read endlessly."""
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        raise _RefusedError("This is a link. Put the file itself here.")
    if not stat.S_ISREG(status.st_mode):
        raise _RefusedError("This is not a regular file. Delete it.")
    if status.st_size > MAX_BYTES:
        raise _RefusedError("This is larger than 16 MiB. Split it into several files.")
    with path.open("rb") as file:
        return file.read()
