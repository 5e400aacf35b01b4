"""How long `--help` and `validate` take as processes."""

import statistics
import sys
from pathlib import Path

from benchmarks.measure import row, run_command

ROUNDS = 7
ROOT = Path(__file__).parents[1]
SCRIPT = str(Path(sys.executable).with_name("reconciler"))


def measure_all() -> str:
    """Return the section of the report; these are seconds of processor time, start to end."""
    text = "## Starting\n\n| | ours | goal | met |\n|---|---|---|---|\n"
    inventory = str(ROOT / "inventory")
    for what, command, goal in (
        ("`reconciler --help`", [SCRIPT, "--help"], 150),
        (
            "`reconciler validate`, the demo store",
            [SCRIPT, "--inventory", inventory, "validate"],
            250,
        ),
    ):
        costs = [run_command(command).seconds for _ in range(ROUNDS)]
        text += row(what, statistics.median(costs) * 1000, goal, "ms")
    return text
