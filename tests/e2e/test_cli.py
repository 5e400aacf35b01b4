"""The commands over real HTTP, with their exit codes."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from factories import OTHER_SITE, SITE, Workspace, seed

from reconciler.sandbox.api import SCOPES, Api
from reconciler.sandbox.database import Shop
from reconciler.sandbox.seed import build_seed
from reconciler.sandbox.server import serve_for_a_while

ROOT = Path(__file__).parent.parent.parent


def test_plan_after_apply_has_no_changes(workspace: Workspace) -> None:
    """Each changed SKU gets one absolute PATCH, and nothing else is written."""
    workspace.store(
        {"A": 5, "B": 0, "C": "infinite", "D": 7, "E": 1, "SAME": 4},
        {"A": 3, "B": 9, "C": 2, "D": "infinite", "E": None, "SAME": 4.0, "OTHER": 8},
    )
    applied = workspace.run("apply", "--yes", "--parallelism", "1")
    again = workspace.run("plan", "--detailed-exitcode")

    assert (applied.code, again.code) == (0, 0)
    assert "5 changed" in applied.out
    assert "No changes." in again.out
    assert [entry.body for entry in workspace.writes()] == [
        {"inventoryType": "finite", "quantity": 0},
        {"inventoryType": "finite", "quantity": 7},
        {"inventoryType": "finite", "quantity": 5},
        {"inventoryType": "infinite"},
        {"inventoryType": "finite", "quantity": 1},
    ]
    assert workspace.quantities() == {
        "A": 5,
        "B": 0,
        "C": "infinite",
        "D": 7,
        "E": 1,
        "SAME": 4.0,
        "OTHER": 8,
    }


def test_plan_shows_unusual_stock(workspace: Workspace) -> None:
    """Covers null, 12.0, -3, a shared code, no code, and an unknown SKU."""
    workspace.store(
        {"NULL": 1, "FLOAT": 12, "MINUS": 3, "TWIN": 1, "MISING": 1},
        [
            ("NULL", None),
            ("FLOAT", 12.0),
            ("MINUS", -3),
            ("TWIN", 1),
            ("TWIN", 2),
            ("", 5),
            ("MISSING", 1),
        ],
    )
    plan = workspace.run("plan")

    assert plan.code == 65
    assert "quantity: no quantity -> 1" in plan.out
    assert "quantity: -3 -> 3    +6" in plan.out
    assert "FLOAT" not in plan.out
    assert "TWIN  ambiguous: " in plan.out
    assert "MISING  missing: " in plan.out and "MISSING?" in plan.out
    assert "2 not managed" in plan.out


def test_apply_with_missing_sku_writes_others(workspace: Workspace) -> None:
    """The missing SKU is not tried, the others are written, and the exit code is 5."""
    workspace.store({"A": 5, "X": 1}, {"A": 3})
    run = workspace.run("apply", "--yes")

    assert run.code == 5
    assert "not tried X: missing:" in run.out
    assert (
        "Apply incomplete. 1 changed, 0 already right, 0 moved, 0 failed, 0 unknown, 1 not tried."
        in run.out
    )
    assert workspace.quantities() == {"A": 5}


def test_saved_plan_is_shown_and_applied(workspace: Workspace) -> None:
    """`plan --out`, `show`, and `apply FILE` have the same plan."""
    workspace.store({"A": 5}, {"A": 3})
    planned = workspace.run("plan", "--out", "p.json", "--detailed-exitcode")
    shown = workspace.run("show", "p.json")
    printed = workspace.run("show", "p.json", "--format", "json")
    applied = workspace.run("apply", "p.json")

    assert (planned.code, shown.code, applied.code) == (2, 0, 0)
    assert shown.out == planned.out
    assert json.loads(printed.out) == json.loads(Path("p.json").read_text("utf-8"))
    assert workspace.quantities() == {"A": 5}


def test_apply_after_sale_skips_sku(workspace: Workspace) -> None:
    """The sold SKU has moved, the other is written, and the exit code is 3."""
    workspace.store({"A": 5, "B": 5}, {"A": 3, "B": 3})
    workspace.run("plan", "--out", "p.json")
    workspace.run("sandbox", "sell", "A=2")
    run = workspace.run("apply", "p.json")

    assert run.code == 3
    assert "moved     A  planned 3 -> 5, found 1" in run.out
    assert workspace.quantities() == {"A": 1, "B": 5}


def test_apply_stale_plan_exits_3(workspace: Workspace) -> None:
    """Covers edited YAML and an edited plan. Nothing is written."""
    workspace.store({"A": 5}, {"A": 3})
    workspace.run("plan", "--out", "p.json")
    text = Path("p.json").read_text("utf-8")
    workspace.write("edited.json", text.replace('"quantity": 5', '"quantity": 6'))
    workspace.write("inventory/demo/stock.yaml", "skus:\n  A: 6\n")

    assert workspace.run("apply", "p.json").code == 3
    assert workspace.run("apply", "edited.json").code == 3
    assert workspace.writes() == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format_version": "2.0"}'])
def test_malformed_plan_exits_65(workspace: Workspace, content: str) -> None:
    """Covers show and apply."""
    workspace.store({"A": 5}, {"A": 3})
    workspace.write("p.json", content)

    assert workspace.run("show", "p.json").code == 65
    assert workspace.run("apply", "p.json").code == 65


def test_apply_over_limit_exits_4(workspace: Workspace) -> None:
    """The plan exits as usual. Apply writes nothing without --allow."""
    settings = "limits:\n  max_zeroed: 0\n  max_units_lowered: 999\n"
    workspace.store({"A": 0}, {"A": 3}, settings=settings)
    plan = workspace.run("plan", "--out", "p.json")

    assert plan.code == 0
    assert "max_zeroed allows 0" in plan.out
    refused = workspace.run("apply", "--yes")
    assert (refused.code, "--allow max_zeroed" in refused.err) == (4, True)
    assert workspace.run("apply", "p.json").code == 4
    assert workspace.writes() == []
    assert workspace.run("apply", "p.json", "--allow", "max_zeroed").code == 0
    assert workspace.quantities() == {"A": 0}


def test_apply_on_change_without_base_exits_1(workspace: Workspace) -> None:
    """It fails closed, and names the first SKU."""
    workspace.store({"A": 5}, {"A": 3}, settings="rule: on_change\n")
    run = workspace.run("apply", "--yes")

    assert run.code == 1
    assert "A at inventory/demo/stock.yaml:2" in run.err
    assert "Error [no_base]: " in run.err
    assert not (workspace.folder / ".reconciler/sandbox").exists()


def test_apply_without_terminal_exits_64(workspace: Workspace) -> None:
    """It needs a plan file or --yes, and reads nothing."""
    workspace.store({"A": 5}, {"A": 3})
    run = workspace.run("apply")

    assert run.code == 64
    assert "Error [usage]: " in run.err and "--yes" in run.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan", "--detailed-exitcod"],
        ["nonsense"],
        ["--store"],
        ["plan", "--format", "yaml"],
        ["plan", "--store", "dmeo"],
        ["sandbox", "sell", "A=x"],
        [],
    ],
)
def test_wrong_usage_exits_64(workspace: Workspace, arguments: list[str]) -> None:
    """A typo must not look like pending changes (2)."""
    workspace.store({"A": 5}, {"A": 3})

    assert workspace.run(*arguments).code == 64


def test_plan_of_several_stores_needs_a_name(workspace: Workspace) -> None:
    """--store works before and after the command."""
    workspace.store({"A": 5}, {"A": 5})
    workspace.write("inventory/other/store.yaml", f"site_id: {OTHER_SITE}\n")

    refused = workspace.run("plan")
    assert (refused.code, "demo, other" in refused.err) == (64, True)
    assert workspace.run("--store", "demo", "plan").code == 0
    assert workspace.run("plan", "--store", "demo").code == 0


def test_plan_without_inventory_exits_65(workspace: Workspace) -> None:
    """A missing folder is an error, never `no changes`."""
    run = workspace.run("plan")

    assert run.code == 65
    assert run.err.startswith("inventory: error: ")


@pytest.mark.parametrize("token", [None, "", "with space", "line\n"])
def test_plan_with_bad_token_exits_1(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    """The error names the variable and does not contain the token."""
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\n")
    workspace.write("inventory/demo/a.yaml", "skus: {A: 1}\n")
    if token is not None:
        monkeypatch.setenv("WEBFLOW_TOKEN", token)
    run = workspace.run("plan")

    assert run.code == 1
    assert "WEBFLOW_TOKEN" in run.err
    assert "with space" not in run.err and "line" not in run.err.replace("line break", "").replace(
        "line end", ""
    )


def test_webflow_store_uses_address_of_environment(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`backend: webflow` works with any server on loopback. -v shows the requests."""
    workspace.write(
        "inventory/demo/store.yaml", f"site_id: {SITE}\nlimits:\n  max_units_raised: 9\n"
    )
    workspace.write("inventory/demo/a.yaml", "skus: {A: 5}\n")
    with (
        Shop(tmp_path / "shop.sqlite", lambda: build_seed(seed({"A": 3}))) as shop,
        serve_for_a_while(Api(shop, {"t0ken": SCOPES}, limit=60)) as address,
    ):
        monkeypatch.setenv("WEBFLOW_API_URL", address)
        monkeypatch.setenv("WEBFLOW_TOKEN", "t0ken")
        applied = workspace.run("apply", "--yes", "-v")
        again = workspace.run("plan")

    assert (applied.code, again.code) == (0, 0)
    assert "Reads 3, writes at most 1" in applied.out and "60 requests" in applied.out
    assert "No changes." in again.out
    assert "t0ken" not in applied.out + applied.err + again.out + again.err


