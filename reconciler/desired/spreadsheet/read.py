"""A spreadsheet saved as CSV × the declared SKUs → what was counted. Pure.

What people and their spreadsheets do to codes and numbers is refused with the row, never guessed.
"""

import csv
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final, NamedTuple

from reconciler.desired.reader.document import MAX_BYTES
from reconciler.desired.reader.scalars import MAX_DIGITS, quantity_fault, shown
from reconciler.desired.spreadsheet.formulas import FORMULA_STARTS
from reconciler.errors import InputError, Problem
from reconciler.model import INFINITE, Declared, Stock, finite

# What people call the two columns, in lower case and without blanks and signs.
_NAMES: Final = {
    "SKU": frozenset(
        {"sku", "skus", "skucode", "skunumber", "code", "itemcode", "itemsku", "itemnumber"}
        | {"variantsku", "productcode", "articlenumber", "articleno", "artikelnummer", "artikelnr"}
        | {"reference"}
    ),
    "quantity": frozenset(
        {"quantity", "qty", "quantityonhand", "qtyonhand", "onhand", "stock", "stocklevel"}
        | {"instock", "stockonhand", "inventory", "available", "units", "quantite", "cantidad"}
        | {"menge", "bestand", "lagerbestand", "istbestand", "anzahl", "stuck"}
        | {"physicalstock", "realstock", "actualstock", "actualquantity", "actualqty"}
        | {"newstock", "newquantity", "newqty", "inventoryquantity", "inventoryqty"}
        | {"variantinventory", "variantinventoryqty", "variantinventoryquantity"}
        | {"onhandcurrent"}
    ),
}
# Matrixify adds the name of a place to these.
_PREFIXES: Final = ("inventoryavailable", "inventoryonhand")
_ACCEPTED: Final = {
    "SKU": "SKU, SKU code, Variant SKU, Code, Item number, Product code, Artikelnummer",
    "quantity": (
        "Counted, Physical count, or Inventurbestand for what was counted; Quantity, Qty, Stock,"
        " On hand, Available, Inventory, Variant Inventory Qty, or Bestand for a system's number"
    ),
}
# A column that somebody counted into goes before one that a system filled in. A closed list, with
# the dots on its letters: `gezahlt` is paid, and an `Inventur-Nr.` is no number of pieces.
_COUNTED: Final = frozenset(
    {"count", "counted", "countqty", "countedqty", "countedquantity", "countedstock"}
    | {"countedunits", "qtycounted", "quantitycounted", "stockcounted", "unitscounted"}
    | {"stockcount", "physicalcount", "actualcount", "newcount", "cyclecount", "inventorycount"}
    | {"gezählt", "gezaehlt", "gezähltemenge", "zählmenge", "inventurmenge", "inventurbestand"}
)
# Looking for a near code compares it with every other; beyond this it would be felt.
MAX_SUGGESTED: Final = 20
MAX_COMPARED: Final = 20_000
_DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
_WHOLE = re.compile(rf"(0|[1-9][0-9]{{0,{MAX_DIGITS - 1}}})(?:[.,]0{{1,2}})?")
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]+")
_MONTH = r"(?:jan|feb|mar|mär|mrz|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]*"
_DATE = re.compile(
    rf"[0-9]{{1,4}}[-/.][0-9]{{1,2}}(?:[-/.][0-9]{{1,4}})?|[0-9]{{1,4}}[-. /]+{_MONTH}"
    rf"(?:[-. /]+[0-9]{{2,4}})?|{_MONTH}[-. /]+[0-9]{{1,4}}",
    re.IGNORECASE,
)


class Table(NamedTuple):
    """What was counted, by SKU, and how the table was understood.

    `columns` are the headings that were taken for SKU and quantity, `ignored` the others; `rows`
    says how many rows have a SKU, and `empty` how many of them no quantity. `is_counted` says that
    the quantities stand in a column which is for counts alone, so that each was meant; else only
    those that differ are known to be. `left_empty` is the heading of a column for counts in which
    there are none, or ''.
    """

    counts: Mapping[str, Stock]
    columns: tuple[str, str]
    ignored: tuple[str, ...]
    delimiter: str
    empty: int
    rows: int
    is_counted: bool
    left_empty: str


class _Columns(NamedTuple):
    """Which columns hold SKU and quantity, and what is known of the latter (see Table)."""

    sku: int
    quantity: int
    is_counted: bool
    left_empty: str


_Row = tuple[int, list[str]]


