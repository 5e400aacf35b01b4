"""Rows F1 to F16: YAML as people type it, and the places of all problems in it."""

from typing import NamedTuple


class Case(NamedTuple):
    """A row of the table: the inventory files, and the places of all problems in them."""

    id: str
    title: str
    files: tuple[bytes, ...]
    places: tuple[str, ...]


CASES = (
    Case(
        "F1",
        "a key given twice",
        (b"skus:\n  TEE-BLK-M: 40\n  MUG-RED: 12\n  TEE-BLK-M: 45\n",),
        ("demo/a.yaml:4:3",),
    ),
    Case(
        "F1",
        "a key given twice",
        (b"skus:\n  TEE-BLK-M:\n    quantity: 1\n    quantity: 2\n",),
        ("demo/a.yaml:4:5",),
    ),
    Case(
        "F2",
        "yes and no as a quantity",
        (b"skus:\n  A: no\n  B: on\n  C: NO\n  D: true\n  E: y\n",),
        (
            "demo/a.yaml:2:6",
            "demo/a.yaml:3:6",
            "demo/a.yaml:4:6",
            "demo/a.yaml:5:6",
            "demo/a.yaml:6:6",
        ),
    ),
    Case(
        "F3",
        "a time",
        (b"skus:\n  A: 1:20\n",),
        ("demo/a.yaml:2:6",),
    ),
    Case(
        "F4",
        "a leading zero",
        (b"skus:\n  A: 010\n  B: 0\n  C: 00\n",),
        (
            "demo/a.yaml:2:6",
            "demo/a.yaml:4:6",
        ),
    ),
    Case(
        "F5",
        "another spelling of a number",
        (
            b"skus:\n  A: 1e3\n  B: 5.0\n  C: 1,000\n  D: 1_000\n  E: 1.000\n  F: 1 000\n  G: 2.5\n  H: +5\n  I: 0x1F\n  J: 0b11\n",
        ),
        (
            "demo/a.yaml:2:6",
            "demo/a.yaml:3:6",
            "demo/a.yaml:4:6",
            "demo/a.yaml:5:6",
            "demo/a.yaml:6:6",
            "demo/a.yaml:7:6",
            "demo/a.yaml:8:6",
            "demo/a.yaml:9:6",
            "demo/a.yaml:10:6",
            "demo/a.yaml:11:6",
        ),
    ),
    Case(
        "F6",
        "infinite, not a number, far too large",
        (b"skus:\n  A: .inf\n  B: .nan\n  C: " + b"9" * 5000 + b"\n  D: 1000000000\n  E: 1e400\n",),
        (
            "demo/a.yaml:2:6",
            "demo/a.yaml:3:6",
            "demo/a.yaml:4:6",
            "demo/a.yaml:5:6",
            "demo/a.yaml:6:6",
        ),
    ),
    Case(
        "F7",
        "negative, null, empty, quoted",
        (
            b"skus:\n  A: -5\n  B: null\n  C:\n  D: ~\n  E: ''\n  F: '40'\n  G: {}\n  H: []\n  I: -0\n",
        ),
        (
            "demo/a.yaml:2:6",
            "demo/a.yaml:3:6",
            "demo/a.yaml:4:5",
            "demo/a.yaml:5:6",
            "demo/a.yaml:6:6",
            "demo/a.yaml:7:6",
            "demo/a.yaml:8:3",
            "demo/a.yaml:9:6",
            "demo/a.yaml:10:6",
        ),
    ),
    Case(
        "F8",
        "alias bomb, merge key, alias of itself",
        (b"a: &a [x,x]\nb: &b [*a,*a]\nskus: {A: 1}\n",),
        (
            "demo/a.yaml:1:4",
            "demo/a.yaml:2:4",
            "demo/a.yaml:2:8",
            "demo/a.yaml:2:11",
        ),
    ),
    Case(
        "F8",
        "alias bomb, merge key, alias of itself",
        (b"base: &b {quantity: 1}\nskus:\n  A:\n    <<: *b\n",),
        (
            "demo/a.yaml:1:7",
            "demo/a.yaml:4:5",
            "demo/a.yaml:4:9",
        ),
    ),
    Case(
        "F8",
        "alias bomb, merge key, alias of itself",
        (b"skus: &a [*a]\n",),
        (
            "demo/a.yaml:1:7",
            "demo/a.yaml:1:11",
        ),
    ),
    Case(
        "F9",
        "nested far too deep",
        (b"[" * 200_000,),
        ("demo/a.yaml:1:21",),
    ),
    Case(
        "F9",
        "nested far too deep",
        (b"skus:\n" + b"".join(b"  " * depth + b"a:\n" for depth in range(1, 31)),),
        ("demo/a.yaml:21:41",),
    ),
    Case(
        "F10",
        "tags",
        (
            b"skus:\n  A: !!python/object/apply:os.system ['x']\n  B: !foo 5\n  C: !!binary aGVsbG8=\n  D: !!int 5\n",
        ),
        (
            "demo/a.yaml:2:6",
            "demo/a.yaml:3:6",
            "demo/a.yaml:4:6",
            "demo/a.yaml:5:6",
        ),
    ),
    Case(
        "F11",
        "characters that cannot be seen, or look alike",
        (b"skus:\n  A: 1\x00\n",),
        ("demo/a.yaml:2:7",),
    ),
    Case(
        "F11",
        "characters that cannot be seen, or look alike",
        (b'skus:\n  "A\\e[31m": 1\n  "B\\0": 1\n',),
        (
            "demo/a.yaml:2:3",
            "demo/a.yaml:3:3",
        ),
    ),
    Case(
        "F11",
        "characters that cannot be seen, or look alike",
        (b"skus:\n  A\xe2\x80\xaeB: 1\n",),
        ("demo/a.yaml:2:4",),
    ),
    Case(
        "F11",
        "characters that cannot be seen, or look alike",
        (b"skus:\n  A\xe2\x80\x8bB: 1\n",),
        ("demo/a.yaml:2:4",),
    ),
    Case(
        "F11",
        "characters that cannot be seen, or look alike",
        (b"skus:\n  T\xd0\x95E: 1\n",),
        ("demo/a.yaml:2:3",),
    ),
    Case(
        "F11",
        "characters that cannot be seen, or look alike",
        (b"skus:\n  A : 1\n  ' B': 1\n  '': 2\n",),
        (
            "demo/a.yaml:3:3",
            "demo/a.yaml:4:3",
        ),
    ),
    Case("F12", "BOM, UTF-16, Latin-1", (b"\xef\xbb\xbfskus:\n  A: 1\n",), ()),
    Case(
        "F12",
        "BOM, UTF-16, Latin-1",
        (b"\xff\xfes\x00k\x00u\x00s\x00:\x00\n\x00 \x00 \x00A\x00:\x00 \x001\x00\n\x00",),
        ("demo/a.yaml",),
    ),
    Case(
        "F12",
        "BOM, UTF-16, Latin-1",
        (b"skus:\n  TASSE-GR\xdcN: 1\n",),
        ("demo/a.yaml:2:11",),
    ),
    Case(
        "F13",
        "conflict markers",
        (b"skus:\n<<<<<<< HEAD\n  A: 1\n=======\n  A: 2\n>>>>>>> feature\n",),
        ("demo/a.yaml:2:1",),
    ),
    Case(
        "F14",
        "an empty file",
        (b"",),
        ("demo/a.yaml",),
    ),
    Case(
        "F14",
        "an empty file",
        (b"# only a comment\n",),
        ("demo/a.yaml",),
    ),
    Case(
        "F14",
        "an empty file",
        (b"skus:\n",),
        ("demo/a.yaml:1:6",),
    ),
    Case(
        "F14",
        "an empty file",
        (b"---\n",),
        ("demo/a.yaml",),
    ),
    Case(
        "F14",
        "an empty file",
        (b"skus: {}\n",),
        ("demo/a.yaml:1:1",),
    ),
    Case(
        "F15",
        "one SKU in two files",
        (
            b"skus:\n  A: 1\n",
            b"skus:\n  B: 2\n  A: 1\n",
        ),
        ("demo/b.yaml:3:3",),
    ),
    Case(
        "F16",
        "a typo in a key",
        (b"skus:\n  A:\n    quantitiy: 5\n",),
        ("demo/a.yaml:3:5",),
    ),
    Case(
        "F16",
        "a typo in a key",
        (b"skuss:\n  A: 5\n",),
        ("demo/a.yaml:1:1",),
    ),
    Case(
        "F16",
        "a typo in a key",
        (b"skus:\n  A:\n    quantity: 5\n    count: 6\n",),
        ("demo/a.yaml:4:5",),
    ),
)

# Names that have broken other programs.
NAUGHTY = (
    "",
    " ",
    "undefined",
    "NULL",
    "nil",
    "true",
    "0",
    "-1",
    "1/0",
    "NaN",
    "Infinity",
    "0x0",
    "1,000",
    "1E+02",
    "<script>alert(1)</script>",
    "'; DROP TABLE skus; --",
    "$(touch /tmp/x)",
    "`id`",
    "%s%n",
    "{{7*7}}",
    "../../etc",
    "\u202etest",
    "\u200b",
    "\ufeff",
    "\u0000",
    "\x1b[31m",
    "\u2028",
    "Ω≈ç√",
    "田中さん",
    "👩🏽",
    "ﷺ",
    "Ṱ̺̺̕o͞",
    "\ud7ff",
    "::set-output name=x::1",
    "##[error]x",
    "=1+1",
    "@everyone",
    "-->",
    "a" * 10_000,
    "__proto__",
    "<<",
    "---",
    "%YAML",
)
