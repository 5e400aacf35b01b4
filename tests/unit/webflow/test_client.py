"""The client without a socket: what a read, a write, and a run that ends may send."""

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
    """A client that is answered by a script; the last answer is given for ever."""

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
    """Never a difference, which would count twice if it was sent twice."""
    shop = Shop(_stock(9))

    assert shop.client.write_stock(TARGET, stock) == finite(9)
    (request,) = shop.sent
    assert (request.method, request.content) == ("PATCH", body)
    assert request.url.path == f"/v2/collections/{COLLECTION}/items/{TARGET.sku_id}/inventory"


def test_ids_with_slashes_stay_in_their_place() -> None:
    """An id that a pull request names leads to no other address."""
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
def test_write_stock_is_sent_once_whatever_comes_back(
    step: Step, error: type[ReconcilerError]
) -> None:
    """Only its caller knows whether sales came between, and may send it again."""
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
def test_read_stock_is_tried_again(step: Step) -> None:
    """A read changes nothing, so that it may be repeated after a pause."""
    shop = Shop(step, _stock(7))

    assert shop.client.read_stock(TARGET) == finite(7)
    assert shop.methods == ["GET", "GET"]
    assert shop.clock.now > 0


def test_read_stock_is_given_up_in_the_end() -> None:
    """An outage ends the run instead of lasting for ever."""
    shop = Shop(_refuse(500))
    with pytest.raises(ServerFault):
        shop.client.read_stock(TARGET)

    assert (len(shop.sent), shop.client.requests) == (READ_TRIES, READ_TRIES)


@pytest.mark.parametrize(("status", "repeats"), [(400, 1), (401, 1), (403, 1), (404, 1), (409, 1)])
def test_read_stock_that_is_refused_is_not_tried_again(status: int, repeats: int) -> None:
    """Asking again does not change a no."""
    shop = Shop(_refuse(status), _stock())
    with pytest.raises(ReconcilerError) as caught:
        shop.client.read_stock(TARGET)

    assert (len(shop.sent), SECRET in str(caught.value)) == (repeats, False)


def test_429_is_waited_for_and_counted() -> None:
    """The pause is at least as long as the store asked for."""
    shop = Shop(_refuse(429, Retry_After="42"), _stock())
    shop.client.read_stock(TARGET)

    assert (shop.clock.now >= 42, shop.client.throttled, shop.client.waiting) == (True, 1, 0)


def test_pause_that_is_too_long_ends_the_run() -> None:
    """A job does not sleep for an hour."""
    shop = Shop(_refuse(429, Retry_After=str(int(MAX_RETRY_AFTER) + 1)), _stock())
    with pytest.raises(OutageError):
        shop.client.read_stock(TARGET)

    assert (shop.clock.now, len(shop.sent)) == (0.0, 1)


def test_run_that_ends_sends_nothing_more() -> None:
    """After a signal neither a request that waits nor a retry is sent."""
    shop = Shop(_refuse(500))

    def stop(seconds: float) -> None:
        shop.stopped = "interrupted"
        shop.clock.sleep(seconds)

    shop.client._sleep = stop
    with pytest.raises(StoppedError):
        shop.client.read_stock(TARGET)

    assert len(shop.sent) == 2  # its pause had begun; after it there is no other try


def test_limit_of_the_store_is_kept() -> None:
    """The store names its limit with each answer; nothing is sent beyond it in a minute."""
    shop = Shop(_stock(**{"X-RateLimit-Limit": "3", "X-RateLimit-Remaining": "2"}))
    moments = []
    for _ in range(4):
        shop.client.read_stock(TARGET)
        moments.append(shop.clock.now)

    assert shop.client.limit == 3
    assert moments[2] == 0.0
    assert moments[3] >= 60.0


def test_turn_holds_place_for_write_after_its_read() -> None:
    """No wait for the rate limit comes between, in which sales would be overwritten."""
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


def test_write_in_turn_is_not_sent_into_pause() -> None:
    """After a 429 to another thread the stock must be read again before it is written."""
    shop = Shop(_stock())
    with shop.client.turn():
        shop.client.read_stock(TARGET)
        shop.client._pace.refuse("GET", 30.0, 0.0, shop.clock.now)
        with pytest.raises(Throttled):
            shop.client.write_stock(TARGET, finite(1))

    assert shop.methods == ["GET"]
