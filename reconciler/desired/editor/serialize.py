"""Write an inventory file for declared SKUs."""

import re
from collections.abc import Iterable, Iterator

from reconciler.desired.reader.keys import find_hidden
from reconciler.desired.reader.scalars import may_not_be_text
from reconciler.model import MAX_QUANTITY, Declared, InventoryType, Rule, Stock

LANGUAGE_SERVER = "# yaml-language-server: $schema={schema}\n"
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]*")


def write_inventory(declared: Iterable[Declared], rule: Rule, schema: str) -> str:
    """Return a file that declares each SKU with its stock, rule, and id.

    Entries with the *rule* of the file take the short form if possible. *schema* is the path or
    address of the schema for editors.
    """
    lines = "".join(_entry(entry, rule) for entry in declared)
    return f"{LANGUAGE_SERVER.format(schema=schema)}rule: {rule}\nskus:\n{lines}"


def _entry(entry: Declared, rule: Rule) -> str:
    quantity = spell(entry.stock)
    fields = list(_fields(entry, rule))
    if not fields:
        return f"  {quote(entry.sku)}: {quantity}\n"
    lines = "".join(f"    {line}\n" for line in (f"quantity: {quantity}", *fields))
    return f"  {quote(entry.sku)}:\n{lines}"


def _fields(entry: Declared, rule: Rule) -> Iterator[str]:
    """Yield the fields that need the long form."""
    if entry.rule is not rule:
        yield f"rule: {entry.rule}"
    if entry.id is not None:
        yield f"id: {quote(entry.id)}"
        yield f"sku: {quote(entry.code)}"


def spell(stock: Stock) -> str:
    """Return *stock* as a quantity in YAML."""
    if stock.inventory_type is InventoryType.INFINITE:
        return "infinite"
    return str(stock.quantity)


def can_be_spelled(stock: Stock) -> bool:
    """Return whether YAML can declare *stock*. Live numbers can be negative or fractions."""
    if stock.inventory_type is InventoryType.INFINITE:
        return True
    return isinstance(stock.quantity, int) and 0 <= stock.quantity <= MAX_QUANTITY


def quote(text: str) -> str:
    """Return *text* as a YAML scalar that every parser reads as this text."""
    is_old = text.lower() in _OLD_WORDS or _OLD_NUMBER.fullmatch(text)
    if _PLAIN.fullmatch(text) and not may_not_be_text(text) and not is_old:
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


# Text in YAML 1.2, but something else in 1.1. So it is quoted.
_OLD_WORDS = frozenset({"y", "n", "yes", "no", "on", "off"})
_OLD_NUMBER = re.compile(r"[0-9][0-9_.:+-]*|0[xXoObB].*|[0-9][0-9_.]*[eE][0-9_+-]*")


def _escaped(character: str) -> str:
    """Return *character* escaped for double quotes."""
    if character in {'"', "\\"}:
        return f"\\{character}"
    if character.isprintable() and find_hidden(character) is None:
        return character
    return _SHORT.get(character, _long(character))


_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def _long(character: str) -> str:
    return f"\\U{ord(character):08X}"
