"""A line that is no key with a value is blamed itself, wherever it stands."""

import pytest
from factories import problems

ODD = {
    "MUG-1:21": "Put a space after the colon: `MUG-1: 21`.",
    "MUG 1:21": "Put a space after the colon: `MUG 1: 21`.",
    "MUG+1:21": "Put a space after the colon: `MUG+1: 21`.",
    "MUG:1:21": "Put a space after the colon: `MUG:1: 21`.",
    "'MUG 1':21": "Put a space after the colon: `'MUG 1': 21`.",
    "MUG-1:infinite": "Put a space after the colon: `MUG-1: infinite`.",
    "MUG-1:21  # two": "Put a space after the colon: `MUG-1: 21`.",
    "MUG-1 21": "There is no colon after `MUG-1`. Write `MUG-1: 21`.",
    "MUG 1 21": "There is no colon after `MUG 1`. Write `MUG 1: 21`.",
    "MUG-1; 21": "There is no colon after `MUG-1`. Write `MUG-1: 21`.",
    "MUG-1 = 21": "There is no colon after `MUG-1`. Write `MUG-1: 21`.",
    "MUG-1": "There is no colon after `MUG-1`. Write `MUG-1:`.",
    '"MUG:1"': 'There is no colon after `"MUG:1"`. Write `"MUG:1": 40`.',
    "- MUG-1:38": "A dash starts a list. Delete it: `MUG-1: 38`.",
    "-  MUG-1: 38": "A dash starts a list. Delete it: `MUG-1: 38`.",
    "MUG-1\uff1a21": "Put a space after the colon: `MUG-1: 21`.",
    ": 21": "There is nothing before the colon. Write the SKU's code there.",
    "- MUG-1: 38": "A dash starts a list. Delete it: `MUG-1: 38`.",
}
NEXT = ("TEE: 5", "TEE:\n    quantity: 5", "TEE: {quantity: 5}", "'TEE 1': 5", "TEE: infinite  # x")


@pytest.mark.parametrize("following", NEXT, ids=range(len(NEXT)))
@pytest.mark.parametrize("line", ODD)
def test_odd_first_entry_is_blamed_itself(line: str, following: str) -> None:
    """The parser gives up at the next line, which is right."""
    assert problems(f"skus:\n  {line}\n  {following}\n  Z: 1\n") == [
        f"demo/a.yaml:2:3: error: {ODD[line]}"
    ]


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

    assert problems(text) == [
        f"demo/a.yaml:4:5: error: There is no colon after `{name}`. Write `{name}: {value}`."
    ]
