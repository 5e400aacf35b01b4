"""Record an apply in git: the intent before its first write, its batches, and its receipt."""

import math
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from reconciler import __version__
from reconciler.app.base import KnownBase
from reconciler.app.memory import Memory
from reconciler.app.record_files import dump_state
from reconciler.app.record_message import describe_apply
from reconciler.errors import HistoryError, LockedError, PushError
from reconciler.git.process import shown_remote
from reconciler.git.remotes import find_remote_ref, push_ref
from reconciler.git.repository import Repository
from reconciler.model import (
    Action,
    Base,
    DesiredState,
    Outcome,
    Pending,
    Plan,
    Report,
    Result,
    format_time,
)
from reconciler.plan.applied import AppliedState, state_after, write_ahead
from reconciler.plan.plan_file import fingerprint
from reconciler.plan.recovery import is_remembered, with_recovered
from reconciler.records.batches import BATCH_FILE, Batch, RecordedAction, dump_batch, resolve
from reconciler.records.publish import begin, find_unlock, finish, go_on
from reconciler.records.records import Record, RecordKind, make_batch, make_record, ref_of
from reconciler.render.sanitize import safe_text
from reconciler.render.wording import count
from reconciler.webflow.client import StoreClient

# Seconds from the announcement of a batch to its deadline, by the shop's clock, and the time before
# the deadline in which no write is sent: a request takes no longer. Tests shrink both.
LASTING: Final = 300.0
MARGIN: Final = 30.0
# Minimum for tests with a small scale: a batch must be written before its deadline.
LEAST: Final = 1.0
# GitHub asks for at most six pushes a minute to a repository.
BETWEEN_PUSHES: Final = 60.0


