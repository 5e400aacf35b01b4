"""`base unlock` and `base settle`: end a crashed run, and resolve its writes in doubt."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime

from reconciler.app.base import load_base
from reconciler.app.context import MemoryRequest, StoreContext
from reconciler.app.lock import LONG_OVER, describe_lock, ensure_unlocked
from reconciler.app.memory import open_shared
from reconciler.app.record_editing import (
    NOT_WRITTEN,
    keep_deadline,
    make_edit,
    require_repository,
    shared_text,
)
from reconciler.app.record_files import dump_state
from reconciler.app.recording import find_actor
from reconciler.app.reporter import Reporter
from reconciler.app.stores import load_settings
from reconciler.errors import UsageError
from reconciler.exit_codes import ExitCode
from reconciler.model import Base, Pending, Recovered
from reconciler.plan.applied import AppliedState
from reconciler.plan.recovery import with_recovered
from reconciler.records.base import find_base
from reconciler.records.batches import Batch, resolve
from reconciler.records.publish import finish, go_on
from reconciler.records.records import make_batch, make_record, ref_of
from reconciler.render.sanitize import safe_text
from reconciler.render.wording import count


def unlock_record(
    context: StoreContext, run: str, memory: MemoryRequest, reporter: Reporter
) -> ExitCode:
    """Unlock a crashed run. The next apply waits for its deadline, then reads what it wrote.

    Raises:
        UsageError: *run* does not hold the lock.
        LockedError: The run ended in the meantime.
    """
    settings = load_settings(context)
    repository = require_repository(context)
    remote = open_shared(repository, settings.site_id, memory)
    last = find_base(repository, context.folder, settings.site_id, None)
    if last is None or last.told is None or last.told.deadline is None:
        reporter.say("No apply holds the lock.")
        return ExitCode.DONE
    if last.told.record.run != run:
        raise UsageError(f"{run} does not hold the lock. {describe_lock(last)}")
    by = find_actor(repository, os.environ) or "unknown"
    # A later deadline comes from a wrong clock of the shop, since no batch lasts that long.
    deadline = min(last.told.deadline, datetime.now(UTC) + LONG_OVER)
    batch = Batch(deadline, unlocked_by=by)
    commit = make_batch(repository, last.commit, batch, f"{settings.name}: unlock apply {run}\n")
    go_on(repository, ref_of(settings.site_id), commit, last.commit, remote)
    reporter.say(
        f"Unlocked{shared_text(remote)}. The next apply continues after"
        f" {deadline:%Y-%m-%d %H:%M:%S} UTC by the shop's clock, and reads what {run} wrote."
    )
    return ExitCode.DONE


def settle_record(
    context: StoreContext,
    answers: Mapping[str, bool],
    memory: MemoryRequest,
    reporter: Reporter,
) -> ExitCode:
    """Record for SKUs in doubt whether their write was applied (True) or skipped (False).

    Raises:
        UsageError: A SKU is not in doubt.
        LockedError: An apply holds the lock.
    """
    settings = load_settings(context)
    repository = require_repository(context)
    remote = open_shared(repository, settings.site_id, memory)
    known = load_base(context, settings, None, None)
    ensure_unlocked(known)
    base, last = known.base, known.last
    if base is None or last is None or last.told is None:
        raise UsageError(f"Nothing is in doubt, because there is no record. {known.why_not}")
    found = {sku: _find_doubt(base, sku) for sku in answers}
    _refuse_contradictions(found, answers)
    landed, skipped = (
        tuple(found[sku].sku_id for sku, is_applied in answers.items() if is_applied is wanted)
        for wanted in (True, False)
    )
    recovered = Recovered(landed, skipped)
    after = with_recovered(base, recovered)
    record = make_edit(
        repository, settings, known, last.source, datetime.now(UTC), tuple(sorted(base.consumed))
    )
    state = AppliedState(
        after.declared, after.released, after.shop, record.consumed, after.ledgers, after.pending
    )
    message = f"{settings.name}: settle {count(len(found), 'SKU')} in doubt\n"
    files = dump_state(state, settings.rule) | keep_deadline(known, resolve(recovered))
    commit = make_record(repository, record, files, message)
    finish(repository, ref_of(settings.site_id), commit, record.previous, remote, done=NOT_WRITTEN)
    for sku, is_applied in answers.items():
        became = (
            "counts as applied" if is_applied else "counts as skipped and will be planned again"
        )
        reporter.say(f"{safe_text(sku)}: {found[sku].before} -> {found[sku].after} {became}.")
    reporter.say(f"Recorded as {commit[:7]} at {ref_of(settings.site_id)}{shared_text(remote)}.")
    return ExitCode.DONE


def _refuse_contradictions(found: Mapping[str, Pending], answers: Mapping[str, bool]) -> None:
    """Raise UsageError if two keys of one SKU have different answers."""
    by_id: dict[str, str] = {}
    for sku, write in found.items():
        other = by_id.setdefault(write.sku_id, sku)
        if answers[other] is not answers[sku]:
            raise UsageError(
                f"{safe_text(other)} and {safe_text(sku)} are keys of the same SKU. Give only one"
                " answer for it."
            )


def _find_doubt(base: Base, sku: str) -> Pending:
    """Return the write in doubt of a SKU; raise UsageError if there is none."""
    for write in base.pending:
        if sku in write.keys:
            return write
    names = ", ".join(safe_text(one.sku) for one in base.pending[:5])
    others = f"In doubt: {names}." if names else "Nothing is in doubt."
    raise UsageError(f"{safe_text(sku)} is not in doubt. {others} Run `reconciler base show`.")
