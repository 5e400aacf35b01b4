"""The journal: a JSON line before and after each write, flushed to disk before the next step.

It is evidence. It also lets a rerun of the same plan skip finished actions and check those that
were in flight. A last line that a crash cut off is ignored. It holds SKUs and stocks, no token.
"""

import contextlib
import os
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TextIO

from filelock import FileLock, Timeout
from msgspec.structs import replace

from reconciler.apply.executor import NOTHING_EARLIER, Earlier
from reconciler.atomic_files import make_folder, open_text, refuse_links
from reconciler.errors import JournalError, LockedError
from reconciler.masking import mask
from reconciler.model import Action, Outcome, Plan, Result, Stock, format_time
from reconciler.model.codec import as_data, dump_json, load_noun, parse_json

FORMAT: Final = 1
# A rerun leaves these alone.
_FINAL = frozenset({Result.APPLIED, Result.ALREADY, Result.UNKNOWN})


class Journal:
    """An Observer that keeps the steps of one run of one plan."""

    def __init__(self, file: TextIO, run_lock: FileLock | None) -> None:
        self._file = file
        self._run_lock = run_lock
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and release its lock."""
        with contextlib.suppress(OSError):
            self._file.close()
        if self._run_lock is not None:
            self._run_lock.release()

    def start(self, lines: list[dict[str, Any]]) -> None:
        """Write the first lines of a run. Lines that begin with a head replace the file.

        Raises:
            JournalError: The journal can't be written.
        """
        if "journal" in lines[0]:
            with contextlib.suppress(OSError):  # a device can't be truncated
                self._file.truncate(0)
        for line in lines:
            self._write(line)

    def name_run(self, run: str) -> None:
        """Write the id of this run, as in the record."""
        self._write({"run": run})

    def begun(self, action: Action) -> None:
        """Do nothing. A read leaves nothing to check later."""

    def sending(self, action: Action) -> None:
        """Write that a write is about to be sent."""
        self._write(_sending(action))

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Write the outcome of an action."""
        self._write(_settled(outcome))

    def end(self) -> None:
        """Write that the run is complete, so that another plan can use the same file."""
        with contextlib.suppress(JournalError):  # without this line a rerun only looks again
            self._write({"end": True})

    def _write(self, line: dict[str, Any]) -> None:
        text = (mask(dump_json(line, indent=None)) if line else "") + "\n"
        with self._lock:
            try:
                self._file.write(text)
                self._file.flush()
                os.fsync(self._file.fileno())
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                raise JournalError(
                    f"Can't write the journal: {reason}. Free some disk space, then run"
                    " `reconciler apply` again."
                ) from None


def _sending(action: Action) -> dict[str, Any]:
    before, after = as_data(action.before), as_data(action.after)
    return {"sending": action.sku, "before": before, "after": after}


def _settled(outcome: Outcome) -> dict[str, Any]:
    return {
        "settled": outcome.sku,
        "result": outcome.result,
        "found": as_data(outcome.found),
        "message": outcome.message,
        "at": outcome.at,
        "read_at": outcome.read_at,
    }


def open_journal(
    path: Path, plan: Plan, fingerprint: str, begun: Earlier = NOTHING_EARLIER
) -> tuple[Journal, Earlier]:
    """Return the journal at *path* for *plan*, and what an earlier run of the plan left.

    Without a journal of that run, the record's view of it (*begun*) counts. It is copied into the
    new journal.

    Raises:
        JournalError: It can't be read or written, or belongs to another plan.
        LockedError: Another process has it open.
    """
    journal = _acquire(path)
    try:
        lines = _read(path)  # after locking, so that a run that just ended has written everything
        lines = _begin(journal, path, plan, fingerprint, lines, begun)
    except (JournalError, LockedError):
        journal.close()
        raise
    return journal, _earlier(plan, lines)


def _acquire(path: Path) -> Journal:
    """Open and lock the journal at *path*."""
    run_lock = None
    try:
        make_folder(path.parent)
        if path.is_file() or not path.exists():  # a device is not shared
            run_lock = _lock(path)
        return Journal(open_text(path, "a"), run_lock)
    except OSError as error:
        if run_lock is not None:
            run_lock.release()
        raise JournalError(
            f"Can't write the journal {path}: {error.strerror}. Pass another path with --journal."
        ) from None


def _lock(path: Path) -> FileLock:
    """Lock the journal at *path*; raise LockedError if another process holds the lock.

    The lock is a separate file, because FileLock empties the file that it opens.
    """
    beside = path.with_name(f"{path.name}.lock")
    refuse_links(beside)
    run_lock = FileLock(beside, timeout=0, thread_local=False)
    try:
        run_lock.acquire()
    except Timeout:
        raise LockedError(
            f"Another apply of this plan is running on this machine (it uses {path})."
            " Wait until it ends."
        ) from None
    return run_lock