@dataclass(slots=True)
class Recording:
    """Records one apply. An Announcer.

    `tip` is the last commit that this run added, `deadline` the deadline of its last batch.
    """

    repository: Repository
    known: KnownBase
    desired: DesiredState
    plan: Plan
    remote: str | None
    run: str
    client: StoreClient
    sleep: Callable[[float], None] = time.sleep
    tip: str | None = None
    deadline: datetime | None = None
    _ahead: Mapping[str, Pending] = field(default_factory=dict)
    _announced: list[str] = field(default_factory=list)
    _reported: set[str] = field(default_factory=set)
    _announced_at: float = 0.0

    @property
    def ref(self) -> str:
        """Return the ref of the records of this site."""
        return ref_of(self.plan.site_id)

    @property
    def base(self) -> Base | None:
        """Return the base of the plan."""
        base = self.known.base
        return with_recovered(base, self.plan.recovered) if base else None

    def announce(self, actions: Sequence[Action], outcomes: Mapping[str, Outcome]) -> None:
        """Add the next writes to the record, before the first of them.

        Raises:
            LockedError: Another apply has started, or has taken over the lock.
            HistoryError: The record can't be written or pushed.
        """
        if self.tip is None:
            # Also announce what an earlier run did, so that its results are recorded.
            done = [one for one in self.plan.actions if one.sku in outcomes]
            self._begin(done or actions, outcomes)
            if done:
                self._announced_at = -math.inf
                self._go_on(actions, outcomes)
        else:
            self._go_on(actions, outcomes)
        self._reported -= {action.sku for action in actions}

    def may_write(self) -> bool:
        """Return whether the last batch has more than the margin left, by the shop's clock."""
        margin = timedelta(seconds=MARGIN * self.client.scale)
        return self.deadline is not None and self.client.now() < self.deadline - margin

    def _begin(self, actions: Sequence[Action], outcomes: Mapping[str, Outcome]) -> None:
        """Add the intent: the state if nothing more is written, and the first batch."""
        now = self.client.now()
        self._ahead = write_ahead(self.desired, self.base, self.plan, format_time(now))
        state = self._state(self._report(outcomes), now)
        consumed = self.base.consumed if self.base else frozenset()
        record = self._record(RecordKind.INTENT, self._previous(), tuple(sorted(consumed)))
        files = dump_state(state, self.desired.settings.rule)
        files[BATCH_FILE] = dump_batch(self._batch(actions, {}, self._resolved()))
        message = f"{self.plan.store}: announce {count(len(actions), 'write')}\n"
        try:
            commit = make_record(self.repository, record, files, message)
            begin(self.repository, self.ref, commit, record.previous, self.remote)
        except LockedError as error:
            raise LockedError(
                f"{error} Nothing was written. Run `reconciler plan` again."
            ) from None
        except HistoryError as error:
            raise HistoryError(
                f"{error} Nothing was written. Fix this, then run `reconciler apply` again."
            ) from None
        self._note_announced(commit, actions)

    def _note_announced(self, commit: str, actions: Sequence[Action]) -> None:
        self.tip, self._announced_at = commit, time.monotonic()
        self._announced += (action.target.sku_id for action in actions)

    def _go_on(self, actions: Sequence[Action], outcomes: Mapping[str, Outcome]) -> None:
        if self.remote is not None:  # at most one push a minute
            pause = BETWEEN_PUSHES * self.client.scale
            self.sleep(max(0.0, self._announced_at + pause - time.monotonic()))
        tip = self.tip or ""
        message = f"{self.plan.store}: announce {count(len(actions), 'more write')}\n"
        batch = self._batch(actions, outcomes)
        commit = make_batch(self.repository, tip, batch, message, self._announced)
        try:
            go_on(self.repository, self.ref, commit, tip, self.remote)
        except LockedError:
            why = "Another apply has taken over the lock"
            if self._find_unlock() is not None:
                why = "`reconciler base unlock` has ended this run"
            raise LockedError(f"{why}, so this run writes nothing more.") from None
        self._note_announced(commit, actions)
        self._reported |= outcomes.keys()

    def _resolved(self) -> tuple[RecordedAction, ...]:
        """Return the results of writes that were in doubt before this run, if they matter."""
        pending = self.known.base.pending if self.known.base else ()
        ids = {one.sku_id for one in pending if is_remembered(one, self.desired.declared)}
        return tuple(one for one in resolve(self.plan.recovered) if one.sku_id in ids)

    def _batch(
        self,
        actions: Sequence[Action],
        outcomes: Mapping[str, Outcome],
        resolved: tuple[RecordedAction, ...] = (),
    ) -> Batch:
        self.deadline = self.client.now() + lasting(self.client)
        writes = tuple(self._ahead[action.sku] for action in actions)
        return Batch(self.deadline, writes, (*resolved, *self._results(outcomes)))

    def _results(self, outcomes: Mapping[str, Outcome]) -> tuple[RecordedAction, ...]:
        announced = frozenset(self._announced)
        return tuple(
            record_action(action, outcomes[action.sku])
            for action in self.plan.actions
            if action.sku in outcomes
            and action.sku not in self._reported
            and action.target.sku_id in announced
        )

    def finish(self, report: Report) -> str:
        """Add the receipt, and return a sentence that says so.

        If nothing was written and the last receipt is the same, none is added.

        Raises:
            PushError: The receipt can't be written or pushed.
            LockedError: Another apply has recorded in the meantime.
        """
        try:
            return self._finish(report)
        except LockedError:
            unlock = self._find_unlock()
            if unlock is None:
                raise
            # Record what this run did, even after it was unlocked.
            if self.repository.find_ref(self.ref) == self.tip:
                self.repository.set_ref(self.ref, unlock, self.tip)
            self.tip = unlock
            return self._finish(report)

    def _find_unlock(self) -> str | None:
        try:
            return (
                find_unlock(self.repository, self.ref, self.tip, self.remote) if self.tip else None
            )
        except HistoryError:
            return None

    def _finish(self, report: Report) -> str:
        previous = self.tip or self._previous()
        state = self._state(report, self.client.now())
        record = self._record(RecordKind.RECEIPT, previous, state.consumed)
        files = dump_state(state, self.desired.settings.rule)
        if self.tip is None and self._is_known(record, files):
            return self._ensure_latest()
        resolved = self._resolved() if self.tip is None else ()
        if results := (*resolved, *self._results(report.by_sku)):
            files[BATCH_FILE] = dump_batch(Batch(None, (), results), self._announced)
        message = describe_apply(record, self.plan, report)
        try:
            commit = make_record(self.repository, record, files, message)
        except HistoryError as error:
            raise PushError(
                f"The writes are done, but their record could not be written. {error} Fix this,"
                " then run `reconciler apply --take-over`, which reads what was written."
            ) from None
        try:
            finish(self.repository, self.ref, commit, previous, self.remote)
        except PushError:
            if self.tip is None:
                self.repository.reset_ref(self.ref, commit, previous)
            raise
        self.repository.ask("-c", "gc.autoDetach=false", "gc", "--auto", "--quiet")
        shared = f" and pushed to {shown_remote(self.remote)}" if self.remote else ""
        return f"Recorded as {commit[:7]} at {self.ref}{shared}."

    def _is_known(self, record: Record, files: Mapping[str, str]) -> bool:
        """Return whether the last record is a receipt of the same commit with the same content."""
        last = self.known.last
        if last is None or last.told is None or last.told.record.is_intent:
            return False
        told = last.told
        texts = (*last.files, *told.released, *told.shop, *told.ledger, *told.doubt)
        own = f"{self.ref}/"
        known = {path.removeprefix(own): text.decode("utf-8", "replace") for path, text in texts}
        was = told.record
        return known == files and (was.source, was.consumed) == (record.source, record.consumed)

    def _ensure_latest(self) -> str:
        """Push the last record if the remote lacks it, and return a sentence about that, or ''.

        Raises:
            LockedError: Another apply has recorded after this one fetched the record.
        """
        previous = self._previous()
        if self.remote is None or previous is None:
            return ""
        tip = find_remote_ref(self.repository, self.remote, self.ref)
        if tip == previous:
            return ""
        if tip is not None and not self.repository.descends(previous, tip):
            raise LockedError("Another apply has recorded since. Run `reconciler plan` again.")
        push_ref(self.repository, self.remote, previous, self.ref)
        return f"Pushed the record {previous[:7]} to {shown_remote(self.remote)}."

    def _previous(self) -> str | None:
        return self.known.last.commit if self.known.last else None

    def _report(self, outcomes: Mapping[str, Outcome]) -> Report:
        """Return the report with these *outcomes*, and NOT_TRIED for all other actions."""
        all_of_them = (
            outcomes.get(a.sku) or Outcome(a.sku, Result.NOT_TRIED, a.before, a.after)
            for a in self.plan.actions
        )
        return Report(self.plan.store, tuple(all_of_them))

    def _state(self, report: Report, at: datetime) -> AppliedState:
        return state_after(self.desired, self.base, self.plan, report, format_time(at))

    def _record(self, kind: RecordKind, previous: str | None, consumed: tuple[str, ...]) -> Record:
        return Record(
            kind=kind,
            run=self.run,
            store=self.plan.store,
            site_id=self.plan.site_id,
            source=self.known.head or "",
            previous=previous,
            fingerprint=fingerprint(self.plan),
            planned_at=self.plan.provenance.created_at,
            tool_version=__version__,
            planned=len(self.plan.actions),
            by=find_actor(self.repository, os.environ),
            consumed=consumed,
        )


