"""Match declared SKUs with the SKUs of the shop."""

import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from msgspec import Struct

from reconciler.model import Declared, Finding, FindingKind, Listing, LiveSku

# Looking for a near code compares it with every other; beyond this it would be felt.
MAX_SUGGESTED = 20
MAX_COMPARED = 20_000


class Matches(Struct, frozen=True):
    """The live SKU of each declared SKU, findings for the rest, and unmanaged live SKUs."""

    live: Mapping[str, LiveSku]
    findings: tuple[Finding, ...]
    not_managed: tuple[LiveSku, ...]


def match_skus(declared: Mapping[str, Declared], listing: Listing) -> Matches:
    """Return the live SKU that each declared SKU names: by `id` if pinned, else by code."""
    listed = listing.skus
    pins = {pin.id for entry in declared.values() if (pin := entry.terms.pin)}
    by_id = {live.sku_id: live for live in listed} if pins else {}
    by_code = {live.code: live for live in listed}
    shared = find_shared(listed) if len(by_code) < len(listed) else {}
    found: dict[str, LiveSku] = {}
    odd: list[Declared] = []
    for sku, entry in declared.items():  # a hundred thousand times: what is plain goes first
        pin = entry.terms.pin
        live = by_id.get(pin.id) if pin else by_code.get(sku)
        if live is None or (live.code != pin.code if pin else sku in shared):
            odd.append(entry)
        else:
            found[sku] = live
    findings = _name_twice(found, declared) if pins else []
    left: tuple[LiveSku, ...] = ()
    if len(found) < len(listed):
        named = {live.sku_id for live in found.values()} | pins
        named.update(live.sku_id for entry in odd for live in shared.get(entry.code, ()))
        left = tuple(live for live in listed if live.sku_id not in named)
    findings += _explain_odd(odd, by_id, shared, left, listing.malformed)
    findings += map(_malformed, listing.malformed)
    return Matches(found, tuple(findings), left)


def _explain_odd(
    odd: Iterable[Declared],
    by_id: Mapping[str, LiveSku],
    shared: Mapping[str, list[LiveSku]],
    left: Sequence[LiveSku],
    malformed: Sequence[str],
) -> Iterator[Finding]:
    """Yield why each of the *odd* SKUs names none; *left* are the live ones that no entry names."""
    missing = []
    for entry in odd:
        pinned = by_id.get(entry.id) if entry.id is not None else None
        if pinned is not None:
            yield _renamed(entry, pinned)
        elif entry.id is None and entry.code in shared:
            yield _ambiguous(entry, shared[entry.code])
        else:
            missing.append(entry)
    yield from _missing(missing, left, malformed)


def find_shared(listed: Iterable[LiveSku]) -> dict[str, list[LiveSku]]:
    """Return the codes that several live SKUs share, with those SKUs."""
    by_code: dict[str, list[LiveSku]] = defaultdict(list)
    for live in listed:
        by_code[live.code].append(live)
    return {code: skus for code, skus in by_code.items() if len(skus) > 1}


def _name_twice(found: dict[str, LiveSku], declared: Mapping[str, Declared]) -> list[Finding]:
    """Remove from *found* the declared SKUs that name the same live SKU, and report them.

    Two SKUs without a pin can't do that, because their codes differ.
    """
    names: dict[str, list[str]] = defaultdict(list)
    for sku, live in found.items():
        names[live.sku_id].append(sku)
    findings = []
    for skus in names.values():
        for sku in skus if len(skus) > 1 else ():
            others = ", ".join(other for other in skus if other != sku)
            message = f"{others} names the same SKU of the shop. Delete one of them."
            findings.append(Finding(FindingKind.AMBIGUOUS, sku, message, declared[sku].source))
            del found[sku]
    return findings


def _ambiguous(entry: Declared, candidates: list[LiveSku]) -> Finding:
    ids = ", ".join(f"{live.sku_id} ({live.name})" for live in candidates[:5])
    message = f"{len(candidates)} SKUs of the shop have this code: {ids}. Pin one with `id:`."
    return Finding(FindingKind.AMBIGUOUS, entry.sku, message, entry.source)


