"""SKUs that a store has and no file declares → the files that declare them. Pure.

They are sorted into files as a person would: beside their siblings of the same product, else by
the product's category, else a file for each product of many variants. Each line says in a comment
what it is.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

from reconciler.desired.edit import Addition, add_to_text, spell
from reconciler.desired.files import SETTINGS_FILE
from reconciler.desired.keys import key_fault
from reconciler.desired.read import decode, read_document
from reconciler.desired.revise import Meaning, keep, meaning_of, verify
from reconciler.desired.spelling import MAX_QUANTITY
from reconciler.desired.write import LANGUAGE_SERVER, quote
from reconciler.model import DesiredState, InventoryType, LiveSku, Rule, Stock

OTHERS: Final = "other"
# A product of so many variants gets a file of its own, where no category says better.
MANY_VARIANTS: Final = 4
MAX_COMMENT: Final = 60
WIDEST: Final = 40

SETTINGS: Final = """\
site_id: {site_id}
# People type these counts while the shop sells: so only what changes in these files is written,
# and no sale is undone. Each file and each SKU may have another rule.
rule: on_change
"""


class Newcomer(NamedTuple):
    """A SKU that is to be declared as *sku*: pinned by its id where its code cannot be its name."""

    sku: str
    stock: Stock
    live: LiveSku
    is_pinned: bool


class LeftOut(NamedTuple):
    """A SKU that is not declared, and why; `can_be_pinned` says that its id could name it."""

    live: LiveSku
    reason: str
    can_be_pinned: bool


class Place(NamedTuple):
    """Where a SKU belongs: in which file, and after which SKU (None: at its end)."""

    path: str
    after: str | None


def sort_out(
    candidates: Iterable[LiveSku],
    listed: Iterable[LiveSku],
    stocks: Mapping[str, Stock],
    declared: Iterable[str],
    *,
    pin: bool,
) -> tuple[list[Newcomer], list[LeftOut]]:
    """Return which of *candidates* can be declared, and which are left out.

    *listed* are all SKUs of the store, *stocks* are by their ids, *declared* are names that are
    taken. With *pin*, SKUs without a code of their own are declared by their id.
    """
    codes = Counter(live.code for live in listed)
    taken = set(declared)
    newcomers, left_out = [], []
    for live in candidates:
        if no_stock := _no_stock(stocks.get(live.sku_id)):
            left_out.append(LeftOut(live, no_stock, can_be_pinned=False))
            continue
        no_name = _no_name(live.code, codes, taken)
        if no_name and not pin:
            left_out.append(LeftOut(live, no_name, can_be_pinned=True))
            continue
        name = _name_for(live, taken | codes.keys()) if no_name else live.code
        taken.add(name)
        newcomers.append(Newcomer(name, stocks[live.sku_id], live, no_name is not None))
    return newcomers, left_out


def choose_places(
    newcomers: Iterable[Newcomer],
    siblings: Mapping[str, Place],
    categories: Mapping[str, str],
    folder: str,
) -> dict[str, Place]:
    """Return where each newcomer belongs.

    *siblings* are places of SKUs that are declared already, by the ids of their products;
    *categories* are names by ids.
    """
    newcomers = tuple(newcomers)
    sizes = Counter(one.live.product_id for one in newcomers)
    places = {}
    for one in newcomers:
        if one.live.product_id in siblings:
            places[one.sku] = siblings[one.live.product_id]
            continue
        named = next((categories[c] for c in one.live.categories if categories.get(c)), "")
        many = sizes[one.live.product_id] >= MANY_VARIANTS
        title = named or (one.live.product if many else "")
        name = slug(title) or OTHERS
        if f"{name}.yaml" == SETTINGS_FILE:
            name = "stores"
        places[one.sku] = Place(PurePosixPath(folder, f"{name}.yaml").as_posix(), None)
    return places


def adopt(
    desired: DesiredState,
    files: Mapping[str, bytes],
    newcomers: Sequence[Newcomer],
    places: Mapping[str, Place],
    schema: str,
) -> dict[str, bytes]:
    """Return the contents of the files that change, or are new, when *newcomers* are declared.

    *files* begin with the settings. Raises EditError if they would not read as they are meant.
    """
    by_path: dict[str, list[Newcomer]] = defaultdict(list)
    for one in newcomers:
        by_path[places[one.sku].path].append(one)
    expected: dict[str, Meaning] = {s: meaning_of(e) for s, e in desired.declared.items()}
    contents: dict[str, bytes] = {}
    for path, ones in by_path.items():
        head: Mapping[str, Any] = {}
        if path in files:
            head = read_document(path, files[path]).data
            lines = [Addition(line, places[sku].after) for sku, line in _lines(ones)]
            keep(contents, path, files, add_to_text(decode(path, files[path])[0], lines))
        else:
            contents[path] = _new_file(path, ones, schema).encode()
        rule = Rule(head.get("rule", desired.settings.rule))
        for one in ones:
            pin = (one.live.sku_id, one.live.code) if one.is_pinned else (None, one.sku)
            expected[one.sku] = (one.stock, rule, head.get("as_of"), *pin)
    verify(desired, {**files, **contents}, expected)
    return contents


def slug(text: str) -> str:
    """Return *text* as the name of a file: a-z, 0-9 and hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60]


