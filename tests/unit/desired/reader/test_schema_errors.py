"""Each reason against a schema is placed where it stands, once."""

import pytest
from syrupy.assertion import SnapshotAssertion

from reconciler.contract import load_schema
from reconciler.desired.reader.schema_errors import explain, suggest, validator
from reconciler.desired.reader.text import read_document
from reconciler.errors import Problem

ID = "5e8518516e147040726cc415"


def _explain(text: str, kind: str = "inventory") -> list[Problem]:
    """Return each reason once, as InputError does."""
    return sorted(set(explain(read_document("a.yaml", text.encode()), load_schema(kind), kind)))


INVENTORY = (
    ("skus:\n  A: -1\n", (2, 6)),
    ("skus:\n  A: 5\n  B:  1_000\n", (3, 7)),
    ("skus:\n  A: '12'\n", (2, 6)),
    ("skus:\n  A: [1]\n", (2, 6)),
    ("skus:\n  A: {quantity: x}\n", (2, 17)),
    ("skus:\n  A: {note: x}\n", (2, 3)),
    ("skus:\n  A: {quantity: 5, rule: exakt}\n", (2, 26)),
    ("skus:\n  A: {quantity: 5, quantitty: 6}\n", (2, 20)),
    ("skus:\n  A: {quantity: 5, sku: B}\n", (2, 3)),
    (f"skus:\n  A: {{quantity: 5, id: {ID[:-1]}}}\n", (2, 24)),
    ("rule: exact\n", (1, 1)),
    ("A: 5\nB: 6\n", (1, 1)),
    ("skus:\nA: 5\n", (2, 1)),
    ("skus: {}\n", (1, 1)),
    ("skus:\n", (1, 6)),
    ("skus: A:5\n", (1, 7)),
    ("low: few\nskus:\n  A: 5\n", (1, 6)),
    ("low: 5\nA: 5\nB: 6\n", (2, 1)),
    ("- A\n", (1, 1)),
    ("---\n", (0, 0)),
)


@pytest.mark.parametrize(("text", "place"), INVENTORY)
def test_explain_places_reason_of_inventory(text: str, place: tuple[int, int]) -> None:
    """Line and column are those of the value, or of the key where that is odd."""
    (problem,) = _explain(text)

    assert (problem.path, problem.line, problem.column) == ("a.yaml", *place)


STORE = (
    ("rule: exact\n", (1, 1)),
    ("site_id: x\n", (1, 10)),
    (f"site_id: '{ID}'\nbackend: webflo\n", (2, 10)),
    (f"site_id: '{ID}'\nlimits:\n  max_zeroed: some\n", (3, 15)),
    (f"site_id: '{ID}'\nlimits:\n  max_zero: 5\n", (3, 3)),
    (f"site_id: '{ID}'\nfrozen:\n  - A\n  - 5\n", (4, 5)),
    (f"site_id: '{ID}'\ntoken_env: HOME\n", (2, 12)),
    (f"site_id: '{ID}'\nrule:\n", (2, 6)),
)


@pytest.mark.parametrize(("text", "place"), STORE)
def test_explain_places_reason_of_store(text: str, place: tuple[int, int]) -> None:
    """The settings of a store are explained by their own schema."""
    (problem,) = _explain(text, "store")

    assert (problem.line, problem.column) == place


def test_explain_wording(wording: SnapshotAssertion) -> None:
    """Each with the input that causes it."""
    cases = [("inventory", text) for text, _ in INVENTORY] + [("store", text) for text, _ in STORE]
    blocks = [
        f"{text!r}\n    {problem}\n" for kind, text in cases for problem in _explain(text, kind)
    ]
    assert "\n".join(blocks) == wording


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
