"""Send requests to the API: paced, with a deadline, and with errors of our own.

The client is synchronous and thread-safe. It follows no redirects: after a 302, a PATCH would
become a GET, which succeeds without a write. It sends each write once. Only callers may repeat it.
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
# The longest wait that the shop may request, and how often per request.
MAX_RETRY_AFTER = 600.0
MAX_POSTPONED = 10
MAX_ANSWER_BYTES = 16 * 1024 * 1024


class StoreClient:
    """A client of one shop that counts its requests.

    A signal can interrupt `sleep`. `stopped` returns why the run must end, or None. Then no request
    waits for its turn. A *pace* with a window below 60 s shortens all waits and deadlines.
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
        """Factor for all waits and deadlines: 1 except in tests."""
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
        """Number of requests that wait for the rate limit."""
        self.throttled = 0
        """Number of answers with status 429."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closed = True
        self._http.close()

    @property
    def limit(self) -> int | None:
        """The requests per minute that the shop allows, or None if unknown."""
        return self._pace.limit

    def read(
        self,
        path: str,
        parse: Callable[[Any], Parsed],
        params: Mapping[str, int | str] | None = None,
    ) -> Parsed:
        """Send a GET of *path* and return its JSON, parsed by *parse*.

        Retries if no answer arrives, the shop fails, or *parse* raises AnswerError.
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
        """Sleep before a retry. Raises StoppedError if the run must end."""
        if reason := self._stopped():
            raise StoppedError(f"Not retried: {reason}.")
        self._sleep(seconds * self.scale)

    def read_stock(self, target: Target) -> Stock:
        """Return the live stock of one SKU."""
        return self.read(_inventory_path(target), parse_stock)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Reserve two requests, so that a write follows its read at once.

        Otherwise the write could wait for the rate limit while customers buy.
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
        """Set the stock of one SKU to an absolute value, and return the stock in the answer.

        Only `inventoryType` is required, and `quantity` "immediately sets quantity to this value"
        (OpenAPI document). `updateQuantity` is never sent, because a repeated addition adds twice.

        Raises Throttled if the shop rejected the write as one too many. It has no effect then. Read
        the stock again before another try.
        """
        body: dict[str, Any] = {"inventoryType": stock.inventory_type.value}
        if stock.inventory_type is InventoryType.FINITE:
            body["quantity"] = stock.quantity
        path = _inventory_path(target).lstrip("/")
        request = self._http.build_request("PATCH", path, json=body)
        return parse_stock(self._exchange_once(request))

    def _get(self, path: str, params: Mapping[str, int | str] | None) -> Any:
        """Send one GET, and repeat it if the shop asks to wait (429, or 503 with a time).

        Raises:
            ServerFault: The shop answers this request with 503 too often. Others may work.
            OutageError: The shop rejects all requests, or asks to wait too long.
        """
        request = self._http.build_request("GET", path.lstrip("/"), params=params)
        postponed = 0
        while True:
            try:
                return self._exchange_once(request)
            except Throttled:
                pass  # the pace waits, and ends the run after too many refusals
            except ServerFault as fault:
                postponed += 1
                if fault.retry_after is None or postponed == MAX_POSTPONED:
                    raise
            self._renew_turn()

    def _renew_turn(self) -> None:
        """Exchange this thread's turn, if it has one, for a new turn.

        A repeated read must not use the request that is reserved for the write.
        """
        if self._held.is_turn:
            with self._lock:
                self._pace.give_back(self._held.count)
            self._held.count = 0
            self._take(2)
            self._held.count = 2

    def _exchange_once(self, request: httpx.Request) -> Any:
        """Wait for the request's turn, send it, and update pace and budget by the result."""
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
        """Use a slot of this thread's turn, unless the shop has asked to wait since then.

        Raises Throttled for a write, which is not sent. It needs a new turn and a new read.
        """
        with self._lock:
            is_paused = self._pace.is_paused(self._clock())
        if is_paused and request.method != "GET":
            raise Throttled("The shop asked to wait.", None)
        if is_paused:
            self._renew_turn()
        self._held.count -= 1

    def _hold(self, method: str, retry_after: float | None, error: RefusedError) -> None:
        """Pause all requests. Raises OutageError after too many pauses, or for one too long."""
        if retry_after is not None and retry_after > MAX_RETRY_AFTER:
            raise OutageError(
                f"The shop asks to wait {retry_after / 60:.0f} minutes. {error} Retry after that."
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
        """Wait for *slots* of the rate limit. Raises StoppedError if the run must end."""
        with self._lock:
            wait = self._pace.start(self._clock(), slots)
            self.waiting += wait > 0
        if not wait:
            return
        try:
            while wait:
                if reason := self._stopped():
                    raise StoppedError(f"Stopped while waiting for the rate limit: {reason}.")
                self._sleep(wait)
                with self._lock:
                    wait = self._pace.start(self._clock(), slots)
        finally:
            with self._lock:
                self.waiting -= 1

    def _stopped(self) -> str | None:
        """Return why no request may wait, or None."""
        return "the run is over" if self._is_closed else self._why_stopped()

    def _send(self, request: httpx.Request) -> Any:
        """Send *request* once and return the JSON of a 200. Raises StoreError for anything else."""
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
            raise AnswerError(
                f"The shop answered with the unexpected status {response.status_code}."
            )
        raise refusal(response.status_code, response.headers, content, self._token)

    def ask_time(self, site_id: str) -> datetime:
        """Send a small request, and return the time by the shop's clock. Raises StoreError."""
        self.read(f"/sites/{quote(site_id, safe='')}/products", lambda _: None, {"limit": 1})
        return self.now()

    def now(self) -> datetime:
        """Return the time by the shop's clock."""
        return self._shop_clock.now()

    @property
    def knows_time(self) -> bool:
        """Whether `now` uses the shop's clock, not the one of this machine."""
        return self._shop_clock.is_known

    def _learn(self, response: httpx.Response, sent_at: float) -> None:
        """Read the time and the rate limit from the headers, which all answers should have."""
        self._shop_clock.learn(response.headers, sent_at)
        limit = whole(response.headers.get("X-RateLimit-Limit", ""))
        remaining = whole(response.headers.get("X-RateLimit-Remaining", ""))
        if limit is not None:
            with self._lock:
                self._pace.learn(limit, remaining, self._clock())


class _Held(threading.local):
    """The requests that are reserved for this thread."""

    count = 0
    is_turn = False


def _inventory_path(target: Target) -> str:
    collection, sku = quote(target.collection_id, safe=""), quote(target.sku_id, safe="")
    return f"/collections/{collection}/items/{sku}/inventory"
