"""A line that is no key with a value is blamed itself, wherever it stands."""

import re

import pytest
from factories import problems
from syrupy.assertion import SnapshotAssertion

# Malformed lines, and the line that the advice names.
ODD = {
    "MUG-1:21": "MUG-1: 21",
    "MUG 1:21": "MUG 1: 21",
    "MUG+1:21": "MUG+1: 21",
    "MUG:1:21": "MUG:1: 21",
    "'MUG 1':21": "'MUG 1': 21",
    "MUG-1:infinite": "MUG-1: infinite",
    "MUG-1:21  # two": "MUG-1: 21",
    "MUG-1 21": "MUG-1: 21",
    "MUG 1 21": "MUG 1: 21",
    "MUG-1; 21": "MUG-1: 21",
    "MUG-1 = 21": "MUG-1: 21",
    "MUG-1": "MUG-1:",
    '"MUG:1"': '"MUG:1": 40',
    "- MUG-1:38": "MUG-1: 38",
    "-  MUG-1: 38": "MUG-1: 38",
    "MUG-1\uff1a21": "MUG-1: 21",
    ": 21": "",
    "- MUG-1: 38": "MUG-1: 38",
}
NEXT = ("TEE: 5", "TEE:\n    quantity: 5", "TEE: {quantity: 5}", "'TEE 1': 5", "TEE: infinite  # x")


def _advised(problem: str) -> str:
    """Return what the problem says to write, without its backticks."""
    quoted = re.findall("`([^`]*)`", problem)
    return quoted[-1] if quoted else ""


@pytest.mark.parametrize("following", NEXT, ids=range(len(NEXT)))
@pytest.mark.parametrize("line", ODD)
def test_odd_first_entry_is_blamed_itself(line: str, following: str) -> None:
    """The parser gives up at the next line, which is right."""
    (problem,) = problems(f"skus:\n  {line}\n  {following}\n  Z: 1\n")

    assert problem.startswith("demo/a.yaml:2:3: error: ")
    assert _advised(problem) == ODD[line]


@pytest.mark.parametrize("following", NEXT, ids=range(len(NEXT)))
@pytest.mark.parametrize("line", ODD)
def test_odd_later_entry_is_blamed_itself(line: str, following: str) -> None:
    """Between others, and at the end, the place is right too."""
    for text in (
        f"skus:\n  A: 1\n  {line}\n  {following}\n",
        f"skus:\n  {following}\n  {line}\n",
    ):
        number = text[: text.index(line)].count("\n") + 1
        found = problems(text)
        assert found and all(one.startswith(f"demo/a.yaml:{number}:") for one in found), found


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("skus:\n  A: {quantity: 5\n  B: 3\n", 2),
        ("skus:\n  A:\n    note: 'one\n  B: 3\n", 3),
        ("skus:\n  A: 1\n   B: 3\n", 3),
    ],
)
def test_brackets_quotes_and_indents_are_blamed_where_they_begin(text: str, line: int) -> None:
    """What opens and never closes is named, not the lines that it swallows."""
    assert problems(text)[0].startswith(f"demo/a.yaml:{line}:")


@pytest.mark.parametrize("field", ["rule exact", "note two words", "quantity 5"])
def test_field_without_a_colon_keeps_its_value(field: str) -> None:
    """The advice is the line as it is meant."""
    name, _, value = field.partition(" ")
    text = f"skus:\n  A:\n    quantity: 5\n    {field}\n    id: x\n"

    (problem,) = problems(text)

    assert problem.startswith("demo/a.yaml:4:5: error: ")
    assert _advised(problem) == f"{name}: {value}"


def test_malformed_line_wording(wording: SnapshotAssertion) -> None:
    """Each with the line that causes it."""
    found = [(line, problems(f"skus:\n  {line}\n  Z: 1\n")[0]) for line in ODD]
    assert "".join(f"{line}\n    {problem}\n" for line, problem in found) == wording
