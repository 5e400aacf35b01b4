"""The files × the listing → the live SKUs that levels and events name."""

from collections.abc import Collection
from dataclasses import dataclass

from reconciler.model import Base, DesiredState, Listing, LiveSku
from reconciler.plan.accounts import Accounts, open_accounts
from reconciler.plan.match import Matches


@dataclass(frozen=True, slots=True)
class Named:
    """The live SKUs that the files name: by levels, and by events."""

    matches: Matches
    accounts: Accounts

    @property
    def not_managed(self) -> tuple[LiveSku, ...]:
        """Return the live SKUs that neither names."""
        by_id = self.accounts.by_id
        return tuple(
            one
            for one in self.matches.not_managed
            if one.sku_id not in by_id or by_id[one.sku_id].is_released
        )

    def find_needed(self, unread: Collection[str]) -> list[LiveSku]:
        """Return the SKUs whose stock a plan needs, but for the declared ones *unread*."""
        by_id = self.accounts.by_id
        needed = {
            live.sku_id: live
            for name, live in self.matches.live.items()
            if name not in unread or (live.sku_id in by_id and by_id[live.sku_id].is_unsettled)
        }
        events = (one.live for one in by_id.values() if one.live and one.entry is None)
        return [*needed.values(), *(live for live in events if live.sku_id not in needed)]


def name_skus(
    desired: DesiredState, base: Base | None, listing: Listing, matches: Matches, now: str
) -> Named:
    """Return the live SKUs that levels name, as *matches* says, and events.

    *now* is the shop's own time: UTC, ISO 8601.
    """
    return Named(matches, open_accounts(desired, base, listing.skus, matches, now))
