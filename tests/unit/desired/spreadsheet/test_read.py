"""Tables as spreadsheets save them: what is taken, and what is refused with its row."""

import csv
import io
from collections.abc import Iterable

import pytest
from factories import desired
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.known_skus import find_known_skus
from reconciler.desired.reader.keys import key_fault
from reconciler.desired.spreadsheet.columns import Purpose
from reconciler.desired.spreadsheet.formulas import FORMULA_STARTS
from reconciler.desired.spreadsheet.read import Table, read_table
from reconciler.desired.spreadsheet.write import render_table
from reconciler.errors import InputError
from reconciler.model import INFINITE, Declared, Pin, Rule, Stock, Terms, finite

TERMS = Terms(Rule.EXACT, None, "=inventory/a.yaml")
KNOWN = ("A", "7", "007", "TEE-M", "0123", "120000000000", "MAR-12", "=1+1")


def _read(
    text: str | bytes,
    purpose: Purpose = Purpose.SET,
    known: Iterable[str] = KNOWN,
    *,
    may_be_new: bool = False,
) -> Table:
    pinned = Terms(Rule.EXACT, Pin("5e8518516e147040726cc415", "POSTER"), "a.yaml")
    entries = [Declared(sku, finite(9), TERMS, 1) for sku in known]
    entries += [Declared(sku, finite(3), pinned, 2) for sku in ("P-PLAIN", "P-FRAMED")]
    skus = find_known_skus(desired(*entries))
    content = text.encode() if isinstance(text, str) else text
    return read_table("t.csv", content, skus, purpose, may_be_new=may_be_new)


def _problems(text: str | bytes, purpose: Purpose = Purpose.SET) -> list[str]:
    with pytest.raises(InputError) as caught:
        _read(text, purpose)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "columns", "delimiter"),
    [
        ("SKU,Qty\nA,5\n", ("SKU", "Qty"), "comma"),
        (
            "\ufeffItem code;Quantity on hand\r\nA;5\r\n",
            ("Item code", "Quantity on hand"),
            "semicolon",
        ),
        ('Name\tIn stock\tArtikel-Nr.\n"x, y"\t5\tA\n', ("Artikel-Nr.", "In stock"), "tab"),
        ("sep=;\nsku;Bestand\nA;5\n", ("sku", "Bestand"), "semicolon"),
        ('"Name, all",SKU,Stock\n"a;b",A,5.0\n\n,,\n', ("SKU", "Stock"), "comma"),
        ("Référence;Quantité\nA;5\n", ("Référence", "Quantité"), "semicolon"),
        ("SKU,Quantity,Counted,Country\nA,5,,DE\n", ("SKU", "Quantity"), "comma"),
        ("Artikelnr;Bestand;Inventur-Nr.\nA;5;4711\n", ("Artikelnr", "Bestand"), "semicolon"),
        ("SKU;Menge;Gezahlt;Inventurdatum\nA;5;19,00;1.1.\n", ("SKU", "Menge"), "semicolon"),
        ("SKU,Physical stock\nA,5\n", ("SKU", "Physical stock"), "comma"),
        # WooCommerce, Shopify's products and inventory, Matrixify, and Webflow itself.
        ("SKU,In stock?,Stock,Low stock amount\nA,1,5,2\n", ("SKU", "Stock"), "comma"),
        (
            "Variant SKU,Variant Inventory Tracker,Variant Inventory Qty\nA,shopify,5\n",
            ("Variant SKU", "Variant Inventory Qty"),
            "comma",
        ),
        (
            "SKU,HS Code,Available (not editable),On hand (current),On hand (new)\nA,1,2,5,\n",
            ("SKU", "On hand (current)"),
            "comma",
        ),
        (
            "SKU,On hand (current),On hand (new)\nA,2,5\n",
            ("SKU", "On hand (new)"),
            "comma",
        ),
        (
            "Variant SKU,Inventory Available: Main\nA,5\n",
            ("Variant SKU", "Inventory Available: Main"),
            "comma",
        ),
        (
            "Product Handle,Variant Sku,Variant Inventory\nt,A,5\n",
            ("Variant Sku", "Variant Inventory"),
            "comma",
        ),
    ],
)
def test_headings_are_matched_as_people_write_them(
    text: str, columns: tuple[str, str], delimiter: str
) -> None:
    """Whatever separates the cells, and wherever the columns stand."""
    table = _read(text)
    assert (table.stocks, table.columns, table.delimiter) == ({"A": finite(5)}, columns, delimiter)


