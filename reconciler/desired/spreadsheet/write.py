"""Write a table for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Mapping

from reconciler.desired.spreadsheet.formulas import FORMULA_STARTS
from reconciler.model import Declared, InventoryType, Stock

# Spreadsheets recognize UTF-8 by this mark.
_MARK = "\ufeff"


def render_table(
    declared: Iterable[Declared], live: Mapping[str, Stock] | None, delimiter: str = ","
) -> str:
    """Return a row for each SKU: an empty column for counts, and *live* stock if given."""
    text = io.StringIO()
    # All cells are quoted, so a delimiter in a code can't split it.
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    titles = ["SKU", "Quantity", *(["Live now"] if live is not None else [])]
    writer.writerow([*titles, "Counted", "Rule", "File"])
    for entry in declared:
        cells = [entry.sku, _stock(entry.stock)]
        if live is not None:
            cells.append(_stock(live.get(entry.sku)))
        cells += ["", entry.rule.value, entry.terms.path]
        writer.writerow([_inert(cell) for cell in cells])
    return _MARK + text.getvalue()


def _stock(stock: Stock | None) -> str:
    if stock is None:
        return ""
    if stock.inventory_type is InventoryType.INFINITE:
        return "infinite"
    return "" if stock.quantity is None else str(stock.quantity)


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.lstrip("'").startswith(FORMULA_STARTS) else cell
