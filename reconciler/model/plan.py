"""What apply would do, and what there is to say about it."""

from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct, field

from reconciler.model.base import Recovered, SettledSku
from reconciler.model.desired import Limit, Rule
from reconciler.model.live import Requests, Target
from reconciler.model.source import Source
from reconciler.model.stock import InventoryType, Stock


class Change(NamedTuple):
    """One field, before and after."""

    field: str
    before: str | int | float | None
    after: str | int | float | None


class Cause(StrEnum):
    """Why an action is in the plan: a level, an event, the live stock, or level and stock both."""

    DECLARED = "declared"
    COUNTED = "counted"
    ADJUSTED = "adjusted"
    DRIFT = "drift"
    BOTH = "both"
    UNKNOWN = "unknown"


class Statement(StrEnum):
    """What a declared level says, given what its author knew."""

    SETTLED = "settled"
    COPY = "copy"
    TYPED = "typed"
    NEW = "new"


class Reference(Struct, frozen=True):
    """What the author of a level knew.

    `level` is the number that the new one is compared with: an observation (`is_observed`), or
    else `settled`, the level last settled; None if there is neither. `had` is what the shop had
    `at` that time (UTC, ISO 8601). `is_stale` says that something later is known, too. `added` are
    the units that applies have added since because of events (below 0: taken).
    """

    statement: Statement
    level: Stock | None = None
    had: Stock | None = None
    at: str = ""
    is_observed: bool = False
    settled: Stock | None = None
    is_stale: bool = False
    added: int = 0

    @property
    def has_changed(self) -> bool:
        """Whether the level says something that no apply has dealt with."""
        return self.statement not in {Statement.SETTLED, Statement.COPY}


NO_KNOWLEDGE = Reference(Statement.NEW)


class EventVerb(StrEnum):
    """What became of an event since the last apply."""

    COUNTED = "counted"
    RECOUNTED = "recounted"
    ADJUSTED = "adjusted"
    EDITED = "edited"
    TAKEN_BACK = "taken_back"
    SHORT = "short"


class EventChange(Struct, frozen=True):
    """One reason for a correction.

    `units` is what it adds (below 0: takes); of a count, the number that was counted. `was` is the
    number that was settled before it was edited. `at` is as the file has it, with its offset; of
    an event that is gone, UTC.
    """

    verb: EventVerb
    units: int
    reason: str
    at: str
    source: Source | None
    was: int | None


class SoldSince(Struct, frozen=True):
    """How many units of a SKU were sold since a count, in how many orders."""

    since: str
    units: int
    orders: int


class LedgerSku(Struct, frozen=True):
    """A SKU of the shop whose events are dealt with, and the keys that events have for it.

    It `is_released` if it had a level, and no file names it any more. `short` are units sold beyond
    what was counted, for which the shop has no number.
    """

    sku_id: str
    keys: tuple[str, ...]
    is_released: bool = False
    short: int = 0


class Action(Struct, frozen=True):
    """One write: a SKU with its changes.

    `reference` is None where no base is known. `put_back` is how many units that the shop sold
    since then the write puts back on the shelf; below 0, how many that came in it takes away. An
    action that `events` ask for has a `correction`: the units that it adds, whatever the shop has
    by then. It has none where a count makes an infinite SKU finite.
    """

    sku: str
    name: str
    target: Target
    rule: Rule
    cause: Cause
    before: Stock
    after: Stock
    reference: Reference | None
    put_back: int
    source: Source
    correction: int | None = None
    sold_since: SoldSince | None = None
    events: tuple[EventChange, ...] = ()

    @property
    def is_count(self) -> bool:
        """Whether a count is carried out, which may come out at 0."""
        return self.cause is Cause.COUNTED

    @property
    def changes(self) -> tuple[Change, ...]:
        """Return the fields that differ, by their names."""
        before, after = self.before, self.after
        changes = (
            Change("inventory_type", before.inventory_type, after.inventory_type),
            Change("quantity", before.quantity, after.quantity),
        )
        return tuple(change for change in changes if change.before != change.after)

    @property
    def units(self) -> int:
        """Return the units raised (below 0: lowered) if both are finite; a missing one is 0."""
        if self.before.inventory_type is not self.after.inventory_type:
            return 0
        return int(self.after.quantity or 0) - int(self.before.quantity or 0)

    @property
    def lowers(self) -> bool:
        """Whether fewer can be sold afterwards: from infinite to finite, or to a lower number."""
        if self.before.inventory_type is not self.after.inventory_type:
            return self.before.inventory_type is InventoryType.INFINITE
        return (self.before.quantity or 0) > (self.after.quantity or 0)


