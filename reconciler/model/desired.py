"""What git says of one store."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct, field

from reconciler.model.events import Event
from reconciler.model.source import Source
from reconciler.model.stock import Stock


class Rule(StrEnum):
    """Who owns a SKU's number: git, the shop, or each under a condition."""

    EXACT = "exact"
    ON_CHANGE = "on_change"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    OBSERVE = "observe"


class Pin(NamedTuple):
    """The store's own id that an entry names, and the code that the store shows for it."""

    id: str
    code: str


class Terms(NamedTuple):
    """How an entry is declared, which many of one file have in common: all but SKU and stock.

    `low` is the number at or below which a plan names the SKU.
    """

    rule: Rule
    pin: Pin | None
    path: str
    low: int | None = None


class Declared(NamedTuple):
    """The level of one SKU as YAML declares it, with its rule already inherited.

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


class Limit(StrEnum):
    """What a safety limit counts."""

    CHANGES = "max_changes"
    UNITS_RAISED = "max_units_raised"
    UNITS_LOWERED = "max_units_lowered"
    ZEROED = "max_zeroed"
    INVENTORY_TYPE_CHANGES = "max_inventory_type_changes"
    PUT_BACK = "max_put_back"


class Bound(NamedTuple):
    """How much a limit allows: a number, or a share of it in percent."""

    number: int
    is_share: bool

    def __str__(self) -> str:
        return f"{self.number}%" if self.is_share else str(self.number)


class StoreSettings(Struct, frozen=True):
    """What `store.yaml` says of one store; without a `rule` of its own it is `exact`."""

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
    """What the shop had of one SKU, and the shop's id of it."""

    stock: Stock
    sku_id: str


class Observation(Struct, frozen=True):
    """What the shop had when the tool copied numbers from it into YAML: one file, never edited.

    `id` is the git blob id of the file, `seen_at` UTC in ISO 8601, `skus` what was seen by key.
    """

    id: str
    path: str
    seen_at: str
    skus: Mapping[str, Seen]


class DesiredState(Struct, frozen=True):
    """What git says of one store: its settings, its levels by key, observations, and events.

    `folder` is the store's folder, as paths begin with it.
    """

    settings: StoreSettings
    declared: Mapping[str, Declared]
    observations: tuple[Observation, ...] = ()
    events: tuple[Event, ...] = ()
    folder: str = ""
