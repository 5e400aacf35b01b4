"""The local and the remote record: the newer one counts, and diverged ones are refused."""

import pytest
from factories import Workspace
from unit.records.made import REF, SITE_ID, make

from reconciler.errors import DivergedError, HistoryError
from reconciler.exit_codes import ExitCode
from reconciler.git.objects import make_root
from reconciler.git.repository import Repository, open_repository
from reconciler.records.sharing import fetch_record, refuse_other_records


def _record(repository: Repository, message: str = "apply") -> str:
    """Add a record to the local chain, and return it."""
    record, commit = make(repository, message)
    repository.set_ref(REF, commit, record.previous)
    return commit


def _push(shared: Workspace, commit: str, remote: str = "origin") -> None:
    shared.git("push", "--quiet", "--force", remote, f"{commit}:{REF}")


def _elsewhere(shared: Workspace, message: str, parent: str | None = None) -> str:
    """Let another clone push a record after *parent*, and return it."""
    shared.git("push", "--quiet", "origin", "HEAD:main")
    shared.git("clone", "--quiet", "--no-local", "../origin.git", f"../{message}")
    clone = open_repository(shared.folder.parent / message)
    assert clone is not None
    if parent is not None:
        clone.run("fetch", "--quiet", "origin", REF)
        clone.set_ref(REF, parent, None)
    commit = _record(clone, message)
    clone.run("push", "--quiet", "--force", "origin", f"{commit}:{REF}")
    return commit


def test_fetch_record_without_any_is_none(repository: Repository) -> None:
    """A first apply finds none, here or on the remote."""
    assert fetch_record(repository, "origin", SITE_ID) is None
    assert repository.find_ref(REF) is None


def test_fetch_record_missing_on_remote_keeps_local_one(repository: Repository) -> None:
    """A record that was never pushed is not lost."""
    own = _record(repository)

    assert (fetch_record(repository, "origin", SITE_ID), repository.find_ref(REF)) == (None, own)


@pytest.mark.parametrize("is_known", [True, False])
def test_fetch_record_of_later_apply_moves_local_ref(
    repository: Repository, shared: Workspace, is_known: bool
) -> None:
    """With or without a local record."""
    first = _record(repository)
    _push(shared, first)
    later = _elsewhere(shared, "later", first)
    if not is_known:
        repository.reset_ref(REF, first, None)

    assert not repository.has(later)
    assert fetch_record(repository, "origin", SITE_ID) == later
    assert repository.find_ref(REF) == later
    assert repository.read_commit(REF, "record.json") is not None


def test_fetch_record_keeps_local_record_that_is_ahead(
    repository: Repository, shared: Workspace
) -> None:
    """After a failed push, the local record is newer."""
    first = _record(repository)
    _push(shared, first)
    second = _record(repository, "second")

    assert (fetch_record(repository, "origin", SITE_ID), repository.find_ref(REF)) == (
        first,
        second,
    )


def test_fetch_record_that_diverged_raises(repository: Repository, shared: Workspace) -> None:
    """Neither is dropped. The error has the command to use the remote's."""
    theirs, own = _elsewhere(shared, "theirs"), _record(repository, "own")
    with pytest.raises(DivergedError, match=f"git update-ref {REF} {theirs}") as caught:
        fetch_record(repository, "origin", SITE_ID)

    assert (caught.value.exit_code, repository.find_ref(REF)) == (ExitCode.FAILED, own)
    shared.git("update-ref", REF, theirs)
    assert fetch_record(repository, "origin", SITE_ID) == theirs


def test_fetch_record_in_shallow_clone_takes_the_remote_one(
    repository: Repository, shared: Workspace
) -> None:
    """Its history is cut off, so ancestry is unknown."""
    first = _record(repository)
    _push(shared, first)
    shared.git("push", "--quiet", "origin", "HEAD:main")
    origin = f"file://{shared.folder.parent}/origin.git"
    shared.git("clone", "--quiet", "--depth", "1", origin, "../shallow")
    clone = open_repository(shared.folder.parent / "shallow")
    assert clone is not None and clone.is_shallow
    assert fetch_record(clone, "origin", SITE_ID) == first
    second = _record(repository, "second")
    _push(shared, second)

    assert (fetch_record(clone, "origin", SITE_ID), clone.find_ref(REF)) == (second, second)


def test_fetch_record_of_unreachable_remote_raises(repository: Repository) -> None:
    """It never counts as no record. The error has no password."""
    own = _record(repository)
    with pytest.raises(HistoryError) as caught:
        fetch_record(repository, "file://ada:hunter2@/nowhere.git", SITE_ID)

    assert not isinstance(caught.value, DivergedError)
    assert "hunter2" not in str(caught.value)
    assert repository.find_ref(REF) == own


@pytest.mark.parametrize(
    ("theirs", "refused"),
    [("none", False), ("same", False), ("earlier", False), ("later", True), ("apart", True)],
)
def test_refuse_other_records_raises_for_unknown_record(
    repository: Repository, shared: Workspace, theirs: str, refused: bool
) -> None:
    """Another remote may be behind, but must not have an unknown apply."""
    shared.git("init", "--quiet", "--bare", "../other.git")
    shared.git("remote", "add", "other", "../other.git")
    records = {"earlier": _record(repository), "same": _record(repository, "same")}
    records["later"], records["apart"] = _record(repository, "later"), make_root(repository, "x")
    _push(shared, records["same"])
    if theirs != "none":
        _push(shared, records[theirs], "other")

    if refused:
        with pytest.raises(DivergedError, match="--remote other"):
            refuse_other_records(repository, "origin", SITE_ID, records["same"])
    else:
        refuse_other_records(repository, "origin", SITE_ID, records["same"])


def test_refuse_other_records_raises_if_only_another_has_one(
    repository: Repository, shared: Workspace
) -> None:
    """The chosen remote has no record at all."""
    shared.git("init", "--quiet", "--bare", "../other.git")
    shared.git("remote", "add", "other", "../other.git")
    _push(shared, _record(repository), "other")

    with pytest.raises(DivergedError):
        refuse_other_records(repository, "origin", SITE_ID, None)


def test_refuse_other_records_skips_unreachable_remote(
    repository: Repository, shared: Workspace
) -> None:
    """A deleted fork of a colleague blocks no apply."""
    shared.git("remote", "add", "gone", "../gone.git")

    refuse_other_records(repository, "origin", SITE_ID, _record(repository))
