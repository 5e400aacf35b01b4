"""Rows C10, S4, S7, and S11: text for GitHub, and how it is shown there."""

import json
import re

from factories import SITE, action, declared, desired, live, plan_of
from hub import PULL_REQUEST, Hub, serve
from hub import environment as of_hub
from msgspec.structs import replace

from faults.network import few
from faults.scene import Scene, environment
from faults.table import Bench, row
from reconciler.errors import Problem
from reconciler.model import Source
from reconciler.render.github_annotations import render_plan as render_annotations
from reconciler.render.github_annotations import render_problems
from reconciler.render.markdown import COMMENT_LIMIT, SUMMARY_LIMIT, inert, render_plan


@row("C10", "more than GitHub takes", naive=False)
def too_much(bench: Bench) -> None:
    """A comment, a summary, and annotations are cut, and say what was cut."""
    count = bench.chance.randint(20_000, 20_500)
    skus = {f"SKU-{n:05}": 3 for n in range(count)}
    plan = plan_of(desired(*(declared(sku, 5) for sku in skus)), live(skus))
    for limit in (COMMENT_LIMIT, SUMMARY_LIMIT):
        text = render_plan(plan, limit)
        assert len(text.encode()) <= limit
        assert limit == SUMMARY_LIMIT or "cut:**" in text
    marks = list(render_annotations(plan))
    assert (len(marks), f"{count - 9} more lines" in marks[-1]) == (10, True)


@row("S4", "a product's name that is Markdown or HTML", naive=False)
def markdown(bench: Bench) -> None:
    """There is no mention, link, tag, or table cell."""
    names = (
        "@org/team",
        "<img src=x>",
        "````",
        "a|b",
        "-->",
        "[x](javascript:alert)",
        "https://x.example",
        "#1",
        "\u202e",
    )
    name = bench.chance.choice(names)
    assert re.fullmatch(r"<code>(?:[\w ,+'-]|&#[0-9]+;)*</code>", inert(name))
    plan = plan_of(desired(declared(name, 5)), live({name: 3}))
    lines = [line for line in render_plan(plan).splitlines() if line.startswith("| <code>")]
    assert [line.count("|") for line in lines] == [7]


@row("S7", "a comment with our marker that somebody else wrote", naive=False)
def forged_marker(bench: Bench) -> None:
    """It is neither edited nor trusted. Ours is another comment."""
    before, after, _ = few(bench)
    viewer = bench.chance.choice(["github-actions[bot]", None])
    hub = Hub(viewer=viewer)
    for number in range(bench.chance.choice([0, 99, 250])):
        hub.say("alice", f"{number}")
    forger = bench.chance.choice(["mallory", "github-actions", "xgithub-actions[bot]"])
    forged = f"<!-- inventory-reconciler: {SITE} -->\nNo changes."
    hub.say(forger, forged)
    event = bench.folder / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": PULL_REQUEST}}), "utf-8")
    there = len(hub.comments)
    with Scene(bench, before, after).open() as scene, serve(hub) as address:
        scene.plan()
        with environment(of_hub(address, str(event))):
            for _ in range(2):
                run = scene.run("comment", "p.json")
                assert run.code == 0, run
    assert hub.comments[there - 1]["body"] == forged
    assert [f"{len(after)} to change" in one["body"] for one in hub.comments[there:]] == [True]


@row("S11", "a file's name that is a command", naive=False)
def annotations(bench: Bench) -> None:
    """Properties and messages are escaped."""
    name = bench.chance.choice(["a\n::error::x.yaml", "a%0A.yaml", "a,line=1.yaml", "a::b.yaml"])
    (line,) = render_problems([Problem(name, 1, 2, "is\nwrong")])
    place = line.removeprefix("::error ").split(",title=")[0]
    assert "\n" not in line
    assert re.fullmatch(r"file=[^:,\n]*,line=1,col=2", place), place
    actions = tuple(
        replace(one, source=Source(name, 3)) for one in (action("A", 3, 0), action("B", 3, 5))
    )
    shown = list(render_annotations(replace(plan_of(desired(), live({})), actions=actions)))
    assert len(shown) == 2
    assert all("\n" not in mark and mark.count("::") == 2 for mark in shown)
