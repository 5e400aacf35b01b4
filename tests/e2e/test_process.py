"""The command as a process: imports, pipes, signals, and the sandbox server."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from factories import SITE, Workspace, seed

from reconciler.sandbox.api import SCOPES, Api
from reconciler.sandbox.database import Shop
from reconciler.sandbox.seed import build_seed
from reconciler.sandbox.server import serve_for_a_while

ROOT = Path(__file__).parents[2]


def _run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reconciler", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "command", [[], ["validate"], ["plan"], ["apply"], ["show"], ["sandbox"], ["sandbox", "serve"]]
)
def test_help_exits_0(command: list[str]) -> None:
    """Covers commands and subcommands."""
    run = _run(*command, "--help")

    assert run.returncode == 0
    assert "Usage: reconciler" in run.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["validate", "--inventory", "inventory"]])
def test_help_and_validate_load_no_slow_modules(arguments: list[str]) -> None:
    """They don't import httpx, deepdiff, starlette, uvicorn, or rich."""
    script = (
        "import sys, json\nfrom reconciler.cli.main import exit_code\n"
        f"code = exit_code({arguments!r})\n"
        "print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    code, modules = json.loads(run.stderr)

    assert code == 0
    assert {"httpx", "deepdiff", "starlette", "uvicorn", "rich"} & set(modules) == set()


def test_plan_with_closed_pipe_keeps_exit_code(workspace: Workspace) -> None:
    """`plan | head -1` prints no traceback."""
    workspace.store({f"S{n}": 5 for n in range(300)}, {f"S{n}": 3 for n in range(300)})
    command = f"{sys.executable} -m reconciler plan -q --detailed-exitcode; echo $? >&2"
    script = f"({command}) | head -1"
    run = subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=workspace.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert run.stdout.startswith("Store demo")
    assert run.stderr == "2\n"


def test_sandbox_serve_stops_on_sigterm(workspace: Workspace) -> None:
    """It prints its address and token, and answers."""
    workspace.store({"A": 5}, {"A": 3})
    command = [
        sys.executable,
        "-m",
        "reconciler",
        "sandbox",
        "serve",
        "--port",
        "0",
        "--limit",
        "60",
    ]
    with subprocess.Popen(
        command, cwd=workspace.folder, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        address, token = (line.strip().split("=", 1)[1] for line in lines[1:])
        answer = httpx.get(f"{address}/sites", headers={"Authorization": f"Bearer {token}"})
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)

    assert answer.json()["sites"][0]["id"] == SITE
    assert answer.headers["X-RateLimit-Limit"] == "60"


def test_demo_ends_without_changes() -> None:
    """The last command of the script is a plan without changes."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    run = subprocess.run(
        [ROOT / "inventory/demo/demo.sh"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert run.returncode == 0
    assert run.stdout.count("Apply complete. 10 changed, 0 already right, 0 moved, 0 failed.") == 1
    assert run.stdout.count("\nNo changes.") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_apply_interrupted_reports_writes(workspace: Workspace, number: signal.Signals) -> None:
    """After the first signal, pending writes are finished."""
    skus = {f"S{n:02}": 3 for n in range(60)}
    workspace.write(
        "inventory/demo/store.yaml", f"site_id: {SITE}\nlimits: {{max_changes: 100%}}\n"
    )
    lines = "".join(f"  {sku}: 4\n" for sku in skus)
    workspace.write("inventory/demo/a.yaml", f"skus:\n{lines}")
    environment = os.environ | {"WEBFLOW_TOKEN": "t0ken"}
    command = [sys.executable, "-m", "reconciler", "apply", "--yes", "--parallelism", "1"]
    with (
        Shop(workspace.folder / "shop.sqlite", lambda: build_seed(seed(skus))) as shop,
        serve_for_a_while(Api(shop, {"t0ken": SCOPES}, latency=0.02)) as address,
        subprocess.Popen(
            command,
            cwd=workspace.folder,
            env=environment | {"WEBFLOW_API_URL": address},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        while not any(entry.kind == "write" for entry in shop.ledger()):
            assert process.poll() is None
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        writes = [entry for entry in shop.ledger() if entry.kind == "write"]

    assert process.returncode == 128 + number
    assert f"Apply incomplete. {len(writes)} changed, 0 already right, 0 moved, 0 failed" in out
    assert 0 < len(writes) < 60
    assert "Interrupted" in err
    assert "Traceback" not in out + err


def test_full_disk_is_reported(workspace: Workspace) -> None:
    """A plan exits with 1. An apply that has written keeps its exit code."""
    workspace.store({"A": 5}, {"A": 3})
    script = "{0} -m reconciler {1} > /dev/full; echo $? >&2"
    ends = []
    for arguments in ("plan", "apply --yes"):
        run = subprocess.run(
            ["/bin/sh", "-c", script.format(sys.executable, arguments)],
            cwd=workspace.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in run.stderr
        assert "No space left on device" in run.stderr
        ends.append(run.stderr.splitlines()[-1])

    assert ends[0] == "1"


def test_apply_with_closed_stdout_works(workspace: Workspace) -> None:
    """`>&-` prints nothing."""
    workspace.store({"A": 5}, {"A": 3})
    run = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m reconciler apply --yes >&-; echo $? >&2"],
        cwd=workspace.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert run.stderr == "0\n"
    assert workspace.quantities() == {"A": 5}
