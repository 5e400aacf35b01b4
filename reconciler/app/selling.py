"""`sandbox`: the embedded store of a store, and customers in it."""

from collections.abc import Sequence
from pathlib import Path

from reconciler.app.context import StoreContext
from reconciler.app.reporter import Reporter
from reconciler.errors import UsageError
from reconciler.sandbox.database import Shop
from reconciler.sandbox.server import SEED_FILE, open_shop, reset_shop


def sandbox_file(context: StoreContext) -> Path:
    """Return the file that holds the data of a store's sandbox."""
    return context.state_folder("sandbox") / f"{context.name}.sqlite"


def open_sandbox(context: StoreContext, seed: Path | None = None, *, reset: bool = False) -> Shop:
    """Return the sandbox of a store, created from *seed* if new or *reset*."""
    open_ = reset_shop if reset else open_shop
    return open_(sandbox_file(context), seed or context.folder / SEED_FILE)


def sell_units(shop: Shop, sales: Sequence[str], reporter: Reporter) -> None:
    """Sell what *sales* say, each `SKU` or `SKU=N`: all of it, or nothing.

    Raises:
        UsageError: A sale is not a number of units.
        SandboxError: The shop does not have a SKU.
    """
    orders = [_order(shop, sale) for sale in sales]
    for sku, _ in orders:
        shop.find(sku)  # so that a slip in the last one sells nothing of the first
    for sku, units in orders:
        inventory_type, quantity = shop.sell(sku, units)
        left = "infinite" if inventory_type == "infinite" else f"{quantity} left"
        reporter.result(f"Sold {units} of {sku}: {left}.")


def _order(shop: Shop, sale: str) -> tuple[str, int]:
    """Return SKU and units of `SKU` or `SKU=N`; a code may have a `=` in it."""
    sku, found, units = sale.rpartition("=")
    if not found or shop.knows(sale):
        return sale, 1
    if not (units.isascii() and units.isdigit() and len(units) < 10 and int(units)):
        raise UsageError(f"{sale}: {units} is no number of units; write {sku}=1")
    return sku, int(units)
