"""`reconciler set`: other numbers in the YAML, by hand or from a spreadsheet."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import click

from reconciler.cli.completion import complete_assignment
from reconciler.cli.console import has_terminal, print_error
from reconciler.cli.editing import BOUNDS, Working, load_working, read_stocks, read_table
from reconciler.cli.options import PARALLELISM, TOKEN_FILE, Options, shared_options
from reconciler.cli.plan import STDIO
from reconciler.cli.signals import Ending
from reconciler.cli.stages import Access, Allowances
from reconciler.desired.edit import Wanted
from reconciler.desired.sheet import Sheet, read_sheet, suggest_sku
from reconciler.desired.spelling import MAX_QUANTITY, quantity_fault, shown
from reconciler.errors import UsageError
from reconciler.model import INFINITE, Declared, InventoryType, Rule, Stock, finite
from reconciler.plan.compute import is_frozen
from reconciler.render.rows import count
from reconciler.render.safe import safe_text


class Assignment(NamedTuple):
    """What is asked for one SKU: a stock, or so many *more* (fewer, where that is negative)."""

    sku: str
    stock: Stock | None
    more: int = 0


class _DayType(click.ParamType[Any]):
    """A day of the calendar, or today."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the day as YAML has it; fail for what is none."""
        if value == "today":
            return today()
        try:
            day = date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value} is no day; write one like 2026-11-20, or today", param, ctx)
        if day > date.fromisoformat(today()) + timedelta(days=1):
            self.fail(f"{value} is still to come; give the day of the count", param, ctx)
        return day.isoformat()


@click.command("set")
@click.argument(
    "assignments", nargs=-1, metavar="SKU=70|+20|-3|infinite…", shell_complete=complete_assignment
)
@click.option(
    "--csv",
    "table",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take the numbers from a spreadsheet saved as CSV: a stocktake.",
)
@click.option("--live", is_flag=True, help="Let + and - count from what the shop has now.")
@click.option(
    "--as-of",
    type=_DayType(),
    metavar="DAY",
    help="The day of the count, which asserts a number anew under on_change.  [default: today,"
    " for what --csv takes from a column for counts, and for what differs]",
)
@click.option("--yes", is_flag=True, help="Do not ask before taking a spreadsheet's numbers.")
@PARALLELISM
@TOKEN_FILE
@shared_options
@click.pass_obj
def command(
    options: Options,
    assignments: tuple[str, ...],
    table: Path | None,
    live: bool,
    as_of: str | None,
    yes: bool,
    parallelism: int,
    token_file: Path | None,
) -> int:
    """Change declared quantities in the files, and nothing else of them.

    All of what is asked is done, or none of it. Nothing is written to the shop.
    """
    if bool(assignments) == (table is not None):
        raise UsageError("name SKUs, like TEE-BLK-M=70, or a table with --csv, one of both")
    working = load_working(options, options.one_store())
    if table is not None:
        if live:
            raise UsageError("--live is for + and -; a table holds what was counted")
        return _take_table(options, working, table, as_of, yes=yes)
    asked = [_parse(text, working) for text in assignments]
    _require_once(asked)
    stocks: Mapping[str, Stock] = {}
    if live:
        access = Access(token_file, parallelism, Ending(), Allowances())
        names = [one.sku for one in asked if one.stock is None]
        stocks = read_stocks(options, working.desired, access, names)
    wanted = {one.sku: _resolve(working, one, stocks, as_of, live=live) for one in asked}
    return _finish(working, wanted)


def _parse(text: str, working: Working) -> Assignment:
    """Return what is asked in *text*; raise UsageError for what is no assignment."""
    sku, sign, value = text.rpartition("=")
    if not sign:
        raise UsageError(f"{text} names no number; write {text}=70, or {text}=+5")
    if sku not in working.desired.declared:
        hint = suggest_sku(sku, working.desired.declared)
        hint = hint or "declare it in a file first, or import it"
        raise UsageError(f"{shown(sku)} is declared nowhere; {hint}")
    if value == "infinite":
        return Assignment(sku, INFINITE)
    if found := re.fullmatch(r"([+-])([0-9]{1,9})", value):
        return Assignment(sku, None, int(found[1] + found[2]))
    if re.fullmatch(r"0|[1-9][0-9]{0,8}", value):
        return Assignment(sku, finite(int(value)))
    raise UsageError(f"{sku}: {quantity_fault(value, quoted=False)}")


def _require_once(asked: Iterable[Assignment]) -> None:
    seen: set[str] = set()
    for one in asked:
        if one.sku in seen:
            raise UsageError(f"{shown(one.sku)} is given twice; keep one")
        seen.add(one.sku)


