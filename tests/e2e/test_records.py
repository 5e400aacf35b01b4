"""Records in git: written, shared, and read back in every kind of repository."""

import shutil

import pytest
from factories import ALL_APPLIED, FIFTY, ON_CHANGE, SITE, Workspace

REF = f"refs/reconciler/{SITE}"


def test_record_log_is_an_audit_log(workspace: Workspace) -> None:
    """`git log` of the ref shows each apply. It needs no identity, and runs no hook."""
    workspace.begin()
    hook = workspace.folder / ".git/hooks/reference-transaction"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    workspace.declare({"TEE": 70, "MUG": 20})
    hook.rename(workspace.folder / "hook")
    workspace.commit()
    (workspace.folder / "hook").rename(hook)
    run = workspace.run("apply", "--yes", "--record")
    log = workspace.git("log", "-p", "--first-parent", "-1", REF)

    assert run.code == 0, run
    assert "demo: apply 1 SKU, 0 not applied" in log
    assert "TEE: 50 -> 70, applied" in log
    assert "Author: reconciler <reconciler@localhost>" in log
    assert "-  TEE: 50\n+  TEE: 70" in log


def test_records_are_shared_by_pushing(workspace: Workspace) -> None:
    """Another clone fetches the ref and has the same base."""
    workspace.store(FIFTY, FIFTY, settings=ON_CHANGE)
    workspace.commit()
    workspace.git("init", "--quiet", "--bare", "remote.git")
    workspace.git("remote", "add", "origin", "remote.git")
    early = workspace.run("apply", "--yes", "--base", "HEAD", "--record", "--push", "origin")
    workspace.git("push", "--quiet", "origin", "main")
    run = workspace.run("apply", "--yes", "--base", "HEAD", "--record", "--push", "origin")
    assert (early.code, "git push origin main" in early.err) == (64, True), early
    assert run.code == 0, run
    record = workspace.git("rev-parse", REF)

    assert workspace.git("ls-remote", "origin", REF).split()[0] == record


@pytest.mark.parametrize(
    ("remote", "code", "kind"), [("nowhere", 64, "[usage]"), ("./nowhere", 1, "[git]")]
)
def test_apply_with_unusable_remote_writes_nothing(
    workspace: Workspace, remote: str, code: int, kind: str
) -> None:
    """The remote is checked before the first write, and the record stays as it was."""
    workspace.store(FIFTY, {"TEE": 43, "MUG": 20}, settings=ON_CHANGE)
    workspace.commit()
    workspace.declare({"TEE": 40, "MUG": 20})
    workspace.commit()
    run = workspace.run("apply", "--yes", "--base", "HEAD~1", "--record", "--push", remote)

    assert (run.code, kind in run.err, "nowhere" in run.err) == (code, True, True), run
    assert not (workspace.folder / ".reconciler/sandbox").exists()
    assert workspace.git("for-each-ref", "refs/reconciler") == ""


def test_apply_with_failing_push_exits_5_with_command(workspace: Workspace) -> None:
    """The record is kept here, and the command in the error pushes it."""
    workspace.store(FIFTY, FIFTY, settings=ON_CHANGE)
    workspace.commit()
    workspace.git("init", "--quiet", "--bare", "remote.git")
    workspace.git("remote", "add", "origin", "remote.git")
    workspace.git("push", "--quiet", "origin", "main")
    workspace.run("apply", "--yes", "--base", "HEAD", "--record", "--push", "origin")
    workspace.declare({"TEE": 40, "MUG": 20})
    workspace.commit()
    workspace.git("push", "--quiet", "origin", "main")
    # The remote takes the intent, and nothing after it.
    hook = workspace.folder / "remote.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\nread old new ref\ngit show $new:record.json | grep -q intent\n")
    hook.chmod(0o755)
    run = workspace.run("apply", "--yes", "--record", "--push", "origin")
    by_hand = run.err.rpartition("`git ")[2].partition("`")[0].split()

    assert run.code == 5
    assert workspace.quantities()["TEE"] == 40
    hook.unlink()
    workspace.git(*by_hand)
    assert ALL_APPLIED.search(workspace.run("plan").out)
    record = workspace.git("rev-parse", REF)
    assert workspace.git("ls-remote", "origin", REF).split()[0] == record


def test_apply_with_uncommitted_files_is_refused(workspace: Workspace) -> None:
    """A record names a commit, so the YAML must be that commit's."""
    workspace.begin()
    workspace.declare({"TEE": 70, "MUG": 20})

    assert workspace.run("apply", "--yes", "--record").code == 64
    assert workspace.run("apply", "--yes").code == 64
    assert workspace.writes() == []
    assert workspace.run("apply", "--yes", "--push", "origin").code == 64


