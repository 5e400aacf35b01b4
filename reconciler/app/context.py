"""What a use case is told: the store it is about, and how to reach the shop."""

import os
from dataclasses import dataclass
from pathlib import Path

from reconciler.atomic_files import make_folder, write_text
from reconciler.errors import ReconcilerError


@dataclass(frozen=True, slots=True)
class StoreContext:
    """One store: its name, and the inventory folder that holds its files."""

    name: str
    inventory: Path

    @property
    def folder(self) -> Path:
        """Return the folder of the store's own files."""
        return self.inventory / self.name

    def state_folder(self, *parts: str) -> Path:
        """Return a folder below `.reconciler/`, which git ignores; make it if need be.

        Raises:
            ReconcilerError: It cannot be made, or leads through a link.
        """
        state = self.inventory.absolute().parent / ".reconciler"
        folder = state.joinpath(*parts)
        try:
            make_folder(folder, state.parent)
            ignore = state / ".gitignore"
            if not os.path.lexists(ignore):
                write_text(ignore, "*\n")
        except OSError as error:
            raise ReconcilerError(f"cannot keep anything in {state}: {error.strerror}") from None
        return folder