def test_plan_with_rejected_token_exits_1(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The shop answers 401."""
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\n")
    workspace.write("inventory/demo/a.yaml", "skus: {A: 5}\n")
    with (
        Shop(tmp_path / "shop.sqlite", lambda: build_seed(seed({"A": 3}))) as shop,
        serve_for_a_while(Api(shop, {})) as address,
    ):
        monkeypatch.setenv("WEBFLOW_API_URL", address)
        monkeypatch.setenv("WEBFLOW_TOKEN", "t0ken")
        run = workspace.run("plan")

    assert run.code == 1
    assert "Error [not_authorized]: " in run.err and "(401)" in run.err


def test_apply_without_write_scope_exits_1(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """403 on the first write stops the run."""
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\n")
    workspace.write("inventory/demo/a.yaml", "skus: {A: 5, B: 5}\n")
    with (
        Shop(tmp_path / "shop.sqlite", lambda: build_seed(seed({"A": 3, "B": 3}))) as shop,
        serve_for_a_while(Api(shop, {"t0ken": SCOPES - {"ecommerce:write"}})) as address,
    ):
        monkeypatch.setenv("WEBFLOW_API_URL", address)
        monkeypatch.setenv("WEBFLOW_TOKEN", "t0ken")
        run = workspace.run("apply", "--yes")

    assert run.code == 1
    assert "ecommerce:write" in run.out
    assert "2 not tried." in run.out


def test_plan_json_is_alone_on_stdout(workspace: Workspace) -> None:
    """Hints are on stderr."""
    workspace.store({"A": 5}, {"A": 3})
    run = workspace.run("plan", "--format", "json", "--out", "p.json")

    assert json.loads(run.out)["actions"][0]["after"] == {"inventory_type": "finite", "quantity": 5}
    assert "reconciler apply p.json" in run.err


def test_plan_in_pipe_has_no_color(workspace: Workspace) -> None:
    """`--color always` prints escape sequences."""
    workspace.store({"A": 5}, {"A": 3})

    assert "\x1b[" not in workspace.run("plan").out
    assert "\x1b[33m" in workspace.run("plan", "--color", "always").out


def test_plan_out_rejects_folder_and_accepts_stdout(workspace: Workspace) -> None:
    """`-` is stdout, not a file."""
    workspace.store({"A": 5}, {"A": 3})
    refused = workspace.run("plan", "--out", ".")
    printed = workspace.run("plan", "--out", "-")

    assert (refused.code, "Error [failed]: " in refused.err) == (1, True)
    assert json.loads(printed.out)["actions"][0]["sku"] == "A"
    assert not Path("-").exists()


def test_unknown_command_suggests_nearest(workspace: Workspace) -> None:
    """Commands get suggestions like options."""
    run = workspace.run("plna")

    assert (run.code, "plna" in run.err, "plan?" in run.err) == (64, True, True)


def test_apply_with_closed_stdin_exits_65(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a plan file, it can't ask for confirmation (64)."""
    workspace.store({"A": 5}, {"A": 5})
    monkeypatch.setattr("sys.stdin", None)

    assert workspace.run("apply", "-").code == 65
    assert workspace.run("apply").code == 64


def test_show_svg_draws_picture_of_readme(workspace: Workspace) -> None:
    """It is the plan of the demo. Reports work too, and no picture loads anything."""
    shutil.copytree(ROOT / "inventory/demo", workspace.folder / "inventory/demo")
    workspace.run("plan", "--out", "p.json")
    picture = workspace.run("show", "p.json", "--format", "svg").out
    workspace.run("apply", "p.json", "--report", "r.json")
    report = workspace.run("show", "r.json", "--format", "svg").out

    assert picture == (ROOT / "docs/plan.svg").read_text("utf-8")
    assert "reconciler&#160;apply" in report and "10&#160;changed" in report
    assert "url(http" not in picture + report


@pytest.mark.parametrize(
    "arguments",
    [
        ("apply", "--yes", "--events", "-", "--report", "-"),
        ("apply", "--yes", "--events", "x", "--report", "./x"),
        ("apply", "--yes", "--journal", "x", "--report", "x"),
        ("apply", "--yes", "--journal", "-"),
        ("plan", "--out", "-", "--format", "markdown"),
        ("plan", "--out", "-", "--format", "text"),
        ("plan", "--out", "-", "--format", "github"),
    ],
)
def test_two_outputs_on_one_stream_exit_64(
    workspace: Workspace, arguments: tuple[str, ...]
) -> None:
    """Nothing is read or written."""
    workspace.store({"A": 5}, {"A": 3})
    run = workspace.run(*arguments)

    assert (run.code, run.out) == (64, "")
    assert not (workspace.folder / ".reconciler/sandbox").exists()


def test_plan_out_stdout_equals_format_json(workspace: Workspace) -> None:
    """Both print the same plan."""
    workspace.store({"A": 5}, {"A": 3})
    outs = [
        json.loads(workspace.run("plan", *flags).out)["actions"]
        for flags in (("--out", "-"), ("--format", "json"), ("--out", "-", "--format", "json"))
    ]

    assert outs[0] == outs[1] == outs[2]


def test_apply_with_ignored_signal_continues(workspace: Workspace) -> None:
    """Covers SIGINT and SIGHUP, as under `nohup` or in the background of a script."""
    script = "trap '' INT HUP; exec {0} -m reconciler apply --yes --events -"
    skus = {f"S{n:02}": 3 for n in range(30)}
    workspace.store(dict.fromkeys(skus, 4), skus)
    with subprocess.Popen(
        ["/bin/sh", "-c", script.format(sys.executable)],
        cwd=workspace.folder,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        while "apply_start" not in process.stdout.readline():
            assert process.poll() is None
        for number in (signal.SIGINT, signal.SIGHUP):
            process.send_signal(number)
        process.communicate(timeout=60)

    assert process.returncode == 0
    assert workspace.quantities() == dict.fromkeys(skus, 4)


def test_plan_of_several_stores_to_stdout_reads_nothing(workspace: Workspace) -> None:
    """Wrong usage is found before the first request."""
    workspace.store({"A": 5}, {"A": 3})
    run = workspace.run("plan", "--all-stores", "--out", "-")

    assert (run.code, run.out) == (64, "")
    assert not (workspace.folder / ".reconciler/sandbox").exists()
