"""A whole import of 5 000 SKUs with 50 ms of latency, of the time that its reads alone take."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.asking import read_alone
from benchmarks.measure import row
from benchmarks.shops import SITE, TOKEN, serving

SKUS = 5000
LATENCY = 50


def measure_all() -> str:
    """Return the section of the report."""
    with (
        serving(SKUS, "--latency", str(LATENCY)) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        start = time.perf_counter()
        _run(folder, server.address, "import", "--site", SITE, "--store", "shop")
        ours = time.perf_counter() - start
        alone = read_alone(server)
        for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "x"]):
            identity = ["-c", "user.name=B", "-c", "user.email=b@b"]
            subprocess.run(["git", *identity, *command], cwd=folder, check=True)  # noqa: S607
        plan = _run(folder, server.address, "plan", "--base", "HEAD")
    assert "No changes." in plan, plan
    text = "## Importing\n\n| | ours | goal | met |\n|---|---|---|---|\n"
    what = f"`reconciler import` of {SKUS} SKUs with {LATENCY} ms of latency, of its reads alone"
    return f"{text}{row(what, ours / alone, 1.1)}\nA plan straight after it was empty.\n"


def _run(folder: str, address: str, *arguments: str) -> str:
    env = {**os.environ, "WEBFLOW_API_URL": address, "WEBFLOW_TOKEN": TOKEN}
    command = [sys.executable, "-m", "reconciler", *arguments]
    done = subprocess.run(
        command, cwd=Path(folder), env=env, check=True, capture_output=True, text=True
    )
    return done.stdout


if __name__ == "__main__":
    sys.stdout.write(measure_all())
