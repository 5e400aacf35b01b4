"""Run one row with one seed, in its own process, and the naive loop beside it."""

import traceback
from importlib import import_module
from typing import NamedTuple

from faults.table import ROWS, Row, Tally

for _part in (
    "files",
    "network",
    "api",
    "process",
    "misuse",
    "github",
    "events",
    "orders",
    "doubt",
    "levels",
    "web",
    "hostile",
):
    import_module(f"faults.{_part}")  # which enters its rows


class Result(NamedTuple):
    """The result of a row with one seed: the failure, '' if none, and both tallies."""

    failure: str
    ours: Tally
    naive: Tally


def run_one(identity: str, seed: int) -> Result:
    """Run a row with one seed, and the naive loop beside it."""
    row = ROWS[identity]
    ours, failure = Tally(), ""
    try:
        ours = row.run(seed)
    except Exception:  # noqa: BLE001  whatever happens, the other rows are run
        failure = traceback.format_exc(limit=-3)
    try:
        naive = row.run_naively(seed)
    except Exception:  # noqa: BLE001  the naive loop may fall over as it likes
        naive = Tally(fell_over=1)
    return Result(failure, ours, naive)


def all_rows() -> list[Row]:
    """Return every row that has a check."""
    return list(ROWS.values())
