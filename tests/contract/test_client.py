"""The client against real HTTP: what it sends, and what each answer becomes."""

import contextlib
import gzip
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest
from factories import COLLECTION
from fakes import FakeClock

from reconciler.errors import (
    AnswerError,
    ConnectionRefused,
    EcommerceOff,
    NotAuthorized,
    NotFound,
    NotValid,
    OutageError,
    ServerFault,
    StoreError,
    Throttled,
    TooLongError,
    TransportError,
)
from reconciler.model import INFINITE, Stock, Target, finite
from reconciler.retry_after import parse_retry_after
from reconciler.webflow.client import StoreClient
from reconciler.webflow.rate_limit import Pace
from reconciler.webflow.token import Token

TARGET = Target(COLLECTION, "5bfedb42bab0ad90fa7dad39")
STOCK = b'{"id":"5bfedb42bab0ad90fa7dad39","quantity":100,"inventoryType":"finite"}'


class Asked(NamedTuple):
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class Answer(NamedTuple):
    """One answer to give; no status closes the connection without a word."""

    status: int
    content: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@contextmanager
def _server(answers: list[Answer]) -> Iterator[tuple[str, list[Asked]]]:
    """Serve *answers* one after the other, the last one for ever; yield address and requests."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body: Any = json.loads(content) if content else None
            asked.append(Asked(self.command, self.path, dict(self.headers), body))
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if not answer.status:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_PATCH = _answer  # noqa: N815  the names that http.server asks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v2", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _client(
    *answers: Answer, clock: FakeClock | None = None
) -> Iterator[tuple[StoreClient, list[Asked]]]:
    clock = clock or FakeClock()
    with (
        _server(list(answers)) as (address, asked),
        StoreClient(address, Token("t0ken"), Pace(), clock=clock, sleep=clock.sleep) as client,
    ):
        yield client, asked


def test_reading_asks_for_one_sku() -> None:
    """One GET of the SKU's inventory, with the token, ids percent-encoded."""
    with _client(Answer(200, STOCK)) as (client, asked):
        assert client.read_stock(TARGET) == finite(100)
        client.read_stock(Target("a/../b", "?x"))

    assert (asked[0].method, asked[0].path) == (
        "GET",
        f"/v2/collections/{COLLECTION}/items/{TARGET.sku_id}/inventory",
    )
    assert asked[0].headers["Authorization"] == "Bearer t0ken"
    assert asked[1].path == "/v2/collections/a%2F..%2Fb/items/%3Fx/inventory"


@pytest.mark.parametrize(
    ("stock", "body"),
    [
        (finite(0), {"inventoryType": "finite", "quantity": 0}),
        (finite(7), {"inventoryType": "finite", "quantity": 7}),
        (INFINITE, {"inventoryType": "infinite"}),
    ],
)
def test_writing_is_absolute(stock: Stock, body: dict[str, Any]) -> None:
    """One PATCH with the inventory type and, for finite, the quantity: nothing else."""
    with _client(Answer(200, json.dumps(body).encode())) as (client, asked):
        assert client.write_stock(TARGET, stock) == stock

    assert [(request.method, request.body) for request in asked] == [("PATCH", body)]


