"""Remove SKUs from the text of an event file."""

from collections.abc import Collection

from reconciler.desired.reader.walk import find_places
from reconciler.errors import EditError


def remove_skus(path: str, text: str, skus: Collection[str]) -> str | None:
    """Return *text* without the lines of *skus*, or None if no SKU is left.

    Raises:
        EditError: The SKUs are in braces, several on a line.
    """
    top = find_places(text).fields["skus"]
    if top.fields.keys() <= set(skus):
        return None
    if top.in_braces:
        raise EditError(f"{path}: the SKUs are in braces. Write each on a line of its own.")
    gone = {node.key.line for sku, node in top.fields.items() if sku in skus}
    lines = text.splitlines(keepends=True)
    return "".join(line for number, line in enumerate(lines, 1) if number not in gone)
