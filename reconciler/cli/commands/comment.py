"""`reconciler comment`: comment a plan or a report on a pull request."""

import os
import re
from pathlib import Path

import click

from reconciler.app.github import open_github
from reconciler.cli.console import Console
from reconciler.cli.output import load_plan_or_report
from reconciler.cli.params import FILE, GlobalFlags, shared_options
from reconciler.errors import UsageError
from reconciler.github.actions_context import read_head, read_pull_request
from reconciler.github.sticky_comment import marker_of, put_comment
from reconciler.render.markdown import COMMENT_LIMIT, render_plan, render_report

_ADDRESS = r"https://[A-Za-z0-9][A-Za-z0-9.:/_~?&=%#-]*"


@click.command("comment")
@click.argument("file", type=FILE, metavar="PLANFILE|REPORT")
@click.option(
    "--pr",
    type=click.IntRange(1),
    metavar="N",
    help="Pull request.  [default: from the workflow's event]",
)
@click.option(
    "--page",
    metavar="URL",
    default="",
    help="Address of the HTML page, which the comment links.",
)
@shared_options
@click.pass_obj
def command(flags: GlobalFlags, file: Path, pr: int | None, page: str) -> int:
    """Create or update a store's comment on a pull request.

    Uses GITHUB_TOKEN, GITHUB_API_URL, GITHUB_REPOSITORY, and GITHUB_EVENT_PATH, which GitHub
    Actions sets.
    """
    if page and not re.fullmatch(_ADDRESS, page):
        raise UsageError(f"--page {page} is not an https address.")
    plan, report, _ = load_plan_or_report(file)
    # The commit of the plan: if a later push can't be planned, this comment stays.
    about = read_head(os.environ)
    foot = f"\n[Open as a page]({page})\n" if page else ""
    foot += f"\nAt commit {about}.\n" if about and pr is None else ""
    github = open_github()  # fails before a request if something is missing
    pull_request = pr or read_pull_request(os.environ)
    text = site = ""
    if plan is not None:
        site = plan.site_id
        text = render_plan(plan, COMMENT_LIMIT - len(marker_of(site)) - len(foot))
    elif report is not None:
        site = report.site_id or report.store
        text = render_report(report, COMMENT_LIMIT - len(marker_of(site)) - len(foot))
    with github:
        address = put_comment(github, pull_request, site, text + foot)
    if not flags.quiet:
        Console(flags).result(address)
    return 0
