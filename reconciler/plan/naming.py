"""Find the live SKUs that levels and events name."""

from collections.abc import Collection

from msgspec import Struct

from reconciler.model import Base, DesiredState, Listing, LiveSku, Pending
from reconciler.plan.accounts import Accounts, open_accounts
from reconciler.plan.match import Matches


class Named(Struct, frozen=True):
    """The live SKUs that the files name, and the writes in doubt.

    Levels of `resting` keys write nothing, whatever the shop has. So their stock is not read unless
    something else needs it.
    """

    matches: Matches
    accounts: Accounts
    pending: tuple[Pending, ...] = ()
    resting: frozenset[str] = frozenset()

    @property
    def in_doubt(self) -> frozenset[str]:
        """Return the ids of SKUs with a write in doubt and no later count."""
        return frozenset(one.sku_id for one in self.pending) - self.counted_since

    @property
    def counted_since(self) -> frozenset[str]:
        """Return the ids of SKUs that were counted after their write in doubt."""
        accounts = (self.accounts.by_id.get(one.sku_id) for one in self.pending)
        return frozenset(
            one.sku_id for one in accounts if one and one.balance.count and not one.is_in_doubt
        )

    @property
    def not_managed(self) -> tuple[LiveSku, ...]:
        """Return the live SKUs that neither levels nor events name."""
        by_id = self.accounts.by_id
        return tuple(
            one
            for one in self.matches.not_managed
            if one.sku_id not in by_id or by_id[one.sku_id].is_released
        )

    def find_needed(self, unread: Collection[str]) -> list[LiveSku]:
        """Return the SKUs whose stock a plan needs, except the *unread* declared ones."""
        by_id = self.accounts.by_id
        left_out = self.resting.union(unread)
        needed = {
            live.sku_id: live
            for name, live in self.matches.live.items()
            if name not in left_out or (live.sku_id in by_id and by_id[live.sku_id].is_unsettled)
        }
        events = (one.live for one in by_id.values() if one.live and one.entry is None)
        pending = {one.sku_id for one in self.pending}
        listed = (*self.matches.live.values(), *self.matches.not_managed)
        others = (*events, *(live for live in listed if live.sku_id in pending))
        return list({**{live.sku_id: live for live in others}, **needed}.values())


def name_skus(
    desired: DesiredState, base: Base | None, listing: Listing, matches: Matches, now: str
) -> Named:
    """Return the live SKUs that levels and events name.

    *matches* has those of the levels. *now* is the shop's own time: UTC, ISO 8601.
    """
    accounts = open_accounts(desired, base, listing.skus, matches, now)
    return Named(matches, accounts, base.pending if base else ())
