"""Find the SKUs that a store's files name, and suggest one for an unknown code."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from msgspec import Struct

from reconciler.model import DesiredState

# A search for a similar code compares all codes. Beyond this number it is slow.
MAX_COMPARED: Final = 20_000


class KnownSkus(Struct, frozen=True):
    """The keys of levels and events, and the keys of pinned SKUs by their code in the shop."""

    keys: Collection[str]
    by_code: Mapping[str, Sequence[str]]

    def suggest(self, word: str) -> str:
        """Return a question with the SKU most similar to *word*, or ''."""
        near = list(self.by_code.get(word, ()))
        near = near or [key for key in self.keys if key.casefold() == word.casefold()]
        if not near and len(self.keys) <= MAX_COMPARED:
            near = get_close_matches(word, self.keys, 1, 0.6)
        return f"Did you mean {' or '.join(near[:5])}?" if near else ""


def find_known_skus(desired: DesiredState) -> KnownSkus:
    """Return the SKUs in the files of *desired*."""
    by_code: dict[str, list[str]] = defaultdict(list)
    for key, one in desired.declared.items():
        if one.terms.pin and one.code:
            by_code[one.code].append(key)
    return KnownSkus(desired.declared.keys() | {one.sku for one in desired.events}, by_code)
