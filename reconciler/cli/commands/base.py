"""`reconciler base`: show and correct the record in git."""

from collections.abc import Sequence

import click

from reconciler.app.doubts import settle_record, unlock_record
from reconciler.app.record_editing import SetRequest, set_record, show_record
from reconciler.cli.console import Console, has_terminal
from reconciler.cli.params import GlobalFlags, memory_options, memory_request, shared_options
from reconciler.errors import UsageError


@click.group("base")
@shared_options
def command() -> None:
    """Show or correct the record of the last apply."""


@command.command("show")
@shared_options
@click.pass_obj
def show(flags: GlobalFlags) -> int:
    """Show the record, its author, the lock, and writes in doubt."""
    return show_record(flags.one_store(), Console(flags))


@command.command("set")
@click.argument("ref")
@click.option(
    "--sku",
    "globs",
    multiple=True,
    metavar="GLOB",
    help="Only SKUs that match, for example 'TEE-*' (repeatable).",
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
    """Record that the shop has the stock that REF declares.

    Use it once for an existing shop, after a force push, or after you corrected the shop by hand.
    It does not write to the shop.
    """
    memory = memory_request(remote, local=local, is_named=True)
    if not yes and not has_terminal():
        raise UsageError("Can't ask for confirmation: no terminal. Pass --yes.")
    request = SetRequest(ref, globs, yes)
    return set_record(flags.one_store(), request, memory, Console(flags))


@command.command("settle")
@click.argument("answers", nargs=-1, required=True, metavar="SKU=applied|skipped...")
@memory_options
@shared_options
@click.pass_obj
def settle(flags: GlobalFlags, answers: tuple[str, ...], remote: str | None, local: bool) -> int:
    """Record whether a write in doubt was applied or skipped.

    `base show` and `plan` list SKUs in doubt. Check the shop and its orders first. A skipped write
    is planned again. This command does not write to the shop.
    """
    memory = memory_request(remote, local=local, is_named=True)
    return settle_record(flags.one_store(), _parse(answers), memory, Console(flags))


def _parse(texts: Sequence[str]) -> dict[str, bool]:
    """Return for each SKU whether it was applied. Raises UsageError for invalid answers."""
    answers: dict[str, bool] = {}
    for text in texts:
        sku, sign, word = text.rpartition("=")
        if not sign or word not in _ANSWERS:
            raise UsageError(f"{text} is not valid. Write SKU=applied or SKU=skipped.")
        if sku in answers:
            raise UsageError(f"{sku} is given twice. Keep one.")
        answers[sku] = _ANSWERS[word]
    return answers


_ANSWERS = {"applied": True, "skipped": False}


@command.command("unlock")
@click.argument("run_id", metavar="ID")
@memory_options
@shared_options
@click.pass_obj
def unlock(flags: GlobalFlags, run_id: str, remote: str | None, local: bool) -> int:
    """Release the lock of the crashed apply ID. `base show` prints the ID.

    If that apply still runs, it stops writing at its deadline. The next apply waits for that
    deadline.
    """
    memory = memory_request(remote, local=local, is_named=True)
    return unlock_record(flags.one_store(), run_id, memory, Console(flags))
