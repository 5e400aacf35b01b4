"""Factories for model objects, files, and shops, with defaults."""

import hashlib
import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from reconciler.cli.main import exit_code
from reconciler.desired.loader import DEFAULT_LIMITS, build_desired
from reconciler.errors import InputError
from reconciler.model import (
    INFINITE,
    Action,
    Base,
    Bound,
    Cause,
    Declared,
    DesiredState,
    Limit,
    Listing,
    LiveSku,
    LiveState,
    Pin,
    Plan,
    Provenance,
    Rule,
    Source,
    Stock,
    StoreSettings,
    Target,
    Terms,
    finite,
)
from reconciler.plan.planner import compute_plan
from reconciler.sandbox.database import Entry, Shop
from reconciler.sandbox.seed import Seed

SHORT_LOCKS = {"LASTING": 1.0, "MARGIN": 0.05, "BETWEEN_PUSHES": 0.0}
"""The duration of locks in tests, and related times, in seconds."""
SITE = "580e63e98c9a982ac9b8b741"
OTHER_SITE = "680e63e98c9a982ac9b8b741"
COLLECTION = "63692ab61fb285a8562ba8f4"
NOW = "2026-11-20T10:00:00.000Z"
NO_LIMITS = {limit: Bound(10**9, is_share=False) for limit in Limit}


def stock(value: int | float | str | Stock | None) -> Stock:
    """Convert 12 to finite, 'infinite' to infinite, and None to finite stock without a quantity."""
    if isinstance(value, Stock):
        return value
    if isinstance(value, str):
        assert value == "infinite"
        return INFINITE
    return finite(value)


def declared(
    sku: str = "A",
    value: Any = 5,
    *,
    rule: Rule = Rule.EXACT,
    id: str | None = None,  # noqa: A002  the key's name in YAML
    code: str | None = None,
    low: int | None = None,
    line: int = 1,
) -> Declared:
    pin = None if id is None else Pin(id, sku if code is None else code)
    terms = Terms(rule, pin, "inventory/demo/a.yaml", low)
    return Declared(sku, stock(value), terms, line)


def desired(
    *entries: Declared, limits: Mapping[Limit, Bound] = NO_LIMITS, frozen: tuple[str, ...] = ()
) -> DesiredState:
    settings = StoreSettings("demo", SITE, limits={**DEFAULT_LIMITS, **limits}, frozen=frozen)
    return DesiredState(settings, {entry.sku: entry for entry in entries})


def live(stocks: Mapping[str, Any], extra: Iterable[LiveSku] = ()) -> LiveState:
    """Return a live state. The SKU ids are `id-CODE`."""
    skus = tuple(LiveSku(f"id-{code}", code, f"Product {code}", archived=False) for code in stocks)
    quantities = {f"id-{code}": stock(value) for code, value in stocks.items()}
    return LiveState(Listing(COLLECTION, (*skus, *extra)), quantities, len(stocks) + 2, 120, NOW)


MADE = Provenance("2026-11-20T10:00:00Z", f"sha256:{0:064}")


def base_of(*entries: Declared) -> Base:
    return Base("b" * 40, "c" * 40, "2026-11-20", {entry.sku: entry for entry in entries})


def plan_of(state: DesiredState, current: LiveState, base: Base | None = None) -> Plan:
    made = replace(MADE, base=base.commit, base_date=base.date) if base else MADE
    return compute_plan(state, current, base, made)


