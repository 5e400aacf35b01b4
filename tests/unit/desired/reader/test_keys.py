"""Keys that look alike, or cannot be seen, are refused."""

import pytest

from reconciler.desired.reader.keys import MAX_KEY, find_hidden, key_fault

PLAIN = ["TEE-M", "a b", "x" * MAX_KEY, "a:b", "=1+1", "<"]
FOREIGN = ["Größe-M", "футболка", "Ω", "Tシャツ", "東京-1", "ñ", "A-😀"]
ODD = [
    "",
    " A",
    "A ",
    "\u00a0A",
    "x" * (MAX_KEY + 1),
    "A\u200bB",
    "A\u202eB",
    "A\u00adB",
    "A\ufeffB",
    "A\u00a0B",
    "A\u3164B",
    "A\u2800B",
    "A\tB",
    "A\nB",
    "A\x00B",
    "A\x7fB",
    "A\u2028B",
    "A\ufe0fB",
    "A\U000e0100B",
    "A\U000e0041B",
    "\u0421OAT",
    "TE\u0395",
    "\u0410\u0391",
    "e\u0301",
]


@pytest.mark.parametrize("key", [*PLAIN, *FOREIGN])
def test_key_fault_accepts_codes_of_any_alphabet(key: str) -> None:
    """A shop may name its SKUs in its own language."""
    assert key_fault(key) is None


@pytest.mark.parametrize("key", ODD, ids=ascii)
def test_key_fault_refuses_what_may_pass_for_another(key: str) -> None:
    """Two keys that look the same would be two SKUs; the message is plain ASCII or names both."""
    fault = key_fault(key)

    assert fault
    assert find_hidden(fault) is None


@pytest.mark.parametrize(("key", "code"), [("A\u200bB", "U+200B"), ("A\x07B", "U+0007")])
def test_key_fault_names_hidden_character(key: str, code: str) -> None:
    """What cannot be seen is named by its number."""
    assert code in (key_fault(key) or "")


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("plain: 5  # note\r\n\tx", None),
        ("Größe 東京 \u00a0 😀\ufe0f \u2009", None),
        ("a\u202eb", 1),
        ("ab\u200b\u202e", 2),
        ("\ufeff", 0),
        ("a\x00", 1),
        ("a\x1b[2J", 1),
        ("a\x85", 1),
        ("a\u3164", 1),
        ("a\U000e0041", 1),
    ],
)
def test_find_hidden_returns_place_of_first(text: str, index: int | None) -> None:
    """A character that turns text around, or hides it, is found in comments too."""
    assert find_hidden(text) == index
