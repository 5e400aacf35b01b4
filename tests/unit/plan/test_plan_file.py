"""Save and load plans, and check them before an apply."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from factories import NO_LIMITS, build, declared, desired, live, plan_of, sealed
from msgspec.structs import replace
from syrupy.assertion import SnapshotAssertion

from reconciler.errors import PlanFileError, StalePlanError
from reconciler.exit_codes import ExitCode
from reconciler.model import Bound, DesiredState, Limit, Plan, Rule
from reconciler.plan.plan_file import dump_plan, load_plan
from reconciler.plan.verify import check_saved, recheck_limits

STATE = desired(declared("A", 5), declared("B", "infinite"))
PLAN = plan_of(STATE, live({"A": 3, "B": 4, "C": 1}))
TWO_STATE = desired(declared("A", 5), declared("B", 5))
TWO = plan_of(TWO_STATE, live({"A": 3, "B": 3}))
DIGEST = f"sha256:{0:064}"


def _load(data: Any) -> Plan:
    return load_plan("plan.json", json.dumps(data).encode())


def test_load_plan_of_a_dumped_plan_is_equal() -> None:
    """Nothing is lost."""
    assert load_plan("plan.json", dump_plan(PLAN).encode()) == PLAN


FOREIGN = (
    b"",
    b"{",
    b"\xff",
    b"[" * 100_000,
    b"[]",
    b'{"format_version": "1.0", "x": ' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"format_version": "2.0"}',
    b'{"format_version": "1.0"}',
    b" " * (128 * 1024 * 1024 + 1),
)


@pytest.mark.parametrize("content", FOREIGN, ids=range(len(FOREIGN)))
def test_load_plan_of_another_file_raises(content: bytes) -> None:
    """It is malformed, too large, or of another major version. The error names the file."""
    with pytest.raises(PlanFileError) as caught:
        load_plan("plan.json", content)

    assert (caught.value.exit_code, caught.value.problems[0].path) == (ExitCode.INPUT, "plan.json")


def test_load_plan_wording(wording: SnapshotAssertion) -> None:
    """Each with the content that causes it."""
    lines = []
    for content in FOREIGN:
        with pytest.raises(PlanFileError) as caught:
            load_plan("plan.json", content)
        lines.append(f"{content[:32]!r}: {caught.value}")
    assert "\n".join(lines) == wording


def test_load_plan_of_a_new_minor_version_ignores_fields() -> None:
    """Unknown fields are ignored."""
    data = json.loads(dump_plan(PLAN)) | {"format_version": "1.7", "novelty": 1}

    assert _load(sealed(data)) == PLAN


def _set(*path: str | int, value: Any) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        for step in path[:-1]:
            data = data[step]
        data[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        _set("actions", 0, "after", "quantity", value=500),
        _set("actions", 0, "before", "quantity", value=1),
        _set("actions", 0, "target", "sku_id", value="other"),
        _set("actions", 0, "sku", value="Z"),
        _set("site_id", value="a" * 24),
        _set("store", value="other"),
        _set("desired_digest", value=f"sha256:{1:064}"),
        _set("summary", "live_units", value=10**9),
        _set("actions", value=[]),
    ],
    ids=range(9),
)
def test_load_plan_of_an_edited_action_raises(change: Callable[[Any], None]) -> None:
    """The fingerprint covers everything that decides about a write."""
    data = json.loads(dump_plan(PLAN))
    change(data)
    with pytest.raises(StalePlanError, match=r"plan\.json"):
        _load(data)


@pytest.mark.parametrize("part", ["findings", "violations"])
def test_load_plan_without_its_findings_raises(part: str) -> None:
    """Findings and violations decide how apply ends."""
    state = desired(
        declared("A", 5),
        declared("X", 1),
        limits=NO_LIMITS | {Limit.CHANGES: Bound(0, is_share=False)},
    )
    data = json.loads(dump_plan(plan_of(state, live({"A": 3}))))
    assert data[part]
    data[part] = []
    with pytest.raises(StalePlanError, match=r"plan\.json"):
        _load(data)


def test_dump_plan_contains_no_runner_command() -> None:
    """A product's name is harmless in JSON, and is loaded unchanged."""
    plan = replace(PLAN, actions=(replace(PLAN.actions[0], name="##[set-output]\x9b\u202e"),))
    text = dump_plan(plan)

    assert text.isascii() and "##[" not in text
    assert load_plan("p", text.encode()).actions[0].name == "##[set-output]\x9b\u202e"


