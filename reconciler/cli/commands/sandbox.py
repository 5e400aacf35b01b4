"""`reconciler sandbox`: serve, reset, and edit the embedded shop."""

from pathlib import Path

import click

from reconciler.app.selling import open_sandbox, sandbox_file
from reconciler.cli.commands.sandbox_edits import add, archive, delete, rename, restock_, sell
from reconciler.cli.params import GlobalFlags, shared_options
from reconciler.cli.streams import print_error, print_text
from reconciler.render.wording import count
from reconciler.sandbox.api import SCOPES, Api
from reconciler.sandbox.faults import Faults, read_faults
from reconciler.sandbox.limiter import WindowKind
from reconciler.sandbox.server import SEED_FILE, serve_until_stopped

TOKEN = "sandbox-token"  # noqa: S105  protects nothing


@click.group("sandbox")
@shared_options
def command() -> None:
    """Run and edit the sandbox, an embedded shop on loopback."""


SEED = click.option(
    "--seed",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"Seed file.  [default: {SEED_FILE} in the store's folder]",
)


@command.command("serve")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Port on 127.0.0.1 (0 for any free port).",
)
@click.option(
    "--limit", type=click.IntRange(1), help="Requests allowed per window.  [default: unlimited]"
)
@click.option(
    "--window",
    type=click.FloatRange(0, min_open=True),
    default=60.0,
    show_default=True,
    help="Length of the window in seconds.",
)
@click.option(
    "--window-kind",
    type=click.Choice(["sliding", "fixed"]),
    default="sliding",
    show_default=True,
    help="Sliding window, or a fixed one that restarts.",
)
@click.option(
    "--latency",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    help="Delay of each answer in milliseconds.",
)
@click.option(
    "--faults",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Inject the faults of this JSON file.",
)
@click.option("--token", default=TOKEN, show_default=True, help="Token to accept.")
@SEED
@shared_options
@click.pass_obj
def serve(
    flags: GlobalFlags,
    port: int,
    limit: int | None,
    window: float,
    window_kind: WindowKind,
    latency: float,
    faults: Path | None,
    token: str,
    seed: Path | None,
) -> int:
    """Serve the sandbox until Ctrl-C."""
    context = flags.one_store()
    if seed is not None and sandbox_file(context).exists():
        print_error("The sandbox keeps its data. To start over, run `reconciler sandbox reset`.")
    with open_sandbox(context, seed) as shop:
        api = Api(
            shop,
            {token: SCOPES},
            limit=limit,
            window=window,
            window_kind=window_kind,
            latency=latency / 1000,
            faults=Faults(read_faults(faults)) if faults else None,
        )
        site = shop.meta("site_id")

        def announce(address: str) -> None:
            print_text(
                f"# Site {site}. Stop with Ctrl-C. For a store with `backend: webflow`:\nexport"
                f" WEBFLOW_API_URL={address}\nexport WEBFLOW_TOKEN={token}\n",
                masks=False,  # it protects nothing, and the user needs it
            )

        serve_until_stopped(api, port, announce)
    return 0


@command.command("reset")
@SEED
@shared_options
@click.pass_obj
def reset(flags: GlobalFlags, seed: Path | None) -> int:
    """Reset the sandbox to its seed."""
    with open_sandbox(flags.one_store(), seed, reset=True) as shop:
        print_text(f"The sandbox is reset to {count(shop.count_skus(), 'SKU')}.\n")
    return 0


for edit in (sell, restock_, rename, archive, delete, add):
    command.add_command(edit)
