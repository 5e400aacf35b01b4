"""`reconciler`, which tells at the end on stderr how many answers were 429."""

import sys

from reconciler.cli.main import run
from reconciler.webflow.client import StoreClient

REFUSED = "answers of 429: "

_leave = StoreClient.__exit__


def _leave_and_tell(client: StoreClient, *why: object) -> None:
    print(f"{REFUSED}{client.throttled}", file=sys.stderr)
    _leave(client, *why)


if __name__ == "__main__":
    StoreClient.__exit__ = _leave_and_tell  # type: ignore[method-assign]  # the client stays as it is
    run()