def read_table(path: str, content: bytes, known: Mapping[str, Declared]) -> Table:
    """Return the counts in a table; raise InputError with every row that is not acceptable."""
    delimiter, rows = _read_rows(path, content)
    (line, heading), *rows = rows
    titles = [cell.strip() for cell in heading]
    columns = _find_columns(path, line, titles, rows)
    reading = _Reading(path, known)
    for number, cells in rows:
        whole = [*cells, *[""] * len(titles)]
        if any(map(str.strip, cells[len(titles) :])):
            message = "has more cells than there are columns; put text with separators in quotes"
            reading.problems.append(Problem(path, number, 1, message))
        else:
            reading.take(number, _bare(whole[columns.sku]), whole[columns.quantity].strip())
    reading.look_for_lost_zeros()
    if reading.problems:
        raise InputError(reading.problems)
    if not reading.counts:
        raise _refused(path, "no row has a quantity; fill one in")
    taken = {columns.sku, columns.quantity}
    return Table(
        counts=reading.counts,
        columns=(titles[columns.sku], titles[columns.quantity]),
        ignored=tuple(t for index, t in enumerate(titles) if t and index not in taken),
        delimiter=_DELIMITERS[delimiter],
        empty=reading.empty,
        rows=len(reading.rows),
        is_counted=columns.is_counted,
        left_empty=columns.left_empty,
    )


def _read_rows(path: str, content: bytes) -> tuple[str, list[_Row]]:
    """Return what separates the cells, and the rows that are not empty with their numbers."""
    delimiter, text = _find_delimiter(_decode(path, content))
    try:
        lines = io.StringIO(text, newline="")
        table = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise _refused(path, f"is not a table: {error}; save it as CSV again") from None
    rows = [(number, cells) for number, cells in enumerate(table, 1) if any(map(str.strip, cells))]
    if not rows:
        raise _refused(path, "the table is empty; name the columns in its first row")
    return delimiter, rows


class _Reading:
    """Takes row after row, and notes what is refused."""

    def __init__(self, path: str, known: Mapping[str, Declared]) -> None:
        self.path = path
        self.known = known
        self.counts: dict[str, Stock] = {}
        self.rows: dict[str, int] = {}
        self.problems: list[Problem] = []
        self.empty = 0
        self.unknown = 0
        self.by_bare: dict[str, set[str]] = defaultdict(set)
        """The declared SKUs that are all digits, by what is left of them without zeros in front."""
        for sku in filter(str.isdigit, known):
            self.by_bare[sku.lstrip("0")].add(sku)

    def take(self, number: int, sku: str, quantity: str) -> None:
        """Take what stands in row *number*."""
        if not sku and not quantity:
            return  # a heading within the table
        for fault in self._faults(sku, quantity):
            self.problems.append(Problem(self.path, number, 1, fault))
            return
        if sku in self.rows:
            message = f"{shown(sku)} stands in row {self.rows[sku]} already; keep one"
            self.problems.append(Problem(self.path, number, 1, message))
        self.rows.setdefault(sku, number)
        if not quantity:
            self.empty += 1
        elif quantity.lower() == "infinite":
            self.counts[sku] = INFINITE
        elif found := _WHOLE.fullmatch(quantity):
            self.counts[sku] = finite(int(found[1]))

    def look_for_lost_zeros(self) -> None:
        """Refuse `7` where `007` is declared too and has no row: a spreadsheet may have made it."""
        for sku in (sku for sku in self.counts if sku.isdigit()):
            twins = self.by_bare[sku.lstrip("0")] - {sku}
            if twins and not self.rows.keys() & twins:
                message = (
                    f"{shown(sku)} may be {' or '.join(sorted(twins))}, which a spreadsheet makes a"
                    " number of; format the column as text, and give both a row"
                )
                self.problems.append(Problem(self.path, self.rows[sku], 1, message))

    def _faults(self, sku: str, quantity: str) -> Iterator[str]:
        if not sku:
            yield "there is a quantity and no SKU; fill it in"
            return
        if sku not in self.known:
            yield self._unknown(sku)
        if quantity and quantity.lower() != "infinite" and not _WHOLE.fullmatch(quantity):
            if _DATE.fullmatch(quantity) and not re.fullmatch(r"[0-9]+\.[0-9]+", quantity):
                yield f"{shown(quantity)} is a date and no quantity; type the number again"
            yield quantity_fault(quantity, quoted=False)

    def _unknown(self, sku: str) -> str:
        """Return why *sku* is none, and what a spreadsheet may have made it of."""
        if sku.isdigit() or re.fullmatch(r"[0-9]+[.,]0+", sku):
            bare = re.split("[.,]", sku)[0].lstrip("0")
            for known in sorted(self.by_bare.get(bare, ())):
                return (
                    f"{shown(sku)} is not declared, and {known} is: a spreadsheet made a number"
                    " of it; format the column as text"
                )
        if re.fullmatch(r"[0-9]{13,}0{2,}", sku):
            return (
                f"{shown(sku)} is declared nowhere: of a long number spreadsheets make the last"
                " digits zeros; format the column as text, and type the code again"
            )
        if sku.startswith("#") and sku.endswith(("!", "?", "A")):
            return f"{shown(sku)} is an error of the spreadsheet; correct the cell"
        if _SHORTENED.fullmatch(sku):
            return (
                f"{shown(sku)} is how a spreadsheet shortens a long number; format the column as"
                " text, and type the code again"
            )
        if _DATE.fullmatch(sku):
            return (
                f"{shown(sku)} is a date, which a spreadsheet made of a code; format the column as"
                " text, and type the code again"
            )
        self.unknown += 1
        near = suggest_sku(sku, self.known) if self.unknown <= MAX_SUGGESTED else ""
        hint = near or "correct it, or delete the row"
        return f"{shown(sku)} is declared nowhere; {hint}"


