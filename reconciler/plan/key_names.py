"""Resolve each event key to the SKU of the shop that it means.

A key means the SKU of the level with that key. Without a level, it means the live SKU with that
code. Without such a live SKU, it means the SKU that the record has for that key.
"""

from collections import defaultdict
from collections.abc import Iterable

from reconciler.model import (
    DesiredState,
    Event,
    Finding,
    FindingKind,
    LedgerSku,
    LiveSku,
    SkuLedger,
)
from reconciler.plan.match import Matches, find_shared, suggest_code
from reconciler.plan.settling import merge_ledgers


class Names:
    """The SKUs that keys mean, and findings for keys that mean none."""

    def __init__(
        self, listed: tuple[LiveSku, ...], matches: Matches, ledgers: Iterable[SkuLedger]
    ) -> None:
        self.listed = {live.sku_id: live for live in listed}
        self._by_code = {live.code: live for live in listed if live.code}
        self._shared = find_shared(listed) if len(self._by_code) < len(listed) else {}
        self._matches = matches
        self.ledgers = merge_ledgers((self._id_of(one), one) for one in ledgers)
        self._owners: dict[str, set[str]] = defaultdict(set)
        for sku_id, one in self.ledgers.items():
            for key in one.keys:
                self._owners[key].add(sku_id)
        self.findings: list[Finding] = []
        self.unclear: set[str] = set()
        """The SKUs that the record knows by a key which names none now."""
        self.moved: set[str] = set()
        """The SKUs that a key meant before, or means now, and the other way round not."""
        self._lost: dict[str, set[str]] = defaultdict(set)

    def resolve(self, key: str, desired: DesiredState, events: list[Event]) -> str:
        """Return the id of the SKU that *key* means, or '' if none.

        A key that names no SKU adds a finding, unless its level already has one.
        """
        sku_id = self._find(key, desired, events)
        for owner in self._owners.get(key, set()) - {sku_id}:
            if sku_id:
                self._lost[owner].add(key)
                self.moved |= {owner, sku_id}
            else:
                self.unclear.add(owner)
        return sku_id

    def note_blocked(self, sku_id: str, events: list[Event]) -> None:
        """Add a finding for *events* that wait because another key of the SKU has an error."""
        if sku_id and events:
            message = "Another key of this SKU has an error. Its events wait."
            self._note(FindingKind.CONFLICTING, message, events)

    def _find(self, key: str, desired: DesiredState, events: list[Event]) -> str:
        """Return the id of the SKU that *key* means now, or '' if none."""
        entry = desired.declared.get(key)
        if entry is None and key in self._shared:
            ids = ", ".join(one.sku_id for one in self._shared[key][:5])
            message = f"Several SKUs of the shop have this code: {ids}. Declare one with its `id`."
            self._note(FindingKind.AMBIGUOUS, message, events)
            return ""
        live = self._by_code.get(key) if entry is None else self._matches.live.get(key)
        if live is None:
            return "" if entry is not None else self._find_unlisted(key, events)
        owners = self._owners.get(key, set())
        is_pinned = entry is not None and entry.id is not None
        if owners and live.sku_id not in owners and not is_pinned:
            return self._resolve_replaced(key, min(owners), live, events)
        return live.sku_id

    def _find_unlisted(self, key: str, events: list[Event]) -> str:
        """Return the recorded id of a key that is no code anymore, or '' with a finding."""
        if owners := self._owners.get(key):
            return min(owners)
        near = suggest_code(key, self._by_code)
        advice = f"Did you mean {near}?" if near else "Correct it, or delete the line."
        self._note(FindingKind.MISSING, f"No SKU of the shop has this code. {advice}", events)
        return ""

    def _resolve_replaced(self, key: str, owner: str, live: LiveSku, events: list[Event]) -> str:
        """Return the id of the SKU that has the code now, or '' with a finding if that is unclear.

        It is clear if the SKU was counted since. It is also clear if all events are settled for
        this SKU under the key that it had before.
        """
        counted_at = self.ledgers[owner].counted_at
        own = self.ledgers.get(live.sku_id, SkuLedger(live.sku_id)).events
        known = {(one.at, one.is_count, one.units) for one in own}
        is_corrected = all((one.at, one.is_count, one.units) in known for one in events)
        if is_corrected or any(one.is_count and one.at > counted_at for one in events):
            return live.sku_id
        message = (
            f"This code now belongs to another SKU of the shop ({live.sku_id}). Its events were"
            f" for {owner}. Count the SKU, or declare the right one with its `id`. Units already"
            " added are not added again."
        )
        self._note(FindingKind.REPLACED, message, events)
        return ""

    def _note(self, kind: FindingKind, message: str, events: list[Event]) -> None:
        latest = max(events, key=lambda one: one.at)
        self.findings.append(Finding(kind, latest.sku, message, latest.source))

    def _id_of(self, ledger: SkuLedger) -> str:
        """Return the SKU id of a ledger.

        A ledger that comes from files alone has no id, so its SKU is found by code.
        """
        if ledger.sku_id:
            return ledger.sku_id
        for key in reversed(ledger.keys):
            live = self._matches.live.get(key) or self._by_code.get(key)
            if live is not None:
                return live.sku_id
        return ledger.set_id

    def keys_of(self, sku_id: str, events: Iterable[Event]) -> tuple[str, ...]:
        """Return all keys that a SKU ever had, except those that now mean another SKU."""
        ledger = self.ledgers.get(sku_id) or SkuLedger(sku_id)
        new = [one.sku for one in sorted(events, key=lambda one: one.at)]
        lost = self._lost.get(sku_id, set())
        kept = [key for key in ledger.keys if key not in new and key not in lost]
        others = (self._by_code.get(key) for key in kept)
        own = [
            key
            for key, live in zip(kept, others, strict=True)
            if live is None or live.sku_id == sku_id
        ]
        return tuple(dict.fromkeys((*own, *new)))

    def name_of(self, sku: LedgerSku, desired: DesiredState) -> str:
        """Return the display name of a SKU without a level."""
        # A key that a level uses for another SKU can't name this one.
        own = [key for key in sku.keys if key not in desired.declared]
        live = self.listed.get(sku.sku_id)
        code = live.code if live is not None else ""
        return (own or [code if code and code not in desired.declared else sku.sku_id])[-1]
