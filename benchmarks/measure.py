"""A command → what it cost: processor seconds and peak memory of its process."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Cost(NamedTuple):
    """Processor seconds of what was timed, and the peak memory of the process in MiB."""

    seconds: float
    peak: float


def run_case(module: str, *arguments: str) -> Cost:
    """Return what the case that `python -m module arguments…` prints as JSON took."""
    command = [sys.executable, "-m", module, *arguments]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Cost(*json.loads(printed))


def run_command(command: Sequence[str]) -> Cost:
    """Return the processor seconds and the peak memory of a whole command."""
    quiet = subprocess.DEVNULL
    # An installed command has its bytecode, whatever this process was told to write.
    env = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, env=env) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} exited {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def in_turns(cases: Mapping[str, Sequence[str]], rounds: int) -> dict[str, list[Cost]]:
    """Run each case once a round, so that a drift of the machine's speed meets all of them."""
    costs: dict[str, list[Cost]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, (module, *arguments) in cases.items():
            costs[name].append(run_case(module, *arguments))
    return costs


def ratio(ours: list[Cost], theirs: list[Cost], figure: str) -> float:
    """Return the median of our figure over theirs, round by round."""
    field = Cost._fields.index(figure)
    return statistics.median(a[field] / b[field] for a, b in zip(ours, theirs, strict=True))


def row(what: str, found: float, goal: float, unit: str = "x", *, at_least: bool = False) -> str:
    """Return a line of a table: what was measured, the goal, and whether it is met."""
    met = "yes" if (found >= goal if at_least else found <= goal) else "**no**"
    sign = "≥" if at_least else "≤"
    shown, wanted = f"{found:.2f} {unit}", f"{sign} {goal:g} {unit}"
    return f"| {what} | {shown.strip()} | {wanted.strip()} | {met} |\n"