def suggest_sku(word: str, declared: Mapping[str, Declared]) -> str:
    """Return a question for the SKUs that *word* may mean, or ''."""
    pinned = [sku for sku, entry in declared.items() if entry.terms.pin and entry.code == word]
    by_case = [sku for sku in declared if sku.casefold() == word.casefold()]
    near = pinned or by_case
    if not near and len(declared) <= MAX_COMPARED:
        near = get_close_matches(word, declared, 1, 0.6)
    return f"did you mean {' or '.join(near[:5])}?" if near else ""


def _decode(path: str, content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise _refused(path, "is larger than 16 MiB; split it")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refused(path, "is UTF-16; save it as `CSV UTF-8`")
    if content.startswith(b"PK\x03\x04"):
        raise _refused(path, "is a workbook; save it as `CSV UTF-8`")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        message = (
            f"byte 0x{content[error.start]:02X} is not UTF-8: it was saved as Windows-1252 or the"
            " like; save it as `CSV UTF-8`"
        )
        raise InputError([Problem(path, row, 1, message)]) from None
    if "\0" in text:
        raise _refused(path, "holds a NUL, so it is no CSV; save it as `CSV UTF-8`")
    return text


def _find_delimiter(text: str) -> tuple[str, str]:
    """Return what separates the cells, and the table itself; the first row decides."""
    first, _, rest = text.partition("\n")
    if found := re.fullmatch(r"sep=([,;\t])\s*", first):  # what spreadsheets write above a table
        return found[1], "\n" + rest
    heading = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", heading)
    return max(_DELIMITERS, key=bare.count), text


def _find_column(path: str, row: int, titles: list[str], what: str) -> int:
    """Return which column holds *what*; raise InputError for none and for several."""
    found = [index for index, title in enumerate(titles) if _is_called(title, what)]
    if len(found) == 1:
        return found[0]
    there = ", ".join(filter(None, titles))
    if not found:
        message = (
            f"no column is called {what}; the first row must name the columns (delete what stands"
            f" above), and here are: {there}. Accepted are: {_ACCEPTED[what]}"
        )
    else:
        names = " and ".join(titles[index] for index in found)
        message = f"both {names} may be the {what}; rename or delete the one that is not meant"
    raise InputError([Problem(path, row, 1, message)])


def _find_columns(path: str, row: int, titles: list[str], rows: list[_Row]) -> _Columns:
    """Return the columns by their headings.

    What was counted stands in a column for counts, if there is one that is filled in, else in that
    of what is in stock. Raises InputError where none or several may be meant.
    """
    sku = _find_column(path, row, titles, "SKU")
    counted = [index for index, title in enumerate(titles) if _bare_title(title) in _COUNTED]
    filled = [
        index for index in counted if any(len(c) > index and c[index].strip() for _, c in rows)
    ]
    if len(filled) > 1:
        names = " and ".join(titles[index] for index in filled)
        message = f"both {names} may be the count; rename or delete the one that is not meant"
        raise InputError([Problem(path, row, 1, message)])
    if filled:
        return _Columns(sku, filled[0], is_counted=True, left_empty="")
    empty = titles[counted[0]] if counted else ""
    if empty and not any(_is_called(title, "quantity") for title in titles):
        raise InputError([Problem(path, row, 1, f"nothing was counted: {empty} is empty")])
    quantity = _find_column(path, row, titles, "quantity")
    # Shopify's export has a column for the new number beside the current one.
    new = next((i for i, title in enumerate(titles) if _plain(title) == "onhandnew"), None)
    if new is not None and any(len(c) > new and c[new].strip() for _, c in rows):
        quantity = new
    return _Columns(sku, quantity, is_counted=False, left_empty=empty)


def _is_called(title: str, what: str) -> bool:
    """Return whether a column with the heading *title* holds *what*."""
    # A question is answered with yes or no, as WooCommerce's `In stock?`, and 1 is no quantity.
    if title.strip().endswith("?"):
        return False
    name = _plain(title)
    return name in _NAMES[what] or (what == "quantity" and name.startswith(_PREFIXES))


def _plain(title: str) -> str:
    """Return a heading without what people write in different ways."""
    split = unicodedata.normalize("NFKD", _bare_title(title))
    return "".join(c for c in split if not unicodedata.combining(c))


def _bare_title(title: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFC", title.casefold()))


def _bare(cell: str) -> str:
    """Return a cell without the apostrophe that kept it from being a formula."""
    is_kept = cell.startswith("'") and cell.lstrip("'").startswith(FORMULA_STARTS)
    return cell[1:] if is_kept else cell.strip()


def _refused(path: str, message: str) -> InputError:
    return InputError([Problem(path, 0, 0, message)])
