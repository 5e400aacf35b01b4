"""Daemon threads that work through a sequence: reading stocks and writing SKUs share them."""

import threading
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_threads(
    work: Callable[[Item], Result], items: Sequence[Item], parallelism: int
) -> Iterator[Result]:
    """Yield what *work* returns for each of *items*, as it comes, *parallelism* at a time.

    The first exception of *work* is raised at once, without waiting for calls that hang. After
    that, or when the caller stops iterating, no further item is begun. The threads are daemons, so
    none of them keeps the program from ending.
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
            except BaseException as error:  # noqa: BLE001  raised again where it is waited for
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
