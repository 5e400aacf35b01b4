"""Answers reads of stock far faster than any client asks, so that rows about clients measure these.

It parses nothing but the path, and answers each request from a template. The process prints its
address and serves until it is ended.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from benchmarks.shops import COLLECTION, Server

_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-RateLimit-Limit: 1000000\r\n"
    b"X-RateLimit-Remaining: 999999\r\nContent-Length: %d\r\n\r\n%s"
)
_BODY: Final = b'{"id": "%s", "inventoryType": "finite", "quantity": 7}'
_END: Final = b"\r\n\r\n"


class _Connection(asyncio.Protocol):
    """One connection; a request ends with an empty line, because none has a body."""

    def __init__(self, latency: float) -> None:
        self.latency, self.received = latency, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to answer."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request, after the latency."""
        *requests, self.received = (self.received + data).split(_END)
        for request in requests:
            parts = request.split(b" ", 2)[1].split(b"/")
            body = _BODY % (parts[4] if len(parts) > 4 else b"")
            answer = _HEAD % (len(body), body)
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self.transport.write, answer)
            else:
                self.transport.write(answer)


async def _serve(latency: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(latency), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


@contextmanager
def serving_fast(skus: int, latency: float) -> Iterator[Server]:
    """Serve *skus* SKUs from a process of its own, each answer *latency* seconds late."""
    command = [sys.executable, "-m", "benchmarks.fast_server", str(latency)]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        try:
            yield Server(address, COLLECTION, [f"{number:024x}" for number in range(skus)])
        finally:
            process.terminate()


def measure_capacity(server: Server, connections: int, requests: int) -> float:
    """Return how many requests a second the server answers to a client that parses nothing."""
    host, port = server.address.removeprefix("http://").split(":")

    async def ask(number: int) -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        path = f"/collections/{server.collection_id}/items/{server.sku_ids[number]}/inventory"
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        for _ in range(requests // connections):
            writer.write(request)
            await reader.readuntil(b"}")
        writer.close()

    async def ask_all() -> None:
        await asyncio.gather(*(ask(number) for number in range(connections)))

    start = time.perf_counter()
    asyncio.run(ask_all())
    return requests / (time.perf_counter() - start)


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