def _renamed(entry: Declared, live: LiveSku) -> Finding:
    shows = f"shows the code {live.code}" if live.code else "shows no code"
    message = (
        f"The SKU {live.sku_id} {shows}, not {entry.code or 'none'}. If it is the right SKU,"
        f" write `sku: {live.code!r}`."
    )
    return Finding(FindingKind.RENAMED, entry.sku, message, entry.source)


def _malformed(product: str) -> Finding:
    message = "The shop's answer for this product has no valid SKUs. Check the product in Webflow."
    return Finding(FindingKind.UNREADABLE, product, message, None)


def gone(entry: Declared) -> Finding:
    """Return the finding for a SKU that the shop lists without its stock."""
    message = "The shop lists the SKU, but not its stock. Run again."
    return Finding(FindingKind.MISSING, entry.sku, message, entry.source)


def _missing(
    entries: list[Declared], left: Sequence[LiveSku], malformed: Sequence[str]
) -> list[Finding]:
    """Return a finding for each of *entries*. *left* are the live SKUs that no entry names.

    While a product is *malformed*, the SKU may belong to it.
    """
    codes = [live.code for live in left if live.code]
    alike = {_folded(live.code): live for live in left} if entries else {}
    findings = []
    for index, entry in enumerate(entries):
        wanted = (
            f"No SKU of the shop has the id {entry.id}"
            if entry.id
            else "No SKU of the shop has this code"
        )
        comparable = codes if index < MAX_SUGGESTED and len(codes) <= MAX_COMPARED else []
        near = get_close_matches(entry.code, comparable, 1, 0.6)
        if malformed:
            advice = f"It may belong to a product that can't be read: {malformed[0]}."
        elif not entry.id and (live := alike.get(_folded(entry.code))) is not None:
            advice = _pin(entry.code, live)
        elif near and _can_be_key(near[0]):
            advice = f"Did you mean {near[0]}?"
        elif near:
            advice = _pin(entry.code, next(live for live in left if live.code == near[0]))
        else:
            advice = "Correct it, or delete the declaration."
        findings.append(
            Finding(FindingKind.MISSING, entry.sku, f"{wanted}. {advice}", entry.source)
        )
    return findings


def suggest_code(code: str, known: Mapping[str, LiveSku]) -> str:
    """Return the code among those *known* that is most similar to *code*, or ''."""
    if len(known) > MAX_COMPARED:
        return ""
    return next(iter(get_close_matches(code, known, 1, 0.6)), "")


def _can_be_key(code: str) -> bool:
    """Return whether *code* can be typed as a YAML key exactly as it looks."""
    alphabets = {unicodedata.name(c, "").partition(" ")[0] for c in code if c.isalpha()}
    is_normal = unicodedata.is_normalized("NFC", code) and code.strip() == code
    return len(alphabets) <= 1 and is_normal and code.isprintable()


def _pin(code: str, live: LiveSku) -> str:
    """Return advice to pin a live SKU whose code only looks like *code*."""
    if live.code.strip() != live.code:
        what = "a space at the edge"
    elif unicodedata.normalize("NFC", live.code) == unicodedata.normalize("NFC", code):
        what = "composed characters"
    elif live.code.casefold() == code.casefold():
        what = "upper and lower case"
    else:
        what = "characters that look alike or are invisible"
    return (
        f"The shop has {live.code!a}, which differs in {what}. Pin that SKU, under any key: `id:"
        f" {live.sku_id}` and `sku: {json.dumps(live.code)}`."
    )


def _folded(code: str) -> str:
    """Return *code* without case, spaces, composition, and hidden characters."""
    text = unicodedata.normalize("NFKC", code).casefold()
    return "".join(c for c in text if unicodedata.category(c)[0] not in {"Z", "C"})
