"""Make text from files and the shop safe to print.

Anyone can choose a product's name. It must not move the cursor, reverse the reading direction,
start a line, or give commands to the runner that reads the log.
"""

import unicodedata

from reconciler.masking import mask

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe_text(text: str) -> str:
    """Return *text* without tokens, with escapes for invisible characters, and broken commands.

    Tokens are removed first, because escapes could change them.
    """
    text = mask(text)
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_shown, text))
    # GitHub's runner accepts `##[command]` anywhere in a line, and `::command::` at its start.
    text = text.replace("##[", "#\\#[")
    return f"\\{text}" if text.lstrip().startswith("::") else text


def _shown(character: str) -> str:
    if character == " " or unicodedata.category(character) not in _UNSAFE:
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
