"""The day where the counting is done."""

from datetime import date, timedelta


def today() -> date:
    """Return the day where the counting is done."""
    return date.today()


def tomorrow() -> date:
    """Return the latest day of a count: it may be tomorrow already where the counting is done."""
    return today() + timedelta(days=1)