def _error(status: int, code: str, message: str) -> Answer:
    body: dict[str, Any] = {
        "message": message,
        "code": code,
        "externalReference": None,
        "details": [],
    }
    return Answer(status, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (_error(400, "validation_error", "Validation Error"), NotValid, "Validation Error"),
        (_error(401, "not_authorized", "Request not authorized"), NotAuthorized, "Renew it"),
        (
            _error(403, "missing_scopes", "OAuthForbidden: missing 'cms:read'"),
            NotAuthorized,
            "ecommerce:write",
        ),
        (_error(404, "resource_not_found", "not found"), NotFound, "did not find this"),
        (
            _error(409, "ecommerce_not_enabled", "Ecommerce is not yet initialized"),
            EcommerceOff,
            "Enable it",
        ),
        (Answer(418, b"[]"), NotValid, "418"),
        (Answer(302, b"", (("Location", "http://127.0.0.1:9/x"),)), NotValid, "redirected"),
        (Answer(308, b"", (("Location", "/v2/elsewhere"),)), NotValid, "redirected"),
        (Answer(500, b"<html>"), ServerFault, "500"),
        (Answer(200, b"<html>"), AnswerError, "not JSON"),
        (Answer(200, b""), AnswerError, "not JSON"),
        (Answer(200, b'{"quantity": NaN, "inventoryType": "finite"}'), AnswerError, "not JSON"),
        (Answer(200, b"{}"), AnswerError, "inventory type"),
        (Answer(0), TransportError, "broke off"),
        (Answer(202, STOCK), AnswerError, "status 202"),
        (Answer(204), AnswerError, "status 204"),
        (Answer(408, b"{}"), ServerFault, "408"),
        (
            Answer(200, STOCK, (("Content-Encoding", "br"),)),
            AnswerError,
            "content encoding",
        ),
        (
            Answer(200, b"x" * 20, (("Content-Encoding", "gzip"),)),
            AnswerError,
            "can't be decompressed",
        ),
        (_error(401, "x", "Bearer t0ken is wrong"), NotAuthorized, r"Bearer \*\*\* is wrong"),
    ],
    ids=range(20),
)
def test_a_write_goes_out_once_whatever_comes_back(
    answer: Answer, error: type[Exception], said: str
) -> None:
    """Each status and broken body is its own error; nothing is repeated, nothing followed."""
    with _client(answer) as (client, asked), pytest.raises(error, match=said) as caught:
        client.write_stock(TARGET, finite(5))

    assert len(asked) == 1
    assert "t0ken" not in str(caught.value)


def test_a_read_is_tried_again() -> None:
    """What breaks off while reading is read again, with waits in between."""
    clock = FakeClock()
    with _client(Answer(0), Answer(500), Answer(200, b"{"), Answer(200, STOCK), clock=clock) as (
        client,
        asked,
    ):
        assert client.read_stock(TARGET) == finite(100)

    assert (len(asked), len(clock.slept)) == (4, 3)


def test_a_read_is_given_up_after_eight() -> None:
    """A shop that answers each try with 503 ends the read."""
    with _client(Answer(503)) as (client, asked), pytest.raises(ServerFault):
        client.read_stock(TARGET)

    assert len(asked) == 8


def test_a_refused_connection_is_tried_three_times() -> None:
    """Nobody listens: three tries, and the host is named."""
    clock = FakeClock()
    with _server([Answer(200)]) as (address, _):
        pass
    with (
        StoreClient(address, Token("t"), Pace(), clock=clock, sleep=clock.sleep) as client,
        pytest.raises(ConnectionRefused, match=r"Can't reach 127\.0\.0\.1"),
    ):
        client.read_stock(TARGET)

    assert (client.requests, len(clock.slept)) == (3, 2)


def test_a_429_waits_as_it_is_told() -> None:
    """Refused is not failed: the same request goes out again after Retry-After."""
    clock = FakeClock()
    refused = Answer(429, b"{}", (("Retry-After", "2"), ("X-RateLimit-Limit", "60")))
    with _client(refused, Answer(200, STOCK), clock=clock) as (client, asked):
        client.read_stock(TARGET)

    assert len(asked) == 2
    assert clock.now >= 2.0


def test_a_write_that_got_a_429_is_for_its_caller_to_repeat() -> None:
    """By the time that it may be sent, the stock must be read again; the pause holds for that."""
    clock = FakeClock()
    refused = Answer(429, b"{}", (("Retry-After", "2"),))
    with _client(refused, Answer(200, STOCK), clock=clock) as (client, asked):
        with pytest.raises(Throttled):
            client.write_stock(TARGET, finite(100))
        client.read_stock(TARGET)

    assert [request.method for request in asked] == ["PATCH", "GET"]
    assert clock.now >= 2.0


def test_a_write_follows_its_read_at_once() -> None:
    """Both are held before the read: no wait for the rate limit comes between them."""
    clock = FakeClock()
    limited = Answer(200, STOCK, (("X-RateLimit-Limit", "4"),))
    slept = []
    with _client(limited, clock=clock) as (client, _):
        for _ in range(3):
            with client.turn():
                client.read_stock(TARGET)
                before = clock.now
                client.write_stock(TARGET, finite(100))
                slept.append(clock.now - before)

    assert slept == [0.0, 0.0, 0.0]
    assert clock.now >= 60.0


