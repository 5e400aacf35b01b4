"""A delivery for every SKU while customers buy: ours, beside a script on Webflow's own SDK.

Somebody looks at the shop, adds what was delivered to each number, and commits the sums. From that
look on, customers buy. Whatever writes such a sum puts units on the shelf again that were sold
since the look.
"""

import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn

from benchmarks.counted import REFUSED
from benchmarks.shops import Server, look, seed_shop, serve
from benchmarks.workspace import Workspace
from reconciler.sandbox.database import Shop

SKUS = 40
BEFORE, DELIVERED = 50, 20
# The limit of a small plan, in real minutes, and a customer every other second.
LIMIT, WINDOW = 60, 60.0
BETWEEN_SALES = 2.0
UNTIL_COMMITTED = 30.0
CODES = [f"S{number}" for number in range(SKUS)]


class Ended(NamedTuple):
    """How a run ended, and how many answers were 429."""

    how: str
    refused: int


Bring = Callable[[Workspace, Server], Ended]


def _script(shop: Workspace, server: Server) -> Ended:
    """Write the sums with the script."""
    file = shop.folder / "stock.json"
    file.write_text(json.dumps(dict.fromkeys(server.sku_ids, BEFORE + DELIVERED)))
    arguments = (server.address, server.collection_id, str(file))
    command = [sys.executable, "-m", "benchmarks.naive", *arguments]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return Ended(found["stopped"] or "exit 0", found["refused"])


def _levels(shop: Workspace, _: Server) -> Ended:
    """Type the sums as levels, and apply them."""
    shop.declare(dict.fromkeys(CODES, BEFORE + DELIVERED))
    return _apply(shop)


def _event(shop: Workspace, _: Server) -> Ended:
    """Book the delivery as such, and apply it."""
    shop.book(dict.fromkeys(CODES, f"+{DELIVERED}"))
    return _apply(shop)


def _apply(shop: Workspace) -> Ended:
    done = shop.try_to("apply", "--yes", module="benchmarks.counted")
    refused = sum(int(part.split()[0]) for part in done.stderr.split(REFUSED)[1:])
    return Ended(f"exit {done.returncode}", refused)


WAYS: dict[str, Bring] = {
    "script, sums": _script,
    "`apply`, sums as levels": _levels,
    "`apply`, the delivery as an event": _event,
}


@contextmanager
def _buying(shop: Shop) -> Iterator[Counter[str]]:
    """Let customers buy until the `with` statement ends, and count what they got."""
    sold: Counter[str] = Counter()
    over = threading.Event()
    chance = random.Random(11)  # noqa: S311  no secret, and the same customers each time

    def buy() -> None:
        while not over.wait(BETWEEN_SALES):
            sku = chance.choice(CODES)
            shop.sell(sku, 1)
            sold[sku] += 1

    thread = threading.Thread(target=buy)
    thread.start()
    try:
        yield sold
    finally:
        over.set()
        thread.join()


def _race(bring: Bring) -> str:
    """Return the cells of a way: how long, how it ended, and what the shop has then."""
    with tempfile.TemporaryDirectory() as parent, ExitStack() as stack:
        data = seed_shop(Path(parent), dict.fromkeys(CODES, BEFORE))
        with serve(Path(parent)) as address:
            found = look(address)
            workspace = stack.enter_context(Workspace(address))
        shop = stack.enter_context(Shop(data, _no_seed))
        options = ("--limit", str(LIMIT), "--window", str(WINDOW))
        with serve(Path(parent), *options) as address, _buying(shop) as sold:
            workspace.address = address
            time.sleep(UNTIL_COMMITTED)
            start = time.perf_counter()
            ended = bring(workspace, found._replace(address=address))
            seconds = time.perf_counter() - start
        has = {sku: int(units or 0) for sku, units in shop.stocks().items()}
    errors = [has[sku] - (BEFORE + DELIVERED - sold[sku]) for sku in CODES]
    put_back = sum(error for error in errors if error > 0)
    left = sum(error == -DELIVERED for error in errors)
    cells = (f"{seconds:.0f} s", ended.how, ended.refused, errors.count(0), left, put_back)
    return " | ".join(map(str, cells))


def _no_seed() -> NoReturn:
    raise RuntimeError("the sandbox has no data")


def measure_all() -> str:
    """Return the section of the report."""
    text = (
        f"## A delivery while customers buy\n\n{SKUS} SKUs get {DELIVERED} units each, at {LIMIT}"
        f" requests a minute, and a customer buys one every {BETWEEN_SALES:g} seconds. The sums"
        f" were typed {UNTIL_COMMITTED:g} seconds before. The script is `benchmarks/naive.py`, on"
        " Webflow's own SDK with the retries that this has. A number is right if it is what the"
        " shop had, with the delivery, less all that was sold. Exit 4 is `max_put_back: 0`, as"
        " `import` writes it: no level that puts sold units back is written.\n\n"
        "| | time | ended | 429 | right | without the delivery | units put back |\n"
        "|---|---|---|---|---|---|---|\n"
    )
    return text + "".join(f"| {name} | {_race(bring)} |\n" for name, bring in WAYS.items())


if __name__ == "__main__":
    sys.stdout.write(measure_all())
