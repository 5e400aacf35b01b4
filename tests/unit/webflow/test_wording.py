"""Snapshots of the shop's errors, by answer."""

import gzip
import json
from collections.abc import Callable, Iterator

import httpcore
import httpx
import pytest
from factories import SITE
from fakes import FakeClock
from syrupy.assertion import SnapshotAssertion

from reconciler.errors import StoreError
from reconciler.model import LiveSku, Stock, Target
from reconciler.webflow.answers import (
    parse_collections,
    parse_items,
    parse_json,
    parse_product,
    parse_products,
    parse_stock,
)
from reconciler.webflow.body import Body
from reconciler.webflow.client import StoreClient
from reconciler.webflow.fetch import fetch_listing, fetch_stocks
from reconciler.webflow.order_answers import parse_orders
from reconciler.webflow.rate_limit import Pace
from reconciler.webflow.refusals import refusal
from reconciler.webflow.token import Token, load_address, load_token
from reconciler.webflow.transport import make_http, translate

SECRET = "secret-token"
ANSWERS = (
    *(
        (status, b'{"message": "Not this way"}')
        for status in (400, 401, 403, 404, 409, 410, 422, 429)
    ),
    *((status, b"") for status in (302, 408, 418, 425, 500, 502, 503, 504)),
    *((403, b"<html>blocked</html>"), (404, b"no such page")),
    (401, b'{"message": "secret-token is expired"}'),
)


def _line(case: str, error: StoreError) -> str:
    notes = "".join(f"\n    {note}" for note in getattr(error, "__notes__", ()))
    return f"{case}\n    [{error.code}] {error}{notes}\n"


def _table(cases: dict[str, Callable[[], object]]) -> str:
    """Return the error of each case."""
    lines = []
    for case, act in cases.items():
        with pytest.raises(StoreError) as caught:
            act()
        lines.append(_line(case, caught.value))
    return "\n".join(lines)


def test_answers_of_the_shop(wording: SnapshotAssertion) -> None:
    """Covers each HTTP status, with the code of its error. The token is masked."""
    lines = [
        _line(f"{status} {content!r}", refusal(status, {}, content, Token(SECRET)))
        for status, content in ANSWERS
    ]
    assert "\n".join(lines) == wording


def test_lost_answers(wording: SnapshotAssertion) -> None:
    """Covers failures of the network. The code shows whether the request was sent."""
    failures = (
        httpcore.ConnectError("[Errno 111] Connection refused"),
        httpcore.ConnectTimeout("timed out"),
        httpcore.ProxyError("407 Proxy Authentication Required"),
        httpcore.UnsupportedProtocol("ftp"),
        httpcore.LocalProtocolError(f"Illegal header value b'Bearer {SECRET}'"),
        httpcore.ReadTimeout("timed out"),
        httpcore.ReadError("[Errno 104] Connection reset by peer"),
        httpcore.WriteError(""),
        httpcore.RemoteProtocolError("Server disconnected without sending a response."),
        httpx.InvalidURL("no host"),
    )
    lines = [
        _line(type(failure).__name__, translate(failure, "api.example")) for failure in failures
    ]
    assert "\n".join(lines) == wording


def test_unusable_answers(wording: SnapshotAssertion) -> None:
    """Covers answers with status 200 that can't be used."""
    listed = {"product": {"id": ""}, "skus": []}
    text = _table(
        {
            "HTML": lambda: parse_json(b"<html>"),
            "too large": lambda: Body("", 3).add(b"1234"),
            "a decompression bomb": lambda: Body("gzip", 3).add(gzip.compress(bytes(9999))),
            "broken gzip": lambda: Body("gzip", 3).add(b"junk"),
            "another encoding": lambda: Body("br", 3),
            "stock without a type": lambda: parse_stock({"quantity": 5}),
            "quantity as text": lambda: parse_stock({"inventoryType": "finite", "quantity": "5"}),
            "no collections": lambda: parse_collections({}),
            "no products": lambda: parse_products({}),
            "products without a total": lambda: parse_products(
                {"items": [], "pagination": {"total": "1"}}
            ),
            "an empty id": lambda: parse_products({"items": [listed], "pagination": {"total": 1}}),
            "no product": lambda: parse_product({}),
            "no items": lambda: parse_items({}),
            "items without a total": lambda: parse_items(
                {"items": [], "pagination": {"total": "1"}}
            ),
            "no orders": lambda: parse_orders({}),
        }
    )
    assert text == wording


