"""Reads a second and within a rate limit, beside a bare loop of httpx on the same server."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import NamedTuple

import httpx

from benchmarks.fast_server import measure_capacity, serving_fast
from benchmarks.measure import row
from benchmarks.shops import SITE, Server, bare_client, our_client, serving
from reconciler.model import LiveSku
from reconciler.webflow.fetch import fetch_listing, fetch_stocks

THREADS = 8
READS = 2400
ROUNDS = 5


def read_alone(server: Server) -> float:
    """Return the seconds that reading the stock of every SKU takes, and nothing else."""
    with our_client(server.address, 60.0) as client:
        listing = fetch_listing(client, SITE, server.collection_id)
        start = time.perf_counter()
        stocks = fetch_stocks(client, server.collection_id, listing.skus, THREADS)
        seconds = time.perf_counter() - start
    assert len(stocks) == len(server.sku_ids)
    return seconds


def _read_listed(server: Server) -> float:
    """Return the seconds that our client takes to read the stock of each SKU."""
    skus = [LiveSku(one, one, one, archived=False) for one in server.sku_ids]
    with our_client(server.address, 60.0) as client:
        start = time.perf_counter()
        assert len(fetch_stocks(client, server.collection_id, skus, THREADS)) == len(skus)
        return time.perf_counter() - start


def _read_bare(server: Server) -> float:
    """Return the seconds that threads of httpx take to do the same, and nothing else."""
    with bare_client(server.address, THREADS) as client, ThreadPoolExecutor(THREADS) as pool:

        def read(sku_id: str) -> int:
            path = f"/collections/{server.collection_id}/items/{sku_id}/inventory"
            return int(client.get(path).json()["quantity"])

        start = time.perf_counter()
        assert len(list(pool.map(read, server.sku_ids))) == len(server.sku_ids)
        return time.perf_counter() - start


class Speed(NamedTuple):
    """Our reads a second over those of the bare loop, and the server's own over ours."""

    of_bare: float
    spare: float


def _speed(latency: float, reads: int) -> Speed:
    """Return how fast both read from a server that is never what they wait for, in turns."""
    cases: list[Callable[[Server], float]] = [_read_listed, _read_bare]
    with serving_fast(reads, latency) as server:
        rounds = []
        for number in range(ROUNDS):
            order = cases if number % 2 else reversed(cases)
            rounds.append({case: case(server) for case in order})
        answered = measure_capacity(server, THREADS, 20 * READS) if not latency else 0.0
    of_bare = median(times[_read_bare] / times[_read_listed] for times in rounds)
    return Speed(of_bare, answered * median(times[_read_listed] for times in rounds) / reads)


class Paced(NamedTuple):
    """How long the reads took, and how many answers were 429."""

    seconds: float
    refused: int


def _pace(limit: int, window: float, kind: str, skus: int) -> Paced:
    """Read *skus* SKUs under a limit that nobody else uses."""
    options = ("--limit", str(limit), "--window", str(window), "--window-kind", kind)
    with serving(skus, *options) as server, our_client(server.address, window) as client:
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
        with bare_client(address, THREADS) as client:
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


def _shareour_client(window: float) -> Callable[[Server], int]:
    def read(server: Server) -> int:
        with our_client(server.address, window) as client:
            listing = fetch_listing(client, SITE, server.collection_id)
            stocks = fetch_stocks(client, server.collection_id, listing.skus, THREADS)
            assert len(stocks) == len(server.sku_ids)
            return client.throttled

    return read


def _share_naive(server: Server) -> int:
    """Read as a simple loop does, waiting a little longer after each 429 in a row."""
    refused = 0
    with bare_client(server.address, THREADS) as client:
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
    for what, latency, reads, goal in (
        ("50 ms of latency", 0.05, 480, 0.95),
        ("no latency", 0.0, READS, 0.85),
    ):
        speed = _speed(latency, reads)
        of = f"reads a second with {THREADS} threads, {what}, of a bare httpx loop"
        text += row(of, speed.of_bare, goal, at_least=True)
        if speed.spare:
            of = "what the server of these rows can answer, of our reads"
            text += row(of, speed.spare, 5, at_least=True)
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
    ours = _share(30, 3.0, 100, _shareour_client(3.0))
    naive = _share(30, 3.0, 100, _share_naive)
    text += (
        "\nWith another client taking a third of the allowance of the same token, 100 reads at 30"
        f" in 3 s all completed, with {ours} answers of 429; a simple loop met {naive}.\n"
    )
    return text


if __name__ == "__main__":
    print(measure_all())
