"""Conversion of the libraries' errors, all of them and without secrets."""

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
def test_foreign_covers_all_library_errors(error: type[Exception]) -> None:
    """A new error of a library fails this test."""
    assert issubclass(error, FOREIGN)


@pytest.mark.parametrize("error", _errors(httpcore))
def test_translate_separates_unsent_from_lost(error: type[Exception]) -> None:
    """Errors before anything was sent differ from lost answers."""
    ours = translate(error("said"), "example.invalid")
    sent_nothing = {"ConnectError", "ConnectTimeout", "ProxyError", "UnsupportedProtocol"}

    assert isinstance(ours, StoreError)
    assert isinstance(ours, TransportError)
    assert isinstance(ours, ConnectionRefused) == (
        error.__name__ in {*sent_nothing, "LocalProtocolError"}
    )


def test_translate_drops_header() -> None:
    """The library's text on a bad header contains the header, and so the token."""
    error = httpcore.LocalProtocolError("Illegal header value b'Bearer s3cret\\n'")

    assert "s3cret" not in str(translate(error, "example.invalid"))


@pytest.mark.parametrize(
    ("proxy", "is_taken"),
    [("http://user:pa%20ss@127.0.0.1:3128", True), ("127.0.0.1:3128", True), ("socks5://x", False)],
)
def test_transport_uses_https_proxy(
    monkeypatch: pytest.MonkeyPatch, proxy: str, is_taken: bool
) -> None:
    """An unusable HTTPS_PROXY is an error. The proxy is never bypassed."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    if is_taken:
        Transport("https://api.example.invalid/v2").close()
    else:
        with pytest.raises(ValueError, match="proxy"):
            Transport("https://api.example.invalid/v2")
