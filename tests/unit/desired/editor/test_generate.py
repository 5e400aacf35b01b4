"""SKUs of a shop become lines of YAML that declare just them."""

from pathlib import PurePosixPath

import pytest
from factories import SITE, stock

from reconciler.desired.editor.generate import (
    OTHERS,
    Newcomer,
    Place,
    choose_places,
    file_name,
    generate_files,
    partition_importable,
)
from reconciler.desired.loader import build_desired
from reconciler.errors import EditError
from reconciler.model import LiveSku, Stock

SETTINGS = {"demo/store.yaml": f"site_id: {SITE}\n".encode()}
OLD = b"# ours\nrule: on_change\nskus:\n  OLD: 1  # old\n"


def _live(code: str, name: str = "Tee", number: int = 1, categories: str = "") -> LiveSku:
    sku_id = f"{number:024x}"
    product = name.partition(" / ")[0]
    groups = tuple(categories.split())
    return LiveSku(sku_id, code, name, False, product, product, groups)


def _newcomer(code: str, value: int | str = 5, name: str = "Tee", number: int = 1) -> Newcomer:
    return Newcomer(code, stock(value), _live(code, name, number), is_pinned=False)


def _partition(
    *skus: LiveSku,
    stocks: dict[str, Stock] | None = None,
    declared: tuple[str, ...] = (),
    pin: bool = False,
) -> tuple[dict[str, bool], list[bool]]:
    """Return the names of those that can be declared, pinned or not, and who else could be."""
    known = {one.sku_id: stock(5) for one in skus} if stocks is None else stocks
    newcomers, left_out = partition_importable(skus, skus, known, declared, pin=pin)
    return {one.sku: one.is_pinned for one in newcomers}, [one.can_be_pinned for one in left_out]


@pytest.mark.parametrize("value", [-1, 1.5, None, 10**9])
def test_partition_leaves_out_stock_that_no_file_can_declare(value: float | None) -> None:
    """A number is never rounded or cut, and an id does not help."""
    one = _live("A")

    assert _partition(one, stocks={one.sku_id: stock(value)}, pin=True) == ({}, [False])
    assert _partition(one, stocks={}, pin=True) == ({}, [False])


@pytest.mark.parametrize(
    "skus",
    [
        [_live("")],
        [_live("TWIN", number=1), _live("TWIN", number=2)],
        [_live("TAKEN")],
        [_live(" A")],
        [_live("A\u200b")],
        [_live("<<")],
    ],
    ids=["no code", "twins", "taken", "space", "hidden", "merge"],
)
def test_partition_declares_sku_without_name_only_when_pinned(skus: list[LiveSku]) -> None:
    """A code that means no SKU, or two, names none; its id does, under a name of its own."""
    assert _partition(*skus, declared=("TAKEN",)) == ({}, [True] * len(skus))
    names, left_out = _partition(*skus, declared=("TAKEN",), pin=True)

    assert (list(names.values()), left_out) == ([True] * len(skus), [])
    assert not names.keys() & {"TAKEN", "TWIN", "", " A", "<<"}


def test_partition_names_pinned_skus_apart() -> None:
    """A made-up name is neither one that is taken nor the code of another SKU."""
    skus = [_live("", "Tee / M", 1), _live("", "Tee / M", 2), _live("TEE-M-2", "Mug", 3)]

    assert _partition(*skus, pin=True) == (
        {"TEE-M": True, "TEE-M-3": True, "TEE-M-2": False},
        [],
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Café & Crème!", "cafe-creme"),
        ("../../etc/passwd", "etc-passwd"),
        ("..", ""),
        (".git", "git"),
        ("a/b\\c\0d", "a-b-c-d"),
        ("Straße", "strasse"),
        ("Tee 東京", "tee-東京"),
        ("x" * 99, "x" * 60),
    ],
)
def test_file_name_is_name_of_one_file(text: str, name: str) -> None:
    """A category that somebody typed in the shop leads out of no folder."""
    assert file_name(text) == name


def _place(*skus: LiveSku, siblings: dict[str, Place] | None = None) -> list[str]:
    newcomers = [Newcomer(f"S{n}", stock(1), one, is_pinned=False) for n, one in enumerate(skus)]
    categories = {"c1": "Shirts", "c2": "Store", "c3": "..", "c4": "NUL"}
    places = choose_places(newcomers, siblings or {}, categories, "inventory/demo")
    assert {PurePosixPath(one.path).parent.as_posix() for one in places.values()} == {
        "inventory/demo"
    }
    return [PurePosixPath(place.path).name for place in places.values()]


