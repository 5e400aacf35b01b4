"""Events × the record × the listing → the events of each SKU of the shop.

Events are summed by SKU of the shop, and not by key: what is under an old and a new code adds up. A
key means what the level of that key means; without one, the live SKU of that code; without one, the
SKU that the record has for that key.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.model import (
    Base,
    Declared,
    DesiredState,
    Event,
    Finding,
    FindingKind,
    LedgerSku,
    LiveSku,
    Rule,
    SkuLedger,
    Source,
)
from reconciler.plan.ledger import Balance, compute_balance
from reconciler.plan.match import Matches, find_shared, suggest_code
from reconciler.plan.settling import without_keys


@dataclass(frozen=True, slots=True)
class Account:
    """The events of one SKU of the shop, and what they come to.

    `live` is None if the shop does not list it any more, `entry` if it has no level. It
    `is_released` if it had a level, and no file names it any more: nothing is taken back then.
    `has_lost_key` says that a key of its events means another SKU by now, and so do they.
    """

    sku_id: str
    live: LiveSku | None
    entry: Declared | None
    keys: tuple[str, ...]
    balance: Balance
    is_released: bool = False
    has_lost_key: bool = False
    name: str = ""

    @property
    def named(self) -> LedgerSku:
        """Return which SKU of the shop it is, and all keys that mean it."""
        return LedgerSku(self.sku_id, self.keys)

    @property
    def sku(self) -> str:
        """Return the key that people know it by."""
        return self.entry.sku if self.entry else self.name

    @property
    def source(self) -> Source:
        """Return where something is written about it."""
        events = self.balance.events
        if events:
            return max(events, key=lambda one: one.at).source
        if self.entry is not None:
            return self.entry.source
        gone = self.balance.ledger.events
        return Source(gone[-1].name if gone else "", 1)

    @property
    def is_unsettled(self) -> bool:
        """Whether its events ask for a write, or can't be dealt with."""
        if self.is_released:
            return False
        if self.entry is not None and self.entry.rule is not Rule.ON_CHANGE:
            return False
        if self.live is None:
            return self.balance.has_new
        return self.balance.fault is not None or self.balance.asks_for_write or self.is_in_doubt

    @property
    def is_in_doubt(self) -> bool:
        """Whether a write may have changed it, and no later count says what there is."""
        count, since = self.balance.count, self.balance.ledger.doubt_at
        return bool(since) and (count is None or count.at <= since)

    @property
    def sold_since(self) -> str:
        """Return the moment since which its orders matter, '' if they don't."""
        if self.balance.count is None or self.live is None or not self.is_unsettled:
            return ""
        return "" if self.balance.fault or self.is_in_doubt else self.balance.count.at


@dataclass(frozen=True, slots=True)
class Accounts:
    """All SKUs that events or the record name, by the shop's id, and keys that name none."""

    by_id: Mapping[str, Account] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def unsettled(self) -> frozenset[str]:
        """Return the ids of SKUs whose events are not dealt with."""
        return frozenset(one.sku_id for one in self.by_id.values() if one.is_unsettled)

    @property
    def counted(self) -> frozenset[str]:
        """Return the ids of SKUs that a new count is about."""
        return frozenset(one.sku_id for one in self.by_id.values() if one.balance.count)

    @property
    def sold_since(self) -> str | None:
        """Return the earliest moment since which orders matter; None if none do."""
        return min(filter(None, (one.sold_since for one in self.by_id.values())), default=None)


def open_accounts(
    desired: DesiredState, base: Base | None, listed: Iterable[LiveSku], matches: Matches, now: str
) -> Accounts:
    """Return the events of each SKU of the shop, and what they come to.

    *now* is the shop's own time: UTC, ISO 8601.
    """
    ledgers = base.ledgers if base else ()
    if not desired.events and not ledgers:
        return Accounts()
    names = _Names(tuple(listed), matches, ledgers)
    events: dict[str, list[Event]] = defaultdict(list)
    for key, ones in _by_key(desired.events).items():
        events[names.resolve(key, desired, ones)] += ones
    for ledger in ledgers:
        events.setdefault(names.id_of(ledger), [])
    # Where a key names no SKU, nothing is known of the one that it meant: it is left alone.
    for sku_id in ("", *names.unclear):
        names.note_blocked(sku_id, events.pop(sku_id, []))
    levels = {live.sku_id: key for key, live in matches.live.items() if live.sku_id in events}
    changed_at = _changed_at(base, events.keys())
    released = find_released_ids(base, desired)
    accounts = {}
    for sku_id, ones in events.items():
        ledger = names.ledgers.get(sku_id) or SkuLedger(sku_id)
        lost = names.replaced.get(sku_id, set())
        ledger = replace(without_keys(ledger, lost), level_at=changed_at.get(sku_id, ""))
        entry = desired.declared[levels[sku_id]] if sku_id in levels else None
        balance = compute_balance(ones, ledger, now)
        keys = names.keys_of(sku_id, ledger, ones)
        is_released = entry is None and not ones and sku_id in released
        live = names.listed.get(sku_id)
        # A key that a level has for another SKU is no name for this one.
        own = [key for key in (*ledger.keys, *keys) if key not in desired.declared]
        name = (own or [live.code if live and live.code else sku_id])[-1]
        accounts[sku_id] = Account(
            sku_id, live, entry, keys, balance, is_released, bool(lost), name
        )
    return Accounts(accounts, tuple(names.findings))


