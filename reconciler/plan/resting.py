"""Find the SKUs that no plan would write, so their stock need not be read."""

from reconciler.model import Base, Declared, DesiredState, LiveSku, Recovered, Rule
from reconciler.plan.match import Matches
from reconciler.plan.recovery import with_recovered
from reconciler.plan.reference import References


def find_unneeded(desired: DesiredState, base: Base | None, matches: Matches) -> frozenset[str]:
    """Return the SKUs at rest, no matter how writes in doubt are resolved."""
    resting = find_resting(desired, References(base, desired), matches)
    if base is None or not base.pending:
        return resting
    landed = Recovered(landed=tuple(one.sku_id for one in base.pending))
    after = References(with_recovered(base, landed), desired)
    return resting & find_resting(desired, after, matches)


def find_resting(desired: DesiredState, references: References, matches: Matches) -> frozenset[str]:
    """Return the declared SKUs whose level writes nothing, whatever the shop has.

    These are settled levels under `on_change`, and copies of what the shop had. Levels under
    `observe` rest too, but a new number is read once to record what the shop had. Events and writes
    in doubt are not considered here.
    """
    declared = desired.declared
    return frozenset(
        name for name, sku in matches.live.items() if rests(declared[name], sku, references)
    )


def rests(entry: Declared, sku: LiveSku, references: References) -> bool:
    """Return whether the level of one SKU needs no write and no finding."""
    if entry.rule not in {Rule.ON_CHANGE, Rule.OBSERVE} or entry.terms.low is not None:
        return False  # `low` needs the live stock
    if references.is_known(entry, sku.sku_id):  # fast path: almost all are
        return True
    if references.is_replaced(entry, sku.sku_id) or references.is_of_another(entry, sku.sku_id):
        return False
    reference = references.look_up(entry, sku.sku_id)
    return reference is not None and not reference.has_changed and not reference.is_stale
