"""Convert JSON: one form for a number, and no commands for a runner."""

import json
from typing import Any

import pytest

from reconciler.apply.report_file import dump_report, load_report
from reconciler.model import Outcome, Report, Result, Stock, finite
from reconciler.model.codec import dump_json, load_noun, parse_json
from reconciler.records.batches import parse_batch


def test_parse_json_reads_a_whole_float_as_int() -> None:
    """12.0 is 12 everywhere. A fraction stays a float."""
    assert repr(parse_json(b'{"a": 12.0, "b": 1.5}')) == "{'a': 12, 'b': 1.5}"
    assert repr(parse_json(b"-0.0")) == "0"


@pytest.mark.parametrize("text", ["NaN", "Infinity", "[" * 100_000, "{", "'a'"])
def test_parse_json_of_other_text_raises(text: str) -> None:
    """There is one error for all cases."""
    with pytest.raises(ValueError, match=r".+"):
        parse_json(text)


@pytest.mark.parametrize("quantity", ["5", True, [5], {}])
def test_load_noun_with_a_malformed_quantity_raises(quantity: Any) -> None:
    """A quantity is a number or null."""
    with pytest.raises(ValueError, match="quantity"):
        load_noun({"inventory_type": "finite", "quantity": quantity}, Stock)


def test_dump_json_breaks_up_runner_commands() -> None:
    """The JSON has the same meaning, and the runner ignores it."""
    text = dump_json({"##[error]a": ["b##[set-output]"]})

    assert "##[" not in text
    assert json.loads(text) == {"##[error]a": ["b##[set-output]"]}


def test_report_file_reads_a_whole_float_as_int() -> None:
    """A report follows the same rule as a plan."""
    report = Report("demo", (Outcome("A", Result.APPLIED, finite(3), finite(12), finite(12)),))
    text = dump_report(report, fingerprint=f"sha256:{0:064}", exit_code=0).replace("12", "12.0")

    assert repr(load_report("r", parse_json(text)).outcomes[0].found) == repr(finite(12))


def test_batch_reads_a_whole_float_as_int() -> None:
    """A batch follows the same rule as a plan."""
    row = {"sku_id": "s", "before": 3.0, "after": 12.0, "result": "applied"}
    parsed = parse_batch("b" * 40, json.dumps({"results": [row]}).encode())

    assert repr(parsed.results[0].after) == repr(finite(12))
