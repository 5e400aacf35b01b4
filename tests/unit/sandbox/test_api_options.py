"""Effects of a PATCH, with each option for undocumented behavior."""

from typing import Any

import pytest

from reconciler.sandbox.api_options import MAX_NUMBER, Behaviour, NotAccepted, apply_patch
from reconciler.sandbox.api_options import inventory_body as body_of

FIVE = ("finite", 5)
INF = {"inventoryType": "infinite"}


def _finite(**fields: Any) -> dict[str, Any]:
    return {"inventoryType": "finite", **fields}


@pytest.mark.parametrize(
    ("body", "after"),
    [
        (_finite(quantity=9), ("finite", 9)),
        (_finite(quantity=0), ("finite", 0)),
        (_finite(quantity=9.0), ("finite", 9)),
        (_finite(updateQuantity=3), ("finite", 8)),
        (_finite(updateQuantity=-5), ("finite", 0)),
        (_finite(quantity=9, updateQuantity=3), ("finite", 9)),
        (_finite(), FIVE),
        (INF, ("infinite", 0)),
        ({**INF, "quantity": 9}, ("infinite", 0)),
    ],
)
def test_apply_patch_sets_or_adds(body: dict[str, Any], after: tuple[str, Any]) -> None:
    """`quantity` is absolute, `updateQuantity` is added, and infinite stock has no number."""
    assert apply_patch(Behaviour(), FIVE, body) == after


@pytest.mark.parametrize("before", [("infinite", 0), ("finite", None)])
def test_apply_patch_without_quantity_starts_at_zero(before: tuple[str, Any]) -> None:
    """A stock without a number counts as 0."""
    assert apply_patch(Behaviour(), before, _finite(updateQuantity=3)) == ("finite", 3)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (None, "inventoryType"),
        ([], "inventoryType"),
        ({"quantity": 9}, "inventoryType"),
        ({"inventoryType": "Finite", "quantity": 9}, "inventoryType"),
        (_finite(quantity="9"), "quantity"),
        (_finite(quantity=None), "quantity"),
        (_finite(quantity=True), "quantity"),
        (_finite(quantity=float("nan")), "quantity"),
        (_finite(quantity=MAX_NUMBER), "quantity"),
        (_finite(quantity=-1), "quantity"),
        (_finite(quantity=1.5), "quantity"),
        (_finite(updateQuantity=-6), "updateQuantity"),
        (_finite(quantity=1, updateQuantity="x"), "updateQuantity"),
        ({**INF, "quantity": "x"}, "quantity"),
    ],
)
def test_apply_patch_invalid_body_raises(body: Any, named: str) -> None:
    """The error names the parameter, as the API's 400 does."""
    with pytest.raises(NotAccepted, match=f"^{named}$"):
        apply_patch(Behaviour(), FIVE, body)


@pytest.mark.parametrize(
    ("behaviour", "body", "after"),
    [
        (Behaviour(both_given="updateQuantity"), _finite(quantity=9, updateQuantity=3), 8),
        (Behaviour(both_given="refuse"), _finite(quantity=9, updateQuantity=3), None),
        (Behaviour(neither_given="zero"), _finite(), 0),
        (Behaviour(below_zero="store"), _finite(quantity=-1), -1),
        (Behaviour(below_zero="clamp"), _finite(updateQuantity=-9), 0),
        (Behaviour(fraction="store"), _finite(quantity=1.5), 1.5),
    ],
)
def test_apply_patch_follows_options(
    behaviour: Behaviour, body: dict[str, Any], after: Any
) -> None:
    """Each option changes one answer."""
    if after is None:
        with pytest.raises(NotAccepted):
            apply_patch(behaviour, FIVE, body)
    else:
        assert apply_patch(behaviour, FIVE, body) == ("finite", after)


@pytest.mark.parametrize(
    ("behaviour", "stock", "fields"),
    [
        (Behaviour(), FIVE, {"quantity": 5}),
        (Behaviour(), ("finite", None), {"quantity": None}),
        (Behaviour(), ("infinite", 0), {"quantity": 0}),
        (Behaviour(infinite_quantity="null"), ("infinite", 0), {"quantity": None}),
        (Behaviour(infinite_quantity="absent"), ("infinite", 0), {}),
        (Behaviour(infinite_quantity="absent"), FIVE, {"quantity": 5}),
    ],
)
def test_inventory_body_has_stock(
    behaviour: Behaviour, stock: tuple[str, Any], fields: dict[str, Any]
) -> None:
    """The quantity of an infinite SKU is an option. A finite SKU has its number."""
    assert body_of(behaviour, "id-A", stock) == {"id": "id-A", "inventoryType": stock[0], **fields}
