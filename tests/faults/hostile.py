"""Rows H1 to H8: files of a pull request, plan files, and answers that want to do harm.

Each row runs commands with a token in the environment. Nothing of it may run, be written outside
of the workspace, or reach a stream.
"""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from factories import SITE, Run, sealed

from faults.network import few
from faults.scene import TOKEN, Scene
from faults.table import Bench, row
from reconciler.sandbox.edits import rename_product

READING = (
    ("validate",),
    ("plan", "--base", "HEAD"),
    ("plan", "--offline", "--base", "HEAD"),
    ("drift",),
    ("history", "S0"),
    ("report", "--out", "page.html"),
    ("base", "show"),
)
WRITING = (("import",), ("pull",), ("set", "S0=4"), ("export", "--overwrite", "--csv", "t.csv"))
APPLY = ("apply", "--yes", "--base", "HEAD", "--local")


@contextmanager
def _scene(bench: Bench) -> Iterator[Scene]:
    """Yield a store in a repository with one commit."""
    before, after, _ = few(bench)
    with Scene(bench, before, after, home="clone").open() as scene:
        scene.git("init", "--quiet", "--initial-branch", "main")
        _commit(scene)
        yield scene


def _commit(scene: Scene) -> None:
    scene.git("add", "--all", "--force")
    scene.git("commit", "--quiet", "--allow-empty", "--message", "a pull request")


def _top(scene: Scene) -> Path:
    return scene.bench.folder / scene.home


def _spy(folder: Path) -> Path:
    """Return a program that leaves the file `mark` in *folder* when it is run."""
    folder.mkdir()
    for name in ("run", "pre-push", "reference-transaction", "fsmonitor-watchman"):
        (folder / name).write_text(f"#!/bin/sh\necho ran >> {folder}/mark\n")
        (folder / name).chmod(0o755)
    return folder / "run"


@row("H1", "an embedded bare repository, at any depth", naive=False)
def embedded(bench: Bench) -> None:
    """Git runs nothing of it, and the tree is refused."""
    spy = _spy(bench.folder / "hooks")
    names = ["inventory", "inventory/demo", "inventory/.x", "inventory/demo/.x/y"]
    place = bench.chance.choice(names)
    with _scene(bench) as scene:
        bare = _top(scene) / place
        for name in ("objects", "refs/heads", "refs/reconciler"):
            (bare / name).mkdir(parents=True)
        head = bench.chance.choice(["ref: refs/heads/main\n", f"{1:040x}\n"])
        (bare / "HEAD").write_text(head)
        (bare / "config").write_text(
            "[core]\nrepositoryformatversion = 1\nbare = true\n"
            f"fsmonitor = {spy}\nhooksPath = {spy.parent}\nsshCommand = {spy}\npager = {spy}\n"
            f"[diff]\nexternal = {spy}\n[gpg]\nprogram = {spy}\n[commit]\ngpgSign = true\n"
            f"[alias]\nstatus = !{spy}\n[protocol]\nallow = always\n"
            f'[remote "origin"]\nurl = ext::{spy}\npromisor = true\n'
            "[extensions]\npartialClone = origin\n"
        )
        _commit(scene)
        codes = {scene.run(*command).code for command in (*READING[:4], *WRITING, APPLY)}
        assert codes == {65}, codes
        assert (scene.writes(), (spy.parent / "mark").exists()) == ([], False)


@row("H2", "forged refs and records", naive=False)
def forged_records(bench: Bench) -> None:
    """Each command ends in a sentence, and nothing is written."""
    ref = f"refs/reconciler/{SITE}"
    record = {"format": 2, "kind": "receipt", "fingerprint": "x", "site_id": SITE}
    forged: dict[str, Any] = {
        "no record": None,
        "null": "null",
        "types": json.dumps({key: [] for key in record}),
        "another site": json.dumps({**record, "site_id": "5" * 24}),
        "huge": json.dumps({**record, "store": "x" * 20_000_000}),
    }
    for text in forged.values():
        with bench.fresh() as here, _scene(here) as scene:
            if text is not None:
                (_top(scene) / "record.json").write_text(text)
                _commit(scene)
            scene.git("update-ref", ref, "HEAD")
            for command in (("plan",), ("base", "show"), ("apply", "--yes", "--local")):
                run = scene.run(*command)
                assert run.code in {1, 3}, (command, run.code, run.err[:300])
            assert scene.writes() == []


@row("H3", "Python files at the top of the checkout", naive=False)
def python_files(bench: Bench) -> None:
    """The installed command imports none. `.ci/workflows` checks the same for the action."""
    script = Path(sys.executable).with_name("reconciler")
    mark = bench.folder / "mark"
    with _scene(bench) as scene:
        for name in ("reconciler", "yaml", "click", "sitecustomize", "msgspec", "inventory/json"):
            (_top(scene) / f"{name}.py").write_text(f"open({str(mark)!r}, 'w')\n")
        _commit(scene)
        for command in (*READING[:3], APPLY):
            done = subprocess.run(
                [script, *command], cwd=_top(scene), capture_output=True, text=True, check=False
            )
            assert (done.returncode, "Traceback" in done.stderr) == (0, False), done
        assert not mark.exists()
        assert len(scene.writes()) == len(scene.after)


