"""The ledger: the settled events of each SKU."""

from typing import NamedTuple

from msgspec import Struct


class SettledEvent(NamedTuple):
    """An event as it was in the files when an apply last settled its SKU.

    `name` is its file below the store's folder, `key` the SKU's key in that file, and `settled_at`
    when the event was first settled. With `in_level`, a level was written while the event was in
    the files, so the event changes nothing any more.
    """

    name: str
    at: str
    is_count: bool
    units: int
    settled_at: str
    in_level: bool = False
    reason: str = ""
    key: str = ""


class Correction(NamedTuple):
    """Units that an apply added for events (below 0: removed), and when."""

    at: str
    units: int


class SkuLedger(Struct, frozen=True):
    """The settled events of one SKU of the shop. Times are UTC in ISO 8601.

    - `keys`: all keys that events have for it, the latest last
    - `counted`: the number of the count at `counted_at`
    - `put_in`: the sum of the adjustments added since that count
    - `level_at`: when an apply last wrote its level, or found it already right after a change
    - `short`: units sold beyond the count. They are subtracted from the next delivery.

    A ledger from `base set`, or from files alone, has no `sku_id`. Its SKU is found by its code, or
    else by `set_id`.
    """

    sku_id: str
    keys: tuple[str, ...] = ()
    counted_at: str = ""
    counted: int | None = None
    put_in: int = 0
    level_at: str = ""
    events: tuple[SettledEvent, ...] = ()
    corrections: tuple[Correction, ...] = ()
    short: int = 0
    set_id: str = ""

    @property
    def known_id(self) -> str:
        """Return the SKU id, or '' if unknown."""
        return self.sku_id or self.set_id

    def corrected_since(self, at: str) -> int:
        """Return the units added since this time."""
        return sum(one.units for one in self.corrections if one.at > at)
