"""Find stores, and load their desired state."""

import os
from pathlib import Path

from reconciler.app.context import StoreContext, resolve_stores
from reconciler.desired.files import SETTINGS_FILE, read_files
from reconciler.desired.loader import build_desired
from reconciler.desired.reader.document import MAX_BYTES
from reconciler.desired.reader.text import read_document
from reconciler.desired.valid import MOST_SHOWN
from reconciler.errors import InputError, Problem
from reconciler.git.repository import Repository
from reconciler.model import DesiredState, StoreSettings


def load_store(context: StoreContext) -> DesiredState:
    """Return the desired state of a store; raise InputError with all problems in its files."""
    return load_folder(context.folder)


def load_settings(context: StoreContext) -> StoreSettings:
    """Return the settings of a store; raise InputError with all problems in its files."""
    return load_folder(context.folder, may_be_empty=True).settings


def load_folder(
    folder: Path, *, may_be_empty: bool = False, most: int | None = MOST_SHOWN
) -> DesiredState:
    """Return the desired state of the store in *folder*.

    Raises:
        InputError: Files are invalid. It has the first *most* problems of each (None: all).
    """
    problems: list[Problem] = []
    files = read_files(folder, problems)
    name = folder.resolve().name
    return build_desired(
        name, folder.as_posix(), files, problems, may_be_empty=may_be_empty, most=most
    )


def stores_for_path(path: Path) -> list[Path]:
    """Return the folders of the stores at *path*: a store, a file in one, or a folder of stores.

    Raises:
        InputError: *path* does not exist, or does not belong to a store.
    """
    if not path.exists():
        raise InputError([Problem(str(path), 0, 0, "No such file or folder.")])
    for folder in (path, *path.parents, *path.absolute().parents):
        if (folder / SETTINGS_FILE).is_file():
            return [folder]
    inventories = (path, path / "inventory") if path.is_dir() else ()
    for inventory in inventories:
        if any((entry / SETTINGS_FILE).is_file() for entry in inventory.glob("*")):
            return [context.folder for context in resolve_stores(inventory)]
    message = f"Not part of a store. No {SETTINGS_FILE} in this folder or above."
    raise InputError([Problem(str(path), 0, 0, message)])


def refuse_shared_site(repository: Repository | None, context: StoreContext, site_id: str) -> None:
    """Raise InputError if another store in the repository has the same site.

    The two would share one record, and undo each other's changes again and again.
    """
    problem = find_shared_site(repository, context.folder, site_id)
    if problem is not None:
        raise InputError([problem])


def find_shared_site(repository: Repository | None, folder: Path, site_id: str) -> Problem | None:
    """Return a problem if another store in the repository has the same site, else None."""
    own = folder.resolve()
    beside = own.parent.glob(f"*/{SETTINGS_FILE}")
    tracked = repository.tracked_files(SETTINGS_FILE) if repository else []
    for path in sorted({*beside, *tracked}):
        other = path.parent
        if other.resolve() == own or not path.is_file() or path.is_symlink():
            continue
        data = read_document(path.as_posix(), path.read_bytes()[:MAX_BYTES]).data
        if isinstance(data, dict) and data.get("site_id") == site_id:
            message = (
                f"The store in {os.path.relpath(other)} has the same site {site_id}, so the two"
                " would undo each other's changes. Keep one store for each site."
            )
            return Problem((folder / SETTINGS_FILE).as_posix(), 0, 0, message)
    return None
