"""The days of counts: the one that is typed, and the one that a count gets by itself."""

from datetime import date, timedelta
from typing import Any

import click

from reconciler.model import Declared


def today() -> date:
    """Return the day where the counting is done."""
    return date.today()


def tomorrow() -> date:
    """Return the latest day of a count: it may be tomorrow already where the counting is done."""
    return today() + timedelta(days=1)


def day_of_count(entry: Declared) -> str:
    """Return the day that a count of *entry* gets by itself: none before that of the last one.

    A day that is still to come is a slip, and is refused where it stands.
    """
    last = entry.as_of or ""
    this = today().isoformat()
    return max(this, last) if last <= tomorrow().isoformat() else this


class _DayType(click.ParamType[Any]):
    """A day of the calendar, or today."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the day as YAML has it; fail for what is none."""
        if value == "today":
            return today().isoformat()
        try:
            day = date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value} is no day; write one like 2026-11-20, or today", param, ctx)
        if day > tomorrow():
            self.fail(f"{value} is still to come; give the day of the count", param, ctx)
        return day.isoformat()


DAY = _DayType()
