"""How far the work is → a bar on a terminal, with what is being written and what waits."""

import threading
from contextlib import suppress
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bar

from reconciler.app.reporter import Meter
from reconciler.cli.progress import LineProgress
from reconciler.masking import mask
from reconciler.model import Action, Outcome
from reconciler.render.sanitize import safe_text

SHOWN = 3


class TerminalProgress(LineProgress):
    """Is told what LineProgress is told, and shows it in one line that moves."""

    def __init__(self, verb: str, total: int, meter: Meter) -> None:
        super().__init__(verb, total, meter)
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[said]}"),
            console=Console(stderr=True, markup=False, highlight=False),
            transient=True,
        )
        self._task: TaskID = self._bar.add_task(verb, total=total, said="")
        self._writing: dict[str, None] = {}
        self._names = threading.Lock()

    def __enter__(self) -> Self:
        with suppress(OSError, ValueError):
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError, ValueError):  # a terminal that went away ends no run half way
            self._bar.stop()

    def __call__(self, done: int) -> None:
        """Take note that *done* are done."""
        with self._names:
            names = list(self._writing)
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        writing = f", writing {', '.join(map(safe_text, names[:SHOWN]))}{more}" if names else ""
        waiting = f", {self.meter.waiting} waiting for the rate limit" if self.meter.waiting else ""
        said = mask(f"{self.rate(done)}{writing}{waiting}")
        with suppress(OSError, ValueError):
            self._bar.update(self._task, completed=done, said=said)

    def sending(self, action: Action) -> None:
        """Show that a write is on its way."""
        with self._names:
            self._writing[action.sku] = None
        self(self.done)

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Show that a write has ended."""
        with self._names:
            self._writing.pop(action.sku, None)
        super().finished(action, outcome)
