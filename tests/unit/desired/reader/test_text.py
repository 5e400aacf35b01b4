"""Text → document: scalars as text, one spelling of a number, refusals with their places."""

import pytest
from syrupy.assertion import SnapshotAssertion

from reconciler.desired.reader.document import UNSPELLED
from reconciler.desired.reader.text import read_document


def test_values_and_lines() -> None:
    """Keys stay text, whole numbers become numbers, lines are those of the keys."""
    document = read_document("a.yaml", b"skus:\n  '0123': 40\n  NO: infinite\n  1.10: \"5\"\n")

    assert document.data == {"skus": {"0123": 40, "NO": "infinite", "1.10": "5"}}
    assert document.lines == {"skus": [2, 3, 4]}
    assert document.problems == []


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfskus:\r\n  A: 1\r\n", b"skus: {A: 1}", b"---\nskus:\n  A: 1\n"]
)
def test_a_bom_crlf_and_flow_style_are_fine(content: bytes) -> None:
    """A byte order mark, CRLF line ends and braces change nothing."""
    assert read_document("a.yaml", content).data == {"skus": {"A": 1}}


@pytest.mark.parametrize(
    "text", ["010", "+5", "0x1F", "0o17", "5.0", "1e3", ".inf", "~", "null", "true", "", "-0"]
)
def test_what_a_program_would_take_for_something_else_is_no_value(text: str) -> None:
    """A scalar that YAML takes for another number, a truth value or nothing is not read as text."""
    document = read_document("a.yaml", f"a: {text}\n".encode())

    assert document.data == {"a": UNSPELLED}
    assert document.misspelled


@pytest.mark.parametrize(
    "text", ["no", "on", "1:20", "1_000", "1,000", "2026-11-20", "0b11", "'010'", '"true"']
)
def test_what_an_editor_shows_as_text_is_text(text: str) -> None:
    """What is text in YAML 1.2 stays text, whatever YAML 1.1 makes of it."""
    assert read_document("a.yaml", f"a: {text}\n".encode()).data == {"a": text.strip("'\"")}


REFUSED = (
    (b"a: 1\nb: 2\na: 3\n", "a.yaml:3:1"),
    (b"a: &x 1\n", "a.yaml:1:4"),
    (b"a: &x 1\nb: *x\n", "a.yaml:2:4"),
    (b"<<: {a: 1}\n", "a.yaml:1:1"),
    (b"a: !!int 1\n", "a.yaml:1:4"),
    (b"a: 1\n---\nb: 2\n", "a.yaml:2:1"),
    (b"? [a, b]\n: 1\n", "a.yaml:1:3"),
    (b"%YAML 1.1\n---\na: 1\n", "a.yaml:1:1"),
    (b"a: [1, 2\n", "a.yaml:1:4"),
    (b"<<<<<<< HEAD\na: 1\n=======\n", "a.yaml:1:1"),
    (b"a: 1\nb: \x00\n", "a.yaml:2:4"),
    (b"a: caf\xe9\n", "a.yaml:1:7"),
    ("a: 1\n".encode("utf-16"), "a.yaml"),
    (b"", "a.yaml"),
    (b"# nothing\n", "a.yaml"),
    (b"'a ': 1\n", "a.yaml:1:1"),
    (
        "a\u200b: 1\n".encode(),
        "a.yaml:1:2",
    ),
    ("a: 1 # \u202e\n".encode(), "a.yaml:1:8"),
    ("# a\U000e0041\na: 1\n".encode(), "a.yaml:1:4"),
    ("a: x # \u2066x\u2069\n".encode(), "a.yaml:1:8"),
    ("a\U000e0100: 1\n".encode(), "a.yaml:1:2"),
    ("a: x\u2800\n".encode(), "a.yaml:1:5"),
    (b"a: 1\rb: 2\n", "a.yaml:1:5"),
    (b"# x\ry: 3\r\na: 1\r\n", "a.yaml:1:4"),
    ("T\u0415E: 1\n".encode(), "a.yaml:1:1"),
    (b"'': 1\n", "a.yaml:1:1"),
    (b"[" * 200_000, "a.yaml:1:21"),
)


@pytest.mark.parametrize(("content", "place"), REFUSED, ids=range(len(REFUSED)))
def test_read_document_refuses_at_its_place(content: bytes, place: str) -> None:
    """Path, line, and column. The file as a whole has no line."""
    problems = [str(problem) for problem in read_document("a.yaml", content).problems]

    assert len(problems) >= 1
    assert problems[-1].partition(": error: ")[0] == place


def test_refusal_wording(wording: SnapshotAssertion) -> None:
    """Each with the input that causes it."""
    blocks = [
        f"{content[:40]!r}\n"
        + "".join(f"    {problem}\n" for problem in read_document("a.yaml", content).problems)
        for content, _ in REFUSED
    ]
    assert "\n".join(blocks) == wording


def test_all_refusals_are_gathered() -> None:
    """One run tells of every anchor, alias and duplicate."""
    content = b"a: &x 1\nb: *x\nb: 2\n"

    assert [problem.line for problem in read_document("a.yaml", content).problems] == [1, 2, 3]


@pytest.mark.parametrize("start", ["skus:\n  A: 1", "skus:\n  A:\n    note: x", "rule: a", "A"])
def test_a_run_of_spaces_is_read_in_linear_time(start: str) -> None:
    """A third of a million spaces take no longer than as many letters."""
    document = read_document("a.yaml", (start + " " * 300_000 + "!\n").encode())

    assert document.data is not None or document.problems


def test_conflict_of_two_deliveries_says_that_both_may_stay() -> None:
    """Two branches can each book a delivery in a file of the same name. Both may be right."""
    text = b"at: x\n<<<<<<< HEAD\n  TEE: +10\n=======\n  TEE: +5\n>>>>>>> b\n"
    for path, has_two in (("demo/events/2026-12/01-a.yaml", True), ("demo/tees.yaml", False)):
        (problem,) = read_document(path, text).problems
        assert ("two deliveries" in problem.message) is has_two
