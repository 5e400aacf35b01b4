"""Group events and ledgers by the SKU of the shop that they belong to.

Events are summed per SKU of the shop, not per key, so events under an old and a new code add up.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Set

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model import (
    Base,
    Declared,
    DesiredState,
    Event,
    Finding,
    LedgerSku,
    LiveSku,
    Rule,
    SkuLedger,
    Source,
)
from reconciler.plan.key_names import Names
from reconciler.plan.ledger import Balance, compute_balance
from reconciler.plan.match import Matches
from reconciler.plan.settling import move_keys


class Account(Struct, frozen=True, kw_only=True):
    """The events of one SKU of the shop, and their balance.

    `live` is None if the shop no longer lists the SKU. `entry` is None if it has no level. `name`
    is its key in that case. `has_moved_key` is true if one of its keys meant another SKU before, or
    means another one now. `doubt_at` is the time until which a write in doubt may have been sent
    (UTC, ISO 8601), or '' without one. `folder` is the folder of the store.
    """

    sku: LedgerSku
    live: LiveSku | None
    entry: Declared | None
    balance: Balance
    name: str = ""
    has_moved_key: bool = False
    doubt_at: str = ""
    folder: str = ""

    @property
    def sku_id(self) -> str:
        """Return the shop's id of the SKU."""
        return self.sku.sku_id

    @property
    def is_released(self) -> bool:
        """Whether it had a level and no file names it anymore. Nothing is taken back then."""
        return self.sku.is_released

    @property
    def key(self) -> str:
        """Return the key of the SKU."""
        return self.entry.sku if self.entry else self.name

    @property
    def source(self) -> Source:
        """Return the place in the files to report for this SKU."""
        events = self.balance.events
        if events:
            return max(events, key=lambda one: one.at).source
        if self.entry is not None:
            return self.entry.source
        gone = self.balance.ledger.events
        return Source(f"{self.folder}/{gone[-1].name}" if gone else "", 1)

    @property
    def is_unsettled(self) -> bool:
        """Whether its events need a write or have an error."""
        if self.is_released:
            return False
        if self.entry is not None and self.entry.rule is not Rule.ON_CHANGE:
            return False
        if self.live is None:
            return self.balance.has_new
        return self.balance.fault is not None or self.balance.asks_for_write or self.is_in_doubt

    @property
    def is_owned(self) -> bool:
        """Whether it has a new event although its rule owns the number."""
        is_on_change = self.entry is None or self.entry.rule is Rule.ON_CHANGE
        return not is_on_change and self.live is not None and self.balance.has_new

    @property
    def is_in_doubt(self) -> bool:
        """Whether a write may have changed it and no later count settles the number."""
        count = self.balance.count
        return bool(self.doubt_at) and (count is None or count.at <= self.doubt_at)

    @property
    def sold_since(self) -> str:
        """Return the time since which its orders matter, or '' if they don't."""
        if self.balance.count is None or self.live is None or not self.is_unsettled:
            return ""
        return "" if self.balance.fault or self.is_in_doubt else self.balance.count.at


class Accounts(Struct, frozen=True):
    """All SKUs that events or the record name, by the shop's id.

    `findings` report keys that name no SKU. `unclear` holds the ids of SKUs that the record knows
    by such a key, so their events wait.
    """

    by_id: Mapping[str, Account] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    unclear: frozenset[str] = frozenset()

    @property
    def unsettled(self) -> frozenset[str]:
        """Return the ids of SKUs with unsettled events."""
        waiting = frozenset(one.sku_id for one in self.by_id.values() if one.is_unsettled)
        return waiting | self.unclear

    @property
    def owned(self) -> frozenset[str]:
        """Return the ids of SKUs that have a new event although their rule owns the number."""
        return frozenset(one.sku_id for one in self.by_id.values() if one.is_owned)

    @property
    def counted(self) -> frozenset[str]:
        """Return the ids of SKUs that have a new count."""
        return frozenset(one.sku_id for one in self.by_id.values() if one.balance.count)

    @property
    def sold_since(self) -> str | None:
        """Return the earliest time since which orders matter, or None if none do."""
        return min(filter(None, (one.sold_since for one in self.by_id.values())), default=None)


