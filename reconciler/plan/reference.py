"""Find the reference of a level: what its author knew from the base and observations."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model import (
    NO_KNOWLEDGE,
    Base,
    Declared,
    DesiredState,
    Observation,
    Reference,
    Rule,
    SettledSku,
    Statement,
    Stock,
    Terms,
    finite,
)
from reconciler.plan.rules import with_added

_SEEN_TERMS = Terms(Rule.ON_CHANGE, None, "")


class Knowledge(Struct, frozen=True):
    """The last settled or observed level of a SKU, and what the shop had then."""

    declared: Declared
    settled: SettledSku

    @property
    def had(self) -> Stock:
        """Return the stock that the shop had."""
        return self.declared.stock if self.settled.had is None else self.settled.had

    @property
    def level(self) -> Stock:
        """Return the level that a new one is compared with.

        A level that was typed for another SKU doesn't count, so this is what the shop had then.
        """
        return self.had if self.settled.is_anew else self.declared.stock


class References:
    """The known levels of SKUs, by key, or by the shop's SKU id if the key is unknown.

    The plan, the check of a saved plan, and the next record all use this class. If two of them
    disagreed, sold units would come back.
    """

    def __init__(self, base: Base | None, desired: DesiredState) -> None:
        self._base = base
        self._declared = desired.declared
        self._levels: Mapping[str, Declared] = base.declared if base else {}
        self._gone: Mapping[str, Declared] = base.released if base else {}
        self._ledgers = {one.known_id: one for one in base.ledgers} if base else {}
        consumed = base.consumed if base else frozenset()
        self._seen = _Observed(one for one in desired.observations if one.id not in consumed)

    @property
    def has_base(self) -> bool:
        """Whether there is a base."""
        return self._base is not None

    def look_up(self, entry: Declared, sku_id: str | None) -> Reference | None:
        """Return what the author of the level of *entry* knew.

        *sku_id* is the shop's id of its SKU, if known. Returns None if there is neither a base nor
        an observation.
        """
        settled = self.find_settled(entry, sku_id)
        seen = self._seen.find(entry, sku_id)
        known = _later(settled, seen)
        if known is None:
            return NO_KNOWLEDGE if self.has_base else None
        reference = _refer(entry, known, settled, seen)
        known_id = sku_id or known.settled.sku_id
        added = self.find_added(known_id, reference.at, is_observed=reference.is_observed)
        return replace(reference, added=added) if added else reference

    def find_added(self, sku_id: str, at: str, *, is_observed: bool) -> int:
        """Return the units that events added since a level was settled, or observed *at* a time.

        The record drops what was added before its level was settled.
        """
        ledger = self._ledgers.get(sku_id)
        return ledger.corrected_since(at if is_observed else "") if ledger else 0

    def expect(self, entry: Declared, sku_id: str, reference: Reference | None) -> Stock:
        """Return the stock that the shop would have without sales: the level plus its events.

        A count since the level was settled replaces the level.
        """
        ledger = self._ledgers.get(sku_id)
        since = reference.at if reference else ""
        if ledger is not None and ledger.counted is not None and ledger.counted_at > since:
            return finite(ledger.counted + ledger.put_in)
        return with_added(entry.stock, reference)

    def is_known(self, entry: Declared, sku_id: str) -> bool:
        """Return whether the last record has the level of *entry* for this very SKU."""
        own = self._levels.get(entry.sku)
        if self._base is None or own is None or own.stock != entry.stock:
            return False
        settled = self._base.shop.get(entry.sku)
        return settled is not None and settled.sku_id == sku_id

    def find_plain(self, entry: Declared) -> str | None:
        """Return the shop's id ('' if unknown) of a SKU without new statements, else None.

        Almost all SKUs are like that: the same level, pin, and key, and no event or observation.
        """
        own = self._levels.get(entry.sku)
        if self._base is None or own is None or self._seen:
            return None
        if own.stock != entry.stock or own.terms.pin != entry.terms.pin:
            return None
        settled = self._base.shop.get(entry.sku)
        sku_id = settled.sku_id if settled is not None else entry.id or ""
        return None if sku_id in self._ledgers or (settled and settled.is_anew) else sku_id

    def find_settled(self, entry: Declared, sku_id: str | None) -> Knowledge | None:
        """Return the level of *entry* that an apply last settled, or None."""
        level = self._levels.get(entry.sku)
        own = self._know(level or self._gone.get(entry.sku))
        if own is not None and self._is_same(own, entry, sku_id):
            return own
        known_id = sku_id or entry.id
        if known_id and (by_id := self._by_id.get(known_id)) is not None:
            return self._know(by_id)
        # An unchanged level is no new statement about a SKU that its key is now pinned to.
        if level is not None and entry.id is not None and level.stock == entry.stock:
            return own
        return self._find_by_code(entry, known_id)

    def _know(self, level: Declared | None) -> Knowledge | None:
        """Return a level of the base with the record's data about its SKU."""
        if self._base is None or level is None:
            return None
        settled = self._base.shop.get(level.sku)
        if settled is None:
            settled = SettledSku(level.sku, level.id or "", None, self._base.at or self._base.date)
        return Knowledge(level, settled)

    @cached_property
    def _by_id(self) -> dict[str, Declared]:
        """The levels of the base by the shop's id of their SKU, if it is known."""
        shop = self._base.shop if self._base else {}
        levels = [*self._gone.values(), *self._levels.values()]
        ids = ((shop[one.sku].sku_id if one.sku in shop else one.id, one) for one in levels)
        return {sku_id: one for sku_id, one in ids if sku_id}

    @cached_property
    def _pinned_by_code(self) -> dict[str, Declared]:
        """The pinned levels of the base by the code in the shop."""
        return {one.code: one for one in self._levels.values() if one.terms.pin}

    def find_latest(self, entry: Declared, sku_id: str | None) -> Knowledge | None:
        """Return the level last settled, or an unconsumed observation if it is later."""
        return _later(self.find_settled(entry, sku_id), self._seen.find(entry, sku_id))

    def undeclared(self) -> Mapping[str, Knowledge]:
        """Return the last known state of keys that no file declares.

        They were released, or observed before they were declared.
        """
        levels = {**self._gone, **self._levels}
        gone = {key: self._know(one) for key, one in levels.items() if key not in self._declared}
        found = {key: one for key, one in gone.items() if one is not None}
        for key, one in self._seen.latest().items():
            earlier = found.get(key)
            if earlier is None or one.settled.at >= earlier.settled.at:
                found[key] = one
        return {key: one for key, one in found.items() if key not in self._declared}

    def is_of_another(self, entry: Declared, sku_id: str) -> bool:
        """Return whether the record has the level of *entry* for another SKU of the shop.

        The stock of that SKU says nothing about this one.
        """
        found = self.find_settled(entry, sku_id)
        return found is not None and found.settled.sku_id not in {"", sku_id}

    def is_replaced(self, entry: Declared, sku_id: str) -> bool:
        """Return whether the code of *entry* now belongs to another SKU of the shop."""
        own = self._know(self._levels.get(entry.sku))
        if own is None or entry.id is not None:
            return False
        return bool(own.settled.sku_id) and own.settled.sku_id != sku_id

    def is_unchanged(self, entry: Declared) -> bool:
        """Return whether the level of *entry* is the one last settled for its key."""
        own = self._levels.get(entry.sku)
        return own is not None and own.stock == entry.stock

    def _is_same(self, own: Knowledge, entry: Declared, sku_id: str | None) -> bool:
        known_id = sku_id or entry.id
        if known_id and own.settled.sku_id:
            return known_id == own.settled.sku_id
        # Without ids, only the code can decide.
        return own.declared.code == entry.code

    def _find_by_code(self, entry: Declared, known_id: str | None) -> Knowledge | None:
        """Return what a base without SKU ids (the YAML of a commit) has for *entry*."""
        named = self._know(self._levels.get(entry.code))
        if named is not None and not named.settled.sku_id:
            return named
        return self._know(self._pinned_by_code.get(entry.code)) if known_id is None else None