def _begin(
    journal: Journal,
    path: Path,
    plan: Plan,
    fingerprint: str,
    lines: list[dict[str, Any]],
    begun: Earlier,
) -> list[dict[str, Any]]:
    """Write the first lines of this run, and return the lines of an earlier run."""
    head = {"journal": FORMAT, "fingerprint": fingerprint, "planned": plan.provenance.created_at}
    if lines and "journal" not in lines[0]:
        raise JournalError(f"{path} is not a journal. Pass another path with --journal.")
    has_ended = any("end" in line for line in lines)
    if not lines or (has_ended and lines[0] != head):
        first = _lines_of(begun)
        journal.start([head, *first])
        return first
    if lines[0] != head:
        raise JournalError(
            f"{path} is the journal of another plan. Pass another path with --journal, or"
            " delete it."
        )
    # An empty line ends one that was cut off. The record knows what other machines did since.
    more = _lines_of(begun, _earlier(plan, lines))
    journal.start([{}, *more])
    return [*lines, *more]


def _lines_of(begun: Earlier, known: Earlier = NOTHING_EARLIER) -> list[dict[str, Any]]:
    """Return lines for a run as the record knows it, without actions *known* to be done."""
    in_flight = (one for sku, one in begun.in_flight.items() if sku not in known.done)
    done = (one for sku, one in begun.done.items() if sku not in known.done)
    return [*map(_sending, in_flight), *map(_settled, done)]


def was_run_here(path: Path, run: str) -> bool:
    """Return whether the journal at *path* is of *run*. If it is not locked, that run crashed."""
    return any(line.get("run") == run for line in _read(path))


def _read(path: Path) -> list[dict[str, Any]]:
    """Return the complete lines of a journal, none if there is no journal."""
    try:
        refuse_links(path)
        # A device may be endless, and a pipe may block.
        text = path.read_text("utf-8", "replace") if path.is_file() else ""
        if text.strip() and not text.lstrip().startswith('{"journal"'):
            return [{}]
    except OSError as error:
        raise JournalError(
            f"Can't read the journal {path}: {error.strerror}. Pass another path with --journal."
        ) from None
    lines = []
    for line in text.splitlines():
        with contextlib.suppress(ValueError):
            data = parse_json(line)
            if isinstance(data, dict):
                lines.append(data)
    return lines


def _earlier(plan: Plan, lines: list[dict[str, Any]]) -> Earlier:
    """Return what the earlier run of *plan* with these *lines* left."""
    actions = {action.sku: action for action in plan.actions}
    settled: dict[str, Outcome] = {}
    in_flight: dict[str, Action] = {}
    for line in lines:
        sent, ended = line.get("sending"), line.get("settled")
        if isinstance(sent, str) and sent in actions:
            with contextlib.suppress(ValueError):  # malformed: use the planned stocks
                in_flight[sent] = actions[sent]
                in_flight[sent] = _as_sent(actions[sent], line)
            settled.pop(sent, None)
        elif isinstance(ended, str) and ended in actions:
            with contextlib.suppress(ValueError, KeyError):  # malformed: check the SKU
                outcome = _outcome(in_flight.get(ended, actions[ended]), line)
                if not _may_have_landed(outcome):
                    in_flight.pop(ended, None)
                if _is_final(outcome):
                    settled[ended] = outcome
    return Earlier(settled, in_flight)


def _as_sent(action: Action, line: Mapping[str, Any]) -> Action:
    """Return *action* with the stocks it was sent with, which a correction may have changed."""
    if "before" not in line or "after" not in line:
        return action
    before, after = (load_noun(line[name], Stock) for name in ("before", "after"))
    return replace(action, before=before, after=after)


def _outcome(action: Action, line: Mapping[str, Any]) -> Outcome:
    found = line.get("found")
    return Outcome(
        action.sku,
        Result(line["result"]),
        action.before,
        action.after,
        None if found is None else load_noun(found, Stock),
        str(line.get("message", "")),
        _time(line, "at"),
        _time(line, "read_at"),
    )


def _time(line: Mapping[str, Any], name: str) -> str:
    """Return a time of *line*, '' if missing or malformed."""
    try:
        return format_time(datetime.fromisoformat(str(line.get(name, ""))).astimezone(UTC))
    except (ValueError, OverflowError):
        return ""


def _may_have_landed(outcome: Outcome) -> bool:
    """Return whether a write whose answer was lost may still take effect."""
    return outcome.result is Result.FAILED and outcome.found == outcome.before


def _is_final(outcome: Outcome) -> bool:
    """Return whether a rerun must leave this SKU alone."""
    was_taken = outcome.result is Result.FAILED and outcome.found not in {None, outcome.before}
    return outcome.result in _FINAL or was_taken
