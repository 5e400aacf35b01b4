"""An apply → its intent before the first write and its receipt after the last, in git."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reconciler import __version__
from reconciler.app.base import KnownBase
from reconciler.desired.editor.serialize import write_inventory
from reconciler.errors import HeldError, HistoryError, PushError, UsageError
from reconciler.git.repository import Repository
from reconciler.model import Base, DesiredState, Outcome, Plan, Report, Result
from reconciler.plan.applied import declared_as_applied
from reconciler.plan.plan_file import fingerprint
from reconciler.plan.recovery import with_recovered
from reconciler.records.records import (
    APPLIED_FILE,
    INTENDED_FILE,
    Record,
    RecordedAction,
    RecordKind,
    begin,
    finish,
    make_record,
    ref_of,
    was_rejected,
)
from reconciler.render.sanitize import safe_text
from reconciler.render.wording import count

SCHEMA = "schemas/inventory.schema.json"
GRACE = timedelta(minutes=15)


def ensure_recordable(known: KnownBase) -> None:
    """Raise UsageError where what is applied could not be recorded."""
    if known.repository is None:
        raise UsageError("--record needs a git repository; work in a clone, or leave it out")
    if known.head is None:
        raise UsageError("--record names the commit that was applied, and there is none; commit")
    if known.repository.differs(known.folder):
        raise UsageError(
            f"--record says which commit was applied, and {known.folder} differs from it;"
            " commit what is there, or leave --record out"
        )


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
        raise HeldError(
            f"an apply of {record.source[:7]} has begun and not ended. Nothing was written. Wait"
            f" for it, at most until {until:%H:%M} UTC; or, if it is dead, --take-over"
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
    def base(self) -> Base | None:
        """Return the base that the plan was made for."""
        base = self.known.base
        return with_recovered(base, self.plan.recovered) if base else None

    def begin(self, lasting: timedelta, now: datetime) -> str:
        """Put the intent in and return its commit; it expires *lasting*, and some, after *now*.

        Raises HeldError where another apply was faster. Nothing may be written before this.
        """
        nothing, everything = (self._report(result) for result in _BOTH)
        record = self._record(RecordKind.INTENT, self._previous(), lambda _: "")
        record = replace(record, expires_at=(now + lasting + GRACE).replace(microsecond=0))
        files = self._file(APPLIED_FILE, nothing) | self._file(INTENDED_FILE, everything)
        message = f"{self.plan.store}: about to write {count(len(self.plan.actions), 'SKU')}\n"
        commit = make_record(self.repository, record, files, message)
        begin(self.repository, record, commit, self.remote)
        return commit

    def take_back(self, intent: str) -> None:
        """Say that nothing was written after all: the receipt of a run that did not begin."""
        self.finish(self._report(Result.NOT_TRIED), intent)

    def finish(self, report: Report, intent: str | None) -> str:
        """Put the receipt in, after *intent* if there was one, and return a sentence that says so.

        Where nothing was to be written and the last receipt says it all, there is none. Raises
        PushError where it fails.
        """
        results = {outcome.sku: str(outcome.result) for outcome in report.outcomes}
        previous = intent or self._previous()
        record = self._record(RecordKind.RECEIPT, previous, lambda sku: results.get(sku, ""))
        files = self._file(APPLIED_FILE, report)
        if intent is None and self._is_known(record, files):
            return ""
        try:
            commit = make_record(self.repository, record, files, _commit_message(record, report))
        except HistoryError as error:
            raise PushError(
                f"the writes are done, and their record could not be written: {error}. Make room,"
                " and apply again with --take-over: it reads what was written"
            ) from None
        try:
            finish(self.repository, record, commit, self.remote)
        except PushError as error:
            if intent is None:
                self.repository.reset_ref(ref_of(self.plan.store), commit, previous)
                if was_rejected(error):
                    raise HeldError("another apply has recorded meanwhile") from None
            raise
        shared = f", and pushed to {self.remote}" if self.remote else ""
        return f"Recorded as {commit[:7]} at {ref_of(self.plan.store)}{shared}."

    def _is_known(self, record: Record, files: dict[str, str]) -> bool:
        """Return whether the last record is a receipt of the same commit and declarations."""
        last = self.known.last
        if last is None or last.record is None or last.record.is_intent:
            return False
        same = [content.encode() for content in files.values()] == [text for _, text in last.files]
        return same and last.record.source == record.source and self.remote is None

    def _previous(self) -> str | None:
        return self.known.last.commit if self.known.last else None

    def _report(self, result: Result) -> Report:
        """Return what the report would be if every action ended with *result*."""
        outcomes = (Outcome(a.sku, result, a.before, a.after) for a in self.plan.actions)
        return Report(self.plan.store, tuple(outcomes))

    def _file(self, name: str, report: Report) -> dict[str, str]:
        """Return the file that says what is declared and applied after *report*, if anything."""
        applied = declared_as_applied(self.desired, self.base, self.plan, report)
        rule = self.desired.settings.rule
        return {name: write_inventory(applied.values(), rule, SCHEMA)} if applied else {}

    def _record(
        self, kind: RecordKind, previous: str | None, result: Callable[[str], str]
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
                RecordedAction(
                    action.sku, action.target, action.before, action.after, result(action.sku)
                )
                for action in self.plan.actions
            ),
        )


_BOTH = (Result.NOT_TRIED, Result.APPLIED)


def start_recording(
    known: KnownBase, desired: DesiredState, plan: Plan, remote: str | None
) -> Recording:
    """Return what records this apply; raise UsageError where it cannot be recorded."""
    ensure_recordable(known)
    if known.repository is None:
        raise AssertionError("which was checked")
    if remote and not re.search(r"[:/\\.]", remote) and not known.repository.has_remote(remote):
        raise UsageError(
            f"there is no remote {remote} here; add it (git remote add {remote} ADDRESS), write"
            f" ./{remote} for a folder, or leave --push out"
        )
    return Recording(known.repository, known, desired, plan, remote, secrets.token_hex(8))


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
