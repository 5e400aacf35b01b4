"""Levels × references × listing → the SKUs that no plan would write, so that none is read."""

from reconciler.model import Declared, DesiredState, LiveSku, Rule
from reconciler.plan.match import Matches
from reconciler.plan.reference import References


def find_resting(desired: DesiredState, references: References, matches: Matches) -> frozenset[str]:
    """Return the declared SKUs whose level writes nothing, whatever the shop has.

    Those are settled levels under `on_change`, copies of what the shop had, and all under
    `observe`. What events or a write in doubt ask for is another matter.
    """
    declared = desired.declared
    return frozenset(
        name for name, sku in matches.live.items() if rests(declared[name], sku, references)
    )


def rests(entry: Declared, sku: LiveSku, references: References) -> bool:
    """Return whether the level of one SKU writes nothing, whatever the shop has."""
    if entry.rule is Rule.OBSERVE:
        return True
    if entry.rule is not Rule.ON_CHANGE:
        return False
    if references.is_known(entry, sku.sku_id):  # almost all are, and need no rule to say so
        return True
    if references.is_replaced(entry, sku.sku_id) or references.is_of_another(entry, sku.sku_id):
        return False
    reference = references.look_up(entry, sku.sku_id)
    return reference is not None and not reference.has_changed and not reference.is_stale
