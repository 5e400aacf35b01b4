"""Any text from files or the store → text that is safe to print.

A product's name is written by strangers. It must not move the cursor, reverse the reading
direction, start a line of its own, or give commands to the runner that reads the log.
"""

import unicodedata

from reconciler.masking import mask

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe_text(text: str) -> str:
    """Return *text* without tokens, with escapes for what cannot be seen, and commands broken.

    Tokens go first: other formats spell the rest in ways of their own.
    """
    text = mask(text)
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_shown, text))
    # GitHub's runner takes `##[command]` anywhere in a line and `::command::` at its start.
    text = text.replace("##[", "#\\#[")
    return f"\\{text}" if text.lstrip().startswith("::") else text


def _shown(character: str) -> str:
    if character == " " or unicodedata.category(character) not in _UNSAFE:
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
