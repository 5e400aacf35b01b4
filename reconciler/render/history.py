"""Render the history of a SKU for a terminal."""

from collections.abc import Iterator

from reconciler.model import HistoryEvent, HistoryKind, SkuHistory
from reconciler.render.sanitize import safe_text
from reconciler.render.terminal import Line, Span

_STYLES = {
    HistoryKind.APPLIED: "green",
    HistoryKind.MOVED: "yellow",
    HistoryKind.FAILED: "red",
    HistoryKind.IN_DOUBT: "red",
}


def render_history(history: SkuHistory) -> Iterator[Line]:
    """Yield a line for each event, newest last. Times are UTC."""
    others = [key for key in history.keys if key != history.sku]
    also = f", also {', '.join(others)}" if others else ""
    yield (Span(safe_text(f"{history.sku} in {history.store}{also}"), "bold"),)
    width = max((len(_change(one)) for one in history.events), default=0)
    for one in history.events:
        kind = one.kind.value.replace("_", " ")
        said = f"  {one.at[:16].replace('T', ' ')}  {kind:<9}  {_change(one):<{width}}"
        yield Span(said, _STYLES.get(one.kind, "")), Span(f"  {_source(one)}".rstrip(), "dim")


def _change(one: HistoryEvent) -> str:
    match one.kind:
        case HistoryKind.ADJUSTED:
            return f"{one.units or 0:+}"
        case HistoryKind.SOLD:
            now = "" if one.after is None else f", {one.after} now"
            return f"{'?' if one.units is None else one.units}{now}"
        case HistoryKind.COUNTED if one.after is None:
            return f"{one.before} -> deleted"
        case HistoryKind.DECLARED if one.after is None:
            return f"{one.before} -> not declared"
    return str(one.after) if one.before is None else f"{one.before} -> {one.after}"


def _source(one: HistoryEvent) -> str:
    commit = one.commit[:7]
    author = f"{one.author}: " if one.author else ""
    parts = (one.note, f"{commit} {author}{one.subject}".strip())
    return safe_text("  ".join(filter(None, parts)))
