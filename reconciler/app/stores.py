"""Which stores are meant, and the desired state of each."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from reconciler.app.context import StoreContext
from reconciler.desired.files import SETTINGS_FILE, find_stores, read_files
from reconciler.desired.loader import build_desired
from reconciler.errors import InputError, Problem, UsageError
from reconciler.model import DesiredState


def resolve_stores(inventory: Path, names: Sequence[str] = ()) -> list[StoreContext]:
    """Return the stores called *names*, each once; all of *inventory* if none is named.

    Raises:
        InputError: Something in the folder is no store.
        UsageError: There is no store of that name.
    """
    problems: list[Problem] = []
    known = find_stores(inventory, problems)
    if problems:
        raise InputError(problems)
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
            raise UsageError(f"there is no store {name} in {inventory}; {hint}")
    return [StoreContext(name, inventory) for name in dict.fromkeys(names) or known]


def load_store(context: StoreContext) -> DesiredState:
    """Return the desired state of a store; raise InputError with every problem of its files."""
    return load_folder(context.folder)


def load_folder(folder: Path) -> DesiredState:
    """Return the desired state of the store in *folder*."""
    problems: list[Problem] = []
    files = read_files(folder, problems)
    return build_desired(folder.resolve().name, folder.as_posix(), files, problems)


def stores_for_path(path: Path) -> list[Path]:
    """Return the folders of the stores that *path* is about.

    It may be a store, a file in one, or a folder of stores. Raises InputError for a path that is
    not there or belongs to no store.
    """
    if not path.exists():
        raise InputError([Problem(str(path), 0, 0, "there is no such file or folder")])
    for folder in (path, *path.parents, *path.absolute().parents):
        if (folder / SETTINGS_FILE).is_file():
            return [folder]
    inventories = (path, path / "inventory") if path.is_dir() else ()
    for inventory in inventories:
        if any((entry / SETTINGS_FILE).is_file() for entry in inventory.glob("*")):
            return [context.folder for context in resolve_stores(inventory)]
    message = f"belongs to no store: there is no {SETTINGS_FILE} in its folder or above"
    raise InputError([Problem(str(path), 0, 0, message)])
