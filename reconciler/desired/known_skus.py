"""The SKUs that a store's files name, and what a code that is none of them may mean."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from msgspec import Struct

from reconciler.model import DesiredState

# Looking for a near code compares it with every other; beyond this it would be felt.
MAX_COMPARED: Final = 20_000


class KnownSkus(Struct, frozen=True):
    """The keys that levels and events have, and the keys of pinned SKUs by the shop's code."""

    keys: Collection[str]
    by_code: Mapping[str, Sequence[str]]

    def suggest(self, word: str) -> str:
        """Return a question for the SKU that *word* may mean, or ''."""
        near = list(self.by_code.get(word, ()))
        near = near or [key for key in self.keys if key.casefold() == word.casefold()]
        if not near and len(self.keys) <= MAX_COMPARED:
            near = get_close_matches(word, self.keys, 1, 0.6)
        return f"Did you mean {' or '.join(near[:5])}?" if near else ""


def find_known_skus(desired: DesiredState) -> KnownSkus:
    """Return the SKUs that the files of *desired* name."""
    by_code: dict[str, list[str]] = defaultdict(list)
    for key, one in desired.declared.items():
        if one.terms.pin and one.code:
            by_code[one.code].append(key)
    return KnownSkus(desired.declared.keys() | {one.sku for one in desired.events}, by_code)
