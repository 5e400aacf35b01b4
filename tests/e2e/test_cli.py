"""The command over real HTTP: plan, apply, plan again, and every exit code on the way."""

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


def test_apply_then_plan_finds_nothing(workspace: Workspace) -> None:
    """One absolute PATCH for each changed SKU, nothing else written, and the next plan is empty."""
    workspace.store(
        {"A": 5, "B": 0, "C": "infinite", "D": 7, "E": 1, "SAME": 4},
        {"A": 3, "B": 9, "C": 2, "D": "infinite", "E": None, "SAME": 4.0, "OTHER": 8},
    )
    applied = workspace.run("apply", "--yes", "--parallelism", "1")
    again = workspace.run("plan", "--detailed-exitcode")

    assert (applied.code, again.code) == (0, 0)
    assert "Apply complete. 5 changed, 0 already right, 0 moved, 0 failed." in applied.out
    assert "No changes. The live stock is as declared." in again.out
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


def test_every_odd_stock_shows_and_none_crashes(workspace: Workspace) -> None:
    """null, 12.0, -3, a shared code, no code, an unknown SKU: each is said as it is."""
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
    assert "TWIN  ambiguous: 2 live SKUs have this code" in plan.out
    assert "MISING  missing: no live SKU has this code; did you mean MISSING?" in plan.out
    assert "2 not managed" in plan.out


def test_apply_does_the_rest_and_says_what_it_did_not(workspace: Workspace) -> None:
    """What the YAML must answer for is not tried; the others are written; exit 5."""
    workspace.store({"A": 5, "X": 1}, {"A": 3})
    run = workspace.run("apply", "--yes")

    assert run.code == 5
    assert "not tried X: missing:" in run.out
    assert (
        "Apply incomplete. 1 changed, 0 already right, 0 moved, 0 failed, 0 unknown, 1 not tried."
        in run.out
    )
    assert workspace.quantities() == {"A": 5}


def test_a_saved_plan_is_shown_and_applied(workspace: Workspace) -> None:
    """plan --out, show, apply FILE: the same plan three times."""
    workspace.store({"A": 5}, {"A": 3})
    planned = workspace.run("plan", "--out", "p.json", "--detailed-exitcode")
    shown = workspace.run("show", "p.json")
    printed = workspace.run("show", "p.json", "--format", "json")
    applied = workspace.run("apply", "p.json")

    assert (planned.code, shown.code, applied.code) == (2, 0, 0)
    assert shown.out == planned.out
    assert json.loads(printed.out) == json.loads(Path("p.json").read_text("utf-8"))
    assert workspace.quantities() == {"A": 5}


def test_a_sale_since_the_plan_is_left_alone(workspace: Workspace) -> None:
    """The SKU that sold has moved; the other is written; exit 3."""
    workspace.store({"A": 5, "B": 5}, {"A": 3, "B": 3})
    workspace.run("plan", "--out", "p.json")
    workspace.run("sandbox", "sell", "A=2")
    run = workspace.run("apply", "p.json")

    assert run.code == 3
    assert "moved     A  planned 3 -> 5, found 1" in run.out
    assert workspace.quantities() == {"A": 1, "B": 5}


def test_a_plan_for_other_yaml_is_refused(workspace: Workspace) -> None:
    """Edited YAML, an edited plan: exit 3, nothing written."""
    workspace.store({"A": 5}, {"A": 3})
    workspace.run("plan", "--out", "p.json")
    text = Path("p.json").read_text("utf-8")
    workspace.write("edited.json", text.replace('"quantity": 5', '"quantity": 6'))
    workspace.write("inventory/demo/stock.yaml", "skus:\n  A: 6\n")

    assert workspace.run("apply", "p.json").code == 3
    assert workspace.run("apply", "edited.json").code == 3
    assert workspace.writes() == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format_version": "2.0"}'])
def test_a_malformed_plan_is_refused(workspace: Workspace, content: str) -> None:
    """A file that is no plan exits 65, for show and for apply."""
    workspace.store({"A": 5}, {"A": 3})
    workspace.write("p.json", content)

    assert workspace.run("show", "p.json").code == 65
    assert workspace.run("apply", "p.json").code == 65


def test_a_broken_limit_stops_apply_and_not_plan(workspace: Workspace) -> None:
    """plan prints and exits as ever; apply exits 4 with nothing written, unless it is lifted."""
    settings = "limits:\n  max_zeroed: 0\n  max_units_lowered: 999\n"
    workspace.store({"A": 0}, {"A": 3}, settings=settings)
    plan = workspace.run("plan", "--out", "p.json")

    assert plan.code == 0
    assert "Limit broken: max_zeroed allows 0, and 1 SKU would go from stock to 0;" in plan.out
    refused = workspace.run("apply", "--yes")
    assert (refused.code, "--allow max_zeroed" in refused.err) == (4, True)
    assert workspace.run("apply", "p.json").code == 4
    assert workspace.writes() == []
    assert workspace.run("apply", "p.json", "--allow", "max_zeroed").code == 0
    assert workspace.quantities() == {"A": 0}


