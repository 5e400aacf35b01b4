"""Change YAML files at random for a minute, and check that no quantity is misread."""

import random
import sys
import time
from pathlib import Path

import yaml
from factories import SITE
from faults.yaml_cases import CASES

from reconciler.desired.loader import build_desired
from reconciler.errors import InputError
from reconciler.model import INFINITE

ROOT = Path(__file__).parents[1]
PIECES = [
    b"skus:\n", b"  A: 1\n", b": ", b"\n", b"  ", b"&a ", b"*a", b"!!int ", b"<<: ", b"- ", b"{", b"}", b"[", b"]", b"'", b'"',
    b"|\n", b"#", b"\t", b"\x00", b"\xff", b"\xe2\x80\x8b", b"---\n", b"%", b"\\", b"010", b"1e3", b"no", b"null", b"9" * 30,
]  # fmt: skip


def change(chance: random.Random, content: bytes, others: list[bytes]) -> bytes:
    """Return *content* with random insertions, deletions, repetitions, and parts of other files."""
    for _ in range(chance.randint(1, 6)):
        start = chance.randint(0, len(content))
        end = min(len(content), start + chance.choice((0, 1, 1, 4, 20)))
        piece = chance.choice((b"", content[start:end] * 2, chance.choice(PIECES)))
        if chance.random() < 0.1:
            other = chance.choice(others)
            piece = other[chance.randint(0, len(other)) :][:200]
        content = content[:start] + piece + content[end:]
    return content


def check(content: bytes) -> bool:
    """Return whether *content* is accepted. Raises AssertionError for a misread quantity."""
    files = [("demo/store.yaml", f"site_id: {SITE}".encode()), ("demo/a.yaml", content)]
    try:
        declared = build_desired("demo", "demo", files, []).declared
    except InputError as error:
        assert error.problems and all(problem.message for problem in error.problems)
        return False
    spelled = yaml.load(content.decode("utf-8-sig"), yaml.CBaseLoader)["skus"]  # noqa: S506
    for sku, entry in declared.items():
        value = spelled[sku]["quantity"] if isinstance(spelled[sku], dict) else spelled[sku]
        assert value == ("infinite" if entry.stock == INFINITE else str(entry.stock.quantity))
    return True


def main(seconds: float) -> None:
    """Change and check files for *seconds*. The printed seed reproduces a failure."""
    seed = random.randrange(10**9)  # noqa: S311  no secret
    chance = random.Random(seed)  # noqa: S311  no secret
    start = [path.read_bytes() for path in sorted((ROOT / "inventory/demo").rglob("*.yaml"))]
    start += [content for case in CASES for content in case.files if len(content) < 10_000]
    taken = tried = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        content = change(chance, chance.choice(start), start)
        try:
            taken += check(content)
        except Exception:
            print(f"seed {seed}, try {tried}: {content!r}")  # noqa: T201  its output
            raise
        tried += 1
    print(f"{tried} files, {taken} accepted, none misread (seed {seed})")  # noqa: T201  its output


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