@pytest.mark.parametrize(
    ("category", "file"),
    [
        ("c1", "shirts.yaml"),
        ("unknown c1", "shirts.yaml"),
        ("c2", "store-stock.yaml"),
        ("c3", f"{OTHERS}.yaml"),
        ("c4", "nul-stock.yaml"),
        ("", f"{OTHERS}.yaml"),
    ],
)
def test_choose_places_by_category_never_takes_settings(category: str, file: str) -> None:
    """A category called Store does not end in `store.yaml`, nor one in a device of Windows."""
    assert _place(_live("A", categories=category)) == [file]


def test_choose_places_puts_siblings_together() -> None:
    """A new variant stands after what is declared of its product, whatever its category is."""
    one = _live("A", categories="c1")
    place = Place("inventory/demo/old.yaml", "OLD")

    assert _place(one, siblings={one.sku_id: place}) == ["old.yaml"]


def test_choose_places_by_names_that_share_a_word() -> None:
    """Without categories products with a word in common share a file; many variants have one."""
    mugs = [_live("A", "Blue mug", 1), _live("B", "Red mug", 2)]
    poster = [_live(f"P{n}", f"Poster / {n}", 10 + n) for n in range(4)]

    assert _place(*mugs, *poster, _live("Z", "Pen", 20)) == [
        *["mug.yaml"] * 2,
        *["poster.yaml"] * 4,
        f"{OTHERS}.yaml",
    ]


def _generate(
    *newcomers: Newcomer, path: str = "demo/new.yaml", after: str | None = None
) -> dict[str, str]:
    files = SETTINGS | {"demo/old.yaml": OLD}
    desired = build_desired("demo", "demo", files.items(), [])
    places = {one.sku: Place(path, after) for one in newcomers}
    contents = generate_files(desired, files, newcomers, places, "s.json")
    return {name: content.decode() for name, content in contents.items()}


def test_generate_files_writes_new_file_with_names_as_comments() -> None:
    """People see which product a line is about; codes that look like numbers are quoted."""
    made = _generate(_newcomer("A", 5), _newcomer("007", "infinite", "Mug / Red", 2))

    assert made == {
        "demo/new.yaml": "# yaml-language-server: $schema=s.json\nskus:\n"
        '  A: 5             # Tee\n  "007": infinite  # Mug / Red\n'
    }


def test_generate_files_adds_to_file_and_leaves_its_lines() -> None:
    """Only the file that gets a line changes."""
    made = _generate(_newcomer("A", 7), path="demo/old.yaml", after="OLD")

    assert made == {"demo/old.yaml": OLD.decode() + "  A: 7    # Tee\n"}


@pytest.mark.parametrize("path", ["demo/new.yaml", "demo/old.yaml"])
@pytest.mark.parametrize("end", ["\n", "\r", "\x85", "\u2028", "\u202e", "\x00"])
def test_generate_files_keeps_name_of_product_in_its_comment(path: str, end: str) -> None:
    """A product called like a line of YAML declares nothing."""
    made = _generate(_newcomer("A", 5, f"Tee{end}  EVIL: 0"), path=path)
    after = build_desired(
        "demo",
        "demo",
        (SETTINGS | {"demo/old.yaml": OLD} | {k: v.encode() for k, v in made.items()}).items(),
        [],
    )

    assert {sku: entry.stock for sku, entry in after.declared.items()} == {
        "OLD": stock(1),
        "A": stock(5),
    }
    assert end not in made[path].partition("Tee")[2].removesuffix("\n")


def test_generate_files_pins_by_id_and_code() -> None:
    """A pinned SKU keeps the code that the shop shows."""
    one = Newcomer("TEE", stock(5), _live("", number=10), is_pinned=True)

    made = _generate(one)["demo/new.yaml"]

    assert f"TEE: {{quantity: 5, id: {one.live.sku_id}, sku: " in made.replace('"', "")


def test_generate_files_that_would_read_otherwise_are_refused() -> None:
    """A SKU that is declared already is not declared twice."""
    with pytest.raises(EditError):
        _generate(_newcomer("OLD", 9))
