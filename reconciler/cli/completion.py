"""A word begun in the shell → the stores and SKUs of the local YAML that it may become."""

import click
from click.shell_completion import BashComplete, add_completion_class

from reconciler.cli.loading import load_desired
from reconciler.cli.options import Options
from reconciler.errors import ReconcilerError


class _Bash(BashComplete):
    """Completes in bash as click does, but for the blank after a `=` that a number follows."""

    source_template = BashComplete.source_template.replace(
        "    return 0\n",
        '    [[ "${COMPREPLY[*]}" == *= ]] && compopt -o nospace\n    return 0\n',
    )


def prepare_shell_completion() -> None:
    """Let click complete in our way where the shell asks it to."""
    add_completion_class(_Bash)


def complete_assignment(ctx: click.Context, _: click.Parameter, word: str) -> list[str]:
    """Return the SKUs that begin with *word*, with the sign that the number follows."""
    if "=" in word:
        return []
    return [f"{sku}=" for sku in _skus(ctx) if sku.startswith(word)]


def complete_sku(ctx: click.Context, _: click.Parameter, word: str) -> list[str]:
    """Return the SKUs that begin with *word*."""
    return [sku for sku in _skus(ctx) if sku.startswith(word)]


def _skus(ctx: click.Context) -> list[str]:
    options = ctx.find_object(Options) or Options()
    try:
        return sorted(
            sku for name in options.stores() for sku in load_desired(options, name).declared
        )
    except ReconcilerError:
        return []  # whoever types is told when the command runs
