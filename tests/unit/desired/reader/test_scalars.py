"""How numbers are spelled; a fault names the number to write instead."""

import pytest
import yaml

from reconciler.desired.reader.scalars import (
    NUMBER,
    may_not_be_text,
    quantity_fault,
    shown,
)
from reconciler.model import MAX_QUANTITY


@pytest.mark.parametrize("text", ["0", "7", "120", "1000000000"])
def test_number_has_one_spelling(text: str) -> None:
    """A whole number in plain digits is a number."""
    assert NUMBER.fullmatch(text)


@pytest.mark.parametrize("text", ["", "00", "01", "-1", "+1", "1.0", "1e3", "1_0", "\u0661", "1\n"])
def test_number_is_nothing_else(text: str) -> None:
    """Spellings on which programs disagree are no numbers."""
    assert not NUMBER.fullmatch(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "~", "null", "Null", "true", "FALSE", "0", "-1", "+12", "007", "0o17", "0x1F"),
        *("1.", "1.5", ".5", "1e3", "-1.5E-3", ".inf", "-.INF", ".NaN"),
    ],
)
def test_may_not_be_text_finds_what_yaml_takes_for_something_else(text: str) -> None:
    """A code that is spelled like this needs quotes."""
    assert may_not_be_text(text)


@pytest.mark.parametrize("text", ["TEE", "nullx", "truth", "1-2", "0xG", "1e", ".", "-", "+", "e3"])
def test_may_not_be_text_leaves_codes(text: str) -> None:
    """A code that only begins like a number is text to every program."""
    assert not may_not_be_text(text)
    assert yaml.safe_load(text) == text or text == "-"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("007", "7"),
        ("+5", "5"),
        ("-0", "0"),
        ("1_000", "1000"),
        ("1_0_0", "100"),
        ("1,200", "1200"),
        ("1.200.300", "1200300"),
        ("1'200", "1200"),
        ("12 000", "12000"),
        ("1\u202f200", "1200"),
        ("0x1F", "31"),
        ("0o17", "15"),
        ("0b11", "3"),
        ("5.0", "5"),
        ("1e3", "1000"),
        ("5.5", "5 or 6"),
        ("0.5", "0 or 1"),
    ],
)
def test_quantity_fault_names_number_to_write(text: str, number: str) -> None:
    """The number is that which the text means, and not another one."""
    assert f"Write {number}" in quantity_fault(text, quoted=False)
    assert f"write {number}" + "0" not in quantity_fault(text, quoted=False)


@pytest.mark.parametrize(
    "text",
    ["1000000000", "9,999,999,999", "1e9", "1e400", "-1e400", "0000001234567890"],
)
def test_quantity_fault_names_the_most_there_can_be(text: str) -> None:
    """No number is made up for one that is too large."""
    assert f" {MAX_QUANTITY}," in quantity_fault(text, quoted=False)


@pytest.mark.parametrize("text", ["-1", "-999999999", "-0.5", "-1_000"])
def test_quantity_fault_of_negative_number_is_sold_out(text: str) -> None:
    """A shop with fewer than nothing has nothing."""
    assert "less than 0" in quantity_fault(text, quoted=False)


@pytest.mark.parametrize("text", ["inf", "Infinite", "unlimited", "\u221e", ".inf", "Infinity"])
def test_quantity_fault_of_other_words_for_infinite_names_it(text: str) -> None:
    """There is one word for what is not counted."""
    assert quantity_fault(text, quoted=False).endswith("Write infinite.")


@pytest.mark.parametrize(
    "text", ["", "  ", "yes", "off", "null", "~", ".nan", "12:30", "lots", "0xZ"]
)
def test_quantity_fault_of_no_number_names_none(text: str) -> None:
    """What is no number is not guessed."""
    assert "a whole number like 12, or infinite" in quantity_fault(text, quoted=False)


def test_quantity_fault_tells_quoted_numbers() -> None:
    """A number in quotes is text, and text that is no number is refused as such."""
    assert quantity_fault("12", quoted=True) != quantity_fault("12x", quoted=True)
    assert "quotes" in quantity_fault("12", quoted=True)


def test_shown_cuts_long_text() -> None:
    """A message stays a line, and says how long the text is."""
    assert shown("a" * 40) == f"`{'a' * 40}`"
    assert "`" + "a" * 40 + "…`" in shown("a" * 41)
    assert "41" in shown("a" * 41)
