"""Stocks before × after → the changed fields of each SKU. Pure."""

from collections.abc import Mapping

from deepdiff import DeepDiff

from reconciler.model import Change, Stock


def changes_between(
    before: Mapping[str, Stock], after: Mapping[str, Stock]
) -> dict[str, tuple[Change, ...]]:
    """Return the changed fields of each SKU that differs; empty exactly when both are equal.

    Equal stocks are sorted out by `==` first: DeepDiff takes a hundred times as long to say so.
    """
    differ = [sku for sku, stock in before.items() if stock != after[sku]]
    diff = DeepDiff(
        {sku: before[sku]._asdict() for sku in differ},
        {sku: after[sku]._asdict() for sku in differ},
        view="tree",
        ignore_private_variables=False,  # a SKU may start with __
    )
    found: dict[str, list[Change]] = {sku: [] for sku in differ}
    for items in diff.tree.values():
        for item in items:
            sku, field = item.path(output_format="list")
            found[sku].append(Change(field, item.t1, item.t2))
    return {
        sku: tuple(sorted(fields, key=lambda change: change.field)) for sku, fields in found.items()
    }