def test_load_plan_reads_a_whole_float_as_a_number() -> None:
    """`before: 100.0` is 100, so the limits apply to it."""
    text = dump_plan(PLAN).replace('"quantity": 3', '"quantity": 3.0')

    assert load_plan("p", text.encode()) == PLAN


@pytest.mark.parametrize(
    "change",
    [
        _set("created_at", value="2026-11-20T10:00:01Z"),
        _set("actions", 0, "name", value="reworded"),
        _set("actions", 0, "source", "line", value=9),
        _set("novelty", value=1),
    ],
    ids=range(4),
)
def test_load_plan_with_any_other_field_edited_raises(change: Callable[[Any], None]) -> None:
    """This includes times, names, places, and unknown fields."""
    data = json.loads(dump_plan(PLAN))
    change(data)
    with pytest.raises(StalePlanError, match=r"plan\.json"):
        _load(data)


@pytest.mark.parametrize(
    "change",
    [
        _set("created_at", value="../../x"),
        _set("created_at", value="2026-11-20T10:00:00Z\n"),
        _set("store", value="../demo"),
        _set("store", value="demo" * 100),
        _set("site_id", value="a/b"),
        _set("head", value="0" * 39),
        _set("base_date", value="\x1b[2J"),
        _set("desired_digest", value="sha256:x"),
        _set("tool_version", value="1.0\n::error::x"),
        _set("actions", 0, "target", "sku_id", value="../x"),
        _set("actions", 0, "target", "collection_id", value="a?b"),
        _set("actions", 0, "sku", value="x" * 5000),
        _set("unread", value=[""]),
    ],
    ids=range(13),
)
def test_load_plan_with_a_malformed_field_raises(change: Callable[[Any], None]) -> None:
    """H5: fields used in paths and addresses have a fixed form, even with a right fingerprint."""
    data = json.loads(dump_plan(PLAN))
    change(data)
    with pytest.raises(PlanFileError):
        _load(sealed(data))


def _made_of(**fields: Any) -> Plan:
    return replace(PLAN, provenance=replace(PLAN.provenance, **fields))


UNFIT = (
    (replace(PLAN, store="other"), STATE),
    (replace(PLAN, site_id="other"), STATE),
    (_made_of(desired_digest="sha256:1"), STATE),
    (_made_of(base="b" * 40), STATE),
    (_made_of(offline=True), STATE),
    (PLAN, desired(declared("B", "infinite"))),
    (PLAN, desired(declared("A", 6), declared("B", "infinite"))),
    (PLAN, desired(declared("A", 5, rule=Rule.AT_LEAST), declared("B", "infinite"))),
    (PLAN, desired(declared("A", 5, id="x"), declared("B", "infinite"))),
    (replace(PLAN, actions=PLAN.actions * 2), STATE),
    (
        replace(
            PLAN, actions=tuple(replace(a, target=PLAN.actions[0].target) for a in PLAN.actions)
        ),
        STATE,
    ),
    (PLAN, desired(*STATE.declared.values(), frozen=("A",))),
    (replace(PLAN, actions=TWO.actions[::-1]), TWO_STATE),
)


@pytest.mark.parametrize(("plan", "state"), UNFIT, ids=range(len(UNFIT)))
def test_check_saved_of_an_unfit_plan_raises(plan: Plan, state: DesiredState) -> None:
    """It is for another store or other YAML, or has actions that do not follow from them."""
    with pytest.raises(StalePlanError):
        check_saved(plan, state, DIGEST, None)


def test_check_saved_wording(wording: SnapshotAssertion) -> None:
    """The reason for each unfit plan."""
    lines = []
    for plan, state in UNFIT:
        with pytest.raises(StalePlanError) as caught:
            check_saved(plan, state, DIGEST, None)
        lines.append(str(caught.value))
    assert "\n".join(lines) == wording


def test_check_saved_of_the_same_state_passes() -> None:
    """An unchanged plan is accepted."""
    check_saved(PLAN, STATE, DIGEST, None)


def test_recheck_limits_uses_the_current_limits() -> None:
    """A limit may have been lowered after the plan was created."""
    tight = desired(
        *STATE.declared.values(), limits=NO_LIMITS | {Limit.CHANGES: Bound(1, is_share=False)}
    )

    assert PLAN.violations == ()
    assert [v.limit for v in recheck_limits(PLAN, tight).violations] == [Limit.CHANGES]


def test_load_plan_keeps_places() -> None:
    """The source of each action is saved."""
    state = build("skus:\n\n  A: 5\n")
    plan = plan_of(state, live({"A": 3}))

    assert str(load_plan("p", dump_plan(plan).encode()).actions[0].source) == "demo/a.yaml:3"
