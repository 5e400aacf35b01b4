"""The wording of problems in YAML files and tables, each with an input that causes it."""

import pytest
from factories import problems
from syrupy.assertion import SnapshotAssertion

from reconciler.desired.known_skus import KnownSkus
from reconciler.desired.spreadsheet.columns import Purpose
from reconciler.desired.spreadsheet.read import read_table
from reconciler.errors import InputError

FILES: tuple[str | bytes, ...] = (
    *("", "hello\n", "- A\n", "skus: {}\n", "skus:\n", "skus: 5\n", "skus:\nA: 5\n", "A: 1\n"),
    *(f"skus:\n  {line}\n" for line in ("A 5", "A:5", "- A: 5", "A: 'x", "A: [1", "A: {b: 1")),
    *(f"skus:\n  {line}\n" for line in ("A: 5\n   B: 6", "A: @x", "A: a: b", "A: &a 5", "A: *a")),
    *(
        f"skus:\n  {line}\n"
        for line in ("A: !!int 5", "<<: {A: 5}", "A: 1\n  A: 2", "? [a]\n  : 5")
    ),
    *(f"skus:\n  {key}: 5\n" for key in ("''", "'A '", "T\u0415E", "A\u200b", "A: 5 # \u202e")),
    *("skus:\n\tA: 5\n", "skus: {A: 1}\n---\nskus: {B: 1}\n", "%YAML 1.2\n---\nskus: {A: 1}\n"),
    *("a: 1\rb: 2\n", b"skus:\n  A: \xff\n", "skus: {A: 1}\n".encode("utf-16")),
    "<<<<<<< a\n=======\n>>>>>>> b\n",
    *(f"skus:\n  A: {text}\n" for text in ("010", "1_000", "1,000", "5.0", "2.5", "+5", "-5")),
    *(
        f"skus:\n  A: {text}\n"
        for text in ("'5'", "no", "1:20", "0x1F", "null", "unlimited", "9" * 12)
    ),
    *(f"skus:\n  A: {{quantity: 1, {text}}}\n" for text in ("rule: mine", "low: x", "note: 5")),
    *(f"skus:\n  A: {{quantity: 1, {text}}}\n" for text in ("id: X", "sku: B", "amount: 1")),
    *("skus:\n  A: {quantitiy: 5}\n", "skus:\n  A: {note: x}\n"),
    "rule: exact\nas_of: 2026-11-01\nskus:\n  A: 1\n",
)
SETTINGS = (
    *("", "rule: exact\n", "site_id: x\n", "site_id: 580e63e98c9a982ac9b8b741\nbackend: shopify\n"),
    "site_id: 580e63e98c9a982ac9b8b741\nlimits: {max_zeroed: many}\n",
    "site_id: 580e63e98c9a982ac9b8b741\nlimits: {max_zeroed: 10000000000}\n",
    "site_id: 580e63e98c9a982ac9b8b741\nfrozen: 5\n",
    "site_id: 580e63e98c9a982ac9b8b741\ntoken_env: PATH\n",
)


def _block(given: str | bytes, found: list[str]) -> str:
    return f"{given!r}\n" + "".join(f"    {line}\n" for line in found)


def test_problems_of_files(wording: SnapshotAssertion) -> None:
    """Levels, and settings."""
    blocks = [_block(text, problems(text)) for text in FILES]
    blocks += [_block(text, problems("skus: {A: 1}\n", settings=text)) for text in SETTINGS]
    assert "\n".join(blocks) == wording


TABLES = (
    *("", "SKU,Name\nTEE,x\n", "Name,Qty\nTEE,5\n", "SKU,Qty,Stock\nTEE,5,6\n", "SKU,Qty\nTEE,\n"),
    *("SKU,Qty\nTEE,5\nTEE,6\n", "SKU,Qty\n,5\n", "SKU,Qty\nTEX,5\n", "SKU,Qty\nTEE,12. Mar\n"),
    *("SKU,Qty\n1.2E+11,5\n", "SKU,Qty\n123,5\n", "SKU,Qty\n#NAME?,5\n", "SKU,Qty\nTEE,5,6\n"),
    *("SKU,Qty\nTEE,1_000\n", "SKU,Counted\nTEE,5\n", "SKU,Received\nTEE,5\n"),
)


@pytest.mark.parametrize("purpose", list(Purpose), ids=lambda one: one.name.lower())
def test_problems_of_tables(purpose: Purpose, wording: SnapshotAssertion) -> None:
    """For `set`, `count`, and `adjust`."""
    known = KnownSkus({"TEE", "MUG", "0123"}, {})
    blocks = []
    for text in TABLES:
        try:
            read_table("t.csv", text.encode(), known, purpose)
        except InputError as error:
            blocks.append(_block(text, [str(one) for one in error.problems]))
    assert "\n".join(blocks) == wording
