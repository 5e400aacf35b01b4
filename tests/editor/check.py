"""Compare what an editor accepts with what `validate` does, on good, bad and random files."""

import json
import random
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from factories import problems  # noqa: E402  the path had to be set first

SCHEMA = HERE.parents[1] / "schemas/inventory.schema.json"

GOOD = (
    "skus:\n  A: 40\n",
    "rule: on_change\nlow: 5\nskus:\n  A: infinite\n  'B C': 0\n  \"0123\": 5\n  NO: 1\n",
    "skus:\n  A:\n    quantity: 12\n    rule: at_least\n    low: 0\n    note: pallet 7\n",
    "skus:\n  A: {id: 5e8518516e147040726cc415, sku: '', quantity: infinite}\n",
    "---\nskus: {A: 1} # x\n...\n",
    "skus:\r\n  A: 1\r\n",
)
# docs/how-to/editors.md lists these for people.
ONLY_VALIDATE_REFUSES = (
    "skus:\n  A: 010\n",
    "skus:\n  A: +5\n",
    "skus:\n  A: -0\n",
    "skus:\n  A: 5.0\n",
    "skus:\n  A: 1e3\n",
    "skus:\n  A: 0x1F\n",
    "skus:\n  A: 0o17\n",
    "skus:\n  A: &a 5\n  B: *a\n",
    "skus:\n  A: !!int 5\n",
    "%YAML 1.2\n---\nskus:\n  A: 5\n",
    "skus:\n  A\u200bB: 5\n",
    "skus:\n  T\u0415E: 5\n",
    "skus:\n  'A ': 5\n",
    "skus:\n  '': 5\n",
    "skus:\n  A: {id: 5e8518516e147040726cc415, quantity: 5}\n"
    "  B: {id: 5e8518516e147040726cc415, quantity: 5}\n",
)
BOTH_REFUSE = (
    "skus:\n  A: no\n",
    "skus:\n  A: '40'\n",
    "skus:\n  A: -5\n",
    "skus:\n  A: 2.5\n",
    "skus:\n  A: 1_000\n",
    "skus:\n  A: 1:20\n",
    "skus:\n  A: null\n",
    "skus:\n  A:\n",
    "skus:\n  A: 1000000000\n",
    "skus:\n  A: .inf\n",
    "skus:\n  A: 1\n  A: 2\n",
    "skus:\n  A: {quantitiy: 5}\n",
    "skus:\n  A: {quantity: 1, rule: Exact}\n",
    "skus:\n  A: {quantity: 1, note: 5}\n",
    "skus:\n  A: {quantity: 1, low: -1}\n",
    "skus:\n  A: {quantity: 1, as_of: 2026-11-20}\n",
    "skus:\n  A: {quantity: 1, sku: X}\n",
    "skus:\n  A: 1\n---\nskus: 5\n",
    "skus: {}\n",
    "hello\n",
    "- A\n",
    "skus:\n  A: [1\n",
)
VALUES = (
    "40 0 7 010 00 1_000 1e3 5.0 -5 +5 0x1F 0o17 0b1 1:20 .inf .5 5. infinite Infinite no null ~ true"
    " '40' \"infinite\" 'x' exact 2026-11-20 &a *a !!int !x | > - @x `x` [] {} #x 1,000 99999999999 1.0e+2"
    + " 12 infinite"
    * 20
).split(" ")
KEYS = (
    "A",
    "B",
    "'A'",
    '"A"',
    "A B",
    "<<",
    "'A '",
    "''",
    "é",
    "7",
    "no",
    "null",
    "? A",
    "quantity",
    "rule",
    "note",
)


def random_file(chance: random.Random) -> str:
    """Return a file whose lines are each almost right."""
    indents = ("  ", "  ", "  ", "    ", "")
    ends = ("\n", "\n", " # x\n", " \n", "\r\n")
    lines = (
        f"{chance.choice(indents)}{chance.choice(KEYS)}: {chance.choice(VALUES)}{chance.choice(ends)}"
        for _ in range(chance.randint(1, 4))
    )
    return "skus:\n" + "".join(lines)


def main() -> int:
    """Return 0 if the editor refuses nothing that `validate` accepts, and lets through what is listed."""
    seed = random.randrange(10**9)  # noqa: S311  no secret
    chance = random.Random(seed)  # noqa: S311  no secret
    drawn = [random_file(chance) for _ in range(5000)]
    texts = [*GOOD, *ONLY_VALIDATE_REFUSES, *BOTH_REFUSE, *drawn]
    run = subprocess.run(
        ["node", str(HERE / "accepts.js"), str(SCHEMA)],  # noqa: S607  wherever it is installed
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    by_editor = dict(zip(texts, json.loads(run.stdout), strict=True))
    by_us = {text: not problems(text) for text in texts}
    wrong = [text for text in texts if by_us[text] and not by_editor[text]]
    wrong += [text for text in GOOD if not by_us[text]]
    wrong += [text for text in ONLY_VALIDATE_REFUSES if by_us[text] or not by_editor[text]]
    wrong += [text for text in BOTH_REFUSE if by_us[text] or by_editor[text]]
    for text in wrong:
        print(f"validate {by_us[text]}, editor {by_editor[text]}: {text!r}")
    accepted = sum(by_us[text] for text in drawn)
    print(
        f"{len(texts)} files, {accepted} of the random ones accepted, {len(wrong)} wrong (seed {seed})"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
