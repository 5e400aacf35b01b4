"""An apply → its intent before the first write and its receipt after the last, in git."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from reconciler import __version__
from reconciler.app.base import KnownBase
from reconciler.app.memory import Memory
from reconciler.desired.editor.serialize import write_inventory
from reconciler.errors import HeldError, HistoryError, PushError
from reconciler.git.remotes import find_remote_ref, push_ref
from reconciler.git.repository import Repository, shown_remote
from reconciler.model import (
    Action,
    Base,
    DesiredState,
    Outcome,
    Plan,
    Report,
    Result,
    Rule,
    format_time,
)
from reconciler.plan.applied import AppliedState, state_after
from reconciler.plan.plan_file import fingerprint
from reconciler.plan.recovery import with_recovered
from reconciler.records.ledgers import INTENDED_LEDGER_FILE, LEDGER_FILE, dump_ledgers
from reconciler.records.records import (
    APPLIED_FILE,
    INTENDED_FILE,
    RELEASED_FILE,
    SHOP_FILE,
    Record,
    RecordedAction,
    RecordKind,
    begin,
    dump_shop,
    finish,
    make_record,
    ref_of,
)
from reconciler.render.sanitize import safe_text
from reconciler.render.wording import count

SCHEMA = "schemas/inventory.schema.json"
GRACE = timedelta(minutes=15)


def ensure_unlocked(known: KnownBase, *, take_over: bool, has_journal: bool, now: datetime) -> None:
    """Raise HeldError while another apply has the store: its intent has no receipt yet.

    It is held no longer once the intent has expired, or by who takes it over, or by the same plan
    where the journal of that run lies.
    """
    record = known.last.record if known.last else None
    if record is None or not record.is_intent or take_over:
        return
    if known.resumes and has_journal:
        return
    until = record.expires_at
    if until is not None and now < until:
        raise HeldError(f"{describe_lock(record, now)} Nothing was written.")


def describe_lock(record: Record, now: datetime) -> str:
    """Return who holds the lock, since when, until when, and what to do if that apply crashed."""
    by = f" by {record.by}" if record.by else ""
    what = f"apply (commit {record.source[:7]}{by}, planned {record.planned_at[:16]})"
    until = record.expires_at
    if until is None or now >= until:
        return (
            f"An {what} did not end ({record.run}). Its lock is over, and the next apply reads what"
            " it wrote."
        )
    return (
        f"Another {what} holds the lock until {until:%H:%M} UTC. Wait for it. If it crashed:"
        f" reconciler base unlock {record.run}, or apply with --take-over."
    )


@dataclass(frozen=True, slots=True)
class Recording:
    """Records one apply: which plan of which desired state, and where it is shared."""

    repository: Repository
    known: KnownBase
    desired: DesiredState
    plan: Plan
    remote: str | None
    run: str

    @property
    def ref(self) -> str:
        """Return the ref that keeps the records of this site."""
        return ref_of(self.plan.site_id)

    @property
    def base(self) -> Base | None:
        """Return the base that the plan was made for."""
        base = self.known.base
        return with_recovered(base, self.plan.recovered) if base else None

    def begin(self, lasting: timedelta, now: datetime) -> str:
        """Put the intent in and return its commit; it expires *lasting*, and some, after *now*.

        Raises HeldError where another apply was faster. Nothing may be written before this.
        """
        nothing, everything = (self._state(self._report(result), now) for result in _BOTH)
        consumed = self.base.consumed if self.base else frozenset()
        record = self._record(RecordKind.INTENT, self._previous(), tuple(sorted(consumed)))
        record = replace(record, expires_at=(now + lasting + GRACE).replace(microsecond=0))
        files = self._files(nothing)
        if everything.declared:
            rule = self.desired.settings.rule
            files[INTENDED_FILE] = write_inventory(everything.declared.values(), rule, SCHEMA)
        if everything.ledgers:
            files[INTENDED_LEDGER_FILE] = dump_ledgers(everything.ledgers)
        message = f"{self.plan.store}: about to write {count(len(self.plan.actions), 'SKU')}\n"
        commit = make_record(self.repository, record, files, message)
        begin(self.repository, record, commit, self.remote)
        return commit

    def take_back(self, intent: str) -> None:
        """Say that nothing was written after all: the receipt of a run that did not begin."""
        self.finish(self._report(Result.NOT_TRIED), intent, datetime.now(UTC))

    def finish(self, report: Report, intent: str | None, now: datetime) -> str:
        """Put the receipt in, after *intent* if there was one, and return a sentence that says so.

        Where nothing was to be written and the last receipt says it all, there is none. Raises
        PushError where it fails.
        """
        outcomes = report.by_sku
        previous = intent or self._previous()
        state = self._state(report, now)
        record = self._record(RecordKind.RECEIPT, previous, state.consumed, outcomes)
        files = self._files(state)
        if intent is None and self._is_known(record, files):
            return self._ensure_latest()
        try:
            commit = make_record(self.repository, record, files, _commit_message(record, report))
        except HistoryError as error:
            raise PushError(
                f"the writes are done, and their record could not be written: {error}. Make room,"
                " and apply again with --take-over: it reads what was written"
            ) from None
        try:
            finish(self.repository, record, commit, self.remote)
        except PushError:
            if intent is None:
                self.repository.reset_ref(self.ref, commit, previous)
            raise
        shared = f", and pushed to {shown_remote(self.remote)}" if self.remote else ""
        return f"Recorded as {commit[:7]} at {self.ref}{shared}."

    def _is_known(self, record: Record, files: dict[str, str]) -> bool:
        """Return whether the last record is a receipt of the same commit and says the same."""
        last = self.known.last
        if last is None or last.record is None or last.record.is_intent:
            return False
        texts = (*last.files, *last.released)
        known = {path.rpartition("/")[2]: text.decode("utf-8", "replace") for path, text in texts}
        known[SHOP_FILE] = last.shop.decode("utf-8", "replace")
        if LEDGER_FILE in last.record.files:
            known[LEDGER_FILE] = last.ledger.decode("utf-8", "replace")
        same = known == files
        return same and (last.record.source, last.record.consumed) == (
            record.source,
            record.consumed,
        )

    def _ensure_latest(self) -> str:
        """Push the last record if the remote lacks it, and say so.

        Raises:
            HeldError: Another apply has recorded since this one fetched the record.
        """
        previous = self._previous()
        if self.remote is None or previous is None:
            return ""
        tip = find_remote_ref(self.repository, self.remote, self.ref)
        if tip == previous:
            return ""
        if tip is not None and not self.repository.descends(previous, tip):
            raise HeldError("another apply has recorded since; plan again")
        push_ref(self.repository, self.remote, previous, self.ref)
        return f"Pushed the record {previous[:7]} to {shown_remote(self.remote)}."

    def _previous(self) -> str | None:
        return self.known.last.commit if self.known.last else None

    def _report(self, result: Result) -> Report:
        """Return what the report would be if every action ended with *result*."""
        outcomes = (Outcome(a.sku, result, a.before, a.after) for a in self.plan.actions)
        return Report(self.plan.store, tuple(outcomes))

    def _state(self, report: Report, at: datetime) -> AppliedState:
        """Return what holds after *report*, for SKUs that were settled *at* this time."""
        return state_after(self.desired, self.base, self.plan, report, format_time(at))

    def _files(self, state: AppliedState) -> dict[str, str]:
        """Return the files of a record that say what holds."""
        return dump_state(state, self.desired.settings.rule)

    def _record(
        self,
        kind: RecordKind,
        previous: str | None,
        consumed: tuple[str, ...],
        outcomes: Mapping[str, Outcome] = MappingProxyType({}),
    ) -> Record:
        return Record(
            kind=kind,
            run=self.run,
            store=self.plan.store,
            site_id=self.plan.site_id,
            source=self.known.head or "",
            previous=previous,
            fingerprint=fingerprint(self.plan),
            planned_at=self.plan.provenance.created_at,
            expires_at=None,
            tool_version=__version__,
            actions=tuple(
                _record_action(action, outcomes.get(action.sku)) for action in self.plan.actions
            ),
            by=find_actor(self.repository, os.environ),
            consumed=consumed,
            read_at=self.plan.provenance.read_at,
        )


def _record_action(action: Action, outcome: Outcome | None) -> RecordedAction:
    """Return an action as it is recorded: a correction with what the shop had before and after."""
    before, after = action.before, action.after
    if outcome is not None and action.correction is not None:
        before, after = outcome.before or before, outcome.after or after
    result, at = (str(outcome.result), outcome.at) if outcome else ("", "")
    return RecordedAction(action.sku, action.target, before, after, result, action.correction, at)


_BOTH = (Result.NOT_TRIED, Result.APPLIED)


def dump_state(state: AppliedState, rule: Rule) -> dict[str, str]:
    """Return the files of a record that say what holds: levels in the form of inventory files."""
    levels = {APPLIED_FILE: state.declared, RELEASED_FILE: state.released}
    files = {
        name: write_inventory(declared.values(), rule, SCHEMA)
        for name, declared in levels.items()
        if declared
    }
    files[SHOP_FILE] = dump_shop(state.shop)
    if state.ledgers:
        files[LEDGER_FILE] = dump_ledgers(state.ledgers)
    return files


def start_recording(
    memory: Memory, known: KnownBase, desired: DesiredState, plan: Plan
) -> Recording | None:
    """Return what records this apply, or None where it is not recorded."""
    if memory.repository is None:
        return None
    run = secrets.token_hex(8)
    return Recording(memory.repository, known, desired, plan, memory.remote, run)


def find_actor(repository: Repository, environment: Mapping[str, str]) -> str:
    """Return who runs this: the actor of a workflow, else git's user."""
    actor = environment.get("GITHUB_ACTOR") or repository.ask("config", "--get", "user.name")
    return safe_text(actor)[:100]


def _commit_message(record: Record, report: Report) -> str:
    """Return what `git log` shows of the record: a line an action."""
    changed = report.count(Result.APPLIED)
    left = sum(action.result not in {Result.APPLIED, Result.ALREADY} for action in record.actions)
    lines = [f"{record.store}: {count(changed, 'SKU')} changed, {left} left as they were", ""]
    for action in record.actions:
        result = action.result.replace("_", " ")
        lines.append(f"{safe_text(action.sku)}: {action.before} -> {action.after}, {result}")
    lines += ["", f"Applied: {record.source}", f"Plan: {record.fingerprint}"]
    return "\n".join(lines) + "\n"
