"""Ledger × approved writes → what became of the sales. Pure.

*wrong*: a write of a stock that was not approved for its SKU. *doubled*: a write that took effect
though the same stock had been written to the SKU and nothing had changed it since. *lost*: a
write over a sale that its writer could have read. *gap*: a write over a sale in the one round
trip between its writer's last read and itself, which the API leaves open.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from reconciler.model import Quantity
from reconciler.sandbox.database import Entry

LedgerStock = tuple[str, Quantity]


class Verdict(NamedTuple):
    """How many writes of each kind there were."""

    wrong: int = 0
    doubled: int = 0
    lost: int = 0
    gap: int = 0


def judge(ledger: Sequence[Entry], approved: Mapping[str, set[LedgerStock]]) -> Verdict:
    """Return what *ledger*, from the moment the plan was made, says of its writes.

    *approved* holds, by SKU id, the stocks (inventory type, quantity) that may be written.
    """
    verdict = Verdict()
    by_sku: dict[str, list[Entry]] = defaultdict(list)
    for entry in ledger:
        by_sku[entry.sku_id].append(entry)
    for sku_id, entries in by_sku.items():
        of_sku = _judge(entries, approved.get(sku_id, set()))
        verdict = Verdict(*map(sum, zip(verdict, of_sku, strict=True)))
    return verdict


def _judge(entries: Sequence[Entry], approved: set[LedgerStock]) -> Verdict:
    """Judge the writes of one SKU.

    Of the sales that no write has met yet, `sold` are all, and `hidden` those that came after the
    writer's last read with no write of its own in between: it could not know them.
    """
    wrong = doubled = lost = gap = 0
    sold = hidden = 0
    has_written = False
    written: LedgerStock | None = None
    for entry in entries:
        stock = entry.inventory_type, entry.quantity
        match entry.kind:
            case "sale":
                sold, written = sold + 1, None
                hidden += not has_written
            case "read":
                hidden, has_written = 0, False
            case "write":
                wrong += stock not in approved
                doubled += stock == written
                lost += sold > hidden
                gap += sold == hidden > 0
                sold, hidden, has_written, written = 0, 0, True, stock
    return Verdict(wrong, doubled, lost, gap)
