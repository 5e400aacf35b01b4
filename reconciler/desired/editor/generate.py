"""Generate inventory files for SKUs that no file declares.

A SKU is placed beside SKUs of the same product, else by the category of the product, else by a word
that several product names share, else in a file for a product with many variants. A comment on each
line has the name of the product and the variant.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

from slugify import slugify

from reconciler.desired.editor.patch import Addition, add_to_text
from reconciler.desired.editor.serialize import LANGUAGE_SERVER, can_be_spelled, quote, spell
from reconciler.desired.editor.store_edit import Meaning, keep, meaning_of, verify
from reconciler.desired.reader.keys import key_fault
from reconciler.desired.reader.text import decode, read_document
from reconciler.model import DesiredState, LiveSku, Rule, Stock

OTHERS: Final = "other"
# A product of so many variants gets a file of its own, where nothing says better, unless there are
# too many such.
MANY_VARIANTS: Final = 4
MAX_OWN_FILES: Final = 20
# Device names of Windows, and the settings.
_TAKEN: Final = frozenset(
    {
        "store",
        "con",
        "prn",
        "aux",
        "nul",
        *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(10)),
    }
)
_WORD = re.compile(r"[^\W\d_]{3,}")
MAX_IN_FILE: Final = 50_000
MAX_COMMENT: Final = 60
MAX_NAME: Final = 60
WIDEST: Final = 40

SETTINGS: Final = """\
site_id: {site_id}
# People type these counts while the shop sells: so only what changes in these files is written,
# and no sale is undone. Each file and each SKU may have another rule.
rule: on_change
limits:
  max_put_back: 0    # no typed number puts a sold unit back, unless --allow max_put_back says so
"""


class Newcomer(NamedTuple):
    """A SKU to declare as *sku*. It is pinned by its id if its code can't be the key."""

    sku: str
    stock: Stock
    live: LiveSku
    is_pinned: bool


class LeftOut(NamedTuple):
    """A SKU that is not declared, and why. With `can_be_pinned`, its id can be used."""

    live: LiveSku
    reason: str
    can_be_pinned: bool


class Place(NamedTuple):
    """The place of a new SKU: the file, and the SKU before it (None: at the end)."""

    path: str
    after: str | None


def partition_importable(
    candidates: Iterable[LiveSku],
    listed: Iterable[LiveSku],
    stocks: Mapping[str, Stock],
    declared: Iterable[str],
    *,
    pin: bool,
) -> tuple[list[Newcomer], list[LeftOut]]:
    """Return which *candidates* can be declared, and which are left out.

    *listed* are all SKUs of the shop, *stocks* their stocks by id, and *declared* the keys in use.
    With *pin*, SKUs without a usable code are declared by their id.
    """
    codes = Counter(live.code for live in listed)
    taken = set(declared)
    numbers: Counter[str] = Counter()
    newcomers, left_out = [], []
    for live in candidates:
        if no_stock := _no_stock(stocks.get(live.sku_id)):
            left_out.append(LeftOut(live, no_stock, can_be_pinned=False))
            continue
        no_name = _no_name(live.code, codes, taken)
        if no_name and not pin:
            left_out.append(LeftOut(live, no_name, can_be_pinned=True))
            continue
        name = _name_for(live, taken, codes, numbers) if no_name else live.code
        taken.add(name)
        newcomers.append(Newcomer(name, stocks[live.sku_id], live, no_name is not None))
    return newcomers, left_out


def choose_places(
    newcomers: Sequence[Newcomer],
    siblings: Mapping[str, Place],
    categories: Mapping[str, str],
    folder: str,
) -> dict[str, Place]:
    """Return the place of each newcomer.

    *siblings* are the places of declared SKUs by product id, *categories* names by id.
    """
    titles = {
        one.live.sku_id: next((categories[c] for c in one.live.categories if categories.get(c)), "")
        for one in newcomers
    }
    bare = [one.live for one in newcomers if not titles[one.live.sku_id]]
    by_name = _titles_by_name([live for live in bare if live.sku_id not in siblings])
    places = {}
    sizes: Counter[str] = Counter()
    for one in newcomers:
        if one.live.sku_id in siblings:
            places[one.sku] = siblings[one.live.sku_id]
            continue
        title = titles[one.live.sku_id] or by_name[one.live.product_id]
        name = file_name(title) or OTHERS
        name = f"{name}-stock" if name in _TAKEN else name
        sizes[name] += 1
        if part := sizes[name] // MAX_IN_FILE:
            name = f"{name}-{part + 1}"
        places[one.sku] = Place(PurePosixPath(folder, f"{name}.yaml").as_posix(), None)
    return places