def test_apply_in_shallow_clone_names_unshallow(workspace: Workspace) -> None:
    """It can't tell whether the commit is old: exit code 1, not 3."""
    workspace.begin()
    workspace.declare({"TEE": 70, "MUG": 20})
    workspace.commit()
    origin = f"file://{workspace.folder}"
    clone = Workspace(workspace.folder / "clone", workspace.capsys)
    workspace.git("clone", "--quiet", "--depth", "1", origin, "clone")
    shutil.copytree(workspace.folder / ".reconciler", clone.folder / ".reconciler")
    clone.git("fetch", "--quiet", "--depth", "1", "origin", "+refs/reconciler/*:refs/reconciler/*")
    here = ("--inventory", "clone/inventory")
    plan = workspace.run("plan", *here)
    apply = workspace.run("apply", "--yes", *here)

    assert (plan.code, "declared 50 -> 70" in plan.out) == (0, True), plan
    assert (apply.code, "git fetch --unshallow" in apply.err) == (1, True)
    clone.git("fetch", "--quiet", "--unshallow", "origin")
    assert workspace.run("apply", "--yes", *here).code == 0


@pytest.mark.parametrize("kind", ["worktree", "submodule", "bare", "subfolder"])
def test_base_in_every_kind_of_repository(workspace: Workspace, kind: str) -> None:
    """A worktree, a submodule, a subfolder, and a bare repository, which has no base."""
    workspace.begin()
    workspace.declare({"TEE": 70, "MUG": 20})
    workspace.commit()
    inventory = "other/inventory"
    if kind == "worktree":
        workspace.git("worktree", "add", "--quiet", "--detach", "other")
    elif kind == "submodule":
        outer = Workspace(workspace.folder / "other-top", workspace.capsys)
        outer.folder.mkdir()
        outer.git("init", "--quiet")
        flags = ("-c", "protocol.file.allow=always")
        outer.git(*flags, "submodule", "--quiet", "add", str(workspace.folder), "shop")
        inner = Workspace(outer.folder / "shop", workspace.capsys)
        inner.git("fetch", "--quiet", "origin", "+refs/reconciler/*:refs/reconciler/*")
        inventory = "other-top/shop/inventory"
    elif kind == "bare":
        other = workspace.folder.parent / f"{workspace.folder.name}-bare"
        workspace.git("clone", "--quiet", "--bare", ".", str(other))
        shutil.copytree(workspace.folder / "inventory", other / "inventory")
        inventory = str(other / "inventory")
    else:
        (workspace.folder / "other").mkdir()
        workspace.git("mv", "inventory", "other/inventory")
        workspace.commit()
    run = workspace.run("plan", "--inventory", inventory)

    if kind == "bare":
        assert (run.code, "[no_base]" in run.err) == (1, True), run
    else:
        assert (run.code, "(declared 50 -> 70)" in run.out) == (0, True), run


def test_apply_in_a_hook_uses_the_folders_repository(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a hook, git sets variables that point elsewhere."""
    workspace.begin()
    workspace.sell(TEE=7)
    workspace.commit()
    monkeypatch.setenv("GIT_DIR", str(workspace.folder / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", "/")
    run = workspace.run("plan", "--base", "HEAD", "--read-all")

    assert "No changes. Drift left alone: 1 SKU" in run.out, run


def test_parallel_apply_does_not_overwrite_receipt(workspace: Workspace) -> None:
    """Without a remote, the second apply finds that the ref has moved."""
    workspace.begin()
    workspace.declare({"TEE": 70, "MUG": 20})
    workspace.commit()
    lock = workspace.folder / f".git/{REF}.lock"
    lock.touch()
    run = workspace.run("apply", "--yes", "--record")

    assert (run.code, workspace.writes()) == (1, []), run
    lock.unlink()
    assert workspace.run("apply", "--yes", "--record").code == 0


def test_no_record_with_on_change_is_refused(workspace: Workspace) -> None:
    """An unrecorded `on_change` write would come again. `exact` needs no record."""
    workspace.begin()
    workspace.declare({"TEE": 70, "MUG": 20})
    workspace.commit()
    assert workspace.run("apply", "--yes", "--no-record").code == 64
    assert workspace.writes() == []

    store = workspace.folder / "inventory/demo/store.yaml"
    exact = store.read_text("utf-8").replace("rule: on_change", "rule: exact")
    workspace.write("inventory/demo/store.yaml", exact)
    assert workspace.run("apply", "--yes", "--no-record").code == 64  # the record would get old
    workspace.git("update-ref", "-d", REF)
    assert workspace.run("apply", "--yes", "--no-record").code == 0
    assert workspace.quantities()["TEE"] == 70
    assert workspace.git("for-each-ref", "refs/reconciler") == ""


def test_plan_with_a_base_beside_the_record_is_a_preview(workspace: Workspace) -> None:
    """The record counts for apply, so the message names no command that would be refused."""
    workspace.begin()
    workspace.declare({**FIFTY, "TEE": 55})
    workspace.commit()
    run = workspace.run("plan", "--base", "HEAD", "--out", "p.json")

    assert (run.code, "reconciler apply" in run.err) == (0, False), run
    assert workspace.run("apply", "p.json").code == 3
