"""`reconciler show`: a saved plan again."""

import sys
from pathlib import Path

import click

from reconciler.cli.options import PLAN_FORMAT, Options, shared_options
from reconciler.cli.plan import STDIO, print_plan
from reconciler.errors import PlanFileError
from reconciler.model import Plan
from reconciler.plan.saved import MAX_BYTES, load_plan


@click.command("show")
@click.argument("planfile", type=click.Path(path_type=Path))
@PLAN_FORMAT
@shared_options
@click.pass_obj
def command(options: Options, planfile: Path, format_: str) -> int:
    """Show a saved plan as `plan` showed it. Nothing is asked of the store."""
    print_plan(read_plan(planfile), format_, options)
    return 0


def read_plan(path: Path) -> Plan:
    """Return the plan saved in the file *path*, or on stdin for `-`."""
    if path == STDIO and sys.stdin is None:
        raise PlanFileError("-", "cannot be read: stdin is closed; name a file")
    try:
        with sys.stdin.buffer if path == STDIO else path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"cannot be read: {error.strerror}; name a file that plan --out wrote"
        raise PlanFileError(str(path), message) from None
    return load_plan(str(path), content)
