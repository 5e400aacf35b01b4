"""`batch.json` and `doubt.json` survive a round trip, and malformed ones are rejected."""

import hashlib
import json
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from factories import declared, stock
from unit.records.made import ACTIONS

from reconciler.errors import HistoryError
from reconciler.model import Pending, Pin, Rule, SkuLedger, Terms, format_time
from reconciler.records.batches import (
    Batch,
    RecordedAction,
    dump_batch,
    dump_doubt,
    parse_batch,
    parse_doubt,
    parse_run,
    sum_up,
)

AT, UNTIL = "2026-11-20T10:00:00.000Z", "2026-11-20T10:01:00.000Z"
DEADLINE = datetime(2026, 11, 20, 10, 5, tzinfo=UTC)
LEVEL = declared("A", 5)._replace(terms=Terms(Rule.ON_CHANGE, Pin("id-A", ""), ""), line=0)
LEDGER = SkuLedger("id-B", ("B",))
WRITES = (
    Pending("A", "id-A", stock(3), stock(5), AT, UNTIL, LEVEL),
    Pending(
        "B", "id-B", stock(2.5), stock("infinite"), AT, UNTIL, None, -2, SkuLedger("id-B", ("B",))
    ),
)


@pytest.mark.parametrize(
    "batch",
    [
        Batch(None),
        Batch(DEADLINE, WRITES),
        Batch(None, (), ACTIONS),
        Batch(DEADLINE, WRITES, ACTIONS, "ada"),
    ],
)
def test_parse_batch_of_dumped_batch_is_equal(batch: Batch) -> None:
    """Levels with pins, ledgers, unusual stocks, and who unlocked it."""
    assert parse_batch("abc", dump_batch(batch).encode()) == batch


def test_dump_batch_names_writes_by_index() -> None:
    """Also if a SKU is announced twice. Results of an earlier run keep their ids."""
    first, second = (Batch(DEADLINE, (write,)) for write in WRITES)
    results = tuple(RecordedAction(one, "applied", AT) for one in ("id-B", "id-X", "id-A"))
    run = (first, second, first, Batch(None, (), results))
    announced: list[str] = []
    texts: list[str] = []
    for batch in run:
        texts.append(dump_batch(batch, announced))
        announced += (write.sku_id for write in batch.writes)
    assert "id-B" not in texts[-1]
    assert "id-X" in texts[-1]
    assert parse_run((f"{n}", text.encode()) for n, text in enumerate(texts)) == run
    # A shallow clone lacks the first commits: the results of their writes are left out.
    known = [parse_run([("x", text.encode()) for text in texts[start:]])[-1] for start in (1, 2, 3)]
    assert [[one.sku_id for one in batch.results] for batch in known] == [
        ["id-B", "id-X", "id-A"],
        ["id-X", "id-A"],
        ["id-X"],
    ]


def test_dump_batch_of_one_minute_is_small() -> None:
    """It has the SKUs of one minute, and the results of as many before."""
    ids = [hashlib.sha256(bytes([n])).hexdigest()[:24] for n in range(66)]
    writes = tuple(
        Pending(f"SKU-{n * 431:05}", sku_id, stock(n), stock(n * 7 % 60), AT, UNTIL, level)
        for n, sku_id in enumerate(ids[33:])
        for level in [declared(f"SKU-{n * 431:05}", n * 7 % 60)]
    )
    results = tuple(
        RecordedAction(sku_id, "applied", f"2026-11-20T10:01:{n:02}.{n * 37 % 1000:03}Z")
        for n, sku_id in enumerate(ids[:33])
    )
    text = dump_batch(Batch(DEADLINE, writes, results), ids[:33])
    assert len(zlib.compress(text.encode())) < 1400


def test_parse_doubt_of_dumped_doubt_is_equal() -> None:
    """In the order of ids."""
    assert parse_doubt("abc", dump_doubt(reversed(WRITES)).encode()) == WRITES


def _write(**fields: Any) -> dict[str, Any]:
    return {"sku": "A", "sku_id": "id-A", "before": 3, "after": 5, **fields}


def _result(**fields: Any) -> dict[str, Any]:
    return {"sku_id": "id-A", "result": "applied", **fields}


@pytest.mark.parametrize(
    "content",
    [
        *("", "[]", "[", "null", '{"x": 1}'),
        *({"deadline": "soon"}, {"deadline": "2026-11-20T10:00:00"}, {"writes": [5]}),
        *({"writes": [_write(before="endless")]}, {"writes": [_write(sku=5)]}),
        *({"writes": [_write(read_at="yesterday")]}, {"writes": [_write(surplus=1)]}),
        {"writes": [_write(read_at="2026-13-45T10:00:00.000Z")]},
        {"writes": [_write(level={"stock": 5, "rule": "mine"})]},
        {"writes": [_write(ledger={"sku_id": "id-A", "keys": ["A"], "counted": 5})]},
        *({"results": [_result(result=5)]}, {"results": [_result(at="now")]}),
        *({"results": [{"result": "applied", "write": n}]} for n in (0, -1, 10**30)),
        *({"first": 1, "results": [{"result": "applied", "write": n}]} for n in (1, True, 0.5)),
        *({"results": [{"result": "applied"}]}, {"first": 1, "results": [_result(write=0)]}),
        *({"first": -1}, {"first": "x"}),
    ],
    ids=str,
)
def test_parse_batch_that_is_malformed_raises(content: str | dict[str, Any]) -> None:
    """The error names the record and the cure, without a traceback."""
    text = content if isinstance(content, str) else json.dumps(content)
    with pytest.raises(HistoryError, match=r"abc.*base set HEAD"):
        parse_batch("abc", text.encode())


def test_sum_up_returns_open_and_done_writes() -> None:
    """A write that is announced again is open again. The last deadline counts."""
    first, second = WRITES
    done = RecordedAction("id-A", "applied", AT)
    later = datetime(2026, 11, 20, 10, 9, tzinfo=UTC)
    batches = [Batch(DEADLINE, (first,)), Batch(later, (second,), (done,))]

    by = tuple(format_time(one) for one in (DEADLINE, later))
    first, again, second = (
        first._replace(sent_by=by[0]),
        first._replace(sent_by=by[1]),
        second._replace(sent_by=by[1]),
    )
    assert sum_up(batches).open == (second,)
    assert sum_up(batches).done == ((first, done),)
    assert sum_up(batches).deadline == later
    assert sum_up([*batches, Batch(later, (first,))]).open == (again, second)
    assert sum_up([]).open == ()
