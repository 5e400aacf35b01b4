"""Rows A1 to A22: an API that refuses, answers nonsense, or lags behind."""

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from faults.network import GET, PATCH, few, reads_again, settles
from faults.scene import SCALE, Scene
from faults.table import Bench, row
from reconciler.sandbox.api import SCOPES
from reconciler.sandbox.edits import copy_sku, delete_sku
from reconciler.sandbox.faults import Fault, Kind


def _status(status: int, code: str = "", message: str = "", **headers: str) -> dict[str, Any]:
    body = json.dumps({"message": message or "said", "code": code, "details": []})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"kind": Kind.STATUS, "status": status, "body": body, "headers": named}


def _throttled(bench: Bench, retry_after: str) -> float:
    """Expect that a 429 with *retry_after*, on a read and on a write, is survived.

    Return how long the whole took.
    """
    start = time.monotonic()
    fault = _status(429, "too_many_requests", Retry_After=retry_after)
    with bench.fresh() as here:
        reads_again(here, fault)
    with bench.fresh() as here:
        settles(here, fault)
    return time.monotonic() - start


@row("A1", "429 with Retry-After: 2")
def throttled(bench: Bench) -> None:
    """It waits as long as required each time, and completes."""
    assert _throttled(bench, "2") >= 3 * 2 * SCALE


@row("A2", "Retry-After as a date, also of the past")
def throttled_until(bench: Bench) -> None:
    """Both formats work. A time in the past means no wait."""
    shift = timedelta(seconds=bench.chance.choice([30, -3600]))
    least = 3 * 25 * SCALE if shift > timedelta() else 0
    assert _throttled(bench, format_datetime(datetime.now(UTC) + shift, usegmt=True)) >= least


@row("A3", "Retry-After that is no number")
def throttled_oddly(bench: Bench) -> None:
    """It waits, but not forever."""
    for value in ("nan", "inf", "-5", "1e9", "soon", "99999999999", ""):
        with bench.fresh() as here:
            assert _throttled(here, value) < 60


