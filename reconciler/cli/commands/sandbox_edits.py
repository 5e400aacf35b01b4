"""`reconciler sandbox sell`, `rename`, `archive`, `delete`, and `add`: people in the shop."""

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
    help="When the order was accepted, like 2026-11-20T14:30:00Z.  [default: now]",
)
@click.option("--refund", is_flag=True, help="Refund the order at once.")
@click.option("--pending", is_flag=True, help="Leave the payment pending.")
@shared_options
@click.pass_obj
def sell(
    flags: GlobalFlags, sales: tuple[str, ...], at: datetime | None, refund: bool, pending: bool
) -> int:
    """Place one order of N units (1 if not said) of each SKU, as a customer would.

    SKU is the code that the store shows, or its id.
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
    """Give a SKU another code."""
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
    """Set the quantity of a SKU on its page: no order says why."""
    with open_sandbox(flags.one_store()) as shop:
        restock(shop, sku, quantity)
    print_text(f"{sku} has {quantity} now.\n")
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
    """Delete a SKU, and its product if that has no other SKU."""
    with open_sandbox(flags.one_store()) as shop:
        delete_sku(shop, sku)
    print_text(f"Deleted {sku}.\n")
    return 0


@click.command("add")
@click.argument("entry", metavar="SKU=N")
@click.option("--like", metavar="SKU", help="Add it to this SKU's product, as another variant.")
@shared_options
@click.pass_obj
def add(flags: GlobalFlags, entry: str, like: str | None) -> int:
    """Add a SKU with N units, as a product of its own."""
    with open_sandbox(flags.one_store()) as shop:
        code, quantity = add_sku(shop, entry, like)
    print_text(f"Added {code} with {quantity} in stock.\n")
    return 0
