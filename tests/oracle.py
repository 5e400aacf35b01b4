"""Judge a ledger by the approved writes: were sales overwritten?

*wrong*: a write of a stock that was not approved for the SKU. *doubled*: a write that repeats the
last write although no sale came in between. *lost*: a write over a sale that the writer could have
read. *gap*: a write over a sale in the round trip between the writer's last read and the write. The
API can't prevent it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from reconciler.model import Quantity
from reconciler.sandbox.database import Entry

LedgerStock = tuple[str, Quantity]


class Verdict(NamedTuple):
    """The number of writes of each kind."""

    wrong: int = 0
    doubled: int = 0
    lost: int = 0
    gap: int = 0


def judge(ledger: Sequence[Entry], approved: Mapping[str, set[LedgerStock]]) -> Verdict:
    """Count the faulty writes in *ledger*, which starts when the plan is created.

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

    `sold` counts the sales since the last write. `hidden` counts those of them that came after the
    writer's last read with no write in between: the writer could not know them.
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
