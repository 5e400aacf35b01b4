"""Rows C1, C2, C4 to C9, C12: wrong use in CI; S1 to S3, S5, S8 to S10, S12: attacks."""

import json
import os
from pathlib import Path
from urllib.parse import quote

from factories import SITE

from faults.network import few
from faults.scene import TOKEN, Scene, environment
from faults.table import Bench, row
from reconciler.sandbox.edits import rename_product


@row("C1", "an old plan file", naive=False)
def old_plan(bench: Bench) -> None:
    """The YAML has changed: exit code 3, nothing is written."""
    before, after, sku = few(bench)
    with Scene(bench, before, after).open() as scene:
        scene.plan()
        scene.declare({**after, sku: 99})
        run = scene.run("apply", "p.json")
        assert (run.code, "[stale_plan]" in run.err) == (3, True), run
        assert scene.writes() == []


@row("C2", "a plan file that was edited, or is another site's, or none at all", naive=False)
def edited_plan(bench: Bench) -> None:
    """Exit code 3 if it does not fit, 65 if it is not a plan."""
    before, after, _ = few(bench)
    with Scene(bench, before, after).open() as scene:
        scene.plan()
        path = bench.folder / "p.json"
        text = path.read_text("utf-8")
        cases = (
            (text.replace(SITE, "f" * 24), 3),
            (text.replace('"after"', '"after" ', 1).replace('"quantity": 3', '"quantity": 9'), 3),
            (text[: len(text) // 2], 65),
            (text.replace('"1.0"', '"2.0"'), 65),
            ("", 65),
            ("[" * 100_000, 65),
            (json.dumps({"format_version": "1.0", "pad": "x" * 1000}), 65),
        )
        for content, code in cases:
            path.write_text(content, "utf-8")
            assert scene.run("apply", "p.json").code == code, content[:80]
        assert scene.writes() == []


@row("C4", "an old run, run again", naive=False)
def old_run(bench: Bench) -> None:
    """Its commit is older than the one applied last: exit code 3."""
    before, after, _ = few(bench)
    with Scene(bench, before, after, home="first", rule="on_change").open() as scene:
        scene.begin_records()
        assert scene.run("apply", "--yes", "--record", "--push", "origin").code == 0
        written = len(scene.writes())
        scene.git("checkout", "--quiet", "HEAD~1")
        run = scene.run("apply", "--yes", "--record", "--push", "origin")
        assert (run.code, "[old_commit]" in run.err) == (3, True), run
        assert len(scene.writes()) == written


@row("C5", "a shallow clone, or no git", naive=False)
def no_history(bench: Bench) -> None:
    """It still plans, and notes that there is no base."""
    before, after, _ = few(bench)
    with Scene(bench, before, after).open() as scene:
        run = scene.run("plan")
        assert (run.code, "git" in run.err) == (0, True), run
        with environment({"PATH": ""}):
            run = scene.run("plan")
        assert (run.code, "git" in run.err) == (0, True), run


@row("C6", "a fork's pull request, without a token", naive=False)
def fork(bench: Bench) -> None:
    """An offline plan: exit code 0, or 2 with --detailed-exitcode, without any request."""
    before, after, _ = few(bench)
    with Scene(bench, before, after, home="first", rule="on_change").open() as scene:
        scene.begin_records()
        asked = len(scene.shop.ledger())
        with environment({"WEBFLOW_TOKEN": ""}):
            for flags, code in ((), 0), (("--detailed-exitcode",), 2):
                run = scene.run("plan", "--offline", *flags)
                assert (run.code, f"Plan: {len(after)} to change" in run.out) == (code, True), run
        assert len(scene.shop.ledger()) == asked


@row("C7", "no token, or a blank one", naive=False)
def no_token(bench: Bench) -> None:
    """The error names the variable: exit code 1."""
    before, after, _ = few(bench)
    with Scene(bench, before, after).open() as scene:
        for token in ("", "  "):
            with environment({"WEBFLOW_TOKEN": token}):
                run = scene.run("plan")
            assert (run.code, "WEBFLOW_TOKEN" in run.err) == (1, True), run


@row("C8", "apply without a terminal, a plan file or --yes", naive=False)
def no_terminal(bench: Bench) -> None:
    """Exit code 64, and never a prompt."""
    before, after, _ = few(bench)
    with Scene(bench, before, after).open() as scene:
        run = scene.run("apply")
        assert (run.code, "[usage]" in run.err) == (64, True), run
        assert scene.shop.ledger() == []


@row("C9", "a plan that sets most of the shop to zero", naive=False)
def catastrophe(bench: Bench) -> None:
    """Exit code 4, nothing is written, and the plan prints in full."""
    before = {f"S{n:02}": bench.chance.randint(5, 40) for n in range(20)}
    after = {sku: 0 if n < 16 else units for n, (sku, units) in enumerate(before.items())}
    with Scene(bench, before, after, settings=f"site_id: {SITE}\n").open() as scene:
        plan = scene.plan()
        assert "max_zeroed" in plan.out
        for arguments in (("p.json",), ("--yes",)):
            run = scene.run("apply", *arguments)
            assert (run.code, "--allow max_zeroed" in run.err) == (4, True), run
        assert scene.writes() == []


@row("C12", "a flag that is mistyped", naive=False)
def mistyped(bench: Bench) -> None:
    """Exit code 64, which CI can't mistake for pending changes."""
    before, after, _ = few(bench)
    with Scene(bench, before, after).open() as scene:
        flag = bench.chance.choice(["--detailed-exit", "--ot", "--paralelism=2", "--base"])
        assert scene.run("plan", flag).code == 64


@row("S1", "a token that cannot be one", naive=False)
def impossible_token(bench: Bench) -> None:
    """It is refused, and not repeated."""
    before, after, _ = few(bench)
    with Scene(bench, before, after).open() as scene:
        for token in ("s3cret\n", "s3cret\r", "s3 cret", "s3cr\u00e9t", "s3cret\x7f"):
            with environment({"WEBFLOW_TOKEN": token}):
                run = scene.run("plan", "-v")
            assert (run.code, "s3" in run.out + run.err) == (1, False), run


@row("S2", "a token in any word of ours", naive=False)
def token_in_words(bench: Bench) -> None:
    """Neither verbose output nor a plan, journal, report, or event contains it."""
    before, after, _ = few(bench)
    with Scene(bench, before, after).open() as scene:
        scene.plan()
        scene.run("apply", "p.json", "-v", "--report", "r.json", "--events", "e.jsonl")
        with environment({"WEBFLOW_API_URL": "http://127.0.0.1:9/v2"}):
            scene.run("plan", "-v")
        for name in ("r.json", "e.jsonl"):
            assert TOKEN not in (bench.folder / name).read_text("utf-8")


def _named(scene: Scene, name: str) -> None:
    """Give every product a name."""
    for product in scene.shop.products(100, 0):
        rename_product(scene.shop, product["product"]["id"], name)


@row("S3", "a product's name that moves the cursor", naive=False)
def escapes(bench: Bench) -> None:
    """They are shown escaped."""
    before, after, _ = few(bench)
    names = (
        "\x1b[2J\x1b]8;;http://x\x07",
        "a\rb",
        "\x9b31m",
        "\u202eabc",
        "a\nb",
        "\x1b]52;c;x\x07",
    )
    with Scene(bench, before, after).open() as scene:
        _named(scene, bench.chance.choice(names))
        run = scene.run("plan", "-v")
        assert all(line.isprintable() for line in run.out.splitlines()), run


@row("S5", "a product's name that commands the runner", naive=False)
def commands(bench: Bench) -> None:
    """They have no effect in a log."""
    before, after, _ = few(bench)
    names = (
        "::set-output name=x::y",
        "##[set-output name=x]y",
        "::stop-commands::z",
        "%0A::error::q",
    )
    with Scene(bench, before, after).open() as scene:
        _named(scene, bench.chance.choice(names))
        for form in ("text", "json"):
            out = scene.run("plan", "--format", form).out
            assert "##[" not in out
            assert not any(line.lstrip().startswith("::") for line in out.splitlines())


@row("S8", "an address that a token must not go to", naive=False)
def addresses(bench: Bench) -> None:
    """Only https, or http on loopback, and only from the environment."""
    before, after, _ = few(bench)
    with Scene(bench, before, after).open() as scene:
        for address in (
            "http://169.254.169.254/v2",
            "http://example.invalid",
            "ftp://x",
            "file:///",
        ):
            with environment({"WEBFLOW_API_URL": address}):
                run = scene.run("plan")
            assert (run.code, "WEBFLOW_API_URL" in run.err) == (1, True), run
        store = bench.folder / "inventory/demo/store.yaml"
        store.write_text(store.read_text("utf-8") + "api_url: http://169.254.169.254\n", "utf-8")
        assert scene.run("plan").code == 65


@row("S9", "a proxy in the environment", naive=False)
def proxy(bench: Bench) -> None:
    """It is used for https, never for loopback, and named if it does not answer."""
    before, after, _ = few(bench)
    with (
        Scene(bench, before, after).open() as scene,
        environment(
            {"HTTPS_PROXY": "http://user:s3cret@127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
        ),
    ):
        assert scene.run("plan").code == 0
        with environment({"WEBFLOW_API_URL": "https://api.example.invalid/v2"}):
            run = scene.run("plan")
        assert (run.code, "proxy" in run.err) == (1, True), run
        assert "s3cret" not in run.out + run.err


@row("S10", "an id that leads elsewhere", naive=False)
def paths(bench: Bench) -> None:
    """The YAML is rejected."""
    before, after, _ = few(bench)
    for identity in ("../../sites", "a?b=c", quote("../x"), "x" * 24):
        with bench.fresh() as here:
            settings = f'site_id: "{identity}"\n'
            with Scene(here, before, after, settings=settings).open() as scene:
                run = scene.run("plan")
                assert (run.code, "store.yaml:1:" in run.err) == (65, True), run
                assert scene.shop.ledger() == []


@row("S12", "a plan file from somebody who means ill", naive=False)
def evil_plan(bench: Bench) -> None:
    """Only JSON below the size limit is read."""
    before, after, _ = few(bench)
    with Scene(bench, before, after).open() as scene:
        path = bench.folder / "p.json"
        for content in (b"PK\x03\x04" + b"../" * 99, b"\x80\x04\x95cposix\nsystem\n", b"{" * 9999):
            path.write_bytes(content)
            assert scene.run("apply", "p.json").code == 65
        with path.open("wb") as file:
            file.truncate(200 * 1024 * 1024)
        run = scene.run("apply", "p.json")
        assert (run.code, "p.json: error" in run.err) == (65, True), run
        os.truncate(path, 0)
        assert scene.writes() == []
        assert Path(path).exists()
