"""Edits are surgical: what changes is what was meant, and the rest stays to the byte."""

import re
from typing import Any

import pytest
from factories import build
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.editor.patch import Addition, add_to_text, edit_text
from reconciler.model import INFINITE, Declared, Stock, finite

SPACES = st.sampled_from(["", " ", "  ", "    "])
COMMENTS = st.sampled_from(["", " # 5", "   # {A: 1}", "      # was: 40 'x", " #"])
GAPS = st.sampled_from(["", "# skus: {A: 1}\n", "\n", "  \n", "      # deep\n"])
NUMBERS = st.one_of(st.just("infinite"), st.integers(0, 120).map(str), st.just('"infinite"'))
STOCKS = st.one_of(st.just(INFINITE), st.integers(0, 999_999_999).map(finite))
NAMES = ["A", "TEE-BLK-M", '"NO"', "'0123'", "'it''s'", "Übergröße", '"\\u0041B"', "x y", "🎁"]


@st.composite
def entries(draw: st.DrawFn, name: str) -> str:
    """Return one entry, however somebody may write it, in lines that begin at the left edge."""
    number, comment = draw(NUMBERS), draw(COMMENTS)
    fields = draw(
        st.permutations(
            [
                f"quantity:{draw(st.sampled_from([' ', '   ']))}{number}",
                *draw(
                    st.lists(
                        st.sampled_from(["rule: on_change", "low: 3", 'note: "a, {b} # c"']),
                        unique=True,
                    )
                ),
            ]
        )
    )
    match draw(st.sampled_from(["short", "short", "below", "braces", "open", "block", "folded"])):
        case "short":
            return f"{name}: {draw(SPACES)}{number}{comment}\n"
        case "below":
            return f"{name}:{comment}\n    {number}{comment}\n"
        case "braces":
            return f"{name}: {{{', '.join(fields)}}}{comment}\n"
        case "open":
            inside = f",{comment}\n      ".join(fields)
            return f"{name}: {{\n      {inside}{comment}\n  }}{comment}\n"
        case "block":
            lines = "".join(f"    {f}{comment}\n{draw(GAPS)}" for f in fields)
            return f"{name}:{comment}\n{lines}"
        case _:
            note = "    note: |\n      several\n      # lines\n\n"
            kept = [f for f in fields if not f.startswith("note")]
            return f"{name}:\n" + "".join(f"    {f}\n" for f in kept) + note
    raise AssertionError


