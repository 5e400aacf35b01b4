"""Read stocks and orders so that they are consistent."""

from collections.abc import Callable, Collection, Mapping

from msgspec import Struct

from reconciler.errors import NotAuthorized, StoppedError, StoreError
from reconciler.model import LiveSku, Order, OrderBook, Stock
from reconciler.plan.sales import NEAR, count_sold_after_read, shift
from reconciler.webflow.client import StoreClient
from reconciler.webflow.orders import OrderReader

# How often a SKU is read again because an order came in between.
MAX_ROUNDS = 3
_SCOPE = "the token can't read orders. Give it the scope ecommerce:read"

ReadStocks = Callable[[Collection[LiveSku]], dict[str, Stock]]


class StocksAndOrders(Struct, frozen=True):
    """Stocks by SKU id, and the orders that explain them."""

    stocks: Mapping[str, Stock]
    orders: OrderBook | None


def read_stocks_and_orders(
    client: StoreClient,
    site_id: str,
    since: str | None,
    skus: Collection[LiveSku],
    read: ReadStocks,
) -> StocksAndOrders:
    """Return the stocks of *skus*, and the orders *since* a time (None: no orders are needed).

    Stocks and orders can't be read at the same time. So orders are read before and after the
    stocks, and a SKU that was ordered in between is read again.
    """
    if since is None:
        return StocksAndOrders(read(skus), None)
    reader = OrderReader(client, site_id, since)
    stocks: dict[str, Stock] = {}
    try:
        orders = _ask(reader.read)
        stocks = read(skus)
        restless: frozenset[str] = frozenset()
        for _ in range(MAX_ROUNDS):
            new = _ask(reader.read_new)
            restless = _ordered(new) & {sku.sku_id for sku in skus}
            if not new:
                break
            orders += new
            stocks |= read([sku for sku in skus if sku.sku_id in restless]) if restless else {}
    except _UnreadError as error:
        return StocksAndOrders(stocks or read(skus), OrderBook(fault=str(error)))
    return StocksAndOrders(stocks, OrderBook(_latest(orders), restless=restless))


def count_sold_since(
    client: StoreClient, site_id: str, sku_id: str, read_at: str, read_until: str
) -> int | None:
    """Return the units of a SKU sold after its stock was read; None if the orders can't tell."""
    if not read_at:
        return None
    try:
        orders = OrderReader(client, site_id, shift(read_at, -NEAR)).read()
    except StoreError:
        return None
    return count_sold_after_read(OrderBook(orders), sku_id, read_at, read_until)


class _UnreadError(Exception):
    """The orders can't be read. The text says why."""


def _ask(read: Callable[[], tuple[Order, ...]]) -> tuple[Order, ...]:
    """Return what *read* returns; raise _UnreadError if the orders can't be read."""
    try:
        return read()
    except StoppedError:
        raise
    except NotAuthorized:
        raise _UnreadError(_SCOPE) from None
    except StoreError as error:
        # The shop's error may contain personal data, so it is not repeated.
        status = getattr(error, "status", None)
        reason = f"status {status}" if status else "no valid answer"
        raise _UnreadError(f"the orders can't be read ({reason}). Plan again later") from None


def _ordered(orders: Collection[Order]) -> frozenset[str]:
    return frozenset(line.sku_id for order in orders for line in order.lines)


def _latest(orders: Collection[Order]) -> tuple[Order, ...]:
    """Return each order once, in its latest version."""
    return tuple({order.id: order for order in orders}.values())
