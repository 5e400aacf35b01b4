"""The command `reconciler`: loads a command's module when it is called; exits as promised."""

import os
import sqlite3
import sys
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

from reconciler import __version__
from reconciler.cli.console import prepare_streams, say_error
from reconciler.cli.options import Options, shared_options
from reconciler.cli.signals import exit_on_sigterm
from reconciler.errors import ReconcilerError, UsageError
from reconciler.masking import register_environment
from reconciler.render.sanitize import safe_text

# Each command's module is loaded when it is called, so that nobody pays for another's imports.
COMMANDS = {
    "validate": "Check the YAML, without asking the store.",
    "plan": "Show what apply would change, and why.",
    "apply": "Carry a plan out.",
    "show": "Show a saved plan or report again.",
    "comment": "Put a plan or a report on a pull request.",
    "drift": "Show what of the live stock differs.",
    "stores": "List the stores.",
    "import": "Write the YAML of SKUs that the shop has and no file declares.",
    "pull": "Let the YAML declare what the shop has now.",
    "set": "Change declared quantities, by hand or from a spreadsheet.",
    "export": "Save the declared stock as a table for a spreadsheet.",
    "sandbox": "Serve, reset or shop in the embedded store.",
}

# Commands whose names mean something else to Python.
_MODULES = {"import": "importing", "set": "setting"}

EXIT_CODES = """
Exit codes: 0 done or no changes, 1 could not go on, 2 changes pending (plan
--detailed-exitcode), 3 moved or stale, 4 a limit is broken, 5 apply ended incomplete, 64 wrong
usage, 65 the YAML or a plan file is not acceptable, 130 and 143 interrupted.
"""


class LazyGroup(click.Group):
    """Lists the commands without loading them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of their use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load the module of one command."""
        if cmd_name not in COMMANDS:
            return None
        module = _MODULES.get(cmd_name, cmd_name)
        command: click.Command = import_module(f"reconciler.cli.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is meant; name the nearest for an unknown one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            ctx.fail(f"There is no command {args[0]}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their one line each."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]}
)
@shared_options
@click.version_option(__version__, prog_name="reconciler")
def command() -> None:
    """Keep the stock of a Webflow shop as YAML in git declares it."""


def run(arguments: list[str] | None = None) -> None:
    """Run the command line and exit."""
    prepare_streams()
    register_environment(os.environ)
    exit_on_sigterm()
    if "_RECONCILER_COMPLETE" in os.environ:
        import_module("reconciler.cli.completion").prepare_shell_completion()
    sys.exit(exit_code(sys.argv[1:] if arguments is None else arguments))


def exit_code(arguments: list[str]) -> int:
    """Run the command line and return its exit code; errors are said on stderr.

    Where it is a step of a workflow, the code is handed on to the steps that follow.
    """
    code = _run(arguments)
    if os.environ.get("GITHUB_OUTPUT"):
        try:
            import_module("reconciler.cli.workflow").put_outputs(exit_code=code)
        except ReconcilerError as error:
            say_error(error)
            return code or error.exit_code
    return code


def _run(arguments: list[str]) -> int:
    try:
        result: Any = command.main(
            arguments, prog_name="reconciler", standalone_mode=False, obj=Options()
        )
    except click.ClickException as error:
        error.show()
        return UsageError.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return 130
    except ReconcilerError as error:
        say_error(error)
        return error.exit_code
    except (OSError, UnicodeError, MemoryError, sqlite3.Error) as error:  # the machine's
        said = safe_text(str(error)) or "there is not enough memory"
        click.echo(f"Error: {said}; mend that and run again", err=True)
        return ReconcilerError.exit_code
    return result if isinstance(result, int) else 0
