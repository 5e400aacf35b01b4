"""The record is kept and shared by default: clones, remotes, force pushes, and `base`."""

import shutil
import subprocess

import pytest
from factories import FIFTY, ON_CHANGE, SITE, Workspace
from histories.world import KilledError, killed_at

from reconciler.app import planning, recording
from reconciler.apply import batches, executor

REF = f"refs/reconciler/{SITE}"


def _share(workspace: Workspace) -> None:
    """Start with an imported shop, a remote that has main, and a first record there."""
    workspace.store(FIFTY, FIFTY, settings=ON_CHANGE)
    workspace.write(".gitignore", "/remote.git\n/clone\n/.reconciler\n")
    workspace.commit()
    workspace.git("init", "--quiet", "--bare", "--initial-branch", "main", "remote.git")
    workspace.git("remote", "add", "origin", "remote.git")
    _push(workspace)
    assert workspace.run("base", "set", "HEAD", "--yes").code == 0


def _push(workspace: Workspace) -> None:
    workspace.git("push", "--quiet", "origin", "main")


def _clone(workspace: Workspace) -> tuple[Workspace, tuple[str, ...]]:
    """Return a second clone, and the options to work in it."""
    workspace.git("clone", "--quiet", "remote.git", "clone")
    clone = Workspace(workspace.folder / "clone", workspace.capsys)
    return clone, ("--inventory", "clone/inventory")


def _declare(workspace: Workspace, **levels: int) -> None:
    workspace.declare({**FIFTY, **levels})
    workspace.commit()
    _push(workspace)


def _tip(workspace: Workspace) -> str:
    return workspace.git("ls-remote", "origin", REF).split()[0]


def test_apply_records_and_shares_by_default(workspace: Workspace) -> None:
    """Without options, the receipt is here and on the remote of the branch."""
    _share(workspace)
    _declare(workspace, TEE=70)
    run = workspace.run("apply", "--yes")

    assert run.code == 0, run
    assert workspace.git("rev-parse", REF) == _tip(workspace)


def test_apply_in_clone_with_old_record_fetches_it(workspace: Workspace) -> None:
    """R8: the clone has an old record. Sales since the last apply stay sold."""
    _share(workspace)
    clone, here = _clone(workspace)
    clone.git("fetch", "--quiet", "origin", f"+{REF}:{REF}")
    _declare(workspace, TEE=70)
    assert workspace.run("apply", "--yes").code == 0
    workspace.sell(TEE=10)
    clone.git("pull", "--quiet", "--ff-only")
    shutil.copytree(workspace.folder / ".reconciler", clone.folder / ".reconciler")
    plan = workspace.run("plan", *here)
    applied = workspace.run("apply", "--yes", *here)

    assert "No changes." in plan.out, plan
    assert (applied.code, clone.quantities()["TEE"]) == (0, 60), applied


