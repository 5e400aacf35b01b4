"""Decide which levels to write, and report the others."""

from collections.abc import Collection, Iterable

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model import (
    Action,
    Cause,
    Declared,
    DesiredState,
    Finding,
    LiveSku,
    LiveState,
    Reference,
    Rule,
    SettledSku,
    Stock,
    StoreSettings,
    Target,
)
from reconciler.plan.accounts import Accounts
from reconciler.plan.findings import archived, conflicting, frozen, left_alone, replaced, unreadable
from reconciler.plan.match import gone
from reconciler.plan.naming import Named
from reconciler.plan.reference import References
from reconciler.plan.rules import aim, count_put_back, is_frozen


class Differing(Struct):
    """A SKU whose level must be written."""

    entry: Declared
    sku: LiveSku
    before: Stock
    after: Stock
    reference: Reference | None


class Judged(Struct):
    """The levels to write, the findings, and the totals of the declared SKUs."""

    differing: list[Differing] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    settled: list[SettledSku] = field(default_factory=list)
    count: int = 0
    unread: int = 0
    live_units: int = 0
    drifted: int = 0
    drifted_units: int = 0
    conflicting_ids: frozenset[str] = frozenset()
    counted_ids: frozenset[str] = frozenset()
    replaced_ids: set[str] = field(default_factory=set)

    @property
    def blocked_ids(self) -> frozenset[str]:
        """Return the shop's ids of SKUs whose level is an error, so their events wait."""
        return self.conflicting_ids | self.replaced_ids

    @property
    def written_ids(self) -> frozenset[str]:
        """Return the shop's ids of SKUs whose level is written."""
        return frozenset(one.sku.sku_id for one in self.differing)


def judge_levels(
    desired: DesiredState,
    live: LiveState,
    references: References,
    unread: Collection[str],
    named: Named,
) -> Judged:
    """Decide for each matched SKU whether to write it, settle it, or report it.

    The level of a SKU with unsettled events is not written. The stock of SKUs that are *unread* or
    at rest may be unknown.
    """
    judged = Judged(counted_ids=named.accounts.counted)
    declared, stocks = desired.declared, live.stocks
    in_doubt = frozenset(one.sku_id for one in named.pending)
    is_offline = live.orders is not None and live.orders.is_offline  # offline plans settle nothing
    units = 0
    for name, sku in named.matches.live.items():
        entry, stock = declared[name], stocks.get(sku.sku_id)
        if stock is None:
            if name in named.resting:
                units += _let_rest(judged, entry, sku, references)
            else:
                units += _pass_over(judged, entry, is_unread=name in unread)
            continue
        judged.count += 1
        if type(stock.quantity) is int:
            units += stock.quantity
        if sku.sku_id in in_doubt:
            _judge_in_doubt(judged, entry, sku, stock, named)
            continue
        # Fast path: of 100,000 SKUs, almost all are as declared and need no rule.
        if stock == entry.stock and not sku.archived:
            if not (is_offline or references.is_known(entry, sku.sku_id)):
                _settle_equal(judged, entry, sku, references, live.now)
            continue
        _judge(judged, desired.settings, entry, sku, stock, references)
    judged.live_units = units
    _leave_to_events(judged, named.accounts)
    return judged


def _leave_to_events(judged: Judged, accounts: Accounts) -> None:
    """Drop levels to write whose events are unsettled or an error."""
    if accounts.unsettled:
        _take_out_conflicting(judged, accounts.unsettled)
    owned = accounts.owned
    judged.differing = [one for one in judged.differing if one.sku.sku_id not in owned]


def _judge_in_doubt(
    judged: Judged, entry: Declared, sku: LiveSku, before: Stock, named: Named
) -> None:
    """Skip a SKU with a write in doubt, unless it was counted since.

    A later count includes the level, whether the write landed or not.
    """
    if sku.sku_id in named.counted_since:
        judged.settled.append(_settled(entry, sku, before, None))


def _pass_over(judged: Judged, entry: Declared, *, is_unread: bool) -> int:
    """Return the declared units of an unread SKU, or report that its stock is missing."""
    if is_unread:
        return count_units(entry.stock)
    judged.findings.append(gone(entry))
    return 0


def _let_rest(judged: Judged, entry: Declared, sku: LiveSku, references: References) -> int:
    """Settle the level of a SKU that was not read, and return its declared units."""
    judged.unread += 1
    if sku.archived:
        judged.findings.append(archived(entry))
    if not references.is_known(entry, sku.sku_id):
        reference = references.look_up(entry, sku.sku_id)
        if reference is not None:
            judged.settled.append(_settled(entry, sku, entry.stock, reference))
    return count_units(entry.stock)


