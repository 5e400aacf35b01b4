"""Run the benchmarks, print what they found, and write it to benchmarks/README.md.

`python -m benchmarks starting offline` runs only these, and keeps the other sections.
"""

import platform
import re
import sys
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
    reporting,
    starting,
)

SECTIONS = {
    "paying": paying.measure_all,
    "racing": racing.measure_all,
    "offline": offline.measure_all,
    "starting": starting.measure_all,
    "reading": reading.measure_all,
    "planning": planning.measure_all,
    "asking": asking.measure_all,
    "importing": importing.measure_all,
    "remembering": remembering.measure_all,
    "reporting": reporting.measure_all,
}
PAGE = Path(__file__).with_name("README.md")
TITLE = """# Benchmarks

`make bench` writes this page. Each figure is a ratio of two things that one run measures in turns,
as the median of the rounds. Absolute seconds say more about the machine than about the product.

"""


def main(names: list[str]) -> None:
    """Run the sections called *names*, or all, and print and write what they found."""
    if unknown := [name for name in names if name not in SECTIONS]:
        sys.exit(f"Unknown section {unknown[0]}. Sections: {', '.join(SECTIONS)}.")
    machine = (
        f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}"
    )
    # A new section is the last one.
    parts = re.split(r"\n(?=## )", PAGE.read_text("utf-8"))[1:]
    kept = dict(zip(SECTIONS, parts, strict=False))
    for name in names or SECTIONS:
        kept[name] = SECTIONS[name]()
        print(kept[name])
        text = f"{TITLE}Last run: {machine}.\n\n"
        PAGE.write_text(text + "\n".join(f"{part.strip()}\n" for part in kept.values()), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
