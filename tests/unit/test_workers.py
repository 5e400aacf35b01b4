"""Daemon threads work through a sequence, and none of them keeps a run from ending."""

import threading
from itertools import islice

import pytest

from reconciler.workers import map_in_threads

PATIENCE = 10.0


class _FailedError(Exception):
    """The work failed."""


@pytest.mark.parametrize("parallelism", [1, 3, 99])
@pytest.mark.parametrize("count", [0, 1, 50])
def test_map_in_threads_yields_each_result_once(count: int, parallelism: int) -> None:
    """Every item is worked on once, in whatever order."""
    found = list(map_in_threads(lambda item: item * 2, range(count), parallelism))

    assert sorted(found) == [item * 2 for item in range(count)]


def test_map_in_threads_with_one_thread_keeps_the_order() -> None:
    """Items are begun in their order."""
    assert list(map_in_threads(str, range(9), 1)) == [str(number) for number in range(9)]


def test_map_in_threads_works_at_the_same_time() -> None:
    """Just as many as were asked for: each waits until all of them are there."""
    barrier = threading.Barrier(3)
    names: set[str] = set()

    def work(item: int) -> int:
        barrier.wait(PATIENCE)
        names.add(threading.current_thread().name)
        return item

    assert sorted(map_in_threads(work, range(6), 3)) == list(range(6))
    assert len(names) == 3


def test_map_in_threads_yields_what_is_none_or_false() -> None:
    """A result that says nothing is a result."""
    assert list(map_in_threads({1: None, 2: 0}.get, [1, 2], 1)) == [None, 0]


@pytest.mark.parametrize("error", [_FailedError, KeyboardInterrupt, SystemExit])
def test_map_in_threads_raises_the_first_exception_and_begins_no_more(
    error: type[BaseException],
) -> None:
    """Whatever kind it is; results from before have come."""
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        if item == 2:
            raise error
        return item

    results = map_in_threads(work, range(9), 1)
    found = [next(results), next(results)]
    with pytest.raises(error):
        next(results)

    assert (found, begun) == ([0, 1], [0, 1, 2])


def test_map_in_threads_does_not_wait_for_calls_that_hang() -> None:
    """An exception is raised while another thread still works."""
    hanging, released = threading.Event(), threading.Event()

    def work(item: int) -> None:
        if item == 0:
            hanging.set()
            released.wait(PATIENCE)
        else:
            hanging.wait(PATIENCE)
            raise _FailedError

    with pytest.raises(_FailedError):
        list(map_in_threads(work, range(2), 2))

    assert not released.is_set()
    released.set()


def test_map_in_threads_left_early_begins_no_more() -> None:
    """A caller that has enough ends the work: no item is begun after the one under way."""
    begun: list[int] = []
    threads: list[threading.Thread] = []
    step = threading.Semaphore(1)

    def work(item: int) -> int:
        step.acquire(timeout=PATIENCE)
        threads.append(threading.current_thread())
        begun.append(item)
        return item

    results = map_in_threads(work, range(9), 1)
    assert list(islice(results, 1)) == [0]
    results.close()  # type: ignore[attr-defined]  # it is a generator
    step.release(9)
    threads[0].join(PATIENCE)

    assert begun in ([0], [0, 1])


def test_map_in_threads_begins_nothing_before_it_is_asked() -> None:
    """Work starts with the first look, not before."""
    begun: list[int] = []
    results = map_in_threads(begun.append, range(3), 1)
    assert begun == []

    assert list(results) == [None] * 3


def test_map_in_threads_uses_daemons() -> None:
    """A call that hangs for ever does not keep the program from ending."""
    (is_daemon,) = map_in_threads(lambda _: threading.current_thread().daemon, [0], 1)

    assert is_daemon
