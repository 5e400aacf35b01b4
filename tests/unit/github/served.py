"""A GitHub client connected to the fake hub."""

from collections.abc import Iterator
from contextlib import contextmanager

from hub import REPOSITORY, TOKEN, Hub, serve

from reconciler.github.actions_context import ActionsContext
from reconciler.github.api import Github


@contextmanager
def github_of(
    hub: Hub, slept: list[float] | None = None, *, in_actions: bool = True
) -> Iterator[Github]:
    """Serve *hub* and yield a client of it. Its waits go to *slept* and take no time."""
    waits = [] if slept is None else slept
    with serve(hub) as address:
        context = ActionsContext(TOKEN, address, f"{address}/graphql", REPOSITORY, in_actions)
        with Github(context, waits.append) as github:
            yield github
