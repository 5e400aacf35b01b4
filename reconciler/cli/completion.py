"""Complete stores and SKUs in the shell from the local YAML."""

import click
from click.shell_completion import BashComplete, add_completion_class

from reconciler.app.stores import load_store
from reconciler.cli.params import GlobalFlags
from reconciler.errors import ReconcilerError

# Bash splits words at `=`, and the number after it can't be completed. Completed words are quoted,
# because codes come from a shop and from other people's files.
_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' response type value
    COMPREPLY=()
    [[ ${COMP_WORDS[COMP_CWORD]} == = || ${COMP_WORDS[COMP_CWORD-1]} == = ]] && return 0
    response=$(COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD \\
        %(complete_var)s=bash_complete "$1")
    while IFS=',' read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("$(printf %%q "$value")") ;;
        esac
    done <<< "$response"
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
    return 0
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class _Bash(BashComplete):
    """click's completion for bash, with quoted words."""

    source_template = _BASH


def prepare_shell_completion() -> None:
    """Register the completion for bash."""
    add_completion_class(_Bash)


def complete_assignment(ctx: click.Context, _: click.Parameter, word: str) -> list[str]:
    """Return the SKUs that start with *word*, each with `=`."""
    if "=" in word:
        return []
    return [f"{sku}=" for sku in _skus(ctx) if sku.startswith(word)]


def complete_sku(ctx: click.Context, _: click.Parameter, word: str) -> list[str]:
    """Return the SKUs that start with *word*."""
    return [sku for sku in _skus(ctx) if sku.startswith(word)]


def _skus(ctx: click.Context) -> list[str]:
    flags = ctx.find_object(GlobalFlags) or GlobalFlags()
    try:
        return sorted(sku for context in flags.stores() for sku in load_store(context).declared)
    except ReconcilerError:
        return []  # the command itself reports the error