def test_on_change_without_a_base_is_refused(workspace: Workspace) -> None:
    """It fails closed: exit 1, the SKU and the way out named, nothing written."""
    workspace.store({"A": 5}, {"A": 3}, settings="rule: on_change\n")
    run = workspace.run("apply", "--yes")

    assert run.code == 1
    assert "A at inventory/demo/stock.yaml:2" in run.err
    assert "git repository" in run.err


def test_apply_never_asks_without_a_terminal(workspace: Workspace) -> None:
    """Neither a plan file nor --yes: exit 64, nothing read or written."""
    workspace.store({"A": 5}, {"A": 3})
    run = workspace.run("apply")

    assert run.code == 64
    assert "give a plan file, or --yes" in run.err


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
    """A typo is never taken for pending changes."""
    workspace.store({"A": 5}, {"A": 3})

    assert workspace.run(*arguments).code == 64


def test_several_stores_must_be_told_apart(workspace: Workspace) -> None:
    """With two stores, plan wants to know which; options go before or after the command."""
    workspace.store({"A": 5}, {"A": 5})
    workspace.write("inventory/other/store.yaml", f"site_id: {OTHER_SITE}\n")

    assert "there are several stores: demo, other" in workspace.run("plan").err
    assert workspace.run("--store", "demo", "plan").code == 0
    assert workspace.run("plan", "--store", "demo").code == 0


def test_without_an_inventory_the_way_in_is_told(workspace: Workspace) -> None:
    """An empty folder is an error with what to do, never `no changes`."""
    run = workspace.run("plan")

    assert run.code == 65
    assert "inventory: error: there is no such folder" in run.err


@pytest.mark.parametrize("token", [None, "", "with space", "line\n"])
def test_a_bad_token_is_met_by_a_sentence(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    """A missing or impossible token exits 1, and is not repeated."""
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


def test_a_webflow_store_is_asked_where_the_environment_says(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`backend: webflow` works the same against any server on loopback; the rate is told."""
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
    assert "Reads 3, writes at most 1; less than a minute at 60 requests a minute." in applied.out
    assert "No changes." in again.out
    assert "t0ken" not in applied.out + applied.err + again.out + again.err


def test_a_refused_token_exits_1(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """401 while planning is `could not go on`, with what to do."""
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
    assert "does not accept the token (401)" in run.err


def test_a_token_without_the_write_scope_writes_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """403 on the first write stops the run: nothing was written, so exit 1."""
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


def test_json_goes_to_stdout_alone(workspace: Workspace) -> None:
    """A program can read the plan; hints are on stderr."""
    workspace.store({"A": 5}, {"A": 3})
    run = workspace.run("plan", "--format", "json", "--out", "p.json")

    assert json.loads(run.out)["actions"][0]["after"] == {"inventory_type": "finite", "quantity": 5}
    assert "reconciler apply p.json" in run.err


def test_colour_is_for_those_who_want_it(workspace: Workspace) -> None:
    """No escape gets into a pipe unless it is asked for."""
    workspace.store({"A": 5}, {"A": 3})

    assert "\x1b[" not in workspace.run("plan").out
    assert "\x1b[33m" in workspace.run("plan", "--color", "always").out


def test_a_plan_is_saved_to_what_out_names(workspace: Workspace) -> None:
    """A folder is refused, and - is stdout; nothing is replaced by surprise."""
    workspace.store({"A": 5}, {"A": 3})
    refused = workspace.run("plan", "--out", ".")
    printed = workspace.run("plan", "--out", "-")

    assert (refused.code, "Can't save the plan to .: " in refused.err) == (1, True)
    assert json.loads(printed.out)["actions"][0]["sku"] == "A"
    assert not Path("-").exists()


def test_an_unknown_command_names_the_nearest(workspace: Workspace) -> None:
    """A typo in a command is met like one in a flag."""
    assert "There is no command plna. Did you mean plan?" in workspace.run("plna").err


def test_a_plan_on_a_closed_stdin_is_met_by_a_sentence(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`apply - <&-` says what is missing."""
    workspace.store({"A": 5}, {"A": 5})
    monkeypatch.setattr("sys.stdin", None)

    assert workspace.run("apply", "-").code == 65
    assert workspace.run("apply").code == 64


def test_the_picture_in_the_readme_is_what_the_command_draws(workspace: Workspace) -> None:
    """Of the demo's plan; a report can be drawn too, and nothing is fetched to show it."""
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
def test_two_outputs_on_one_stream_are_refused(
    workspace: Workspace, arguments: tuple[str, ...]
) -> None:
    """They would mix; nothing is read or written."""
    workspace.store({"A": 5}, {"A": 3})
    run = workspace.run(*arguments)

    assert (run.code, run.out) == (64, "")
    assert not (workspace.folder / ".reconciler/sandbox").exists()


def test_plan_as_json_goes_to_stdout_in_either_way(workspace: Workspace) -> None:
    """`--out -` and `--format json` say the same."""
    workspace.store({"A": 5}, {"A": 3})
    outs = [
        json.loads(workspace.run("plan", *flags).out)["actions"]
        for flags in (("--out", "-"), ("--format", "json"), ("--out", "-", "--format", "json"))
    ]

    assert outs[0] == outs[1] == outs[2]


def test_ignored_signal_stays_ignored(workspace: Workspace) -> None:
    """Under `nohup`, or in the background of a script, a SIGINT or SIGHUP ends nothing."""
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
