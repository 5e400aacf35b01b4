"""Find the statements about SKUs in one version of a store's file."""

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from reconciler.desired.loader import build_past
from reconciler.errors import InputError
from reconciler.model import Event, Stock, finite


class MentionKind(StrEnum):
    """The kind of a statement about a SKU."""

    LEVEL = "level"
    COUNT = "count"
    ADJUSTMENT = "adjustment"
    OBSERVATION = "observation"


class Mention(NamedTuple):
    """A statement about a SKU: a stock or units, its time, and its reason."""

    kind: MentionKind
    key: str
    stock: Stock | None = None
    units: int = 0
    at: str = ""
    reason: str = ""


def find_mentions(
    path: str, folder: str, content: bytes, keys: Collection[str] | None
) -> list[Mention]:
    """Return the statements of the file at *path*, of the store in *folder*, about *keys*.

    With None, about all SKUs. A version that can't be read has none, as it was never applied.
    """
    if keys is not None and not any(key.encode() in content for key in keys):
        return []
    try:
        said = build_past("", folder, [(path, content)])
    except InputError:
        return []

    def is_asked(key: str) -> bool:
        return keys is None or key in keys

    levels = (one for key, one in said.declared.items() if is_asked(key))
    seen = (
        Mention(MentionKind.OBSERVATION, key, sku.stock, at=one.seen_at)
        for one in said.observations
        for key, sku in one.skus.items()
        if is_asked(key)
    )
    return [
        *(Mention(MentionKind.LEVEL, one.sku, one.stock) for one in levels),
        *seen,
        *(_of_event(one) for one in said.events if is_asked(one.sku)),
    ]


def _of_event(event: Event) -> Mention:
    reason = event.file.reason
    if event.is_count:
        stock = finite(event.units)
        return Mention(MentionKind.COUNT, event.sku, stock, at=event.at, reason=reason)
    return Mention(MentionKind.ADJUSTMENT, event.sku, None, event.units, event.at, reason)
