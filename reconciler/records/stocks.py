"""Stocks in the JSON of a record: short, since there are thousands."""

from reconciler.model import INFINITE, Stock, finite

ShortStock = int | float | str | None


def shorten(stock: Stock) -> ShortStock:
    """Return a stock as `infinite` or its quantity, which may be missing."""
    return "infinite" if stock == INFINITE else stock.quantity


def lengthen(short: ShortStock) -> Stock:
    """Return the stock of its *short* form; raise ValueError if it is none."""
    if isinstance(short, str):
        if short != "infinite":
            raise ValueError(f"{short!a} is no stock.")
        return INFINITE
    return finite(short)
