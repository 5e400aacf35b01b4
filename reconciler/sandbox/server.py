"""Serve the sandbox's API on loopback, in a thread or until a signal."""

import asyncio
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

import uvicorn

from reconciler.atomic_files import refuse_links
from reconciler.errors import SandboxError
from reconciler.sandbox.api import SCOPES, Api
from reconciler.sandbox.database import Shop
from reconciler.sandbox.seed import read_seed
from reconciler.sandbox.wire import WireProtocol

SEED_FILE: Final = "sandbox.json"
_JOURNAL_SECONDS: Final = 1.0


def open_shop(data: Path, seed: Path) -> Shop:
    """Return the shop in *data*. Create it from *seed* if it is missing."""
    return Shop(_safe_data(data), lambda: read_seed(seed))


def reset_shop(data: Path, seed: Path) -> Shop:
    """Return the shop in *data*, reset to *seed*."""
    return Shop(_safe_data(data), lambda: read_seed(seed), reset=True)


def _safe_data(data: Path) -> Path:
    """Return *data*. Raises SandboxError for files that could make SQLite change other files.

    SQLite follows links, and a rollback journal can name any file to delete. The sandbox uses WAL
    mode, so it has no such journal.
    """
    try:
        refuse_links(data)
    except OSError as error:
        raise SandboxError(f"{data}: {error.strerror}. Delete it.") from None
    journal = data.with_name(f"{data.name}-journal")
    until = time.monotonic() + _JOURNAL_SECONDS
    while os.path.lexists(journal):  # another command may be creating the file
        if time.monotonic() > until:
            raise SandboxError(f"{journal} does not belong to this tool. Delete it.")
        time.sleep(0.02)
    return data


@contextmanager
def serve_for_a_while(api: Api, port: int = 0) -> Iterator[str]:
    """Serve *api* from a thread during the block, and yield its address."""
    with _listen(port) as listener:
        server = _server(api)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield _address(listener)
        finally:
            server.stop()
            thread.join()


@contextmanager
def serve_shop(shop: Shop) -> Iterator[tuple[str, str]]:
    """Serve *shop* with a random token, and yield address and token."""
    token = secrets.token_hex(16)
    with serve_for_a_while(Api(shop, {token: SCOPES})) as address:
        yield address, token


def serve_until_stopped(api: Api, port: int, announce: Callable[[str], None]) -> None:
    """Serve *api* until SIGINT or SIGTERM. *announce* gets the address first."""
    with _listen(port) as listener:
        announce(_address(listener))
        _server(api).run([listener])


def _listen(port: int) -> socket.socket:
    """Return a socket that already accepts connections."""
    # Without the protocol, asyncio leaves Nagle's algorithm on, which delays answers by 40 ms.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise SandboxError(
            f"Can't listen on port {port}: {error.strerror}. Choose another --port."
        ) from None
    return listener


def _address(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}/v2"


# A failure in the server is an answer of 500. A log would print tracebacks with hostile data.
logging.getLogger("uvicorn").addHandler(logging.NullHandler())
logging.getLogger("uvicorn").propagate = False


class _Server(uvicorn.Server):
    """A server that stops at once.

    uvicorn checks ten times a second whether to stop, and then waits another 0.1 s. Each command on
    the sandbox would take that much longer.
    """

    _wake: Callable[[], object] | None = None

    def stop(self) -> None:
        """Stop the server from another thread."""
        self.should_exit = True
        if self._wake is not None:
            self._wake()

    async def main_loop(self) -> None:
        """Update the time of the answers until the server must stop."""
        stopped, loop = asyncio.Event(), asyncio.get_running_loop()
        self._wake = partial(loop.call_soon_threadsafe, stopped.set)
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), _TICK)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more connections, and give open ones a second to end."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        until = time.monotonic() + _LAST_SECONDS
        while (state.connections or state.tasks) and time.monotonic() < until:
            await asyncio.sleep(0.002)
        for task in state.tasks:
            task.cancel()


# uvicorn sets the header `Date` every tenth tick.
_TICK: Final = 0.1
_LAST_SECONDS: Final = 1.0


def _server(api: Api) -> _Server:
    return _Server(
        uvicorn.Config(
            api.application(),
            http=WireProtocol,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
        )
    )
