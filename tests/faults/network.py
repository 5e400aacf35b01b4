"""Rows N1 to N15: a network that fails, on reads and on writes."""

import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import trustme

from faults.scene import SCALE, Scene, environment
from faults.table import Bench, row
from reconciler.sandbox.faults import Fault, Kind

PATCH: dict[str, Any] = {"method": "PATCH", "path": "/inventory"}
GET: dict[str, Any] = {"method": "GET", "path": "/inventory"}


def few(bench: Bench) -> tuple[dict[str, int], dict[str, int], str]:
    """Return stocks before and after of a few SKUs, and the one with the fault."""
    skus = [f"S{n}" for n in range(bench.chance.randint(2, 5))]
    before = {sku: bench.chance.randint(20, 40) for sku in skus}
    after = {sku: value + bench.chance.choice([-7, 9]) for sku, value in before.items()}
    return before, after, bench.chance.choice(skus)


def settles(
    bench: Bench, fault: dict[str, Any], *, code: int = 0, result: str = "applied"
) -> Scene:
    """Expect *result* for the SKU whose write has the *fault*, and APPLIED for all others."""
    before, after, sku = few(bench)
    scene = Scene(bench, before, after, [Fault(sku=sku, count=1, **{**PATCH, **fault})])
    with scene.open():
        scene.plan()
        outcomes = scene.apply(code, "--parallelism", str(bench.chance.randint(1, 8)))
        expected = dict.fromkeys(after, "applied") | {sku: result}
        assert outcomes == expected, (outcomes, expected)
        assert scene.verdict() == (0, 0, 0, 0), scene.verdict()
        assert all(len(scene.writes(other)) == 1 for other in after if other != sku)
        assert len(scene.writes(sku)) <= 1
    return scene


def reads_again(bench: Bench, fault: dict[str, Any]) -> None:
    """Expect that a read with *fault* is repeated, in plan and in apply."""
    before, after, sku = few(bench)
    faults = [Fault(sku=sku, count=1, skip=skip, **{**GET, **fault}) for skip in (0, 1)]
    with Scene(bench, before, after, faults).open() as scene:
        scene.plan()
        assert scene.apply(0) == dict.fromkeys(after, "applied")
        assert scene.verdict() == (0, 0, 0, 0)


def both(bench: Bench, kind: Kind, **fault: Any) -> None:
    """Expect that a fault does no harm on a read, or on a write with or without effect."""
    for check in (
        lambda here: settles(here, {"kind": kind, "applied": True, **fault}),
        lambda here: settles(here, {"kind": kind, "applied": False, **fault}),
        lambda here: reads_again(here, {"kind": kind, **fault}),
    ):
        with bench.fresh() as here:
            check(here)


@contextmanager
def _at(bench: Bench, address: str) -> Iterator[Scene]:
    """Yield a scene with a plan, whose shop is then expected at *address*."""
    before, after, _ = few(bench)
    with Scene(bench, before, after).open() as scene:
        scene.plan()
        with environment({"WEBFLOW_API_URL": address}):
            yield scene
        assert scene.writes() == []


def _unreachable(bench: Bench, address: str, *said: str) -> None:
    """Expect exit code 1 from plan and apply, and no write."""
    with _at(bench, address) as scene:
        planned = scene.run("plan")
        applied = scene.run("apply", "p.json")
        assert (planned.code, applied.code) == (1, 1), (planned, applied)
        for words in ("[no_", *said):
            assert words in planned.err, planned
            assert words in applied.err, applied


@row("N1", "connection refused", naive=False)
def refused(bench: Bench) -> None:
    """The connection is tried three times: exit code 1, nothing is written."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    _unreachable(bench, f"http://{address}/v2", address)


@row("N2", "no such host", naive=False)
def no_such_host(bench: Bench) -> None:
    """The error has the name of the host."""
    _unreachable(bench, "https://no-such-host.invalid/v2", "no-such-host.invalid")


@row("N3", "a connection that is never accepted", naive=False)
def never_accepted(bench: Bench) -> None:
    """The deadline ends it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        port = listener.getsockname()[1]
        _unreachable(bench, f"http://127.0.0.1:{port}/v2", str(port))
        for filler in fillers:
            filler.close()


@row("N4", "reset before the request takes effect")
def reset_before(bench: Bench) -> None:
    """The read shows the stock before, so it is sent again. One write takes effect."""
    scene = settles(bench, {"kind": Kind.RESET})
    assert len(scene.after) == len({*scene.after})
    with bench.fresh() as here:
        reads_again(here, {"kind": Kind.RESET})


@row("N5", "reset after the request took effect")
def reset_after(bench: Bench) -> None:
    """The read shows the stock after, so it is applied without a second write."""
    settles(bench, {"kind": Kind.RESET, "applied": True})


@row("N6", "took effect, answer lost, and a sale")
def reset_and_sold(bench: Bench) -> None:
    """The stock is neither before nor after: unknown, exit code 5."""
    fault = {"kind": Kind.RESET, "applied": True, "sold_after": bench.chance.randint(1, 3)}
    settles(bench, fault, code=5, result="unknown")


@row("N7", "a body cut short")
def truncated(bench: Bench) -> None:
    """It counts as a lost answer."""
    both(bench, Kind.TRUNCATE)