@pytest.mark.parametrize(
    ("text", "columns", "delimiter"),
    [
        ("SKU,COUNTED\n A , 5 \nTEE-M,\n", ("SKU", "COUNTED"), "comma"),
        ("SKU,On hand,Counted Qty\nA,43,5\n", ("SKU", "Counted Qty"), "comma"),
        ("Artikelnummer;Bestand;Gezählt\nA;43;5\n", ("Artikelnummer", "Gezählt"), "semicolon"),
        ("SKU;Gezählt;Gezählt am\nA;5;1.1.2026\n", ("SKU", "Gezählt"), "semicolon"),
        ("SKU,Quantity,Counted\nA,43,5\n", ("SKU", "Counted"), "comma"),
        ("SKU,Received,Counted\nA,,5\n", ("SKU", "Counted"), "comma"),
    ],
)
def test_read_table_for_count_takes_the_column_for_counts(
    text: str, columns: tuple[str, str], delimiter: str
) -> None:
    """Whatever a system has stands beside it, and is not what somebody counted."""
    table = _read(text, Purpose.COUNT)
    assert (table.units, table.columns, table.delimiter) == ({"A": 5}, columns, delimiter)
    assert (table.stocks, table.left_empty) == ({}, "")


@pytest.mark.parametrize(
    "text",
    [
        "SKU,Received\nA,20\nTEE-M,-3\n",
        "SKU;Wareneingang\nA;+20,00\nTEE-M;-3\n",
        "SKU,Qty,Adjust by\nA,5,+20\nTEE-M,6,'-3\n",
        "SKU,Delivered\nA,20.0\nTEE-M,-3\n7,\n007,0\n",
    ],
)
def test_read_table_for_adjust_takes_what_came_in(text: str) -> None:
    """With a sign or without; 0 and a blank cell say that nothing came in."""
    table = _read(text, Purpose.ADJUST)
    assert (table.units, table.stocks) == ({"A": 20, "TEE-M": -3}, {})
    assert table.empty == text.count("7,")


@pytest.mark.parametrize(
    ("title", "right"),
    [
        ("Qty", Purpose.SET),
        ("Physical stock", Purpose.SET),
        ("Counted", Purpose.COUNT),
        ("Gezählt", Purpose.COUNT),
        ("Physical count", Purpose.COUNT),
        ("Received", Purpose.ADJUST),
        ("Liefermenge", Purpose.ADJUST),
    ],
)
@pytest.mark.parametrize("purpose", list(Purpose))
def test_read_table_for_another_command_is_refused_with_the_right_one(
    purpose: Purpose, title: str, right: Purpose
) -> None:
    """A system's number is no count, a count is no delivery, and each is written otherwise."""
    text = f"SKU,{title}\nA,9\n"
    if purpose is right:
        assert _read(text, purpose).columns == ("SKU", title)
    else:
        (problem,) = _problems(text, purpose)
        assert problem.startswith("t.csv:1:1: error: ")
        assert f"`reconciler {right} --csv`" in problem


@pytest.mark.parametrize("title", ["Counted", "Received"])
def test_read_table_for_set_refuses_numbers_of_people_beside_those_of_a_system(
    title: str,
) -> None:
    """What somebody filled in is not passed over for what a system has."""
    (problem,) = _problems(f"SKU,Quantity,{title}\nA,43,5\n")
    assert title in problem


def test_read_table_names_the_column_for_counts_that_is_empty() -> None:
    """The user learns that nobody filled it in."""
    table = _read("SKU,Quantity,Counted,Country\nA,5,,DE\n")
    assert (table.columns, table.left_empty) == (("SKU", "Quantity"), "Counted")


def test_a_row_without_a_quantity_is_not_counted() -> None:
    """Left alone, and said; infinite is a quantity."""
    table = _read("SKU,Note,Qty\nA,x,\nTEE-M,,infinite\n0123\n")
    assert _read("SKU,Qty\n7,1\n007,2\n").stocks == {"7": finite(1), "007": finite(2)}
    assert (table.stocks, table.empty, table.ignored) == ({"TEE-M": INFINITE}, 2, ("Note",))
    assert table.seen == {"A", "TEE-M", "0123"}


