"""A repository of a shop, and the product's commands run in it as people run them."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import NamedTuple, Self

from benchmarks.shops import SITE, TOKEN, bare_client
from reconciler.model import Limit

_TOP = Path(__file__).parents[1]
_IDENTITY = ["-c", "user.name=B", "-c", "user.email=b@b", "-c", "gc.autoDetach=false"]


class Taken(NamedTuple):
    """What a command took: requests, as the shop counted them, and seconds."""

    requests: int
    seconds: float


class Workspace:
    """A clone with the store `shop`, of the shop at *address* whose minute takes *window* seconds.

    It is made by `reconciler import`, and gone when the `with` statement ends.
    """

    def __init__(self, address: str, window: float = 60.0) -> None:
        self.address, self._window = address, window
        self._parent = tempfile.TemporaryDirectory()
        self.folder = Path(self._parent.name)

    def __enter__(self) -> Self:
        """Import the shop, and settle what it has."""
        self.git("init", "--quiet")
        self.run("import", "--site", SITE, "--store", "shop")
        settings = self.folder / "inventory/shop/store.yaml"
        # High, but for the one that protects sales, which is as `import` writes it.
        limits = dict.fromkeys(Limit, 1_000_000) | {Limit.PUT_BACK: 0}
        lines = "".join(f"  {limit}: {units}\n" for limit, units in limits.items())
        settings.write_text(f"site_id: {SITE}\nrule: on_change\nlimits:\n{lines}")
        self.commit()
        self.run("apply", "--yes", "--base", "HEAD")
        return self

    def __exit__(self, *why: object) -> None:
        """Delete the clone."""
        self._parent.cleanup()

    def git(self, *arguments: str) -> None:
        """Run git."""
        subprocess.run(["git", *_IDENTITY, *arguments], cwd=self.folder, check=True)  # noqa: S607

    def commit(self) -> None:
        """Commit what is in the folder."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "change")

    def declare(self, levels: Mapping[str, int]) -> None:
        """Commit *levels* in the place of all that was declared."""
        for path in (self.folder / "inventory/shop").glob("*.yaml"):
            if path.name != "store.yaml":
                path.unlink()
        text = "skus:\n" + "".join(f"  {sku}: {units}\n" for sku, units in levels.items())
        (self.folder / "inventory/shop/stock.yaml").write_text(text)
        self.commit()

    def book(self, entries: Mapping[str, object]) -> None:
        """Commit events of just now, a second after what was written before."""
        time.sleep(1.1)
        folder = self.folder / "inventory/shop/events"
        folder.mkdir(exist_ok=True)
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        lines = "".join(f"  {sku}: {units}\n" for sku, units in entries.items())
        (folder / "today.yaml").write_text(f"at: {at}\nreason: today\nskus:\n{lines}")
        self.commit()

    def try_to(self, *arguments: str, module: str = "reconciler") -> CompletedProcess[str]:
        """Run a command of the product, or of the *module* that runs it."""
        env = {**os.environ, "WEBFLOW_API_URL": self.address, "WEBFLOW_TOKEN": TOKEN}
        env |= {"WEBFLOW_RATE_WINDOW": str(self._window), "PYTHONPATH": str(_TOP)}
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(
            command, check=False, cwd=self.folder, env=env, capture_output=True, text=True
        )

    def run(self, *arguments: str) -> None:
        """Run a command of the product; raise RuntimeError if it fails."""
        done = self.try_to(*arguments)
        if done.returncode:
            raise RuntimeError(f"{arguments} exited {done.returncode}: {done.stderr[-500:]}")

    def measure(self, *arguments: str) -> Taken:
        """Return what a command takes."""
        with bare_client(self.address, 1) as client:

            def left() -> int:
                """Return what is left of a window so long that nothing of it comes back."""
                return int(client.get("/sites").headers["X-RateLimit-Remaining"])

            before, start = left(), time.perf_counter()
            self.run(*arguments)
            seconds = time.perf_counter() - start
            return Taken(before - left() - 1, seconds)