def _titles_by_name(skus: Sequence[LiveSku]) -> dict[str, str]:
    """Return a file name for each product id: a word that several product names share."""
    products = {live.product_id: live.product for live in skus}
    variants = Counter(live.product_id for live in skus)
    words = {one: _WORD.findall(name.casefold()) for one, name in products.items()}
    shared = Counter(word for found in words.values() for word in set(found))
    titles = {}
    for one, found in words.items():
        several = [
            (shared[word], place, word) for place, word in enumerate(found) if shared[word] > 1
        ]
        titles[one] = max(several)[2] if several else ""
    alone = [one for one in products if not titles[one] and variants[one] >= MANY_VARIANTS]
    if len(alone) <= MAX_OWN_FILES:
        titles |= {one: products[one] for one in alone}
    return titles


def generate_files(
    desired: DesiredState,
    files: Mapping[str, bytes],
    newcomers: Sequence[Newcomer],
    places: Mapping[str, Place],
    schema: str,
) -> dict[str, bytes]:
    """Return the contents of the files that change when *newcomers* are declared.

    *files* start with the settings.

    Raises:
        EditError: The new files would not declare exactly that.
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
            added = [Addition(_entry(o), _said(o.live), places[o.sku].after) for o in ones]
            keep(contents, path, files, add_to_text(decode(path, files[path])[0], added))
        else:
            contents[path] = _new_file(ones, schema).encode()
        rule = Rule(head.get("rule", desired.settings.rule))
        for one in ones:
            pin = (one.live.sku_id, one.live.code) if one.is_pinned else (None, one.sku)
            expected[one.sku] = (one.stock, rule, *pin)
    verify(desired, {**files, **contents}, expected)
    return contents


def file_name(text: str) -> str:
    """Return *text* as the name of a file: letters, digits, and hyphens.

    Latin letters lose their accents. Other alphabets stay.
    """
    is_latin = all(unicodedata.name(c, "").startswith("LATIN") for c in text if c.isalpha())
    return slugify(text, allow_unicode=not is_latin, max_length=MAX_NAME)


def _new_file(newcomers: Sequence[Newcomer], schema: str) -> str:
    """Return a file of *newcomers* with aligned comments."""
    entries = [(one, _entry(one)) for one in newcomers]
    width = max((len(entry) for _, entry in entries if len(entry) <= WIDEST), default=0)
    lines = "".join(f"  {entry:<{width}}  # {_said(one.live)}\n" for one, entry in entries)
    return f"{LANGUAGE_SERVER.format(schema=schema)}skus:\n{lines}"


def _entry(one: Newcomer) -> str:
    """Return the line that declares a SKU."""
    quantity = spell(one.stock)
    if one.is_pinned:
        pin = f"id: {quote(one.live.sku_id)}, sku: {quote(one.live.code)}"
        quantity = f"{{quantity: {quantity}, {pin}}}"
    return f"{quote(one.sku)}: {quantity}"


def _said(live: LiveSku) -> str:
    """Return the name of product and variant as a comment on one line."""
    name = "".join(c if c.isprintable() else "?" for c in live.name or live.code or live.sku_id)
    return name if len(name) <= MAX_COMMENT else f"{name[: MAX_COMMENT - 1]}…"


def _no_stock(stock: Stock | None) -> str | None:
    """Return why *stock* can't be declared, or None."""
    if stock is None:
        return "the store does not know its stock"
    if can_be_spelled(stock):
        return None
    return f"the store has {stock} of it, which no file can declare"


def _no_name(code: str, codes: Mapping[str, int], taken: Container[str]) -> str | None:
    """Return why *code* can't be a key, or None."""
    if not code:
        return "it has no code"
    if codes[code] > 1:
        return f"{codes[code]} SKUs share the code {code}"
    if code in taken:
        return f"the name {code} already belongs to another SKU"
    fault = key_fault(code) or ("<< is none in YAML" if code == "<<" else None)
    return f"its code cannot be a key ({fault})" if fault else None


def _name_for(
    live: LiveSku, taken: Container[str], codes: Container[str], numbers: Counter[str]
) -> str:
    """Return a key for a SKU: its code, or its product and variant.

    *numbers* counts how often a name was already in use.
    """
    product, _, variant = live.name.partition(" / ")
    words = (live.code or product, variant)
    bases = ("-".join(filter(None, map(make, words))).upper() for make in (file_name, slugify))
    # Letters of two alphabets that look alike make no name; in Latin letters they do.
    base = next((b for b in bases if b and not key_fault(b)), f"SKU-{live.sku_id[-6:].upper()}")
    name = base
    while name in taken or name in codes:
        numbers[base] += 1
        name = f"{base}-{numbers[base] + 1}"
    return name
