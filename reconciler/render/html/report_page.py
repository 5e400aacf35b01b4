"""Render the report of an apply as an HTML page."""

from reconciler.model import Report, Result, Stock
from reconciler.render.html.template import render_page

_NAMES = {result: result.value.replace("_", " ") for result in Result}


def render_report_page(report: Report) -> str:
    """Return *report* as one self-contained page. Outcomes that are not as planned come first."""
    done = {Result.APPLIED, Result.ALREADY}
    ordered = sorted(report.outcomes, key=lambda one: one.result in done)
    rows = [
        (
            one.sku,
            _NAMES[one.result],
            _shown(one.before),
            _shown(one.after),
            _shown(one.found),
            one.at[:19].replace("T", " "),
            one.message,
        )
        for one in ordered
    ]
    return render_page(
        "report.html",
        {
            "title": f"Apply of {report.store}",
            "stopped": report.stopped or "",
            "is_complete": report.is_complete,
            "totals": [(_NAMES[result], report.count(result)) for result in Result],
            "columns": ("SKU", "Result", "Before", "After", "Found", "Time (UTC)", "Message"),
            "numbers": ("Before", "After", "Found"),
            "results": [_NAMES[result] for result in Result if report.count(result)],
            "rows": rows,
        },
    )


def _shown(stock: Stock | None) -> str:
    return "" if stock is None else str(stock)
