"""How the cost of a whole `plan --offline` grows with the shop, as plots."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.measure import Cost

Costs = Mapping[int, tuple[Sequence[Cost], Sequence[Cost]]]

_NAMES: Final = ("reconciler", "octodns-sync")
_FIGURES: Final = {"seconds": "processor seconds", "peak": "peak memory in MiB"}


def draw(costs: Costs, folder: Path) -> str:
    """Write a plot of each figure by the number of SKUs, and return the Markdown that shows them.

    *costs* are ours and theirs. Both axes are logarithmic. The same figures make the same files.
    """
    text = ""
    with mpl.rc_context({"svg.hashsalt": "plan", "svg.fonttype": "none"}):
        for field, what in _FIGURES.items():
            file = folder / f"growth-{field}.svg"
            _draw(costs, field, what).savefig(file, metadata={"Date": None})
            text += f"![A plan's {what}, from {min(costs)} to {max(costs)} SKUs]({file.name})\n"
    return text


def _draw(costs: Costs, field: str, what: str) -> Figure:
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    for place, (name, marker) in enumerate(zip(_NAMES, "os", strict=True)):
        values = [median(getattr(cost, field) for cost in pair[place]) for pair in costs.values()]
        axes.loglog(list(costs), values, marker=marker, label=name)
    axes.set(xlabel="SKUs, or DNS records", ylabel=what)
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend()
    return figure
