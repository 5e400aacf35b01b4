"""How long a server asks to wait, by its own clock."""

from datetime import UTC, datetime

import pytest

from reconciler.retry_after import parse_retry_after, server_time

NOW = "Fri, 20 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("007", 7.0),
        ("999999999", 999_999_999.0),
        ("Fri, 20 Nov 2026 10:01:30 GMT", 90.0),
        ("Fri, 20 Nov 2026 12:00:30 +0200", 30.0),
        ("Fri, 20 Nov 2026 09:00:00 GMT", 0.0),
    ],
)
def test_parse_retry_after_reads_seconds_and_dates(text: str, seconds: float) -> None:
    """A date counts from the server's own time, and one that is over asks for nothing."""
    assert parse_retry_after({"Retry-After": text, "Date": NOW}) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "-1",
        "+7",
        "1e3",
        "0x10",
        "inf",
        "nan",
        "1,5",
        "1.",
        "7 s",
        "1234567890",
        "\uff17",
        "Fri, 99 Nov 2026 10:00:00 GMT",
        "Fri, 20 Nov 2026 10:00:00 -0000",
    ],
)
def test_parse_retry_after_ignores_junk(text: str) -> None:
    """What is no time asks for none, and never for a year by accident."""
    assert parse_retry_after({"Retry-After": text, "Date": NOW}) is None


def test_parse_retry_after_without_header_is_none() -> None:
    """No header asks for nothing."""
    assert parse_retry_after({}) is None


def test_server_time_is_that_of_the_server() -> None:
    """A clock that is wrong here does not matter while the server tells its own."""
    assert server_time({"Date": NOW}) == datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize("headers", [{}, {"Date": "junk"}])
def test_server_time_without_date_is_ours(headers: dict[str, str]) -> None:
    """A server that tells no time is taken to have the one of this machine."""
    before = datetime.now(UTC)

    assert before <= server_time(headers) <= datetime.now(UTC)
