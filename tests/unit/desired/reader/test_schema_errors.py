"""Each reason against a schema is placed where it stands, once."""

import pytest

from reconciler.contract import load_schema
from reconciler.desired.reader.schema_errors import explain, suggest, validator
from reconciler.desired.reader.text import read_document
from reconciler.errors import Problem

ID = "5e8518516e147040726cc415"


def _explain(text: str, kind: str = "inventory") -> list[Problem]:
    """Return each reason once, as InputError does."""
    return sorted(set(explain(read_document("a.yaml", text.encode()), load_schema(kind), kind)))


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("skus:\n  A: -1\n", (2, 6), "less than 0"),
        ("skus:\n  A: 5\n  B:  1_000\n", (3, 7), "Write 1000"),
        ("skus:\n  A: '12'\n", (2, 6), "quotes"),
        ("skus:\n  A: [1]\n", (2, 6), "list"),
        ("skus:\n  A: {quantity: x}\n", (2, 17), "`x`"),
        ("skus:\n  A: {note: x}\n", (2, 3), "quantity: 12"),
        ("skus:\n  A: {quantity: 5, rule: exakt}\n", (2, 26), "mean exact?"),
        ("skus:\n  A: {quantity: 5, quantitty: 6}\n", (2, 20), "mean quantity?"),
        ("skus:\n  A: {quantity: 5, sku: B}\n", (2, 3), "`id`"),
        (f"skus:\n  A: {{quantity: 5, id: {ID[:-1]}}}\n", (2, 24), "24 digits"),
        ("rule: exact\n", (1, 1), "`skus:`"),
        ("A: 5\nB: 6\n", (1, 1), "`skus:`"),
        ("skus:\nA: 5\n", (2, 1), "Indent"),
        ("skus: {}\n", (1, 1), "TEE-BLK-M: 40"),
        ("skus:\n", (1, 6), "no SKU"),
        ("skus: A:5\n", (1, 7), "no space after its colon"),
        ("low: few\nskus:\n  A: 5\n", (1, 6), "whole number"),
        ("low: 5\nA: 5\nB: 6\n", (2, 1), "`skus:`"),
        ("- A\n", (1, 1), "keys and values"),
        ("---\n", (0, 0), "empty"),
    ],
)
def test_explain_places_reason_of_inventory(text: str, place: tuple[int, int], said: str) -> None:
    """Line and column are those of the value, or of the key where that is odd."""
    (problem,) = _explain(text)

    assert (problem.path, problem.line, problem.column) == ("a.yaml", *place)
    assert said in problem.message


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("rule: exact\n", (1, 1), "`site_id`"),
        ("site_id: x\n", (1, 10), "24 digits"),
        (f"site_id: '{ID}'\nbackend: webflo\n", (2, 10), "mean webflow?"),
        (f"site_id: '{ID}'\nlimits:\n  max_zeroed: some\n", (3, 15), "20"),
        (f"site_id: '{ID}'\nlimits:\n  max_zero: 5\n", (3, 3), "mean max_zeroed?"),
        (f"site_id: '{ID}'\nfrozen:\n  - A\n  - 5\n", (4, 5), "GIFT-*"),
        (f"site_id: '{ID}'\ntoken_env: HOME\n", (2, 12), "WEBFLOW_"),
        (f"site_id: '{ID}'\nrule:\n", (2, 6), "`rule:`"),
    ],
)
def test_explain_places_reason_of_store(text: str, place: tuple[int, int], said: str) -> None:
    """The settings of a store are explained by their own schema."""
    (problem,) = _explain(text, "store")

    assert (problem.line, problem.column) == place
    assert said in problem.message


def test_explain_finds_every_fault_in_one_run() -> None:
    """A file with three slips is not three runs."""
    problems = _explain("rule: exakt\nskus:\n  A: -1\n  B: 5\n  C: 05\n")

    assert sorted(problem.line for problem in problems) == [1, 3, 5]


def test_explain_leaves_out_what_was_refused_already() -> None:
    """A line with one fault gets one message."""
    document = read_document("a.yaml", b"skus:\n  A: -1\n  B: -1\n")
    document.problems.append(Problem("a.yaml", 2, 6, "refused"))
    problems = explain(document, load_schema("inventory"), "inventory")

    assert [problem.line for problem in problems] == [3]


@pytest.mark.parametrize(("word", "near"), [("RULES", "rule"), ("exact", ""), ("", "")])
def test_suggest_names_what_is_near_or_nothing(word: str, near: str) -> None:
    """A suggestion that is far off would mislead."""
    assert suggest(word, ["rule", "note"]) == (f" Did you mean {near}?" if near else "")


@pytest.mark.parametrize(("text", "fits"), [("ab", True), ("ab\n", False), ("abc", False)])
def test_pattern_ends_at_the_end_of_the_text(text: str, fits: bool) -> None:
    """A line end behind an id is part of the text, and no id has one."""
    assert validator({"pattern": "^ab$"}).is_valid(text) is fits
