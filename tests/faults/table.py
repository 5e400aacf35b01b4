"""The table of faults: rows by their id, each run on a bench of its own."""

import contextlib
import io
import os
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from factories import Run

from reconciler.cli.main import exit_code


@dataclass(frozen=True)
class Bench:
    """An empty folder to work in, the command, and chance that can be repeated."""

    folder: Path
    chance: random.Random

    def run(self, *arguments: str) -> Run:
        """Run the command in the folder."""
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = exit_code(list(arguments))
        return Run(code, out.getvalue(), err.getvalue())

    @contextmanager
    def fresh(self) -> Iterator["Bench"]:
        """Yield a bench with an empty folder and the same chance."""
        with tempfile.TemporaryDirectory() as folder:
            yield Bench(Path(folder), self.chance)


@dataclass(frozen=True)
class Row:
    """One fault: its id in the list of faults, what it is, and what must happen then."""

    id: str
    title: str
    check: Callable[[Bench], None]

    def run(self, seed: int) -> None:
        """Check the row; raise AssertionError where something else happens."""
        with tempfile.TemporaryDirectory() as folder:
            self.check(Bench(Path(os.path.realpath(folder)), random.Random(seed)))  # noqa: S311


# Every row that there is, whether it has a check yet or not.
IDS = tuple(
    f"{kind}{number}"
    for kind, last in (("N", 15), ("A", 22), ("F", 19), ("P", 9), ("C", 12), ("S", 12))
    for number in range(1, last + 1)
)
ROWS: dict[str, Row] = {}


def row(identity: str, title: str) -> Callable[[Callable[[Bench], None]], Callable[[Bench], None]]:
    """Enter a check into the table."""

    def enter(check: Callable[[Bench], None]) -> Callable[[Bench], None]:
        ROWS[identity] = Row(identity, title, check)
        return check

    return enter
