"""`apply`: the checks before a plan is carried out."""

from msgspec import Struct

from reconciler.app.apply_run import ApplyOutput, ApplyRun, journal_path, run_apply
from reconciler.app.base import load_base
from reconciler.app.connect import Connection, open_store
from reconciler.app.context import MemoryRequest, StoreContext
from reconciler.app.lock import wait_for_lock
from reconciler.app.memory import Memory, open_memory
from reconciler.app.planning import make_plan
from reconciler.app.rechecking import recheck_saved
from reconciler.app.recording import start_recording
from reconciler.app.reporter import Reporter
from reconciler.app.scope import Scope
from reconciler.app.stores import load_store, refuse_shared_site
from reconciler.apply.journal import was_run_here
from reconciler.desired.digest import compute_digest
from reconciler.errors import LimitError, StalePlanError, UsageError
from reconciler.exit_codes import ExitCode
from reconciler.git.repository import open_repository
from reconciler.model import Plan
from reconciler.plan.recovery import with_recovered
from reconciler.plan.verify import (
    check_saved,
    check_store,
    recheck_limits,
)
from reconciler.records.base import refuse_old_commit
from reconciler.webflow.client import StoreClient


class ApplyRequest(Struct, frozen=True):
    """The options of an apply. `saved` is None to plan now."""

    saved: Plan | None
    yes: bool
    base: str | None
    memory: MemoryRequest
    take_over: bool
    allow: tuple[str, ...]
    read_all: bool = False


def apply_store(
    context: StoreContext,
    request: ApplyRequest,
    connection: Connection,
    output: ApplyOutput,
    reporter: Reporter,
) -> ExitCode:
    """Apply one store, and return the exit code.

    Raises:
        StalePlanError: The saved plan does not fit the checked-out files or the record.
        LimitError: The plan exceeds a safety limit.
        LockedError: Another apply holds the lock.
    """
    saved = request.saved
    scope, memory = _load_scope(context, request)
    if memory.repository is None and scope.known.repository and not request.memory.none:
        reporter.notice("Not recorded, because this repository has no commit yet.")
    crashed_here = saved is not None and _crashed_here(context, scope, saved, output)
    if saved is not None and scope.known.resumes:
        _refuse_begun(saved)
    if saved is not None:
        saved = recheck_limits(saved, scope.desired)
        _ensure_within_limits(saved, request.allow)
    scope.require_knowledge()
    with open_store(context, scope.desired.settings, connection) as client:
        if not crashed_here:
            wait_for_lock(
                scope.known, client, connection.stop, reporter, may_take_over=request.take_over
            )
        scope = scope.without_others()
        if saved is not None:
            recheck_saved(saved, scope, client, connection, reporter)
        plan = saved or _plan(scope, request, client, connection, output, reporter)
        if plan is None:
            return ExitCode.FAILED
        recording = start_recording(
            memory, scope.known, scope.desired, plan, client, connection.stop.sleep
        )
        run = ApplyRun(context, scope, plan, connection, recording)
        return run_apply(run, client, output, reporter)


def _crashed_here(context: StoreContext, scope: Scope, saved: Plan, output: ApplyOutput) -> bool:
    """Return whether the run that holds the lock has its journal here, for this plan.

    The journal is locked while a run uses it. If this run gets that lock, the other one crashed.
    """
    record = scope.known.last.record if scope.known.last else None
    if not scope.known.resumes or record is None:
        return False
    return was_run_here(output.journal or journal_path(context, saved), record.run)


def _refuse_begun(plan: Plan) -> None:
    """Raise StalePlanError if a plan with corrections was started before.

    Only the orders can tell what was added. A new plan reads them once the lock has expired.
    """
    if any(action.correction is not None for action in plan.actions):
        raise StalePlanError(
            "An apply of this plan started and did not end, so the shop may have some of its"
            " deliveries. Nothing was written. Run `reconciler apply --take-over`. It waits until"
            " the lock expires, plans again, and finds out from the orders what was added."
        )


def _plan(
    scope: Scope,
    request: ApplyRequest,
    client: StoreClient,
    connection: Connection,
    output: ApplyOutput,
    reporter: Reporter,
) -> Plan | None:
    """Create and show a plan. Return None if the user does not confirm it."""
    plan = make_plan(scope, client, connection, reporter)
    output.show_plan(plan)
    _ensure_within_limits(plan, request.allow)
    question = "Write these changes to the shop? Type yes to continue"
    if plan.actions and not request.yes and not reporter.confirm(question):
        reporter.result("Nothing was written.")
        return None
    return plan


def _load_scope(context: StoreContext, request: ApplyRequest) -> tuple[Scope, Memory]:
    """Return the scope of this apply, and where it is recorded.

    Raises:
        StalePlanError: The saved plan does not fit it.
        OldCommitError: The checked-out commit does not descend from the one applied last.
        UsageError: `--base` is given although there is a record.
    """
    saved = request.saved
    desired = load_store(context)
    if saved is not None:
        check_store(saved, desired.settings)
    repository = open_repository(context.inventory)
    refuse_shared_site(repository, context, desired.settings.site_id)
    memory = open_memory(repository, context, desired, request.memory)
    known = load_base(context, desired.settings, request.base, saved, repository)
    if request.base is not None and known.last is not None:
        raise UsageError(
            f"--base is only for the first apply, but there is a record"
            f" ({known.last.commit[:7]} of {known.last.date}). To set another base, run"
            f" `reconciler base set {request.base}`."
        )
    if known.repository is not None and known.last is not None:
        refuse_old_commit(known.repository, known.head, known.last)
    if saved is not None:
        base = with_recovered(known.base, saved.recovered) if known.base else None
        check_saved(saved, desired, compute_digest(desired), base)
    return Scope(desired, known, reads_all=request.read_all), memory


def _ensure_within_limits(plan: Plan, allow: tuple[str, ...]) -> None:
    """Raise LimitError if the plan exceeds a limit that is not lifted."""
    broken = [violation for violation in plan.violations if violation.limit.value not in allow]
    if broken:
        reasons = " ".join(f"{violation.message.removesuffix('.')}." for violation in broken)
        lifted = dict.fromkeys([*allow, *(violation.limit.value for violation in broken)])
        flags = " ".join(f"--allow {limit}" for limit in lifted)
        raise LimitError(f"{reasons} Nothing was written. If this is intended, pass {flags}.")