def _resolve(
    working: Working,
    asked: Assignment,
    stocks: Mapping[str, Stock],
    as_of: str | None,
    *,
    live: bool,
) -> Wanted:
    """Return what is to be declared for one SKU; raise UsageError where that cannot be told."""
    entry = working.desired.declared[asked.sku]
    if asked.stock is not None:
        return Wanted(asked.stock, as_of)
    if live and entry.rule in BOUNDS | {Rule.OBSERVE}:
        raise UsageError(
            f"{asked.sku} has the rule {entry.rule}, under which the shop's number is not what is"
            " declared; give the whole number"
        )
    if entry.rule is Rule.ON_CHANGE and not live:
        raise UsageError(
            f"{asked.sku} has the rule on_change, so the declared {entry.stock} is not what is on"
            " the shelf; add --live to count from what the shop has, or give the whole number"
        )
    start = stocks.get(asked.sku) if live else entry.stock
    if start is None:
        raise UsageError(f"what the shop has of {asked.sku} is not known; give the whole number")
    if start.inventory_type is InventoryType.INFINITE or not isinstance(start.quantity, int):
        raise UsageError(f"{asked.sku} has {start}, to which nothing adds; give the whole number")
    after = start.quantity + asked.more
    if not 0 <= after <= MAX_QUANTITY:
        raise UsageError(f"{asked.sku} would be {after}, from {start}; give the whole number")
    # What was counted from the shop is meant, whatever was declared before.
    if live and entry.rule is Rule.ON_CHANGE:
        as_of = as_of or today()
    return Wanted(finite(after), as_of)


def _take_table(
    options: Options, working: Working, table: Path, as_of: str | None, *, yes: bool
) -> int:
    """Take what was counted from *table*, after a look at what that changes."""
    if not yes and (table == STDIO or not has_terminal()):
        raise UsageError("there is no terminal to ask on; add --yes, and read the diff")
    declared = working.desired.declared
    sheet = read_sheet(table.as_posix(), read_table(table), declared)
    bounds = [sku for sku in sheet.counts if declared[sku].rule in BOUNDS]
    day = as_of or today()
    wanted = {
        sku: Wanted(stock, day if _is_dated(declared[sku], stock, sheet, as_of) else None)
        for sku, stock in sheet.counts.items()
        if sku not in bounds
    }
    if not options.quiet:
        _say_how_it_was_taken(working, sheet, len(bounds))
    return _finish(working, wanted, ask=not yes)


def _is_dated(entry: Declared, stock: Stock, sheet: Sheet, as_of: str | None) -> bool:
    """Return whether a number of the table is a count, which is meant even if it is not new."""
    if as_of is not None:
        return True
    return entry.rule is Rule.ON_CHANGE and (sheet.is_counted or stock != entry.stock)


def _say_how_it_was_taken(working: Working, sheet: Sheet, bounds: int) -> None:
    """Say which columns were taken, and what of the table and of the files is left alone."""
    declared = working.desired.declared
    ignored = f"; not used: {', '.join(sheet.ignored)}" if sheet.ignored else ""
    print_error(
        safe_text(
            f"SKU is the column {sheet.columns[0]}, quantity the column {sheet.columns[1]}"
            f"{ignored} ({sheet.delimiter} between cells)."
        )
    )
    if sheet.empty:
        print_error(f"{count(sheet.empty, 'row')} without a quantity: not counted, left alone.")
    if missing := len(declared) - sheet.rows:
        print_error(f"{count(missing, 'declared SKU')} not in the table: left alone.")
    if bounds:
        said = "what is declared is a bound and no count, left alone"
        print_error(f"{count(bounds, 'SKU')} under at_least or at_most: {said}.")


def _finish(working: Working, wanted: Mapping[str, Wanted], *, ask: bool = False) -> int:
    """Show what differs, ask where that is wanted, and edit the files."""
    differing = working.differing(wanted)
    declared = working.desired.declared
    if not differing:
        print_error("Nothing to change: the files declare that already.")
        if any(declared[sku].rule is Rule.ON_CHANGE for sku in wanted):
            print_error("To assert the same numbers anew, as counted today, add --as-of today.")
        return 0
    _refuse_older(working, differing)
    working.say(differing)
    again = [s for s, one in differing.items() if one.as_of and one.as_of == declared[s].as_of]
    if again:
        print_error(
            safe_text(
                f"Counted on that day already: {', '.join(again[:10])}. A second count of a day is"
                " written only in the direction of its change; to assert it, give the next day with"
                " --as-of."
            )
        )
    if ask and click.prompt("Write these to the files? Only `yes` is taken", err=True) != "yes":
        print_error("Nothing was changed.")
        return 1
    working.save(differing)
    changed = len({working.desired.declared[sku].terms.path for sku in differing})
    print_error(
        f"{count(len(differing), 'SKU')} in {count(changed, 'file')}. Look at it: git diff."
        " The shop has it after reconciler apply."
    )
    settings = working.desired.settings
    unwritten = [
        sku for sku in differing if declared[sku].rule is Rule.OBSERVE or is_frozen(sku, settings)
    ]
    if unwritten:
        names = ", ".join(unwritten[:10])
        print_error(safe_text(f"But apply does not write what is frozen or under observe: {names}"))
    return 0


def _refuse_older(working: Working, wanted: Mapping[str, Wanted]) -> None:
    """Raise UsageError for a count that is older than the one that is declared."""
    for sku, one in wanted.items():
        before = working.desired.declared[sku].as_of
        if one.as_of is not None and before is not None and one.as_of < before:
            raise UsageError(
                f"{sku} was counted on {before} already, after {one.as_of}; give a later day"
            )


def today() -> str:
    """Return the day where the counting is done."""
    return date.today().isoformat()
