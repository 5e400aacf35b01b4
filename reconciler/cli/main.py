"""The command `reconciler`: loads commands lazily, and maps errors to exit codes."""

import os
import re
import sys
from difflib import get_close_matches
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import click

from reconciler import __version__
from reconciler.app.interrupts import exit_on_sigterm
from reconciler.cli.params import GlobalFlags, shared_options
from reconciler.cli.streams import (
    prepare_streams,
    print_error,
    say_at_once,
    say_error,
    say_unexpected,
)
from reconciler.errors import ReconcilerError
from reconciler.exit_codes import ExitCode
from reconciler.masking import register_environment
from reconciler.render.sanitize import safe_text

# In the order of the help. Modules are loaded when they are called, because imports are slow.
COMMANDS = (
    "validate",
    "plan",
    "apply",
    "show",
    "comment",
    "drift",
    "stores",
    "import",
    "pull",
    "set",
    "count",
    "adjust",
    "history",
    "report",
    "export",
    "base",
    "sandbox",
)

# Commands whose names are reserved in Python.
_MODULES = {"import": "import_", "set": "set_"}

EXIT_CODES = """
Exit codes: 0 done or no changes, 1 failed, 2 changes pending (plan
--detailed-exitcode) or drift, 3 moved, stale, or locked, 4 limit exceeded, 5 apply incomplete,
64 wrong usage, 65 invalid YAML or plan file, 130 and 143 interrupted.
"""


# The docstring of the function `command`, up to the end of its first sentence.
_SUMMARY = r'(?ms)^def command\(.*?\) -> [^:]+:\n    """(.+?)(?:[.;]\s|\.?""")'


def _module_of(name: str) -> str:
    return _MODULES.get(name, name)


def _short_help(name: str) -> str:
    """Return the first sentence of a command's help. Reading the source is faster than loading."""
    source = Path(__file__).with_name("commands") / f"{_module_of(name)}.py"
    found = re.search(_SUMMARY, source.read_text("utf-8"))
    return f"{' '.join(found[1].split())}." if found else ""


class LazyGroup(click.Group):
    """Lists the commands without loading them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load and return one command."""
        if cmd_name not in COMMANDS:
            return None
        module = _module_of(cmd_name)
        command: click.Command = import_module(f"reconciler.cli.commands.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command. Fails for an unknown one, and suggests the nearest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            ctx.fail(f"There is no command {args[0]}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one line for each command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _short_help(name)) for name in COMMANDS])


@click.group(
    cls=LazyGroup, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]}
)
@shared_options
@click.version_option(__version__, prog_name="reconciler")
def command() -> None:
    """Manage Webflow stock levels as YAML in git."""


def run(arguments: list[str] | None = None) -> None:
    """Run the command line and exit."""
    prepare_streams()
    register_environment(os.environ)
    exit_on_sigterm(say_at_once)
    if "_RECONCILER_COMPLETE" in os.environ:
        import_module("reconciler.cli.completion").prepare_shell_completion()
    sys.exit(exit_code(sys.argv[1:] if arguments is None else arguments))


def exit_code(arguments: list[str]) -> int:
    """Run the command line, print errors on stderr, and return the exit code.

    In a workflow, the code is also an output of the step.
    """
    flags = GlobalFlags()
    code = _run(arguments, flags)
    if os.environ.get("GITHUB_OUTPUT"):
        try:
            import_module("reconciler.app.step").put_outputs(exit_code=int(code))
        except ReconcilerError as error:
            say_error(error)
            return code or error.exit_code
    return code


def _run(arguments: list[str], flags: GlobalFlags) -> int:
    try:
        result: Any = command.main(
            arguments, prog_name="reconciler", standalone_mode=False, obj=flags
        )
    except click.ClickException as error:
        shown = StringIO()
        error.show(shown)
        for line in shown.getvalue().splitlines():
            print_error(safe_text(line))
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        print_error("Interrupted.")
        return ExitCode.INTERRUPTED
    except ReconcilerError as error:
        say_error(error)
        return error.exit_code
    except Exception as error:  # noqa: BLE001  no traceback for users
        say_unexpected(error, verbose=flags.verbose)
        return ExitCode.FAILED
    return int(result) if isinstance(result, int) else ExitCode.DONE
