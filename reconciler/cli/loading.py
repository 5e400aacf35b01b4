"""Folders → desired states, without a word to any store."""

from pathlib import Path

from reconciler.cli.options import Options
from reconciler.desired.files import SETTINGS_FILE, find_stores, read_files
from reconciler.desired.loader import build_desired
from reconciler.errors import InputError, Problem
from reconciler.model import DesiredState


def load_desired(options: Options, name: str) -> DesiredState:
    """Return the desired state of the store *name*."""
    return load_folder(options.store_folder(name))


def load_folder(folder: Path) -> DesiredState:
    """Return the desired state of the store in *folder*."""
    problems: list[Problem] = []
    files = read_files(folder, problems)
    return build_desired(folder.resolve().name, folder.as_posix(), files, problems)


def folders_of(path: Path) -> list[Path]:
    """Return the stores that *path* is about: a store, a file in one, or a folder of stores.

    Raises InputError for a path that is not there or belongs to no store.
    """
    if not path.exists():
        raise InputError([Problem(str(path), 0, 0, "there is no such file or folder")])
    for folder in (path, *path.parents, *path.absolute().parents):
        if (folder / SETTINGS_FILE).is_file():
            return [folder]
    inventories = (path, path / "inventory") if path.is_dir() else ()
    for inventory in inventories:
        if any((entry / SETTINGS_FILE).is_file() for entry in inventory.glob("*")):
            problems: list[Problem] = []
            folders = [inventory / name for name in find_stores(inventory, problems)]
            if problems:
                raise InputError(problems)
            return folders
    message = f"belongs to no store: there is no {SETTINGS_FILE} in its folder or above"
    raise InputError([Problem(str(path), 0, 0, message)])
