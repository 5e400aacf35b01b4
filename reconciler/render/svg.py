"""Draw a terminal as SVG."""

import io
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from reconciler.render.terminal import Line

# The template that rich fills in. Its own template loads a font from the network.
_FRAME = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font: {char_height}px/{line_height}px "Fira Code", Menlo, monospace; }}
.{unique_id}-title {{ font: bold 18px sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def draw(lines: Sequence[Line], title: str) -> str:
    """Return a picture of *lines*, as wide as the longest one, with a *title* above."""
    texts = [Text.assemble(*((span.text, span.style) for span in line)) for line in lines]
    width = max((text.cell_len for text in texts), default=1)
    console = Console(
        record=True,
        file=io.StringIO(),
        width=width,
        color_system="truecolor",
        force_terminal=True,
        legacy_windows=False,
        _environ={},  # the same picture on every machine
    )
    for text in texts:
        console.print(text, no_wrap=True, crop=False)
    svg = console.export_svg(title=title, code_format=_FRAME, unique_id="plan")
    return "".join(f"{line.rstrip()}\n" for line in svg.splitlines() if line.strip())
