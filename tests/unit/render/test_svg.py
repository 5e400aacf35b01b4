"""Draw lines as a picture that loads nothing and runs nothing."""

import re
import xml.etree.ElementTree as ET

import pytest

from reconciler.render.svg import draw
from reconciler.render.terminal import Line, Span


def _line(text: str, style: str = "") -> Line:
    return (Span(text, style),)


def _texts(svg: str) -> str:
    root = ET.fromstring(svg)  # noqa: S314  our own text
    return "".join("".join(node.itertext()) for node in root.iter() if node.tag.endswith("}text"))


def test_draw_shows_each_line_and_the_title() -> None:
    """Everything that was rendered is in the picture."""
    text = _texts(draw([_line("SKU-1: 3 -> 5"), _line("SKU-2: 9 -> 0")], "the plan"))

    for part in ("SKU-1: 3 -> 5", "SKU-2: 9 -> 0", "the plan"):
        assert part in text.replace("\xa0", " ")


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "</text><image href='x'/>", "a&b\"'"]
)
def test_draw_escapes_names(text: str) -> None:
    """A product's name is text, in a line and in the title."""
    svg = draw([_line(text)], text)
    tags = {node.tag.rpartition("}")[2] for node in ET.fromstring(svg).iter()}  # noqa: S314

    assert not tags & {"script", "image", "a", "foreignObject"}
    assert _texts(svg).replace("\xa0", " ").count(text) == 2


def test_draw_loads_nothing() -> None:
    """The picture refers to no other server."""
    svg = draw([_line("x", "bold red")], "t").replace('xmlns="http://www.w3.org/2000/svg"', "")

    assert re.search(r"https?:|@import|@font-face|href=", svg) is None


def test_draw_is_independent_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the terminal nor its colors matter."""
    lines = [_line("SKU-1", "bold red"), _line("x" * 150)]
    before = draw(lines, "t")
    for name, value in {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "20"}.items():
        monkeypatch.setenv(name, value)

    assert draw(lines, "t") == before
    assert "x" * 150 in _texts(before)


def test_draw_of_nothing_is_a_picture() -> None:
    """An empty plan has a picture, too."""
    assert "t" in _texts(draw([], "t"))
