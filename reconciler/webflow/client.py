"""Requests to the API → answers, each paced, timed, and mapped to our errors.

One synchronous client, for several threads. It follows no redirect (a followed 302 turns a PATCH
into a GET, "success" that wrote nothing), and a write goes out once: its caller may send it again.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx

from reconciler.errors import (
    AnswerError,
    ConnectionRefused,
    OutageError,
    RefusedError,
    ServerFault,
    StoppedError,
    Throttled,
    TooLongError,
    TransportError,
)
from reconciler.model import InventoryType, Stock, Target
from reconciler.webflow.answers import parse_json, parse_stock
from reconciler.webflow.body import unpack
from reconciler.webflow.rate_limit import MAX_REFUSALS, WINDOW, Pace
from reconciler.webflow.refusals import LATER, refusal, whole
from reconciler.webflow.retries import CONNECT_TRIES, READ_TRIES, Budget, backoff
from reconciler.webflow.shop_clock import ShopClock
from reconciler.webflow.token import Token
from reconciler.webflow.transport import FOREIGN, make_http, translate

Parsed = TypeVar("Parsed")

CALL_SECONDS = 30.0
# How long the store may ask to wait before the run ends, and how often for one request.
MAX_RETRY_AFTER = 600.0
MAX_POSTPONED = 10
MAX_ANSWER_BYTES = 16 * 1024 * 1024


class StoreClient:
    """Asks one store; counts its requests.

    `sleep` and `clock` are arguments so that a signal may cut a wait short, and for tests;
    `stopped` gives the reason why the run is to end: then no request waits for its turn any more.
    Where *pace* has a window of less than a minute, every wait and deadline shrinks alike.
    """

    def __init__(
        self,
        address: str,
        token: Token,
        pace: Pace,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        stopped: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._transport, self._http = make_http(address, token)
        self._token = token
        self._pace = pace
        self.scale = pace.window / WINDOW
        """How much shorter than written every wait is: 1 but in tests."""
        self._budget = Budget()
        self._chance = random.Random()  # noqa: S311  no secret
        self._lock = threading.Lock()
        self._held = _Held()
        self._clock = clock
        self._sleep = sleep
        self._why_stopped = stopped
        self._is_closed = False
        self._shop_clock = ShopClock()
        self.requests = 0
        self.waiting = 0
        """How many requests wait for the rate limit."""
        self.throttled = 0
        """How many answers were 429."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closed = True
        self._http.close()

    @property
    def limit(self) -> int | None:
        """Return how many requests a minute the store said it allows, or None."""
        return self._pace.limit

    def read(
        self,
        path: str,
        parse: Callable[[Any], Parsed],
        params: Mapping[str, int | str] | None = None,
    ) -> Parsed:
        """Return what *parse* makes of the JSON that a GET of *path* answers.

        It is tried again while no answer comes, or none that *parse* takes.
        """
        unconnected = 0
        for attempt in range(1, READ_TRIES + 1):
            try:
                return parse(self._get(path, params))
            except ConnectionRefused:
                unconnected += 1
                if unconnected == CONNECT_TRIES:
                    raise
            except TooLongError:
                raise
            except (TransportError, AnswerError, ServerFault) as error:
                was_postponed = isinstance(error, ServerFault) and error.retry_after is not None
                if was_postponed or attempt == READ_TRIES:
                    raise
            self._spend_try()
            self._wait(backoff(attempt, self._chance))
            self._renew_turn()
        raise AssertionError(attempt)

    def _spend_try(self) -> None:
        with self._lock:
            if not self._budget.spend():
                raise OutageError(f"The shop's API failed too often. {LATER}.")

    def _wait(self, seconds: float) -> None:
        """Wait, unless the run is to end."""
        if reason := self._stopped():
            raise StoppedError(f"Not retried: {reason}.")
        self._sleep(seconds * self.scale)

    def read_stock(self, target: Target) -> Stock:
        """Return the live stock of one SKU."""
        return self.read(_inventory_path(target), parse_stock)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold two requests of the allowance, so that a write follows its read at once.

        Without that, a write might wait for the rate limit after its read, and meet many sales.
        """
        self._take(2)
        self._held.count, self._held.is_turn = 2, True
        try:
            yield
        finally:
            with self._lock:
                self._pace.give_back(self._held.count)
            self._held.count, self._held.is_turn = 0, False

    def write_stock(self, target: Target, stock: Stock) -> Stock:
        """Set the stock of one SKU absolutely and return what the store answers that it is now.

        Only `inventoryType` is required; `quantity` "immediately sets quantity to this value"
        (the OpenAPI document). `updateQuantity` is never sent: adding twice is not adding once.
        Raises Throttled if the store refused it as too many: it was not taken, and the stock must
        be read again before it is sent again.
        """
        body: dict[str, Any] = {"inventoryType": stock.inventory_type.value}
        if stock.inventory_type is InventoryType.FINITE:
            body["quantity"] = stock.quantity
        path = _inventory_path(target).lstrip("/")
        request = self._http.build_request("PATCH", path, json=body)
        return parse_stock(self._exchange_once(request))

    def _get(self, path: str, params: Mapping[str, int | str] | None) -> Any:
        """Send one GET; again if the store asks to wait (429, or 503 with a time).

        Raises:
            ServerFault: The store says 503 to this request too often; others may be answered.
            OutageError: It refuses everything, or asks to wait too long.
        """
        request = self._http.build_request("GET", path.lstrip("/"), params=params)
        postponed = 0
        while True:
            try:
                return self._exchange_once(request)
            except Throttled:
                pass  # the pace waits, and ends the run if that does not help
            except ServerFault as fault:
                postponed += 1
                if fault.retry_after is None or postponed == MAX_POSTPONED:
                    raise
            self._renew_turn()

    def _renew_turn(self) -> None:
        """Give this thread's turn up, and wait for another one, if it holds one.

        A read that is repeated must not use up what was held for the write: the write would wait
        for the rate limit after its read, and meet many sales.
        """
        if self._held.is_turn:
            with self._lock:
                self._pace.give_back(self._held.count)
            self._held.count = 0
            self._take(2)
            self._held.count = 2

    def _exchange_once(self, request: httpx.Request) -> Any:
        """Wait for the request's turn, send it, and learn from what came of it."""
        if self._held.count:
            self._use_held(request)
        else:
            self._take(1)
        with self._lock:
            self.requests += 1
        try:
            answer = self._send(request)
        except Throttled as error:
            with self._lock:
                self.throttled += 1
            self._hold(request.method, error.retry_after, error)
            raise
        except ServerFault as error:
            if error.retry_after is not None:
                self._hold(request.method, error.retry_after, error)
            raise
        except RefusedError:
            self._go_on(request.method)
            raise
        self._go_on(request.method)
        with self._lock:
            self._budget.earn()
        return answer

    def _use_held(self, request: httpx.Request) -> None:
        """Use a slot of this thread's turn, unless the store asked to wait since it was taken.

        Raises Throttled for a write, which is not sent: it needs a new turn and another read.
        """
        with self._lock:
            is_paused = self._pace.is_paused(self._clock())
        if is_paused and request.method != "GET":
            raise Throttled("the shop asked to wait", None)
        if is_paused:
            self._renew_turn()
        self._held.count -= 1

    def _hold(self, method: str, retry_after: float | None, error: RefusedError) -> None:
        """Let no request start for a while; raise OutageError if that is too long or too often."""
        if retry_after is not None and retry_after > MAX_RETRY_AFTER:
            raise OutageError(
                f"The shop asks to wait {retry_after / 60:.0f} minutes. {error} Run again then."
            ) from None
        asked = None if retry_after is None else retry_after * self.scale
        jitter = self._chance.uniform(0.05, 1.0) * self.scale
        with self._lock:
            self._pace.refuse(method, asked, jitter, self._clock())
            refusals = self._pace.refusals
        if refusals >= MAX_REFUSALS:
            shared = " Another program may use this token." if error.status == 429 else ""
            raise OutageError(
                f"The shop refused {MAX_REFUSALS} requests in a row. {error} Wait, and run"
                f" again.{shared}"
            ) from None

    def _go_on(self, method: str) -> None:
        with self._lock:
            self._pace.answered(method)

    def _take(self, slots: int) -> None:
        """Wait until *slots* of the allowance are ours."""
        with self._lock:
            wait = self._pace.start(self._clock(), slots)
            self.waiting += wait > 0
        if not wait:
            return
        try:
            while wait:
                if reason := self._stopped():
                    raise StoppedError(f"{reason} while waiting for the rate limit.")
                self._sleep(wait)
                with self._lock:
                    wait = self._pace.start(self._clock(), slots)
        finally:
            with self._lock:
                self.waiting -= 1

    def _stopped(self) -> str | None:
        """Return why no request may wait any more, or None."""
        return "the run is over" if self._is_closed else self._why_stopped()

    def _send(self, request: httpx.Request) -> Any:
        """Send *request* once and return the JSON of a 200; raise what else came of it."""
        self._transport.deadline.start(CALL_SECONDS * self.scale)
        sent_at = self._shop_clock.read()
        try:
            response = self._http.send(request, stream=True)
            try:
                self._learn(response, sent_at)
                encoding = response.headers.get("Content-Encoding", "")
                content = unpack(response.iter_raw(), encoding, MAX_ANSWER_BYTES)
            finally:
                response.close()
        except RuntimeError:  # httpx raises this in a thread that outlives its client
            if not self._is_closed:
                raise
            raise StoppedError("The run is over.") from None
        except FOREIGN as error:
            raise translate(error, request.url.netloc.decode()) from None
        finally:
            with self._lock:
                self._pace.end(self._clock())
        if response.status_code == httpx.codes.OK:
            return parse_json(content)
        if response.is_success:
            raise AnswerError(f"The shop answered with the status {response.status_code}.")
        raise refusal(response.status_code, response.headers, content, self._token)

    def ask_time(self, site_id: str) -> datetime:
        """Ask the shop for anything, and return the time by its own clock; raise StoreError."""
        self.read(f"/sites/{quote(site_id, safe='')}/products", lambda _: None, {"limit": 1})
        return self.now()

    def now(self) -> datetime:
        """Return the time by the shop's own clock."""
        return self._shop_clock.now()

    @property
    def knows_time(self) -> bool:
        """Whether the shop has said what time it is; else it is this machine's."""
        return self._shop_clock.is_told

    def _learn(self, response: httpx.Response, sent_at: float) -> None:
        """Take the time and the rate limit from the headers, said to be on every answer."""
        self._shop_clock.learn(response.headers, sent_at)
        limit = whole(response.headers.get("X-RateLimit-Limit", ""))
        remaining = whole(response.headers.get("X-RateLimit-Remaining", ""))
        if limit is not None:
            with self._lock:
                self._pace.learn(limit, remaining, self._clock())


class _Held(threading.local):
    """How many requests of the allowance this thread holds already."""

    count = 0
    is_turn = False


def _inventory_path(target: Target) -> str:
    collection, sku = quote(target.collection_id, safe=""), quote(target.sku_id, safe="")
    return f"/collections/{collection}/items/{sku}/inventory"
