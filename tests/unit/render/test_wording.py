"""Describe actions and drift: fields, reasons, and what a write would undo."""

from typing import Any

import pytest
from factories import action, declared, stock
from msgspec.structs import replace

from reconciler.model import (
    Action,
    Drift,
    DriftKind,
    DriftRow,
    Finding,
    FindingKind,
    Reference,
    Requests,
    Rule,
    Statement,
    Summary,
)
from reconciler.render import wording

INF = "infinite"


def _action(
    before: Any, after: Any, reference: Reference | None = None, put_back: int = 0
) -> Action:
    return replace(action("SKU-1", before, after), reference=reference, put_back=put_back)


def _known(
    statement: Statement, level: Any = 50, *, settled: Any = 50, is_observed: bool = False
) -> Reference:
    """Return a reference of Nov 27. '' means no level."""
    known, before = (None if value == "" else stock(value) for value in (level, settled))
    return Reference(statement, known, known, "2026-11-27T09:00:00Z", is_observed, before)


def _row(kind: DriftKind, said: Any = 5, live: Any = 3) -> DriftRow:
    source = declared("A").source
    return DriftRow("A", "Product A", Rule.AT_LEAST, stock(said), stock(live), kind, source)


@pytest.mark.parametrize(("put_back", "numbers"), [(7, "7"), (-4, "4"), (0, "")])
def test_undone_has_units_and_direction(put_back: int, numbers: str) -> None:
    """Units that go back and units that are removed have different texts."""
    text = wording.undone(_action(43, 70, put_back=put_back))

    assert bool(text) is bool(numbers)
    assert numbers in text and "-" not in text
    assert ("back" in text, "removed" in text) == (put_back > 0, put_back < 0)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        (None, []),
        (_known(Statement.NEW, "", settled=""), ["newly"]),
        (_known(Statement.SETTLED), ["declared 50"]),
        (_known(Statement.COPY, 43, is_observed=True), ["declared 43 as seen on Nov 27"]),
        (_known(Statement.TYPED), ["declared 50 -> 70"]),
        (_known(Statement.TYPED, 43, is_observed=True), ["declared 50 -> 70", "seen 43 on Nov 27"]),
        (
            _known(Statement.TYPED, 43, settled="", is_observed=True),
            ["seen 43 on Nov 27", "declared 70"],
        ),
        (_known(Statement.TYPED, INF, settled=INF), ["declared infinite -> 70"]),
    ],
)
def test_why_has_the_reference(reference: Reference | None, words: list[str]) -> None:
    """It has the earlier level, and the observation with its day, if there are any."""
    text = wording.why(_action(43, 70, reference))

    assert bool(text) is bool(words)
    assert all(word in text for word in words)
    assert ("seen" in text) is any("seen" in word for word in words)


def test_why_ends_with_undone_units() -> None:
    """The reason comes first."""
    made = _action(43, 70, _known(Statement.TYPED), put_back=7)

    assert wording.why(made).endswith(wording.undone(made))
    assert wording.why(_action(43, 70, put_back=7)) == wording.undone(made)


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        (43, 70, [("43", "70", "+27")]),
        (70, 43, [("70", "43", "-27")]),
        (-2, 0, [("-2", "0", "+2")]),
        (None, 5, [(wording.NO_QUANTITY, "5", "")]),
        (2.5, 5, [("2.5", "5", "")]),
        (INF, 5, [(INF, "finite", ""), (wording.NOT_COUNTED, "5", "")]),
        (5, INF, [("finite", INF, "")]),
        (None, INF, [("finite", INF, "")]),
    ],
)
def test_action_row_shows_fields_and_units(
    before: Any, after: Any, fields: list[tuple[str, str, str]]
) -> None:
    """Units have a sign. There are none unless both sides are counted."""
    made = action("SKU-1", before, after)
    row = wording.action_row(made)

    assert [field[1:] for field in row.fields] == fields
    assert (row.sku, row.name, row.place) == ("SKU-1", "Product SKU-1", str(made.source))
    assert all(text in row.short for field in fields for text in field)