@pytest.mark.parametrize(
    "location", ["http://1.2.3.999/", "http://a:b/", "mailto:x", "http://xn--a/", "x" * 70_000]
)
def test_where_a_redirect_leads_is_not_even_looked_at(location: str) -> None:
    """Nonsense in `Location` is met like any redirect."""
    with (
        _client(Answer(302, b"", (("Location", location),))) as (client, _),
        pytest.raises(NotValid, match=r"redirected \(302\)|rejected") as caught,
    ):
        client.read_stock(TARGET)

    assert caught.value.status == 302


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nAuthorization Bearer t0ken\r\n\r\n",
        b"Bearer t0ken\r\n\r\n",
    ],
)
def test_a_token_that_comes_back_is_not_shown(answer: bytes) -> None:
    """What is not HTTP is said to be that, and not repeated."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_answer_all, args=(listener, answer), daemon=True)
        thread.start()
        clock = FakeClock()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/v2"
        with (
            StoreClient(address, Token("t0ken"), Pace(), clock=clock, sleep=clock.sleep) as client,
            pytest.raises(TransportError) as caught,
        ):
            client.read_stock(TARGET)

    assert "t0ken" not in str(caught.value)


def _answer_all(listener: socket.socket, answer: bytes) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.sendall(answer)
            connection.close()


def test_a_token_at_the_cut_of_a_message_is_hidden() -> None:
    """It is hidden before a long message is cut, so that no half of it remains."""
    body = json.dumps({"message": "x" * 197 + "t0ken"}).encode()
    with (
        _client(Answer(400, body)) as (client, _),
        pytest.raises(NotValid) as caught,
    ):
        client.read_stock(TARGET)

    assert "t0" not in str(caught.value)


@pytest.mark.parametrize(
    "value", ["Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 99999999999 Jan 2026 0:0 +9"]
)
def test_a_date_that_no_calendar_has_is_junk(value: str) -> None:
    """It is waited for like a 429 without Retry-After."""
    clock = FakeClock()
    refused = Answer(429, b"{}", (("Retry-After", value),))
    with _client(refused, Answer(200, STOCK), clock=clock) as (client, _):
        client.read_stock(TARGET)

    assert 0 < clock.now < 10


@pytest.mark.parametrize(
    "address",
    ["https://999.1.1.1/v2", "https://xn--a/v2", "https://a.example/" + "x" * 70_000],
)
def test_an_address_that_cannot_be_used_is_met_by_a_sentence(address: str) -> None:
    """Whatever a library finds wrong with it."""
    with pytest.raises(StoreError, match="Can't"):
        StoreClient(address, Token("t"), Pace()).read_stock(TARGET)


@pytest.mark.parametrize(("shift", "least"), [(30, 28.0), (-3600, 0.0)])
def test_a_429_may_name_a_date(shift: int, least: float) -> None:
    """The other form of Retry-After is a date; one in the past means now, with jitter."""
    clock = FakeClock()
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=shift), usegmt=True)
    refused = Answer(429, b"{}", (("Retry-After", date),))
    with _client(refused, Answer(200, STOCK), clock=clock) as (client, _):
        client.read_stock(TARGET)

    assert least <= clock.now <= least + 4.0
    assert clock.now > 0


def test_retry_after_on_a_200_is_ignored() -> None:
    """The header comes with every answer and means nothing there; the limit is learnt."""
    clock = FakeClock()
    headers = (
        ("Retry-After", "60"),
        ("X-RateLimit-Limit", "120"),
        ("X-RateLimit-Remaining", "117"),
    )
    with _client(Answer(200, STOCK, headers), clock=clock) as (client, _):
        client.read_stock(TARGET)
        client.read_stock(TARGET)

        assert client.limit == 120
    assert clock.slept == []


@pytest.mark.parametrize("value", ["nan", "inf", "-5", "1e9", "soon", "99999999999999"])
def test_a_429_for_ever_ends(value: str) -> None:
    """Junk in Retry-After neither sleeps for ever nor loops without a wait."""
    clock = FakeClock()
    refused = Answer(429, b"{}", (("Retry-After", value),))
    with (
        _client(refused, clock=clock) as (client, asked),
        pytest.raises(StoreError, match="refused 12 requests in a row"),
    ):
        client.read_stock(TARGET)

    assert len(asked) <= 20
    assert 20 <= clock.now <= 20 * 121


def test_the_token_is_in_no_picture_of_the_client() -> None:
    """A client in a debugger or a log line shows no token."""
    with _client(Answer(200, STOCK)) as (client, _):
        assert "t0ken" not in repr(client)


def test_a_packed_answer_is_unpacked() -> None:
    """gzip is asked for and taken."""
    headers = (("Content-Encoding", "gzip"),)
    with _client(Answer(200, gzip.compress(STOCK), headers)) as (client, asked):
        assert client.read_stock(TARGET) == finite(100)

    assert asked[0].headers["Accept-Encoding"] == "gzip"


def test_a_bomb_is_cut_and_not_asked_for_again() -> None:
    """200 MB of nothing in 200 kB are refused before they are unpacked."""
    bomb = gzip.compress(bytes(200_000_000), 1)
    with (
        _client(Answer(200, bomb, (("Content-Encoding", "gzip"),))) as (client, asked),
        pytest.raises(TooLongError, match="too larg"),
    ):
        client.read_stock(TARGET)

    assert len(asked) == 1


def test_loopback_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment sees neither the embedded store nor its token."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with _client(Answer(200, STOCK)) as (client, _):
        assert client.read_stock(TARGET) == finite(100)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "SSL_CERT_FILE"])
def test_client_with_unusable_proxy_or_certificates_names_them(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """A proxy or a certificate file that is nonsense is met by a sentence."""
    monkeypatch.setenv(variable, "nonsense://nowhere")
    with pytest.raises(StoreError, match=f"Can't connect.*{variable}"):
        StoreClient("https://api.webflow.com/v2", Token("t"), Pace())


def test_maintenance_is_waited_for_as_told() -> None:
    """W1: half a minute of 503 with Retry-After is no failure, however many requests meet it."""
    clock = FakeClock()
    down = Answer(503, b"{}", (("Retry-After", "6"),))
    with _client(*[down] * 9, Answer(200, STOCK), clock=clock) as (client, asked):
        assert client.read_stock(TARGET) == finite(100)

    assert len(asked) == 10
    assert clock.now >= 9 * 6


def test_503_without_a_time_is_a_failure() -> None:
    """Nothing says that waiting helps: eight tries, as for every other failure."""
    with _client(Answer(503, b"{}")) as (client, asked), pytest.raises(ServerFault):
        client.read_stock(TARGET)

    assert len(asked) == 8


def test_write_that_meets_maintenance_is_not_sent_again_by_itself() -> None:
    """A 503 may come after the write: only a read decides, after the time that it asked for."""
    clock = FakeClock()
    down = Answer(503, b"{}", (("Retry-After", "20"),))
    with _client(down, Answer(200, STOCK), clock=clock) as (client, asked):
        with pytest.raises(ServerFault):
            client.write_stock(TARGET, finite(5))
        client.read_stock(TARGET)

    assert [request.method for request in asked] == ["PATCH", "GET"]
    assert clock.now >= 20


def test_refusals_without_headers_are_waited_out() -> None:
    """W2: a network's own 429 for a minute and a half takes a handful of requests."""
    clock = FakeClock()
    refused = Answer(429, b"<html>slow down</html>")
    with _client(*[refused] * 7, Answer(200, STOCK), clock=clock) as (client, asked):
        assert client.read_stock(TARGET) == finite(100)

    assert len(asked) == 8
    assert 90 <= clock.now <= 100


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("6.0", 6.0), ("0.5", 0.5), (" 7 ", 7.0), ("1e1", None), ("6.", None), ("-1", None)],
)
def test_retry_after_may_be_a_decimal(value: str, seconds: float | None) -> None:
    """W3: some servers send seconds with a fraction."""
    assert parse_retry_after({"Retry-After": value}) == seconds


