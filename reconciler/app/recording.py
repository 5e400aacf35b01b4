"""An apply → its intent before the first write, its batches, and its receipt, in git."""

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

# How long after its announcement a batch may be written, by the shop's own time, and how much
# earlier the last write is sent: a call takes no longer. Tests shrink both.
LASTING: Final = 300.0
MARGIN: Final = 30.0
# However small the scale: what is announced must be written before its deadline.
LEAST: Final = 1.0
# GitHub asks for no more than six pushes a minute to a repository.
BETWEEN_PUSHES: Final = 60.0


@dataclass(slots=True)
class Recording:
    """Records one apply: its plan, its desired state, and the remote. An Announcer.

    `tip` is the record that this run wrote last, `deadline` when its last batch expires.
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
        """Return the ref that keeps the records of this site."""
        return ref_of(self.plan.site_id)

    @property
    def base(self) -> Base | None:
        """Return the base that the plan was made for."""
        base = self.known.base
        return with_recovered(base, self.plan.recovered) if base else None

    def announce(self, actions: Sequence[Action], outcomes: Mapping[str, Outcome]) -> None:
        """Put what is written next into the record, before its first write.

        Raises:
            LockedError: Another apply has begun, or has taken the store over.
            HistoryError: It can't be written, or pushed.
        """
        if self.tip is None:
            # What a run before has done is announced, too, so that its results are on record.
            done = [one for one in self.plan.actions if one.sku in outcomes]
            self._begin(done or actions, outcomes)
            if done:
                self._announced_at = -math.inf
                self._go_on(actions, outcomes)
        else:
            self._go_on(actions, outcomes)
        self._reported -= {action.sku for action in actions}

    def may_write(self) -> bool:
        """Return whether the deadline of the last batch is far enough away, by the shop's time."""
        margin = timedelta(seconds=MARGIN * self.client.scale)
        return self.deadline is not None and self.client.now() < self.deadline - margin

    def _begin(self, actions: Sequence[Action], outcomes: Mapping[str, Outcome]) -> None:
        """Put the intent in: what holds if nothing more is written, and the first batch."""
        now = self.client.now()
        self._ahead = write_ahead(self.desired, self.base, self.plan, format_time(now))
        state = self._state(self._report(outcomes), now)
        consumed = self.base.consumed if self.base else frozenset()
        record = self._record(RecordKind.INTENT, self._previous(), tuple(sorted(consumed)))
        files = dump_state(state, self.desired.settings.rule)
        files[BATCH_FILE] = dump_batch(self._batch(actions, {}, self._resolved()))
        message = f"{self.plan.store}: about to write {count(len(actions), 'SKU')}\n"
        try:
            commit = make_record(self.repository, record, files, message)
            begin(self.repository, self.ref, commit, record.previous, self.remote)
        except LockedError as error:
            raise LockedError(
                f"{error} Nothing was written. Run `reconciler plan` again."
            ) from None
        except HistoryError as error:
            raise HistoryError(
                f"{error} Nothing was written. Fix the cause, and apply again."
            ) from None
        self._note_announced(commit, actions)

    def _note_announced(self, commit: str, actions: Sequence[Action]) -> None:
        self.tip, self._announced_at = commit, time.monotonic()
        self._announced += (action.target.sku_id for action in actions)

    def _go_on(self, actions: Sequence[Action], outcomes: Mapping[str, Outcome]) -> None:
        """Put the next batch in, and what came of those before; not twice in a minute."""
        if self.remote is not None:
            pause = BETWEEN_PUSHES * self.client.scale
            self.sleep(max(0.0, self._announced_at + pause - time.monotonic()))
        tip = self.tip or ""
        message = f"{self.plan.store}: about to write {count(len(actions), 'more SKU')}\n"
        batch = self._batch(actions, outcomes)
        commit = make_batch(self.repository, tip, batch, message, self._announced)
        try:
            go_on(self.repository, self.ref, commit, tip, self.remote)
        except LockedError:
            why = "Another apply took over the lock"
            if self._find_unlock() is not None:
                why = "This run was declared dead with `base unlock`"
            raise LockedError(f"{why}. This run writes nothing more.") from None
        self._note_announced(commit, actions)
        self._reported |= outcomes.keys()

    def _resolved(self) -> tuple[RecordedAction, ...]:
        """Return what became of writes that were in doubt before this run, if it matters."""
        pending = self.known.base.pending if self.known.base else ()
        ids = {one.sku_id for one in pending if is_remembered(one, self.desired.declared)}
        return tuple(one for one in resolve(self.plan.recovered) if one.sku_id in ids)

    def _batch(
        self,
        actions: Sequence[Action],
        outcomes: Mapping[str, Outcome],
        resolved: tuple[RecordedAction, ...] = (),
    ) -> Batch:
        """Return the next batch, with a deadline from now on."""
        self.deadline = self.client.now() + lasting(self.client)
        writes = tuple(self._ahead[action.sku] for action in actions)
        return Batch(self.deadline, writes, (*resolved, *self._results(outcomes)))

    def _results(self, outcomes: Mapping[str, Outcome]) -> tuple[RecordedAction, ...]:
        """Return what came of announced actions that no record says yet."""
        announced = frozenset(self._announced)
        return tuple(
            record_action(action, outcomes[action.sku])
            for action in self.plan.actions
            if action.sku in outcomes
            and action.sku not in self._reported
            and action.target.sku_id in announced
        )

    def finish(self, report: Report) -> str:
        """Put the receipt in, and return a sentence that says so.

        Where nothing was to be written and the last receipt says it all, there is none.

        Raises:
            PushError: It can't be written, or pushed.
            LockedError: Another apply was recorded first.
        """
        try:
            return self._finish(report)
        except LockedError:
            unlock = self._find_unlock()
            if unlock is None:
                raise
            # What this run did belongs into the record, also if people took it for dead.
            if self.repository.find_ref(self.ref) == self.tip:
                self.repository.set_ref(self.ref, unlock, self.tip)
            self.tip = unlock
            return self._finish(report)

    def _find_unlock(self) -> str | None:
        """Return the commit by which people unlocked this run, if nothing came after it."""
        try:
            return (
                find_unlock(self.repository, self.ref, self.tip, self.remote) if self.tip else None
            )
        except HistoryError:
            return None

    def _finish(self, report: Report) -> str:
        """Put the receipt in; what it returns and raises is what `finish` does."""
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
                f"The writes are done, but their record can't be written: {error} Fix the cause,"
                " and run `reconciler apply --take-over`, which reads what was written."
            ) from None
        try:
            finish(self.repository, self.ref, commit, previous, self.remote)
        except PushError:
            if self.tip is None:
                self.repository.reset_ref(self.ref, commit, previous)
            raise
        self.repository.ask("-c", "gc.autoDetach=false", "gc", "--auto", "--quiet")
        shared = f", and pushed to {shown_remote(self.remote)}" if self.remote else ""
        return f"Recorded as {commit[:7]} at {self.ref}{shared}."

    def _is_known(self, record: Record, files: Mapping[str, str]) -> bool:
        """Return whether the last record is a receipt of the same commit and says the same."""
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
        """Push the last record if the remote lacks it, and say so.

        Raises:
            LockedError: Another apply has recorded since this one fetched the record.
        """
        previous = self._previous()
        if self.remote is None or previous is None:
            return ""
        tip = find_remote_ref(self.repository, self.remote, self.ref)
        if tip == previous:
            return ""
        if tip is not None and not self.repository.descends(previous, tip):
            raise LockedError("Another apply was recorded first. Run `reconciler plan` again.")
        push_ref(self.repository, self.remote, previous, self.ref)
        return f"Pushed the record {previous[:7]} to {shown_remote(self.remote)}."

    def _previous(self) -> str | None:
        return self.known.last.commit if self.known.last else None

    def _report(self, outcomes: Mapping[str, Outcome]) -> Report:
        """Return what the report would be if nothing more came than these *outcomes*."""
        all_of_them = (
            outcomes.get(a.sku) or Outcome(a.sku, Result.NOT_TRIED, a.before, a.after)
            for a in self.plan.actions
        )
        return Report(self.plan.store, tuple(all_of_them))

    def _state(self, report: Report, at: datetime) -> AppliedState:
        """Return what holds after *report*, for SKUs that were settled *at* this time."""
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
    """Return how long after its announcement a batch may be written."""
    return timedelta(seconds=max(LEAST, LASTING * client.scale))


def record_action(action: Action, outcome: Outcome) -> RecordedAction:
    """Return what became of an action as it is recorded: a correction with the stocks it met."""
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
    """Return what records this apply, or None where it is not recorded."""
    if memory.repository is None:
        return None
    run = secrets.token_hex(8)
    return Recording(memory.repository, known, desired, plan, memory.remote, run, client, sleep)


def find_actor(repository: Repository, environment: Mapping[str, str]) -> str:
    """Return who runs this: the actor of a workflow, else who would commit here."""
    named = environment.get("GITHUB_ACTOR") or environment.get("GIT_COMMITTER_NAME")
    actor = named or repository.ask("config", "--get", "user.name")
    return safe_text(actor)[:100]
