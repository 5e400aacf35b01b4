"""Map a function over a sequence in daemon threads."""

import threading
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_threads(
    work: Callable[[Item], Result], items: Sequence[Item], parallelism: int
) -> Iterator[Result]:
    """Yield the results of *work* for *items* as they arrive, with *parallelism* threads.

    The first exception of *work* is raised at once, without waiting for other calls. After that, or
    when the caller stops iterating, no further item starts. The threads are daemons, so they don't
    keep the program alive.
    """
    left, lock, ended = iter(range(len(items))), threading.Lock(), threading.Event()
    results: SimpleQueue[tuple[Result | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        while not ended.is_set():
            with lock:
                index = next(left, None)
            if index is None:
                return
            try:
                results.put((work(items[index]), None))
            except BaseException as error:  # noqa: BLE001  raised again in the caller's thread
                results.put((None, error))
                return

    for _ in range(min(parallelism, len(items))):
        threading.Thread(target=run, daemon=True).start()
    try:
        for _ in items:
            result, error = results.get()
            if error is not None:
                raise error
            yield result  # type: ignore[misc]  # without an error there is a result
    finally:
        ended.set()