@pytest.mark.parametrize("minutes", [-60, -5, 5, 60])
def test_date_counts_by_the_servers_own_clock(minutes: int) -> None:
    """W3: our clock or theirs may be wrong; the two dates of one answer fit together."""
    now = datetime.now(UTC) + timedelta(minutes=minutes)
    headers = {
        "Date": format_datetime(now, usegmt=True),
        "Retry-After": format_datetime(now + timedelta(seconds=40), usegmt=True),
    }

    assert parse_retry_after(headers) == 40.0


PAGE = b"<!doctype html><title>Attention required</title>"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_web_page_is_an_outage(status: int) -> None:
    """W4: a firewall's page says nothing about the token, its scopes or the SKU; tried again."""
    page = Answer(status, PAGE, (("Content-Type", "text/html"),))
    with _client(page, page, Answer(200, STOCK)) as (client, asked):
        assert client.read_stock(TARGET) == finite(100)
    assert len(asked) == 3

    with _client(page) as (client, _), pytest.raises(AnswerError) as caught:
        client.read_stock(TARGET)
    assert "A web page answered" in str(caught.value)
    assert "scope" not in str(caught.value) and "ecommerce" not in str(caught.value)


def test_page_without_a_body_is_the_apis() -> None:
    """A bare status is taken at its word."""
    with _client(Answer(404)) as (client, asked), pytest.raises(NotFound):
        client.read_stock(TARGET)

    assert len(asked) == 1


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
def test_gzip_may_come_in_members(encoding: str) -> None:
    """W5: some networks pack each chunk by itself; the whole is one answer."""
    content = gzip.compress(STOCK[:20]) + gzip.compress(STOCK[20:])
    answer = Answer(200, content, (("Content-Encoding", encoding),))
    with _client(answer) as (client, asked):
        assert client.read_stock(TARGET) == finite(100)

    assert len(asked) == 1


