"""What is written as YAML reads as what was meant."""

import pytest
import yaml
from factories import build, declared

from reconciler.desired.editor.serialize import can_be_spelled, quote, spell, write_inventory
from reconciler.desired.reader.text import read_document
from reconciler.model import INFINITE, MAX_QUANTITY, Rule, Stock, finite

ID = "5e8518516e147040726cc415"


@pytest.mark.parametrize("text", ["TEE-BLK-M", "a_b.c/d+e", "_x", "3XL", "N-1"])
def test_quote_leaves_plain_codes(text: str) -> None:
    """A file that people edit has no quotes where none are needed."""
    assert quote(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("007", "12", "1e5", "0x1F", "0b11", "1_000", "12:30", "2026-11-20", ".5", "-1"),
        *("yes", "No", "on", "OFF", "y", "N", "true", "null", "~", "infinite "),
        *("", " a", "a: b", "a #b", "# a", "- a", "*a", "&a", "!a", "{a}", "[a]", "=a", "@a", "`a"),
        *('a"b', "a\\b", "a'b", "a\nb", "a\tb", "a\rb", "é", "😀", "\u202e", "\u200b", "\x07"),
    ],
)
def test_quote_protects_what_parsers_read_otherwise(text: str) -> None:
    """Our reader and one of YAML 1.1 both read the same text."""
    content = f"{quote(text)}: {quote(text)}\n"

    assert yaml.safe_load(content) == {text: text}
    assert read_document("a.yaml", f"note: {quote(text)}\n".encode()).data == {"note": text}
    assert content.count("\n") == 1


@pytest.mark.parametrize(
    "text", ["\u202e", "\u200b", "\u3164", "\u2800", "\x07", "\u2028", "a\nb", "\ufeff"]
)
def test_quote_shows_what_cannot_be_seen(text: str) -> None:
    """A character that turns a line around is written by its number."""
    assert quote(text).isascii()


@pytest.mark.parametrize(
    ("stock", "text"), [(finite(0), "0"), (finite(12), "12"), (INFINITE, "infinite")]
)
def test_spell_writes_quantity(stock: Stock, text: str) -> None:
    """Sold out and not counted are opposite, and spelled as such."""
    assert spell(stock) == text


@pytest.mark.parametrize(
    ("stock", "can"),
    [
        (finite(0), True),
        (finite(MAX_QUANTITY), True),
        (INFINITE, True),
        (finite(-1), False),
        (finite(MAX_QUANTITY + 1), False),
        (finite(1.5), False),
        (finite(None), False),
    ],
)
def test_can_be_spelled_refuses_what_no_file_can_declare(stock: Stock, can: bool) -> None:
    """A shop may have numbers that no file may declare."""
    assert can_be_spelled(stock) is can


def test_write_inventory_reads_as_what_it_was_written_from() -> None:
    """A record says what was declared: stock, rule and id of each SKU."""
    entries = [
        declared("TEE", 5, rule=Rule.ON_CHANGE),
        declared("007", 0, rule=Rule.EXACT),
        declared("a: b", "infinite", rule=Rule.ON_CHANGE),
        declared("MUG", 7, rule=Rule.ON_CHANGE),
        declared("PIN", 1, rule=Rule.AT_LEAST, id=ID, code="é\n"),
    ]
    text = write_inventory(entries, Rule.ON_CHANGE, "schema.json")
    read = build(text).declared

    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    assert [(e.sku, e.stock, e.rule, e.id, e.code) for e in read.values()] == [
        (e.sku, e.stock, e.rule, e.id, e.code) for e in entries
    ]


def test_write_inventory_takes_short_form_where_it_can() -> None:
    """A line per SKU makes a record that people can read."""
    text = write_inventory([declared("A", 5)], Rule.EXACT, "s")

    assert text.splitlines()[1:] == ["rule: exact", "skus:", "  A: 5"]
