"""`reconciler sandbox sell`, `rename`, `restock`, `archive`, `delete`, and `add`."""

from datetime import datetime

import click

from reconciler.app.selling import add_sku, open_sandbox, sell_units
from reconciler.cli.console import Console
from reconciler.cli.params import TIME, GlobalFlags, shared_options
from reconciler.cli.streams import print_text
from reconciler.errors import UsageError
from reconciler.model import MAX_QUANTITY
from reconciler.sandbox.edits import archive_product, change_code, delete_sku, restock


@click.command("sell")
@click.argument("sales", nargs=-1, required=True, metavar="SKU[=N]…")
@click.option(
    "--at",
    type=TIME,
    metavar="TIME",
    help="Time of the order, for example 2026-11-20T14:30:00Z.  [default: now]",
)
@click.option("--refund", is_flag=True, help="Refund the order at once.")
@click.option("--pending", is_flag=True, help="Leave the payment pending.")
@shared_options
@click.pass_obj
def sell(
    flags: GlobalFlags, sales: tuple[str, ...], at: datetime | None, refund: bool, pending: bool
) -> int:
    """Place one order of N units (default 1) of each SKU.

    SKU is a code or an id of the shop.
    """
    if refund and pending:
        raise UsageError("A pending payment can't be refunded. Leave out --refund or --pending.")
    with open_sandbox(flags.one_store()) as shop:
        order_id = sell_units(
            shop, sales, Console(flags), at=at, status="pending" if pending else "unfulfilled"
        )
        if refund:
            shop.refund(order_id)
            print_text("Refunded the order.\n")
    return 0


@click.command("rename")
@click.argument("sku", metavar="SKU")
@click.argument("code", metavar="CODE")
@shared_options
@click.pass_obj
def rename(flags: GlobalFlags, sku: str, code: str) -> int:
    """Change the code of a SKU."""
    with open_sandbox(flags.one_store()) as shop:
        change_code(shop, sku, code)
    print_text(f"Renamed {sku} to {code}.\n")
    return 0


@click.command("restock")
@click.argument("sku", metavar="SKU")
@click.argument("quantity", type=click.IntRange(0, MAX_QUANTITY))
@shared_options
@click.pass_obj
def restock_(flags: GlobalFlags, sku: str, quantity: int) -> int:
    """Set the quantity of a SKU, as in the shop's editor."""
    with open_sandbox(flags.one_store()) as shop:
        restock(shop, sku, quantity)
    print_text(f"{sku} now has {quantity}.\n")
    return 0


@click.command("archive")
@click.argument("sku", metavar="SKU")
@shared_options
@click.pass_obj
def archive(flags: GlobalFlags, sku: str) -> int:
    """Archive the product of a SKU."""
    with open_sandbox(flags.one_store()) as shop:
        archive_product(shop, sku)
    print_text(f"Archived the product of {sku}.\n")
    return 0


@click.command("delete")
@click.argument("sku", metavar="SKU")
@shared_options
@click.pass_obj
def delete(flags: GlobalFlags, sku: str) -> int:
    """Delete a SKU, and its product if it has no other SKU."""
    with open_sandbox(flags.one_store()) as shop:
        delete_sku(shop, sku)
    print_text(f"Deleted {sku}.\n")
    return 0


@click.command("add")
@click.argument("entry", metavar="SKU=N")
@click.option("--like", metavar="SKU", help="Add it as a variant of this SKU's product.")
@shared_options
@click.pass_obj
def add(flags: GlobalFlags, entry: str, like: str | None) -> int:
    """Add a SKU with N units as a new product."""
    with open_sandbox(flags.one_store()) as shop:
        code, quantity = add_sku(shop, entry, like)
    print_text(f"Added {code} with {quantity} in stock.\n")
    return 0
