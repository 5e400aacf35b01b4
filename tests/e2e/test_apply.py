"""The outputs of an apply: report, event log, and journal. Several stores. Terminals."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from factories import OTHER_SITE, SITE, Workspace, seed

from reconciler.contract import load_schema
from reconciler.sandbox.api import SCOPES, Api
from reconciler.sandbox.database import Shop
from reconciler.sandbox.faults import Fault, Faults, Kind
from reconciler.sandbox.seed import build_seed
from reconciler.sandbox.server import serve_for_a_while


def _events(text: str) -> list[dict[str, Any]]:
    validator = jsonschema_rs.Draft202012Validator(load_schema("event-log"))
    events = [json.loads(line) for line in text.splitlines()]
    for event in events:
        validator.validate(event)
    return events


def test_apply_saves_report(workspace: Workspace) -> None:
    """It has the outcomes, the counts, and the exit code, and fits the schema."""
    workspace.store({"A": 5, "B": 5, "X": 1}, {"A": 3, "B": 3})
    workspace.run("plan", "--out", "p.json")
    workspace.sell(B=1)
    run = workspace.run("apply", "p.json", "--report", "r.json")
    report = json.loads(Path("r.json").read_text("utf-8"))
    jsonschema_rs.Draft202012Validator(load_schema("report")).validate(report)

    assert (run.code, report["exit_code"]) == (5, 5)
    assert {o["sku"]: o["result"] for o in report["outcomes"]} == {
        "A": "applied",
        "B": "moved",
        "X": "not_tried",
    }
    assert report["summary"]["applied"] == 1
    assert report["outcomes"][1]["found"] == {"inventory_type": "finite", "quantity": 2}


def test_show_renders_report(workspace: Workspace) -> None:
    """`show` accepts a report like a plan."""
    workspace.store({"A": 5}, {"A": 3})
    applied = workspace.run("apply", "--yes", "--report", "r.json")
    shown = workspace.run("show", "r.json")

    assert shown.code == 0
    assert shown.out.strip() == applied.out.strip().splitlines()[-1]
    assert json.loads(workspace.run("show", "r.json", "--format", "json").out) == json.loads(
        Path("r.json").read_text("utf-8")
    )


def test_apply_writes_events_in_order(workspace: Workspace) -> None:
    """Version, plan, starts, ends, and the summary, a line each."""
    workspace.store({"A": 5, "X": 1}, {"A": 3})
    run = workspace.run("apply", "--yes", "--events", "-")
    events = _events(run.out)

    assert [event["type"] for event in events] == [
        "version",
        "planned_change",
        "apply_start",
        "apply_complete",
        "diagnostic",
        "change_summary",
    ]
    assert events[-1]["applied"] == 1


def test_apply_report_on_stdout_has_no_other_output(workspace: Workspace) -> None:
    """Programs can parse it. Text for people is left out."""
    workspace.store({"A": 5}, {"A": 3})

    assert json.loads(workspace.run("apply", "--yes", "--report", "-").out)["exit_code"] == 0


def test_apply_all_stores_returns_worst_code(workspace: Workspace) -> None:
    """Each store has its own plan and report."""
    workspace.store({"A": 5}, {"A": 3})
    other = seed({"B": 7}) | {"site": {"id": OTHER_SITE, "name": "Other"}}
    head = f"site_id: {OTHER_SITE}\nbackend: sandbox\nlimits:\n  max_changes: 0\n"
    workspace.write("inventory/other/store.yaml", head)
    workspace.write("inventory/other/stock.yaml", "skus:\n  B: 9\n")
    workspace.write("inventory/other/sandbox.json", json.dumps(other))
    plan = workspace.run("plan", "--all-stores", "--out", "plans", "--detailed-exitcode")
    applied = workspace.run("apply", "--all-stores", "plans", "--report", "reports")
    again = workspace.run("plan", "--all-stores", "--detailed-exitcode")

    assert (plan.code, applied.code, again.code) == (2, 4, 2)
    assert sorted(path.name for path in Path("plans").iterdir()) == ["demo.json", "other.json"]
    assert [path.name for path in Path("reports").iterdir()] == ["demo.json"]
    assert workspace.quantities() == {"A": 5}
    assert "max_changes allows 0" in applied.err


@pytest.mark.parametrize(("seconds", "writes", "left"), [(8, 1, 18), (12, 1, 18), (40, 2, 20)])
def test_write_that_is_shown_late_is_not_written_over_in_silence(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, seconds: int, writes: int, left: int
) -> None:
    """W7: a 504 for a write that took effect; two units sell before the shop shows it.

    Shown within half a minute, the sales stay. Later than that the second write undoes them, which
    the API gives no means to see: then the report names the SKU.
    """
    minute = 3.0
    scale = minute / 60
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\n")
    workspace.write("inventory/demo/a.yaml", "skus:\n  A: 20\n")
    faults = Faults(
        [
            Fault(
                Kind.STATUS,
                method="PATCH",
                count=1,
                status=504,
                applied=True,
                sold_after=2,
                body="{}",
            ),
            Fault(Kind.STALE, method="GET", path="/inventory", skip=2, seconds=seconds * scale),
        ]
    )
    monkeypatch.setenv("WEBFLOW_TOKEN", "t0ken")
    monkeypatch.setenv("WEBFLOW_RATE_WINDOW", str(minute))
    with (
        Shop(workspace.folder / "shop.sqlite", lambda: build_seed(seed({"A": 10}))) as shop,
        serve_for_a_while(Api(shop, {"t0ken": SCOPES}, faults=faults)) as address,
    ):
        monkeypatch.setenv("WEBFLOW_API_URL", address)
        run = workspace.run("apply", "--yes")
        written = [entry for entry in shop.ledger() if entry.kind == "write"]
        stock = shop.stocks()

    assert (len(written), stock) == (writes, {"A": left}), run
    assert run.code == (5 if writes == 1 else 0), run
    assert ("Written again" in run.out) == (writes == 2)


def test_apply_on_terminal_needs_yes(workspace: Workspace) -> None:
    """The plan is shown, and only the answer `yes` continues."""
    workspace.store({"A": 5}, {"A": 3})
    for answer, quantity in (("y", 3), ("yes", 5)):
        out = _on_a_terminal(workspace, f"{answer}\n", "apply")
        assert "quantity: 3 -> 5" in out
        assert "yes" in out
        assert workspace.quantities() == {"A": quantity}


def _on_a_terminal(workspace: Workspace, typed: str, *arguments: str) -> str:
    """Run the command on a pseudoterminal, and return its output."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "reconciler", *arguments]
    with subprocess.Popen(
        command, cwd=workspace.folder, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        os.write(ours, typed.encode())
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:  # how Linux says that the other side is closed
            pass
        process.wait(timeout=30)
    os.close(ours)
    return shown.decode("utf-8", "replace")


@pytest.mark.parametrize("number", [signal.SIGHUP])
def test_apply_after_hangup_ends_in_order(workspace: Workspace, number: signal.Signals) -> None:
    """SIGHUP works like SIGTERM: writes in flight finish, and the journal stays."""
    skus = {f"S{n:02}": 3 for n in range(40)}
    workspace.store(dict.fromkeys(skus, 5), skus)
    command = [sys.executable, "-m", "reconciler", "apply", "--yes", "--parallelism", "1"]
    with subprocess.Popen(
        command,
        cwd=workspace.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        journal = workspace.folder / ".reconciler/journal"
        while not any("settled" in path.read_text("utf-8") for path in journal.glob("*")):
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)

    assert process.returncode in {129, 0}, (out, err)
    assert f"{len(workspace.writes())} changed" in out
    assert "Traceback" not in out + err
