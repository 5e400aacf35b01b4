"""`validate`: every check of a store that needs no shop."""

from pathlib import Path

from msgspec import Struct

from reconciler.app.stores import find_shared_site, load_folder
from reconciler.desired.files import SETTINGS_FILE
from reconciler.desired.valid import MOST_SHOWN
from reconciler.errors import InputError, Problem
from reconciler.git.repository import open_repository
from reconciler.model import DesiredState, Rule


class Checked(Struct, frozen=True):
    """What one store's files declare, and what is wrong or worth saying."""

    skus: int
    problems: tuple[Problem, ...] = ()
    hint: str = ""


def check_folder(folder: Path, most: int | None = MOST_SHOWN) -> Checked:
    """Return what the checks of the store in *folder* find: of each file *most* (None: all)."""
    try:
        desired = load_folder(folder, most=most)
    except InputError as error:
        return Checked(0, error.problems)
    shared = find_shared_site(open_repository(folder), folder, desired.settings.site_id)
    problems = (shared,) if shared else ()
    return Checked(len(desired.declared), problems, find_hint(desired, folder))


def find_hint(desired: DesiredState, folder: Path) -> str:
    """Return a hint if a store is `exact` only because it says nothing, else ''."""
    exact = sum(entry.rule is Rule.EXACT for entry in desired.declared.values())
    if desired.settings.has_rule or (desired.declared and not exact):
        return ""
    place = (folder / SETTINGS_FILE).as_posix()
    return (
        f"Note: {place} has no `rule`, so its SKUs are `exact`, and apply undoes sales. Set"
        " `rule: on_change` if the shop sells them, or `rule: exact` if you want this."
    )
