"""`reconciler set`: other numbers in the YAML, by hand or from a spreadsheet."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import click

from reconciler.cli.completion import complete_assignment
from reconciler.cli.days import DAY, day_of_count
from reconciler.cli.editing import (
    BOUNDS,
    Working,
    finish,
    load_working,
    read_stocks,
)
from reconciler.cli.options import PARALLELISM, TOKEN_FILE, Options, shared_options
from reconciler.cli.stages import Access
from reconciler.cli.stocktake import take_table
from reconciler.desired.editor.patch import Wanted
from reconciler.desired.reader.scalars import (
    MAX_DIGITS,
    MAX_QUANTITY,
    NUMBER,
    quantity_fault,
    shown,
)
from reconciler.desired.spreadsheet.read import suggest_sku
from reconciler.errors import UsageError
from reconciler.model import INFINITE, InventoryType, Rule, Stock, finite


class Assignment(NamedTuple):
    """What is asked for one SKU: a stock, or so many *more* (fewer, where that is negative)."""

    sku: str
    stock: Stock | None
    more: int = 0


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
    type=DAY,
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
        return take_table(options, working, table, as_of, yes=yes)
    asked = [_parse(text, working) for text in assignments]
    _require_once(asked)
    stocks: Mapping[str, Stock] = {}
    if live:
        access = Access(token_file, parallelism)
        names = [one.sku for one in asked if one.stock is None]
        stocks = read_stocks(options, working.desired, access, names)
    wanted = {one.sku: _resolve(working, one, stocks, as_of, live=live) for one in asked}
    return finish(working, wanted, as_of=as_of)


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
    if NUMBER.fullmatch(value) and len(value) <= MAX_DIGITS:
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
        as_of = as_of or day_of_count(entry)
    return Wanted(finite(after), as_of)