class FindingKind(StrEnum):
    """What a finding is about."""

    MISSING = "missing"
    REPLACED = "replaced"
    AMBIGUOUS = "ambiguous"
    RENAMED = "renamed"
    UNREADABLE = "unreadable"
    ARCHIVED = "archived"
    FROZEN = "frozen"
    OVERTAKEN = "overtaken"
    UNSETTLED = "unsettled"
    TOLD = "told"
    SHORT = "short"
    OWNED = "owned"
    UNCERTAIN = "uncertain"
    STALE_COUNT = "stale_count"
    NOT_YET = "not_yet"
    CONFLICTING = "conflicting"
    INCLUDED = "included"
    LOW = "low"
    RELEASED = "released"
    DRIFT = "drift"
    UNREAD = "unread"
    NOT_MANAGED = "not_managed"

    @property
    def is_error(self) -> bool:
        """Whether the SKU is skipped until a file changes or it is settled."""
        return self in _ERRORS


_ERRORS = frozenset(
    {FindingKind.MISSING, FindingKind.AMBIGUOUS, FindingKind.RENAMED, FindingKind.REPLACED}
    | {FindingKind.SHORT, FindingKind.OWNED, FindingKind.UNCERTAIN, FindingKind.STALE_COUNT}
    | {FindingKind.NOT_YET, FindingKind.CONFLICTING, FindingKind.UNSETTLED}
)


class Finding(Struct, frozen=True):
    """Something said, not written."""

    kind: FindingKind
    sku: str
    message: str
    source: Source | None


class LimitUse(Struct, frozen=True):
    """How much of a safety limit a plan uses, in the limit's own unit."""

    limit: Limit
    allowed: int
    found: int


class Violation(Struct, frozen=True):
    """One breach of a safety limit, in the limit's own unit."""

    limit: Limit
    allowed: int
    found: int
    message: str


class Summary(Struct, frozen=True):
    """The plan in numbers; units are of finite stock.

    `unread` SKUs were not read, as nothing would be written whatever they have; their units are
    those declared.
    """

    declared: int
    live_units: int
    to_change: int
    unchanged: int
    not_managed: int
    drifted: int
    drifted_units: int
    units_raised: int
    units_lowered: int
    zeroed: int
    unread: int = 0


class Provenance(Struct, frozen=True):
    """What a plan was made of: when, from which YAML, and since which base.

    `created_at` is an ISO date and time; `desired_digest` names the desired state, `head` the
    commit checked out, `base` the base (all None where git does not tell). `commits` are those
    from the base to the head, newest first, in a line each. A plan that is `offline` was made
    without asking the store: it shows, and is never applied. It was read between `read_at` and
    `read_until`, by the shop's own time.
    """

    created_at: str
    desired_digest: str
    head: str | None = None
    base: str | None = None
    base_date: str | None = None
    commits: tuple[str, ...] = ()
    offline: bool = False
    read_at: str = ""
    read_until: str = ""


class Place(Struct, frozen=True):
    """The product of a SKU, by the shop's ids of both."""

    sku_id: str
    product_id: str


class Plan(Struct, frozen=True):
    """Actions, findings and violations: what would be done, and nothing that does it.

    `unread` are SKUs that were not read on purpose, `recovered` is what became of writes in doubt,
    `settled` are the levels that are dealt with without a write, `ledgers` the SKUs whose events
    are dealt with, by a write or without. `places` are the products of all SKUs that are dealt
    with, where looking those up takes fewer requests than the whole listing.
    """

    store: str
    site_id: str
    provenance: Provenance
    actions: tuple[Action, ...]
    findings: tuple[Finding, ...]
    violations: tuple[Violation, ...]
    summary: Summary
    requests: Requests
    unread: tuple[str, ...] = ()
    recovered: Recovered = field(default_factory=Recovered)
    settled: tuple[SettledSku, ...] = ()
    ledgers: tuple[LedgerSku, ...] = ()
    places: tuple[Place, ...] = ()
    limits: tuple[LimitUse, ...] = ()
    tool_version: str = ""

    @property
    def sku_ids(self) -> frozenset[str]:
        """Return the shop's ids of the SKUs that are dealt with, by a write or without."""
        written = (one.target.sku_id for one in self.actions)
        settled = (one.sku_id for one in self.settled)
        booked = (one.sku_id for one in self.ledgers)
        return frozenset((*written, *settled, *booked, *self.recovered.told))

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return the findings that the YAML must answer for."""
        return tuple(finding for finding in self.findings if finding.kind.is_error)
