"""Write the steps of an apply as JSON lines, as described by `event-log.schema.json`."""

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from reconciler.masking import mask
from reconciler.model import Action, Outcome, Plan, Report, Result
from reconciler.model.codec import as_data, dump_json

_ERRED = frozenset({Result.FAILED, Result.UNKNOWN, Result.NOT_TRIED})


def _now() -> datetime:
    return datetime.now(UTC)


class Events:
    """An Observer that writes a line for each step. A closed stream is not an error."""

    def __init__(self, stream: TextIO, store: str, now: Callable[[], datetime] = _now) -> None:
        self._stream = stream
        self._store = store
        self._now = now
        self._lock = threading.Lock()

    def planned(self, plan: Plan, tool_version: str) -> None:
        """Write the version, and each planned change."""
        self._write("version", {"tool_version": tool_version, "format_version": "1.0"})
        for action in plan.actions:
            self._write("planned_change", _change(action))

    def begun(self, action: Action) -> None:
        """Write that an action starts."""
        self._write("apply_start", _change(action))

    def sending(self, action: Action) -> None:
        """Do nothing. Only the outcome is written."""

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Write the outcome of an action."""
        kind = "apply_errored" if outcome.result in _ERRED else "apply_complete"
        fields = {
            **_change(action),
            "result": outcome.result,
            "found": as_data(outcome.found),
            "message": outcome.message,
        }
        self._write(kind, fields)

    def ended(self, report: Report) -> None:
        """Write the diagnostics and the totals."""
        for outcome in report.outcomes:
            if outcome.after is None:
                self._write("diagnostic", {"sku": outcome.sku, "message": outcome.message})
        if report.stopped:
            self._write("diagnostic", {"sku": None, "message": report.stopped})
        counts = {result.value: report.count(result) for result in Result}
        self._write("change_summary", counts)

    def _write(self, kind: str, fields: Mapping[str, Any]) -> None:
        at = self._now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        line = dump_json({"type": kind, "at": at, "store": self._store, **fields}, indent=None)
        with self._lock:
            try:
                self._stream.write(mask(line) + "\n")
                self._stream.flush()
            except (OSError, ValueError):
                return


def _change(action: Action) -> dict[str, Any]:
    return {
        "sku": action.sku,
        "before": as_data(action.before),
        "after": as_data(action.after),
    }
