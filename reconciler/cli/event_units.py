"""Read the numbers of `count` and `adjust` from arguments or a table."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from reconciler.app.assignments import Assignment, parse_assignments
from reconciler.app.editing import WorkingCopy
from reconciler.app.stocktaking import take_table
from reconciler.cli.console import Console
from reconciler.cli.output import read_csv
from reconciler.desired.known_skus import find_known_skus
from reconciler.desired.spreadsheet.columns import Purpose


class UnitsRequest(Struct, frozen=True):
    """The source of the numbers: assignments, or the table in a file."""

    assignments: Sequence[str]
    table: Path | None
    may_be_new: bool
    yes: bool

    @property
    def asks(self) -> bool:
        """Whether to ask for confirmation of a table's numbers."""
        return self.table is not None and not self.yes


def read_units(
    request: UnitsRequest,
    purpose: Purpose,
    resolve: Callable[[Sequence[Assignment]], Mapping[str, int]],
    working: WorkingCopy,
    console: Console,
) -> Mapping[str, int]:
    """Return the units of each SKU. *resolve* converts assignments to units.

    Raises:
        UsageError: An assignment is invalid, or confirmation needs a terminal.
        InputError: The table can't be read.
    """
    if request.table is None:
        known = find_known_skus(working.desired)
        parsed = parse_assignments(
            request.assignments,
            known,
            may_be_new=request.may_be_new,
            like="11" if purpose is Purpose.COUNT else "+20",
            infinite=False,
        )
        return resolve(parsed)
    content = read_csv(request.table, asks=request.asks)
    place, may_be_new = request.table.as_posix(), request.may_be_new
    return take_table(working, place, content, purpose, console, may_be_new=may_be_new).units
