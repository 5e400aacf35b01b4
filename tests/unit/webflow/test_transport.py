"""Foreign errors → ours: every one that the libraries have, each in words without a secret."""

import inspect
from types import ModuleType

import httpcore
import httpx
import pytest

from reconciler.errors import ConnectionRefused, StoreError, TransportError
from reconciler.webflow.transport import FOREIGN, Transport, translate


def _errors(library: ModuleType) -> list[type[Exception]]:
    members = [getattr(library, name) for name in library.__all__]
    return [m for m in members if inspect.isclass(m) and issubclass(m, Exception)]


@pytest.mark.parametrize("error", [*_errors(httpx), *_errors(httpcore)], ids=str)
def test_every_foreign_error_is_caught(error: type[Exception]) -> None:
    """What a library may raise is among the roots that are caught; a new one breaks this."""
    assert issubclass(error, FOREIGN)


@pytest.mark.parametrize("error", _errors(httpcore))
def test_every_error_of_the_wire_becomes_ours(error: type[Exception]) -> None:
    """What happened before anything was sent is told apart from what may have been lost."""
    ours = translate(error("said"), "example.invalid")
    sent_nothing = {"ConnectError", "ConnectTimeout", "ProxyError", "UnsupportedProtocol"}

    assert isinstance(ours, StoreError)
    assert isinstance(ours, TransportError)
    assert isinstance(ours, ConnectionRefused) == (
        error.__name__ in {*sent_nothing, "LocalProtocolError"}
    )


def test_a_header_is_never_repeated() -> None:
    """The library's words on a bad header hold the header, and so the token."""
    error = httpcore.LocalProtocolError("Illegal header value b'Bearer s3cret\\n'")

    assert "s3cret" not in str(translate(error, "example.invalid"))


@pytest.mark.parametrize(
    ("proxy", "is_taken"),
    [("http://user:pa%20ss@127.0.0.1:3128", True), ("127.0.0.1:3128", True), ("socks5://x", False)],
)
def test_a_proxy_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, proxy: str, is_taken: bool
) -> None:
    """HTTPS_PROXY is heeded; one that cannot be used is an error, not a way around it."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    if is_taken:
        Transport("https://api.example.invalid/v2").close()
    else:
        with pytest.raises(ValueError, match="proxy"):
            Transport("https://api.example.invalid/v2")
