"""Find the columns of SKUs and numbers by their headings."""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from reconciler.errors import InputError, Problem

TableRow = tuple[int, list[str]]


class Purpose(StrEnum):
    """The command that reads a table."""

    SET = "set"
    COUNT = "count"
    ADJUST = "adjust"

    @property
    def is_event(self) -> bool:
        """Whether the numbers are counts or adjustments, and not levels."""
        return self is not Purpose.SET


# Known headings, in lower case and without spaces and signs.
_SKU: Final = frozenset(
    {"sku", "skus", "skucode", "skunumber", "code", "itemcode", "itemsku", "itemnumber"}
    | {"variantsku", "productcode", "articlenumber", "articleno", "artikelnummer", "artikelnr"}
    | {"reference"}
)
_LEVEL: Final = frozenset(
    {"quantity", "qty", "quantityonhand", "qtyonhand", "onhand", "stock", "stocklevel"}
    | {"instock", "stockonhand", "inventory", "available", "units", "quantite", "cantidad"}
    | {"menge", "bestand", "lagerbestand", "istbestand", "anzahl", "stuck"}
    | {"physicalstock", "realstock", "actualstock", "actualquantity", "actualqty"}
    | {"newstock", "newquantity", "newqty", "inventoryquantity", "inventoryqty"}
    | {"variantinventory", "variantinventoryqty", "variantinventoryquantity"}
    | {"onhandcurrent"}
)
# Matrixify adds the name of a location to these.
_LEVEL_PREFIXES: Final = ("inventoryavailable", "inventoryonhand")
# A closed list, with the dots on its letters: `gezahlt` is paid, and an `Inventur-Nr.` is no number
# of pieces.
_COUNTED: Final = frozenset(
    {"count", "counted", "countqty", "countedqty", "countedquantity", "countedstock"}
    | {"countedunits", "qtycounted", "quantitycounted", "stockcounted", "unitscounted"}
    | {"stockcount", "physicalcount", "actualcount", "newcount", "cyclecount", "inventorycount"}
    | {"gezählt", "gezaehlt", "gezähltemenge", "zählmenge", "inventurmenge", "inventurbestand"}
)
_RECEIVED: Final = frozenset(
    {"received", "receivedqty", "receivedquantity", "qtyreceived", "quantityreceived"}
    | {"unitsreceived", "receivedunits", "delivered", "deliveredqty", "qtydelivered"}
    | {"quantitydelivered", "deliveredquantity", "adjust", "adjustment", "adjustby"}
    | {"adjustmentqty", "adjustmentquantity", "qtyadjustment", "quantityadjustment"}
    | {"geliefert", "geliefertemenge", "liefermenge", "wareneingang", "zugang"}
)
_ACCEPTED: Final = {
    Purpose.SET: (
        "Quantity, Qty, Stock, On hand, Available, Inventory, Variant Inventory Qty, or Bestand"
    ),
    Purpose.COUNT: "Counted, Physical count, or Inventurbestand",
    Purpose.ADJUST: "Received, Delivered, Adjust, or Wareneingang",
}
_SKU_ACCEPTED: Final = (
    "SKU, SKU code, Variant SKU, Code, Item number, Product code, or Artikelnummer"
)
_IS_WHAT: Final = {
    Purpose.SET: "a system's number",
    Purpose.COUNT: "what was counted",
    Purpose.ADJUST: "what came in",
}


class Columns(NamedTuple):
    """The columns of SKU and number.

    `left_empty` is the heading of an empty column for counts, or ''.
    """

    sku: int
    quantity: int
    left_empty: str = ""


def find_columns(
    path: str, line: int, titles: Sequence[str], rows: Sequence[TableRow], purpose: Purpose
) -> Columns:
    """Return the columns by their headings on *line*.

    Raises:
        InputError: No column or several match, or the table is for another command.
    """
    refuse = _Refusal(path, line)
    sku = [index for index, title in enumerate(titles) if _plain(title) in _SKU]
    if len(sku) != 1:
        raise refuse.columns(titles, sku, "SKU", _SKU_ACCEPTED)
    found = {one: [i for i, title in enumerate(titles) if _holds(title, one)] for one in Purpose}
    filled = {one: [i for i in found[one] if _is_filled(i, rows)] for one in Purpose}
    # An empty column for counts is ignored if another column has numbers of a system.
    usable = filled if purpose is not Purpose.SET else found | {purpose: _levels(titles, rows)}
    for other in Purpose:
        if other is not purpose and filled[other] and not (purpose.is_event and usable[purpose]):
            raise refuse.other(titles[filled[other][0]], other, purpose)
    if purpose.is_event and not filled[purpose] and found[purpose]:
        raise refuse.because(f"{titles[found[purpose][0]]} is empty. Fill it in, or delete it.")
    if len(usable[purpose]) != 1:
        raise refuse.columns(titles, usable[purpose], _IS_WHAT[purpose], _ACCEPTED[purpose])
    empty = next((titles[i] for i in found[Purpose.COUNT]), "")
    return Columns(sku[0], usable[purpose][0], "" if purpose.is_event else empty)


class _Refusal(NamedTuple):
    """Creates the errors of a row of headings."""

    path: str
    line: int

    def because(self, message: str) -> InputError:
        return InputError([Problem(self.path, self.line, 1, message)])

    def columns(
        self, titles: Sequence[str], found: Sequence[int], what: str, accepted: str
    ) -> InputError:
        """Return the error of no or several columns for *what*."""
        if found:
            names = " and ".join(titles[index] for index in found)
            return self.because(f"{names} can both be {what}. Rename or delete one of them.")
        there = ", ".join(filter(None, titles))
        return self.because(
            f"No column contains {what}. The first row must name the columns. Found: {there}."
            f" Accepted: {accepted}."
        )

    def other(self, title: str, other: Purpose, purpose: Purpose) -> InputError:
        """Return the error of a table for another command."""
        return self.because(
            f"{title} contains {_IS_WHAT[other]}, which `reconciler {other} --csv` takes. If it is"
            f" {_IS_WHAT[purpose]}, rename the column to {_ACCEPTED[purpose].partition(',')[0]}."
        )


def _levels(titles: Sequence[str], rows: Sequence[TableRow]) -> list[int]:
    """Return the columns of levels.

    Shopify's export has a column for the new number beside the current one.
    """
    named = [i for i, title in enumerate(titles) if _holds(title, Purpose.SET)]
    new = [i for i, title in enumerate(titles) if _plain(title) == "onhandnew"]
    return [i for i in new if _is_filled(i, rows)] or named


def _is_filled(index: int, rows: Sequence[TableRow]) -> bool:
    return any(len(cells) > index and cells[index].strip() for _, cells in rows)


def _holds(title: str, purpose: Purpose) -> bool:
    """Return whether a column with the heading *title* has numbers for *purpose*."""
    # The answer to a question like WooCommerce's `In stock?` is yes or no, and 1 is no quantity.
    if title.strip().endswith("?"):
        return False
    match purpose:
        case Purpose.COUNT:
            return _bare(title) in _COUNTED
        case Purpose.ADJUST:
            return _bare(title) in _RECEIVED
        case Purpose.SET:
            return _plain(title) in _LEVEL or _plain(title).startswith(_LEVEL_PREFIXES)


def _plain(title: str) -> str:
    """Return a heading in lower case, without accents, spaces, and signs."""
    split = unicodedata.normalize("NFKD", _bare(title))
    return "".join(c for c in split if not unicodedata.combining(c))


def _bare(title: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFC", title.casefold()))
