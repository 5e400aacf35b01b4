"""Compute the digest of a desired state."""

import hashlib
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from reconciler.model import Declared, DesiredState

# The number of levels hashed at once. One by one takes twice as long.
_CHUNK: Final = 1000


def compute_digest(desired: DesiredState) -> str:
    """Return a hash of the declared state. Layout and comments of files don't change it."""
    hashed = hashlib.sha256()
    settings = desired.settings
    place = (settings.site_id, settings.backend.value, settings.sku_collection_id)
    limits = sorted((limit.value, str(bound)) for limit, bound in settings.limits.items())
    hashed.update(repr((*place, limits, settings.frozen)).encode())
    rows = _rows(desired.declared)
    while chunk := list(islice(rows, _CHUNK)):
        hashed.update(repr(chunk).encode())
    for event in sorted(desired.events, key=lambda one: (one.sku, one.file.name)):
        said = (event.sku, event.file.name, event.at, event.is_count, event.units)
        hashed.update(repr(said).encode())
    for one in sorted(desired.observations, key=lambda one: one.id):
        hashed.update(one.id.encode())
    return f"sha256:{hashed.hexdigest()}"


def _rows(declared: Mapping[str, Declared]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each level, in the order of the keys."""
    for sku in sorted(declared):
        stock, terms = declared[sku].stock, declared[sku].terms
        yield sku, stock.inventory_type.value, stock.quantity, terms.rule.value, terms.pin
