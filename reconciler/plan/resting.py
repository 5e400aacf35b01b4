"""Levels × references × listing → the SKUs that no plan would write, so that none is read."""

from reconciler.model import Base, Declared, DesiredState, LiveSku, Recovered, Rule
from reconciler.plan.match import Matches
from reconciler.plan.recovery import with_recovered
from reconciler.plan.reference import References


def find_unneeded(desired: DesiredState, base: Base | None, matches: Matches) -> frozenset[str]:
    """Return the SKUs that rest, whatever becomes of the writes that are in doubt."""
    resting = find_resting(desired, References(base, desired), matches)
    if base is None or not base.pending:
        return resting
    landed = Recovered(landed=tuple(one.sku_id for one in base.pending))
    after = References(with_recovered(base, landed), desired)
    return resting & find_resting(desired, after, matches)


def find_resting(desired: DesiredState, references: References, matches: Matches) -> frozenset[str]:
    """Return the declared SKUs whose level writes nothing, whatever the shop has.

    Those are settled levels under `on_change`, and copies of what the shop had. So it is under
    `observe`: a new number there is looked at once, to note what the shop had. What events or a
    write in doubt ask for is another matter.
    """
    declared = desired.declared
    return frozenset(
        name for name, sku in matches.live.items() if rests(declared[name], sku, references)
    )


def rests(entry: Declared, sku: LiveSku, references: References) -> bool:
    """Return whether the level of one SKU writes nothing and has nothing to say."""
    if entry.rule not in {Rule.ON_CHANGE, Rule.OBSERVE} or entry.terms.low is not None:
        return False  # a plan says of a SKU with `low` whether the shop has as few
    if references.is_known(entry, sku.sku_id):  # almost all are, and need no rule to say so
        return True
    if references.is_replaced(entry, sku.sku_id) or references.is_of_another(entry, sku.sku_id):
        return False
    reference = references.look_up(entry, sku.sku_id)
    return reference is not None and not reference.has_changed and not reference.is_stale
