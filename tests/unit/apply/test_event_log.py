"""The event log of an apply: one JSON line per event, valid against the schema."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import pytest
from factories import action, desired, live, plan_of
from msgspec.structs import replace

from reconciler import masking
from reconciler.apply.event_log import Events
from reconciler.contract import load_schema
from reconciler.model import Action, Outcome, Report, Result, finite

A = action("A", 3, 5)
PLAN = replace(plan_of(desired(), live({})), actions=(A, action("B", "infinite", 5)))
SECRET = "wf-secret-0123456789"


class Gone(io.StringIO):
    """A stream whose reader has closed it."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def write(self, text: str) -> int:
        raise self._error


@pytest.fixture
def secret() -> Iterator[str]:
    """Register a secret for one test."""
    before = list(masking._forms)
    masking.register_secret(SECRET)
    yield SECRET
    masking._forms[:] = before


def _events(stream: io.StringIO) -> Events:
    return Events(stream, "demo", lambda: datetime(2026, 11, 28, 6, 5, 4, 30, UTC))


def _read(stream: io.StringIO) -> list[dict[str, Any]]:
    """Return the events in *stream*, after validating each against the schema."""
    validator = jsonschema_rs.Draft202012Validator(load_schema("event-log"))
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    for event in events:
        validator.validate(event)
    return events


def _outcome(result: Result, after: Action | None = A, message: str = "") -> Outcome:
    if after is None:
        return Outcome("X", result, None, None, message=message)
    return Outcome("A", result, A.before, A.after, finite(4), message)


def test_planned_writes_version_and_each_change() -> None:
    """The version comes first, then the actions in order with both stocks."""
    stream = io.StringIO()
    _events(stream).planned(PLAN, "1.2.3")
    version, first, second = _read(stream)

    assert (version["type"], version["tool_version"]) == ("version", "1.2.3")
    assert [(e["type"], e["sku"]) for e in (first, second)] == [
        ("planned_change", "A"),
        ("planned_change", "B"),
    ]
    assert first["before"] == {"inventory_type": "finite", "quantity": 3}
    assert first["after"] == {"inventory_type": "finite", "quantity": 5}
    assert second["before"] == {"inventory_type": "infinite", "quantity": None}


def test_events_have_store_and_time() -> None:
    """Each line has its store, and its time in UTC with microseconds."""
    stream = io.StringIO()
    _events(stream).begun(A)
    (event,) = _read(stream)

    assert (event["type"], event["store"]) == ("apply_start", "demo")
    assert event["at"] == "2026-11-28T06:05:04.000030Z"


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (Result.APPLIED, "apply_complete"),
        (Result.ALREADY, "apply_complete"),
        (Result.MOVED, "apply_complete"),
        (Result.FAILED, "apply_errored"),
        (Result.UNKNOWN, "apply_errored"),
        (Result.NOT_TRIED, "apply_errored"),
    ],
)
def test_finished_writes_result_and_found_stock(result: Result, kind: str) -> None:
    """A write that may be without effect is never reported as complete."""
    stream = io.StringIO()
    _events(stream).finished(A, _outcome(result, message="why"))
    (event,) = _read(stream)

    assert (event["type"], event["result"], event["message"]) == (kind, result, "why")
    assert event["found"] == {"inventory_type": "finite", "quantity": 4}


def test_finished_without_stock_writes_null() -> None:
    """An unread stock is null, not a number."""
    stream = io.StringIO()
    _events(stream).finished(A, replace(_outcome(Result.FAILED), found=None))

    assert _read(stream)[0]["found"] is None


def test_sending_writes_nothing() -> None:
    """A write about to be sent is not an event."""
    stream = io.StringIO()
    _events(stream).sending(A)

    assert stream.getvalue() == ""


def test_ended_writes_diagnostics_and_counts() -> None:
    """Findings and the stop reason are diagnostics. The counts are the last line."""
    stream = io.StringIO()
    outcomes = (
        _outcome(Result.APPLIED),
        _outcome(Result.APPLIED),
        _outcome(Result.UNKNOWN),
        _outcome(Result.NOT_TRIED, None, "missing"),
    )
    _events(stream).ended(Report("demo", outcomes, "time is over"))
    *diagnostics, summary = _read(stream)

    assert [(e["type"], e["sku"], e["message"]) for e in diagnostics] == [
        ("diagnostic", "X", "missing"),
        ("diagnostic", None, "time is over"),
    ]
    assert {result: summary[result] for result in Result} == {
        **dict.fromkeys(Result, 0),
        Result.APPLIED: 2,
        Result.UNKNOWN: 1,
        Result.NOT_TRIED: 1,
    }


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError("no space"), ValueError("closed")])
def test_events_with_broken_stream_raise_nothing(error: Exception) -> None:
    """A closed stream must not end an apply halfway."""
    events = _events(Gone(error))
    events.planned(PLAN, "1.2.3")
    events.ended(Report("demo", ()))


@pytest.mark.parametrize("text", ["one\ntwo", "##[error]now", "\x1b[2J", "\u2028", '"'])
def test_events_with_hostile_text_stay_on_one_line(text: str) -> None:
    """A message can't start another line, and can't command the runner."""
    stream = io.StringIO()
    _events(stream).finished(A, _outcome(Result.FAILED, message=text))

    assert _read(stream)[0]["message"] == text
    assert stream.getvalue().isascii() and stream.getvalue().count("\n") == 1
    assert "##[" not in stream.getvalue() and "\x1b" not in stream.getvalue()


def test_events_mask_secrets(secret: str) -> None:
    """A token in a message does not reach the stream."""
    stream = io.StringIO()
    _events(stream).finished(A, _outcome(Result.FAILED, message=f"Bearer {secret}"))

    assert secret not in stream.getvalue()
    assert "***" in _read(stream)[0]["message"]
