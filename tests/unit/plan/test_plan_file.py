"""A plan saved and loaded, and the checks before it is applied."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from factories import NO_LIMITS, build, declared, desired, live, plan_of, sealed
from msgspec.structs import replace

from reconciler.errors import PlanFileError, StalePlanError
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


def test_a_plan_comes_back_equal() -> None:
    """What is dumped loads as the same plan."""
    assert load_plan("plan.json", dump_plan(PLAN).encode()) == PLAN


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "is not a plan"),
        (
            b'{"format_version": "1.0", "x": ' + b"[" * 900 + b"]" * 900 + b"}",
            "nested too deep",
        ),
        (b'{"format_version": "2.0"}', "format is 2.0, but this version reads 1.x"),
        (b'{"format_version": "1.0"}', "is not a plan"),
        (b" " * (128 * 1024 * 1024 + 1), "is too large"),
    ],
    ids=range(9),
)
def test_what_is_no_plan_is_refused(content: bytes, said: str) -> None:
    """A file that is malformed, huge or of another major version exits 65 with a way out."""
    with pytest.raises(PlanFileError, match=said):
        load_plan("plan.json", content)


def test_a_new_minor_version_is_read() -> None:
    """Fields that a later minor version adds are passed over."""
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
def test_an_edited_plan_is_stale(change: Callable[[Any], None]) -> None:
    """Whatever decides what is written is under the fingerprint."""
    data = json.loads(dump_plan(PLAN))
    change(data)
    with pytest.raises(StalePlanError, match="was changed after it was created"):
        _load(data)


@pytest.mark.parametrize("part", ["findings", "violations"])
def test_what_is_said_is_under_the_fingerprint_too(part: str) -> None:
    """Nobody takes a finding out of a plan unseen: it decides how apply ends."""
    state = desired(
        declared("A", 5),
        declared("X", 1),
        limits=NO_LIMITS | {Limit.CHANGES: Bound(0, is_share=False)},
    )
    data = json.loads(dump_plan(plan_of(state, live({"A": 3}))))
    assert data[part]
    data[part] = []
    with pytest.raises(StalePlanError, match="was changed after it was created"):
        _load(data)


def test_a_plan_prints_no_command_to_a_runner() -> None:
    """A product's name is inert in the JSON too, and comes back as it was."""
    plan = replace(PLAN, actions=(replace(PLAN.actions[0], name="##[set-output]\x9b\u202e"),))
    text = dump_plan(plan)

    assert text.isascii() and "##[" not in text
    assert load_plan("p", text.encode()).actions[0].name == "##[set-output]\x9b\u202e"


def test_a_whole_float_counts_like_a_whole_number() -> None:
    """`before: 100.0` in a plan file is 100: no unit escapes the limits."""
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
def test_fingerprint_covers_everything(change: Callable[[Any], None]) -> None:
    """Times, names, places and unknown fields cannot be changed unseen either."""
    data = json.loads(dump_plan(PLAN))
    change(data)
    with pytest.raises(StalePlanError, match="was changed after it was created"):
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
def test_odd_field_is_no_plan(change: Callable[[Any], None]) -> None:
    """H5: what names files or addresses, or is printed bare, has one form, whoever seals it."""
    data = json.loads(dump_plan(PLAN))
    change(data)
    with pytest.raises(PlanFileError, match="is not a plan"):
        _load(sealed(data))


def _made_of(**fields: Any) -> Plan:
    return replace(PLAN, provenance=replace(PLAN.provenance, **fields))


@pytest.mark.parametrize(
    ("plan", "state", "said"),
    [
        (replace(PLAN, store="other"), STATE, "The plan is for the store other"),
        (replace(PLAN, site_id="other"), STATE, "site other"),
        (_made_of(desired_digest="sha256:1"), STATE, "The YAML changed"),
        (_made_of(base="b" * 40), STATE, "The base was bbbbbbb and is now none"),
        (_made_of(offline=True), STATE, "created with --offline"),
        (PLAN, desired(declared("B", "infinite")), "action for A does not match"),
        (
            PLAN,
            desired(declared("A", 6), declared("B", "infinite")),
            "action for A does not match",
        ),
        (
            PLAN,
            desired(declared("A", 5, rule=Rule.AT_LEAST), declared("B", "infinite")),
            "action for A",
        ),
        (PLAN, desired(declared("A", 5, id="x"), declared("B", "infinite")), "action for A"),
        (replace(PLAN, actions=PLAN.actions * 2), STATE, "writes a SKU twice"),
        (
            replace(
                PLAN, actions=tuple(replace(a, target=PLAN.actions[0].target) for a in PLAN.actions)
            ),
            STATE,
            "writes a SKU twice",
        ),
        (PLAN, desired(*STATE.declared.values(), frozen=("A",)), "action for A"),
        (replace(PLAN, actions=TWO.actions[::-1]), TWO_STATE, "not in order"),
    ],
    ids=range(13),
)
def test_a_plan_must_follow_from_what_stands_here(
    plan: Plan, state: DesiredState, said: str
) -> None:
    """A plan for another store, other YAML, or with actions of its own is refused."""
    with pytest.raises(StalePlanError, match=said):
        check_saved(plan, state, DIGEST, None)


def test_a_plan_that_follows_passes() -> None:
    """The plan as it was made is accepted."""
    check_saved(PLAN, STATE, DIGEST, None)


def test_limits_are_those_of_today() -> None:
    """A limit that was tightened since the plan was made is heeded."""
    tight = desired(
        *STATE.declared.values(), limits=NO_LIMITS | {Limit.CHANGES: Bound(1, is_share=False)}
    )

    assert PLAN.violations == ()
    assert [v.limit for v in recheck_limits(PLAN, tight).violations] == [Limit.CHANGES]


def test_a_plan_of_yaml_keeps_its_places() -> None:
    """The source of every action survives saving."""
    state = build("skus:\n\n  A: 5\n")
    plan = plan_of(state, live({"A": 3}))

    assert str(load_plan("p", dump_plan(plan).encode()).actions[0].source) == "demo/a.yaml:3"
