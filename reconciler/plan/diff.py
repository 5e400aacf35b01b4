"""Stocks before × after → the changed fields of each SKU. Pure."""

from collections.abc import Mapping

from deepdiff import DeepDiff

from reconciler.model import Change, Stock


def changes_between(
    before: Mapping[str, Stock], after: Mapping[str, Stock]
) -> dict[str, tuple[Change, ...]]:
    """Return the changed fields of each SKU that differs; empty exactly when both are equal.

    Equal stocks are sorted out by `==` first: DeepDiff takes a hundred times as long to say so,
    and of fields side by side a fifth of what it takes for the same ones one level down.
    """
    differ = [sku for sku, stock in before.items() if stock != after[sku]]
    diff = DeepDiff(
        _fields({sku: before[sku] for sku in differ}),
        _fields({sku: after[sku] for sku in differ}),
        view="tree",
        ignore_private_variables=False,  # a SKU may start with __
        threshold_to_diff_deeper=0,  # however much differs, it is told field by field
    )
    found: dict[str, list[Change]] = {sku: [] for sku in differ}
    for items in diff.tree.values():
        for item in items:
            ((sku, field),) = item.path(output_format="list")
            found[sku].append(Change(field, item.t1, item.t2))
    return {
        sku: tuple(sorted(fields, key=lambda change: change.field)) for sku, fields in found.items()
    }


def _fields(stocks: Mapping[str, Stock]) -> dict[tuple[str, str], object]:
    return {
        (sku, field): value
        for sku, stock in stocks.items()
        for field, value in stock._asdict().items()
    }
