"""Check the keys of YAML files."""

import re
import unicodedata
from typing import Final

# The parser finds a key by its colon, which must not be too far away.
MAX_KEY: Final = 500

_LOOKALIKE = {"LATIN": "Latin", "CYRILLIC": "Cyrillic", "GREEK": "Greek"}
# Invisible letters and marks, and unusual spaces.
_BLANK = frozenset(
    "\u00a0\u034f\u115f\u1160\u1680\u17b4\u17b5\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u202f\u205f\u2065\u2800\u3000\u3164\uffa0"
).union(
    map(
        chr,
        (
            *range(0x180B, 0x1810),  # variation selectors, of three kinds
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),
            *range(0xFFF0, 0xFFF9),  # reserved for invisible characters
            *range(0xFDD0, 0xFDF0),  # not characters
        ),
    )
)
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# A text can have spaces of any width, and marks that select the look of an emoji.
_ALLOWED_IN_TEXT = frozenset("\t\r\n") | {
    blank
    for blank in _BLANK
    if unicodedata.category(blank) == "Zs" or "\ufe00" <= blank <= "\ufe0f"
}


def key_fault(key: str) -> str | None:
    """Return the problem of *key*, or None if it is valid."""
    if len(key) > MAX_KEY:
        return f"The key is longer than {MAX_KEY} characters. Write a shorter one."
    if key.isascii() and key.isprintable() and key and key[0] != " " and key[-1] != " ":
        return None
    if not key:
        return "A key is empty. Write the SKU's code before the colon."
    if key.strip() != key:
        return f"The key {key!a} has a space at its edge. Delete the space."
    if hidden := next(filter(_is_hidden, key), None):
        code = f"the character U+{ord(hidden):04X}"
        return f"The key {key!a} holds {code}, which is invisible. Type the key again."
    return _alphabet_fault(key)


def find_hidden(text: str) -> int | None:
    """Return the index of the first invisible character of *text*, or None.

    Such a character can reverse text in an editor, or hide text in a comment.
    """
    for index, character in enumerate(text):
        is_plain = " " <= character <= "~" or character in _ALLOWED_IN_TEXT
        if not is_plain and _is_hidden(character):
            return index
    return None


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _INVISIBLE or character in _BLANK


def _alphabet_fault(key: str) -> str | None:
    """Return the problem of a key that looks like another one, or None."""
    if not unicodedata.is_normalized("NFC", key):
        return f"The key {key!a} contains decomposed characters. Type the key again."
    if len(scripts := _scripts(key)) > 1:
        names = " and ".join(sorted(scripts))
        return (
            f"The key {key} mixes {names} letters that look alike ({key!a})."
            " Type it again in one alphabet."
        )
    return None


def _scripts(key: str) -> set[str]:
    """Return the alphabets of the letters of *key*, among those that look alike."""
    words = (
        re.match(r"[A-Z]+", unicodedata.name(letter, "")) for letter in key if letter.isalpha()
    )
    return {_LOOKALIKE[word[0]] for word in words if word and word[0] in _LOOKALIKE}
