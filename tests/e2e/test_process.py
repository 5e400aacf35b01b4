"""The command as a process of its own: what it imports, pipes that close, the playground."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from factories import SITE, Workspace

ROOT = Path(__file__).parents[2]


def _run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reconciler", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "command", [[], ["validate"], ["plan"], ["apply"], ["show"], ["sandbox"], ["sandbox", "serve"]]
)
def test_every_command_has_help(command: list[str]) -> None:
    """--help exits 0 and says what the command does."""
    run = _run(*command, "--help")

    assert run.returncode == 0
    assert "Usage: reconciler" in run.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["validate", "--inventory", "inventory"]])
def test_nobody_pays_for_the_imports_of_another(arguments: list[str]) -> None:
    """Help and validate load neither httpx, deepdiff, starlette nor rich."""
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


def test_a_reader_that_goes_away_is_no_error(workspace: Workspace) -> None:
    """`plan | head -1` ends without a traceback, with the exit code of the plan."""
    workspace.store({f"S{n}": 5 for n in range(300)}, {f"S{n}": 3 for n in range(300)})
    command = f"{sys.executable} -m reconciler plan --detailed-exitcode; echo $? >&2"
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


def test_the_playground_serves_until_it_is_told(workspace: Workspace) -> None:
    """`sandbox serve` says where it is, answers, and ends in order on SIGTERM."""
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


def test_the_demo_ends_as_it_should() -> None:
    """The demo's script runs its five commands and ends with nothing to do."""
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
    assert "\nNo changes. The live stock is as declared.\n" in run.stdout
