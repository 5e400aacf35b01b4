"""The digest of a desired state names what it means, not how it is written."""

import pytest
from factories import COLLECTION, SITE, build
from msgspec.structs import replace

from reconciler.desired.digest import compute_digest
from reconciler.model import Event, EventFile

PIN = 'id: "5e8518516e147040726cc415", sku: "A"'
SETTINGS = f"site_id: {SITE}\n"
IN_BRACES = ("A: {quantity: 5", "B: {quantity: 6")
PLAIN = "skus:\n  A: 5\n  B: 6\n"


@pytest.mark.parametrize(
    "texts",
    [
        ["# counted\nskus:\n  B: 6   # tee\n\n  'A': {quantity: 5, note: shelf 3}\n"],
        ["skus:\r\n  A: 5\r\n  B: 6\r\n"],
        ["skus:\n  B: 6\n", "skus:\n  A: 5\n"],
        ["rule: observe\nskus:\n" + "".join(f"  {one}, rule: exact}}\n" for one in IN_BRACES)],
    ],
    ids=["comments", "line ends", "two files", "rule at the head"],
)
def test_digest_ignores_layout(texts: list[str]) -> None:
    """A saved plan stays valid while the declarations mean the same."""
    assert compute_digest(build(*texts)) == compute_digest(build(PLAIN))


@pytest.mark.parametrize(
    "text",
    [
        "skus:\n  A: 6\n  B: 6\n",
        "skus:\n  A: 6\n  B: 5\n",
        "skus:\n  A: infinite\n  B: 6\n",
        "skus:\n  A: 5\n",
        "skus:\n  A: 5\n  C: 6\n",
        "skus:\n  A: {quantity: 5, rule: at_least}\n  B: 6\n",
        "rule: on_change\nskus:\n  A: {quantity: 5, rule: exact}\n  B: 6\n",
        f"skus:\n  A: {{quantity: 5, {PIN}}}\n  B: 6\n",
    ],
)
def test_digest_changes_with_declaration(text: str) -> None:
    """A plan of another declaration must not pass for one of this."""
    assert compute_digest(build(text)) != compute_digest(build(PLAIN))


def test_digest_changes_with_event() -> None:
    """A plan that knows nothing of an event must not pass for one that deals with it."""
    file = EventFile("demo/events/e.yaml", "events/e.yaml", "2026-11-20T10:00:00.000Z", "")
    states = [build(PLAIN)]
    for is_count, units in ((True, 5), (True, 6), (False, 5)):
        event = Event("A", is_count, units, file, 3)
        states.append(replace(states[0], events=(event,)))
    later = replace(file, at="2026-11-21T10:00:00.000Z")
    states.append(replace(states[0], events=(Event("A", True, 5, later, 3),)))

    assert len({compute_digest(state) for state in states}) == len(states)


@pytest.mark.parametrize(
    "settings",
    [
        f"site_id: {SITE[::-1]}\n",
        f"{SETTINGS}backend: sandbox\n",
        f"{SETTINGS}sku_collection_id: {COLLECTION}\n",
        f"{SETTINGS}frozen: [A]\n",
        f"{SETTINGS}limits: {{max_zeroed: 11}}\n",
        f"{SETTINGS}limits: {{max_zeroed: 10%}}\n",
    ],
)
def test_digest_changes_with_settings(settings: str) -> None:
    """A plan for another site, or under other limits, is another plan."""
    assert compute_digest(build(PLAIN, settings=settings)) != compute_digest(build(PLAIN))


def test_digest_does_not_depend_on_the_order_of_skus() -> None:
    """Two machines that list files in another order have the same digest."""
    state = build(PLAIN)
    turned = replace(state, declared=dict(reversed(list(state.declared.items()))))

    assert compute_digest(turned) == compute_digest(state)
    assert compute_digest(state).startswith("sha256:")
