"""Laws of reading YAML: what is read is what is written, and nothing breaks the reader."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from factories import SITE, build
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.desired.editor.serialize import write_inventory
from reconciler.desired.loader import build_desired
from reconciler.desired.reader.document import Document, Node
from reconciler.desired.reader.keys import key_fault
from reconciler.desired.reader.text import decode, read_document
from reconciler.desired.reader.walk import walk
from reconciler.errors import InputError
from reconciler.model import INFINITE, Declared, Pin, Rule, Terms, finite

# Pieces of which near-YAML is made: random bytes alone hardly ever get past the first line.
PIECES = st.sampled_from(
    [
        "skus:",
        "rule:",
        "as_of:",
        "low:",
        "quantity:",
        "note:",
        "id:",
        "sku:",
        "TEE-M:",
        "A:",
        "'B':",
        '"C D":',
        " ",
        "  ",
        "    ",
        "\n",
        "\n  ",
        "\n    ",
        "\r\n",
        "\t",
        "- ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        ": ",
        "? ",
        "40",
        "0",
        "010",
        "1_000",
        "1e3",
        "5.0",
        "-5",
        "+5",
        "0x1F",
        "1:20",
        ".inf",
        "infinite",
        "no",
        "null",
        "~",
        "'40'",
        "exact",
        "2026-11-20",
        "# x\n",
        "&a ",
        "*a",
        "!!int ",
        "!",
        "<<: ",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "|\n",
        ">-\n",
        "\\",
        '"',
        "'",
        "\x00",
        "\u200b",
        "\u2028",
        "é",
        "\ufeff",
        "@",
        "`",
        "<<<<<<< HEAD\n",
    ]
)
# Lines that are almost right: random pieces hardly ever make a file that is taken.
SCALARS = st.sampled_from(
    [
        "40",
        "0",
        "7",
        "010",
        "00",
        "1_000",
        "1e3",
        "5.0",
        "-5",
        "+5",
        "0x1F",
        "0o17",
        "1:20",
        ".inf",
        ".5",
        "infinite",
        "Infinite",
        "no",
        "null",
        "~",
        "true",
        "'40'",
        '"infinite"',
        "'x'",
        "exact",
        "2026-11-20",
        "&a",
        "*a",
        "!!int",
        "!x",
        "|",
        ">",
        "-",
        "@x",
        "`x`",
        "%x",
        "[]",
        "{}",
        "#x",
        "1,000",
        "99999999999",
    ]
)
ODD_KEYS = st.sampled_from(
    [
        "A",
        "B",
        "'A'",
        '"A"',
        "A B",
        "'<<'",
        "<<",
        "'A '",
        "''",
        '"A\\nB"',
        '"\\0"',
        "é",
        "\u0415A",
        "7",
        "no",
        "&a A",
        "!x A",
        "? A",
    ]
)
LINES = st.builds(
    lambda indent, key, gap, value, end: f"{indent}{key}:{gap}{value}{end}",
    st.sampled_from(["  ", "  ", "  ", "    ", ""]),
    st.one_of(ODD_KEYS, st.sampled_from(["quantity", "rule", "note", "low", "as_of"])),
    st.sampled_from([" ", " ", " ", "", "\n    quantity: ", "\t"]),
    SCALARS,
    st.sampled_from(["\n", "\n", "\n", " \n", " # x\n", " 5\n"]),
)


# Entries as people write them: mostly plain, with one odd thing now and then.
def _mostly(usual: list[str], *odd: str) -> st.SearchStrategy[str]:
    return st.sampled_from([*usual * (9 * len(odd) // len(usual) + 1), *odd])


ENDS = _mostly(["", "", " ", " # x"], "#x", "\r", ": 5", "\n", "\n    # x", "\n\n      5", " y")
FIELD_LINES = st.builds(
    "{}{}: {}{}\n".format,
    _mostly(["    "], "      ", "  ", "    # "),
    _mostly([*"quantityruleno", "x y", '"q"', "'r'"], "quantity ", "<<", "x#", "- a"),
    _mostly(
        ["40", "0", "infinite", "a b", "a, b (c)", "a  b", '"a # b"', "'a: b'", "2026-11-20"],
        *("010", "5.0", "null", "a#b", "a: b", '"a\\n"', "'a''b'", "[a]", "-", "{a: 1}", "&a"),
    ),
    ENDS,
)
ENTRY_TEXTS = st.one_of(
    st.builds(
        "  {}:{}\n{}".format,
        st.one_of(st.sampled_from("ABCDEFGH"), st.sampled_from("IJKLMNOP"), ODD_KEYS),
        ENDS,
        st.lists(FIELD_LINES, min_size=1, max_size=2).map("".join),
    ),
    st.builds("  {}: {}{}\n".format, st.sampled_from("QRSTUVWXYZ"), SCALARS, ENDS),
    st.builds("  {}: {}{}\n".format, st.sampled_from("abcdefghijkl"), st.sampled_from("123"), ENDS),
)
BLOCKS = st.builds(
    "{}skus:\n{}{}".format,
    _mostly(["", "rule: exact\n", "# x\n\n", "low: 5 # x\n\n"], "rule: 'a\n", "rule:\n"),
    st.lists(ENTRY_TEXTS, min_size=1, max_size=3).map("".join),
    _mostly(["", "", "rule: exact\n", "\n# x", "limits:\n  a: 1\n"], "rule: a\n  b\n", "skus: 1"),
)
FEW_LINES = st.lists(LINES, min_size=1, max_size=4).map(lambda lines: "skus:\n" + "".join(lines))
TEXTS = st.one_of(FEW_LINES, st.lists(PIECES, max_size=30).map("".join))
OLD_NUMBERS = st.text("0127_.:ex-", min_size=1, max_size=4)
KEYS = st.one_of(st.text(min_size=1, max_size=12), OLD_NUMBERS).filter(
    lambda key: key_fault(key) is None and key != "<<"
)
IDS = st.from_regex(r"[0-9a-f]{24}", fullmatch=True)


@st.composite
def declarations(draw: st.DrawFn) -> list[Declared]:
    """Return SKUs with any code, stock, rule and pin."""
    pins = draw(st.lists(IDS, max_size=3, unique=True))
    return [
        Declared(
            sku,
            draw(st.one_of(st.integers(0, 999_999_999).map(finite), st.just(INFINITE))),
            Terms(
                draw(st.sampled_from(Rule)),
                Pin(pin, draw(st.text(max_size=5, alphabet=st.characters(codec="utf-8"))))
                if pin
                else None,
                "demo/a.yaml",
            ),
            0,
        )
        for sku in draw(st.lists(KEYS, min_size=1, max_size=6, unique=True))
        for pin in [pins.pop() if pins else None]
    ]


def _meaning(declared: Any) -> list[Any]:
    return [entry._replace(terms=entry.terms._replace(path=""), line=0) for entry in declared]


@given(declarations(), st.sampled_from(Rule))
def test_what_is_printed_reads_as_it_was(declared: list[Declared], rule: Rule) -> None:
    """For every desired state, parsing what we print of it gives the same."""
    text = write_inventory(declared, rule, "x.json")

    assert _meaning(build(text).declared.values()) == _meaning(declared)


@given(declarations())
def test_what_is_printed_is_what_other_parsers_read(declared: list[Declared]) -> None:
    """PyYAML's own loader sees the same keys and quantities in what we print."""
    data = yaml.load(write_inventory(declared, Rule.EXACT, "x.json"), yaml.CSafeLoader)
    seen = {
        key: value["quantity"] if isinstance(value, dict) else value
        for key, value in data["skus"].items()
    }

    assert seen == {
        entry.sku: "infinite" if entry.stock == INFINITE else entry.stock.quantity
        for entry in declared
    }


