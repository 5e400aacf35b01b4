"""Compare the local record with the record on a remote, and keep the newer one."""

from reconciler.errors import DivergedError, HistoryError
from reconciler.git.process import shown_remote
from reconciler.git.remotes import fetch_ref, find_remote_ref, list_remotes
from reconciler.git.repository import Repository
from reconciler.records.records import ref_of


def fetch_record(repository: Repository, remote: str, site_id: str) -> str | None:
    """Fetch the record of a site from *remote*, and return its commit there, or None.

    The local ref moves to it, unless it is ahead and not pushed yet.

    Raises:
        HistoryError: The remote can't be reached.
        DivergedError: The two records have diverged.
    """
    ref, where = ref_of(site_id), shown_remote(remote)
    try:
        tip = find_remote_ref(repository, remote, ref)
        if tip is not None and not repository.has(tip):
            fetch_ref(repository, remote, ref)
    except HistoryError as error:
        raise HistoryError(
            f"Can't fetch the record from {where}. Nothing was written. {error}"
        ) from None
    own = repository.find_ref(ref)
    if tip is None or tip == own:
        return tip
    if own is not None and repository.descends(own, tip):
        return tip  # the local record is ahead, and not pushed yet
    if own is None or repository.is_shallow or repository.descends(tip, own):
        _move(repository, ref, tip, own)
    else:
        raise DivergedError(
            f"This clone and {where} have different records of this site: two applies recorded"
            f" separately. Nothing was written. To use the record of {where}, run"
            f" `git update-ref {ref} {tip}`."
        )
    return tip


def _move(repository: Repository, ref: str, tip: str, own: str | None) -> None:
    """Move the local ref to *tip*; raise HistoryError if another command moved it elsewhere."""
    try:
        repository.set_ref(ref, tip, own)
    except HistoryError as error:
        now = repository.find_ref(ref)
        if now is None or not (now == tip or repository.descends(now, tip)):
            raise HistoryError(
                f"{error} If another command is running in this clone, wait for it and try again."
            ) from None


def refuse_other_records(
    repository: Repository, remote: str, site_id: str, tip: str | None
) -> None:
    """Raise DivergedError if another remote has a record that *remote* lacks.

    *tip* is the record on *remote*. Remotes that can't be reached are skipped.
    """
    ref = ref_of(site_id)
    for other in list_remotes(repository):
        if other == remote:
            continue
        try:
            theirs = find_remote_ref(repository, other, ref)
        except HistoryError:
            continue
        if theirs is None or theirs == tip:
            continue
        if tip is not None and repository.has(theirs) and repository.descends(tip, theirs):
            continue
        raise DivergedError(
            f"{remote} and {other} have different records of this site. Nothing was written. Name"
            f" the one to use, for example --remote {other}."
        )