@pytest.mark.parametrize("status", [429, 503, 500])
def test_write_follows_its_read_at_once_whatever_the_read_met(status: int) -> None:
    """A read that was repeated has not used up what was held for the write.

    Else the write would wait for a window of the rate limit, and meet its sales.
    """
    clock = FakeClock()
    limited = (("X-RateLimit-Limit", "10"),)
    odd = Answer(status, b"{}", (*limited, *((("Retry-After", "1"),) if status != 500 else ())))
    fine = Answer(200, STOCK, limited)
    with _client(*[fine] * 7, odd, odd, fine, fine, clock=clock) as (client, asked):
        for _ in range(7):
            client.read_stock(TARGET)
        with client.turn():
            client.read_stock(TARGET)
            read_at = clock.now
            client.write_stock(TARGET, finite(5))

    assert [request.method for request in asked[7:]] == ["GET", "GET", "GET", "PATCH"]
    assert clock.now == read_at
    assert read_at >= (2 if status != 500 else 0)


def test_write_is_not_sent_into_a_pause() -> None:
    """Another request was refused since the read: the write needs a new turn and another read."""
    clock = FakeClock()
    pace = Pace()
    with (
        _server([Answer(200, STOCK)]) as (address, asked),
        StoreClient(address, Token("t0ken"), pace, clock=clock, sleep=clock.sleep) as client,
    ):
        with client.turn():
            client.read_stock(TARGET)
            pace.refuse("GET", 5.0, 0.0, clock.now)
            with pytest.raises(Throttled):
                client.write_stock(TARGET, finite(5))
        with client.turn():
            client.read_stock(TARGET)
            client.write_stock(TARGET, finite(5))

    assert [request.method for request in asked] == ["GET", "GET", "PATCH"]
    assert clock.now >= 5


def test_request_that_is_put_off_for_ever_fails_alone() -> None:
    """One SKU that always answers 503 with a time does not end the run of the others."""
    clock = FakeClock()
    off = Answer(503, b"{}", (("Retry-After", "1"),))
    with _client(*[off] * 10, Answer(200, STOCK), clock=clock) as (client, asked):
        with pytest.raises(ServerFault):
            client.read_stock(TARGET)
        assert len(asked) == 10
        assert client.read_stock(TARGET) == finite(100)


@pytest.mark.parametrize(("seconds", "waits"), [("300", True), ("601", False), ("86400", False)])
def test_time_is_waited_for_in_full_or_not_at_all(seconds: str, waits: bool) -> None:
    """Nothing is sent before it is over; more than ten minutes end the run, with the time."""
    clock = FakeClock()
    off = Answer(503, b"{}", (("Retry-After", seconds),))
    with _client(off, Answer(200, STOCK), clock=clock) as (client, asked):
        if waits:
            client.read_stock(TARGET)
            assert (len(asked), clock.now >= 300) == (2, True)
        else:
            with pytest.raises(OutageError, match="asks to wait"):
                client.read_stock(TARGET)
            assert (len(asked), clock.now) == (1, 0.0)
