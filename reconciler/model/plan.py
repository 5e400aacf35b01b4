"""What apply would do, and what there is to say about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from reconciler.model.base import SettledSku
from reconciler.model.desired import Limit, Rule, Source
from reconciler.model.live import Requests, Target
from reconciler.model.stock import InventoryType, Stock


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


class Statement(StrEnum):
    """What a declared level says, given what its author knew."""

    SETTLED = "settled"
    COPY = "copy"
    COUNTED = "counted"
    TYPED = "typed"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Reference:
    """What the author of a level knew.

    `level` is the number that the new one is compared with: an observation (`is_observed`), or
    else `settled`, the level last settled; None if there is neither. `had` is what the shop had
    `at` that time (UTC, ISO 8601). `is_stale` says that something later is known, too.
    """

    statement: Statement
    level: Stock | None = None
    had: Stock | None = None
    at: str = ""
    is_observed: bool = False
    settled: Stock | None = None
    is_stale: bool = False

    @property
    def has_changed(self) -> bool:
        """Whether the level says something that no apply has dealt with."""
        return self.statement not in {Statement.SETTLED, Statement.COPY}


NO_KNOWLEDGE = Reference(Statement.NEW)


@dataclass(frozen=True, slots=True)
class Action:
    """One write: a SKU with its changes.

    `reference` is None where no base is known. `put_back` is how many units that the shop sold
    since then the write puts back on the shelf; below 0, how many that came in it takes away.
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
    RELEASED = "released"
    DRIFT = "drift"
    UNREAD = "unread"
    NOT_MANAGED = "not_managed"

    @property
    def is_error(self) -> bool:
        """Whether the YAML names something the store does not have or cannot tell apart."""
        return self in _ERRORS


_ERRORS = frozenset(
    {FindingKind.MISSING, FindingKind.AMBIGUOUS, FindingKind.RENAMED, FindingKind.REPLACED}
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something said, not written."""

    kind: FindingKind
    sku: str
    message: str
    source: Source | None


@dataclass(frozen=True, slots=True)
class Violation:
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


@dataclass(frozen=True, slots=True)
class Provenance:
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

    `unread` are declared SKUs that were not read on purpose, `recovered` those for which a dead
    apply's declaration counts as applied, `settled` those that are dealt with without a write.
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
    recovered: tuple[str, ...] = ()
    settled: tuple[SettledSku, ...] = ()
    tool_version: str = ""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return the findings that the YAML must answer for."""
        return tuple(finding for finding in self.findings if finding.kind.is_error)
