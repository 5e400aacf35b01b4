"""One version of a store's file → what it says of some SKUs, if it can be read."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any, NamedTuple

from reconciler.desired.events import build_events, is_event_file
from reconciler.desired.observations import is_observation
from reconciler.desired.reader.text import read_document
from reconciler.model import Stock, finite
from reconciler.model.stock import INFINITE


class MentionKind(StrEnum):
    """What a file says of a SKU."""

    LEVEL = "level"
    COUNT = "count"
    ADJUSTMENT = "adjustment"
    OBSERVATION = "observation"


class Mention(NamedTuple):
    """What a file says of a SKU: a stock, or units; when it happened, and why."""

    kind: MentionKind
    key: str
    stock: Stock | None = None
    units: int = 0
    at: str = ""
    reason: str = ""


def find_mentions(path: str, folder: str, content: bytes, keys: Collection[str]) -> list[Mention]:
    """Return what the file at *path*, of the store in *folder*, says of the SKUs *keys*.

    A version that can't be read says nothing: it never was in force.
    """
    if not any(key.encode() in content for key in keys):
        return []
    is_event = is_event_file(path, folder)
    document = read_document(path, content, has_signs=is_event)
    data = document.data
    if document.problems or not isinstance(data, dict) or not isinstance(data.get("skus"), dict):
        return []
    try:
        if is_event:
            events = build_events(document, folder, [], is_past=True)
            return [
                Mention(
                    MentionKind.COUNT if one.is_count else MentionKind.ADJUSTMENT,
                    one.sku,
                    finite(one.units) if one.is_count else None,
                    0 if one.is_count else one.units,
                    one.at,
                    one.file.reason,
                )
                for one in events
                if one.sku in keys
            ]
        kind = MentionKind.OBSERVATION if is_observation(path, folder) else MentionKind.LEVEL
        at = str(data.get("seen_at", ""))
        stocks = {key: _stock(data["skus"][key]) for key in keys if key in data["skus"]}
    except (ValueError, TypeError, KeyError, AttributeError):
        return []
    return [Mention(kind, key, stock, 0, at) for key, stock in stocks.items() if stock is not None]


def _stock(entry: Any) -> Stock | None:
    quantity = entry.get("quantity") if isinstance(entry, dict) else entry
    if quantity == "infinite":
        return INFINITE
    return finite(quantity) if isinstance(quantity, int) else None
