"""A store on loopback that misbehaves, the command, and a naive loop for comparison."""

import base64
import contextlib
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
from factories import COLLECTION, SITE, Run, seed
from oracle import Verdict, judge

from faults.table import Bench, NaiveDoneError
from reconciler.model import Limit
from reconciler.sandbox.api import SCOPES, Api
from reconciler.sandbox.database import Entry, Shop
from reconciler.sandbox.faults import Fault, Faults
from reconciler.sandbox.seed import build_seed, make_id
from reconciler.sandbox.server import serve_for_a_while

TOKEN = "tok3n-of-the-fault-table"
# A minute of the client's waiting: deadlines, back-off and looking again shrink alike.
MINUTE = 3.0
SCALE = MINUTE / 60
_OUTCOME = re.compile(
    r"^  (applied|already|moved|failed|unknown|not tried)\s+([A-Za-z0-9]+)", re.MULTILINE
)


@dataclass
class Scene:
    """A store `demo` whose SKUs go from *before* to *after*, on a server that misbehaves."""

    bench: Bench
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    faults: Sequence[Fault] | Faults = ()
    scopes: frozenset[str] = SCOPES
    limit: int | None = None
    settings: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    home: str = "."
    rule: str = "exact"
    shop: Shop = field(init=False)
    address: str = field(init=False)
    planned_at: int = 0
    said: list[Run] = field(default_factory=list)

    @contextlib.contextmanager
    def open(self) -> Iterator["Scene"]:
        """Write the YAML, serve the shop, and point the environment there."""
        folder = self.bench.folder / self.home / "inventory/demo"
        folder.mkdir(parents=True, exist_ok=True)
        limits = "".join(f"  {limit}: 999999\n" for limit in Limit)
        head = self.settings or f"site_id: {SITE}\nrule: {self.rule}\nlimits:\n{limits}"
        (folder / "store.yaml").write_text(head)
        self.declare(self.after)
        data = self.bench.folder / "shop.sqlite"
        with (
            Shop(data, lambda: build_seed(seed(self.before)), reset=True) as self.shop,
            serve_for_a_while(self._api()) as self.address,
            environment(
                {
                    "WEBFLOW_API_URL": self.address,
                    "WEBFLOW_TOKEN": TOKEN,
                    "WEBFLOW_RATE_WINDOW": str(MINUTE),
                    **self.env,
                }
            ),
        ):
            yield self
            self.bench.tally.update(self.verdict()._asdict())
        self._look_for_leaks()

    def _api(self) -> Api:
        faults = self.faults
        if not isinstance(faults, Faults):
            faults = Faults(faults, self.bench.chance.randrange(10**6))
        return Api(self.shop, {TOKEN: self.scopes}, limit=self.limit, window=MINUTE, faults=faults)

    def declare(self, values: Mapping[str, Any]) -> None:
        """Replace the file of declarations."""
        lines = "".join(f"  {sku}: {value}\n" for sku, value in values.items())
        path = self.bench.folder / self.home / "inventory/demo/stock.yaml"
        path.write_text(f"skus:\n{lines}")

    def git(self, *arguments: str) -> None:
        """Run git in the current clone."""
        flags = ["-c", "user.name=Test", "-c", "user.email=t@example.invalid"]
        subprocess.run(
            ["git", *flags, *arguments],  # noqa: S607  the git that is there
            cwd=self.bench.folder / self.home,
            check=True,
            capture_output=True,
        )

    def commit(self) -> None:
        """Commit everything, and push it."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "edit")
        self.git("push", "--quiet", "origin", "main")

    def begin_records(self) -> None:
        """Start with a shop as declared, recorded, and pushed; then declare the new stock."""
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("init", "--quiet", "--bare", "--initial-branch", "main", "../origin.git")
        self.git("remote", "add", "origin", "../origin.git")
        self.declare(self.before)
        self.commit()
        run = self.run("apply", "--yes", "--base", "HEAD", "--record", "--push", "origin")
        assert run.code == 0, run
        self.declare(self.after)
        self.commit()

    def clone(self, home: str) -> None:
        """Continue in a fresh clone, which has only the records."""
        self.home = "."
        self.git("clone", "--quiet", "origin.git", home)
        self.home = home
        self.git("remote", "set-url", "origin", "../origin.git")
        self.git("fetch", "--quiet", "origin", "+refs/reconciler/*:refs/reconciler/*")

    def run(self, *arguments: str) -> Run:
        """Run the command, which must not end in a traceback."""
        if self.bench.naive and arguments[0] == "apply":
            self.bench.tally.update(naive(self))
            raise NaiveDoneError
        run = self.bench.run(*arguments, home=self.home)
        assert "Traceback" not in run.out + run.err, run
        self.said.append(run)
        return run

    def plan(self, code: int = 0) -> Run:
        """Plan into `p.json`. Earlier entries of the ledger are not judged."""
        run = self.run("plan", "--out", "p.json")
        assert run.code == code, run
        self.planned_at = len(self.shop.ledger())
        return run

    def apply(self, code: int, *arguments: str) -> dict[str, str]:
        """Apply `p.json`, expect *code*, and return the result of each SKU."""
        run = self.run("apply", "p.json", "-v", *arguments)
        assert run.code == code, run
        return {sku: result for result, sku in _OUTCOME.findall(run.out)}

    def writes(self, sku: str | None = None) -> list[Entry]:
        """Return the writes that took effect."""
        sku_id = None if sku is None else self.sku_id(sku)
        entries = self.shop.ledger()
        return [e for e in entries if e.kind == "write" and sku_id in {None, e.sku_id}]

    def sku_id(self, sku: str) -> str:
        """Return the store's id of a SKU of `factories.seed`."""
        number = list(self.before).index(sku)
        return make_id(make_id(SITE, f"Product {number}"), "0")

    def verdict(self) -> Verdict:
        """Return what the ledger shows about all writes since the plan."""
        approved = {
            self.sku_id(sku): {("infinite", 0) if value == "infinite" else ("finite", value)}
            for sku, value in self.after.items()
            if sku in self.before
        }
        return judge(self.shop.ledger()[self.planned_at :], approved)

    def _look_for_leaks(self) -> None:
        """Search all outputs and files for the token, in every form."""
        forms = {TOKEN, quote(TOKEN), base64.b64encode(TOKEN.encode()).decode()}
        texts = [run.out + run.err for run in self.said]
        files = [p for p in self.bench.folder.rglob("*") if p.is_file() and p.suffix != ".sqlite"]
        texts += [path.read_text("utf-8", "replace") for path in files]
        leaks = sum(form in text for form in forms for text in texts)
        self.bench.tally["leaks"] += leaks
        assert not leaks, "the token leaked"


