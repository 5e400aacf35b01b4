"""Requests of the client, without a socket."""

import json
from typing import Any

import httpx
import pytest
from factories import COLLECTION
from fakes import FakeClock

from reconciler.errors import (
    AnswerError,
    OutageError,
    ReconcilerError,
    ServerFault,
    StoppedError,
    Throttled,
    TransportError,
)
from reconciler.model import INFINITE, Stock, Target, finite
from reconciler.webflow.client import MAX_RETRY_AFTER, StoreClient
from reconciler.webflow.rate_limit import Pace
from reconciler.webflow.retries import READ_TRIES
from reconciler.webflow.token import Token

TARGET = Target(COLLECTION, "5bfedb42bab0ad90fa7dad39")
SECRET = "t0ken-s3cret"
Step = tuple[int, Any, dict[str, str]] | Exception


class Shop(httpx.BaseTransport):
    """A client with scripted answers. The last answer repeats forever."""

    def __init__(self, *script: Step) -> None:
        self.script = list(script)
        self.sent: list[httpx.Request] = []
        self.clock = FakeClock()
        self.stopped: str | None = None
        self.client = StoreClient(
            "http://127.0.0.1:1/v2",
            Token(SECRET),
            Pace(),
            clock=self.clock,
            sleep=self.sleep,
            stopped=lambda: self.stopped,
        )
        self.client._http.close()
        self.client._http = httpx.Client(base_url="http://127.0.0.1:1/v2", transport=self)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        assert len(self.sent) < 50, "the client does not stop asking"
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, Exception):
            raise step
        status, body, headers = step
        return httpx.Response(
            status, headers=headers, stream=httpx.ByteStream(json.dumps(body).encode())
        )

    def sleep(self, seconds: float) -> None:
        assert len(self.clock.slept) < 500, "the client does not stop waiting"
        self.clock.sleep(seconds)

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.sent]


def _stock(quantity: Any = 5, **headers: str) -> Step:
    return 200, {"inventoryType": "finite", "quantity": quantity}, headers


def _refuse(status: int, **headers: str) -> Step:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"message": f"no, {SECRET}", "code": "x"}, named


@pytest.mark.parametrize(
    ("stock", "body"),
    [
        (finite(0), b'{"inventoryType":"finite","quantity":0}'),
        (finite(7), b'{"inventoryType":"finite","quantity":7}'),
        (INFINITE, b'{"inventoryType":"infinite"}'),
    ],
)
def test_write_stock_sends_absolute_quantity_to_its_target(stock: Stock, body: bytes) -> None:
    """A difference would add twice if it is sent twice."""
    shop = Shop(_stock(9))

    assert shop.client.write_stock(TARGET, stock) == finite(9)
    (request,) = shop.sent
    assert (request.method, request.content) == ("PATCH", body)
    assert request.url.path == f"/v2/collections/{COLLECTION}/items/{TARGET.sku_id}/inventory"


def test_write_stock_quotes_ids() -> None:
    """An id from a pull request can't change the address."""
    shop = Shop(_stock())
    shop.client.write_stock(Target("a/../..", "x?y#z"), finite(1))

    assert shop.sent[0].url.raw_path == b"/v2/collections/a%2F..%2F../items/x%3Fy%23z/inventory"


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (_refuse(500), ServerFault),
        (_refuse(503, Retry_After="1"), ServerFault),
        (_refuse(429, Retry_After="1"), Throttled),
        (_refuse(302, Location="/v2/x"), ReconcilerError),
        (httpx.ReadTimeout("late"), TransportError),
        ((200, {"quantity": "many"}, {}), AnswerError),
        ((202, {}, {}), AnswerError),
    ],
)
def test_write_stock_is_never_repeated(step: Step, error: type[ReconcilerError]) -> None:
    """Only the caller knows whether customers bought, so only the caller may repeat it."""
    shop = Shop(step, _stock())
    with pytest.raises(error) as caught:
        shop.client.write_stock(TARGET, finite(5))

    assert shop.methods == ["PATCH"]
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "step",
    [
        _refuse(500),
        _refuse(503, Retry_After="1"),
        _refuse(429, Retry_After="1"),
        httpx.ReadTimeout("late"),
        (200, {"quantity": "many"}, {}),
    ],
)
def test_read_stock_after_failure_is_repeated(step: Step) -> None:
    """A read changes nothing, so it can be repeated after a pause."""
    shop = Shop(step, _stock(7))

    assert shop.client.read_stock(TARGET) == finite(7)
    assert shop.methods == ["GET", "GET"]
    assert shop.clock.now > 0


