"""F1 to F16: what people type into YAML, and the exact sentences that meet it."""

from typing import NamedTuple


class Case(NamedTuple):
    """A row of the table: the inventory files, and all that is said of them."""

    id: str
    title: str
    files: tuple[bytes, ...]
    said: tuple[str, ...]


CASES = (
    Case(
        "F1",
        "a key given twice",
        (b"skus:\n  TEE-BLK-M: 40\n  MUG-RED: 12\n  TEE-BLK-M: 45\n",),
        ("demo/a.yaml:4:3: error: `TEE-BLK-M` is already on line 2. Keep one.",),
    ),
    Case(
        "F1",
        "a key given twice",
        (b"skus:\n  TEE-BLK-M:\n    quantity: 1\n    quantity: 2\n",),
        ("demo/a.yaml:4:5: error: `quantity` is already on line 3. Keep one.",),
    ),
    Case(
        "F2",
        "yes and no as a quantity",
        (b"skus:\n  A: no\n  B: on\n  C: NO\n  D: true\n  E: y\n",),
        (
            "demo/a.yaml:2:6: error: `no` is a yes or no to some programs. Write a whole number like 12, or infinite.",
            "demo/a.yaml:3:6: error: `on` is a yes or no to some programs. Write a whole number like 12, or infinite.",
            "demo/a.yaml:4:6: error: `NO` is a yes or no to some programs. Write a whole number like 12, or infinite.",
            "demo/a.yaml:5:6: error: `true` is a yes or no to some programs. Write a whole number like 12, or infinite.",
            "demo/a.yaml:6:6: error: `y` is a yes or no to some programs. Write a whole number like 12, or infinite.",
        ),
    ),
    Case(
        "F3",
        "a time",
        (b"skus:\n  A: 1:20\n",),
        (
            "demo/a.yaml:2:6: error: `1:20` is a time to some programs and a large number to others. Write a whole number like 12, or infinite.",
        ),
    ),
    Case(
        "F4",
        "a leading zero",
        (b"skus:\n  A: 010\n  B: 0\n  C: 00\n",),
        (
            "demo/a.yaml:2:6: error: `010` starts with 0, and programs disagree on what that means. Write 10.",
            "demo/a.yaml:4:6: error: `00` starts with 0, and programs disagree on what that means. Write 0.",
        ),
    ),
    Case(
        "F5",
        "another spelling of a number",
        (
            b"skus:\n  A: 1e3\n  B: 5.0\n  C: 1,000\n  D: 1_000\n  E: 1.000\n  F: 1 000\n  G: 2.5\n  H: +5\n  I: 0x1F\n  J: 0b11\n",
        ),
        (
            "demo/a.yaml:2:6: error: `1e3` is not a plain whole number. Write 1000.",
            "demo/a.yaml:3:6: error: `5.0` is not a plain whole number. Write 5.",
            "demo/a.yaml:4:6: error: `1,000` has a separator between its digits. Write 1000, if that is meant.",
            "demo/a.yaml:5:6: error: `1_000` has a separator between its digits. Write 1000, if that is meant.",
            "demo/a.yaml:6:6: error: `1.000` has a separator between its digits. Write 1000, if that is meant.",
            "demo/a.yaml:7:6: error: `1 000` has a separator between its digits. Write 1000, if that is meant.",
            "demo/a.yaml:8:6: error: `2.5` is not a whole number. Write 2 or 3.",
            "demo/a.yaml:9:6: error: `+5` has a sign, but a level is a total. Write 5. If 5 came in, write an event with `reconciler adjust`.",
            "demo/a.yaml:10:6: error: `0x1F` is not written in decimal digits. Write 31.",
            "demo/a.yaml:11:6: error: `0b11` is not written in decimal digits. Write 3.",
        ),
    ),
    Case(
        "F6",
        "infinite, not a number, far too large",
        (b"skus:\n  A: .inf\n  B: .nan\n  C: " + b"9" * 5000 + b"\n  D: 1000000000\n  E: 1e400\n",),
        (
            "demo/a.yaml:2:6: error: `.inf` is not a quantity. Write infinite.",
            "demo/a.yaml:3:6: error: `.nan` is not a quantity. Write 0 for sold out, or a whole number like 12, or infinite.",
            "demo/a.yaml:4:6: error: `9999999999999999999999999999999999999999\u2026` (5000 characters) is more than 999999999, the most a quantity can be. Write a smaller number.",
            "demo/a.yaml:5:6: error: `1000000000` is more than 999999999, the most a quantity can be. Write a smaller number.",
            "demo/a.yaml:6:6: error: `1e400` is more than 999999999, the most a quantity can be. Write a smaller number.",
        ),
    ),
    Case(
        "F7",
        "negative, null, empty, quoted",
        (
            b"skus:\n  A: -5\n  B: null\n  C:\n  D: ~\n  E: ''\n  F: '40'\n  G: {}\n  H: []\n  I: -0\n",
        ),
        (
            "demo/a.yaml:2:6: error: `-5` is less than 0. Write 0 for sold out, or a whole number like 12, or infinite.",
            "demo/a.yaml:3:6: error: `null` is not a quantity. Write 0 for sold out, or a whole number like 12, or infinite.",
            "demo/a.yaml:4:5: error: The quantity is missing. Write a whole number like 12, or infinite.",
            "demo/a.yaml:5:6: error: `~` is not a quantity. Write 0 for sold out, or a whole number like 12, or infinite.",
            "demo/a.yaml:6:6: error: The quantity is missing. Write a whole number like 12, or infinite.",
            "demo/a.yaml:7:6: error: `40` is in quotes, so it is text. Write it without quotes.",
            "demo/a.yaml:8:3: error: There is no `quantity`. Write `quantity: 12` or `quantity: infinite`.",
            "demo/a.yaml:9:6: error: A list is not a quantity. Write a whole number like 12, or infinite.",
            "demo/a.yaml:10:6: error: `-0` is not a plain whole number. Write 0.",
        ),
    ),
    Case(
        "F8",
        "alias bomb, merge key, alias of itself",
        (b"a: &a [x,x]\nb: &b [*a,*a]\nskus: {A: 1}\n",),
        (
            "demo/a.yaml:1:4: error: &a is an anchor, which is not allowed. Write each value out.",
            "demo/a.yaml:2:4: error: &b is an anchor, which is not allowed. Write each value out.",
            "demo/a.yaml:2:8: error: *a is an alias, which is not allowed. Write the value out.",
            "demo/a.yaml:2:11: error: *a is an alias, which is not allowed. Write the value out.",
        ),
    ),
    Case(
        "F8",
        "alias bomb, merge key, alias of itself",
        (b"base: &b {quantity: 1}\nskus:\n  A:\n    <<: *b\n",),
        (
            "demo/a.yaml:1:7: error: &b is an anchor, which is not allowed. Write each value out.",
            "demo/a.yaml:4:5: error: << is a merge key, which is not allowed. Write each value out.",
            "demo/a.yaml:4:9: error: *b is an alias, which is not allowed. Write the value out.",
        ),
    ),
    Case(
        "F8",
        "alias bomb, merge key, alias of itself",
        (b"skus: &a [*a]\n",),
        (
            "demo/a.yaml:1:7: error: &a is an anchor, which is not allowed. Write each value out.",
            "demo/a.yaml:1:11: error: *a is an alias, which is not allowed. Write the value out.",
        ),
    ),
    Case(
        "F9",
        "nested far too deep",
        (b"[" * 200_000,),
        ("demo/a.yaml:1:21: error: More than 20 levels deep. Write it flatter.",),
    ),
    Case(
        "F9",
        "nested far too deep",
        (b"skus:\n" + b"".join(b"  " * depth + b"a:\n" for depth in range(1, 31)),),
        ("demo/a.yaml:21:41: error: More than 20 levels deep. Write it flatter.",),
    ),
    Case(
        "F10",
        "tags",
        (
            b"skus:\n  A: !!python/object/apply:os.system ['x']\n  B: !foo 5\n  C: !!binary aGVsbG8=\n  D: !!int 5\n",
        ),
        (
            "demo/a.yaml:2:6: error: A tag (a word that starts with !) is not allowed. Delete it.",
            "demo/a.yaml:3:6: error: A tag (a word that starts with !) is not allowed. Delete it.",
            "demo/a.yaml:4:6: error: A tag (a word that starts with !) is not allowed. Delete it.",
            "demo/a.yaml:5:6: error: A tag (a word that starts with !) is not allowed. Delete it.",
        ),
    ),
    Case(
        "F11",
        "characters that cannot be seen, or look alike",
        (b"skus:\n  A: 1\x00\n",),
        ("demo/a.yaml:2:7: error: The character U+0000 is invisible and not allowed. Delete it.",),
    ),
    Case(
        "F11",
        "characters that cannot be seen, or look alike",
        (b'skus:\n  "A\\e[31m": 1\n  "B\\0": 1\n',),
        (
            "demo/a.yaml:2:3: error: The key 'A\\x1b[31m' holds the character U+001B, which is invisible. Type the key again.",
            "demo/a.yaml:3:3: error: The key 'B\\x00' holds the character U+0000, which is invisible. Type the key again.",
        ),
    ),
    Case(
        "F11",
        "characters that cannot be seen, or look alike",
        (b"skus:\n  A\xe2\x80\xaeB: 1\n",),
        ("demo/a.yaml:2:4: error: The character U+202E is invisible and not allowed. Delete it.",),
    ),
    Case(
        "F11",
        "characters that cannot be seen, or look alike",
        (b"skus:\n  A\xe2\x80\x8bB: 1\n",),
        ("demo/a.yaml:2:4: error: The character U+200B is invisible and not allowed. Delete it.",),
    ),
    Case(
        "F11",
        "characters that cannot be seen, or look alike",
        (b"skus:\n  T\xd0\x95E: 1\n",),
        (
            "demo/a.yaml:2:3: error: The key T\u0415E mixes Cyrillic and Latin letters that look alike (T\u0415E). Type it again in one alphabet.",
        ),
    ),
    Case(
        "F11",
        "characters that cannot be seen, or look alike",
        (b"skus:\n  A : 1\n  ' B': 1\n  '': 2\n",),
        (
            "demo/a.yaml:3:3: error: The key ' B' has a space at its edge. Delete the space.",
            "demo/a.yaml:4:3: error: A key is empty. Write the SKU's code before the colon.",
        ),
    ),
    Case("F12", "BOM, UTF-16, Latin-1", (b"\xef\xbb\xbfskus:\n  A: 1\n",), ()),
    Case(
        "F12",
        "BOM, UTF-16, Latin-1",
        (b"\xff\xfes\x00k\x00u\x00s\x00:\x00\n\x00 \x00 \x00A\x00:\x00 \x001\x00\n\x00",),
        ("demo/a.yaml: error: The file is UTF-16. Save it as UTF-8.",),
    ),
    Case(
        "F12",
        "BOM, UTF-16, Latin-1",
        (b"skus:\n  TASSE-GR\xdcN: 1\n",),
        ("demo/a.yaml:2:11: error: Byte 0xDC is not UTF-8. Save the file as UTF-8.",),
    ),
    Case(
        "F13",
        "conflict markers",
        (b"skus:\n<<<<<<< HEAD\n  A: 1\n=======\n  A: 2\n>>>>>>> feature\n",),
        (
            "demo/a.yaml:2:1: error: Git left this conflict marker. keep one of the two sides and delete the lines with <<<<<<<, =======, and >>>>>>>.",
        ),
    ),
    Case(
        "F14",
        "an empty file",
        (b"",),
        ("demo/a.yaml: error: The file is empty. Fill it in, or delete it.",),
    ),
    Case(
        "F14",
        "an empty file",
        (b"# only a comment\n",),
        ("demo/a.yaml: error: The file is empty. Fill it in, or delete it.",),
    ),
    Case(
        "F14",
        "an empty file",
        (b"skus:\n",),
        (
            "demo/a.yaml:1:6: error: There is no SKU below `skus:`. Write one, like `TEE-BLK-M: 40`.",
        ),
    ),
    Case(
        "F14",
        "an empty file",
        (b"---\n",),
        ("demo/a.yaml: error: The file is empty. Fill it in, or delete it.",),
    ),
    Case(
        "F14",
        "an empty file",
        (b"skus: {}\n",),
        (
            "demo/a.yaml:1:1: error: The file has no SKU. Write one, like `TEE-BLK-M: 40`, or delete the file.",
        ),
    ),
    Case(
        "F15",
        "one SKU in two files",
        (
            b"skus:\n  A: 1\n",
            b"skus:\n  B: 2\n  A: 1\n",
        ),
        ("demo/b.yaml:3:3: error: `A` is declared here and at demo/a.yaml:2. Keep one.",),
    ),
    Case(
        "F16",
        "a typo in a key",
        (b"skus:\n  A:\n    quantitiy: 5\n",),
        ("demo/a.yaml:3:5: error: The key `quantitiy` is unknown.; did you mean quantity?",),
    ),
    Case(
        "F16",
        "a typo in a key",
        (b"skuss:\n  A: 5\n",),
        ("demo/a.yaml:1:1: error: The key `skuss` is unknown.; did you mean skus?",),
    ),
    Case(
        "F16",
        "a typo in a key",
        (b"skus:\n  A:\n    quantity: 5\n    count: 6\n",),
        (
            "demo/a.yaml:4:5: error: The key `count` is unknown.; known here: id, low, note, quantity, rule, sku",
        ),
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
