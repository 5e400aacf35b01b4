"""Make text from others safe to print."""

import pytest

from reconciler.render.sanitize import safe_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("T-Shirt / Black M", "T-Shirt / Black M"),
        ("Größe 日本", "Größe 日本"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\r\nb", "a\\x0d\\x0ab"),
        ("\u202eevil", "\\u202eevil"),
        ("\x9b31m", "\\x9b31m"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("::set-output name=x::1", "\\::set-output name=x::1"),
        ("  ::stop-commands::x", "\\  ::stop-commands::x"),
        ("x ##[set-output]y", "x #\\#[set-output]y"),
    ],
)
def test_safe_text_escapes_invisible_characters(text: str, shown: str) -> None:
    """Controls, bidirectional marks, and runner commands become visible and harmless."""
    assert safe_text(text) == shown
