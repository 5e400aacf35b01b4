"""`reconciler stores`: list the stores, also as a CI matrix."""

import json

import click

from reconciler.app.step import put_outputs
from reconciler.app.stores import load_store
from reconciler.cli.console import Console
from reconciler.cli.params import GlobalFlags, shared_options
from reconciler.cli.streams import print_text
from reconciler.model.codec import dump_json
from reconciler.render.wording import count


@click.command("stores")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "github-matrix"]),
    default="text",
    show_default=True,
    help="Output format. github-matrix is one line for a job's strategy.",
)
@shared_options
@click.pass_obj
def command(flags: GlobalFlags, format_: str) -> int:
    """List the stores in the inventory folder."""
    contexts = flags.stores()
    if format_ == "github-matrix":
        names = [context.name for context in contexts]
        matrix = json.dumps({"store": names}, separators=(",", ":"))
        print_text(f"{matrix}\n")
        put_outputs(matrix=matrix)
        return 0
    states = [load_store(context) for context in contexts]
    if format_ == "json":
        stores = [
            {
                "name": state.settings.name,
                "site_id": state.settings.site_id,
                "backend": state.settings.backend,
                "rule": state.settings.rule,
                "skus": len(state.declared),
            }
            for state in states
        ]
        print_text(dump_json(stores) + "\n")
        return 0
    width = max(len(context.name) for context in contexts)
    for state in states:
        settings, skus = state.settings, count(len(state.declared), "SKU")
        line = f"{settings.name:<{width}}  site {settings.site_id}  {settings.rule}  {skus}"
        Console(flags).result(line)
    return 0
