"""One random history: steps of people, customers, and CI, and checks after each apply."""

import contextlib
import json
import random
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from histories.model import Booked, EventModel, Expected, Model
from histories.world import EVENTS, Clock, KilledError, World, killed_at_step, open_world
from reconciler.app.recording import Recording
from reconciler.apply import batches
from reconciler.model import format_time

REFS = "refs/reconciler"


class BrokenLawError(AssertionError):
    """A check failed. The message has the history."""


class Explorer:
    """Runs one history."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world = world
        self.chance = chance
        self.model = Model()
        self.events = EventModel()
        self.files = 0
        self.saved: tuple[str, dict[str, Expected], Model] | None = None
        self.counts: Counter[str] = Counter()
        self.branches = 0
        self.planned: dict[str, int] = {}

    def tell(self, steps: int) -> Counter[str]:
        """Take so many steps, then apply everything."""
        hours = (0, 0, 1, -1, 5, -5)
        self.world.clock_errors = {
            clone: timedelta(hours=self.chance.choice(hours)) for clone in ("one", "two")
        }
        self.apply()
        choices: list[tuple[int, Callable[[], None]]] = [
            (6, self.sell),
            (2, self.restock),
            (5, self.type_level),
            (3, self.pull),
            (2, self.set_level),
            (2, self.move),
            (2, self.rename),
            (2, self.remove),
            (2, self.revert),
            (2, self.merge_late),
            (1, self.spreadsheet),
            (1, self.import_skus),
            (7, self.apply),
            (2, self.apply_late),
            (3, self.kill),
            (1, self.pause),
            (4, self.deliver),
            (2, self.change_event),
            (2, self.count),
        ]
        weights = [weight for weight, _ in choices]
        for _ in range(steps):
            (step,) = self.chance.choices([step for _, step in choices], weights)
            self.counts[step.__name__] += 1
            step()
        self.apply()
        return self.counts

    def _fail(self, message: str) -> None:
        raise BrokenLawError("\n".join([*self.world.log, message]))

    def _expect(self, held: bool, message: str) -> None:
        if not held:
            self._fail(message)

    def _code(self) -> str:
        return self.chance.choice(sorted(self.world.listing()))

    def _level_code(self) -> str:
        """Return a code of the shop without events."""
        return self.chance.choice(sorted(self.world.listing().keys() - EVENTS.keys()))

    def _key(self) -> str:
        return self.chance.choice(sorted(self.world.levels()))

    def _around(self, number: int) -> int:
        """Return a number near another one, since near numbers soon cross each other."""
        return max(0, number + self.chance.randint(-6, 6))

    def sell(self) -> None:
        """A customer buys."""
        self.world.sell(self._code(), self.chance.randint(1, 7))

    def restock(self) -> None:
        """Someone types a number into Webflow."""
        code = self._level_code()
        near = self.world.levels().get(code, 40)
        self.world.restock(code, self._around(near))

    def type_level(self) -> None:
        """Someone types a number into the YAML."""
        levels = self.world.levels()
        key = self._key()
        live = self.world.live().get(self.world.listing().get(key, ""), 40)
        levels[key] = self._around(self.chance.choice([live, levels[key]]))
        self.world.write_levels(levels)
        self.world.commit(f"typed {key}={levels[key]}")
        self.world.push()

    def pull(self) -> None:
        """Someone pulls the live numbers into the files."""
        glob = self.chance.choice(["*", "*", f"{self._key()}"])
        self.world.run("one", "pull", "--sku", glob)
        self.world.commit("pulled")
        self.world.push()

    def set_level(self) -> None:
        """Someone runs `reconciler set`."""
        key = self._key()
        level = self._around(self.world.levels()[key])
        run = self.world.run("one", "set", f"{key}={level}")
        self._expect(run.code == 0 and self.world.levels()[key] == level, f"set: {run}")
        self.world.commit(f"set {key}={level}")
        self.world.push()

    def spreadsheet(self) -> None:
        """Someone imports an export that is older than the live stock."""
        key = self._key()
        (self.world.folder / "t.csv").write_text(
            f"SKU,Stock\n{key},{self.chance.randint(0, 60)}\n", "utf-8"
        )
        table = str(self.world.folder / "t.csv")
        self.world.run("one", "set", "--csv", table, "--yes")
        self.world.commit("spreadsheet")
        self.world.push()

    def import_skus(self) -> None:
        """Someone imports undeclared SKUs."""
        codes = self.world.listing().keys() - EVENTS.keys()
        self.world.run("one", "import", *(word for code in codes for word in ("--sku", code)))
        self.world.commit("imported")
        self.world.push()

    def move(self) -> None:
        """Someone splits, merges, and reorders the files."""
        levels = list(self.world.levels().items())
        self.chance.shuffle(levels)
        self.world.write_levels(dict(levels), files=self.chance.randint(1, 3))
        self.world.commit("moved")
        self.world.push()

    def rename(self) -> None:
        """A code is renamed in the shop, and corrected in the YAML, now or later."""
        levels = self.world.levels()
        code = self._level_code()
        new = self.world.rename(code)
        if code in levels:
            self.world.write_levels({new if k == code else k: v for k, v in levels.items()})
            self.world.commit(f"corrected {code} to {new}")
            self.world.push()

    def remove(self) -> None:
        """A line gets lost."""
        levels = self.world.levels()
        if len(levels) > 1:
            key = self._key()
            del levels[key]
            self.world.write_levels(levels)
            self.world.commit(f"removed {key}")
            self.world.push()

    def revert(self) -> None:
        """The last commit is reverted."""
        if int(self.world.git("one", "rev-list", "--count", "HEAD")) < 3:
            return
        merges = self.world.git("one", "rev-list", "--merges", "-1", "HEAD")
        head = self.world.git("one", "rev-parse", "HEAD")
        mainline = ["-m", "1"] if merges == head else []
        try:
            self.world.git("one", "revert", "--no-edit", *mainline, "HEAD")
        except subprocess.CalledProcessError:  # there is nothing to take back
            self.world.git("one", "revert", "--quit")
            self.world.git("one", "reset", "--quiet", "--hard")
            return
        self.world.log.append("reverted the last commit")
        if not self.world.levels():
            self.world.git("one", "reset", "--quiet", "--hard", "HEAD~1")
            return
        self.world.push()

    def merge_late(self) -> None:
        """A branch is merged after main has changed."""
        world = self.world
        self.branches += 1
        branch = f"b{self.branches}"
        world.git("one", "checkout", "--quiet", "-b", branch)
        world.log.append(f"branch {branch}")
        push, world.push = world.push, lambda: None  # type: ignore[method-assign]
        self.chance.choice([self.type_level, self.pull, self.set_level])()
        world.git("one", "checkout", "--quiet", "main")
        world.push = push  # type: ignore[method-assign]
        for _ in range(self.chance.randint(0, 3)):
            self.chance.choice([self.sell, self.type_level, self.apply, self.pull])()
        side = self.chance.choice(["ours", "theirs"])
        world.log.append(f"merge {branch}, conflicts to {side}")
        try:
            world.git("one", "merge", "--quiet", "--no-edit", "-X", side, branch)
        except subprocess.CalledProcessError:  # a file was changed here and deleted there
            world.git("one", "merge", "--abort")
            world.log.append("which is given up")
        world.push()

    def deliver(self) -> None:
        """One or two SKUs get a delivery or a write-off."""
        codes = self.chance.sample(sorted(EVENTS), self.chance.randint(1, 2))
        units = {code: f"{self.chance.choice([-2, 5, 9, 20]):+}" for code in codes}
        self._write_event(units)

    def count(self) -> None:
        """Someone counts a SKU."""
        code = self.chance.choice(sorted(EVENTS))
        self._write_event({code: str(self._around(self.world.live()[self.world.listing()[code]]))})

    def _write_event(self, units: dict[str, str]) -> None:
        self.files += 1
        self.world.write_event(f"e{self.files}.yaml", f"{Clock.now():%Y-%m-%dT%H:%M:%SZ}", units)
        self.world.commit(f"event {self.files}: {units}")
        self.world.push()

    def change_event(self) -> None:
        """A delivery is edited, moved to another file, or deleted."""
        files = {
            file: said
            for file, said in self.world.event_files().items()
            if all(units[0] in "+-" for units in said["skus"].values())
        }
        if not files:
            return
        file, said = self.chance.choice(sorted(files.items(), key=lambda one: one[0].name))
        what = self.chance.choice(["edit", "move", "delete"])
        file.unlink()
        if what == "edit":
            more = {code: f"{int(units) + 4 or 3:+}" for code, units in said["skus"].items()}
            self.world.write_event(file.name, said["at"], more)
        elif what == "move":
            self.files += 1
            self.world.write_event(f"m{self.files}.yaml", said["at"], said["skus"])
        self.world.commit(f"{what} {file.name}")
        self.world.push()

    def _clone(self) -> str:
        clone = self.chance.choice(["one", "two"])
        if clone == "two":
            self.world.git("two", "pull", "--quiet", "--ff-only")
        return clone

    def _plan(self, clone: str) -> dict[str, Expected] | None:
        """Create and save a plan, and compare it with the model."""
        expected = self.model.expect(self.world, clone)
        self.planned = self.world.live()
        how = self.chance.choice([(), ("--read-all",)])
        run = self.world.run(clone, "plan", *how, "--out", str(self.world.folder / "p.json"))
        booked = self.events.expect(self.world, clone)
        is_error = bool(_errors(expected, booked))
        self._expect(run.code == (65 if is_error else 0), f"plan ends {run}; {expected}")
        plan = json.loads((self.world.folder / "p.json").read_text("utf-8"))
        corrections = {a["sku"]: a["correction"] for a in plan["actions"] if a["events"]}
        sums = {code: one.correction for code, one in booked.items() if one.correction is not None}
        self._expect(corrections == sums, f"the plan books {corrections}, and the sums {sums}")
        levels = [a for a in plan["actions"] if not a["events"]]
        found = {a["sku"]: (a["after"]["quantity"], a["put_back"]) for a in levels}
        meant = {k: (e.aim, e.put_back) for k, e in expected.items() if e.aim is not None}
        meant = {k: v for k, v in meant.items() if expected[k].live != v[0]}
        self._expect(found == meant, f"the plan has {found}, and the model {meant}: {expected}")
        named = {one["sku"] for one in plan["findings"]}
        silent = {
            key
            for key, one in expected.items()
            if key not in found and key not in named and (one.is_error or one.live != one.level)
        }
        self._expect(not (how and silent), f"left alone and not named: {silent}")
        return expected

    def apply(self) -> None:
        """CI plans and applies, perhaps with a sale in between."""
        clone = self._clone()
        expected = self._plan(clone)
        booked = self.events.expect(self.world, clone)
        if expected is None:
            return
        if self.chance.random() < 0.4:
            self.sell()
        self._carry_out(clone, expected, booked, self.world.folder / "p.json")
        if self.chance.random() < 0.3:
            self._plan(clone)

    def _carry_out(
        self, clone: str, expected: dict[str, Expected], booked: dict[str, Booked], file: Path
    ) -> None:
        before, planned = self.world.live(), self.planned
        written = {k: e for k, e in expected.items() if e.aim is not None and e.live != e.aim}
        moved = {k for k, e in written.items() if before[e.sku_id] not in {e.live, e.aim}}
        errors = _errors(expected, booked)
        arriving = {b.sku_id: b.correction for b in booked.values() if b.correction is not None}
        hindered = {i for i, units in arriving.items() if before[i] + units < 0}
        hindered |= {i for i, units in arriving.items() if before[i] == planned[i] + units}
        if hindered:
            return  # sales since the plan left too few to take away, or just what it aims for
        run = self.world.run(clone, "apply", str(file), "--take-over")
        code = 5 if errors else 3 if moved else 0
        self._expect(run.code == code, f"apply ends {run}, and not {code}")
        after = before | {e.sku_id: e.level for k, e in written.items() if k not in moved}
        after |= {sku_id: before[sku_id] + units for sku_id, units in arriving.items()}
        now = self.world.live()
        self._expect(now == after, f"the shop has {now}, and not {after}")
        self.model.learn(
            self.world, clone, expected, moved | errors, f"{Clock.now():%Y-%m-%dT%H:%M:%SZ}"
        )
        self.events.learn(booked)
        if code == 0:
            again = self.model.expect(self.world, clone)
            pending = {k for k, e in again.items() if e.aim is not None and e.live != e.aim}
            self._expect(not pending, f"pending right after a complete apply: {pending}")
            self._plan(clone)

    def apply_late(self) -> None:
        """A saved plan is applied after other changes: it is stale or still right."""
        clone = self._clone()
        expected = self._plan(clone)
        booked = self.events.expect(self.world, clone)
        late = self.world.folder / "late.json"
        (self.world.folder / "p.json").rename(late)
        then, planned = self._meaning(clone), self.planned
        for _ in range(self.chance.randint(1, 2)):
            self.chance.choice([self.sell, self.type_level, self.apply, self.move])()
        plan = json.loads(late.read_text("utf-8"))
        is_right = then == self._meaning(clone) and plan["base"] == self._record()
        if expected is not None and is_right:
            self.planned = planned
            self._carry_out(clone, expected, booked, late)
            return
        before = self.world.live()
        run = self.world.run(clone, "apply", str(late), "--take-over")
        self._expect(
            run.code == 3 and self.world.live() == before, f"a stale plan was applied: {run}"
        )

    def _meaning(self, clone: str) -> object:
        """Return what a clone declares, regardless of files."""
        events = sorted(str(one) for one in self.world.event_files(clone).items())
        return self.world.levels(clone), sorted(self.world.observations(clone)), events

    def _record(self) -> str | None:
        """Return the last record on the remote."""
        refs = self.world.git("origin.git", "for-each-ref", "--format=%(objectname)", REFS)
        return refs or None

    def kill(self) -> None:
        """CI is killed at any step of an apply, and runs again here or elsewhere."""
        begun = self._begin()
        if begun is None:
            return
        clone, expected, booked = begun
        before = self.world.live()
        step, size = self.chance.randint(1, 24), self.chance.choice([1, 2, 2000])
        self.world.log.append(f"killed at step {step}, batches of {size}")
        plan = str(self.world.folder / "p.json")
        with killed_at_step(step) as death, pytest.MonkeyPatch.context() as patched:
            patched.setattr(batches, "MAX_SIZE", size)
            with contextlib.suppress(KilledError):
                self.world.run(clone, "apply", plan, "--parallelism", "1")
        self.counts["deaths"] += death.has_come
        other = self._other(clone)
        has_corrections = any(one.correction is not None for one in booked.values())
        if other == clone and not has_corrections and self.chance.random() < 0.5:
            run = self.world.run(other, "apply", plan)
            # One that had all but ended is stale, and has done it all.
            self._expect(run.code in ({0} if death.has_come else {3}) | {3}, f"rerun: {run}")
        if other == "two":
            self.world.git("two", "pull", "--quiet", "--ff-only")
        run = self.world.run(other, "apply", "--yes", "--take-over")
        self._expect(run.code == 0, f"the rerun ends {run}")
        self._come_out(other, expected, booked, before)

    def pause(self) -> None:
        """A run is paused after an announcement, and taken over. It writes nothing more."""
        begun = self._begin()
        if begun is None:
            return
        clone, expected, booked = begun
        before = self.world.live()
        other = "two" if clone == "one" else "one"
        if other == "two":
            self.world.git("two", "pull", "--quiet", "--ff-only")
        batch, announced = self.chance.randint(1, 2), 0
        taken: dict[str, int] = {}
        real = Recording.announce

        def announce(recording: Recording, *arguments: Any) -> None:
            nonlocal announced
            real(recording, *arguments)
            announced += 1
            if announced == batch:
                patched.setattr(Recording, "announce", real)
                self.world.log.append("paused, and taken over")
                run = self.world.run(other, "apply", "--yes", "--take-over")
                self._expect(run.code == 0, f"who takes over ends {run}")
                taken.update(self.world.live())

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(batches, "MAX_SIZE", 1)
            patched.setattr(Recording, "announce", announce)
            run = self.world.run(clone, "apply", str(self.world.folder / "p.json"))
        if taken:
            self._expect(run.code == 5, f"who wakes up ends {run}")
            self._expect(self.world.live() == taken, f"it wrote: {self.world.live()}, {taken}")
        self._come_out(other if taken else clone, expected, booked, before)

    def _begin(self) -> tuple[str, dict[str, Expected], dict[str, Booked]] | None:
        """Create a plan. Return None if it has no actions, or an error."""
        clone = self._clone()
        expected = self._plan(clone)
        booked = self.events.expect(self.world, clone)
        if expected is None or _errors(expected, booked):
            return None
        levels = any(e.aim is not None and e.live != e.aim for e in expected.values())
        is_needed = levels or any(one.correction is not None for one in booked.values())
        return (clone, expected, booked) if is_needed else None

    def _other(self, clone: str) -> str:
        """Return the clone in which CI runs again."""
        return clone if self.chance.random() < 0.5 else ("two" if clone == "one" else "one")

    def _come_out(
        self,
        clone: str,
        expected: dict[str, Expected],
        booked: dict[str, Booked],
        before: dict[str, int],
    ) -> None:
        """Check that everything was done once, and update the model."""
        written = {e.sku_id: e.level for e in expected.values() if e.aim is not None}
        arriving = {b.sku_id: before[b.sku_id] + (b.correction or 0) for b in booked.values()}
        wanted, now = before | written | arriving, self.world.live()
        self._expect(now == wanted, f"after the rerun the shop has {now}, and not {wanted}")
        self.model.learn(self.world, clone, expected, set(), _now())
        self.events.learn(booked)


def _errors(expected: dict[str, Expected], booked: dict[str, Booked]) -> set[str]:
    """Return the keys for which a plan must have an error."""
    levels = {key for key, one in expected.items() if one.is_error}
    return levels | {code for code, one in booked.items() if one.is_error}


def _now() -> str:
    return format_time(Clock.now())


def explore(seed: int, steps: int) -> Counter[str]:
    """Run the history of a *seed*; raise BrokenLawError if a check fails."""
    with tempfile.TemporaryDirectory() as folder, open_world(Path(folder)) as world:
        return Explorer(world, random.Random(seed)).tell(steps)  # noqa: S311  no secret


def tell_history(seed: int, steps: int) -> tuple[int, Counter[str], str]:
    """Return the seed, how often each step was taken, and the failure, if any."""
    try:
        return seed, explore(seed, steps), ""
    except Exception as error:  # noqa: BLE001  whatever it is, it is a finding
        return seed, Counter(), f"{type(error).__name__}: {error}"
