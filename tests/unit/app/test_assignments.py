"""`SKU=70` and `SKU=+5` become the number that is meant, or an error."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from factories import declared, stock

from reconciler.app.assignments import (
    Assignment,
    parse_assignments,
    resolve_adjustments,
    resolve_counts,
    resolve_level,
)
from reconciler.desired.known_skus import KnownSkus
from reconciler.errors import UsageError
from reconciler.model import MAX_QUANTITY, Rule

KNOWN = KnownSkus({"A", "B", "A=B", "TEE-M"}, {})
MORE = Assignment("A", None, 1)


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
    assert parse_assignments([text], KNOWN) == [assignment]


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
        parse_assignments(["B=1", text], KNOWN)


@pytest.mark.parametrize("second", ["A=5", "A=6", "A=+1"])
def test_parse_assignments_refuses_sku_given_twice(second: str) -> None:
    """Of two numbers neither is known to be meant."""
    with pytest.raises(UsageError, match="A"):
        parse_assignments(["A=5", "B=1", second], KNOWN)


def test_parse_assignments_takes_new_sku_where_it_may_be_new() -> None:
    """A SKU that no file names yet is taken, unless no file could name it."""
    assert parse_assignments(["NEW=5"], KNOWN, may_be_new=True) == [Assignment("NEW", stock(5))]
    for odd in ("=5", " A=5", "a\nb=5"):
        with pytest.raises(UsageError):
            parse_assignments([odd], KNOWN, may_be_new=True)


@pytest.mark.parametrize(("more", "after"), [(5, 55), (-50, 0), (0, 50)])
def test_resolve_level_adds_to_what_is_declared(more: int, after: int) -> None:
    """Under exact what is declared is what is there."""
    assert resolve_level(declared("A", 50), Assignment("A", None, more)) == stock(after)


@pytest.mark.parametrize("rule", list(Rule))
def test_resolve_level_of_whole_number_is_that_number(rule: Rule) -> None:
    """Whatever the rule says."""
    assert resolve_level(declared("A", 50, rule=rule), Assignment("A", stock(7))) == stock(7)


@pytest.mark.parametrize(("start", "more"), [(3, -4), (MAX_QUANTITY, 1), ("infinite", 1)])
def test_resolve_level_refuses_sum_that_is_no_quantity(start: Any, more: int) -> None:
    """Never below 0, and nothing is added to what is not counted."""
    with pytest.raises(UsageError, match="A"):
        resolve_level(declared("A", start), Assignment("A", None, more))


@pytest.mark.parametrize("rule", [rule for rule in Rule if rule is not Rule.EXACT])
def test_resolve_level_adds_under_exact_alone(rule: Rule) -> None:
    """Under any other rule the declared number is not what is there."""
    with pytest.raises(UsageError, match="A"):
        resolve_level(declared("A", 5, rule=rule), MORE)


def test_resolve_level_under_on_change_points_to_adjust() -> None:
    """What came in is an event there, and its command is named to the letter."""
    with pytest.raises(UsageError, match=r"reconciler adjust 'A B'=\+1\b"):
        resolve_level(declared("A B", 5, rule=Rule.ON_CHANGE), Assignment("A B", None, 1))


def test_resolve_counts_takes_whole_numbers() -> None:
    """Also 0: a SKU of which nothing was found was counted."""
    counts = resolve_counts([Assignment("A", stock(7)), Assignment("B", stock(0))])

    assert counts == {"A": 7, "B": 0}


def test_resolve_adjustments_takes_signed_numbers() -> None:
    """What came in is above 0, what went out below."""
    units = resolve_adjustments([Assignment("A", None, 20), Assignment("B", None, -3)])

    assert units == {"A": 20, "B": -3}


@pytest.mark.parametrize(
    ("resolve", "assignment"),
    [
        (resolve_counts, Assignment("A", None, 5)),
        (resolve_counts, Assignment("A", None, -5)),
        (resolve_counts, Assignment("A", stock("infinite"))),
        (resolve_adjustments, Assignment("A", stock(5))),
        (resolve_adjustments, Assignment("A", stock("infinite"))),
        (resolve_adjustments, Assignment("A", None, 0)),
    ],
)
def test_resolve_refuses_number_of_another_kind(
    resolve: Callable[[Sequence[Assignment]], Mapping[str, int]], assignment: Assignment
) -> None:
    """A sign tells a delivery from a count, and infinite is neither."""
    with pytest.raises(UsageError, match="A"):
        resolve([assignment])


@pytest.mark.parametrize(
    ("resolve", "assignment", "command"),
    [
        (resolve_counts, Assignment("A", None, 5), r"reconciler adjust A=\+5"),
        (resolve_adjustments, Assignment("A", stock(5)), "reconciler count A=5"),
    ],
)
def test_resolve_names_the_command_that_is_meant(
    resolve: Callable[[Sequence[Assignment]], object], assignment: Assignment, command: str
) -> None:
    """Whoever took the wrong one can copy the right one."""
    with pytest.raises(UsageError, match=command):
        resolve([assignment])
