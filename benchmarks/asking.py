"""Reads a second and within a rate limit, beside a bare loop of httpx on the same server."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import httpx

from benchmarks.measure import row
from reconciler.webflow.client import StoreClient
from reconciler.webflow.fetch import fetch_listing, fetch_stocks
from reconciler.webflow.rate_limit import Pace
from reconciler.webflow.token import Token

TOKEN = "sandbox-token"  # noqa: S105  the sandbox's, which guards nothing
SITE = "580e63e98c9a982ac9b8b741"
THREADS = 8
ROUNDS = 5


class Server(NamedTuple):
    """A sandbox in a process of its own, and the ids of its SKUs."""

    address: str
    collection_id: str
    sku_ids: list[str]


@contextmanager
def serving(skus: int, *options: str) -> Iterator[Server]:
    """Serve a shop of *skus* SKUs, a hundred to a product."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "inventory/demo"
        folder.mkdir(parents=True)
        (folder / "store.yaml").write_text(f"site_id: {SITE}\nbackend: sandbox\n")
        products = [
            {
                "name": f"Product {start}",
                "options": ["n"],
                "skus": [
                    {"sku": f"S{n}", "stock": n, "values": [f"v{n}"]}
                    for n in range(start, min(start + 100, skus))
                ],
            }
            for start in range(0, skus, 100)
        ]
        seed = {"site": {"id": SITE, "name": "Bench"}, "products": products}
        (folder / "sandbox.json").write_text(json.dumps(seed))
        command = [sys.executable, "-m", "reconciler", "sandbox", "serve", "--port", "0", *options]
        with subprocess.Popen(
            command,
            cwd=parent,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(3)]
            address = lines[1].strip().split("=", 1)[1]
            try:
                yield _server(address)
            finally:
                process.terminate()


def _server(address: str) -> Server:
    with _ours(address, 60.0) as client:
        listing = fetch_listing(client, SITE, None)
    return Server(address, listing.collection_id, [sku.sku_id for sku in listing.skus])


def _ours(address: str, window: float) -> StoreClient:
    return StoreClient(address, Token(TOKEN), Pace(window))


def _bare(address: str) -> httpx.Client:
    limits = httpx.Limits(max_connections=THREADS, max_keepalive_connections=THREADS)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return httpx.Client(base_url=address, headers=headers, limits=limits, timeout=30)


def read_alone(server: Server) -> float:
    """Return the seconds that reading the stock of every SKU takes, and nothing else."""
    with _ours(server.address, 60.0) as client:
        listing = fetch_listing(client, SITE, server.collection_id)
        start = time.perf_counter()
        stocks = fetch_stocks(client, server.collection_id, listing.skus, THREADS)
        seconds = time.perf_counter() - start
    assert len(stocks) == len(server.sku_ids)
    return seconds


def _read_bare(server: Server) -> float:
    with _bare(server.address) as client, ThreadPoolExecutor(THREADS) as pool:

        def read(sku_id: str) -> int:
            path = f"/collections/{server.collection_id}/items/{sku_id}/inventory"
            return int(client.get(path).json()["quantity"])

        client.get("/sites")
        start = time.perf_counter()
        assert len(list(pool.map(read, server.sku_ids))) == len(server.sku_ids)
        return time.perf_counter() - start


def _speed(latency: int) -> float:
    """Return our reads a second over those of the bare loop, in turns."""
    with serving(480, "--latency", str(latency)) as server:
        ratios = []
        for number in range(ROUNDS):
            cases: list[Callable[[Server], float]] = [read_alone, _read_bare]
            times = {case: case(server) for case in (cases if number % 2 else reversed(cases))}
            ratios.append(times[_read_bare] / times[read_alone])
    return median(ratios)


class Paced(NamedTuple):
    """How long the reads took, and how many answers were 429."""

    seconds: float
    refused: int


def _pace(limit: int, window: float, kind: str, skus: int) -> Paced:
    """Read *skus* SKUs under a limit that nobody else uses."""
    options = ("--limit", str(limit), "--window", str(window), "--window-kind", kind)
    with serving(skus, *options) as server, _ours(server.address, window) as client:
        listing = fetch_listing(client, SITE, server.collection_id)
        time.sleep(window * 1.01)  # what the listing used of the allowance comes back
        start = time.perf_counter()
        stocks = fetch_stocks(client, server.collection_id, listing.skus, THREADS)
        seconds = time.perf_counter() - start
    assert len(stocks) == skus
    return Paced(seconds, client.throttled)


def _share(limit: int, window: float, skus: int, read: Callable[[Server], int]) -> int:
    """Read *skus* SKUs while another client takes a third; return the answers of 429."""
    options = ("--limit", str(limit), "--window", str(window))
    over = threading.Event()

    def other(address: str) -> None:
        with _bare(address) as client:
            while not over.wait(window / (limit / 3)):
                client.get("/sites")

    with serving(skus, *options) as server:
        thread = threading.Thread(target=other, args=(server.address,))
        thread.start()
        try:
            return read(server)
        finally:
            over.set()
            thread.join()


def _share_ours(window: float) -> Callable[[Server], int]:
    def read(server: Server) -> int:
        with _ours(server.address, window) as client:
            listing = fetch_listing(client, SITE, server.collection_id)
            stocks = fetch_stocks(client, server.collection_id, listing.skus, THREADS)
            assert len(stocks) == len(server.sku_ids)
            return client.throttled

    return read


def _share_naive(server: Server) -> int:
    """Read as a simple loop does, waiting a little longer after each 429 in a row."""
    refused = 0
    with _bare(server.address) as client:
        for sku_id in server.sku_ids:
            path = f"/collections/{server.collection_id}/items/{sku_id}/inventory"
            wait = 0.05
            while client.get(path).status_code == httpx.codes.TOO_MANY_REQUESTS:
                refused += 1
                time.sleep(wait)
                wait = min(2 * wait, 1.0)
    return refused


def measure_all() -> str:
    """Return the section of the report."""
    text = "## Asking the store\n\n| | ours | goal | met |\n|---|---|---|---|\n"
    for what, latency, goal in (("50 ms of latency", 50, 0.95), ("no latency", 0, 0.85)):
        of = f"reads a second with {THREADS} threads, {what}, of a bare httpx loop"
        text += row(of, _speed(latency), goal, at_least=True)
    for limit, window, kind, skus in (
        (30, 3.0, "sliding", 100),
        (30, 3.0, "fixed", 100),
        (120, 60.0, "sliding", 150),
    ):
        paced = _pace(limit, window, kind, skus)
        bound = 1.02 * window * (-(-skus // limit) - 1) + 0.1 * window
        of = f"{skus} reads at {limit} in {window:g} s ({kind}), of the bound"
        text += row(of, paced.seconds / bound, 1.0)
        text += row(f"{skus} reads at {limit} in {window:g} s ({kind}): 429", paced.refused, 0, "")
    ours = _share(30, 3.0, 100, _share_ours(3.0))
    naive = _share(30, 3.0, 100, _share_naive)
    text += (
        "\nWith another client taking a third of the allowance of the same token, 100 reads at 30"
        f" in 3 s all completed, with {ours} answers of 429; a simple loop met {naive}.\n"
    )
    return text


if __name__ == "__main__":
    print(measure_all())
