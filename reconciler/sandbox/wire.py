"""Faulty answers on the socket: broken, slow, or not HTTP."""

import asyncio
import http
import socket
import struct
import zlib
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from reconciler.sandbox.faults import Fault, Kind

_PIECE = 1024 * 1024
_LINGER = struct.pack("ii", 1, 0)


class WireProtocol(H11Protocol):
    """uvicorn's HTTP, with access to the connection for the application."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inner = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope["wire"] = self.transport
            await inner(scope, receive, send)

        self.app = app


class Misanswer(Response):
    """The answer *right* as *fault* changes it."""

    def __init__(self, request: Request, fault: Fault, right: Response) -> None:
        super().__init__()
        self._wire: asyncio.Transport = request.scope["wire"]
        self._fault = fault
        self._right = right

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the faulty answer, and return when the client has disconnected."""
        match self._fault.kind:
            case Kind.RESET:
                self._break()
            case Kind.TRUNCATE:
                self._wire.write(_as_bytes(self._right)[:-20])
                await asyncio.sleep(0.01)
                self._break()
            case Kind.GARBAGE:
                self._wire.write(b"\x00\xffnot HTTP at all\r\n\r\n")
                self._wire.close()
            case Kind.DRIP:
                await self._drip()
            case Kind.BOMB:
                await self._explode()
        while (await receive())["type"] != "http.disconnect":
            pass

    def _break(self) -> None:
        """Close the connection with a reset."""
        raw = self._wire.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
        self._wire.abort()

    async def _drip(self) -> None:
        for byte in _as_bytes(self._right):
            if self._wire.is_closing():
                return
            self._wire.write(bytes([byte]))
            await asyncio.sleep(self._fault.seconds)

    async def _explode(self) -> None:
        packed = _pack(self._fault.size)
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
        self._wire.write(head.encode() + packed)


@cache
def _pack(size: int) -> bytes:
    """Return *size* zero bytes as gzip, compressed in pieces."""
    packer = zlib.compressobj(wbits=31)
    pieces = [packer.compress(bytes(_PIECE)) for _ in range(size // _PIECE)]
    return b"".join([*pieces, packer.flush()])


def _as_bytes(response: Response) -> bytes:
    status = http.HTTPStatus(response.status_code)
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in response.raw_headers)
    return head + lines + b"\r\n" + bytes(response.body)
