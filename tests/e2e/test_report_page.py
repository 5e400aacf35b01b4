"""`plan --format html`, `show --format html`, and `report`: pages from real shops."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from factories import FIFTY, ON_CHANGE, Workspace
from unit.app.collecting import CollectingReporter

from reconciler.app.context import StoreContext
from reconciler.app.reporting import read_overview
from reconciler.sandbox.edits import change_code, restock


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    """Return a shop with an apply of a typed level, and sales before it."""
    workspace.begin()
    workspace.sell(TEE=7)
    workspace.declare({**FIFTY, "TEE": 70})
    workspace.commit()
    assert workspace.run("plan", "--out", "p.json").code == 0
    return workspace


def test_plan_as_html_is_one_harmless_file(shop: Workspace) -> None:
    """The same from `plan` and from `show`, with what would be put back first."""
    shown = shop.run("show", "p.json", "--format", "html")

    assert shown.code == 0
    assert shown.out.startswith("<!DOCTYPE html>")
    assert "default-src 'none'" in shown.out
    assert "7 sold units would go back on the shelf" in shown.out
    assert "http://" not in shown.out and "https://" not in shown.out
    assert shown.out.index("go back on the shelf") < shown.out.index("<table")
    assert "max_changes" in shown.out


def test_report_of_an_apply_as_html_names_each_sku(shop: Workspace) -> None:
    """With what was found."""
    assert shop.run("apply", "p.json", "--report", "r.json").code == 0
    page = shop.run("show", "r.json", "--format", "html")

    assert (page.code, "Apply complete." in page.out, ">TEE<" in page.out) == (0, True, True)


def _points(page: str, sku: str) -> str:
    """Return what the page says of the chart of a SKU."""
    return page.partition(f'aria-label="{sku}: ')[2].partition('"')[0]


def test_report_shows_stock_over_time_from_git(shop: Workspace) -> None:
    """Declared, found, and written; without the shop."""
    assert shop.run("apply", "p.json").code == 0
    run = shop.run("report", "--out", "page.html")
    page = Path("page.html").read_text("utf-8")

    assert (run.code, "page.html" in run.err) == (0, True), run
    assert "declared 70; last known stock 70, between 43 and 70" in _points(page, "TEE")
    assert "The shop was not read" in page
    assert page.count("<h2") == 1


def test_report_of_a_renamed_sku_keeps_its_stock_over_time(shop: Workspace) -> None:
    """Corrected in YAML after a rename in the shop, it is one line under its new key."""
    assert shop.run("apply", "p.json").code == 0
    with shop.shop() as live:
        change_code(live, "TEE", "SHIRT")
    levels = {key: units for key, units in FIFTY.items() if key != "TEE"}
    shop.declare({**levels, "SHIRT": 80})
    shop.commit()
    assert shop.run("apply", "--yes").code == 0
    context = StoreContext("demo", Path("inventory"))
    overview = read_overview(context, CollectingReporter(), datetime.now(UTC))
    lines = {
        one.sku: [p.units for p in one.points if p.kind == "declared"] for one in overview.timelines
    }

    assert lines["SHIRT"] == [50, 70, 80]
    assert "TEE" not in lines


def test_live_report_adds_the_shop_and_its_drift(shop: Workspace) -> None:
    """Stock now, sales by order, and what nothing explains."""
    assert shop.run("apply", "p.json").code == 0
    shop.sell(seconds_later=5, TEE=30)
    with shop.shop() as live:
        restock(live, "MUG", 1)
    run = shop.run("report", "--live", "--out", "-")

    assert run.code == 0, run
    assert "last known stock 40" in _points(run.out, "TEE")
    assert "30 sold in 1 order" in run.out
    assert "Unexplained:" in run.out
    assert "CANARY" not in run.out


def test_report_of_several_stores_is_one_file_or_one_each(workspace: Workspace) -> None:
    """A folder gets a file for each."""
    workspace.begin()
    other = {"site_id": "580e63e98c9a982ac9b8b742", "backend": "sandbox", "rule": "on_change"}
    lines = "".join(f"{name}: {value}\n" for name, value in other.items())
    workspace.write("inventory/other/store.yaml", lines)
    workspace.write("inventory/other/a.yaml", "skus: {CAP: 5}\n")
    workspace.commit()
    Path("pages").mkdir()
    one = workspace.run("report", "--all-stores", "--out", "all.html")
    each = workspace.run("report", "--all-stores", "--out", "pages")

    assert (one.code, each.code) == (0, 0), each
    assert Path("all.html").read_text("utf-8").count("<h2") == 2
    assert sorted(path.name for path in Path("pages").iterdir()) == ["demo.html", "other.html"]


def test_report_without_git_is_a_usage_error(workspace: Workspace) -> None:
    """It reads the history."""
    workspace.store(FIFTY, FIFTY, settings=ON_CHANGE)
    assert workspace.run("report", "--out", "x.html").code == 64
    assert not Path("x.html").exists()


def test_saved_plan_lists_how_close_limits_are(shop: Workspace) -> None:
    """Also those that it does not exceed."""
    plan = json.loads(Path("p.json").read_text("utf-8"))
    uses = {one["limit"]: (one["found"], one["allowed"]) for one in plan["limits"]}
    assert uses["max_units_raised"][0] == 27
    assert all(found <= allowed for found, allowed in uses.values())
