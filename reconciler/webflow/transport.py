"""Send requests over the network within a deadline, and convert the libraries' errors.

It is a connection pool of httpcore below httpx's client. Only there can the time of a whole call be
limited: httpx limits each read, so a slow answer could last forever.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from reconciler import __version__
from reconciler.errors import ConnectionRefused, StoreError, TransportError
from reconciler.webflow.refusals import LATER
from reconciler.webflow.token import Token

CHECK = "Check the network, and WEBFLOW_API_URL and HTTPS_PROXY if they are set"
CONNECT_SHARE = 1 / 3
_MAX_CONNECTIONS = 64


class Deadline(threading.local):
    """The deadline of this thread's call. It limits every wait on the socket."""

    until = float("inf")
    connect_until = float("inf")

    def start(self, seconds: float) -> None:
        """Start a call of at most *seconds*, a third of them for the connection."""
        now = time.monotonic()
        self.until = now + seconds
        self.connect_until = now + seconds * CONNECT_SHARE

    def left(self) -> float:
        """Return the seconds left for the call. Raises ReadTimeout if there are none."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline of the call")
        return left

    def left_to_connect(self) -> float:
        """Return the seconds left to connect. Raises ConnectTimeout if there are none."""
        left = self.connect_until - time.monotonic()
        if left <= 0:
            raise httpcore.ConnectTimeout("the deadline of the call")
        return left


class _Stream(httpcore.NetworkStream):
    """A socket that respects the deadline of the call."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left_to_connect()
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    """Connects within the call's deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        refused = httpcore.ConnectError(f"{host} has no address")
        for address in _resolve(host, port):  # all within the same deadline
            left = self._deadline.left_to_connect()
            try:
                stream = super().connect_tcp(address, port, left, local_address, socket_options)
            except httpcore.ConnectError as error:
                refused = error
            else:
                return _Stream(stream, self._deadline)
        raise refused


def _resolve(host: str, port: int) -> list[str]:
    """Return the addresses of *host*. Raises ConnectError for an unknown name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from None
    return [str(address[4][0]) for address in found]


class Transport(httpx.BaseTransport):
    """The transport of httpx's client. It raises only StoreError."""

    def __init__(self, address: str) -> None:
        """Prepare for *address*. Loopback never goes through the proxy of the environment.

        Raises:
            ValueError: The proxy's address is invalid.
            OSError: The certificates can't be loaded.
        """
        self.deadline = Deadline()
        host = urlsplit(address).hostname or ""
        is_https = address.startswith("https:")
        proxies = getproxies()
        proxy = proxies.get("https") or proxies.get("all")
        self._proxied = bool(proxy and is_https and not proxy_bypass(host))
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context() if is_https else None,
            proxy=_proxy(proxy) if proxy and self._proxied else None,
            max_connections=_MAX_CONNECTIONS,
            max_keepalive_connections=_MAX_CONNECTIONS,
            network_backend=_Backend(self.deadline),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send *request* and return the answer. Its body is read on demand."""
        host = request.url.netloc.decode() + (" through the proxy" if self._proxied else "")
        try:
            answer = self._pool.handle_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                )
            )
        except FOREIGN as error:
            raise translate(error, host) from None
        # Redirects are not followed, so httpx need not parse where they lead.
        headers = [header for header in answer.headers if header[0].lower() != b"location"]
        return httpx.Response(answer.status, headers=headers, stream=_Body(answer, host))

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    """The body of an answer, read on demand."""

    def __init__(self, answer: httpcore.Response, host: str) -> None:
        self._answer = answer
        self._host = host

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._answer.iter_stream()
        except FOREIGN as error:
            raise translate(error, self._host) from None

    def close(self) -> None:
        self._answer.close()


def _proxy(address: str) -> httpcore.Proxy:
    """Return the proxy at *address*, which may contain a user and a password."""
    parts = urlsplit(address if "://" in address else f"http://{address}")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("The proxy's address is not http://… or https://…")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    user = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return httpcore.Proxy(f"{parts.scheme}://{host}:{port}", auth=user)


# The base classes of all errors of the libraries. A test fails if one is missing.
FOREIGN = (
    httpcore.ConnectionNotAvailable,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    httpx.CookieConflict,
)


def translate(error: Exception, host: str) -> StoreError:
    """Convert an error of httpx or httpcore. Nothing was sent if it is ConnectionRefused."""
    message = f"The answer of {host} broke off: {_reason(error)}. {LATER}."
    match error:
        case httpcore.ConnectError() | httpcore.ProxyError() | httpx.ConnectError():
            return ConnectionRefused(f"Can't reach {host}: {_reason(error)}. {CHECK}.")
        case httpcore.ConnectTimeout() | httpx.ConnectTimeout():
            return ConnectionRefused(f"Can't reach {host}: no answer. {CHECK}.")
        case httpcore.UnsupportedProtocol() | httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return ConnectionRefused(f"{host} is not a valid address. {CHECK}.")
        # The text of these may contain a header, and so the token.
        case httpcore.LocalProtocolError() | httpx.LocalProtocolError():
            return ConnectionRefused("Can't send the request: a header is invalid.")
        case httpcore.ProtocolError() | httpx.ProtocolError():
            message = f"The answer of {host} is not HTTP, or broke off. {LATER}."
        case httpcore.TimeoutException() | httpx.TimeoutException():
            message = f"{host} did not answer in time. {LATER}."
    return TransportError(message)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def make_http(address: str, token: Token) -> tuple[Transport, httpx.Client]:
    """Return a transport and a client for *address*.

    Raises:
        StoreError: The address, the proxy, or the certificates can't be used.
    """
    advice = "Check WEBFLOW_API_URL, HTTPS_PROXY, and SSL_CERT_FILE."
    headers = {
        "Authorization": token.header,
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "User-Agent": f"inventory-reconciler/{__version__}",
    }
    try:
        if not httpx.URL(address).host:  # reading the host checks it
            raise httpx.InvalidURL("no host")
        transport = Transport(address)
        client = httpx.Client(
            base_url=address,
            headers=headers,
            transport=transport,
            follow_redirects=False,
            trust_env=False,
        )
    except (httpx.InvalidURL, ValueError, TypeError):  # UnicodeError is a ValueError
        raise StoreError(f"Can't connect: an address is invalid. {advice}") from None
    except OSError as error:
        raise StoreError(f"Can't connect: {error.strerror or error}. {advice}") from None
    return transport, client