class Pages:
    """A client whose site has *total* products and no stock."""

    def __init__(self, total: int) -> None:
        self._total = total

    def read(self, path: str, parse: Callable[..., object], params: object = None) -> object:
        if path.endswith("/collections"):
            return parse({"collections": []})
        return parse({"items": [], "pagination": {"total": self._total}})

    def read_stock(self, target: Target) -> Stock:
        raise refusal(500 if target.sku_id == "down" else 404, {}, b"", Token(SECRET))


def _fetch(client: object, collection: str | None = "c") -> Callable[[], object]:
    return lambda: fetch_listing(client, SITE, collection)  # type: ignore[arg-type]


def _fetch_stock(sku_id: str) -> Callable[[], object]:
    skus = [LiveSku(sku_id, "TEE", "", archived=False)]
    return lambda: fetch_stocks(Pages(1), "c", skus, 1)  # type: ignore[arg-type]


def test_listings_that_fail(wording: SnapshotAssertion) -> None:
    """Covers listings and stocks that can't be trusted."""
    text = _table(
        {
            "it keeps changing": _fetch(Pages(5)),
            "an impossible total": _fetch(Pages(10**9)),
            "no SKU collection": _fetch(Pages(0), None),
            "a wrong collection": _fetch_stock("gone"),
            "a failure while reading a SKU": _fetch_stock("down"),
        }
    )
    assert text == wording


def _ask(*statuses: int, stopped: str | None = None, **headers: str) -> Callable[[], object]:
    """Return a read that gets these answers, the last one forever."""

    def answers() -> Iterator[int]:
        yield from statuses
        while True:
            yield statuses[-1]

    script, clock = answers(), FakeClock()
    content = json.dumps({"message": "Not now"}).encode()

    def handle(_: httpx.Request) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Response(next(script), headers=named, stream=httpx.ByteStream(content))

    def act() -> object:
        client = StoreClient(
            "http://127.0.0.1:1/v2",
            Token(SECRET),
            Pace(),
            clock=clock,
            sleep=clock.sleep,
            stopped=lambda: stopped,
        )
        client._http = httpx.Client(
            base_url="http://127.0.0.1:1/v2", transport=httpx.MockTransport(handle)
        )
        return client.read_stock(Target("c", "s"))

    return act


def test_runs_that_end(wording: SnapshotAssertion) -> None:
    """Covers requests that the client gives up."""
    text = _table(
        {
            "429, with a long wait": _ask(429, Retry_After="1200"),
            "429 forever": _ask(429),
            "503 with a wait, forever": _ask(503, Retry_After="1"),
            "500 forever": _ask(500),
            "202": _ask(202),
            "a stop before a retry": _ask(500, stopped="interrupted"),
            "a stop while waiting": _ask(429, stopped="interrupted"),
        }
    )
    assert text == wording


def test_settings_that_are_refused(wording: SnapshotAssertion) -> None:
    """Covers tokens, addresses, and proxies of the environment."""
    text = _table(
        {
            "no token": lambda: load_token({}, "WEBFLOW_TOKEN"),
            "a token with white space": lambda: load_token(
                {"WEBFLOW_TOKEN": f"{SECRET} x"}, "WEBFLOW_TOKEN"
            ),
            "http": lambda: load_address({"WEBFLOW_API_URL": "http://api.webflow.com"}),
            "no host": lambda: make_http("https://", Token(SECRET)),
        }
    )
    assert text == wording
