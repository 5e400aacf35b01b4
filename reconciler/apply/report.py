"""Report ↔ its saved form. Pure, but that the schema lies in a file."""

import json
from collections.abc import Mapping
from typing import Any, Final

from reconciler.errors import PlanFileError
from reconciler.model import InventoryType, Outcome, Report, Result, Stock

FORMAT_VERSION: Final = "1.0"


def dump_report(report: Report, *, fingerprint: str, exit_code: int) -> str:
    """Return *report* as JSON text, as `schemas/report.schema.json` describes it."""
    data = {
        "format_version": FORMAT_VERSION,
        "store": report.store,
        "fingerprint": fingerprint,
        "exit_code": exit_code,
        "stopped": report.stopped,
        "summary": {result.value: report.count(result) for result in Result},
        "outcomes": [_to_json(outcome) for outcome in report.outcomes],
    }
    text = json.dumps(data, indent=2)
    return text.replace("##[", "##\\u005b") + "\n"  # a command to GitHub's runner, were it printed


def _to_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "sku": outcome.sku,
        "result": outcome.result,
        "before": outcome.before and outcome.before._asdict(),
        "after": outcome.after and outcome.after._asdict(),
        "found": outcome.found and outcome.found._asdict(),
        "message": outcome.message,
    }


def load_report(path: str, data: Mapping[str, Any]) -> Report:
    """Return the report in *data*; raise PlanFileError for what is none."""
    try:
        outcomes = tuple(
            Outcome(
                entry["sku"],
                Result(entry["result"]),
                _stock(entry["before"]),
                _stock(entry["after"]),
                _stock(entry["found"]),
                entry["message"],
            )
            for entry in data["outcomes"]
        )
        return Report(data["store"], outcomes, data["stopped"])
    except (KeyError, TypeError, ValueError):
        raise PlanFileError(path, "is not a report; make it again with apply --report") from None


def _stock(data: Any) -> Stock | None:
    if data is None:
        return None
    return Stock(InventoryType(data["inventory_type"]), data["quantity"])