@pytest.mark.parametrize(
    ("put_back", "before", "after", "numbers"),
    [
        (0, 3, 5, []),
        (0, 5, 3, []),
        (0, 3, 0, ["SKU-1", "3"]),
        (0, INF, 5, ["SKU-1", INF, "5"]),
        (0, 5, INF, ["SKU-1", INF, "5"]),
        (7, 43, 70, ["SKU-1", "7"]),
        (-4, 54, 45, ["SKU-1", "4"]),
        (-4, 54, 0, ["SKU-1", "54", "zero"]),
    ],
)
def test_dangers_names_dangerous_actions(
    put_back: int, before: Any, after: Any, numbers: list[str]
) -> None:
    """Selling out, changing the type, and undoing sales are dangerous."""
    text = wording.dangers(_action(before, after, put_back=put_back))

    assert bool(text) is bool(numbers)
    assert all(number in text for number in numbers)


def test_summary_sentence_has_every_count() -> None:
    """Users may grep for this line. Each number has its place."""
    summary = Summary(0, 0, 11, 12, 13, 14, 15, 16, 17, 18)
    text = wording.summary_sentence(summary)

    assert [int(word) for word in text.replace("(", "").split() if word.isdigit()] == [
        *(11, 16, 17, 18, 12, 13)
    ]
    assert all(number in wording.drift_sentence(summary) for number in ("14", "15"))


@pytest.mark.parametrize(
    ("seconds", "limit", "numbers"), [(0, 60, ["60"]), (180, 60, ["3", "60"]), (0, None, [])]
)
def test_requests_sentence_has_requests_and_time(
    seconds: int, limit: int | None, numbers: list[str]
) -> None:
    """The time is given only with a rate limit."""
    text = wording.requests_sentence(Requests(7, 8, seconds, limit))

    assert all(number in text for number in ["7", "8", *numbers])
    assert ("minute" in text) is (limit is not None)


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 units"), (1, "1 unit"), (2, "2 units"), (-1, "-1 units")]
)
def test_count_has_a_singular_and_a_plural(number: int, text: str) -> None:
    """Only 1 is singular."""
    assert wording.count(number, "unit") == text


@pytest.mark.parametrize(("number", "shown", "more"), [(3, 3, ""), (10, 10, ""), (12, 10, "2")])
def test_first_of_has_the_number_of_others(number: int, shown: int, more: str) -> None:
    """A long list is cut."""
    text = wording.first_of([f"SKU-{n:02}" for n in range(number)])

    assert (text.count("SKU-"), "more" in text) == (shown, bool(more))
    assert more in text


@pytest.mark.parametrize(
    ("said", "live", "text"), [(5, 3, "-2"), (3, 5, "+2"), (5, None, ""), (INF, 5, "")]
)
def test_drift_difference_has_a_sign(said: Any, live: Any, text: str) -> None:
    """It is given only if both sides are counted."""
    assert wording.drift_difference(_row(DriftKind.BROKEN, said, live)) == text


def test_drift_words_are_different_for_each_kind() -> None:
    """A broken rule is named."""
    assert Rule.AT_LEAST in wording.drift_words(_row(DriftKind.BROKEN))
    assert len({wording.drift_words(_row(kind)) for kind in DriftKind}) == len(DriftKind)


def test_drift_totals_count_rows_findings_and_sales() -> None:
    """Sales are counted separately."""
    rows = (_row(DriftKind.BROKEN), _row(DriftKind.SOLD, 9, 5), _row(DriftKind.SOLD, 9, 4))
    missing = Finding(FindingKind.MISSING, "M", "", None)
    text = wording.drift_totals(Drift("demo", "site", rows, (missing,), 4))

    assert all(part in text for part in ("2 SKUs", "9 units", "of 2 SKUs"))
    assert not any(c.isdigit() for c in wording.drift_totals(Drift("demo", "site", (), (), 4)))
