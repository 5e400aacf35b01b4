"""The arguments of use cases: which store, and where its record is kept.

They are named tuples, because each `--help` loads this module, and importing msgspec is slow.
"""

import os
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from reconciler.atomic_files import make_folder, write_text
from reconciler.desired.files import find_stores
from reconciler.errors import InputError, Problem, ReconcilerError, UsageError


class StoreContext(NamedTuple):
    """One store: its name, and the inventory folder that contains it."""

    name: str
    inventory: Path

    @property
    def folder(self) -> Path:
        """Return the folder of the store."""
        return self.inventory / self.name

    def state_folder(self, *parts: str) -> Path:
        """Return a folder below `.reconciler/`, which git ignores. Create it if needed.

        Raises:
            ReconcilerError: It can't be created, or its path contains a link.
        """
        state = self.inventory.absolute().parent / ".reconciler"
        folder = state.joinpath(*parts)
        try:
            make_folder(folder, state.parent)
            ignore = state / ".gitignore"
            if not os.path.lexists(ignore):
                write_text(ignore, "*\n")
        except OSError as error:
            raise ReconcilerError(f"Can't write to {state}: {error.strerror}.") from None
        return folder


class MemoryRequest(NamedTuple):
    """Where to keep the record: on `remote`, only here (`local`), or nowhere (`none`).

    `is_named` means that an option asks for a record explicitly.
    """

    remote: str | None = None
    local: bool = False
    none: bool = False
    is_named: bool = False


def resolve_stores(inventory: Path, names: Sequence[str] = ()) -> list[StoreContext]:
    """Return the stores called *names*, without duplicates; by default all of *inventory*.

    Raises:
        InputError: Something in the folder is not a store.
        UsageError: No store has one of these names.
    """
    problems: list[Problem] = []
    known = find_stores(inventory, problems)
    if problems:
        raise InputError(problems)
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"Did you mean {near[0]}?" if near else f"Known stores: {', '.join(known)}."
            raise UsageError(f"No store {name} in {inventory}. {hint}")
    return [StoreContext(name, inventory) for name in dict.fromkeys(names) or known]