def _read(content: bytes) -> list[Any] | list[str]:
    """Return the meaning of a file, or its problems, each checked to be a sentence with a place."""
    files = [("demo/store.yaml", f"site_id: {SITE}".encode()), ("demo/a.yaml", content)]
    try:
        return _meaning(build_desired("demo", "demo", files, []).declared.values())
    except InputError as error:
        assert error.problems
        assert all(problem.path == "demo/a.yaml" and problem.message for problem in error.problems)
        return [str(problem) for problem in error.problems]


@given(st.one_of(st.binary(max_size=200), TEXTS.map(str.encode)))
@settings(max_examples=400)
def test_any_bytes_end_with_a_state_or_with_problems(content: bytes) -> None:
    """Never a traceback, whatever the file holds."""
    _read(content)


@given(TEXTS)
@settings(max_examples=400)
def test_no_quantity_is_misread(text: str) -> None:
    """An accepted quantity stands in the text in its one spelling, which YAML 1.1 reads as it."""
    content = text.encode("utf-8", "surrogatepass")
    for entry in _read(content):
        if isinstance(entry, Declared):
            value = yaml.load(content, yaml.CBaseLoader)["skus"][entry.sku]  # noqa: S506
            spelled = value["quantity"] if isinstance(value, dict) else value
            quantity = "infinite" if entry.stock == INFINITE else entry.stock.quantity
            assert spelled == str(quantity)
            assert yaml.safe_load(spelled) == quantity


