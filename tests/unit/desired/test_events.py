"""Event files: what they say is read as it stands, and what can't be right is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from factories import SITE
from syrupy.assertion import SnapshotAssertion

from reconciler.desired.events import is_event_file
from reconciler.desired.loader import build_desired, build_past
from reconciler.desired.reader.scalars import units_fault
from reconciler.errors import InputError, Problem
from reconciler.model import Event, EventFile

AT = "2025-11-27T09:30:00+01:00"


def _build(files: dict[str, str]) -> tuple[Event, ...]:
    """Return the events of a store with these files below its folder, and nothing else."""
    contents = {"store.yaml": f"site_id: {SITE}\n", **files}
    pairs = [(f"i/demo/{path}", text.encode()) for path, text in contents.items()]
    return build_desired("demo", "i/demo", pairs, []).events


def _file(skus: str, at: str = AT, more: str = "") -> str:
    return f"at: {at}\n{more}skus:\n" + "".join(f"  {one}\n" for one in skus.split("\n"))


def _problems(text: str) -> list[Problem]:
    """Return why an event file is refused."""
    with pytest.raises(InputError) as caught:
        _build({"events/a.yaml": text})
    return list(caught.value.problems)


def test_event_says_what_when_and_where() -> None:
    """Its time is UTC to compare, and as somebody wrote it to show."""
    text = _file("TEE: +20\nMUG: -3\nHOODIE: 11", more="reason: delivery PO-123\n")
    events = _build({"events/2025-11/27-po.yaml": text})
    file = EventFile(
        "i/demo/events/2025-11/27-po.yaml",
        "events/2025-11/27-po.yaml",
        "2025-11-27T08:30:00.000Z",
        AT,
        "delivery PO-123",
    )

    assert events == (
        Event("TEE", False, 20, file, 4),
        Event("MUG", False, -3, file, 5),
        Event("HOODIE", True, 11, file, 6),
    )
    assert str(events[0].source) == "i/demo/events/2025-11/27-po.yaml:4"


@pytest.mark.parametrize(("more", "reason"), [("reason: broken\n", "broken"), ("", "a.yaml")])
def test_reason_is_the_name_of_the_file_without_one(more: str, reason: str) -> None:
    """People recognise it by that."""
    (event,) = _build({"events/a.yaml": _file("A: -1", more=more)})

    assert event.reason == reason


@pytest.mark.parametrize("units", ["0", "1", "999999999"])
def test_number_without_a_sign_was_counted(units: str) -> None:
    """Also none at all."""
    (event,) = _build({"events/a.yaml": _file(f"A: {units}")})

    assert (event.is_count, event.units) == (True, int(units))


@pytest.mark.parametrize("units", ["+1", "-1", "+999999999", "-999999999"])
def test_number_with_a_sign_came_in_or_went_out(units: str) -> None:
    """The sign is what tells it from a count."""
    (event,) = _build({"events/a.yaml": _file(f"A: {units}")})

    assert (event.is_count, event.units) == (False, int(units))


@pytest.mark.parametrize("key", ["0123", "NO", "1.10", "+5", "null"])
def test_key_stays_text(key: str) -> None:
    """SKUs are as written."""
    (event,) = _build({"events/a.yaml": _file(f"{key}: +1")})

    assert event.sku == key


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2025-11-27T09:30:00Z", "2025-11-27T09:30:00.000Z"),
        ("2025-11-27T09:30Z", "2025-11-27T09:30:00.000Z"),
        ("2025-11-27T09:30:00.125-05:30", "2025-11-27T15:00:00.125Z"),
        ("2025-01-01T00:30:00+01:00", "2024-12-31T23:30:00.000Z"),
    ],
)
def test_time_with_its_offset_is_one_moment(written: str, at: str) -> None:
    """Wherever it was written."""
    (event,) = _build({"events/a.yaml": _file("A: 1", written)})

    assert (event.at, event.file.written_at) == (at, written)


@pytest.mark.parametrize(
    "at",
    [
        "2025-11-27T09:30:00",
        "2025-11-27",
        "2025-11-27 09:30:00Z",
        "2025-02-30T09:30:00Z",
        "2025-13-01T09:30:00Z",
        "2025-11-27T24:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "27.11.2025",
        "yesterday",
    ],
)
def test_time_that_is_no_moment_is_refused(at: str) -> None:
    """Without its offset it could be several, and some days are none."""
    (problem,) = _problems(_file("A: 1", at))

    assert (problem.path, problem.line) == ("i/demo/events/a.yaml", 1)


@pytest.mark.parametrize(("hours", "is_refused"), [(25, True), (23, False)])
def test_time_to_come_is_refused(hours: int, is_refused: bool) -> None:
    """By more than a day, since clocks differ; what was committed once is as it is."""
    at = f"{datetime.now(UTC) + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
    text = _file("A: 1", at)

    if is_refused:
        assert [one.line for one in _problems(text)] == [1]
    else:
        assert len(_build({"events/a.yaml": text})) == 1
    past = build_past("demo", "i/demo", [("i/demo/events/a.yaml", text.encode())])
    assert [one.units for one in past.events] == [1]


@pytest.mark.parametrize(
    "units",
    [
        *["+0", "-0", "+", "-", "+01", "-010", "010", "1_000", "1e3", "5.0", "+5.0", "0x1F"],
        *["1:20", "no", ".inf", "infinite", "null", "~", "", "'+20'", '"20"', "+ 5", "++5"],
        *["1000000000", "+1000000000", "-1000000000", "[1]", "{a: 1}"],
    ],
)
def test_units_that_are_spelled_otherwise_are_refused(units: str) -> None:
    """Each on its line, and never read as something else."""
    assert {one.line for one in _problems(_file(f"B: +1\nA: {units}"))} == {4}


def test_every_problem_is_told_at_once() -> None:
    """In whatever file."""
    files = {"events/a.yaml": _file("A: '+20'\nB: +0"), "events/b.yaml": _file("A: 1", "noon")}
    with pytest.raises(InputError) as caught:
        _build(files)

    assert {(one.path, one.line) for one in caught.value.problems} >= {
        ("i/demo/events/a.yaml", 4),
        ("i/demo/events/b.yaml", 1),
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"at: {AT}\n",
        "skus:\n  A: 1\n",
        f"at: {AT}\nskus:\n",
        f"at: {AT}\nskus: {{}}\n",
        _file("A: 1\nA: 2"),
        _file("A: 1", more="rule: exact\n"),
        _file("A: 1") + "---\n",
        _file("A: &x 1"),
        _file("A: !!int 1"),
    ],
    ids=[
        *["empty", "no skus", "not a time", "nothing", "none", "twice", "unknown", "second"],
        *["anchor", "tag"],
    ],
)
def test_file_that_is_no_event_is_refused(text: str) -> None:
    """What an editor refuses, or shows as something else, is refused."""
    assert _problems(text)


@pytest.mark.parametrize(
    ("path", "is_event"),
    [
        ("i/demo/events/a.yaml", True),
        ("i/demo/events/2025/11/a.yaml", True),
        ("i/demo/events.yaml", False),
        ("i/demo/more/events/a.yaml", False),
        ("i/demo-2/events/a.yaml", False),
    ],
)
def test_events_are_below_their_folder(path: str, is_event: bool) -> None:
    """Of this very store."""
    assert is_event_file(path, "i/demo") == is_event


def test_same_sku_may_be_in_many_events() -> None:
    """And beside its level, unlike two levels."""
    files = {
        "a.yaml": "skus:\n  A: 5\n",
        "events/a.yaml": _file("A: +1"),
        "events/b.yaml": _file("A: +1"),
    }

    assert [one.units for one in _build(files)] == [1, 1]


def test_units_fault_wording(wording: SnapshotAssertion) -> None:
    """Each with the text that causes it."""
    texts = ["+20", "20", "+05", "-0", "+", "+1000000000", "infinite", "", "null", "many"]
    lines = [f"{text!r}: {units_fault(text, quoted=text in texts[:2])}" for text in texts]
    assert "\n".join(lines) == wording
