"""`reconciler base`: what git keeps of the applies."""

import click

from reconciler.app.record_editing import SetRequest, set_record, show_record, unlock_record
from reconciler.cli.console import Console, has_terminal
from reconciler.cli.params import GlobalFlags, memory_options, memory_request, shared_options
from reconciler.errors import UsageError


@click.group("base")
@shared_options
def command() -> None:
    """Show or correct the record of what was applied last."""


@command.command("show")
@shared_options
@click.pass_obj
def show(flags: GlobalFlags) -> int:
    """Print what is recorded, for which commit, by whom, and who holds the lock."""
    return show_record(flags.one_store(), Console(flags))


@command.command("set")
@click.argument("ref")
@click.option(
    "--sku",
    "globs",
    multiple=True,
    metavar="GLOB",
    help="Only SKUs with a name like this, such as 'TEE-*' (repeatable).",
)
@click.option("--yes", is_flag=True, help="Don't ask for confirmation.")
@memory_options
@shared_options
@click.pass_obj
def set_base(
    flags: GlobalFlags,
    ref: str,
    globs: tuple[str, ...],
    yes: bool,
    remote: str | None,
    local: bool,
) -> int:
    """Record that the shop has what the commit REF declares.

    Use it once for an existing shop, after a force push, or after you corrected the shop by hand.
    Nothing is written to the shop.
    """
    memory = memory_request(remote, local=local, is_named=True)
    if not yes and not has_terminal():
        raise UsageError("Can't ask for confirmation: no terminal. Pass --yes.")
    request = SetRequest(ref, globs, yes)
    return set_record(flags.one_store(), request, memory, Console(flags))


@command.command("unlock")
@click.argument("run_id", metavar="ID")
@memory_options
@shared_options
@click.pass_obj
def unlock(flags: GlobalFlags, run_id: str, remote: str | None, local: bool) -> int:
    """Take the lock from the apply ID, which crashed. `base show` prints the ID."""
    memory = memory_request(remote, local=local, is_named=True)
    return unlock_record(flags.one_store(), run_id, memory, Console(flags))
