"""Rows W1 to W8: what networks and servers between the command and the shop do."""

import gzip
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from faults.network import GET, PATCH, few, reads_again, settles
from faults.scene import SCALE, TOKEN, Scene, environment
from faults.table import Bench, row
from reconciler.sandbox.faults import Fault, Kind

HTML = "<!doctype html><title>Attention required</title>"


@row("W1", "503 with Retry-After, for half a minute")
def maintenance(bench: Bench) -> None:
    """The command waits as told, and completes."""
    before, after, _ = few(bench)
    wait = {"Retry-After": "1"}
    fault = Fault(Kind.STATUS, status=503, headers=wait, body="{}", count=4, **GET)
    with Scene(bench, before, after, [fault]).open() as scene:
        scene.plan()
        assert scene.apply(0) == dict.fromkeys(after, "applied")


@row("W2", "429 without headers, for a minute and a half", naive=False)
def refused(bench: Bench) -> None:
    """The pauses grow, and the run completes."""
    before, after, sku = few(bench)
    page = {"Content-Type": "text/html"}
    fault = Fault(Kind.STATUS, status=429, headers=page, body=HTML, sku=sku, count=7, **GET)
    with Scene(bench, before, after, [fault]).open() as scene:
        scene.plan()
        assert scene.apply(0) == dict.fromkeys(after, "applied")


@row("W3", "Retry-After as a decimal, or as a date of a clock that is minutes off", naive=False)
def odd_times(bench: Bench) -> None:
    """Both are understood: the request is repeated after that time."""
    fault: dict[str, Any] = {"kind": Kind.STATUS, "status": 429, "headers": {"Retry-After": "0.5"}}
    with bench.fresh() as here:
        settles(here, fault)
    before, after, _ = few(bench)
    wrong = timedelta(minutes=bench.chance.choice([-5, 5]))
    with (
        Scene(bench, before, after).open() as scene,
        _forwarding(scene.address, clock=wrong) as address,
        environment({"WEBFLOW_API_URL": address}),
    ):
        start = time.monotonic()
        scene.plan()
        assert scene.apply(0) == dict.fromkeys(after, "applied")
        # Counted by our own clock, the date would be five minutes away: 15 s at this scale.
        assert time.monotonic() - start < 10


@row("W4", "403 and 404 as a web page")
def web_page(bench: Bench) -> None:
    """It is an outage, not a refusal of the API, so reads are repeated."""
    status = bench.chance.choice([403, 404])
    page = {"Content-Type": "text/html"}
    fault: dict[str, Any] = {"kind": Kind.STATUS, "status": status, "headers": page, "body": HTML}
    with bench.fresh() as here:
        reads_again(here, fault)
    before, after, sku = few(bench)
    with Scene(bench, before, after, [Fault(sku=sku, **GET, **fault)]).open() as scene:
        run = scene.run("plan")
        assert (run.code, "scope" in run.err) == (1, False), run


@contextmanager
def _forwarding(
    address: str, encoding: str = "gzip", clock: timedelta = timedelta(0)
) -> Iterator[str]:
    """Forward requests to *address*, and pack each answer as two members of gzip.

    If the server's *clock* is wrong, it first answers 429 with a date to retry at, 2 s later.
    """
    refused: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(time.time() + clock.total_seconds())

        def do_GET(self) -> None:
            if clock and "/inventory" in self.path and not refused:
                refused.append(self.path)
                self.send_response(429)
                at = time.time() + clock.total_seconds() + 2
                self.send_header("Retry-After", formatdate(at, usegmt=True))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            length = int(self.headers.get("Content-Length", 0))
            kept = {"Authorization": self.headers["Authorization"]}
            if length:
                kept["Content-Type"] = self.headers["Content-Type"]
            answer = httpx.request(
                self.command, f"{base}{self.path}", headers=kept, content=self.rfile.read(length)
            )
            half = len(answer.content) // 2
            body = gzip.compress(answer.content[:half]) + gzip.compress(answer.content[half:])
            self.send_response(answer.status_code)
            self.send_header("Content-Encoding", encoding)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_PATCH = do_GET  # noqa: N815  the same

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    base, _, path = address.rpartition("/")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{path}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@row("W5", "gzip in several members, and `x-gzip`", naive=False)
def members(bench: Bench) -> None:
    """The members are one answer."""
    before, after, _ = few(bench)
    encoding = bench.chance.choice(["gzip", "x-gzip"])
    with (
        Scene(bench, before, after).open() as scene,
        _forwarding(scene.address, encoding) as address,
        environment({"WEBFLOW_API_URL": address}),
    ):
        scene.plan()
        assert scene.apply(0) == dict.fromkeys(after, "applied")


@row("W6", "a shift between two pages that keeps the total", naive=False)
def balanced_shift(bench: Bench) -> None:
    """No SKU is missed: the listing is read again."""
    before = {f"S{n:03}": 20 for n in range(250)}
    after = {**before, "S100": 25, "S199": 27}
    faults = [Fault(Kind.SHIFT, path="/products", skip=1, count=1)]
    with Scene(bench, before, after, faults).open() as scene:
        scene.plan()
        assert scene.apply(0) == {"S100": "applied", "S199": "applied"}


@row("W7", "a write that is shown after 8, 12, or 40 s, with a sale meanwhile")
def shown_late(bench: Bench) -> None:
    """Shown within half a minute, the sale stays. Later, the second write is named."""
    seconds = bench.chance.choice([8, 12, 40])
    sold = bench.chance.randint(1, 3)
    late: dict[str, Any] = {"status": 504, "applied": True, "sold_after": sold, "body": "{}"}
    faults = [
        Fault(Kind.STATUS, sku="A", count=1, **PATCH, **late),
        Fault(Kind.STALE, sku="A", skip=2, seconds=seconds * SCALE, **GET),
    ]
    with Scene(bench, {"A": 10, "B": 5}, {"A": 20, "B": 6}, faults).open() as scene:
        scene.plan()
        run = scene.run("apply", "p.json", "-v")
        is_kept = scene.shop.stocks()["A"] == 20 - sold
        assert is_kept or "Written again" in run.out, run
        assert is_kept or seconds > 30
        scene.planned_at = len(scene.shop.ledger())  # judged here: the second write is announced


@row("W8", "one product of an odd shape", naive=False)
def odd_product(bench: Bench) -> None:
    """That product is named, and the rest is planned and applied."""
    before, after, sku = few(bench)
    with bench.fresh() as here, Scene(here, before, after).open() as scene:
        found = httpx.get(
            f"{scene.address}/sites/580e63e98c9a982ac9b8b741/products?limit=100",
            headers={"Authorization": f"Bearer {TOKEN}"},
        ).json()
    odd = list(before).index(sku)
    found["items"][odd]["skus"] = bench.chance.choice([None, "none", [{"id": 5}]])
    fault = Fault(Kind.BODY, path="/products", body=json.dumps(found))
    with Scene(bench, before, after, [fault]).open() as scene:
        run = scene.run("plan", "--out", "p.json")
        assert (run.code, f"Product {odd}" in run.out + run.err) == (65, True), run
        assert scene.apply(5) == dict.fromkeys(after, "applied") | {sku: "not tried"}
