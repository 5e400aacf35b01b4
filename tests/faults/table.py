"""The table of faults: rows by id, each run on its own bench."""

import contextlib
import io
import os
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from factories import Run

from reconciler.cli.main import exit_code


class Tally(Counter[str]):
    """Counts of the writes in the ledgers of a row's stores: wrong, doubled, lost, gap; leaks."""


class NaiveDoneError(Exception):
    """A naive loop has run instead of the command. The text has its mistakes."""


@dataclass(frozen=True)
class Bench:
    """An empty folder to work in, the command, and chance that can be repeated.

    Where it is *naive*, a simple loop takes the place of the command's apply.
    """

    folder: Path
    chance: random.Random
    naive: bool = False
    seed: int = 0
    tally: Tally = field(default_factory=Tally)

    def run(self, *arguments: str, home: str = ".") -> Run:
        """Run the command in the folder, or in the one called *home* there."""
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(self.folder / home),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = exit_code(list(arguments))
        return Run(code, out.getvalue(), err.getvalue())

    @contextmanager
    def fresh(self) -> Iterator["Bench"]:
        """Yield a bench with an empty folder and the same chance."""
        with tempfile.TemporaryDirectory() as folder:
            yield Bench(
                Path(os.path.realpath(folder)), self.chance, self.naive, self.seed, self.tally
            )


@dataclass(frozen=True)
class Row:
    """One fault: its id in the list of faults, what it is, and what must happen then."""

    id: str
    title: str
    check: Callable[[Bench], object]
    has_naive: bool = True

    def run(self, seed: int) -> Tally:
        """Check the row; raise AssertionError where something else happens."""
        with self._bench(seed, naive=False) as bench:
            self.check(bench)
            return bench.tally

    def run_naively(self, seed: int) -> Tally:
        """Return what a simple loop does wrong where the command would apply."""
        if not self.has_naive:
            return Tally()
        with self._bench(seed, naive=True) as bench:
            with contextlib.suppress(NaiveDoneError, AssertionError):
                self.check(bench)
            return bench.tally

    @contextmanager
    def _bench(self, seed: int, *, naive: bool) -> Iterator[Bench]:
        with tempfile.TemporaryDirectory() as folder:
            chance = random.Random(seed)  # noqa: S311  no secret
            yield Bench(Path(os.path.realpath(folder)), chance, naive, seed)


KINDS = {
    "N": 15,
    "A": 22,
    "F": 19,
    "P": 9,
    "C": 12,
    "S": 12,
    "H": 8,
    "W": 8,
    "R": 12,
    "J": 12,
    "O": 8,
    "D": 6,
}
# Every row that there is, whether it has a check yet or not.
IDS = tuple(f"{kind}{number}" for kind, last in KINDS.items() for number in range(1, last + 1))
ROWS: dict[str, Row] = {}


Check = TypeVar("Check", bound=Callable[[Bench], object])


def row(identity: str, title: str, *, naive: bool = True) -> Callable[[Check], Check]:
    """Enter a check into the table; a *naive* loop is run beside it, unless that would hang."""

    def enter(check: Check) -> Check:
        ROWS[identity] = Row(identity, title, check, naive)
        return check

    return enter
