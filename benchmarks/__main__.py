"""Run every benchmark, print what it found, and write it to benchmarks/README.md."""

import platform
from pathlib import Path

from benchmarks import (
    asking,
    importing,
    offline,
    paying,
    planning,
    racing,
    reading,
    remembering,
    starting,
)

TITLE = """# Benchmarks

Written by `make bench`: each figure is a ratio of two things measured in turns in one run, as the
median of the rounds. Bare seconds say more about the machine than about the product.

"""


def main() -> None:
    """Measure, print and write."""
    machine = (
        f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}"
    )
    text = TITLE + f"Last run: {machine}.\n"
    for section in (
        paying.measure_all,
        racing.measure_all,
        offline.measure_all,
        starting.measure_all,
        reading.measure_all,
        planning.measure_all,
        asking.measure_all,
        importing.measure_all,
        remembering.measure_all,
    ):
        text += "\n" + section()
    print(text)
    Path(__file__).with_name("README.md").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
