"""Every noun that passes between the stages: plain frozen data, nothing foreign.

Nouns that come by the hundred thousand are named tuples, which cost a third of a frozen
dataclass to make; the others are frozen dataclasses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

Quantity = int | float | None
"""Whole for what is declared; a live one may also be fractional or missing (None)."""


class InventoryType(StrEnum):
    """Whether a SKU's units are counted."""

    FINITE = "finite"
    INFINITE = "infinite"


class Stock(NamedTuple):
    """Inventory type and quantity, one value: infinite/0 and finite/0 are opposite states.

    An infinite stock has no quantity; a live finite one may be missing it (None), or a fraction.
    """

    inventory_type: InventoryType
    quantity: Quantity

    @property
    def readable(self) -> bool:
        """Whether this stock says how many units there are, or that they are not counted."""
        return self.inventory_type is InventoryType.INFINITE or isinstance(self.quantity, int)

    def __str__(self) -> str:
        if self.inventory_type is InventoryType.INFINITE:
            return "infinite"
        return "no quantity" if self.quantity is None else str(self.quantity)


INFINITE = Stock(InventoryType.INFINITE, None)


def finite(quantity: Quantity) -> Stock:
    """Return the stock of *quantity* counted units."""
    return Stock(InventoryType.FINITE, quantity)


class Rule(StrEnum):
    """Who owns a SKU's number: git, the shop, or each under a condition."""

    EXACT = "exact"
    ON_CHANGE = "on_change"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    OBSERVE = "observe"


class Source(NamedTuple):
    """Where something is written: a path as given, and a line counted from 1."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class Pin(NamedTuple):
    """The store's own id that an entry names, and the code that the store shows for it."""

    id: str
    code: str


class Terms(NamedTuple):
    """How an entry is declared, which many of one file have in common: all but SKU and stock."""

    rule: Rule
    as_of: str | None
    pin: Pin | None
    path: str


class Declared(NamedTuple):
    """One SKU as YAML declares it, with rule and date already inherited.

    `sku` is the key in YAML. A store may have a hundred thousand of these, so the terms that they
    have in common are held once.
    """

    sku: str
    stock: Stock
    terms: Terms
    line: int

    @property
    def rule(self) -> Rule:
        """Return who owns the number."""
        return self.terms.rule

    @property
    def as_of(self) -> str | None:
        """Return the day of the count."""
        return self.terms.as_of

    @property
    def id(self) -> str | None:
        """Return the store's own id, where one is named."""
        return self.terms.pin.id if self.terms.pin else None

    @property
    def code(self) -> str:
        """Return the code that the store shows: the key, unless a pin says another."""
        return self.terms.pin.code if self.terms.pin else self.sku

    @property
    def source(self) -> Source:
        """Return where the SKU is declared."""
        return Source(self.terms.path, self.line)


class Backend(StrEnum):
    """What answers for a store: Webflow's API, or the embedded store."""

    WEBFLOW = "webflow"
    SANDBOX = "sandbox"


# A cell of a table that begins with one of these is computed by a spreadsheet; an apostrophe
# before it keeps it text.
FORMULA_STARTS = tuple("=+-@\t\r\n\0＝＋－＠")  # noqa: RUF001  full-width ones too


class Limit(StrEnum):
    """What a safety limit counts."""

    CHANGES = "max_changes"
    UNITS_RAISED = "max_units_raised"
    UNITS_LOWERED = "max_units_lowered"
    ZEROED = "max_zeroed"
    INVENTORY_TYPE_CHANGES = "max_inventory_type_changes"


class Bound(NamedTuple):
    """How much a limit allows: a number, or a share of it in percent."""

    number: int
    is_share: bool

    def __str__(self) -> str:
        return f"{self.number}%" if self.is_share else str(self.number)


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """What `store.yaml` says of one store."""

    name: str
    site_id: str
    backend: Backend = Backend.WEBFLOW
    token_env: str = "WEBFLOW_TOKEN"  # noqa: S105  the name of a variable, not a token
    sku_collection_id: str | None = None
    rule: Rule = Rule.EXACT
    limits: Mapping[Limit, Bound] = field(default_factory=dict)
    frozen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DesiredState:
    """What git says of one store: its settings and every declared SKU by its key."""

    settings: StoreSettings
    declared: Mapping[str, Declared]


class Pending(NamedTuple):
    """A write that an apply began and did not report: it may have landed or not.

    `declared` is what would hold then.
    """

    sku_id: str
    before: Stock
    after: Stock
    declared: Declared


@dataclass(frozen=True, slots=True)
class Base:
    """What was declared when the store was last applied: the desired state at a commit.

    `source` is the commit whose YAML it is; `commit` is the same, or the record of its apply.
    `pending` are the writes of an apply that began after it and never ended.
    """

    commit: str
    source: str
    date: str
    declared: Mapping[str, Declared]
    pending: tuple[Pending, ...] = ()


class LiveSku(NamedTuple):
    """One SKU of the store's listing; `code` is '' when it has none.

    `categories` are the ids of those that its product is in.
    """

    sku_id: str
    code: str
    name: str
    archived: bool
    product_id: str = ""
    product: str = ""
    categories: tuple[str, ...] = ()