def _take_out_conflicting(judged: Judged, unsettled_ids: Collection[str]) -> None:
    """Report levels whose events are unsettled instead of writing them."""
    clashing = [one for one in judged.differing if one.sku.sku_id in unsettled_ids]
    judged.conflicting_ids = frozenset(one.sku.sku_id for one in clashing)
    judged.findings += (conflicting(one.entry, one.reference) for one in clashing)
    judged.differing = [one for one in judged.differing if one.sku.sku_id not in unsettled_ids]


def _settle_equal(
    judged: Judged, entry: Declared, sku: LiveSku, references: References, now: str
) -> None:
    """Settle a level that the shop already has, unless its code went to another SKU."""
    if _is_left_to_another(judged, entry, sku, entry.stock, references):
        return
    reference = references.look_up(entry, sku.sku_id)
    level_at = now if reference is not None and reference.has_changed else ""
    judged.settled.append(SettledSku(entry.sku, sku.sku_id, level_at=level_at))


def _judge(
    judged: Judged,
    settings: StoreSettings,
    entry: Declared,
    sku: LiveSku,
    before: Stock,
    references: References,
) -> None:
    """Add to *judged* the write or the findings for one SKU with the stock *before*."""
    findings = judged.findings
    if _is_left_to_another(judged, entry, sku, before, references):
        return
    reference = references.look_up(entry, sku.sku_id)
    after = aim(entry.rule, entry.stock, reference, before)
    if sku.archived:
        findings.append(archived(entry))
    if not before.readable:
        findings.append(unreadable(entry, before, is_kept=before == after))
    if before != after and is_frozen(entry.sku, settings):
        findings.append(frozen(entry, before, after))
        return
    if before != after:
        judged.differing.append(Differing(entry, sku, before, after, reference))
        return
    if not references.is_known(entry, sku.sku_id):
        judged.settled.append(_settle_unwritten(entry, sku, before, reference, references))
    expected = references.expect(entry, sku.sku_id, reference)
    if before not in (expected, entry.stock) and before.readable:
        judged.drifted += 1
        judged.drifted_units += _below(expected, before)
        findings.append(left_alone(entry, before, reference))


def _settle_unwritten(
    entry: Declared,
    sku: LiveSku,
    live: Stock,
    reference: Reference | None,
    references: References,
) -> SettledSku:
    """Return the settled state of a SKU that was read and is not written."""
    if references.is_of_another(entry, sku.sku_id):
        return replace(_settled(entry, sku, live, None), is_anew=True)
    return _settled(entry, sku, live, reference)


def _settled(entry: Declared, sku: LiveSku, live: Stock, reference: Reference | None) -> SettledSku:
    """Return the settled state of a SKU that needs no write.

    If its level is unchanged, the earlier state stays, whatever the shop sold since.
    """
    had, at = live, ""
    if reference is not None and not reference.has_changed:
        had, at = reference.had or entry.stock, reference.at
    is_declared = had == entry.stock or not had.readable
    return SettledSku(entry.sku, sku.sku_id, None if is_declared else had, at)


def _is_left_to_another(
    judged: Judged, entry: Declared, sku: LiveSku, before: Stock, references: References
) -> bool:
    """Return whether the code of *entry* now belongs to *sku*, so its level is not written.

    An unchanged level is settled for that SKU once it is counted. Otherwise the SKU is reported.
    """
    if entry.rule is not Rule.ON_CHANGE or not references.is_replaced(entry, sku.sku_id):
        return False
    if sku.sku_id in judged.counted_ids and references.is_unchanged(entry):
        judged.settled.append(_settled(entry, sku, before, None))
    else:
        judged.replaced_ids.add(sku.sku_id)
        judged.findings.append(replaced(entry, sku))
    return True


def find_cause(reference: Reference | None, live: Stock) -> Cause:
    """Return the cause of a write for a SKU with the stock *live*."""
    if reference is None:
        return Cause.UNKNOWN
    if not reference.has_changed:
        return Cause.DRIFT
    return Cause.DECLARED if reference.had in {None, live} else Cause.BOTH


def make_actions(differing: Iterable[Differing], live: LiveState) -> tuple[Action, ...]:
    """Return the action for each level to write."""
    return tuple(
        Action(
            sku=each.entry.sku,
            name=each.sku.name,
            target=Target(live.listing.collection_id, each.sku.sku_id),
            rule=each.entry.rule,
            cause=find_cause(each.reference, each.before),
            before=each.before,
            after=each.after,
            reference=each.reference,
            put_back=count_put_back(each.reference, each.before, each.after),
            source=each.entry.source,
        )
        for each in differing
    )


def count_units(stock: Stock) -> int:
    """Return the quantity of a stock, or 0 if it is not a whole number."""
    return stock.quantity if isinstance(stock.quantity, int) else 0


def _below(declared: Stock, live: Stock) -> int:
    """Return by how many units *live* is below *declared*, or 0 if either is not a whole number."""
    if isinstance(declared.quantity, int) and isinstance(live.quantity, int):
        return max(0, declared.quantity - live.quantity)
    return 0
