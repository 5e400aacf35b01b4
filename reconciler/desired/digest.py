"""Desired state → a hash of what it means. Pure."""

import hashlib

from reconciler.model import DesiredState


def compute_digest(desired: DesiredState) -> str:
    """Return a hash of what is declared: how files are laid out or commented does not change it."""
    hashed = hashlib.sha256()
    settings = desired.settings
    place = (settings.site_id, settings.backend.value, settings.sku_collection_id)
    limits = sorted((limit.value, str(bound)) for limit, bound in settings.limits.items())
    hashed.update(repr((*place, limits, settings.frozen)).encode())
    for sku in sorted(desired.declared):
        entry = desired.declared[sku]
        fields = (sku, str(entry.stock), entry.rule.value, entry.id, entry.code)
        hashed.update(repr(fields).encode())
    for event in sorted(desired.events, key=lambda one: (one.sku, one.file.name)):
        said = (event.sku, event.file.name, event.at, event.is_count, event.units)
        hashed.update(repr(said).encode())
    for one in sorted(desired.observations, key=lambda one: one.id):
        hashed.update(one.id.encode())
    return f"sha256:{hashed.hexdigest()}"