def sealed(plan: dict[str, Any]) -> dict[str, Any]:
    """Return a saved plan with the correct fingerprint."""
    covered = {name: value for name, value in plan.items() if name != "fingerprint"}
    text = json.dumps(covered, sort_keys=True, separators=(",", ":"))
    return covered | {"fingerprint": f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"}


def action(sku: str = "A", before: Any = 3, after: Any = 5) -> Action:
    target = Target(COLLECTION, f"id-{sku}")
    source = Source("inventory/demo/a.yaml", 1)
    return Action(
        sku,
        f"Product {sku}",
        target,
        Rule.EXACT,
        Cause.UNKNOWN,
        stock(before),
        stock(after),
        None,
        0,
        source,
    )


def build(*texts: str | bytes, settings: str = f"site_id: {SITE}\n") -> DesiredState:
    """Return the desired state of the files `a.yaml`, `b.yaml`, … of the store `demo`."""
    files = [("demo/store.yaml", settings.encode())]
    for name, text in zip("abcdefgh", texts, strict=False):
        files.append((f"demo/{name}.yaml", text.encode() if isinstance(text, str) else text))
    return build_desired("demo", "demo", files, [])


def problems(*texts: str | bytes, settings: str = f"site_id: {SITE}\n") -> list[str]:
    """Return the problems that `build` finds as lines, or an empty list."""
    try:
        build(*texts, settings=settings)
    except InputError as error:
        return [str(problem) for problem in error.problems]
    return []


def seed(
    skus: Mapping[str, Any] | Iterable[tuple[str, Any]],
    *,
    behaviour: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a seed with one product per SKU. Pairs allow the same code twice."""
    pairs = skus.items() if isinstance(skus, Mapping) else skus
    products = []
    for number, (code, value) in enumerate(pairs):
        entry = {
            "stock": {"inventoryType": "finite", "quantity": value} if value is None else value
        }
        products.append(
            {"name": f"Product {number}", "skus": [entry | ({"sku": code} if code else {})]}
        )
    return {
        "site": {"id": SITE, "name": "Test"},
        "sku_collection_id": COLLECTION,
        "behaviour": dict(behaviour or {}),
        "products": products,
    }


FIFTY = {"TEE": 50, "MUG": 20}
ON_CHANGE = "rule: on_change\n"
EMPTY = "No changes. The live stock is as declared."
ALL_APPLIED = re.compile(r"No changes[.] [0-9]+ SKUs? (was|were) not read: ")


class Run(NamedTuple):
    """The exit code and the output of a command."""

    code: int
    out: str
    err: str


def _no_seed() -> Seed:
    raise AssertionError("the sandbox does not exist yet")


@dataclass(frozen=True)
class Workspace:
    """A folder with an inventory, in which commands run."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def write(self, path: str, content: str) -> Path:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, "utf-8")
        return target

    def store(
        self,
        declarations: Mapping[str, Any],
        skus: Any,
        *,
        settings: str = "",
        behaviour: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the store `demo` with one inventory file and the sandbox's seed."""
        limits = "".join(f"  {limit}: 999999\n" for limit in Limit)
        head = f"site_id: {SITE}\nbackend: sandbox\n"
        head += settings if "limits:" in settings else f"limits:\n{limits}{settings}"
        lines = "".join(f"  {sku}: {value}\n" for sku, value in declarations.items())
        self.write("inventory/demo/store.yaml", head)
        self.write("inventory/demo/stock.yaml", f"skus:\n{lines}")
        self.write("inventory/demo/sandbox.json", json.dumps(seed(skus, behaviour=behaviour)))

    def begin(self, declared: Mapping[str, Any] = FIFTY) -> None:
        """Create a shop that matches its declaration, and a first record."""
        self.store(declared, declared, settings=ON_CHANGE)
        self.commit("declare what there is")
        run = self.run("apply", "--yes", "--base", "HEAD", "--record")
        assert run.code == 0, run
        assert ALL_APPLIED.search(run.out), run

    def run(self, *arguments: str) -> Run:
        self.capsys.readouterr()
        code = exit_code(list(arguments))
        captured = self.capsys.readouterr()
        return Run(code, captured.out, captured.err)

    def git(self, *arguments: str) -> str:
        """Run git in the folder, and return its output."""
        flags = ["-c", "user.name=Test", "-c", "user.email=t@example.invalid"]
        done = subprocess.run(
            ["git", *flags, *arguments],  # noqa: S607  any installed git
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, message: str = "edit") -> str:
        """Commit all files, and return the commit. Creates the repository if it is missing."""
        if not (self.folder / ".git").exists():
            self.git("init", "--quiet", "--initial-branch", "main")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def declare(self, declarations: Mapping[str, Any], head: str = "") -> None:
        """Overwrite the inventory file. A value may be a mapping in braces."""
        lines = "".join(f"  {sku}: {value}\n" for sku, value in declarations.items())
        self.write("inventory/demo/stock.yaml", f"{head}skus:\n{lines}")

    def sell(self, *, seconds_later: float = 0, **units: int) -> None:
        """Sell units of SKUs, *seconds_later* by the shop's clock.

        An order within two seconds of a read proves nothing about that read.
        """
        at = datetime.now(UTC) + timedelta(seconds=seconds_later)
        with self.shop() as shop:
            for sku, number in units.items():
                shop.sell(sku, number, at=at if seconds_later else None)

    def shop(self) -> Shop:
        return Shop(self.folder / ".reconciler/sandbox/demo.sqlite", _no_seed)

    def writes(self) -> list[Entry]:
        with self.shop() as shop:
            return [entry for entry in shop.ledger() if entry.kind == "write"]

    def quantities(self) -> dict[str, Any]:
        """Return the stock of the shop by code."""
        with self.shop() as shop:
            return shop.stocks()
