"""`reconciler drift`: show where live and declared stock differ."""

from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import click

from reconciler.app.context import StoreContext
from reconciler.app.drifting import find_drift
from reconciler.app.github import open_github
from reconciler.app.step import add_summary
from reconciler.cli.console import Console
from reconciler.cli.params import GlobalFlags, shop_options
from reconciler.cli.streams import print_text
from reconciler.exit_codes import ExitCode
from reconciler.github.api import Github
from reconciler.github.drift_issue import issue_marker, put_issue
from reconciler.model import Drift, FindingKind
from reconciler.model.codec import as_data, dump_json
from reconciler.render.markdown import COMMENT_LIMIT
from reconciler.render.markdown import render_drift as render_markdown
from reconciler.render.terminal import render_drift


@click.command("drift")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="Output format.",
)
@click.option(
    "--explain",
    "explains",
    is_flag=True,
    help="Explain drift by the orders since each SKU was last settled.",
)
@click.option(
    "--issue",
    is_flag=True,
    help="Open, update, and close one GitHub issue about drift.",
)
@shop_options
@click.pass_obj
def command(
    flags: GlobalFlags,
    format_: str,
    explains: bool,
    issue: bool,
    parallelism: int,
    token_file: Path | None,
) -> int:
    """Read every declared SKU, and show what differs from the YAML.

    Exits with 2 on drift that sales don't explain: a broken rule, an `on_change` SKU that rose or
    changed its inventory type, or an unreadable quantity. With --explain, orders and events decide.
    Exits with 65 if a SKU is missing, replaced, or in doubt.

    --issue uses GITHUB_TOKEN, GITHUB_API_URL, and GITHUB_REPOSITORY.
    """
    console = Console(flags)
    connection = console.connection(token_file, parallelism)

    def work(context: StoreContext) -> ExitCode:
        drift = find_drift(context, connection, console, explains=explains)
        _print(drift, format_, console)
        errors = {finding.kind for finding in drift.findings if finding.kind.is_error}
        has_errors = bool(errors - {FindingKind.UNCERTAIN})
        is_drift = ExitCode.DONE if drift.is_clean else ExitCode.CHANGES
        code = ExitCode.INPUT if has_errors else is_drift
        add_summary(partial(render_markdown, drift))
        if github is not None:
            _keep_issue(github, drift, console, is_needed=code != ExitCode.DONE)
        return code

    # Fails before thousands of reads if something for the issue is missing.
    with open_github() if issue else nullcontext() as github:
        return console.for_each_store(work)


def _print(drift: Drift, format_: str, console: Console) -> None:
    if format_ == "json":
        print_text(dump_json(_as_json(drift)) + "\n")
    elif format_ == "markdown":
        print_text(render_markdown(drift))
    else:
        console.lines(render_drift(drift, verbose=console.flags.verbose))


def _as_json(drift: Drift) -> dict[str, Any]:
    """Return drift as JSON. With --explain, `rows` are the explained SKUs."""
    data: dict[str, Any] = as_data(drift)
    explained = data.pop("explained")
    return data if explained is None else {**data, "rows": explained, "others": data["rows"]}


def _keep_issue(github: Github, drift: Drift, console: Console, *, is_needed: bool) -> None:
    text = render_markdown(drift, COMMENT_LIMIT - len(issue_marker(drift.site_id)))
    address = put_issue(github, drift.site_id, drift.store, text, is_needed=is_needed)
    if address:
        console.notice(f"Drift issue: {address}")
