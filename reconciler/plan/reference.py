"""Declared SKU × base → what was declared of the same SKU, and how that has changed. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from reconciler.model import Cause, Declared, Stock


class Based(NamedTuple):
    """What the base declared of a SKU (None: it is new), and whether it was counted anew."""

    stock: Stock | None
    recounted: bool

    def has_changed(self, declared: Stock) -> bool:
        """Return whether the declaration is another than at the base."""
        return self.recounted or declared != self.stock

    def cause(self, declared: Stock, live: Stock) -> Cause:
        """Return why there is something to write for a SKU that is *live* now."""
        if not self.has_changed(declared):
            return Cause.DRIFT
        return Cause.DECLARED if self.stock is None or live == self.stock else Cause.BOTH


NEW = Based(None, recounted=False)


class BaseIndex:
    """Looks SKUs of the base up: by the store's own id, else by the code that the store shows.

    The key in YAML does not count: a pinned SKU may have any.
    """

    def __init__(self, declared: Mapping[str, Declared]) -> None:
        self._by_code = declared  # of those that no id pins, the key is the code
        pinned = [(pin, entry) for entry in declared.values() if (pin := entry.terms.pin)]
        self._by_id = {pin.id: entry for pin, entry in pinned}
        self._pinned_by_code = {pin.code: entry for pin, entry in pinned}

    def look_up(self, entry: Declared, sku_id: str) -> Based:
        """Return what the base declared of *entry*, which is the store's SKU *sku_id*.

        To add or to remove an `id` of the same SKU changes nothing; another id makes it new. To
        delete an `as_of` is no recount: it would re-add what was sold since.
        """
        before = self.find(entry, sku_id)
        if before is None:
            return NEW
        recounted = entry.as_of is not None and entry.as_of != before.as_of
        return Based(before.stock, recounted)

    def find(self, entry: Declared, sku_id: str | None) -> Declared | None:
        """Return what the base declared of *entry*; *sku_id* is the store's id, if it is known.

        The plan and the receipt both ask here: if they disagreed, sold units would come back.
        """
        known_id = sku_id or entry.id
        if known_id and (pinned := self._by_id.get(known_id)) is not None:
            return pinned
        named = self._by_code.get(entry.code)
        if named is not None and named.id is None:
            return named
        # Pinned at the base and not now: without an id, the code is all there is to go by.
        return self._pinned_by_code.get(entry.code) if known_id is None else None


def select(declared: Mapping[str, Declared], before: Mapping[str, Declared]) -> set[str]:
    """Return the SKUs whose declaration differs from the one *before*, wherever it stands."""
    return {
        sku
        for sku, entry in declared.items()
        if (earlier := before.get(sku)) is None
        or (entry.stock, *entry.terms[:3]) != (earlier.stock, *earlier.terms[:3])
    }
