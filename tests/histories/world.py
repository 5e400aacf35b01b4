"""A shop on loopback, a remote, and two clones, with the steps of people and CI."""

import contextlib
import io
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from factories import SITE, Run, seed

from reconciler.app import editing, lock, record_editing, recording, scope
from reconciler.app.interrupts import StopSignal
from reconciler.app.recording import Recording
from reconciler.cli.main import exit_code
from reconciler.model import Limit, format_time
from reconciler.sandbox.api import SCOPES, Api
from reconciler.sandbox.database import Shop
from reconciler.sandbox.edits import change_code, restock
from reconciler.sandbox.seed import build_seed
from reconciler.sandbox.server import serve_for_a_while
from reconciler.webflow.client import StoreClient

TOKEN = "tok3n"
START = {"A": 20, "B": 30, "C": 40, "D": 50}
# SKUs that no file declares: what they have comes from events alone.
EVENTS = {"E": 60, "F": 70}


class KilledError(BaseException):
    """The process was killed."""


class Clock:
    """A clock that advances by a second at each read, so that no two times are equal."""

    ticks = 0

    @classmethod
    def now(cls, _: object = None) -> datetime:
        """Return the next second."""
        cls.ticks += 1
        return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=cls.ticks)

    @classmethod
    def sleep(cls, seconds: float) -> None:
        """Let the time pass."""
        cls.ticks += int(seconds) + 1

    @classmethod
    def fromtimestamp(cls, *_: object) -> datetime:
        """Return the next second as well, since a plan reads the time like this."""
        return cls.now()


class OwnClock(Clock):
    """The clock of the machine that runs the command. It may be wrong by hours."""

    error = timedelta()

    @classmethod
    def now(cls, _: object = None) -> datetime:
        """Return what that machine takes for the time."""
        return Clock.now() + cls.error


@dataclass
class World:
    """The state of a history."""

    folder: Path
    shop: Shop
    log: list[str] = field(default_factory=list)
    codes: int = 0
    sales: list[tuple[str, str, int]] = field(default_factory=list)
    """Of which code, when by the shop's clock, and how many units."""
    clock_errors: dict[str, timedelta] = field(default_factory=dict)
    """By how much the clock of the machine with each clone is ahead of the shop's."""

    def run(self, clone: str, *arguments: str) -> Run:
        """Run the command in a clone."""
        out, err = io.StringIO(), io.StringIO()
        where = ("--inventory", str(self.folder / clone / "inventory"))
        OwnClock.error = self.clock_errors.get(clone, timedelta())
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = exit_code([*arguments, *where])
        done = Run(code, out.getvalue(), err.getvalue())
        said = "" if code in {0, 3} else f": {done.out[-300:]} {done.err[-600:]}"
        self.log.append(f"{clone}: {' '.join(arguments)} -> {int(code)}{said}")
        return done

    def git(self, clone: str, *arguments: str) -> str:
        """Run git in a clone."""
        flags = ["-c", "user.name=Test", "-c", "user.email=t@example.invalid"]
        done = subprocess.run(
            ["git", *flags, *arguments],  # noqa: S607  the git that is there
            cwd=self.folder / clone,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, what: str) -> None:
        """Commit everything in the first clone, and push it."""
        self.log.append(f"commit: {what}")
        self.git("one", "add", "--all", "inventory")
        self.git("one", "commit", "--quiet", "--allow-empty", "--message", what)

    def push(self) -> None:
        """Push main from the first clone."""
        self.git("one", "push", "--quiet", "origin", "main")

    def store(self, clone: str = "one") -> Path:
        """Return the store's folder in a clone."""
        return self.folder / clone / "inventory/demo"

    def event_files(self, clone: str = "one") -> dict[Path, dict[str, Any]]:
        """Return the content of each event file of a clone, as PyYAML reads it."""
        files = sorted(self.store(clone).glob("events/*.yaml"))
        return {file: _read_texts(file) for file in files}

    def write_event(self, file: str, at: str, units: dict[str, str]) -> None:
        """Write an event file in the first clone."""
        path = self.store() / "events" / file
        path.parent.mkdir(exist_ok=True)
        lines = "".join(f"  {sku}: {one}\n" for sku, one in units.items())
        path.write_text(f"at: {at}\nreason: {file}\nskus:\n{lines}", "utf-8")

    def levels(self, clone: str = "one") -> dict[str, int]:
        """Return the levels in the files of a clone, as PyYAML reads them."""
        found: dict[str, int] = {}
        for file in self.store(clone).glob("*.yaml"):
            if file.name != "store.yaml":
                found |= yaml.safe_load(file.read_text("utf-8"))["skus"]
        return found

    def write_levels(self, levels: dict[str, int], files: int = 1) -> None:
        """Replace the files with levels by so many new ones."""
        for file in self.store().glob("*.yaml"):
            if file.name != "store.yaml":
                file.unlink()
        keys = list(levels)
        for number in range(files):
            lines = "".join(f"  {key}: {levels[key]}\n" for key in keys[number::files])
            if lines:
                (self.store() / f"f{number}.yaml").write_text(f"skus:\n{lines}", "utf-8")

    def observations(self, clone: str) -> dict[str, tuple[str, dict[str, int]]]:
        """Return each observation of a clone by its text: its time, and its SKU ids."""
        found = {}
        for file in self.store(clone).glob(".seen/*.yaml"):
            text = file.read_text("utf-8")
            data = yaml.safe_load(text)
            skus = {one["id"]: one["quantity"] for one in data["skus"].values()}
            at = data["seen_at"]
            found[text] = (at if isinstance(at, str) else format_time(at), skus)
        return found

    def listing(self) -> dict[str, str]:
        """Return the shop's SKU ids by code."""
        rows = self.shop.db.execute("SELECT code, id FROM skus").fetchall()
        return {str(code): str(sku_id) for code, sku_id in rows}

    def live(self) -> dict[str, int]:
        """Return the shop's quantities by SKU id."""
        rows = self.shop.db.execute("SELECT id, quantity FROM skus").fetchall()
        return {str(sku_id): int(json.loads(quantity)) for sku_id, quantity in rows}

    def sell(self, code: str, units: int) -> None:
        """Sell units to customers."""
        have = self.live()[self.listing()[code]]
        if have >= units:
            at = Clock.now()
            self.log.append(f"sold {units} of {code} ({have}) at {at:%H:%M:%S}")
            self.shop.sell(code, units, at=at)
            self.sales.append((code, format_time(at), units))
            Clock.ticks += 5  # an order as near to a read as two seconds decides nothing

    def restock(self, code: str, quantity: int) -> None:
        """Set a quantity in Webflow."""
        self.log.append(f"restocked {code} to {quantity}")
        restock(self.shop, code, quantity)

    def rename(self, code: str) -> str:
        """Give a SKU another code in the shop, and return it."""
        self.codes += 1
        new = f"{code[0]}{self.codes}"
        self.log.append(f"renamed {code} to {new} in the shop")
        change_code(self.shop, code, new)
        return new


