"""Check scalars, and advise what to write instead."""

import re
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Final

from reconciler.model import MAX_QUANTITY

MAX_DIGITS: Final = 9

NUMBER = re.compile(r"0|[1-9][0-9]*")
SIGNED = re.compile(rf"[+-][1-9][0-9]{{0,{MAX_DIGITS - 1}}}")
STARTS_OF_NOT_TEXT = frozenset("0123456789+-.~nNtTfF")
_WORDS_FOR_INFINITE = frozenset(
    {"infinite", "inf", "infinity", "unlimited", "endless", "∞", ".inf", "+.inf", "-.inf"}
)
_TRUTHS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false"})
_BASES = {"0x": 16, "0o": 8, "0b": 2}
_MEANT = "a whole number like 12, or infinite"
_TOO_LARGE = f"is more than {MAX_QUANTITY}, the most a quantity can be. Write a smaller number."
_NEGATIVE = f"is less than 0. Write 0 for sold out, or {_MEANT}."


def may_not_be_text(text: str) -> bool:
    """Return whether an editor takes the scalar *text* for a number, a boolean, or null."""
    if text and text[0] not in STARTS_OF_NOT_TEXT:
        return False
    return _not_text().fullmatch(text) is not None


@cache
def _not_text() -> re.Pattern[str]:
    """Return a pattern for all scalars that are not text in YAML 1.2's core schema.

    It is compiled when needed, which takes longer than reading a small store.
    """
    return re.compile(
        r"|~|null|Null|NULL|true|True|TRUE|false|False|FALSE"
        r"|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
        r"|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
    )


def shown(text: str) -> str:
    """Return *text* as messages quote it, cut if it is long."""
    return f"`{text}`" if len(text) <= 40 else f"`{text[:40]}…` ({len(text)} characters)"


def quantity_fault(text: str, *, quoted: bool, infinite: bool = True) -> str:
    """Return the problem of *text* as a quantity, and advice.

    Without *infinite*, that word is not suggested.
    """
    fault = _quantity_fault(text, quoted=quoted)
    return (
        fault if infinite else fault.replace(", or infinite", "").replace(". Write infinite.", "")
    )


def _quantity_fault(text: str, *, quoted: bool) -> str:
    bare = text.strip()
    if not bare:
        return f"The quantity is missing. Write {_MEANT}."
    if quoted and NUMBER.fullmatch(bare):
        return f"{shown(bare)} is in quotes, so it is text. Write it without quotes."
    if bare.lower() in _WORDS_FOR_INFINITE:
        return f"{shown(text)} is not a quantity. Write infinite."
    if bare.lower() in _TRUTHS:
        return f"{shown(bare)} is a yes or no to some programs. Write {_MEANT}."
    if bare.lower() in {"null", "~", ".nan"}:
        return f"{shown(bare)} is not a quantity. Write 0 for sold out, or {_MEANT}."
    fault = _number_fault(bare) or f"is not a quantity. Write {_MEANT}."
    return f"{shown(text)} {fault}"


def units_fault(text: str, *, quoted: bool) -> str:
    """Return the problem of *text* as the units of an event, and advice."""
    bare = text.strip()
    if quoted and (NUMBER.fullmatch(bare) or SIGNED.fullmatch(bare)):
        return f"{shown(bare)} is in quotes, so it is text. Write it without quotes."
    if found := re.fullmatch(r"([+-])0*([0-9]*)", bare):
        return f"{shown(bare)} {_signed_fault(found[1], found[2])}"
    if bare.lower() in _WORDS_FOR_INFINITE:
        return f"{shown(bare)} can't be counted. Declare it as a level instead."
    if bare in {"", "~"} or bare.lower() == "null":
        return f"The units are missing. Write {UNITS}."
    if bare[0] in OTHER_SIGNS:
        sign = OTHER_SIGNS[bare[0]]
        return (
            f"{shown(text)} begins with a character that only looks like {sign} (U+"
            f"{ord(bare[0]):04X}), as word processors make it. Type {sign} again."
        )
    return f"{shown(text)} is not a number of units. Write {UNITS}."


# Dashes, minus signs, and wide signs that spreadsheets and word processors write for + and -.
OTHER_SIGNS: Final = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d", "-"),
    **dict.fromkeys("\ufe62\uff0b", "+"),
}


def _signed_fault(sign: str, digits: str) -> str:
    if not digits:
        return "changes nothing. Delete the line."
    if len(digits) > MAX_DIGITS:
        return _TOO_LARGE
    return f"has a 0 after its sign. Write {sign}{digits}."


UNITS = "+20 for what came in, -3 for what went out, or 11 for what was counted"


def _number_fault(text: str) -> str | None:
    """Return the problem of the way the number *text* is written, or None."""
    if re.fullmatch(r"0[xob][0-9a-f]{1,12}", text.lower()):
        return _other_base_fault(text.lower())
    if re.fullmatch(r"[0-9]+(:[0-9]+)+", text):
        return f"is a time to some programs and a large number to others. Write {_MEANT}."
    if re.fullmatch(r"[0-9]{1,3}([_,' .\u00a0\u202f][0-9]{3})+", text):
        digits = re.sub(r"[^0-9]", "", text)
        if len(digits) > MAX_DIGITS:
            return _TOO_LARGE
        return f"has a separator between its digits. Write {int(digits)}, if that is meant."
    if re.fullmatch(r"[-+]?[0-9_]*[0-9][0-9_]*", text):
        return _whole_fault(text.replace("_", ""))
    return _decimal_fault(text)


def _other_base_fault(text: str) -> str | None:
    try:
        value = int(text[2:], _BASES[text[:2]])
    except ValueError:
        return None
    return f"is not written in decimal digits. Write {value}."


def _whole_fault(text: str) -> str:
    digits = text.lstrip("+-").lstrip("0") or "0"
    if len(digits) > MAX_DIGITS:
        return _TOO_LARGE
    if text.startswith("-") and digits != "0":
        return _NEGATIVE
    if text.startswith("+"):
        return (
            f"has a sign, but a level is a total. Write {digits}. If {digits} came in,"
            " write an event with `reconciler adjust`."
        )
    if text.startswith("0") and len(text) > 1:
        return f"starts with 0, and programs disagree on what that means. Write {digits}."
    return f"is not a plain whole number. Write {digits}."


def _decimal_fault(text: str) -> str | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if value.is_nan():
        return None
    if value.is_infinite() or abs(value) > MAX_QUANTITY:
        return _TOO_LARGE
    if value < 0:
        return _NEGATIVE
    if value == value.to_integral_value():
        return f"is not a plain whole number. Write {int(value)}."
    return f"is not a whole number. Write {int(value)} or {int(value) + 1}."
