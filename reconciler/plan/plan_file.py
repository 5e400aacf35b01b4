"""Plan ↔ its saved form. Pure, but that the schema lies in a file."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import Any, Final

import jsonschema_rs

from reconciler.contract import load_schema
from reconciler.errors import PlanFileError, StalePlanError
from reconciler.model import (
    Action,
    Cause,
    Finding,
    FindingKind,
    Limit,
    Plan,
    Provenance,
    Requests,
    Rule,
    Source,
    Summary,
    Target,
    Violation,
)
from reconciler.model.codec import dump_json, load_stock, parse_json

FORMAT_VERSION: Final = "1.0"
MAX_BYTES: Final = 128 * 1024 * 1024


def dump_plan(plan: Plan) -> str:
    """Return *plan* as JSON text, as `schemas/plan.schema.json` describes it."""
    data = _to_json(plan)
    data["fingerprint"] = _hash(data)
    return dump_json(data) + "\n"


def load_plan(path: str, content: bytes) -> Plan:
    """Return the plan saved in *content*, equal to the one that was dumped.

    Raises PlanFileError for what is no plan or of an unknown major version, and StalePlanError
    where its fingerprint does not hold: somebody changed it.
    """
    if len(content) > MAX_BYTES:
        raise PlanFileError(path, "is too large for a plan; make it again with plan --out")
    try:
        data = parse_json(content)
    except ValueError:
        raise PlanFileError(path, "is not JSON; make it again with plan --out") from None
    version = data.get("format_version") if isinstance(data, dict) else None
    if isinstance(version, str) and not version.startswith("1."):
        message = (
            f"has the format {version}, and this version reads 1.x; make it again with plan --out"
        )
        raise PlanFileError(path, message)
    try:
        _validator().validate(data)
    except ValueError as error:  # deeper than it reads; jsonschema_rs has no name for it
        if not isinstance(error, jsonschema_rs.ValidationError):
            raise PlanFileError(
                path,
                "is nested too deep, or holds a broken character; make it again with plan --out",
            ) from None
        place = "/".join(map(str, error.instance_path)) or "it"
        message = f"is not a plan: {place} does not fit; make it again with plan --out"
        raise PlanFileError(path, message) from None
    if _hash(data) != data["fingerprint"]:
        raise StalePlanError(f"{path} was changed after it was planned; plan again")
    return _from_json(data)


def fingerprint(plan: Plan) -> str:
    """Return a hash of all that the plan says, its time of creation included."""
    return _hash(_to_json(plan))


def _hash(data: Mapping[str, Any]) -> str:
    """Return the hash of a plan as JSON, of which its own fingerprint is no part."""
    covered = {name: value for name, value in data.items() if name != "fingerprint"}
    text = json.dumps(covered, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(load_schema("plan"))


def _to_json(plan: Plan) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": plan.tool_version,
        "store": plan.store,
        "site_id": plan.site_id,
        **plan.provenance._asdict(),
        "fingerprint": "",
        "actions": [_action_to_json(action) for action in plan.actions],
        "findings": [
            {**finding._asdict(), "source": finding.source and finding.source._asdict()}
            for finding in plan.findings
        ],
        "violations": [violation._asdict() for violation in plan.violations],
        "summary": asdict(plan.summary),
        "requests": plan.requests._asdict(),
        "unread": plan.unread,
        "settled": plan.settled,
    }


def _action_to_json(action: Action) -> dict[str, Any]:
    return {
        "sku": action.sku,
        "name": action.name,
        "target": action.target._asdict(),
        "rule": action.rule,
        "cause": action.cause,
        "before": action.before._asdict(),
        "after": action.after._asdict(),
        "base": action.base and action.base._asdict(),
        "source": action.source._asdict(),
    }


def _from_json(data: Mapping[str, Any]) -> Plan:
    """Return the plan in *data*, which fits the schema."""
    return Plan(
        store=data["store"],
        site_id=data["site_id"],
        provenance=_provenance(data),
        actions=tuple(map(_action, data["actions"])),
        findings=tuple(map(_finding, data["findings"])),
        violations=tuple(
            Violation(Limit(entry["limit"]), entry["allowed"], entry["found"], entry["message"])
            for entry in data["violations"]
        ),
        summary=Summary(**{name: data["summary"][name] for name in Summary.__dataclass_fields__}),
        requests=Requests(*(data["requests"][name] for name in Requests._fields)),
        unread=tuple(data.get("unread", ())),
        settled=tuple(data.get("settled", ())),
        tool_version=data["tool_version"],
    )


def _provenance(data: Mapping[str, Any]) -> Provenance:
    return Provenance(
        data["created_at"],
        data["desired_digest"],
        data["head"],
        data["base"],
        data.get("base_date"),
        tuple(data.get("commits", ())),
        data.get("offline", False),
    )


def _action(entry: Mapping[str, Any]) -> Action:
    return Action(
        sku=entry["sku"],
        name=entry["name"],
        target=Target(entry["target"]["collection_id"], entry["target"]["sku_id"]),
        rule=Rule(entry["rule"]),
        cause=Cause(entry["cause"]),
        before=load_stock(entry["before"]),
        after=load_stock(entry["after"]),
        base=load_stock(entry["base"]) if entry["base"] else None,
        source=_source(entry["source"]),
    )


def _finding(entry: Mapping[str, Any]) -> Finding:
    source = _source(entry["source"]) if entry["source"] else None
    return Finding(FindingKind(entry["kind"]), entry["sku"], entry["message"], source)


def _source(entry: Mapping[str, Any]) -> Source:
    return Source(entry["path"], entry["line"])
