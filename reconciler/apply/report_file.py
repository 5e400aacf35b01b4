"""Save a report as JSON, and load it again."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import jsonschema_rs

from reconciler.contract import load_schema
from reconciler.errors import PlanFileError
from reconciler.model import Report, Result
from reconciler.model.codec import as_data, dump_json, load_noun, parse_json

FORMAT_VERSION: Final = "1.0"


def dump_report(report: Report, *, fingerprint: str, exit_code: int) -> str:
    """Return *report* as JSON text that fits `schemas/report.schema.json`."""
    data = {
        "format_version": FORMAT_VERSION,
        "store": report.store,
        "site_id": report.site_id,
        "fingerprint": fingerprint,
        "exit_code": exit_code,
        "stopped": report.stopped,
        "summary": {result.value: report.count(result) for result in Result},
        "outcomes": as_data(report.outcomes),
    }
    return dump_json(data) + "\n"


def as_report(content: bytes) -> dict[str, Any] | None:
    """Return the data in *content* if it looks like a report, else None."""
    try:
        data = parse_json(content)
    except ValueError:
        return None
    return data if isinstance(data, dict) and "outcomes" in data else None


def load_report(path: str, data: Mapping[str, Any]) -> Report:
    """Return the report in *data*.

    Raises:
        PlanFileError: The data does not fit `schemas/report.schema.json`.
    """
    try:
        _validator().validate(data)
    except ValueError as error:  # jsonschema_rs raises a plain ValueError if nested too deep
        path_of_fault = getattr(error, "instance_path", ())
        place = "/".join(map(str, path_of_fault)) or "the file"
        message = (
            f"Not a report: {place} does not match the format."
            " Create it again with `reconciler apply --report FILE`."
        )
        raise PlanFileError(path, message) from None
    return load_noun(data, Report)


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(load_schema("report"))
