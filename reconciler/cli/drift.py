"""`reconciler drift`: what of the live stock differs from what is declared. Writes nothing."""

from contextlib import nullcontext
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

from reconciler.cli.console import print_error, print_lines, print_text
from reconciler.cli.loading import load_desired
from reconciler.cli.options import PARALLELISM, TOKEN_FILE, Options, shared_options
from reconciler.cli.several import for_each_store
from reconciler.cli.stages import Access, make_drift, open_github, open_store
from reconciler.cli.workflow import summarise
from reconciler.errors import InputError
from reconciler.github.api import Github
from reconciler.github.drift_issue import issue_marker, put_issue
from reconciler.model import Drift
from reconciler.model.codec import dump_json
from reconciler.render.markdown import COMMENT_LIMIT
from reconciler.render.markdown import render_drift as render_markdown
from reconciler.render.terminal import render_drift

THERE_IS_DRIFT = 2


@click.command("drift")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How to print it.",
)
@click.option(
    "--issue",
    is_flag=True,
    help="Keep one issue on GitHub about it: opened, updated and, without drift, closed.",
)
@PARALLELISM
@TOKEN_FILE
@shared_options
@click.pass_obj
def command(
    options: Options, format_: str, issue: bool, parallelism: int, token_file: Path | None
) -> int:
    """Read every declared SKU, whatever its rule, and show what differs.

    Exits 2 where something differs that selling does not explain: a rule that is broken, an
    `on_change` SKU that rose or changed its inventory type, something unreadable.

    --issue asks GitHub with GITHUB_TOKEN, heeding GITHUB_API_URL and GITHUB_REPOSITORY.
    """
    access = Access(token_file, parallelism)
    # What is missing for the issue is said before a thousand SKUs are read.
    with open_github() if issue else nullcontext() as github:
        if options.means_several:
            return for_each_store(options, lambda one: _drift(one, format_, access, github))
        return _drift(options, format_, access, github)


def _drift(options: Options, format_: str, access: Access, github: Github | None) -> int:
    desired = load_desired(options, options.one_store())
    with open_store(options, desired.settings, access) as client:
        drift = make_drift(options, desired, client, access)
    if format_ == "json":
        print_text(_as_json(drift))
    elif format_ == "markdown":
        print_text(render_markdown(drift))
    else:
        print_lines(render_drift(drift, verbose=options.verbose), options)
    has_errors = any(finding.kind.is_error for finding in drift.findings)
    code = InputError.exit_code if has_errors else THERE_IS_DRIFT if drift.unexplained else 0
    summarise(partial(render_markdown, drift))
    if github is not None:
        text = render_markdown(drift, COMMENT_LIMIT - len(issue_marker(drift.store)))
        address = put_issue(github, drift.store, text, is_needed=code != 0)
        if address and not options.quiet:
            print_error(f"The issue about it: {address}")
    return code


def _as_json(drift: Drift) -> str:
    rows = [
        {
            **row._asdict(),
            "declared": row.declared._asdict(),
            "live": row.live._asdict(),
            "source": row.source._asdict(),
        }
        for row in drift.rows
    ]
    data = {**asdict(drift), "rows": rows, "findings": [f._asdict() for f in drift.findings]}
    return dump_json(data) + "\n"