def open_accounts(
    desired: DesiredState, base: Base | None, listed: Iterable[LiveSku], matches: Matches, now: str
) -> Accounts:
    """Return the events of each SKU of the shop, and their balance.

    *now* is the time by the shop's clock: UTC, ISO 8601.
    """
    ledgers = base.ledgers if base else ()
    if not desired.events and not ledgers:
        return Accounts()
    names = Names(tuple(listed), matches, ledgers)
    events: dict[str, list[Event]] = defaultdict(list)
    for key, ones in _by_key(desired.events).items():
        events[names.resolve(key, desired, ones)] += ones
    for sku_id in names.ledgers:
        events.setdefault(sku_id, [])
    # If a key names no SKU now, the SKU that it meant before is left alone.
    for sku_id in ("", *names.unclear):
        names.note_blocked(sku_id, events.pop(sku_id, []))
    known = _Known.of(desired, base, matches, events.keys())
    named = {sku_id: known.name(sku_id, names, ones) for sku_id, ones in events.items()}
    moved = move_keys(names.ledgers, named.values())
    accounts = {}
    for sku_id, ones in events.items():
        ledger = moved.get(sku_id) or SkuLedger(sku_id)
        ledger = replace(ledger, level_at=known.changed_at.get(sku_id, ""))
        entry = desired.declared[known.levels[sku_id]] if sku_id in known.levels else None
        sku = named[sku_id]
        accounts[sku_id] = Account(
            sku=sku,
            live=names.listed.get(sku_id),
            entry=entry,
            balance=compute_balance(ones, ledger, now),
            name=names.name_of(sku, desired),
            has_moved_key=ledger.keys != sku.keys and sku_id in names.moved,
            doubt_at=known.doubts.get(sku_id, ""),
            folder=desired.folder,
        )
    return Accounts(accounts, tuple(names.findings), frozenset(names.unclear))


class _Known(Struct, frozen=True):
    """Facts about SKUs from the files and the record, by the shop's ids."""

    levels: Mapping[str, str]
    changed_at: Mapping[str, str]
    released: Set[str]
    doubts: Mapping[str, str]

    @classmethod
    def of(
        cls, desired: DesiredState, base: Base | None, matches: Matches, ids: Collection[str]
    ) -> "_Known":
        """Collect the facts about the SKUs *ids*."""
        levels = {live.sku_id: key for key, live in matches.live.items() if live.sku_id in ids}
        return cls(
            levels,
            _changed_at(base, levels, ids),
            find_released_ids(base, desired),
            _doubts(base),
        )

    def name(self, sku_id: str, names: Names, events: list[Event]) -> LedgerSku:
        """Return the SKU with all keys that mean it."""
        is_released = sku_id not in self.levels and not events and sku_id in self.released
        return LedgerSku(sku_id, names.keys_of(sku_id, events), is_released)


def _by_key(events: Iterable[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for one in events:
        found[one.sku].append(one)
    return found


def _changed_at(base: Base | None, levels: Mapping[str, str], ids: Iterable[str]) -> dict[str, str]:
    """Return when the level of each SKU was last written, found right after a change, or settled.

    A level that was settled by hand has no id yet, so *levels* gives its key by the SKU's id.
    """
    wanted = set(ids)
    found: dict[str, str] = {}
    if base is None:
        return found
    for one in base.shop.values():
        if one.sku_id in wanted and one.level_at:
            found[one.sku_id] = max(one.level_at, found.get(one.sku_id, ""))
    for sku_id, key in levels.items():
        row = base.shop.get(key)
        if row is not None and not row.sku_id and row.level_at:
            found.setdefault(sku_id, row.level_at)
    return found


def _doubts(base: Base | None) -> dict[str, str]:
    """Return the time until which the last write in doubt of each SKU may have been sent."""
    pending = sorted(base.pending if base else (), key=lambda one: one.over_at)
    return {one.sku_id: one.over_at for one in pending}


def find_released_ids(base: Base | None, desired: DesiredState) -> set[str]:
    """Return the ids of SKUs that once had a level and have none now."""
    if base is None:
        return set()
    gone = (base.declared.keys() | base.released.keys()) - desired.declared.keys()
    return {base.shop[key].sku_id for key in gone if key in base.shop}
