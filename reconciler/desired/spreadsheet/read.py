"""Read the numbers of a CSV file from a spreadsheet.

Codes and numbers that a spreadsheet has changed are refused with their row, and never guessed.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Final, NamedTuple

from reconciler.desired.known_skus import KnownSkus
from reconciler.desired.reader.document import MAX_BYTES
from reconciler.desired.reader.keys import key_fault
from reconciler.desired.reader.scalars import MAX_DIGITS, quantity_fault, shown, units_fault
from reconciler.desired.spreadsheet.columns import Purpose, TableRow, find_columns
from reconciler.desired.spreadsheet.formulas import FORMULA_STARTS
from reconciler.errors import InputError, Problem
from reconciler.model import INFINITE, Stock, finite

# A search for a similar code compares all codes.
MAX_SUGGESTED: Final = 20
_DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
_WHOLE = re.compile(rf"(0|[1-9][0-9]{{0,{MAX_DIGITS - 1}}})(?:[.,]0{{1,2}})?")
_SIGNED = re.compile(rf"([+-]?)(0|[1-9][0-9]{{0,{MAX_DIGITS - 1}}})(?:[.,]0{{1,2}})?")
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]+")
_MONTH = r"(?:jan|feb|mar|mär|mrz|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]*"
_DATE = re.compile(
    rf"[0-9]{{1,4}}[-/.][0-9]{{1,2}}(?:[-/.][0-9]{{1,4}})?|[0-9]{{1,4}}[-. /]+{_MONTH}"
    rf"(?:[-. /]+[0-9]{{2,4}})?|{_MONTH}[-. /]+[0-9]{{1,4}}",
    re.IGNORECASE,
)


class Table(NamedTuple):
    """The numbers of a table by SKU.

    - `stocks`: the stocks of a system
    - `units`: the counts or adjustments (below 0: removed)
    - `columns`: the headings of SKU and quantity. `ignored` are the others.
    - `seen`: all SKUs with a row. `empty` is the number of rows without a number.
    - `left_empty`: the heading of an empty column for counts, or ''
    """

    stocks: Mapping[str, Stock]
    units: Mapping[str, int]
    columns: tuple[str, str]
    ignored: tuple[str, ...]
    delimiter: str
    empty: int
    seen: frozenset[str]
    left_empty: str


def read_table(
    path: str, content: bytes, known: KnownSkus, purpose: Purpose, *, may_be_new: bool = False
) -> Table:
    """Return the numbers of a table for *purpose*. Its SKUs are *known*, or *may be new*.

    Raises:
        InputError: It has all invalid rows.
    """
    delimiter, rows = _read_rows(path, content)
    (line, heading), *rows = rows
    titles = [cell.strip() for cell in heading]
    columns = find_columns(path, line, titles, rows, purpose)
    reading = _Reading(path, known, purpose, may_be_new=may_be_new)
    for number, cells in rows:
        whole = [*cells, *[""] * len(titles)]
        if any(map(str.strip, cells[len(titles) :])):
            message = "The row has more cells than columns. Put text with separators in quotes."
            reading.problems.append(Problem(path, number, 1, message))
        else:
            reading.take(number, _bare(whole[columns.sku]), _bare(whole[columns.quantity]))
    reading.look_for_lost_zeros()
    if reading.problems:
        raise InputError(reading.problems)
    if not reading.taken:
        raise _refused(path, "No row has a number. Fill one in.")
    used = {columns.sku, columns.quantity}
    return Table(
        stocks=reading.stocks,
        units=reading.units,
        columns=(titles[columns.sku], titles[columns.quantity]),
        ignored=tuple(t for index, t in enumerate(titles) if t and index not in used),
        delimiter=_DELIMITERS[delimiter],
        empty=reading.empty,
        seen=frozenset(reading.rows),
        left_empty=columns.left_empty,
    )


def _read_rows(path: str, content: bytes) -> tuple[str, list[TableRow]]:
    """Return the delimiter, and the rows that are not empty with their numbers."""
    delimiter, text = _find_delimiter(_decode(path, content))
    try:
        lines = io.StringIO(text, newline="")
        table = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise _refused(path, f"This is not a table: {error}. Save it as CSV again.") from None
    rows = [(number, cells) for number, cells in enumerate(table, 1) if any(map(str.strip, cells))]
    if not rows:
        raise _refused(path, "The table is empty. Name the columns in its first row.")
    return delimiter, rows


class _Reading:
    """Reads row after row, and collects problems."""

    def __init__(self, path: str, known: KnownSkus, purpose: Purpose, *, may_be_new: bool) -> None:
        self.path = path
        self.known = known
        self.purpose = purpose
        self.may_be_new = may_be_new
        self.stocks: dict[str, Stock] = {}
        self.units: dict[str, int] = {}
        self.rows: dict[str, int] = {}
        self.problems: list[Problem] = []
        self.empty = 0
        self.unknown = 0
        self.by_bare: dict[str, set[str]] = defaultdict(set)
        """The known SKUs that are all digits, by what is left of them without zeros in front."""
        for sku in filter(str.isdigit, known.keys):
            self.by_bare[sku.lstrip("0")].add(sku)

    def take(self, number: int, sku: str, quantity: str) -> None:
        """Read row *number*."""
        if not sku and not quantity:
            return  # a heading within the table
        for fault in self._faults(sku, quantity):
            self.problems.append(Problem(self.path, number, 1, fault))
            return
        if sku in self.rows:
            message = f"{shown(sku)} is already in row {self.rows[sku]}. Keep one."
            self.problems.append(Problem(self.path, number, 1, message))
        self.rows.setdefault(sku, number)
        if not quantity:
            self.empty += 1
        elif self.purpose is Purpose.ADJUST:
            self._take_units(sku, quantity)
        elif quantity.lower() == "infinite":
            self.stocks[sku] = INFINITE
        elif found := _WHOLE.fullmatch(quantity):
            self._take_whole(sku, int(found[1]))

    @property
    def taken(self) -> Collection[str]:
        """Return the SKUs with a number."""
        return self.units if self.purpose.is_event else self.stocks

    def _take_whole(self, sku: str, number: int) -> None:
        if self.purpose is Purpose.COUNT:
            self.units[sku] = number
        else:
            self.stocks[sku] = finite(number)

    def _take_units(self, sku: str, quantity: str) -> None:
        """Read an adjustment. A row with 0 means no change."""
        found = _SIGNED.fullmatch(quantity)
        units = int(found[1] + found[2]) if found else 0
        if units:
            self.units[sku] = units
        else:
            self.empty += 1

    def look_for_lost_zeros(self) -> None:
        """Refuse `7` if `007` is declared and has no row. A spreadsheet may have cut it."""
        for sku in filter(str.isdigit, self.taken):
            twins = self.by_bare[sku.lstrip("0")] - {sku}
            if twins and not self.rows.keys() & twins:
                message = (
                    f"{shown(sku)} may be {' or '.join(sorted(twins))}, which the spreadsheet"
                    " made a number. Format the column as text, and add a row for each."
                )
                self.problems.append(Problem(self.path, self.rows[sku], 1, message))

    def _faults(self, sku: str, quantity: str) -> Iterator[str]:
        if not sku:
            yield "The quantity has no SKU. Fill it in."
            return
        if sku not in self.known.keys and not (self.may_be_new and key_fault(sku) is None):
            yield self._unknown(sku)
        if quantity and not self._is_number(quantity):
            if _DATE.fullmatch(quantity) and not re.fullmatch(r"[0-9]+\.[0-9]+", quantity):
                yield f"{shown(quantity)} is a date, not a quantity. Type the number again."
            if self.purpose is Purpose.ADJUST:
                yield units_fault(quantity, quoted=False)
            elif quantity.lower() == "infinite":
                yield "`infinite` can't be counted. Write the number."
            else:
                may_be_infinite = self.purpose is Purpose.SET
                yield quantity_fault(quantity, quoted=False, infinite=may_be_infinite)

    def _is_number(self, quantity: str) -> bool:
        if self.purpose is Purpose.ADJUST:
            return _SIGNED.fullmatch(quantity) is not None
        may_be_infinite = self.purpose is Purpose.SET and quantity.lower() == "infinite"
        return may_be_infinite or _WHOLE.fullmatch(quantity) is not None

    def _unknown(self, sku: str) -> str:
        """Return the problem of an unknown SKU, with the code that it may come from."""
        if sku.isdigit() or re.fullmatch(r"[0-9]+[.,]0+", sku):
            bare = re.split("[.,]", sku)[0].lstrip("0")
            for known in sorted(self.by_bare.get(bare, ())):
                return (
                    f"{shown(sku)} is unknown, but {known} exists. The spreadsheet made a number"
                    " of it. Format the column as text."
                )
        if re.fullmatch(r"[0-9]{13,}0{2,}", sku):
            return (
                f"{shown(sku)} is unknown. Spreadsheets replace the last digits of a long number"
                " by zeros. Format the column as text, and type the code again."
            )
        if sku.startswith("#") and sku.endswith(("!", "?", "A")):
            return f"{shown(sku)} is a spreadsheet error. Correct the cell."
        if _SHORTENED.fullmatch(sku):
            return (
                f"{shown(sku)} is a long number that the spreadsheet shortened. Format the"
                " column as text, and type the code again."
            )
        if _DATE.fullmatch(sku):
            return (
                f"{shown(sku)} is a date that the spreadsheet made of a code. Format the column as"
                " text, and type the code again."
            )
        self.unknown += 1
        near = self.known.suggest(sku) if self.unknown <= MAX_SUGGESTED else ""
        hint = near or "Correct it, or delete the row."
        if self.purpose is not Purpose.SET:
            hint += " Use --new for SKUs that no file names yet."
        return f"{shown(sku)} is in no file of this store. {hint}"


def _decode(path: str, content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise _refused(path, "This is larger than 16 MiB. Split it.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refused(path, "This is UTF-16. Save it as `CSV UTF-8`.")
    if content.startswith(b"PK\x03\x04"):
        raise _refused(path, "This is a workbook. Save it as `CSV UTF-8`.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        message = (
            f"Byte 0x{content[error.start]:02X} is not UTF-8: it was saved as Windows-1252 or the"
            " like. Save it as `CSV UTF-8`."
        )
        raise InputError([Problem(path, row, 1, message)]) from None
    if "\0" in text:
        raise _refused(path, "This contains a NUL byte, so it is not CSV. Save it as `CSV UTF-8`.")
    return text


def _find_delimiter(text: str) -> tuple[str, str]:
    """Return the delimiter and the table. The first row decides."""
    first, _, rest = text.partition("\n")
    if found := re.fullmatch(r"sep=([,;\t])\s*", first):  # written by spreadsheets
        return found[1], "\n" + rest
    heading = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", heading)
    return max(_DELIMITERS, key=bare.count), text


def _bare(cell: str) -> str:
    """Return a cell without the apostrophe that made it text."""
    is_kept = cell.startswith("'") and cell.lstrip("'").startswith(FORMULA_STARTS)
    return cell[1:] if is_kept else cell.strip()


def _refused(path: str, message: str) -> InputError:
    return InputError([Problem(path, 0, 0, message)])