@contextlib.contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables during the block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def naive(scene: Scene) -> dict[str, int]:
    """Run a naive loop (GET, PATCH, blind retry); return its mistakes."""
    refused = 0
    with httpx.Client(
        base_url=os.environ["WEBFLOW_API_URL"],
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=30 * SCALE,
        follow_redirects=True,
    ) as client:
        for sku, value in scene.after.items():
            if sku in scene.before:
                path = f"/collections/{COLLECTION}/items/{scene.sku_id(sku)}/inventory"
                refused += _naive_write(client, path, value)
    return {**scene.verdict()._asdict(), "answers of 429": refused}


def _naive_write(client: httpx.Client, path: str, value: Any) -> int:
    """Write one SKU with blind retries; return the number of 429 answers."""
    body = {"inventoryType": "infinite"}
    if value != "infinite":
        body = {"inventoryType": "finite", "quantity": value}
    refused = 0
    for method, json in (("GET", None), ("PATCH", body)):
        for _ in range(5):
            try:
                response = client.request(method, path, json=json)
                refused += response.status_code == 429
                if method == "GET" and response.is_success and response.json() == value:
                    return refused
                if response.is_success and response.json():
                    break
            except (httpx.HTTPError, httpx.InvalidURL, ValueError):
                pass
            time.sleep(0.1 * SCALE)
    return refused