def _later(settled: Knowledge | None, seen: list[Knowledge]) -> Knowledge | None:
    """Return the latest knowledge: the newest observation, or the level settled since."""
    if settled is None or (seen and seen[0].settled.at >= settled.settled.at):
        return seen[0] if seen else settled
    return settled


def _refer(
    entry: Declared, known: Knowledge, settled: Knowledge | None, seen: list[Knowledge]
) -> Reference:
    """Return the reference of the level of *entry*, given what was *known* last."""
    if settled is not None and settled.declared.stock == entry.stock:
        return _make(Statement.SETTLED, settled, settled)
    copy = next((one for one in seen if one.declared.stock == entry.stock), None)
    if copy is not None:
        return replace(_make(Statement.COPY, copy, settled), is_stale=copy is not known)
    return _make(Statement.TYPED, known, settled)


def _make(statement: Statement, known: Knowledge, settled: Knowledge | None) -> Reference:
    level = settled.declared.stock if settled else None
    is_observed = known is not settled or known.settled.is_anew
    return Reference(statement, known.level, known.had, known.settled.at, is_observed, level)


class _Observed:
    """Observations that no apply has consumed, latest first, by key and by the shop's SKU id."""

    def __init__(self, observations: Iterable[Observation]) -> None:
        self._by_key: dict[str, list[Knowledge]] = {}
        self._by_id: dict[str, list[Knowledge]] = {}
        for one in sorted(observations, key=lambda one: one.seen_at, reverse=True):
            for key, seen in one.skus.items():
                declared = Declared(key, seen.stock, _SEEN_TERMS, 0)
                earlier = Knowledge(declared, SettledSku(key, seen.sku_id, None, one.seen_at))
                self._by_key.setdefault(key, []).append(earlier)
                self._by_id.setdefault(seen.sku_id, []).append(earlier)

    def __bool__(self) -> bool:
        return bool(self._by_key)

    def find(self, entry: Declared, sku_id: str | None) -> list[Knowledge]:
        """Return the observations of *entry*, latest first."""
        if not self._by_key:
            return []
        known_id = sku_id or entry.id
        named = self._by_key.get(entry.sku, [])
        if known_id is None:
            return named
        same = [one for one in named if one.settled.sku_id == known_id]
        return same or self._by_id.get(known_id, [])

    def latest(self) -> Mapping[str, Knowledge]:
        """Return the latest observation of each key."""
        return {key: seen[0] for key, seen in self._by_key.items()}


def select(declared: Mapping[str, Declared], before: Mapping[str, Declared]) -> set[str]:
    """Return the SKUs whose declaration differs from *before*, in any file."""
    return {
        sku
        for sku, entry in declared.items()
        if (earlier := before.get(sku)) is None
        or (entry.stock, *entry.terms[:2]) != (earlier.stock, *earlier.terms[:2])
    }
