"""`ledger.json` survives a round trip, and malformed ones are rejected."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from reconciler.errors import HistoryError
from reconciler.model import Correction, SettledEvent, SkuLedger
from reconciler.records.ledgers import dump_ledgers, parse_ledgers

AT, LATER = "2026-11-20T10:00:00.000Z", "2026-11-21T10:00:00.000Z"
FULL = SkuLedger(
    sku_id="id-A",
    keys=("A", "007", "Größe 😀"),
    counted_at=AT,
    counted=0,
    put_in=-3,
    events=(
        SettledEvent("events/a.yaml", AT, True, 0, AT, True, "stocktake"),
        SettledEvent("events/b.yaml", LATER, False, -3, LATER),
    ),
    corrections=(Correction(AT, -40), Correction(LATER, -3)),
    short=2,
    set_id="id-B",
)
BARE = SkuLedger("", ("B",))


def _row(**fields: Any) -> bytes:
    """Return a file with one SKU that says *fields* besides."""
    row = {"sku_id": "id-A", "keys": ["A"], "counted": None} | fields
    return json.dumps([row]).encode()


def _round(ledgers: Iterable[SkuLedger]) -> tuple[SkuLedger, ...]:
    return parse_ledgers("abc", [text.encode() for text in dump_ledgers(ledgers).values()])


@pytest.mark.parametrize("ledgers", [(), (BARE,), (FULL,), (BARE, FULL)])
def test_parse_ledgers_of_dumped_ledgers_is_equal(ledgers: tuple[SkuLedger, ...]) -> None:
    """A count of 0 is a count. A ledger without an id has its keys."""
    assert _round(ledgers) == ledgers


def test_dump_ledgers_leaves_out_the_time_of_the_level() -> None:
    """It is already in `shop.json`."""
    ledger = SkuLedger("id-A", ("A",), level_at=AT)

    assert _round([ledger]) == (SkuLedger("id-A", ("A",)),)


def test_dump_ledgers_of_a_large_shop_makes_many_files() -> None:
    """Each is small, and all are read again."""
    ledgers = [SkuLedger(f"id-{n}", (f"{n}",), put_in=n) for n in range(2000)]
    files = dump_ledgers(ledgers)

    assert max(map(len, files.values())) < 4000
    assert sorted(_round(ledgers), key=lambda one: one.put_in) == ledgers


def test_dump_ledgers_sorts_lines_by_id() -> None:
    """So a small apply adds little to the repository."""
    others = [SkuLedger(f"id-{n}", (f"{n}",), put_in=n) for n in (3, 1, 2)]
    text = dump_ledgers(others)["ledger.json"]
    changed = dump_ledgers([others[0], SkuLedger("id-1", ("1",), put_in=9), others[2]])[
        "ledger.json"
    ]
    lines = list(zip(text.splitlines(), changed.splitlines(), strict=True))

    assert text == dump_ledgers(reversed(others))["ledger.json"]
    assert sum(before != after for before, after in lines) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"null",
        b"[1]",
        b"\xff",
        b"[" * 100_000,
        _row(sku_id=None),
        _row(keys="A"),
        _row(keys=[1]),
        _row(counted=-1),
        _row(counted=1.5),
        _row(counted=1_000_000_000),
        _row(counted_at="yesterday"),
        _row(counted_at="2026-11-20T10:00:00Z"),
        _row(put_in="+3"),
        _row(put_in=2**60),
        _row(doubt_at=f"{AT}\n"),
        _row(events=[["a.yaml", AT, False]]),
        _row(events=[["a.yaml", AT, "no", 3, AT, False, ""]]),
        _row(corrections=[[AT, None]]),
        _row(surplus=1),
    ],
)
def test_parse_ledgers_that_is_malformed_raises(content: bytes) -> None:
    """The error names the record and the cure, without a traceback."""
    with pytest.raises(HistoryError, match=r"abc.*base set HEAD"):
        parse_ledgers("abc", [content])