class Target(NamedTuple):
    """The store's own address of a SKU."""

    collection_id: str
    sku_id: str


class Requests(NamedTuple):
    """What the plan cost in requests (`reads`), and how many `writes` there may be at most.

    `seconds` is what the `limit` a minute makes of it all; None where the store named none.
    """

    reads: int
    writes: int
    seconds: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class Listing:
    """Every SKU that the store lists, and the collection that holds them."""

    collection_id: str
    skus: tuple[LiveSku, ...]


@dataclass(frozen=True, slots=True)
class LiveState:
    """What the store says now: its listing, and each stock that was read, by id.

    `reads` is how many requests it took, `limit` how many a minute the store allows, if it said.
    """

    listing: Listing
    stocks: Mapping[str, Stock]
    reads: int
    limit: int | None


class Change(NamedTuple):
    """One field, before and after."""

    field: str
    before: str | int | float | None
    after: str | int | float | None


class Cause(StrEnum):
    """Why an action is in the plan: the declaration changed, the live stock did, or both."""

    DECLARED = "declared"
    DRIFT = "drift"
    BOTH = "both"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Action:
    """One write: a SKU with its changes."""

    sku: str
    name: str
    target: Target
    rule: Rule
    cause: Cause
    before: Stock
    after: Stock
    base: Stock | None
    source: Source
    changes: tuple[Change, ...]

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
    AMBIGUOUS = "ambiguous"
    RENAMED = "renamed"
    UNREADABLE = "unreadable"
    ARCHIVED = "archived"
    FROZEN = "frozen"
    OVERTAKEN = "overtaken"
    UNSETTLED = "unsettled"
    RELEASED = "released"
    DRIFT = "drift"
    UNREAD = "unread"
    NOT_MANAGED = "not_managed"

    @property
    def is_error(self) -> bool:
        """Whether the YAML names something the store does not have or cannot tell apart."""
        return self in {FindingKind.MISSING, FindingKind.AMBIGUOUS, FindingKind.RENAMED}


class Finding(NamedTuple):
    """Something said, not written."""

    kind: FindingKind
    sku: str
    message: str
    source: Source | None


class Violation(NamedTuple):
    """One breach of a safety limit, in the limit's own unit."""

    limit: Limit
    allowed: int
    found: int
    message: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The plan in numbers; units are of finite stock."""

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


class Provenance(NamedTuple):
    """What a plan was made of: when, from which YAML, and since which base.

    `created_at` is an ISO date and time; `desired_digest` names the desired state, `head` the
    commit checked out, `base` the base (all None where git does not tell). `commits` are those
    from the base to the head, newest first, in a line each. A plan that is `offline` was made
    without asking the store: it shows, and is never applied.
    """

    created_at: str
    desired_digest: str
    head: str | None = None
    base: str | None = None
    base_date: str | None = None
    commits: tuple[str, ...] = ()
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Actions, findings and violations: what would be done, and nothing that does it.

    `unread` are declared SKUs that were not read on purpose, `settled` those for which a dead
    apply's declaration counts as applied.
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
    settled: tuple[str, ...] = ()
    tool_version: str = ""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return the findings that the YAML must answer for."""
        return tuple(finding for finding in self.findings if finding.kind.is_error)


class DriftKind(StrEnum):
    """How a live stock differs from the declared one."""

    BROKEN = "broken"
    TYPE = "type"
    ROSE = "rose"
    UNREADABLE = "unreadable"
    SOLD = "sold"


class DriftRow(NamedTuple):
    """One declared SKU whose live stock differs."""

    sku: str
    name: str
    rule: Rule
    declared: Stock
    live: Stock
    kind: DriftKind
    source: Source


@dataclass(frozen=True, slots=True)
class Drift:
    """What of a store differs from what is declared; `declared` counts all SKUs."""

    store: str
    rows: tuple[DriftRow, ...]
    findings: tuple[Finding, ...]
    declared: int

    @property
    def unexplained(self) -> tuple[DriftRow, ...]:
        """Return the rows that selling does not explain."""
        return tuple(row for row in self.rows if row.kind is not DriftKind.SOLD)

    @property
    def sold(self) -> int:
        """Return how many units are gone that selling explains."""
        gone = (row for row in self.rows if row.kind is DriftKind.SOLD)
        return sum(int((row.declared.quantity or 0) - (row.live.quantity or 0)) for row in gone)


class Result(StrEnum):
    """What became of one action."""

    APPLIED = "applied"
    ALREADY = "already"
    MOVED = "moved"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one action: `found` is the live stock that decided it, where one was read."""

    sku: str
    result: Result
    before: Stock | None
    after: Stock | None
    found: Stock | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of all: outcomes in the order of the plan, and what ended the run, if it was."""

    store: str
    outcomes: tuple[Outcome, ...]
    stopped: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every action came about, and nothing ended the run."""
        done = {Result.APPLIED, Result.ALREADY}
        return self.stopped is None and all(o.result in done for o in self.outcomes)

    def count(self, result: Result) -> int:
        """Return how many outcomes have this result."""
        return sum(outcome.result is result for outcome in self.outcomes)
