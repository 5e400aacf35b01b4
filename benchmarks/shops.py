"""A sandbox in a process of its own, and clients that ask it."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from reconciler.webflow.client import StoreClient
from reconciler.webflow.fetch import fetch_listing
from reconciler.webflow.rate_limit import Pace
from reconciler.webflow.token import Token

TOKEN: Final = "sandbox-token"  # noqa: S105  the sandbox's, which guards nothing
SITE: Final = "580e63e98c9a982ac9b8b741"
COLLECTION: Final = "580e63fc8c9a982ac9b8b745"


class Server(NamedTuple):
    """The address of a shop, and the ids of its SKUs."""

    address: str
    collection_id: str
    sku_ids: list[str]


def seed_shop(folder: Path, stocks: Mapping[str, int], together: int = 1) -> Path:
    """Write the seed of a sandbox with these *stocks* into *folder*; return where its data will be.

    So many SKUs are *together* in a product.
    """
    store = folder / "inventory/demo"
    store.mkdir(parents=True)
    (store / "store.yaml").write_text(f"site_id: {SITE}\nbackend: sandbox\n")
    rows = [{"sku": sku, "stock": units, "values": [sku]} for sku, units in stocks.items()]
    products = [
        {"name": f"Product {start}", "options": ["n"], "skus": rows[start : start + together]}
        for start in range(0, len(rows), together)
    ]
    seed = {"site": {"id": SITE, "name": "Bench"}, "products": products}
    (store / "sandbox.json").write_text(json.dumps(seed))
    return folder / ".reconciler/sandbox/demo.sqlite"


@contextmanager
def serve(folder: Path, *options: str) -> Iterator[str]:
    """Serve the sandbox in *folder* and yield its address; the options are those of the command."""
    command = [sys.executable, "-m", "reconciler", "sandbox", "serve", "--port", "0", *options]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=quiet
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        try:
            yield lines[1].strip().split("=", 1)[1]
        finally:
            process.terminate()


@contextmanager
def serving(skus: int, *options: str, together: int = 100) -> Iterator[Server]:
    """Serve a new sandbox of SKUs S0, S1, …, each with as many units as its number says."""
    with tempfile.TemporaryDirectory() as parent:
        seed_shop(Path(parent), {f"S{number}": number for number in range(skus)}, together)
        with serve(Path(parent), *options) as address:
            yield look(address)


def look(address: str) -> Server:
    """Return what a shop has; it takes requests of its allowance."""
    with our_client(address, 60.0) as client:
        listing = fetch_listing(client, SITE, None)
    return Server(address, listing.collection_id, [sku.sku_id for sku in listing.skus])


def our_client(address: str, window: float) -> StoreClient:
    """Return our client, for a shop whose minute takes *window* seconds."""
    return StoreClient(address, Token(TOKEN), Pace(window))


def bare_client(address: str, connections: int) -> httpx.Client:
    """Return a client of httpx with the sandbox's token, and nothing else."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return httpx.Client(base_url=address, headers=headers, limits=limits, timeout=30)
