"""Stocks in the JSON of a record, in a short form."""

from typing import Final

from reconciler.model import INFINITE, Stock, finite

ShortStock = int | float | str | None

# What to do about a record that can't be read.
START_OVER: Final = "If the shop has what is committed, run `reconciler base set HEAD`."


def shorten(stock: Stock) -> ShortStock:
    """Return `infinite`, or the quantity, which can be None."""
    return "infinite" if stock == INFINITE else stock.quantity


def lengthen(short: ShortStock) -> Stock:
    """Return the stock of its short form; raise ValueError if it is malformed."""
    if isinstance(short, str):
        if short != "infinite":
            raise ValueError(f"{short!a} is not a stock")
        return INFINITE
    return finite(short)
