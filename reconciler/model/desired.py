"""The desired state of one store, as its YAML files declare it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct, field

from reconciler.model.events import Event
from reconciler.model.source import Source
from reconciler.model.stock import Stock


class Rule(StrEnum):
    """The rule that decides whether a level is written."""

    EXACT = "exact"
    ON_CHANGE = "on_change"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    OBSERVE = "observe"


class Pin(NamedTuple):
    """The SKU id of a pinned entry, and the code of that SKU in the shop."""

    id: str
    code: str


class Terms(NamedTuple):
    """The fields of an entry that many entries of a file share: all but SKU, stock, and line.

    A plan names a SKU whose stock is `low` or less.
    """

    rule: Rule
    pin: Pin | None
    path: str
    low: int | None = None


class Declared(NamedTuple):
    """The declared level of one SKU, with its inherited rule.

    `sku` is the key in YAML. Entries share their `terms`, because a store can have 100 000 entries.
    """

    sku: str
    stock: Stock
    terms: Terms
    line: int

    @property
    def rule(self) -> Rule:
        """Return the rule of the entry."""
        return self.terms.rule

    @property
    def id(self) -> str | None:
        """Return the SKU id of a pinned entry, else None."""
        return self.terms.pin.id if self.terms.pin else None

    @property
    def code(self) -> str:
        """Return the code of the SKU in the shop: that of the pin, else the key."""
        return self.terms.pin.code if self.terms.pin else self.sku

    @property
    def source(self) -> Source:
        """Return the place of the declaration."""
        return Source(self.terms.path, self.line)


class Backend(StrEnum):
    """The backend of a store: Webflow's API, or the sandbox."""

    WEBFLOW = "webflow"
    SANDBOX = "sandbox"


class Limit(StrEnum):
    """A safety limit."""

    CHANGES = "max_changes"
    UNITS_RAISED = "max_units_raised"
    UNITS_LOWERED = "max_units_lowered"
    ZEROED = "max_zeroed"
    INVENTORY_TYPE_CHANGES = "max_inventory_type_changes"
    PUT_BACK = "max_put_back"


class Bound(NamedTuple):
    """The allowed number of a limit, or a share in percent."""

    number: int
    is_share: bool

    def __str__(self) -> str:
        return f"{self.number}%" if self.is_share else str(self.number)


class StoreSettings(Struct, frozen=True):
    """The settings of a store in `store.yaml`. The default rule is `exact`."""

    name: str
    site_id: str
    backend: Backend = Backend.WEBFLOW
    token_env: str = "WEBFLOW_TOKEN"  # noqa: S105  the name of a variable, not a token
    sku_collection_id: str | None = None
    rule: Rule = Rule.EXACT
    has_rule: bool = True
    limits: Mapping[Limit, Bound] = field(default_factory=dict)
    frozen: tuple[str, ...] = ()
    low: int | None = None


class Seen(NamedTuple):
    """The observed stock of one SKU, and its id in the shop."""

    stock: Stock
    sku_id: str


class Observation(Struct, frozen=True):
    """The stocks of the shop when `import` or `pull` copied them into YAML.

    Each run writes one file, which is never edited. `id` is its git blob id, `seen_at` is UTC in
    ISO 8601, and `skus` has the stocks by key.
    """

    id: str
    path: str
    seen_at: str
    skus: Mapping[str, Seen]


class DesiredState(Struct, frozen=True):
    """The settings of a store, its levels by key, its observations, and its events.

    `folder` is the store's folder, with which all paths begin.
    """

    settings: StoreSettings
    declared: Mapping[str, Declared]
    observations: tuple[Observation, ...] = ()
    events: tuple[Event, ...] = ()
    folder: str = ""
