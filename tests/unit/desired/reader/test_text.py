"""Text → document: scalars as text, one spelling of a number, refusals with their places."""

import pytest

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


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: 1\nb: 2\na: 3\n", "a.yaml:3:1: error: `a` is already on line 1"),
        (b"a: &x 1\n", "a.yaml:1:4: error: &x is an anchor"),
        (b"a: &x 1\nb: *x\n", "a.yaml:2:4: error: *x is an alias"),
        (b"<<: {a: 1}\n", "a.yaml:1:1: error: << is a merge key"),
        (b"a: !!int 1\n", "a.yaml:1:4: error: A tag"),
        (b"a: 1\n---\nb: 2\n", "a.yaml:2:1: error: A second document"),
        (b"? [a, b]\n: 1\n", "a.yaml:1:3: error: A key must be text"),
        (b"%YAML 1.1\n---\na: 1\n", "a.yaml:1:1: error: A line that starts with %"),
        (b"a: [1, 2\n", "a.yaml:1:4: error: A [ is not closed"),
        (b"<<<<<<< HEAD\na: 1\n=======\n", "a.yaml:1:1: error: Git left this conflict marker"),
        (b"a: 1\nb: \x00\n", "a.yaml:2:4: error: The character U+0000"),
        (b"a: caf\xe9\n", "a.yaml:1:7: error: Byte 0xE9 is not UTF-8"),
        ("a: 1\n".encode("utf-16"), "a.yaml: error: The file is UTF-16"),
        (b"", "a.yaml: error: The file is empty"),
        (b"# nothing\n", "a.yaml: error: The file is empty"),
        (b"'a ': 1\n", "a.yaml:1:1: error: The key 'a ' has a space at its edge"),
        (
            "a\u200b: 1\n".encode(),
            "a.yaml:1:2: error: The character U+200B is invisible",
        ),
        ("a: 1 # \u202e\n".encode(), "a.yaml:1:8: error: The character U+202E is invisible"),
        ("# a\U000e0041\na: 1\n".encode(), "a.yaml:1:4: error: The character U+E0041"),
        ("a: x # \u2066x\u2069\n".encode(), "a.yaml:1:8: error: The character U+2066"),
        ("a\U000e0100: 1\n".encode(), "a.yaml:1:2: error: The character U+E0100"),
        ("a: x\u2800\n".encode(), "a.yaml:1:5: error: The character U+2800"),
        (b"a: 1\rb: 2\n", "a.yaml:1:5: error: A carriage return without a line feed"),
        (b"# x\ry: 3\r\na: 1\r\n", "a.yaml:1:4: error: A carriage return"),
        ("T\u0415E: 1\n".encode(), "a.yaml:1:1: error: The key T\u0415E mixes Cyrillic and Latin"),
        (b"'': 1\n", "a.yaml:1:1: error: A key is empty"),
        (b"[" * 200_000, "a.yaml:1:21: error: More than 20 levels deep"),
    ],
    ids=range(27),
)
def test_refusals_say_where_and_what(content: bytes, said: str) -> None:
    """Each refusal names path, line, column and reason."""
    problems = [str(problem) for problem in read_document("a.yaml", content).problems]

    assert len(problems) >= 1
    assert problems[-1].startswith(said)


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
    """Two branches may book a delivery each under one name; to keep one side would lose one."""
    text = b"at: x\n<<<<<<< HEAD\n  TEE: +10\n=======\n  TEE: +5\n>>>>>>> b\n"
    for path, has_two in (("demo/events/2026-12/01-a.yaml", True), ("demo/tees.yaml", False)):
        (problem,) = read_document(path, text).problems
        assert ("two deliveries" in problem.message) is has_two
