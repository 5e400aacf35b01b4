"""How numbers are spelled, and what to write where one is not. Pure."""

import re
from decimal import Decimal, InvalidOperation
from typing import Final

MAX_DIGITS: Final = 9
MAX_QUANTITY: Final = 10**MAX_DIGITS - 1

NUMBER = re.compile(r"0|[1-9][0-9]*")
# What YAML 1.2's core schema takes as something else than text, the one spelling included.
_NOT_TEXT = re.compile(
    r"|~|null|Null|NULL|true|True|TRUE|false|False|FALSE"
    r"|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_STARTS_OF_NOT_TEXT = frozenset("0123456789+-.~nNtTfF")
_WORDS_FOR_INFINITE = frozenset(
    {"inf", "infinity", "unlimited", "endless", "∞", ".inf", "+.inf", "-.inf", "infinit", "infinte"}
)
_TRUTHS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false"})
_BASES = {"0x": 16, "0o": 8, "0b": 2}
_ADVICE = "write a whole number like 12, or infinite"


def may_not_be_text(text: str) -> bool:
    """Return whether an editor takes the plain scalar *text* for a number, a truth or nothing."""
    if text and text[0] not in _STARTS_OF_NOT_TEXT:
        return False
    return _NOT_TEXT.fullmatch(text) is not None


def quantity_fault(text: str, *, quoted: bool) -> str:
    """Return what is wrong with *text* as a quantity and what to write instead."""
    shown = text if len(text) <= 40 else f"{text[:40]}… ({len(text)} characters)"
    bare = text.strip()
    if not bare:
        return f"there is no quantity here; {_ADVICE}"
    if quoted and NUMBER.fullmatch(bare):
        return f'"{shown}" is in quotes, which makes it text; write {shown} without quotes'
    if bare.lower() in _WORDS_FOR_INFINITE | {"infinite"}:
        return f"{shown} is not a quantity; write infinite"
    if bare.lower() in _TRUTHS:
        return f"{shown} is no number (some programs read it as true or false); {_ADVICE}"
    if bare.lower() in {"null", "~", ".nan"}:
        return f"{shown} is no quantity; {_ADVICE} (0 is sold out)"
    return _number_fault(bare, shown) or f"{shown} is not a quantity; {_ADVICE}"


def _number_fault(text: str, shown: str) -> str | None:
    """Return what is wrong with *text* as the spelling of a number, or None if it is none."""
    if text[:2].lower() in _BASES and re.fullmatch(r"0[xob][0-9a-f]{1,12}", text.lower()):
        return _other_base_fault(text.lower(), shown)
    if re.fullmatch(r"[0-9]+(:[0-9]+)+", text):
        return f"{shown} is a time to some programs and a large number to others; {_ADVICE}"
    if re.fullmatch(r"[0-9]{1,3}([_,' .\u00a0\u202f][0-9]{3})+", text):
        joined = re.sub(r"[^0-9]", "", text)
        return f"{shown} has separators between its digits; write {int(joined)} if that is meant"
    if re.fullmatch(r"[-+]?[0-9_]+", text):
        return _whole_fault(text.replace("_", ""), shown)
    return _decimal_fault(text, shown)


def _other_base_fault(text: str, shown: str) -> str:
    try:
        value = int(text[2:], _BASES[text[:2]])
    except ValueError:
        return f"{shown} is not a quantity; {_ADVICE}"
    return f"{shown} is not written in decimal digits; write {value}"


def _whole_fault(text: str, shown: str) -> str:
    digits = text.lstrip("+-").lstrip("0") or "0"
    if len(digits) > len(str(MAX_QUANTITY)):
        return f"{shown} is larger than {MAX_QUANTITY}, the most a quantity can be"
    if text.startswith("-") and digits != "0":
        return f"{shown} is less than 0; write 0 for sold out, or {_ADVICE[6:]}"
    if text.startswith("+"):
        return f"{shown} has a sign, and quantities are absolute; write {digits}"
    if text.startswith("0") and len(text) > 1:
        return f"{shown} starts with 0, and programs disagree on what that means; write {digits}"
    return f"{shown} is not spelled as a whole number; write {digits}"


def _decimal_fault(text: str, shown: str) -> str | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value) > MAX_QUANTITY:
        return f"{shown} is larger than {MAX_QUANTITY}, the most a quantity can be"
    if value < 0:
        return f"{shown} is less than 0; write 0 for sold out, or {_ADVICE[6:]}"
    if value == value.to_integral_value():
        return f"{shown} is not spelled as a whole number; write {int(value)}"
    return f"{shown} is not a whole number; write {int(value)} or {int(value) + 1}"
