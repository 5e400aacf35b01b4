"""Run many random histories, and print what was found."""

import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from histories.explorer import tell_history

STEPS = 25


def main(histories: int, first: int) -> int:
    """Return 0 if every law holds in every history."""
    begun, steps, broken = time.monotonic(), Counter[str](), 0
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        futures = [pool.submit(tell_history, first + number, STEPS) for number in range(histories)]
        for future in as_completed(futures):
            seed, counts, failure = future.result()
            steps += counts
            if failure:
                broken += 1
                print(f"history {seed}:\n{failure}\n", flush=True)  # noqa: T201  its output
    kinds = ", ".join(f"{count} {name}" for name, count in steps.most_common())
    print(  # noqa: T201  the same
        f"{histories} histories, {steps.total()} steps ({kinds}) in"
        f" {time.monotonic() - begun:.0f} s: {broken} broke a law."
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in (sys.argv[1:] + ["200", "1"][len(sys.argv) - 1 :]))))
