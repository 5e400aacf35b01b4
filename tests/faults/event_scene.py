"""A shop whose stock comes from events."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import SHORT_LOCKS, SITE, Run
from histories.world import KilledError, killed_at, killed_at_step
from oracle import Verdict

from faults.scene import Scene
from faults.table import Bench
from reconciler.app import recording
from reconciler.apply import sku_writer

HAVE = {"TEE": 50, "MUG": 20}
# By the shop's clock: an order within two seconds of a read decides nothing.
LATER = timedelta(seconds=30)


def ago(**units: float) -> datetime:
    """Return the time that long before now."""
    return datetime.now(UTC) - timedelta(**units)


@dataclass
class EventScene(Scene):
    """A store under `on_change`, recorded and shared, in the clone `first`."""

    def verdict(self) -> Verdict:
        """Check nothing. Each row checks its own result."""
        return Verdict(0, 0, 0, 0)

    @property
    def folder(self) -> Path:
        """Return the store's folder."""
        return self.bench.folder / self.home / "inventory/demo"

    def event(self, name: str, at: datetime | str, **units: str | int) -> Path:
        """Write an event file, commit, and push it."""
        moment = at if isinstance(at, str) else at.isoformat()
        lines = "".join(f"  {sku}: {one}\n" for sku, one in units.items())
        path = self.folder / f"events/{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"at: {moment}\nreason: {name}\nskus:\n{lines}", "utf-8")
        self.commit()
        return path

    def delete(self, path: Path) -> None:
        """Delete a file, commit, and push that."""
        path.unlink()
        self.commit()

    def level(self, **levels: int | str) -> None:
        """Declare levels, commit, and push them."""
        self.declare({**self.before, **levels})
        self.commit()

    def sell(self, units: int, sku: str = "TEE", *, at: datetime | None = None, **how: Any) -> None:
        """Let a customer buy."""
        self.shop.sell(sku, units, at=at, **how)

    def sell_later(self, units: int, sku: str = "TEE") -> None:
        """Sell to a customer in half a minute, by the shop's clock."""
        self.sell(units, sku, at=datetime.now(UTC) + LATER)

    def tee(self) -> int:
        """Return what the shop has of TEE."""
        return int(self.shop.stocks()["TEE"] or 0)

    def settle(self, code: int = 0, *flags: str) -> Run:
        """Apply what is committed, and expect *code*."""
        run = self.run("apply", "--yes", *flags)
        assert run.code == code, run
        return run

    def idle(self) -> None:
        """Expect that there is nothing to do."""
        run = self.run("plan")
        assert (run.code, "No changes." in run.out) == (0, True), run

    def kill(self, step: int, *arguments: str) -> bool:
        """Kill an apply at a step, and return whether it got there."""
        with killed_at_step(step) as death, contextlib.suppress(KilledError):
            self.run("apply", *(arguments or ("--yes",)), "--parallelism", "1")
        return death.has_come

    def kill_at_write(self, at: int, *, lands: bool) -> None:
        """Kill an apply at its *at*-th write, which takes effect or not."""
        with killed_at(at, lands=lands), contextlib.suppress(KilledError):
            self.run("apply", "--yes", "--parallelism", "1")

    def record_ref(self) -> str:
        """Return the ref of the records."""
        return f"refs/reconciler/{SITE}"


@contextlib.contextmanager
def event_scene(bench: Bench, *, window: str = "3", **options: Any) -> Iterator[EventScene]:
    """Yield a shop as declared, with a record. *window* is the length of its minute."""
    options.setdefault("before", HAVE)
    scene = EventScene(
        bench,
        after=options["before"],
        home="first",
        rule="on_change",
        env={"WEBFLOW_RATE_WINDOW": window},
        **options,
    )
    with scene.open(), pytest.MonkeyPatch.context() as patched:
        for name, seconds in SHORT_LOCKS.items():
            patched.setattr(recording, name, seconds)
        patched.setattr(sku_writer, "LOOK_AGAIN", 0.1)
        scene.begin_records()
        yield scene