def test_read_stock_during_outage_gives_up() -> None:
    """The number of tries is limited."""
    shop = Shop(_refuse(500))
    with pytest.raises(ServerFault):
        shop.client.read_stock(TARGET)

    assert (len(shop.sent), shop.client.requests) == (READ_TRIES, READ_TRIES)


@pytest.mark.parametrize(("status", "repeats"), [(400, 1), (401, 1), (403, 1), (404, 1), (409, 1)])
def test_read_stock_rejected_is_not_repeated(status: int, repeats: int) -> None:
    """A retry would get the same answer."""
    shop = Shop(_refuse(status), _stock())
    with pytest.raises(ReconcilerError) as caught:
        shop.client.read_stock(TARGET)

    assert (len(shop.sent), SECRET in str(caught.value)) == (repeats, False)


def test_read_stock_429_waits_and_is_counted() -> None:
    """The pause is at least as long as requested."""
    shop = Shop(_refuse(429, Retry_After="42"), _stock())
    shop.client.read_stock(TARGET)

    assert (shop.clock.now >= 42, shop.client.throttled, shop.client.waiting) == (True, 1, 0)


def test_read_stock_long_pause_raises_outage() -> None:
    """A CI job must not sleep for an hour."""
    shop = Shop(_refuse(429, Retry_After=str(int(MAX_RETRY_AFTER) + 1)), _stock())
    with pytest.raises(OutageError):
        shop.client.read_stock(TARGET)

    assert (shop.clock.now, len(shop.sent)) == (0.0, 1)


def test_read_stock_after_stop_is_not_repeated() -> None:
    """After a signal, no retry is sent."""
    shop = Shop(_refuse(500))

    def stop(seconds: float) -> None:
        shop.stopped = "interrupted"
        shop.clock.sleep(seconds)

    shop.client._sleep = stop
    with pytest.raises(StoppedError):
        shop.client.read_stock(TARGET)

    assert len(shop.sent) == 2  # the stop comes during the pause after the second one


def test_client_keeps_rate_limit() -> None:
    """The limit comes with each answer, and no minute has more requests."""
    shop = Shop(_stock(**{"X-RateLimit-Limit": "3", "X-RateLimit-Remaining": "2"}))
    moments = []
    for _ in range(4):
        shop.client.read_stock(TARGET)
        moments.append(shop.clock.now)

    assert shop.client.limit == 3
    assert moments[2] == 0.0
    assert moments[3] >= 60.0


def test_turn_sends_write_right_after_read() -> None:
    """A wait for the rate limit between them would overwrite sales."""
    shop = Shop(_stock(**{"X-RateLimit-Limit": "3"}))
    moments = []
    for _ in range(3):
        with shop.client.turn():
            shop.client.read_stock(TARGET)
            read = shop.clock.now
            shop.client.write_stock(TARGET, finite(1))
        moments.append(shop.clock.now - read)

    assert moments == [0.0, 0.0, 0.0]
    assert shop.methods == ["GET", "PATCH"] * 3
    assert shop.clock.now >= 120.0


def test_turn_during_pause_raises_for_write() -> None:
    """After another thread's 429, the stock must be read again before the write."""
    shop = Shop(_stock())
    with shop.client.turn():
        shop.client.read_stock(TARGET)
        shop.client._pace.refuse("GET", 30.0, 0.0, shop.clock.now)
        with pytest.raises(Throttled):
            shop.client.write_stock(TARGET, finite(1))

    assert shop.methods == ["GET"]
