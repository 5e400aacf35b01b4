"""The record here × the record on a remote → the one that counts."""

from reconciler.errors import DivergedError, HistoryError
from reconciler.git.process import shown_remote
from reconciler.git.remotes import fetch_ref, find_remote_ref, list_remotes
from reconciler.git.repository import Repository
from reconciler.records.records import ref_of


def fetch_record(repository: Repository, remote: str, site_id: str) -> str | None:
    """Fetch the record of a site from *remote*, and return its commit there, or None.

    The ref here moves to it, unless this clone has a newer one that is not pushed yet.

    Raises:
        HistoryError: The remote can't be reached.
        DivergedError: Two applies recorded apart.
    """
    ref, where = ref_of(site_id), shown_remote(remote)
    try:
        tip = find_remote_ref(repository, remote, ref)
        if tip is not None and not repository.has(tip):
            fetch_ref(repository, remote, ref)
    except HistoryError as error:
        raise HistoryError(
            f"Can't fetch the record from {where} ({error}). Nothing was written."
        ) from None
    own = repository.find_ref(ref)
    if tip is None or tip == own:
        return tip
    if own is not None and repository.descends(own, tip):
        return tip  # what is here is newer, and was not pushed
    if own is None or repository.is_shallow or repository.descends(tip, own):
        _move(repository, ref, tip, own)
    else:
        raise DivergedError(
            f"This clone and {where} have different records of this site: two applies ran"
            " without knowing each other. Nothing was written. To continue with the record of"
            f" {where}, run `git update-ref {ref} {tip}`."
        )
    return tip


def _move(repository: Repository, ref: str, tip: str, own: str | None) -> None:
    """Let the ref here follow the remote's; raise HistoryError if another command moves it."""
    try:
        repository.set_ref(ref, tip, own)
    except HistoryError as error:
        now = repository.find_ref(ref)
        if now is None or not (now == tip or repository.descends(now, tip)):
            raise HistoryError(
                f"{error} If another command uses this clone, run this one again afterwards."
            ) from None


def refuse_other_records(
    repository: Repository, remote: str, site_id: str, tip: str | None
) -> None:
    """Raise HistoryError if another remote has a record that the one on *remote* doesn't know.

    *tip* is the record on *remote*. A remote that can't be reached is passed over.
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
            f"{remote} and {other} have different records of this site. Nothing was written."
            f" Name the right one, for example --remote {other}."
        )