def _by_key(events: Iterable[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for one in events:
        found[one.sku].append(one)
    return found


def _changed_at(base: Base | None, ids: Iterable[str]) -> dict[str, str]:
    """Return when an apply last wrote the level of each SKU or found it right after a change."""
    wanted = set(ids)
    rows = base.shop.values() if base else ()
    found: dict[str, str] = {}
    for one in rows:
        if one.sku_id in wanted and one.level_at:
            found[one.sku_id] = max(one.level_at, found.get(one.sku_id, ""))
    return found


def find_released_ids(base: Base | None, desired: DesiredState) -> set[str]:
    """Return the ids of SKUs that had a level once and have none now."""
    if base is None:
        return set()
    gone = (base.declared.keys() | base.released.keys()) - desired.declared.keys()
    return {base.shop[key].sku_id for key in gone if key in base.shop}


class _Names:
    """Says which SKU of the shop a key means, and notes the keys that mean none."""

    def __init__(
        self, listed: tuple[LiveSku, ...], matches: Matches, ledgers: Iterable[SkuLedger]
    ) -> None:
        self.listed = {live.sku_id: live for live in listed}
        self._by_code = {live.code: live for live in listed if live.code}
        self._shared = find_shared(listed) if len(self._by_code) < len(listed) else {}
        self._matches = matches
        self._by_key = {key: one for one in ledgers for key in one.keys}
        self.ledgers = {self.id_of(one): one for one in ledgers}
        self.findings: list[Finding] = []
        self.unclear: set[str] = set()
        """The SKUs that the record knows by a key which names none now."""
        self.replaced: dict[str, set[str]] = defaultdict(set)
        """The keys by which the record knows a SKU, and which mean another one now."""

    def resolve(self, key: str, desired: DesiredState, events: list[Event]) -> str:
        """Return the id of the SKU that *key* means; '' if none, which is noted."""
        known = self._by_key.get(key)
        sku_id = self._find(key, known, desired, events)
        if known is not None and known.sku_id and known.sku_id != sku_id:
            if sku_id:
                self.replaced[known.sku_id].add(key)
            else:
                self.unclear.add(known.sku_id)
        return sku_id

    def note_blocked(self, sku_id: str, events: list[Event]) -> None:
        """Note the *events* of a SKU that has others under a key which names none now."""
        if sku_id and events:
            message = "another key of this SKU is an error, so its events wait"
            self._note(FindingKind.CONFLICTING, message, events)

    def _find(
        self, key: str, known: SkuLedger | None, desired: DesiredState, events: list[Event]
    ) -> str:
        """Return the id of the SKU that *key* means now; '' if none, which is noted."""
        entry = desired.declared.get(key)
        if entry is None and key in self._shared:
            ids = ", ".join(one.sku_id for one in self._shared[key][:5])
            message = f"several live SKUs have this code: {ids}. Declare one with its `id`"
            self._note(FindingKind.AMBIGUOUS, message, events)
            return ""
        live = self._by_code.get(key) if entry is None else self._matches.live.get(key)
        if live is None:
            return "" if entry is not None else self._find_unlisted(key, known, events)
        is_pinned = entry is not None and entry.id is not None
        if known is not None and not is_pinned and known.sku_id not in {"", live.sku_id}:
            return self._resolve_replaced(key, known, live, events)
        return live.sku_id

    def _find_unlisted(self, key: str, known: SkuLedger | None, events: list[Event]) -> str:
        """Return the id that the record has for a key which is no code any more; else note it."""
        if known is not None and known.sku_id:
            return known.sku_id
        near = suggest_code(key, self._by_code)
        advice = f"did you mean {near}?" if near else "correct it, or delete the line"
        self._note(FindingKind.MISSING, f"no live SKU has this code; {advice}", events)
        return ""

    def _resolve_replaced(
        self, key: str, known: SkuLedger, live: LiveSku, events: list[Event]
    ) -> str:
        """Return the SKU that has the code now, if it was counted since; else note the error."""
        if any(one.is_count and one.at > known.counted_at for one in events):
            return live.sku_id
        message = (
            f"the shop's SKU {live.sku_id} has this code now, and its events were for"
            f" {known.sku_id}. Count it, or declare the one that is meant with its `id`"
        )
        self._note(FindingKind.REPLACED, message, events)
        return ""

    def _note(self, kind: FindingKind, message: str, events: list[Event]) -> None:
        latest = max(events, key=lambda one: one.at)
        self.findings.append(Finding(kind, latest.sku, message, latest.source))

    def id_of(self, ledger: SkuLedger) -> str:
        """Return the id of a ledger's SKU; one that comes from files alone is found by its code."""
        if ledger.sku_id:
            return ledger.sku_id
        for key in reversed(ledger.keys):
            live = self._matches.live.get(key) or self._by_code.get(key)
            if live is not None:
                return live.sku_id
        return ""

    def keys_of(self, sku_id: str, ledger: SkuLedger, events: Iterable[Event]) -> tuple[str, ...]:
        """Return all keys that a SKU ever had, but those that are another SKU's code by now."""
        new = [one.sku for one in sorted(events, key=lambda one: one.at)]
        kept = [key for key in ledger.keys if key not in new]
        others = (self._by_code.get(key) for key in kept)
        own = [
            key
            for key, live in zip(kept, others, strict=True)
            if live is None or live.sku_id == sku_id
        ]
        return tuple(dict.fromkeys((*own, *new)))