def test_read_table_takes_new_sku_where_it_may_be_new() -> None:
    """A code that could stand in a file is taken; one that could not is a slip all the same."""
    table = _read("SKU,Counted\nNEW,3\n", Purpose.COUNT, may_be_new=True)
    assert table.units == {"NEW": 3}
    with pytest.raises(InputError):
        _read('SKU,Counted\n"a\nb",3\n', Purpose.COUNT, may_be_new=True)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1.2E+11,5", "`1.2E+11` is a long number that the spreadsheet shortened"),
        ("1,2E+11;5", "`1,2E+11` is a long number that the spreadsheet shortened"),
        ("123,5", "`123` is unknown, but 0123 exists. The spreadsheet made a number of it"),
        ("7,5", "`7` may be 007, which the spreadsheet made a number"),
        ("123.0,5", "`123.0` is unknown, but 0123 exists"),
        ("12. Mrz,5", "`12. Mrz` is a date that the spreadsheet made of a code"),
        ("2012-03-01,5", "`2012-03-01` is a date"),
        ("12-Mar,5", "`12-Mar` is a date"),
        ("Mar 12,5", "`Mar 12` is a date"),
        ("123456789012345000,5", "of a long number by zeros"),
        ("#NAME?,5", "`#NAME?` is a spreadsheet error"),
        ("tee-m,5", "`tee-m` is in no file of this store. Did you mean TEE-M?"),
        ("POSTER,5", "Did you mean P-PLAIN or P-FRAMED?"),
        ("A,5,6", "has more cells than columns"),
        ("TEE-N,5", "`TEE-N` is in no file of this store. Did you mean TEE-M?"),
        ("A,-1", "`-1` is less than 0"),
        ('A,"1,200"', "has a separator between its digits. Write 1200"),
        ("A,5.5", "`5.5` is not a whole number. Write 5 or 6."),
        ("A,12. Mrz", "`12. Mrz` is a date, not a quantity"),
        ("A,1E+09", "is more than 999999999"),
        ("A,007", "starts with 0"),
        ("A,lots", "`lots` is not a quantity"),
        (",5", "The quantity has no SKU"),
        ("A,5\nA,5", "`A` is already in row 2. Keep one."),
    ],
)
def test_what_spreadsheets_and_people_do_is_refused_with_its_row(row: str, said: str) -> None:
    """Never guessed; a code that is declared just so is taken."""
    (problem,) = _problems(f"SKU{';' if ';' in row else ','}Qty\n{row}\n")
    number = 3 if "\n" in row else 2
    assert problem.startswith(f"t.csv:{number}:1: error: ")
    assert said in problem


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"SKU,Qty\nM\xfcg,5\n", "t.csv:2:1: error: Byte 0xFC is not UTF-8: it was saved as"),
        ("SKU,Qty\nA,5\n".encode("utf-16"), "This is UTF-16. Save it as `CSV UTF-8`."),
        (b"", "The table is empty"),
        (b"\n,\n", "The table is empty"),
        (
            b"Name,Qty\nA,5\n",
            "No column contains SKU. The first row must name the columns",
        ),
        (b"SKU,Name\nA,5\n", "No column contains a system's number"),
        (b"SKU,Qty,Stock\nA,5,6\n", "Qty and Stock can both be a system's number"),
        (b"SKU,Stock,New stock\nA,5,6\n", "Stock and New stock can both be a system's number"),
        (b'SKU,Qty\n"A,5\n', "is not a table"),
        (b"SKU,Qty\nA,\n", "No row has a number"),
        (b"PK\x03\x04\0\0", "This is a workbook. Save it as `CSV UTF-8`."),
        (b"SKU,Qty\nA,\0\n", "his contains a NUL"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, said: str) -> None:
    """With the way to save it right."""
    (problem,) = _problems(content)
    assert said in problem


@pytest.mark.parametrize(
    ("purpose", "content", "said"),
    [
        (Purpose.COUNT, "SKU,Counted\nA,\n", "Counted is empty"),
        (Purpose.COUNT, "SKU,Counted,Qty\nA,,5\n", "Qty contains a system's number"),
        (Purpose.COUNT, "SKU,Name\nA,5\n", "No column contains what was counted"),
        (Purpose.COUNT, "SKU,Count,Counted\nA,5,6\n", "Count and Counted can both"),
        (Purpose.COUNT, "SKU,Counted\nA,infinite\n", "infinite"),
        (Purpose.COUNT, "SKU,Counted\nA,+5\n", "`+5`"),
        (Purpose.COUNT, "SKU,Counted\nX-1,5\n", "--new"),
        (Purpose.ADJUST, "SKU,Received\nA,\n", "Received is empty"),
        (Purpose.ADJUST, "SKU,Received\nA,0\n", "No row has a number"),
        (Purpose.ADJUST, "SKU,Name\nA,5\n", "No column contains what came in"),
        (Purpose.ADJUST, "SKU,Received,Delivered\nA,5,6\n", "Received and Delivered can both"),
        (Purpose.ADJUST, "SKU,Received\nA,infinite\n", "`infinite`"),
        (Purpose.ADJUST, "SKU,Received\nA,1.5\n", "`1.5`"),
        (Purpose.ADJUST, "SKU,Received\nA,12. Mrz\n", "`12. Mrz` is a date"),
    ],
)
def test_read_table_of_events_refuses_what_is_none(
    purpose: Purpose, content: str, said: str
) -> None:
    """With the column or the cell, and nothing of the table is taken."""
    (problem,) = _problems(content, purpose)
    assert said in problem


NAMES = st.text(min_size=1, max_size=8).filter(lambda name: key_fault(name) is None)
FORMULAS = ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "＝1", "'=1", "''-"]  # noqa: RUF001
ODD = st.sampled_from([*FORMULAS, "'x", 'a"b', "a,b;c", ",=", '"='])
STOCKS = st.one_of(st.just(INFINITE), st.integers(0, 999_999_999).map(finite))


@given(
    st.dictionaries(st.one_of(NAMES, ODD), STOCKS, min_size=1, max_size=6),
    st.sampled_from([",", ";", "\t"]),
    st.booleans(),
)
def test_what_is_exported_is_taken_again(
    stocks: dict[str, Stock], delimiter: str, with_live: bool
) -> None:
    """For any SKU, a formula too; and no cell begins as a formula does."""
    declared = [Declared(sku, stock, TERMS, 1) for sku, stock in stocks.items()]
    text = render_table(declared, {} if with_live else None, delimiter)

    assert _read(text, known=stocks).stocks == stocks
    table = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    assert not any(cell.startswith(FORMULA_STARTS) for row in table for cell in row)
