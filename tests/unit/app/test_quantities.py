"""`SKU=70` and `SKU=+5` become the quantity that is meant, or an error."""

from datetime import date
from typing import Any

import pytest
from factories import declared, stock

from reconciler.app import calendar, quantities
from reconciler.app.calendar import tomorrow
from reconciler.app.quantities import (
    Assignment,
    day_of_count,
    parse_assignments,
    resolve_assignment,
)
from reconciler.desired.editor.patch import Wanted
from reconciler.desired.reader.scalars import MAX_QUANTITY
from reconciler.errors import UsageError
from reconciler.model import Rule, Seen

TODAY = "2026-11-26"
DECLARED = {sku: declared(sku, 50) for sku in ("A", "B", "A=B", "TEE-M")}


def _seen(**values: Any) -> dict[str, Seen]:
    return {sku: Seen(stock(value), f"id-{sku}") for sku, value in values.items()}


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (quantities, calendar):
        monkeypatch.setattr(module, "today", lambda: date.fromisoformat(TODAY))


@pytest.mark.parametrize(
    ("text", "assignment"),
    [
        ("A=70", Assignment("A", stock(70))),
        ("A=0", Assignment("A", stock(0))),
        ("A=999999999", Assignment("A", stock(MAX_QUANTITY))),
        ("A=infinite", Assignment("A", stock("infinite"))),
        ("A=+20", Assignment("A", None, 20)),
        ("A=-3", Assignment("A", None, -3)),
        ("A=B=7", Assignment("A=B", stock(7))),
    ],
)
def test_parse_assignments_reads_what_is_meant(text: str, assignment: Assignment) -> None:
    """A sign means more or fewer; the last `=` counts, since a code may have one."""
    assert parse_assignments([text], DECLARED) == [assignment]


@pytest.mark.parametrize(
    "text",
    [
        *("A", "A=", "=5", "C=5", "tee-m=5", "A=5.0", "A=05", "A=1e3", "A=1_000", "A= 5", "A=5 "),
        *("A=++5", "A=+-5", "A=+5.5", "A=--5", "A=1000000000", "A=+1000000000", "A=\u0665"),
        *("A=Infinite", "A=+infinite", "A=-infinite"),
    ],
)
def test_parse_assignments_refuses_what_is_not_clear(text: str) -> None:
    """No number is guessed, and no SKU."""
    with pytest.raises(UsageError):
        parse_assignments(["B=1", text], DECLARED)


@pytest.mark.parametrize("second", ["A=5", "A=6", "A=+1"])
def test_parse_assignments_refuses_sku_given_twice(second: str) -> None:
    """Of two numbers neither is known to be meant."""
    with pytest.raises(UsageError, match="A"):
        parse_assignments(["A=5", "B=1", second], DECLARED)


@pytest.mark.parametrize(
    ("more", "live", "after"),
    [(5, None, 55), (-50, None, 0), (5, 43, 48), (-43, 43, 0), (0, 43, 43)],
)
def test_resolve_counts_from_declared_or_from_live(more: int, live: int | None, after: int) -> None:
    """With the shop's numbers it counts from those, else from what is declared."""
    stocks = None if live is None else _seen(A=live, B=1)
    wanted = resolve_assignment(declared("A", 50), Assignment("A", None, more), stocks, None)

    assert wanted == Wanted(stock(after))


@pytest.mark.parametrize("rule", list(Rule))
def test_resolve_of_whole_number_is_that_number(rule: Rule) -> None:
    """Whatever the rule and the shop say."""
    assignment = Assignment("A", stock(7))
    wanted = resolve_assignment(declared("A", 50, rule=rule), assignment, {}, TODAY)

    assert wanted == Wanted(stock(7), TODAY)


@pytest.mark.parametrize(
    ("start", "more"),
    [(3, -4), (MAX_QUANTITY, 1), ("infinite", 1), (None, 1), (1.5, 1)],
)
@pytest.mark.parametrize("is_live", [True, False])
def test_resolve_refuses_sum_that_is_no_quantity(start: Any, more: int, is_live: bool) -> None:
    """Never below 0, and nothing is added to what is not counted."""
    entry = declared("A", 5 if is_live else start)
    with pytest.raises(UsageError, match="A"):
        resolve_assignment(
            entry, Assignment("A", None, more), _seen(A=start) if is_live else None, None
        )


def test_resolve_refuses_live_stock_that_is_not_known() -> None:
    """A SKU that the shop does not have does not count from what is declared instead."""
    with pytest.raises(UsageError, match="A"):
        resolve_assignment(declared("A", 5), Assignment("A", None, 1), _seen(B=5), None)


@pytest.mark.parametrize(
    ("rule", "is_live", "is_taken"),
    [
        (Rule.EXACT, False, True),
        (Rule.EXACT, True, True),
        (Rule.ON_CHANGE, False, False),
        (Rule.ON_CHANGE, True, True),
        (Rule.AT_LEAST, False, True),
        (Rule.AT_LEAST, True, False),
        (Rule.AT_MOST, False, True),
        (Rule.AT_MOST, True, False),
        (Rule.OBSERVE, True, False),
    ],
)
def test_resolve_adds_only_where_rule_gives_a_number(
    rule: Rule, is_live: bool, is_taken: bool
) -> None:
    """Under on_change the declared number is old; a bound is no count of what the shop has."""
    entry, more = declared("A", 5, rule=rule), Assignment("A", None, 1)
    stocks = _seen(A=5) if is_live else None
    if is_taken:
        assert resolve_assignment(entry, more, stocks, None).stock == stock(6)
    else:
        with pytest.raises(UsageError):
            resolve_assignment(entry, more, stocks, None)


def test_resolve_from_live_under_on_change_is_dated() -> None:
    """What was counted from the shop is meant, even if the number was declared before."""
    entry, more = declared("A", 6, rule=Rule.ON_CHANGE), Assignment("A", None, 1)

    assert resolve_assignment(entry, more, _seen(A=5), None) == Wanted(stock(6), TODAY)
    assert resolve_assignment(entry, more, _seen(A=5), "2026-11-27").as_of == "2026-11-27"


@pytest.mark.parametrize(
    ("last", "day"),
    [
        (None, TODAY),
        ("2026-11-01", TODAY),
        (TODAY, TODAY),
        ("2026-11-27", "2026-11-27"),
        ("2026-11-28", TODAY),
        ("2062-11-26", TODAY),
    ],
)
def test_day_of_count_is_not_before_the_last_one(last: str | None, day: str) -> None:
    """It may be tomorrow already where the last count was done; later than that is a slip."""
    assert day_of_count(declared("A", rule=Rule.ON_CHANGE, as_of=last)) == day
    assert tomorrow() == date(2026, 11, 27)
