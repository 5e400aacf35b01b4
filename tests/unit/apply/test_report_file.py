"""Reports are saved and loaded without loss, and other files are rejected."""

import json
from typing import Any

import jsonschema_rs
import pytest
from factories import declared, desired, live, plan_of, stock

from reconciler.apply.report_file import as_report, dump_report, load_report
from reconciler.contract import load_schema
from reconciler.errors import PlanFileError
from reconciler.exit_codes import ExitCode
from reconciler.model import Outcome, Report, Result
from reconciler.plan.plan_file import dump_plan

FINGERPRINT = f"sha256:{1:064}"
STOCKS = [stock(0), stock(-3), stock(2.5), stock(None), stock("infinite"), None]
OUTCOMES = tuple(
    Outcome(f"SKU-{result}-{found}", result, stock(3), stock(5), found, f"said {result}")
    for result in Result
    for found in STOCKS
)
REPORT = Report("demo", (*OUTCOMES, Outcome("X", Result.NOT_TRIED, None, None)), "time is over")


def _data(report: Report = REPORT, exit_code: int = 5) -> dict[str, Any]:
    data = as_report(dump_report(report, fingerprint=FINGERPRINT, exit_code=exit_code).encode())
    assert data is not None
    return data


def _with(path: str, value: Any) -> dict[str, Any]:
    """Return a saved report with *value* at *path*. `...` removes the entry."""
    data: Any = _data()
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place = data
    for part in parents:
        place = place[part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return dict(data)


@pytest.mark.parametrize("report", [REPORT, Report("demo", ())], ids=["full", "empty"])
def test_load_report_of_dumped_report_is_equal(report: Report) -> None:
    """All results and kinds of stock survive the round trip."""
    assert load_report("r.json", _data(report)) == report


def test_dump_report_fits_its_schema_and_counts() -> None:
    """The JSON has the plan, the exit code, and the counts of all outcomes."""
    data = _data(exit_code=3)
    jsonschema_rs.Draft202012Validator(load_schema("report")).validate(data)

    assert (data["store"], data["fingerprint"], data["exit_code"]) == ("demo", FINGERPRINT, 3)
    assert data["stopped"] == "time is over"
    assert data["summary"] == {
        result: len(STOCKS) + (result is Result.NOT_TRIED) for result in Result
    }


def test_dump_report_keeps_zero_apart_from_null() -> None:
    """A stock of 0 differs from an unread one, and from one without a quantity."""
    found = [outcome["found"] for outcome in _data()["outcomes"][: len(STOCKS)]]

    assert found == [
        {"inventory_type": "finite", "quantity": 0},
        {"inventory_type": "finite", "quantity": -3},
        {"inventory_type": "finite", "quantity": 2.5},
        {"inventory_type": "finite", "quantity": None},
        {"inventory_type": "infinite", "quantity": None},
        None,
    ]


def test_dump_report_with_hostile_text_commands_no_runner() -> None:
    """A message of the shop can't command the runner that prints the report."""
    outcome = Outcome("A", Result.FAILED, None, None, message="##[error]now")
    text = dump_report(Report("demo", (outcome,)), fingerprint=FINGERPRINT, exit_code=5)

    assert "##[" not in text
    assert json.loads(text)["outcomes"][0]["message"] == "##[error]now"


PLAN = dump_plan(plan_of(desired(declared("A", 9)), live({"A": 3}))).encode()
NONE_IN_JSON = [b"[]", b"null", b'"outcomes"', b'["outcomes"]', b"{}", b"NaN"]


@pytest.mark.parametrize("content", [b"", b"not JSON", b"\xff", *NONE_IN_JSON, PLAN])
def test_as_report_of_another_file_is_none(content: bytes) -> None:
    """Plans and other JSON are not reports."""
    assert as_report(content) is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("store", ...),
        ("store", "../../etc"),
        ("stopped", 5),
        ("fingerprint", "none"),
        ("format_version", "2.0"),
        ("summary/applied", -1),
        ("outcomes", {}),
        ("outcomes/0/result", "maybe"),
        ("outcomes/0/message", ...),
        ("outcomes/0/sku", 5),
        ("outcomes/0/before", {"inventory_type": "finite"}),
        ("outcomes/0/after/inventory_type", "endless"),
        ("outcomes/0/found/quantity", "5"),
    ],
)
def test_load_report_that_is_malformed_raises(path: str, value: Any) -> None:
    """The error names the file."""
    with pytest.raises(PlanFileError, match=r"r\.json") as caught:
        load_report("r.json", _with(path, value))
    assert caught.value.exit_code is ExitCode.INPUT