@row("N8", "a byte now and then", naive=False)
def dripping(bench: Bench) -> None:
    """The deadline of the call ends it, anywhere in the answer."""
    both(bench, Kind.DRIP, seconds=10 * SCALE)


@row("N9", "200 MB that were packed into 200 kB")
def bomb(bench: Bench) -> None:
    """It is cut while unpacking: exit code 1 on reads, another read on writes, little memory."""
    size = 200_000_000
    with bench.fresh() as here:
        settles(here, {"kind": Kind.BOMB, "size": size, "applied": True})
    before, after, _ = few(bench)
    with Scene(bench, before, after, [Fault(Kind.BOMB, size=size, **GET)]).open():
        run = subprocess.run(
            [sys.executable, "-c", _PLAN_AND_PEAK],
            cwd=bench.folder,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (run.returncode, "[answer_too_long]" in run.stderr) == (1, True), run
    assert int(run.stdout) < 150 * 1024, run.stdout


# What getrusage says would include the memory of whoever started it.
_PLAN_AND_PEAK = """
import pathlib, re, sys
from reconciler.cli.main import exit_code
code = exit_code(["plan"])
print(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
sys.exit(code)
"""


@row("N10", "something that is not HTTP")
def garbage(bench: Bench) -> None:
    """It is a transport error, not a traceback."""
    both(bench, Kind.GARBAGE)


@row("N11", "a certificate that nobody signed")
def self_signed(bench: Bench) -> None:
    """It is refused, and no option can allow it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with _listening(context) as (port, asked):
        _unreachable(bench, f"https://127.0.0.1:{port}/v2", "certificate")
    assert asked == []


class _QuietServer(HTTPServer):
    def handle_error(self, *_: object) -> None:
        """Print nothing about a rejected handshake."""


@contextmanager
def _listening(context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[str]]]:
    """Answer everything with 200, and yield the port and the requests."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.command} {self.headers.get('Authorization')}")
            self.send_response(200)
            self.end_headers()

        do_PATCH = do_GET  # noqa: N815  the same

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = _QuietServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@row("N12", "a redirect to another host")
def redirected(bench: Bench) -> None:
    """It is refused. Neither body nor token goes there."""
    before, after, sku = few(bench)
    status = bench.chance.choice([301, 302, 303, 307, 308])
    with _listening() as (port, asked):
        there = {"Location": f"http://127.0.0.1:{port}/v2/elsewhere"}
        fault: dict[str, Any] = {"kind": Kind.STATUS, "status": status, "headers": there}
        with bench.fresh() as here:
            settles(here, fault, code=5, result="failed")
        with Scene(bench, before, after, [Fault(sku=sku, **GET, **fault)]).open() as scene:
            run = scene.run("plan")
            assert (run.code, f"({status})" in run.err) == (1, True), run
    assert asked == []


@row("N13", "a redirect on the same host")
def redirected_at_home(bench: Bench) -> None:
    """A followed 302 would be a successful GET that writes nothing."""
    headers = {"Location": "/v2/sites"}
    settles(
        bench, {"kind": Kind.STATUS, "status": 302, "headers": headers}, code=5, result="failed"
    )


@row("N14", "a fifth of all requests dropped, 200 SKUs")
def flaky(bench: Bench) -> None:
    """All converge in one run if answers are lost, and in a few if requests are."""
    for applied in (True, False):
        with bench.fresh() as here:
            _flaky(here, applied=applied)


def _flaky(bench: Bench, *, applied: bool) -> None:
    before = {f"S{n:03}": 20 for n in range(200)}
    after = dict.fromkeys(before, 30)
    faults = [Fault(Kind.RESET, chance=0.2, applied=applied)]
    with Scene(bench, before, after, faults).open() as scene:
        scene.plan()
        first = scene.run("apply", "p.json")
        assert scene.verdict() == (0, 0, 0, 0)
        reads = [entry for entry in scene.shop.ledger() if entry.kind == "read"]
        assert len(reads) <= 3 * len(before) * 2
        if first.code:
            # Three writes that did not land are enough: named, untouched, and left to the next run.
            assert (first.code, applied, "failed" in first.out) == (
                5,
                False,
                True,
            )
            _try_again(scene)
        assert len(scene.writes()) == len(before)


def _try_again(scene: Scene) -> None:
    """Expect that a few more runs do the rest."""
    for _ in range(4):
        scene.plan()
        if not scene.run("apply", "p.json").code:
            return
    raise AssertionError(scene.said[-1])


@row("N15", "an outage in the middle of a run")
def outage(bench: Bench) -> None:
    """Ten failures in a row end the run with exit code 5. The rest is untouched."""
    before = {f"S{n:02}": 20 for n in range(40)}
    after = dict.fromkeys(before, 30)
    fault = Fault(Kind.RESET, path="/inventory", skip=len(before) + bench.chance.randint(5, 12))
    with Scene(bench, before, after, [fault]).open() as scene:
        scene.plan()
        outcomes = scene.apply(5, "--parallelism", "4")
        results = list(outcomes.values())
        assert results.count("not tried") > 0 and results.count("applied") > 0, outcomes
        assert 10 <= results.count("failed") + results.count("unknown") <= 14, outcomes
        assert "10 failures" in scene.said[-1].out
        assert scene.verdict() == (0, 0, 0, 0)
