"""Show the progress as a bar on a terminal, with current writes and waiting requests."""

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
    """A LineProgress that shows a moving bar."""

    def __init__(self, verb: str, total: int, meter: Meter) -> None:
        super().__init__(verb, total, meter)
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[details]}"),
            console=Console(stderr=True, markup=False, highlight=False),
            transient=True,
        )
        self._task: TaskID = self._bar.add_task(verb, total=total, details="")
        self._writing: dict[str, None] = {}
        self._names = threading.Lock()

    def __enter__(self) -> Self:
        with suppress(OSError, ValueError):
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError, ValueError):  # a closed terminal must not stop the run
            self._bar.stop()

    def __call__(self, done: int) -> None:
        """Update the bar."""
        with self._names:
            names = list(self._writing)
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        writing = f", writing {', '.join(map(safe_text, names[:SHOWN]))}{more}" if names else ""
        waiting = f", {self.meter.waiting} waiting for the rate limit" if self.meter.waiting else ""
        details = mask(f"{self.rate(done)}{writing}{waiting}")
        with suppress(OSError, ValueError):
            self._bar.update(self._task, completed=done, details=details)

    def sending(self, action: Action) -> None:
        """Show that a write was sent."""
        with self._names:
            self._writing[action.sku] = None
        self(self.done)

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Show that a write is finished."""
        with self._names:
            self._writing.pop(action.sku, None)
        super().finished(action, outcome)