@row("H4", "symbolic links where the command writes", naive=False)
def links(bench: Bench) -> None:
    """What they point at stays as it was, and each link stays a link."""
    outside = bench.folder / "outside"
    outside.mkdir()
    secret = outside / "secret"
    secret.write_text("s its")
    target = bench.chance.choice([secret, outside / "new"])
    for name, command in (
        ("p.json", ("plan", "--out", "p.json")),
        ("r.json", (*APPLY, "--report", "r.json")),
        ("e.jsonl", (*APPLY, "--events", "e.jsonl")),
        ("j.jsonl", (*APPLY, "--journal", "j.jsonl")),
        (".reconciler/journal", APPLY),
        ("inventory/demo/.seen", ("pull",)),
        ("inventory/demo/events", ("adjust", "S0=+5", "--reason", "x")),
        ("inventory/demo/stock.yaml", ("set", "S0=4")),
    ):
        with bench.fresh() as here, _scene(here) as scene:
            link = _top(scene) / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(target if link.suffix else outside)
            run = scene.run(*command)
            assert run.code in {1, 65}, (name, run)
            assert link.is_symlink() and secret.read_text() == "s its"
            assert list(outside.iterdir()) == [secret], name


@row("H5", "a plan file with paths, control characters, or endless text", naive=False)
def plan_files(bench: Bench) -> None:
    """Refused with exit code 65, whoever computed its fingerprint."""
    for text in ("../../x", "/etc/passwd", "a\x1b[2Jb", "##[error]x", "\u202ea", "x" * 5000):
        for field in ("store", "site_id", "created_at", "base", "collection_id", "sku_id"):
            with bench.fresh() as here, _scene(here) as scene:
                scene.run("plan", "--out", "p.json")
                path = _top(scene) / "p.json"
                plan = json.loads(path.read_text("utf-8"))
                at = plan["actions"][0]["target"] if field in {"collection_id", "sku_id"} else plan
                at[field] = text
                path.write_text(json.dumps(sealed(plan)), "utf-8")
                run = scene.run("apply", "p.json")
                assert (run.code in {3, 65}, scene.writes()) == (True, []), (field, text[:9], run)
                _assert_inert(run)
        if bench.seed:  # all pairs with the first seed, one text with the others
            return


def _assert_inert(run: Run) -> None:
    """Assert that no line is a command for a terminal or a runner."""
    text = run.out + run.err
    assert not any(sign in text for sign in ("\x1b", "\u202e", "##[")), text[:500]
    assert not any(line.lstrip().startswith("::") for line in text.splitlines()), text[:500]


@row("H6", "sandbox data of a pull request", naive=False)
def sandbox_data(bench: Bench) -> None:
    """Endless views and deep JSON end in a sentence."""
    folder = bench.folder / "inventory/demo"
    folder.mkdir(parents=True)
    (folder / "store.yaml").write_text(f"site_id: {SITE}\nbackend: sandbox\n")
    (folder / "stock.yaml").write_text("skus: {A: 1}\n")
    for seed in ("[" * 100_000, '{"site": ' + '{"a": ' * 50_000 + "1" + "}" * 50_001, "null"):
        (folder / "sandbox.json").write_text(seed)
        run = bench.run("plan")
        assert run.code == 1, run
    data = bench.folder / ".reconciler/sandbox/demo.sqlite"
    data.parent.mkdir(parents=True, exist_ok=True)
    data.unlink(missing_ok=True)
    with sqlite3.connect(data) as database:
        database.execute(
            "CREATE VIEW meta AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n)"
            " SELECT 'site_id' AS key, x AS value FROM n"
        )
    database.close()
    run = bench.run("plan")
    assert run.code == 1, run


@row("H7", "commands for the runner, in every output format", naive=False)
def runner_commands(bench: Bench) -> None:
    """Names and reasons are inert. Only our own annotations begin with `::`."""
    with _scene(bench) as scene:
        for product, name in enumerate(("##[error]x", "::set-output name=x::y")):
            _rename(scene, product, name)
        for command in (
            ("plan",),
            *(("plan", "--format", one) for one in ("json", "markdown", "html")),
            ("plan", "--out", "p.json"),
            *(("show", "p.json", "--format", one) for one in ("json", "markdown", "svg", "html")),
            *(("drift", "--format", one) for one in ("json", "markdown")),
            ("apply", "p.json", "--report", "-", "-v"),
        ):
            _assert_inert_but_html(scene.run(*command))


def _rename(scene: Scene, number: int, name: str) -> None:
    (item,) = scene.shop.products(1, number)
    rename_product(scene.shop, item["product"]["id"], name)


def _assert_inert_but_html(run: Run) -> None:
    assert "##[" not in run.out + run.err
    lines = (run.out + run.err).splitlines()
    assert not any(line.lstrip().startswith("::") for line in lines), lines


@row("H8", "an answer that echoes the token", naive=False)
def echo(bench: Bench) -> None:
    """No stream and no file has it: the scene looks for it in each."""
    with _scene(bench) as scene:
        _rename(scene, 0, f"Shirt {TOKEN}")
        for command in (
            ("plan", "-v"),
            ("plan", "--out", "p.json"),
            ("plan", "--format", "json"),
            ("drift", "--format", "json"),
            ("export", "--live", "--csv", "t.csv"),
            ("apply", "p.json", "--report", "r.json", "--journal", "j.jsonl", "-v"),
            ("report", "--live", "--out", "page.html"),
        ):
            scene.run(*command)
        assert any("***" in run.out for run in scene.said), "the name was shown"