def test_apply_without_writes_after_another_record_exits_3(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R8: another apply records between the fetch and the end of this one."""
    _share(workspace)
    real = workspace.git("rev-parse", REF)
    _racing(workspace, monkeypatch)
    run = workspace.run("apply", "--yes")

    assert (run.code, workspace.git("rev-parse", REF)) == (3, real), run


def _racing(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let another apply record right after this one has planned."""
    make_plan = planning.make_plan

    def plan_and_lose(*arguments: object) -> object:
        plan = make_plan(*arguments)  # type: ignore[arg-type]  # passed on as they are
        tip = workspace.git("commit-tree", f"{REF}^{{tree}}", "-p", REF, "-m", "another")
        workspace.git("push", "--quiet", ".", f"{tip}:refs/heads/other")
        bare = Workspace(workspace.folder / "remote.git", workspace.capsys)
        bare.git("fetch", "--quiet", "..", "other")
        bare.git("update-ref", REF, tip)
        return plan

    monkeypatch.setattr("reconciler.app.applying.make_plan", plan_and_lose)


def test_unreachable_remote_stops_apply_and_warns_plan(workspace: Workspace) -> None:
    """Without the last record, apply writes nothing, and plan only warns."""
    _share(workspace)
    _declare(workspace, TEE=70)
    workspace.git("remote", "set-url", "origin", "nowhere.git")
    plan = workspace.run("plan")
    apply = workspace.run("apply", "--yes")

    assert (plan.code, "Warning" in plan.err) == (0, True), plan
    assert (apply.code, "[git]" in apply.err) == (1, True), apply
    assert workspace.writes() == []


def test_remotes_with_different_records_stop_apply(workspace: Workspace) -> None:
    """R8: exit code 1, unless one is named."""
    _share(workspace)
    workspace.git("clone", "--quiet", "--bare", "remote.git", "clone/other.git")
    workspace.git("remote", "add", "other", "clone/other.git")
    tip = workspace.git("commit-tree", f"{REF}^{{tree}}", "-m", "apart")
    workspace.git("push", "--quiet", "other", f"{tip}:{REF}")
    _declare(workspace, TEE=70)
    refused = workspace.run("apply", "--yes")

    assert (refused.code, "--remote other" in refused.err) == (1, True), refused
    assert workspace.run("apply", "--yes", "--remote", "origin").code == 0


def test_local_with_record_of_a_remote_is_refused(workspace: Workspace) -> None:
    """The two records could never be joined."""
    _share(workspace)
    _declare(workspace, TEE=70)

    assert workspace.run("apply", "--yes", "--local").code == 64
    workspace.git("update-ref", "-d", REF)
    bare = Workspace(workspace.folder / "remote.git", workspace.capsys)
    bare.git("update-ref", "-d", REF)
    assert workspace.run("apply", "--yes", "--local", "--base", "HEAD~1").code == 0
    assert workspace.git("ls-remote", "origin", REF) == ""


def test_apply_base_with_record_is_refused(workspace: Workspace) -> None:
    """It would mark all pending changes as applied."""
    _share(workspace)
    _declare(workspace, TEE=70)
    run = workspace.run("apply", "--yes", "--base", "HEAD")

    assert (run.code, "reconciler base set HEAD" in run.err) == (64, True), run
    assert not (workspace.folder / ".reconciler/sandbox").exists()


def test_apply_after_force_push_names_base_set(workspace: Workspace) -> None:
    """R11: exit code 3 names `base set`, which works."""
    _share(workspace)
    _declare(workspace, TEE=70)
    assert workspace.run("apply", "--yes").code == 0
    workspace.git("commit", "--quiet", "--amend", "--message", "rewritten")
    workspace.git("push", "--quiet", "--force", "origin", "main")
    refused = workspace.run("apply", "--yes")
    assert (refused.code, "reconciler base set HEAD" in refused.err) == (3, True), refused
    workspace.sell(TEE=4)
    assert workspace.run("base", "set", "HEAD", "--yes").code == 0
    run = workspace.run("apply", "--yes")

    assert (run.code, workspace.quantities()["TEE"]) == (0, 66), run


def test_base_set_with_globs_settles_only_matches(workspace: Workspace) -> None:
    """One of two typed numbers was entered in the shop by hand. The other is still applied."""
    _share(workspace)
    _declare(workspace, TEE=70, MUG=25)
    assert workspace.run("base", "set", "HEAD", "--sku", "TEE", "--yes").code == 0
    run = workspace.run("apply", "--yes")

    assert run.code == 0, run
    assert workspace.quantities() == {"TEE": 50, "MUG": 25}
    assert workspace.run("base", "set", "HEAD", "--sku", "NOPE", "--yes").code == 64
    assert workspace.run("base", "set", "HEAD").code == 64  # there is no terminal to ask on


def test_base_show_prints_record(workspace: Workspace) -> None:
    """Its commit and author, or that there is none."""
    workspace.store(FIFTY, FIFTY, settings=ON_CHANGE)
    head = workspace.commit()
    assert REF in workspace.run("base", "show").out
    workspace.run("base", "set", "HEAD", "--yes")
    out = workspace.run("base", "show").out

    assert head[:7] in out
    assert "2 levels settled, 0 released." in out


def test_base_unlock_frees_lock_of_crashed_apply(workspace: Workspace) -> None:
    """The refusal has the id of the run. Another id unlocks nothing."""
    _share(workspace)
    _declare(workspace, TEE=70)
    tip = workspace.git("rev-parse", REF)
    _leave_intent(workspace)
    held = workspace.run("apply", "--yes")
    assert held.code == 3, held
    run_id = held.err.partition("base unlock ")[2].split("`")[0]
    assert run_id in workspace.run("base", "show").out
    assert workspace.run("base", "unlock", "0123").code == 64
    assert workspace.run("base", "unlock", run_id).code == 0
    run = workspace.run("apply", "--yes")

    assert (run.code, workspace.quantities()["TEE"]) == (0, 70), run
    assert workspace.run("base", "unlock", run_id).code == 0  # nothing is locked any more
    assert workspace.git("merge-base", "--is-ancestor", tip, REF) == ""


def _leave_intent(workspace: Workspace) -> None:
    """Leave the record of an apply that crashed before its first write."""

    class DiedError(BaseException):
        """The process has died."""

    def die(*_: object, **__: object) -> None:
        raise DiedError

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(executor._Run, "_write", die)
        with pytest.raises(DiedError):
            workspace.run("apply", "--yes")


def _shallow(workspace: Workspace) -> tuple[str, ...]:
    """Clone the remote without its history, and return the options that name that clone."""
    address = f"file://{workspace.folder}/remote.git"
    workspace.git("clone", "--quiet", "--depth", "1", address, "shallow")
    return ("--inventory", "shallow/inventory")


def test_history_in_a_shallow_clone_reads_what_is_there(workspace: Workspace) -> None:
    """The receipt alone is fetched; what its results are about is not."""
    _share(workspace)
    _declare(workspace, TEE=70)
    assert workspace.run("apply", "--yes").code == 0
    where = _shallow(workspace)

    assert workspace.run("history", "TEE", *where).code == 0
    assert workspace.run("base", "show", *where).code == 0
    assert workspace.run("plan", *where).code == 0


def test_lock_holds_in_a_shallow_clone_that_lacks_the_first_batch(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tip names results of batches that are not there: nothing is written over the lock."""
    monkeypatch.setattr(batches, "MAX_SIZE", 1)
    monkeypatch.setattr(recording, "LASTING", 300.0)
    _share(workspace)
    where = _shallow(workspace)
    assert workspace.run("plan", *where).code == 0
    _declare(workspace, TEE=70, MUG=30)
    with killed_at(2, lands=False), pytest.raises(KilledError):
        workspace.run("apply", "--yes", "--parallelism", "1")

    tip = _tip(workspace)

    assert workspace.run("plan", *where).code in {0, 65}
    assert workspace.run("apply", "--yes", *where).code in {1, 3}
    assert workspace.run("base", "set", "HEAD", "--yes", *where).code == 3
    assert _tip(workspace) == tip


@pytest.mark.parametrize("name", ["shop.json", "released.yaml", "applied.yaml"])
@pytest.mark.parametrize("content", ["[", "null", "{}", '{"TEE": null}', "skus: {TEE: no}"])
def test_malformed_file_of_record_is_an_error(
    workspace: Workspace, name: str, content: str
) -> None:
    """H2: exit code 1 at most, and never a traceback."""
    workspace.begin()
    blob = workspace.write("forged", content)
    tree = workspace.git("ls-tree", REF).splitlines()
    kept = [line for line in tree if not line.endswith(f"\t{name}")]
    forged = workspace.git("hash-object", "-w", str(blob))
    blob.unlink()
    (workspace.folder / "tree").write_text(
        "\n".join([*kept, f"100644 blob {forged}\t{name}"]) + "\n"
    )
    commit = workspace.git("commit-tree", _mktree(workspace), "-p", REF, "-m", "forged")
    workspace.git("update-ref", REF, commit)
    run = workspace.run("plan")

    assert run.code in {0, 1}, run
    assert "Traceback" not in run.err and "unexpected" not in run.err.lower()
    assert run.code == 0 or REF in run.err, run
    if run.code:  # the way out that is named
        assert workspace.run("base", "set", "HEAD", "--yes").code == 0
        assert workspace.run("plan").code == 0


@pytest.mark.parametrize("name", ["shop.json", "applied.yaml"])
def test_record_without_a_file_is_an_error(workspace: Workspace, name: str) -> None:
    """An empty record would make every SKU new, and undo sales."""
    workspace.begin()
    tree = workspace.git("ls-tree", REF).splitlines()
    kept = [line for line in tree if not line.endswith(f"\t{name}")]
    (workspace.folder / "tree").write_text("\n".join(kept) + "\n")
    commit = workspace.git("commit-tree", _mktree(workspace), "-p", REF, "-m", "forged")
    workspace.git("update-ref", REF, commit)
    run = workspace.run("plan")

    assert (run.code, name in run.err, REF in run.err) == (1, True, True), run
    assert workspace.run("base", "set", "HEAD", "--yes").code == 0
    assert workspace.run("plan").code == 0


def _mktree(workspace: Workspace) -> str:
    file = workspace.folder / "tree"
    done = subprocess.run(
        ["git", "mktree"],  # noqa: S607  the git that is there
        cwd=workspace.folder,
        input=file.read_text(),
        capture_output=True,
        check=True,
        text=True,
    )
    file.unlink()
    return done.stdout.strip()


def _fail_receipts(workspace: Workspace) -> None:
    """Let the remote accept intents, but no receipts."""
    hook = workspace.folder / "remote.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\nread old new ref\ngit show $new:record.json | grep -q intent\n")
    hook.chmod(0o755)


@pytest.mark.parametrize("depth", [(), ("--depth", "1")], ids=["whole", "shallow"])
def test_unpushed_receipt_is_pushed_by_the_next_apply(
    workspace: Workspace, depth: tuple[str, ...]
) -> None:
    """A plan in between keeps it, also in a shallow clone."""
    _share(workspace)
    origin = f"file://{workspace.folder}/remote.git"
    workspace.git("clone", "--quiet", *depth, origin, "clone")
    clone = Workspace(workspace.folder / "clone", workspace.capsys)
    here = ("--inventory", "clone/inventory")
    clone.declare({**FIFTY, "TEE": 70})
    clone.commit()
    clone.git("push", "--quiet", "origin", "main")
    _fail_receipts(workspace)
    assert workspace.run("apply", "--yes", *here).code == 5
    receipt = clone.git("rev-parse", REF)
    (workspace.folder / "remote.git/hooks/pre-receive").unlink()
    assert "No changes." in workspace.run("plan", *here).out
    assert clone.git("rev-parse", REF) == receipt
    run = workspace.run("apply", "--yes", *here)

    assert (run.code, _tip(workspace)) == (0, receipt), run


def test_local_with_unreachable_remote_is_refused(workspace: Workspace) -> None:
    """It may have a record that this clone would miss."""
    _share(workspace)
    _declare(workspace, TEE=70)
    workspace.git("remote", "set-url", "origin", "nowhere.git")

    assert workspace.run("apply", "--yes", "--local").code == 1
    assert not (workspace.folder / ".reconciler/sandbox").exists()


def test_password_of_a_remote_is_not_shown(workspace: Workspace) -> None:
    """Not after a success either."""
    _share(workspace)
    secret = "https://bob:s3cr3t@example.invalid/x.git"
    workspace.git("config", f"url.{workspace.folder}/remote.git.insteadOf", secret)
    _declare(workspace, TEE=70)
    applied = workspace.run("apply", "--yes", "--remote", secret)
    done = workspace.run("base", "set", "HEAD", "--yes", "--remote", secret)

    assert (applied.code, done.code) == (0, 0), applied
    assert "s3cr3t" not in applied.out + applied.err + done.out + done.err


def test_other_ref_on_the_remote_blocks_no_apply(workspace: Workspace) -> None:
    """Anyone who can push could create one."""
    _share(workspace)
    odd = f"refs/heads/\udcff/{REF}"
    subprocess.run(
        ["git", "push", "--quiet", "origin", f"HEAD:{odd}".encode("utf-8", "surrogateescape")],  # noqa: S607
        cwd=workspace.folder,
        check=True,
        capture_output=True,
    )

    assert workspace.run("plan").code == 0
