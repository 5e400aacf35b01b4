"""The inputs of a plan: the files, the base, and the wanted SKUs. No shop is contacted."""

import time
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from reconciler.app.base import KnownBase, at_fork, declared_at, load_base
from reconciler.app.context import StoreContext
from reconciler.app.first_events import describe_events
from reconciler.app.memory import refresh_record
from reconciler.app.reporter import Reporter
from reconciler.app.stores import load_store, refuse_shared_site
from reconciler.app.validating import find_hint
from reconciler.desired.digest import compute_digest
from reconciler.errors import NoBaseError, ReconcilerError
from reconciler.git.repository import open_repository
from reconciler.model import DesiredState, Plan, Provenance, format_time
from reconciler.plan.planner import compute_plan, require_knowledge
from reconciler.plan.reference import References, select
from reconciler.plan.simulate import simulate_live
from reconciler.records.base import refuse_old_commit


class PlanRequest(Struct, frozen=True):
    """The options of a plan: its base, which SKUs it reads, and whether it is offline."""

    base: str | None = None
    changed_since: str | None = None
    offline: bool = False
    read_all: bool = False


class Scope(Struct, frozen=True):
    """The inputs of a plan: the desired state, the base, and the wanted SKUs.

    `wanted` is None for all SKUs. Without `reads_all`, SKUs that can't need a write are not read.
    """

    desired: DesiredState
    known: KnownBase
    wanted: frozenset[str] | None = None
    reads_all: bool = False

    @property
    def unread(self) -> frozenset[str]:
        """Return the declared SKUs that need not be read."""
        if self.wanted is None:
            return frozenset()
        return frozenset(self.desired.declared.keys() - self.wanted)

    def without_others(self) -> "Scope":
        """Return this scope for when no other apply can write any more."""
        base = self.known.base
        if base is None or not base.busy_until:
            return self
        return replace(self, known=replace(self.known, base=replace(base, busy_until="")))

    def require_knowledge(self) -> None:
        """Raise NoBaseError, with what to do, if a rule needs a base and there is none."""
        try:
            require_knowledge(self.desired, References(self.known.base, self.desired))
        except NoBaseError as error:
            for note in describe_events(self.known, self.desired):
                error.add_note(note)
            error.add_note(self.known.ways_out)
            raise

    def provenance(self, *, offline: bool = False) -> Provenance:
        """Return the provenance to save in the plan."""
        base = self.known.base
        return Provenance(
            # Microseconds make it unique, since a journal belongs to one plan.
            created_at=datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            desired_digest=compute_digest(self.desired),
            head=self.known.head,
            base=base.commit if base else None,
            base_date=base.date if base else None,
            commits=self.known.commits,
            offline=offline,
        )


def load_scope(context: StoreContext, request: PlanRequest, reporter: Reporter) -> Scope:
    """Load the scope of a plan of one store.

    Raises:
        NoBaseError: The base can't be found or read.
        InputError: The files are invalid.
    """
    desired = load_store(context)
    repository = open_repository(context.inventory)
    refuse_shared_site(repository, context, desired.settings.site_id)
    if not request.offline and request.base is None:
        refresh_record(repository, desired.settings, reporter)
    known = load_base(context, desired.settings, request.base, None, repository)
    if request.offline:
        known = at_fork(known)
    wanted = None
    if request.changed_since is not None:
        wanted = frozenset(select(desired.declared, declared_at(known, request.changed_since)))
    _notice_limitations(known, reporter)
    if hint := find_hint(desired, context.folder):
        reporter.notice(hint)
    return Scope(desired, known, wanted, request.read_all)


def _notice_limitations(known: KnownBase, reporter: Reporter) -> None:
    """Notice if there is no base, or if apply would refuse the checked-out commit."""
    if known.base is None:
        reporter.notice(f"No base found. The plan can't tell changes from drift. {known.why_not}")
    if known.repository is not None and known.last is not None:
        try:
            refuse_old_commit(known.repository, known.head, known.last)
        except ReconcilerError as error:
            reporter.notice(f"Note: `reconciler apply` would refuse this plan. {error}")


def make_offline_plan(scope: Scope) -> Plan:
    """Compare the desired state with the base, without contacting the shop.

    Raises:
        NoBaseError: There is no base.
    """
    base = scope.known.base
    if base is None:
        error = NoBaseError("--offline compares with the base, but no base was found.")
        error.add_note(scope.known.ways_out)
        raise error
    live, new = simulate_live(scope.desired, base, format_time(datetime.now(UTC)))
    provenance = scope.provenance(offline=True)
    return compute_plan(scope.desired, live, base, provenance, unread=new)