def _new_file(path: str, newcomers: Sequence[Newcomer], schema: str) -> str:
    lines = "".join(f"  {line}\n" for _, line in _lines(newcomers))
    return f"{LANGUAGE_SERVER.format(schema=schema)}skus:\n{lines}"


def _lines(newcomers: Sequence[Newcomer]) -> list[tuple[str, str]]:
    """Return the line of each SKU, with comments that are lined up."""
    entries = [(one, f"{quote(one.sku)}: {_value(one)}") for one in newcomers]
    width = max((len(entry) for _, entry in entries if len(entry) <= WIDEST), default=0)
    return [(one.sku, f"{entry:<{width}}  # {_said(one.live)}") for one, entry in entries]


def _value(one: Newcomer) -> str:
    quantity = spell(one.stock)
    if not one.is_pinned:
        return quantity
    return f"{{quantity: {quantity}, id: {quote(one.live.sku_id)}, sku: {quote(one.live.code)}}}"


def _said(live: LiveSku) -> str:
    """Return the name of product and variant as a comment, which must stay one line."""
    name = "".join(c if c.isprintable() else "?" for c in live.name or live.code or live.sku_id)
    return name if len(name) <= MAX_COMMENT else f"{name[: MAX_COMMENT - 1]}…"


def _no_stock(stock: Stock | None) -> str | None:
    """Return why *stock* cannot be declared, or None."""
    if stock is None:
        return "the store does not know its stock"
    if stock.inventory_type is InventoryType.INFINITE:
        return None
    if isinstance(stock.quantity, int) and 0 <= stock.quantity <= MAX_QUANTITY:
        return None
    return f"the store has {stock} of it, which no file can declare"


def _no_name(code: str, codes: Mapping[str, int], taken: Iterable[str]) -> str | None:
    """Return why *code* cannot be the name of a SKU in a file, or None."""
    if not code:
        return "it has no code"
    if codes[code] > 1:
        return f"{codes[code]} SKUs share the code {code}"
    if code in taken:
        return f"the name {code} stands for another SKU already"
    if code == "<<" or key_fault(code):
        return "its code cannot be a key: it holds what cannot be seen or told apart"
    return None


def _name_for(live: LiveSku, taken: Iterable[str]) -> str:
    """Return a name that says which SKU is meant: its code, or its product, with its variant."""
    product, _, variant = live.name.partition(" / ")
    parts = filter(None, (slug(live.code or product), slug(variant)))
    name = base = "-".join(parts).upper() or f"SKU-{live.sku_id[-6:].upper()}"
    number = 1
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    return name
