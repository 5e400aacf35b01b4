"""A shop on loopback, a remote, and two clones of its repository: what people and CI do to them."""

import contextlib
import io
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from factories import SITE, Run, seed

from reconciler.app import apply_run, editing, planning, record_editing
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


class KilledError(BaseException):
    """The process is gone."""


class Clock:
    """A clock that goes on by a second whenever it is read, so that no two times are equal."""

    ticks = 0

    @classmethod
    def now(cls, _: object = None) -> datetime:
        """Return the next second."""
        cls.ticks += 1
        return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=cls.ticks)

    @classmethod
    def fromtimestamp(cls, *_: object) -> datetime:
        """Return the next second, too: a plan asks for the time like this."""
        return cls.now()


@dataclass
class World:
    """Everything that a history happens to."""

    folder: Path
    shop: Shop
    log: list[str] = field(default_factory=list)
    codes: int = 0

    def run(self, clone: str, *arguments: str) -> Run:
        """Run the command in a clone."""
        out, err = io.StringIO(), io.StringIO()
        where = ("--inventory", str(self.folder / clone / "inventory"))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = exit_code([*arguments, *where])
        done = Run(code, out.getvalue(), err.getvalue())
        self.log.append(f"{clone}: {' '.join(arguments)} -> {int(code)}")
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
        """Commit what is in the first clone, and push it."""
        self.log.append(f"commit: {what}")
        self.git("one", "add", "--all", "inventory")
        self.git("one", "commit", "--quiet", "--allow-empty", "--message", what)

    def push(self) -> None:
        """Push main from the first clone."""
        self.git("one", "push", "--quiet", "origin", "main")

    def store(self, clone: str = "one") -> Path:
        """Return the store's folder in a clone."""
        return self.folder / clone / "inventory/demo"

    def levels(self, clone: str = "one") -> dict[str, int]:
        """Return what the files of a clone declare, as PyYAML reads them."""
        found: dict[str, int] = {}
        for file in self.store(clone).glob("*.yaml"):
            if file.name != "store.yaml":
                found |= yaml.safe_load(file.read_text("utf-8"))["skus"]
        return found

    def write_levels(self, levels: dict[str, int], files: int = 1) -> None:
        """Write the levels into so many files, in place of those that are there."""
        for file in self.store().glob("*.yaml"):
            if file.name != "store.yaml":
                file.unlink()
        keys = list(levels)
        for number in range(files):
            lines = "".join(f"  {key}: {levels[key]}\n" for key in keys[number::files])
            if lines:
                (self.store() / f"f{number}.yaml").write_text(f"skus:\n{lines}", "utf-8")

    def observations(self, clone: str) -> dict[str, tuple[str, dict[str, int]]]:
        """Return each observation of a clone by its text: when, and what of which SKU id."""
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
        """Let customers buy."""
        have = self.live()[self.listing()[code]]
        if have >= units:
            self.log.append(f"sold {units} of {code} ({have})")
            self.shop.sell(code, units)

    def restock(self, code: str, quantity: int) -> None:
        """Set a quantity in the shop's own page."""
        self.log.append(f"restocked {code} to {quantity}")
        restock(self.shop, code, quantity)

    def rename(self, code: str) -> str:
        """Give a SKU another code in the shop, and return it."""
        self.codes += 1
        new = f"{code[0]}{self.codes}"
        self.log.append(f"renamed {code} to {new} in the shop")
        change_code(self.shop, code, new)
        return new


@contextlib.contextmanager
def open_world(folder: Path) -> Iterator[World]:
    """Begin with a shop that is as declared, imported, and pushed; nothing is applied yet."""
    data = folder / "shop.sqlite"
    with (
        Shop(data, lambda: build_seed(seed(START))) as shop,
        serve_for_a_while(Api(shop, {TOKEN: SCOPES})) as address,
        pytest.MonkeyPatch.context() as patched,
    ):
        for module in (editing, apply_run, planning, record_editing):
            patched.setattr(module, "datetime", Clock)
        patched.setattr(StoreClient, "now", Clock.now)
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
        world.run("one", "import")
        world.commit("import")
        world.push()
        world.git("one", "clone", "--quiet", str(folder / "origin.git"), str(folder / "two"))
        yield world


@contextlib.contextmanager
def killed_at(write: int, *, lands: bool) -> Iterator[None]:
    """Let the process die at its *write*-th write, before or after the shop has taken it."""
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
