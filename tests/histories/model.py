"""The model: what each level and event means, without any code of the product."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from histories.world import World
from reconciler.model import format_time


@dataclass(frozen=True)
class Known:
    """The last settled level of a SKU, its stock then, and when (a count of applies)."""

    level: int
    had: int
    at: str


@dataclass(frozen=True)
class Expected:
    """What a plan must do for one key. `aim` is None to leave the SKU alone."""

    sku_id: str
    level: int
    live: int
    aim: int | None
    put_back: int
    known: Known | None
    """What is settled once this is dealt with without a write."""
    is_error: bool = False


@dataclass
class Model:
    """What is known about each SKU of the shop, by its id."""

    settled: dict[str, Known] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    """The SKU id that each key meant when it was last settled."""
    consumed: set[str] = field(default_factory=set)
    has_record: bool = False

    def expect(self, world: World, clone: str) -> dict[str, Expected]:
        """Return what a plan of a clone must do now, key by key."""
        listing, live = world.listing(), world.live()
        seen = sorted(
            (one for text, one in world.observations(clone).items() if text not in self.consumed),
            reverse=True,
        )
        return {
            key: self._expect(key, level, listing.get(key), live, seen)
            for key, level in world.levels(clone).items()
        }

    def _expect(
        self,
        key: str,
        level: int,
        sku_id: str | None,
        live: dict[str, int],
        seen: list[tuple[str, dict[str, int]]],
    ) -> Expected:
        if sku_id is None or self.keys.get(key, sku_id) != sku_id:
            return Expected(sku_id or "", level, 0, None, 0, None, is_error=True)
        now = live[sku_id]
        before = self.settled.get(sku_id)
        observed = [(at, skus[sku_id]) for at, skus in seen if sku_id in skus]
        if before is not None and before.level == level:
            return Expected(sku_id, level, now, None, 0, before)
        for at, quantity in observed:
            if quantity == level:
                return Expected(sku_id, level, now, None, 0, Known(level, quantity, at))
        if observed and (before is None or observed[0][0] >= before.at):
            start, had = observed[0][1], observed[0][1]
        elif before is not None:
            start, had = before.level, before.had
        else:
            return Expected(sku_id, level, now, level, 0, None)
        is_overtaken = now > level if level > start else now < level
        if now == level or is_overtaken:
            return Expected(sku_id, level, now, None, 0, Known(level, now, ""))
        return Expected(sku_id, level, now, level, _undone(start, had, now, level), None)

    def learn(
        self, world: World, clone: str, expected: dict[str, Expected], left: set[str], at: str
    ) -> None:
        """Take over what a recorded apply has settled; the keys in *left* were not dealt with."""
        observations = world.observations(clone)
        new = {text: one for text, one in observations.items() if text not in self.consumed}
        handled = set()
        for key, one in expected.items():
            if one.is_error or key in left:
                continue
            known = one.known or Known(one.level, one.level, at)
            self.settled[one.sku_id] = known if known.at else Known(known.level, known.had, at)
            self.keys[key] = one.sku_id
            handled.add(one.sku_id)
        for seen_at, skus in sorted(new.values()):
            for sku_id, quantity in skus.items():
                before = self.settled.get(sku_id)
                if sku_id not in handled and (before is None or before.at <= seen_at):
                    self.settled[sku_id] = Known(quantity, quantity, seen_at)
        self.consumed |= observations.keys()
        self.has_record = True


def _undone(start: int, had: int, now: int, level: int) -> int:
    """Return what a write of *level* undoes that its author could not know."""
    if level > now:
        return max(0, min(max(start, had) - now, level - now))
    return -max(0, min(now - min(start, had), now - level))


@dataclass(frozen=True)
class Booked:
    """What a plan must do for a SKU with events only. `correction` is None for nothing."""

    sku_id: str
    correction: int | None
    is_error: bool
    counted_at: str
    put_in: int


@dataclass
class EventModel:
    """The last count and the sum since, by code."""

    counted_at: dict[str, str] = field(default_factory=dict)
    put_in: dict[str, int] = field(default_factory=dict)

    def expect(self, world: World, clone: str) -> dict[str, Booked]:
        """Return what a plan of a clone must do now, code by code."""
        listing, live = world.listing(), world.live()
        said = [
            (code, _utc(file["at"]), units)
            for file in world.event_files(clone).values()
            for code, units in file["skus"].items()
        ]
        return {
            code: self._expect(code, said, listing[code], live[listing[code]], world)
            for code in sorted({code for code, _, _ in said} | self.put_in.keys())
        }

    def _expect(
        self, code: str, said: list[tuple[str, str, str]], sku_id: str, live: int, world: World
    ) -> Booked:
        since = self.counted_at.get(code, "")
        own = [(at, units) for one, at, units in said if one == code]
        counts = [(at, int(units)) for at, units in own if units[0] not in "+-" and at > since]
        at, counted = max(counts, default=(since, None))
        came_in = sum(int(units) for when, units in own if units[0] in "+-" and when > at)
        if counted is None:
            correction = came_in - self.put_in.get(code, 0)
        else:
            sold = sum(units for one, when, units in world.sales if one == code and when > at)
            correction = max(0, counted - sold + came_in) - live
        is_short = counted is None and live + correction < 0
        todo = correction if correction and not is_short else None
        return Booked(sku_id, todo, is_short, at, came_in)

    def learn(self, booked: dict[str, Booked]) -> None:
        """Take over what a recorded apply has settled."""
        for code, one in booked.items():
            if not one.is_error:
                self.counted_at[code], self.put_in[code] = one.counted_at, one.put_in


def _utc(text: str) -> str:
    return format_time(datetime.fromisoformat(text).astimezone(UTC))
