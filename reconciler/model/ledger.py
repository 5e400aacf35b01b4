"""What applies have dealt with of the events of each SKU."""

from typing import NamedTuple

from msgspec import Struct


class SettledEvent(NamedTuple):
    """An event as it was in the files when an apply last dealt with its SKU.

    `name` is its file below the store's folder, `settled_at` when it was first dealt with. Where a
    level was written while it was in the files (`in_level`), it changes nothing any more. `key` is
    what the file calls the SKU.
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
    """Units that an apply added to a SKU because of events (below 0: took), and when."""

    at: str
    units: int


class SkuLedger(Struct, frozen=True):
    """The events of one SKU of the shop that applies have dealt with. Times are UTC, ISO 8601.

    `keys` are all that events had for it, the latest last. `counted` is the number of the count at
    `counted_at`, `put_in` the sum of the adjustments that were put in since, `level_at` when an
    apply last wrote its level or found it right after a change. `short` are units that were sold
    beyond what was counted: they are taken off what comes in next. A ledger that people have set,
    or that comes from files alone, has no `sku_id`: its SKU is found by its code again, and by its
    `set_id` if none has it.
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
        """Return the shop's id of the SKU, as far as it is known; '' if it is not."""
        return self.sku_id or self.set_id

    def corrected_since(self, at: str) -> int:
        """Return the units that were added since this time."""
        return sum(one.units for one in self.corrections if one.at > at)
