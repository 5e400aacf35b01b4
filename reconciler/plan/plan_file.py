"""Save a plan as JSON, and load it again."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import jsonschema_rs

from reconciler.contract import load_schema
from reconciler.errors import PlanFileError, StalePlanError
from reconciler.model import Plan
from reconciler.model.codec import as_data, dump_json, load_noun, parse_json

FORMAT_VERSION: Final = "1.0"
MAX_BYTES: Final = 128 * 1024 * 1024


def dump_plan(plan: Plan) -> str:
    """Return *plan* as JSON text that follows `schemas/plan.schema.json`."""
    data = _to_json(plan)
    data["fingerprint"] = _hash(data)
    return dump_json(data) + "\n"


def load_plan(path: str, content: bytes) -> Plan:
    """Return the plan saved in *content*, equal to the one that was dumped.

    Raises:
        PlanFileError: The content is not a plan, or has an unknown major version.
        StalePlanError: The fingerprint is wrong.
    """
    if len(content) > MAX_BYTES:
        raise PlanFileError(
            path, ("This is too large for a plan. Run `reconciler plan --out` again.")
        )
    try:
        data = parse_json(content)
    except ValueError:
        raise PlanFileError(path, "This is not JSON. Run `reconciler plan --out` again.") from None
    version = data.get("format_version") if isinstance(data, dict) else None
    if isinstance(version, str) and not version.startswith("1."):
        message = (
            f"The format is {version}, but this version reads 1.x. Run `reconciler plan --out`"
            " again."
        )
        raise PlanFileError(path, message)
    try:
        _validator().validate(data)
    except ValueError as error:  # jsonschema_rs has no exception class for deep nesting
        if not isinstance(error, jsonschema_rs.ValidationError):
            raise PlanFileError(
                path,
                "This is nested too deep, or contains a broken character. Run `reconciler plan"
                " --out` again.",
            ) from None
        place = "/".join(map(str, error.instance_path)) or "it"
        message = f"This is not a plan: {place} does not fit. Run `reconciler plan --out` again."
        raise PlanFileError(path, message) from None
    if _hash(data) != data["fingerprint"]:
        raise StalePlanError(
            f"{path} was changed after it was created. Run `reconciler plan` again."
        )
    return _from_json(data)


def fingerprint(plan: Plan) -> str:
    """Return a hash of the whole plan, including its creation time."""
    return _hash(_to_json(plan))


def _hash(data: Mapping[str, Any]) -> str:
    """Return the hash of a plan's JSON data, without its own fingerprint."""
    covered = {name: value for name, value in data.items() if name != "fingerprint"}
    text = json.dumps(covered, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(load_schema("plan"))


def _to_json(plan: Plan) -> dict[str, Any]:
    """Return *plan* as JSON data, with its provenance inlined and an empty fingerprint."""
    data = as_data(plan)
    head = {name: data.pop(name) for name in ("tool_version", "store", "site_id")}
    provenance = data.pop("provenance")
    return {"format_version": FORMAT_VERSION, **head, **provenance, "fingerprint": "", **data}


def _from_json(data: Mapping[str, Any]) -> Plan:
    """Return the plan in *data*, which fits the schema."""
    return load_noun({**data, "provenance": data}, Plan)
