"""Choose where an apply keeps its record: on a remote, only here, or nowhere."""

import re
from collections.abc import Sequence

from msgspec import Struct

from reconciler.app.context import MemoryRequest, StoreContext
from reconciler.app.reporter import Reporter
from reconciler.errors import DivergedError, HistoryError, NoBaseError, UsageError
from reconciler.git.process import shown_remote
from reconciler.git.remotes import (
    find_default_remote,
    find_remote_ref,
    has_remote,
    is_on_remote,
    list_remotes,
)
from reconciler.git.repository import Repository
from reconciler.model import Declared, DesiredState, Rule, StoreSettings
from reconciler.records.records import ref_of
from reconciler.records.sharing import fetch_record, refuse_other_records

NO_GIT = "This folder is not in a git repository, or git is not installed. Work in a clone."


class Memory(Struct, frozen=True):
    """Where an apply is recorded: in `repository` (None: nowhere), and shared on `remote`."""

    repository: Repository | None
    remote: str | None = None


def open_memory(
    repository: Repository | None,
    context: StoreContext,
    desired: DesiredState,
    request: MemoryRequest,
) -> Memory:
    """Return where an apply is recorded, with the record of the remote fetched.

    Raises:
        UsageError: The checked-out files can't be recorded, or a record is needed despite
            `--no-record`.
        NoBaseError: A rule needs a record, and there is no git repository.
        HistoryError: The remote can't be reached, or remotes have different records.
    """
    waiting = [one for one in desired.declared.values() if one.rule is Rule.ON_CHANGE]
    if request.none:
        if desired.events:
            raise UsageError(
                "--no-record is not possible with events: only the record knows what the shop"
                " already has. Remove --no-record, or use --local if no remote has a record."
            )
        if waiting:
            raise UsageError(
                f"--no-record is not possible: {waiting[0].sku} has the rule `on_change`, which"
                " needs the record. Remove --no-record, or use --local if no remote has a record."
            )
        ref = ref_of(desired.settings.site_id)
        if repository is not None and repository.find_ref(ref) is not None:
            raise UsageError(
                f"--no-record is not possible: the record at {ref} would become outdated. Remove"
                " --no-record."
            )
        return Memory(None)
    if repository is None or repository.find_commit("HEAD") is None:
        return _without_commit(repository, request, waiting)
    if repository.differs(context.folder):
        raise UsageError(
            f"{context.folder} has changes that are not committed, so the applied commit can't be"
            " recorded. Commit them first"
            + ("." if waiting else ", or apply without a record with --no-record.")
        )
    remote = open_shared(repository, desired.settings.site_id, request)
    if remote is not None:
        _ensure_pushed(repository, remote)
    return Memory(repository, remote)


def open_shared(repository: Repository, site_id: str, request: MemoryRequest) -> str | None:
    """Return the remote of the record, after fetching the record; None to stay local.

    Raises:
        UsageError: The remote is ambiguous, or `--local` ignores the record of a remote.
        HistoryError: The remote can't be reached, or remotes have different records.
    """
    remote = _choose_remote(repository, request)
    if remote is not None:
        tip = fetch_record(repository, remote, site_id)
        if request.remote is None:
            refuse_other_records(repository, remote, site_id, tip)
    elif request.local:
        _refuse_shared(repository, site_id)
    return remote


def _without_commit(
    repository: Repository | None, request: MemoryRequest, waiting: Sequence[Declared]
) -> Memory:
    if request.is_named and repository is None:
        raise UsageError("--record needs a git repository. Work in a clone, or use --no-record.")
    if repository is not None and (request.is_named or waiting):
        raise UsageError("This repository has no commit that could be recorded. Commit first.")
    if waiting:
        error = NoBaseError(
            "The rule `on_change` needs the record of the last apply, which is kept in git."
            f" The first SKU with this rule is {waiting[0].sku} at {waiting[0].source}."
        )
        error.add_note(NO_GIT)
        raise error
    return Memory(None)


def _choose_remote(repository: Repository, request: MemoryRequest) -> str | None:
    """Return the named remote, else that of the branch; None to stay local."""
    if request.local:
        return None
    remote = request.remote
    if remote is None:
        remote = find_default_remote(repository)
        if remote is None and (names := list_remotes(repository)):
            raise UsageError(
                f"Can't choose a remote for the record. Name one, for example --remote {names[0]}."
            )
        return remote
    if not re.search(r"[:/\\.]", remote) and not has_remote(repository, remote):
        raise UsageError(
            f"No remote {remote} in this clone. Run `git remote add {remote} ADDRESS`, write"
            f" ./{remote} for a folder, or use --local."
        )
    return remote


def _refuse_shared(repository: Repository, site_id: str) -> None:
    """Raise UsageError if a remote has a record; HistoryError if it can't be reached."""
    for remote in list_remotes(repository):
        if find_remote_ref(repository, remote, ref_of(site_id)) is not None:
            raise UsageError(
                f"--local is not possible: {remote} has a record of this site, and this apply would"
                " ignore it. Remove --local."
            )


def _ensure_pushed(repository: Repository, remote: str) -> None:
    """Raise UsageError unless *remote* has the checked-out commit."""
    head = repository.find_commit("HEAD") or ""
    if not is_on_remote(repository, remote, head):
        where = shown_remote(remote)
        branch = repository.ask("symbolic-ref", "--short", "--quiet", "HEAD") or "HEAD:main"
        raise UsageError(
            f"{head[:7]} is not on {where}, so its record would name a commit that others don't"
            f" have. Run `git push {where} {branch}` first."
        )


def refresh_record(
    repository: Repository | None, settings: StoreSettings, reporter: Reporter
) -> None:
    """Fetch the record before a plan. If that fails, only warn."""
    remote = find_default_remote(repository) if repository else None
    if repository is None or remote is None:
        return
    try:
        fetch_record(repository, remote, settings.site_id)
    except DivergedError:
        raise
    except HistoryError as error:
        reporter.notice(f"Warning: This plan may not know about the last apply. {error}")