@st.composite
def files(draw: st.DrawFn) -> str:
    """Return a file that is accepted, however ugly."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    if draw(st.integers(0, 5)) == 0:
        inside = draw(st.sampled_from([", ", ",\n    ", ",   # c\n  "])).join(
            f"{name}: {draw(NUMBERS)}" for name in names
        )
        text = f"skus: {{{inside}}}{draw(COMMENTS)}\n"
    else:
        indent = draw(st.sampled_from(["  ", "   "]))
        text = f"skus:{draw(COMMENTS)}\n{draw(GAPS)}"
        for name in names:
            entry = draw(entries(name))
            text += "".join(f"{indent}{line}" for line in entry.splitlines(keepends=True))
            text += draw(GAPS)
    head = draw(st.sampled_from(["", "rule: on_change\n", "---\n", "low: 5  # few\n"]))
    text = head + text
    if draw(st.integers(0, 3)) == 0:
        text = text.rstrip("\n ")
    return text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n"])))


def _read(text: str) -> dict[str, tuple[Any, ...]]:
    return {sku: _meaning(entry) for sku, entry in build(text).declared.items()}


def _meaning(entry: Declared, stock: Stock | None = None) -> Any:
    rule, pin, _, low = entry.terms
    return stock or entry.stock, rule, pin, low


@given(files(), st.data())
def test_an_edit_changes_what_is_meant_and_nothing_else(text: str, data: st.DataObject) -> None:
    """Read again, it is what was wanted; the lines that differ are those of what differs."""
    declared = build(text).declared
    wanted = data.draw(st.dictionaries(st.sampled_from(sorted(declared)), STOCKS))
    edited = edit_text(text, wanted)

    assert _read(edited) == {
        sku: _meaning(entry, wanted.get(sku)) for sku, entry in declared.items()
    }
    before, after = text.splitlines(keepends=True), edited.splitlines(keepends=True)
    assert len(before) == len(after)
    differing = sum(a != b for a, b in zip(before, after, strict=True))
    changed = sum(wanted[sku] != declared[sku].stock for sku in wanted)
    assert differing <= changed  # in braces several stand on one line
    value = r'"?infinite"?|[0-9]+| {2,}'  # and the blanks that a comment is lined up with
    assert [re.sub(value, "", line) for line in before] == [
        re.sub(value, "", line) for line in after
    ]
    same = {sku: entry.stock for sku, entry in declared.items()}
    assert edit_text(text, same) == text


@given(files(), st.data())
def test_what_is_added_stands_where_it_was_put(text: str, data: st.DataObject) -> None:
    """Each after the SKU that was named; no line that was there is touched in a block."""
    declared = build(text).declared
    places = data.draw(
        st.lists(st.one_of(st.none(), st.sampled_from(sorted(declared))), max_size=3)
    )
    additions = [Addition(f"NEW-{n}: {n}", f"new {n}", at) for n, at in enumerate(places)]
    edited = add_to_text(text, additions)
    order = list(declared)
    for number, place in reversed(list(enumerate(places))):
        order.insert(order.index(place) + 1 if place else len(order), f"NEW-{number}")

    again = build(edited).declared
    assert {sku: again[sku].stock for sku in declared} == {s: e.stock for s, e in declared.items()}
    assert set(again) == set(order)
    for number, place in enumerate(places):
        names = list(again)
        before = names[: names.index(f"NEW-{number}")]
        assert (place or list(declared)[-1]) in before
    if "{" not in text.splitlines()[0] and "skus: {" not in text:
        kept = iter(edited.splitlines())
        assert all(line in kept for line in text.splitlines())


A, SEVEN = finite(1000), finite(7)
UGLY = [
    # Comments stay lined up as long as there is room, and a crowded one stays crowded.
    ("skus:\n  A:    5    # five\n", A, "skus:\n  A:    1000  # five\n"),
    ("skus:\n  A: 12345  # many\n", SEVEN, "skus:\n  A: 7      # many\n"),
    ("skus:\n  A: 5 # one\n", A, "skus:\n  A: 1000 # one\n"),
    # Line ends, a missing one, and what only looks like the entry.
    ("skus:\r\n  A: 5\r\n  B: 6", A, "skus:\r\n  A: 1000\r\n  B: 6"),
    ("skus:\n  # A: 5\n  A: 5  # A: 5\n", A, "skus:\n  # A: 5\n  A: 1000  # A: 5\n"),
    ("skus:\n  A:\n    # counted\n    5\n", A, "skus:\n  A:\n    # counted\n    1000\n"),
    ("skus: {A: 5, B: 5}\n", A, "skus: {A: 1000, B: 5}\n"),
    ("skus:\n  ? A\n  : 5\n", A, "skus:\n  ? A\n  : 1000\n"),
    ("skus:\n  A: infinite # x\n", A, "skus:\n  A: 1000 # x\n"),
    # The long form keeps its fields, wherever the quantity stands among them.
    (
        "skus:\n  A: {quantity: 5, note: x}\n",
        SEVEN,
        "skus:\n  A: {quantity: 7, note: x}\n",
    ),
    (
        "skus:\n  A:\n     quantity: 5 # q\n     note: x",
        SEVEN,
        "skus:\n  A:\n     quantity: 7 # q\n     note: x",
    ),
    (
        "skus:\n  A:\n    low: 5 # d\n    quantity: 5",
        SEVEN,
        "skus:\n  A:\n    low: 5 # d\n    quantity: 7",
    ),
    (
        "skus:\n  A:\n    note: |\n      5\n      6\n\n    quantity: 5",
        SEVEN,
        "skus:\n  A:\n    note: |\n      5\n      6\n\n    quantity: 7",
    ),
]


@pytest.mark.parametrize(("text", "wanted", "edited"), UGLY)
def test_ugly_files_keep_their_looks(text: str, wanted: Stock, edited: str) -> None:
    """To the byte, but for the value and the blanks behind it."""
    assert edit_text(text, {"A": wanted}) == edited


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("skus:\n  A: 5", "skus:\n  A: 5\n  B: 1  # b"),
        ("skus:\r\n   A: 5  # a\r\n\r\n", "skus:\r\n   A: 5  # a\r\n   B: 1  # b\r\n\r\n"),
        ("skus: {A: 5} # all\n", "skus: {A: 5, B: 1} # all\n"),
        ("skus: {A: 5, C: 3}\n", "skus: {A: 5, B: 1, C: 3}\n"),
        (
            "skus: {\n    A: 5, # a\n    C: 3 # c\n  }\n",
            "skus: {\n    A: 5, # a\n    B: 1,  # b\n    C: 3 # c\n  }\n",
        ),
        ("skus: {\n  A: 5 # a\n}\n", "skus: {\n  A: 5, # a\n  B: 1  # b\n}\n"),
        ("skus:\n  A: 50      # a\n", "skus:\n  A: 50      # a\n  B: 1       # b\n"),
        (
            "skus:\n  A:\n    note: >\n      x\n  C: 3\n",
            "skus:\n  A:\n    note: >\n      x\n  B: 1  # b\n  C: 3\n",
        ),
    ],
)
def test_an_addition_looks_like_its_neighbours(text: str, after: str) -> None:
    """Indented like them, with their line ends."""
    assert add_to_text(text, [Addition("B: 1", "b", "A")]) == after


@pytest.mark.parametrize("comma", ["", ",", "  # last", ",  # last"])
def test_several_additions_in_braces_are_told_apart(comma: str) -> None:
    """One comma between each two, whether the last entry had one or not."""
    text = f"skus: {{\n  A: 5,\n  B: 6{comma}\n}}\n"
    edited = add_to_text(text, [Addition(f"{name}: 1", name.lower(), "B") for name in "CDE"])
    assert [*build(edited).declared] == list("ABCDE")
    assert edited.count("\n") == text.count("\n") + 3