@row("A4", "429 for ever")
def throttled_for_ever(bench: Bench) -> None:
    """The run is stopped: exit code 5, or 1 for a plan, which has written nothing."""
    before, after, _ = few(bench)
    fault = _status(429, Retry_After="1")
    # Half of the SKUs are done when it begins: two requests each, one after the other.
    begun = 2 * (len(before) // 2)
    faults = [Fault(path="/inventory", skip=len(before) + begun, **fault)]
    quick = {"WEBFLOW_RATE_WINDOW": "1"}
    with Scene(bench, before, after, faults, env=quick).open() as scene:
        scene.plan()
        outcomes = list(scene.apply(5, "--parallelism", "1").values())
        assert outcomes.count("applied") == begun // 2, outcomes
        assert outcomes.count("not tried") == len(after) - begun // 2, outcomes
        run = scene.run("plan")
        assert (run.code, "[outage]" in run.err) == (1, True), run


@row("A5", "Retry-After on a 200")
def not_throttled(bench: Bench) -> None:
    """It comes on every answer, and means nothing there."""
    before, after, _ = few(bench)
    start = time.monotonic()
    with Scene(
        bench, before, after, [Fault(Kind.NONE, headers={"Retry-After": "600"})]
    ).open() as scene:
        scene.plan()
        assert scene.apply(0) == dict.fromkeys(after, "applied")
    assert time.monotonic() - start < 600 * SCALE


@row("A6", "a 5xx, not applied")
def failed_before(bench: Bench) -> None:
    """The SKU is read again, and written once more."""
    status = bench.chance.choice([500, 502, 503])
    with bench.fresh() as here:
        settles(here, _status(status))
    with bench.fresh() as here:
        reads_again(here, _status(status))


@row("A7", "a 5xx, and applied all the same")
def failed_after(bench: Bench) -> None:
    """The SKU is read again, and not written again."""
    settles(bench, {**_status(500, "internal_error"), "applied": True})


@row("A8", "401 in the middle of a run")
def revoked(bench: Bench) -> None:
    """The run stops at once with exit code 5, or 1 before the first write."""
    before, after, _ = few(bench)
    done = bench.chance.randint(0, 1)
    fault = Fault(skip=done, **PATCH, **_status(401, "not_authorized", "Request not authorized"))
    with Scene(bench, before, after, [fault]).open() as scene:
        scene.plan()
        outcomes = list(scene.apply(5 if done else 1, "--parallelism", "1").values())
        assert outcomes.count("applied") == done
        assert outcomes.count("not tried") == len(after) - done
        assert "401" in scene.said[-1].out
        assert len(scene.writes()) == done


@row("A9", "a token that may not write")
def no_write_scope(bench: Bench) -> None:
    """Nothing is written, exit code 1, and the scope is named."""
    before, after, _ = few(bench)
    with Scene(bench, before, after, scopes=SCOPES - {"ecommerce:write"}).open() as scene:
        scene.plan()
        outcomes = scene.apply(1)
        assert set(outcomes.values()) == {"not tried"}
        assert "ecommerce:write" in scene.said[-1].out
        assert scene.writes() == []


@row("A10", "a SKU that is deleted after the plan")
def deleted(bench: Bench) -> None:
    """That one fails, the others are written, exit code 5."""
    before, after, sku = few(bench)
    with Scene(bench, before, after).open() as scene:
        scene.plan()
        delete_sku(scene.shop, sku)
        assert scene.apply(5) == dict.fromkeys(after, "applied") | {sku: "failed"}
        assert "404" in scene.said[-1].out


@row("A11", "ecommerce is off")
def ecommerce_off(bench: Bench) -> None:
    """It is not repeated, since only a person can turn it on."""
    before, after, _ = few(bench)
    fault = _status(409, "ecommerce_not_enabled", "Ecommerce is not yet initialized")
    faults = [Fault(path="/products", skip=2, **fault), Fault(**PATCH, **fault)]
    with Scene(bench, before, after, faults).open() as scene:
        scene.plan()
        outcomes = scene.apply(1, "--parallelism", "1")
        assert set(outcomes.values()) == {"not tried"}
        assert len(scene.shop.ledger()) == scene.planned_at + 1
        run = scene.run("plan")
        assert (run.code, "[ecommerce_off]" in run.err) == (1, True), run


@row("A12", "a write that is not accepted")
def not_accepted(bench: Bench) -> None:
    """It is not repeated. The shop's text is shown, and escaped."""
    said = "no \x1b[2J ::error::x \u202e"
    scene = settles(bench, _status(400, "validation_error", said), code=5, result="failed")
    assert "no \\x1b[2J ::error::x \\u202e" in scene.said[-1].out


@row("A13", "200 with another quantity")
def other_quantity(bench: Bench) -> None:
    """It is reported, with exit code 5."""
    body = json.dumps({"inventoryType": "finite", "quantity": 1})
    scene = settles(
        bench, {"kind": Kind.BODY, "body": body, "applied": True}, code=5, result="failed"
    )
    assert "found 1" in scene.said[-1].out


@row("A14", "200 with nonsense")
def nonsense(bench: Bench) -> None:
    """It counts as a lost answer, and the SKU is read again."""
    bodies = (
        "<html>Sign in</html>",
        "",
        '{"inventoryType": "finite", "quantity": NaN}',
        '{"inventoryType": "finite", "quantity": "12"}',
        '{"inventoryType": 5}',
        "[]",
        '{"inventoryType": "finite", "quantity": 1' + "0" * 400 + "}",
        "[" * 100_000,
    )
    body = bench.chance.choice(bodies)
    for applied in (True, False):
        with bench.fresh() as here:
            settles(here, {"kind": Kind.BODY, "body": body, "applied": applied})
    with bench.fresh() as here:
        reads_again(here, {"kind": Kind.BODY, "body": body})


@row("A15", "stock below 0, in fractions, without a number, without end")
def odd_stock(bench: Bench) -> None:
    """The plan explains each, and apply corrects each."""
    before = {"NEG": -3, "HALF": 2.5, "NONE": None, "ENDLESS": "infinite", "FINE": 4}
    after = {sku: bench.chance.randint(5, 50) for sku in before}
    with Scene(bench, before, after).open() as scene:
        plan = scene.plan()
        for words in (
            f"quantity: -3 -> {after['NEG']}",
            f"quantity: 2.5 -> {after['HALF']}",
            f"quantity: no quantity -> {after['NONE']}",
            "inventory type: infinite -> finite",
        ):
            assert words in plan.out, plan
        assert scene.apply(0) == dict.fromkeys(after, "applied")
        assert "No changes." in scene.run("plan").out


def _many(bench: Bench) -> tuple[dict[str, int], dict[str, int]]:
    before = {f"S{n:03}": 20 for n in range(150)}
    return before, dict.fromkeys(before, bench.chance.randint(21, 40))


@row("A16", "pages that shift while they are read")
def shifting(bench: Bench) -> None:
    """It is noticed, read again, and planned in full. A listing that never settles is an error."""
    before, after = _many(bench)
    shift = Fault(Kind.SHIFT, path="/products", skip=1, size=bench.chance.choice([1, -1]))
    for count, code in ((1, (0, 65)), (None, (1,))):
        with bench.fresh() as here:
            fault = Fault(Kind.SHIFT, path=shift.path, skip=1, size=shift.size, count=count)
            with Scene(here, before, after, [fault]).open() as scene:
                run = scene.run("plan", "--out", "p.json")
                assert run.code in code, run
                if count:
                    planned = json.loads((here.folder / "p.json").read_text("utf-8"))
                    listed = len(scene.shop.stocks())
                    assert len(planned["actions"]) + len(
                        [f for f in planned["findings"] if f["kind"] == "missing"]
                    ) == len(after)
                    assert listed in {149, 151}


@row("A17", "a listing that ends early")
def ends_early(bench: Bench) -> None:
    """A partial listing is never planned."""
    before, after = _many(bench)
    with Scene(
        bench, before, after, [Fault(Kind.TOTAL, path="/products", size=300)]
    ).open() as scene:
        run = scene.run("plan")
        assert (run.code, "[unstable_listing]" in run.err) == (1, True), run
        assert all(entry.kind != "read" for entry in scene.shop.ledger())


@row("A18", "a listing that never ends")
def never_ends(bench: Bench) -> None:
    """The listing is capped: exit code 1."""
    before, after, _ = few(bench)
    size = bench.chance.randint(10**7, 10**9)
    with Scene(
        bench, before, after, [Fault(Kind.TOTAL, path="/products", size=size)]
    ).open() as scene:
        run = scene.run("plan")
        assert (run.code, "[unstable_listing]" in run.err) == (1, True), run


@row("A19", "two live SKUs share a code")
def shared_code(bench: Bench) -> None:
    """It is `ambiguous`, and the rest is written."""
    before, after, _ = few(bench)
    with Scene(bench, before, {**after}).open() as scene:
        copy_sku(scene.shop, next(iter(after)))
        plan = scene.plan(65)
        assert f"{next(iter(after))}  ambiguous" in plan.out
        outcomes = scene.apply(5)
        assert outcomes == dict.fromkeys(after, "applied") | {next(iter(after)): "not tried"}


@row("A20", "reads that lag two seconds behind a write whose answer was lost")
def lagging(bench: Bench) -> None:
    """A read at once and one much later show the write. There is no second one."""
    before, after, sku = few(bench)
    faults = [
        Fault(Kind.RESET, sku=sku, count=1, applied=True, **PATCH),
        Fault(Kind.STALE, sku=sku, seconds=2 * SCALE, **GET),
    ]
    with Scene(bench, before, after, faults).open() as scene:
        scene.plan()
        assert scene.apply(0) == dict.fromkeys(after, "applied")
        assert scene.verdict() == (0, 0, 0, 0)
        assert any(entry.kind == "stale" for entry in scene.shop.ledger())


@row("A21", "a sale between plan and apply")
def sold_since(bench: Bench) -> None:
    """It is left alone and reported, with planned and found stock: exit code 3."""
    before, after, sku = few(bench)
    units = bench.chance.randint(1, 5)
    with Scene(bench, before, after).open() as scene:
        scene.plan()
        scene.shop.sell(sku, units)
        expected = dict.fromkeys(after, "applied") | {sku: "moved"}
        if before[sku] - units == after[sku]:
            expected[sku] = "already"
        assert scene.apply(3) == expected
        planned = f"{sku}  planned {before[sku]} -> {after[sku]}, found {before[sku] - units}"
        assert planned in scene.said[-1].out
        assert scene.verdict() == (0, 0, 0, 0)


@row("A22", "a sale between the last read and the write")
def sold_in_the_gap(bench: Bench) -> None:
    """The API leaves this gap open. It is counted here, and documented."""
    before, after, sku = few(bench)
    with Scene(
        bench, before, after, [Fault(Kind.NONE, sku=sku, sold_before=1, **PATCH)]
    ).open() as scene:
        scene.plan()
        assert scene.apply(0) == dict.fromkeys(after, "applied")
        assert scene.verdict() == (0, 0, 0, 1)
