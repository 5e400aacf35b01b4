"""Declared SKU × base → what was declared of the same SKU, and how that has changed. Pure."""

from collections.abc import Mapping
from functools import cached_property
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
    """Looks SKUs of the base up, by the id that pins them or by their key."""

    def __init__(self, declared: Mapping[str, Declared]) -> None:
        self._declared = declared

    @cached_property
    def _by_id(self) -> dict[str, Declared]:
        return {entry.id: entry for entry in self._declared.values() if entry.id is not None}

    def look_up(self, entry: Declared, sku_id: str) -> Based:
        """Return what the base declared of *entry*, which is the store's SKU *sku_id*.

        To add or to remove an `id` of the same SKU changes nothing; another id makes it new. To
        delete an `as_of` is no recount: it would re-add what was sold since.
        """
        before = self._find(entry)
        if before is None or before.id not in {None, sku_id}:
            return NEW
        recounted = entry.as_of is not None and entry.as_of != before.as_of
        return Based(before.stock, recounted)

    def _find(self, entry: Declared) -> Declared | None:
        if entry.id is not None and (pinned := self._by_id.get(entry.id)) is not None:
            return pinned
        return self._declared.get(entry.sku)
