"""Load the base, the head, and the commits in between from git."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from reconciler.app.context import StoreContext
from reconciler.app.memory import NO_GIT
from reconciler.desired.loader import PastState, build_past
from reconciler.errors import InputError, NoBaseError, UsageError
from reconciler.git.repository import Repository, open_repository
from reconciler.model import Base, Declared, Plan, Result, StoreSettings, format_time
from reconciler.plan.plan_file import fingerprint
from reconciler.plan.recovery import Landed, with_landed
from reconciler.plan.settling import settle_all
from reconciler.records.base import BaseTexts, find_base, find_elsewhere
from reconciler.records.batches import parse_doubt, sum_up
from reconciler.records.ledgers import parse_ledgers
from reconciler.records.records import ref_of
from reconciler.records.shop import parse_shop
from reconciler.render.wording import count

_NO_RECORD = (
    "This clone has no record ({ref}). If another remote has it, pass --remote NAME."
    " If the shop has what is committed, run `reconciler base set HEAD`."
    " If these SKUs are new here, delete their lines and run `reconciler import`, which reads them"
    " from the shop. For a preview, run `reconciler plan --base HEAD`."
)


class KnownBase(Struct, frozen=True):
    """What git knows about one store. `repository` and `base` are None if there is none.

    `last` is the record of the last apply. `base` is the same, unless another one was named.
    `resumes` means that `last` is the intent of the saved plan that is applied.
    """

    repository: Repository | None
    folder: Path
    store: str
    site_id: str
    head: str | None
    base: Base | None
    last: BaseTexts | None
    resumes: bool = False

    @property
    def ways_out(self) -> str:
        """Return what to do if a base is needed and there is none."""
        return NO_GIT if self.repository is None else _NO_RECORD.format(ref=ref_of(self.site_id))

    @property
    def why_not(self) -> str:
        """Return the reason why there is no base, in parentheses."""
        if self.repository is None:
            return "(This folder is not in a git repository, or git is not installed.)"
        return f"(This clone has no {ref_of(self.site_id)}, and --base is not set.)"

    @property
    def commits(self) -> tuple[str, ...]:
        """Return the commits that changed the store since the base, newest first."""
        if self.repository is None or self.base is None or self.head is None:
            return ()
        return self.repository.commits_since(self.base.source, self.head, self.folder)


def load_base(
    context: StoreContext,
    settings: StoreSettings,
    ref: str | None,
    saved: Plan | None,
    opened: Repository | None = None,
) -> KnownBase:
    """Return what git knows about a store. Its base is *ref*, by default the last record.

    If there is no record, or it is the intent of the *saved* plan, the base is that of the plan.
    The repository is opened unless *opened* is given.

    Raises:
        NoBaseError: The base can't be found or read.
    """
    store = settings.name
    folder = context.folder
    repository = opened or open_repository(context.inventory)
    if repository is None:
        if ref is not None:
            raise NoBaseError(
                f"--base {ref} needs a git repository, and this folder is not in one."
            )
        return KnownBase(None, folder, store, settings.site_id, None, None, None)
    last = find_base(repository, folder, settings.site_id, None)
    resumes = saved is not None and last is not None and is_intent_of(last, saved)
    named = ref
    if ref is None and saved is not None and (resumes or last is None):
        named = saved.provenance.base
    texts = None if resumes else last
    if named:
        texts = find_base(repository, folder, settings.site_id, named)
    if texts is not None and (place := find_elsewhere(repository, texts, settings.site_id)):
        raise NoBaseError(
            f"At {texts.commit[:7]}, this store was in {place.rpartition('/')[0]}. In its new"
            " folder, every SKU would count as new. Name a commit after the move with --base."
        )
    base = _build_base(texts, folder, store) if texts else None
    head = repository.find_commit("HEAD")
    return KnownBase(repository, folder, store, settings.site_id, head, base, last, resumes=resumes)


def is_intent_of(last: BaseTexts, plan: Plan) -> bool:
    """Return whether *last* is the intent of *plan*: it was started and has not ended."""
    record = last.record
    return (
        record is not None
        and record.is_intent
        and (record.fingerprint, record.planned_at)
        == (fingerprint(plan), plan.provenance.created_at)
    )


def _build_base(texts: BaseTexts, folder: Path, store: str) -> Base:
    """Return the base in *texts*, including the reported results of a run that has not ended."""
    what = f"the base {texts.commit[:7]}"
    past = _build_past(texts, folder, store, what)
    base = Base(texts.commit, texts.source, texts.date, past.declared)
    told = texts.told
    if told is None:
        return replace(base, ledgers=settle_all(past.events))
    place, released = _place(texts), replace(texts, files=told.released)
    doubt = [one for _, content in told.doubt for one in parse_doubt(place, content)]
    progress = sum_up(told.batches)
    base = replace(
        base,
        released=_build_past(released, folder, store, what).declared,
        shop=parse_shop(place, (content for _, content in told.shop)),
        consumed=frozenset(told.record.consumed),
        at=_planned_at(texts),
        ledgers=parse_ledgers(place, (content for _, content in told.ledger)),
    )
    landed = [Landed(one, end.at, end.at) for one, end in progress.done if end.result in _LANDED]
    unknown = (
        one._replace(sent_by=end.at or one.sent_by)
        for one, end in progress.done
        if end.result in _UNKNOWN
    )
    pending = (*doubt, *unknown, *progress.open)
    deadline = progress.deadline if told.record.is_intent else None
    busy_until = format_time(deadline) if deadline else ""
    return replace(with_landed(base, landed), pending=pending, busy_until=busy_until)


_LANDED = frozenset({Result.APPLIED, Result.ALREADY})
# After an answer with another number, the write may have taken effect.
_UNKNOWN = frozenset({Result.UNKNOWN, Result.FAILED})


def _planned_at(texts: BaseTexts) -> str:
    """Return the time of the plan of a record (UTC, ISO 8601), '' if unknown."""
    try:
        at = datetime.fromisoformat(texts.record.planned_at) if texts.record else None
        return format_time(at.astimezone(UTC)) if at is not None and at.tzinfo else ""
    except (ValueError, OverflowError):
        return ""


def _place(texts: BaseTexts) -> str:
    """Return the commit of a record, and its ref, for messages."""
    ref = ref_of(texts.record.site_id) if texts.record else ""
    return f"{texts.commit[:7]} at {ref}" if ref else texts.commit[:7]


def _build_past(texts: BaseTexts, folder: Path, store: str, what: str) -> PastState:
    """Return the state that the files in *texts* declare; raise NoBaseError if malformed."""
    advice = "Name another commit, with valid YAML."
    if texts.odd:
        raise NoBaseError(f"In {what}, {texts.odd[0]} is a link instead of a file. {advice}")
    try:
        return build_past(store, folder.as_posix(), texts.files)
    except InputError as error:
        others = len(error.problems) - 1
        more = f" {count(others, 'more problem')} found." if others else ""
        raise NoBaseError(f"Can't read {what}: {error.problems[0]}{more} {advice}") from None


def said_in(texts: BaseTexts, folder: Path, store: str) -> PastState:
    """Return the state that the files in *texts* declare; raise NoBaseError if malformed."""
    return _build_past(texts, folder, store, texts.commit[:7])


def at_fork(known: KnownBase) -> KnownBase:
    """Return *known* with the base at the commit where this branch left the applied commits.

    So a plan of the branch leaves out what others merged and applied since then.
    """
    repository, base, head = known.repository, known.base, known.head
    if repository is None or base is None or head is None:
        return known
    if repository.descends(head, base.source) is not False:
        return known
    fork = repository.fork_point(base.source)
    texts = find_base(repository, known.folder, known.site_id, fork) if fork else None
    if texts is None:
        return known
    return replace(known, base=_build_base(texts, known.folder, known.store), last=None)


def declared_at(known: KnownBase, ref: str) -> Mapping[str, Declared]:
    """Return the levels declared where HEAD left *ref*, or at *ref* itself.

    So changes that others merged there since do not count as changes of this branch.
    """
    if known.repository is None:
        raise UsageError("--changed-since needs a git repository. Work in a clone.")
    since = known.repository.fork_point(ref) or ref
    texts = find_base(known.repository, known.folder, known.site_id, since)
    if texts is None:
        raise NoBaseError(f"--changed-since {ref}: no such commit in this clone. Fetch it.")
    return _build_past(texts, known.folder, known.store, ref).declared