def lasting(client: StoreClient) -> timedelta:
    """Return the time from the announcement of a batch to its deadline."""
    return timedelta(seconds=max(LEAST, LASTING * client.scale))


def record_action(action: Action, outcome: Outcome) -> RecordedAction:
    """Return an outcome as it is recorded. Stocks are given if a correction met others."""
    before, after = (
        met if action.correction is not None and met != meant else None
        for meant, met in ((action.before, outcome.before), (action.after, outcome.after))
    )
    return RecordedAction(action.target.sku_id, outcome.result.value, outcome.at, before, after)


def start_recording(
    memory: Memory,
    known: KnownBase,
    desired: DesiredState,
    plan: Plan,
    client: StoreClient,
    sleep: Callable[[float], None],
) -> Recording | None:
    """Return the recording of this apply, or None if it is not recorded."""
    if memory.repository is None:
        return None
    run = secrets.token_hex(8)
    return Recording(memory.repository, known, desired, plan, memory.remote, run, client, sleep)


def find_actor(repository: Repository, environment: Mapping[str, str]) -> str:
    """Return who runs this: the actor of the workflow, else the committer's name."""
    named = environment.get("GITHUB_ACTOR") or environment.get("GIT_COMMITTER_NAME")
    actor = named or repository.ask("config", "--get", "user.name")
    return safe_text(actor)[:100]
