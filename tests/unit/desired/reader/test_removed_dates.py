"""A file with `as_of`, which is gone, is refused with the event to write instead."""

import pytest
from factories import build

from reconciler.desired.loader import build_past
from reconciler.desired.reader.removed_dates import MAX_LINES
from reconciler.errors import InputError, Problem
from reconciler.model import finite


def _explain(text: str) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        build(text)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("text", "place", "day", "lines"),
    [
        ("as_of: 2026-11-20\nskus:\n  A: 5\n  B: 0\n", (1, 1), "2026-11-20", ["A: 5", "B: 0"]),
        (
            "skus:\n  A: 5\n  B: {quantity: 6, as_of: 2026-11-21}\n",
            (3, 20),
            "2026-11-21",
            ["B: 6"],
        ),
        # A time is taken for its day.
        ("as_of: 2026-11-20T09:00:00+01:00\nskus:\n  B: 6\n", (1, 1), "2026-11-20", ["B: 6"]),
        # Nobody counts infinite.
        ("as_of: 2026-11-20\nskus:\n  A: infinite\n  B: 6\n", (1, 1), "2026-11-20", ["B: 6"]),
    ],
)
def test_explain_dates_gives_lines_of_the_latest_count(
    text: str, place: tuple[int, int], day: str, lines: list[str]
) -> None:
    """One problem for a file, at its first date, with an event file to paste."""
    (problem,) = _explain(text)

    assert (problem.line, problem.column) == place
    assert problem.paste[0] == f"# events/{day}-count.yaml"
    assert problem.paste[1].startswith(f"at: {day}T")
    assert list(problem.paste[4:]) == [f"  {line}" for line in lines]


def test_explain_dates_gives_a_file_for_each_day() -> None:
    """The latest first: none of them is lost."""
    (problem,) = _explain(
        "as_of: 2026-11-20\nskus:\n  A: 5\n  B: {quantity: 6, as_of: 2026-11-21}\n"
    )
    files = [line for line in problem.paste if line.startswith("#")]

    assert files == ["# events/2026-11-21-count.yaml", "# events/2026-11-20-count.yaml"]
    assert {"  A: 5", "  B: 6"} <= set(problem.paste)


def test_explain_dates_stays_short() -> None:
    """A file of a thousand SKUs does not fill the terminal."""
    skus = "".join(f"  S{number}: {number}\n" for number in range(MAX_LINES + 5))
    (problem,) = _explain(f"as_of: 2026-11-20\nskus:\n{skus}")

    assert len(problem.paste) == 4 + MAX_LINES + 1
    assert problem.paste[-1] == "  # and 5 more"


def test_explain_dates_beside_other_faults() -> None:
    """Each is said once."""
    found = _explain("as_of: 2026-11-20\nskus:\n  A: -1\n  B: {quantity: 5, nite: x}\n")

    assert sorted(problem.line for problem in found) == [1, 3, 4]


def test_past_may_have_dates() -> None:
    """What was committed by an earlier version is a base all the same."""
    text = b"as_of: 2026-11-20\nskus:\n  A: 5\n  B: {quantity: 6, as_of: 2026-11-21}\n"
    past = build_past("demo", "demo", [("demo/a.yaml", text)])

    assert {sku: one.stock for sku, one in past.declared.items()} == {
        "A": finite(5),
        "B": finite(6),
    }
    assert past.events == ()
