"""Find settled events that can be closed, and the sums that replace them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from msgspec import Struct

from reconciler.model import Event, SkuLedger
from reconciler.plan.sales import shift

CLOSED: Final = "closed adjustments"
"""The reason in a file of sums."""


class Closing(Struct, frozen=True):
    """The events to delete, and the sums that replace them.

    `sums` has the units by key. `at` is their time: that of the last event that they replace, or
    just after it.
    """

    gone: tuple[Event, ...]
    sums: Mapping[str, int]
    at: str


def find_closing(events: Sequence[Event], ledgers: Iterable[SkuLedger], long_ago: str) -> Closing:
    """Return the events that can be closed without changing any stock.

    These are events that a settled count includes. For SKUs that were never counted, they are
    settled adjustments from before *long_ago* (UTC, ISO 8601).
    """
    by_key = {key: one for one in ledgers for key in one.keys}
    gone: list[Event] = []
    folded: dict[str, list[Event]] = defaultdict(list)
    counted = {one.sku for one in events if one.is_count}
    for event in events:
        ledger = by_key.get(event.sku)
        if ledger is None:
            continue
        settled = {
            (one.name, one.at, one.is_count, one.units) for one in ledger.events if not one.in_level
        }
        if (event.file.name, event.at, event.is_count, event.units) not in settled:
            continue
        if event.at < ledger.counted_at:
            gone.append(event)
        elif not ledger.counted_at and event.sku not in counted and event.at < long_ago:
            folded[event.sku].append(event)
    several = {key: ones for key, ones in folded.items() if len(ones) > 1}
    at = max((one.at for ones in several.values() for one in ones), default="")
    sums = {key: sum(one.units for one in ones) for key, ones in several.items()}
    gone += (one for ones in several.values() for one in ones)
    # At the time of an event that a level includes, the sum would count as included too.
    in_level = {
        one.at for key in several for one in by_key[key].events if one.in_level and one.at >= at
    }
    while at in in_level:
        at = shift(at, timedelta(milliseconds=1))
    return Closing(tuple(gone), {key: units for key, units in sums.items() if units}, at)
