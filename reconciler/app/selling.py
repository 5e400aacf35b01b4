"""`sandbox`: the embedded store of a store, and the customers and people who change it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from reconciler.app.context import StoreContext
from reconciler.app.reporter import Reporter
from reconciler.errors import UsageError
from reconciler.sandbox.database import Shop
from reconciler.sandbox.edits import add_product, copy_sku
from reconciler.sandbox.orders import OrderStatus
from reconciler.sandbox.server import SEED_FILE, open_shop, reset_shop


def sandbox_file(context: StoreContext) -> Path:
    """Return the file that holds the data of a store's sandbox."""
    return context.state_folder("sandbox") / f"{context.name}.sqlite"


def open_sandbox(context: StoreContext, seed: Path | None = None, *, reset: bool = False) -> Shop:
    """Return the sandbox of a store, created from *seed* if new or *reset*."""
    open_ = reset_shop if reset else open_shop
    return open_(sandbox_file(context), seed or context.folder / SEED_FILE)


def sell_units(
    shop: Shop,
    sales: Sequence[str],
    reporter: Reporter,
    *,
    at: datetime | None = None,
    status: OrderStatus = "unfulfilled",
) -> str:
    """Place one order of what *sales* say, each `SKU` or `SKU=N`, and return its id.

    Raises:
        UsageError: A sale is not a number of units.
        SandboxError: The shop does not have a SKU, or too few units of it. Nothing is sold.
    """
    lines = [_line(shop, sale) for sale in sales]
    sale = shop.order(lines, at=at, status=status)
    for (sku, units), (inventory_type, quantity) in zip(lines, sale.stocks, strict=True):
        left = "infinite" if inventory_type == "infinite" else f"{quantity} left"
        reporter.result(f"Sold {units} of {sku}: {left}.")
    return sale.order_id


def add_sku(shop: Shop, entry: str, like: str | None) -> tuple[str, int]:
    """Add the SKU that *entry* (`SKU=N`) describes, and return its code and quantity.

    It is a variant of the same product as the SKU *like*, or else a product of its own.

    Raises:
        UsageError: The entry names no quantity.
        SandboxError: The shop does not have the SKU *like*.
    """
    code, found, quantity = entry.rpartition("=")
    if not (code and found and _is_number(quantity)):
        raise UsageError(f"{entry} has no quantity. Write SKU=5.")
    if like is None:
        add_product(shop, code, int(quantity))
    else:
        copy_sku(shop, like, code, int(quantity))
    return code, int(quantity)


def _line(shop: Shop, sale: str) -> tuple[str, int]:
    """Return SKU and units of `SKU` or `SKU=N`; a code may have a `=` in it."""
    sku, found, units = sale.rpartition("=")
    if not found or shop.knows(sale):
        return sale, 1
    if not (_is_number(units) and int(units)):
        raise UsageError(f"{sale}: {units} is not a number of units. Write {sku}=1.")
    return sku, int(units)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