def _as_text(data: Any) -> Any:
    """Return *data* with every number as text, as a loader without types has it."""
    if isinstance(data, dict):
        return {key: _as_text(value) for key, value in data.items()}
    return [_as_text(item) for item in data] if isinstance(data, list) else str(data)


def _scalars(node: Node) -> Iterator[Node]:
    if node.text is not None:
        yield node
    for inner in node.fields.values():
        yield from _scalars(inner)


@given(st.one_of(BLOCKS, TEXTS))
@settings(max_examples=1500)
def test_walk_of_an_accepted_text_reads_what_pyyaml_loads(text: str) -> None:
    """A text that is read without a problem has the keys and values that PyYAML's loader sees."""
    document = read_document("a.yaml", text.encode("utf-8", "surrogatepass"))
    is_cut = re.search(r"[0-9]{10}", text)  # a number that is too large for any field
    if document.complete and not (document.problems or document.misspelled or is_cut):
        loaded = yaml.load(document.text, yaml.CBaseLoader)  # noqa: S506  it makes only text

        assert _as_text(document.data) == loaded


@given(st.one_of(BLOCKS, TEXTS))
@settings(max_examples=500)
def test_walk_with_places_reads_the_same_and_finds_each_scalar(text: str) -> None:
    """Keeping places changes nothing that is read, and each plain scalar is where it says."""
    text, problem = decode("a.yaml", text.encode("utf-8", "surrogatepass"))
    if problem is not None:
        return  # other line breaks and the like are refused before any walk
    plain, placed = Document("a.yaml", text), Document("a.yaml", text)
    walk(plain)
    walk(placed, with_places=True)
    assert (plain.data, plain.lines, plain.problems) == (placed.data, placed.lines, placed.problems)

    for node in _scalars(placed.top) if placed.top else ():
        spelled = text[node.value.start : node.value.end]
        is_plain = not node.quoted and "\n" not in spelled and not spelled.startswith(("&", "!"))
        assert not is_plain or spelled == node.text


@pytest.mark.parametrize(
    "piece",
    [
        "  S{}: 1\n",
        "  S{}: no\n",
        "  S{0}: 1\n  S{0}: 2\n",
        "  S{}: {{a: [b, c]}}\n",
        "# {}\n",
        "  S{}: &a 1\n",
    ],
)
def test_reading_takes_linear_work(piece: str) -> None:
    """Ten times the text means ten times the events, and no more problems a line."""

    def work(lines: int) -> tuple[int, int]:
        text = "skus:\n" + "".join(piece.format(number) for number in range(lines))
        events = sum(1 for _ in yaml.parse(text, yaml.CLoader))
        return events, len(read_document("a.yaml", text.encode()).problems)

    small, large = work(100), work(1000)
    assert all(big <= 11 * little for little, big in zip(small, large, strict=True))
