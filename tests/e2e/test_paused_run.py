"""A whole process that is paused, like a sleeping laptop or a migrated machine."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from factories import SITE, Workspace, seed

from reconciler.sandbox.api import SCOPES, Api
from reconciler.sandbox.database import Shop
from reconciler.sandbox.seed import build_seed
from reconciler.sandbox.server import serve_for_a_while

SKUS = {f"S{number:02}": 3 for number in range(12)}
# A minute takes 0.6 seconds, so a batch lasts 3.
WINDOW = "0.6"


@contextmanager
def _two_runners(workspace: Workspace) -> Iterator[tuple[Shop, Workspace, dict[str, str]]]:
    """Return a shop, a repository with a delivery for each SKU, and a second clone."""
    workspace.write("shop/inventory/demo/store.yaml", f"site_id: {SITE}\nrule: on_change\n")
    first = Workspace(workspace.folder / "shop", workspace.capsys)
    first.declare(SKUS)
    first.commit("what there is")
    first.git("init", "--quiet", "--bare", "--initial-branch", "main", "../remote.git")
    first.git("remote", "add", "origin", "../remote.git")
    first.git("push", "--quiet", "-u", "origin", "main")
    with (
        Shop(workspace.folder / "shop.sqlite", lambda: build_seed(seed(SKUS))) as shop,
        serve_for_a_while(Api(shop, {"t0ken": SCOPES}, latency=0.05)) as address,
    ):
        environment = os.environ | {
            "WEBFLOW_TOKEN": "t0ken",
            "WEBFLOW_API_URL": address,
            "WEBFLOW_RATE_WINDOW": WINDOW,
        }
        _apply(first, environment, "--base", "HEAD").communicate(timeout=60)
        store = "rule: on_change\nlimits: {max_changes: 100%, max_units_raised: 9999}\n"
        first.write("inventory/demo/store.yaml", f"site_id: {SITE}\n{store}")
        lines = "".join(f"  {sku}: +1\n" for sku in SKUS)
        at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
        first.write("inventory/demo/events/po.yaml", f"at: {at}\nreason: po\nskus:\n{lines}")
        first.commit("one more of each")
        first.git("push", "--quiet", "origin", "main")
        first.git("clone", "--quiet", "../remote.git", "../other")
        yield shop, Workspace(workspace.folder / "other", workspace.capsys), environment


def _apply(
    workspace: Workspace, environment: dict[str, str], *options: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "reconciler", "apply", "--yes", "--parallelism", "1", *options],
        cwd=workspace.folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _count_writes(shop: Shop) -> int:
    return sum(entry.kind == "write" for entry in shop.ledger())


def test_paused_run_after_take_over_writes_nothing(workspace: Workspace) -> None:
    """Another runner waits for its deadline and does the rest. No sale is undone."""
    with _two_runners(workspace) as (shop, other, environment):
        first = Workspace(workspace.folder / "shop", workspace.capsys)
        with _apply(first, environment) as paused:
            while not _count_writes(shop):
                assert paused.poll() is None, paused.communicate()
                time.sleep(0.001)
            paused.send_signal(signal.SIGSTOP)
            with _apply(other, environment, "--take-over") as second:
                out, err = second.communicate(timeout=60)
            for sku in SKUS:
                shop.sell(shop.find(sku), 2)
            writes = _count_writes(shop)
            paused.send_signal(signal.SIGCONT)
            said = paused.communicate(timeout=60)

        assert second.returncode == 0, (out, err)
        assert (_count_writes(shop), paused.returncode) == (writes, 5), said
        assert set(shop.stocks().values()) == {2}