def _read_texts(file: Path) -> dict[str, Any]:
    """Return a file with all scalars as text, since `+20` and `20` differ."""
    said: dict[str, Any] = yaml.load(file.read_text("utf-8"), yaml.BaseLoader)  # noqa: S506  makes nothing but text
    return said


@contextlib.contextmanager
def open_world(folder: Path) -> Iterator[World]:
    """Start with a shop that is imported and pushed. Nothing is applied yet."""
    data = folder / "shop.sqlite"
    with (
        Shop(data, lambda: build_seed(seed(START | EVENTS))) as shop,
        serve_for_a_while(Api(shop, {TOKEN: SCOPES})) as address,
        pytest.MonkeyPatch.context() as patched,
    ):
        for module in (editing, record_editing):
            patched.setattr(module, "datetime", Clock)
        for module in (lock, scope):
            patched.setattr(module, "datetime", OwnClock)
        patched.setattr(StoreClient, "now", Clock.now)
        patched.setattr(StopSignal, "sleep", Clock.sleep)
        for name, seconds in {"LASTING": 200.0, "MARGIN": 5.0}.items():
            patched.setattr(recording, name, seconds)
        for name, value in {"WEBFLOW_API_URL": address, "WEBFLOW_TOKEN": TOKEN}.items():
            patched.setenv(name, value)
        for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS"):
            patched.delenv(name, raising=False)
        world = World(folder, shop)
        limits = "".join(f"  {limit}: 999999\n" for limit in Limit)
        for name in ("origin.git", "one"):
            (folder / name).mkdir()
        world.git("origin.git", "init", "--quiet", "--bare", "--initial-branch", "main")
        world.git("one", "init", "--quiet", "--initial-branch", "main")
        world.git("one", "remote", "add", "origin", str(folder / "origin.git"))
        world.store().mkdir(parents=True)
        settings = f"site_id: {SITE}\nrule: on_change\nlimits:\n{limits}"
        (world.store() / "store.yaml").write_text(settings, "utf-8")
        world.run("one", "import", *(word for code in START for word in ("--sku", code)))
        world.commit("import")
        world.push()
        world.git("one", "clone", "--quiet", str(folder / "origin.git"), str(folder / "two"))
        yield world


@contextlib.contextmanager
def killed_at(write: int, *, lands: bool) -> Iterator[None]:
    """Kill the process at its *write*-th write, before or after it takes effect."""
    real = StoreClient.write_stock
    count = 0

    def write_stock(self: StoreClient, *arguments: Any) -> Any:
        nonlocal count
        count += 1
        if count < write:
            return real(self, *arguments)
        if lands and count == write:
            real(self, *arguments)
        raise KilledError

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(StoreClient, "write_stock", write_stock)
        yield


@dataclass
class Death:
    """Whether the process was killed, and at which step it will be."""

    step: int
    steps: int = 0
    has_come: bool = False

    def pass_by(self) -> None:
        """Take a step, or die."""
        self.steps += 1
        if self.has_come or self.steps == self.step:
            self.has_come = True
            raise KilledError


@contextlib.contextmanager
def killed_at_step(step: int) -> Iterator[Death]:
    """Let the process die at a step of its applying: before or after a read, a write, a push."""
    death = Death(step)
    places: list[tuple[Any, str]] = [
        (StoreClient, "read_stock"),
        (StoreClient, "write_stock"),
        (Recording, "announce"),
        (Recording, "finish"),
    ]
    with pytest.MonkeyPatch.context() as patched:
        for owner, name in places:
            patched.setattr(owner, name, _dying(getattr(owner, name), death))
        yield death


def _dying(real: Callable[..., Any], death: Death) -> Callable[..., Any]:
    def step(*arguments: Any, **named: Any) -> Any:
        death.pass_by()
        result = real(*arguments, **named)
        death.pass_by()
        return result

    return step
