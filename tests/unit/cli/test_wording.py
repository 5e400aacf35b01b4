"""Snapshots of the help and of usage errors."""

from collections.abc import Iterator

import click
from factories import Workspace
from syrupy.assertion import SnapshotAssertion

from reconciler.cli.main import command


def _commands(each: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, each
    if isinstance(each, click.Group):
        context = click.Context(each)
        for below in each.list_commands(context):
            found = each.get_command(context, below)
            assert found is not None
            yield from _commands(found, f"{name} {below}")


def test_help_of_each_command(wording: SnapshotAssertion) -> None:
    """Covers all commands and subcommands at 80 columns."""
    texts = []
    for name, each in _commands(command, "reconciler"):
        # click caches the help option of a command, so its names must be those of a real run.
        context = click.Context(
            each,
            info_name=name,
            terminal_width=80,
            max_content_width=80,
            help_option_names=["-h", "--help"],
        )
        texts.append(f"$ {name} --help\n{each.get_help(context)}\n")
    assert "\n".join(texts) == wording


USAGE = (
    "plna",
    "plan --detailed-exitcod",
    "plan --format yaml",
    "plan --parallelism 0",
    "plan --all-stores --base HEAD --out -",
    "plan --offline --changed-since HEAD",
    "plan --read-all --offline",
    "plan --read-all --changed-since HEAD",
    "plan --out - --format markdown",
    "plan --store other",
    "apply",
    "apply p.json --read-all",
    "apply missing.json",
    "apply --yes --events - --report -",
    "apply --yes --journal -",
    "show missing.json",
    "show p.json --format text --out p.txt",
    "comment p.json --page http://shop.example",
    "sandbox sell TEE=x",
    "sandbox sell TEE --refund --pending",
    "sandbox sell TEE --at yesterday",
    "sandbox add TEE",
    "apply --max-duration soon --yes",
    "apply --local --remote x --yes",
    "apply --no-record --local --yes",
    "set",
    "set --live",
    "set TEE=x",
    "set --csv t.csv",
    "set NEW=5",
    "count",
    "count TEE=+5 --yes",
    "adjust",
    "adjust TEE=5",
    "adjust TEE=+0",
    "base set HEAD",
    "base settle TEE=maybe",
    "base settle TEE=applied TEE=skipped",
    "base unlock 0000",
    "export --csv t.csv",
    "export --csv t.csv --delimiter tab",
    "import --site x --store shop",
    "validate nowhere",
    "nonsense",
)


def test_usage_errors(workspace: Workspace, wording: SnapshotAssertion) -> None:
    """Each block is a command line with its exit code and its output on stderr."""
    workspace.store({"TEE": 5, "MUG": 5}, {"TEE": 5, "MUG": 5}, settings="rule: on_change\n")
    workspace.commit()
    lines = []
    for call in USAGE:
        run = workspace.run(*call.split())
        lines.append(f"$ reconciler {call}    (exit {int(run.code)})\n{run.err}")
    assert "\n".join(lines).replace(str(workspace.folder), "FOLDER") == wording
