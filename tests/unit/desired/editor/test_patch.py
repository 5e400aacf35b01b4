"""An edit changes the values that are meant and no other character."""

import pytest

from reconciler.desired.editor.patch import Addition, add_to_text, edit_text
from reconciler.model import INFINITE, finite

TEN = finite(10)


def _head(entries: str) -> str:
    """Return the line above *entries*, which ends as they do."""
    return "skus:\r\n" if "\r\n" in entries else "skus:\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  A: 5\n  B: 5\n", "  A: 10\n  B: 5\n"),
        ("  B: 5\n  A: 5", "  B: 5\n  A: 10"),
        ("  A: 5\r\n  B: 5\r\n", "  A: 10\r\n  B: 5\r\n"),
        ("  A:   5   # tee\n  B: 500  # mug\n", "  A:   10  # tee\n  B: 500  # mug\n"),
        ("  A: 5  # 5 on the shelf\n", "  A: 10  # 5 on the shelf\n"),
        ("  A: 5 # near\n", "  A: 10 # near\n"),
        ("  'A': infinite   # x\n", "  'A': 10         # x\n"),
        ("  A: {quantity: 5, note: '5'}\n", "  A: {quantity: 10, note: '5'}\n"),
        ("  A:\n    note: 5 A\n    quantity: 5\n", "  A:\n    note: 5 A\n    quantity: 10\n"),
        ("  ü😀: 5\n  A: 5\n", "  ü😀: 5\n  A: 10\n"),
        ("  AA: 5\n  A: 5\n  A-5: 5\n", "  AA: 5\n  A: 10\n  A-5: 5\n"),
        ("  A:\n    5\n", "  A:\n    10\n"),
        ("\n# A: 5\n  A: 5\n\n\n", "\n# A: 5\n  A: 10\n\n\n"),
    ],
)
def test_edit_text_changes_one_quantity(before: str, after: str) -> None:
    """Comments, quotes, line ends, alignment and every other SKU stay."""
    head = "# my shop\nskus:\n"

    assert edit_text(head + before, {"A": TEN}) == head + after


def test_edit_text_changes_several_entries_each_to_its_own() -> None:
    """Numbers do not go to their neighbors, in whatever order they are wanted."""
    text = "skus:\n  A: 1\n  B: 22\n  C: infinite\n"
    wanted = {"C": finite(333), "A": INFINITE, "B": finite(0)}

    assert edit_text(text, wanted) == "skus:\n  A: infinite\n  B: 0\n  C: 333\n"


def test_edit_text_to_what_is_there_changes_nothing() -> None:
    """Git shows no change where there is none."""
    text = "skus:\n  A:   10  # x\n  B: {quantity: 10, rule: 'exact'}\n"

    assert edit_text(text, {"A": TEN, "B": TEN}) == text
    assert edit_text("skus:\n  A: 'infinite'\n", {"A": INFINITE}) == "skus:\n  A: 'infinite'\n"


NEW, LAST = Addition("N: 3", "new"), Addition("Z: 4", "last")


@pytest.mark.parametrize(
    ("before", "added", "after"),
    [
        ("  A: 5\n", [NEW, LAST], "  A: 5\n  N: 3  # new\n  Z: 4  # last\n"),
        ("  A: 5", [NEW], "  A: 5\n  N: 3  # new"),
        ("    A: 5\r\n", [NEW], "    A: 5\r\n    N: 3  # new\r\n"),
        (
            "  A: 5\n  # about B\n  B: 6\n",
            [NEW._replace(after="A"), LAST],
            "  A: 5\n  N: 3  # new\n  # about B\n  B: 6\n  Z: 4  # last\n",
        ),
        (
            "  A:\n    quantity: 5\n\n  B: 6\n",
            [NEW._replace(after="A")],
            "  A:\n    quantity: 5\n  N: 3  # new\n\n  B: 6\n",
        ),
        ("  A: 5         # tee\n", [NEW], "  A: 5         # tee\n  N: 3         # new\n"),
    ],
)
def test_add_to_text_puts_line_where_it_belongs(
    before: str, added: list[Addition], after: str
) -> None:
    """New entries are indented as their neighbors are, and nothing else moves."""
    head = _head(before)

    assert add_to_text(head + before, added) == head + after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("skus: {A: 5}\n", "skus: {A: 5, N: 3}\n"),
        ("skus: {\n  A: 5\n}\n", "skus: {\n  A: 5,\n  N: 3  # new\n}\n"),
        ("skus: {\n  A: 5,  # tee\n}\n", "skus: {\n  A: 5,  # tee\n  N: 3,  # new\n}\n"),
    ],
)
def test_add_to_text_in_braces_keeps_them_closed(before: str, after: str) -> None:
    """No comment may hide the closing brace."""
    assert add_to_text(before, [NEW]) == after
