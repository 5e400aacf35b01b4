"""One walk over the events of YAML: plain data, places of values, and refusals."""

import pytest

from reconciler.desired.reader.document import UNSPELLED, Document, TextSpan
from reconciler.desired.reader.keys import key_fault
from reconciler.desired.reader.walk import find_places, walk


def _shown(text: str, *path: str) -> tuple[str, str]:
    """Return the key and the value at *path* as they stand in *text*."""
    node = find_places(text).find(path)
    assert node is not None
    return _cut(text, node.key), _cut(text, node.value)


def _cut(text: str, span: TextSpan) -> str:
    return text[span.start : span.end]


def _walk(text: str) -> Document:
    document = Document("a.yaml", text)
    walk(document)
    return document


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("skus:\n  A: 5\n", "A", "5"),
        ("skus:\n  A: 5", "A", "5"),
        ("skus:\r\n  A: 5\r\n", "A", "5"),
        ("skus:\n  A: 5  # five: 5\n", "A", "5"),
        ("skus:\n  ü€😀: 7\n  A: 5\n", "A", "5"),
        ("skus:\n  'A': infinite\n", "'A'", "infinite"),
        ('{"skus": {"A": 5}}', '"A"', "5"),
        ("skus:\n  A: {quantity: 5}  # x\n", "A", "{quantity: 5}"),
        ("skus:\n  ? A\n  : 5\n", "A", "5"),
        ("skus:\n  A:\n    5\n", "A", "5"),
    ],
)
def test_find_places_gives_key_and_value(text: str, key: str, value: str) -> None:
    """Offsets count characters, whatever stands before them and however lines end."""
    assert _shown(text, "skus", "A") == (key, value)


def test_find_places_gives_fields_of_entries() -> None:
    """Fields are told apart from those of the entry before and after."""
    text = "skus:\n  A:\n    quantity: 5\n    note: 'it''s 5'\n  B: {quantity: 6, rule: exact}\n"

    assert _shown(text, "skus", "A", "quantity") == ("quantity", "5")
    assert _shown(text, "skus", "A", "note") == ("note", "'it''s 5'")
    assert _shown(text, "skus", "B", "quantity") == ("quantity", "6")
    block = "skus:\n  A:\n    note: |\n      5\n      6\n    quantity: 7\n"
    assert _shown(block, "skus", "A", "note")[1] == "|\n      5\n      6"
    assert _shown(text, "skus", "B", "rule") == ("rule", "exact")


def test_find_places_tells_braces_from_lines() -> None:
    """What is added to a mapping in braces goes on its line."""
    entries = find_places("skus:\n  A: {quantity: 1}\n  B:\n    quantity: 2\n  C: 3\n").fields
    entries = entries["skus"].fields

    assert [(one.is_mapping, one.in_braces) for one in entries.values()] == [
        (True, True),
        (True, False),
        (False, False),
    ]


@pytest.mark.parametrize(
    ("entry", "end"),
    [
        ("\n    quantity: 5\n    note: x\n\n  # about B\n", "note: x"),
        (" {quantity: 5, note: x}  # about A\n", "note: x}"),
        (" 5  # about A\n", "A: 5"),
    ],
)
def test_last_is_the_end_of_the_own_text(entry: str, end: str) -> None:
    """Comments and blank lines after an entry do not belong to it."""
    text = f"skus:\n  A:{entry}  B: 6\n"
    node = find_places(text).fields["skus"].fields["A"]

    assert text[: node.last()].endswith(end)


def test_find_places_counts_lines_and_columns_from_1() -> None:
    """Each key and value has its line and column, also behind what editors show in two cells."""
    top = find_places("rule: exact\nskus:\n  A: 5\n  😀: {quantity: 6}\n")
    paths = [("rule",), ("skus", "A"), ("skus", "😀", "quantity")]
    nodes = [node for path in paths if (node := top.find(path)) is not None]

    assert [node.key[2:] for node in nodes] == [(1, 1), (3, 3), (4, 7)]
    assert [node.value[2:] for node in nodes] == [(1, 7), (3, 6), (4, 17)]


def test_find_places_of_key_that_stands_twice_is_the_first() -> None:
    """As in the data, the first of two equal keys counts."""
    assert _shown("skus:\n  A: 5\n  A: 7\n", "skus", "A") == ("A", "5")


@pytest.mark.parametrize(
    ("path", "value"),
    [(("frozen", 1), "B"), (("frozen", 2), "'C'"), (("frozen", 0, "x"), "1"), (("none",), None)],
)
def test_find_leads_into_lists(path: tuple[str | int, ...], value: str | None) -> None:
    """An index leads to an item; what is not there has no place."""
    text = "frozen:\n  - {x: 1}\n  - B\n  - 'C'\n"
    node = find_places(text).find(path)

    assert (None if node is None else _cut(text, node.value)) == value


@pytest.mark.parametrize(
    ("value", "text", "quoted"),
    [("5", "5", False), ("'5'", "5", True), ('"a\\tb"', "a\tb", True), ("{a: 1}", None, False)],
)
def test_find_places_keeps_text_and_quotes(value: str, text: str | None, quoted: bool) -> None:
    """What was typed is known: its text, and whether quotes stand around it."""
    node = find_places(f"A: {value}\n").fields["A"]

    assert (node.text, node.quoted) == (text, quoted)


@pytest.mark.parametrize("text", ["", "# nothing\n", ":\n :", "skus:\n  A: [1\n"])
def test_find_places_of_what_cannot_be_parsed_is_some_place(text: str) -> None:
    """To explain a broken file never fails itself."""
    assert find_places(text).value.line >= 1


def test_walk_fills_data_and_lines_without_places() -> None:
    """A file that is in order is read once; places are looked for only when they are wanted."""
    document = _walk("rule: exact\nskus:\n  A: 5\n\n  B: {quantity: '6'}\n")

    assert document.data == {"rule": "exact", "skus": {"A": 5, "B": {"quantity": "6"}}}
    assert document.lines == {"skus": [3, 5]}
    assert (document.top, document.problems, document.complete) == (None, [], True)


@pytest.mark.parametrize("value", ["null", "~", "true", "010", "1.0", "0x1F", "+5"])
def test_walk_of_scalar_that_is_no_text_is_unspelled(value: str) -> None:
    """A number has one spelling; any other, a truth value, or nothing is never guessed at."""
    document = _walk(f"A: {value}\nB: '{value}'\n")

    assert (document.data, document.misspelled) == ({"A": UNSPELLED, "B": value}, True)


@pytest.mark.parametrize(
    "key",
    ["", " A", "A\u200bB", "A\u00a0B", "A\u202eB", "\u0421OAT", "e\u0301", "x" * 501, "A\tB"],
    ids=ascii,
)
def test_walk_refuses_what_key_fault_refuses(key: str) -> None:
    """The quick look at usual keys lets no odd one pass, wherever it stands."""
    assert key_fault(key)
    for text in (f'"{key}": 1\nB: 2\n', f'B: 2\n"{key}": 1\n', f'skus: {{B: 2, "{key}": 1}}\n'):
        document = _walk(text)

        assert len(document.problems) == 1
        assert key not in {**document.data, **dict(document.data.get("skus", {}))}
