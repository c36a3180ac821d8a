"""The host of a chaos run: networks, customers, faults, the clock and the kills; it alone is never killed."""

import random
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from commands.chaos.child import Child, LoopDiedError, Told
from commands.chaos.crashes import Killing
from commands.chaos.figures import Record, record_of
from commands.chaos.ledger import Ledger, Name
from commands.chaos.loop import LATE
from commands.chaos.stops import Stops
from commands.chaos.subject import Place, Subject
from commands.on_sandbox import START
from sandbox.clock import SharedClock
from sandbox.faults import FaultPlan
from sandbox.population import Population
from sandbox.records import NETWORKS
from sandbox.server import SandboxServer
from sandbox.state import State

_RATE = 8.0  # new conversations a minute of the virtual clock
_PACE = timedelta(minutes=10)  # customers leave their posts up long enough for every source's interval
_SOONEST = timedelta(seconds=60)  # the virtual clock moves at least this far, so that work comes in batches
_LONGEST_STEP = timedelta(minutes=15)  # of a clock under which nothing happens
_STUCK = timedelta(hours=12)  # of virtual time in which nothing was done
_LONGEST_END = timedelta(days=3)  # of virtual time, from when nothing new comes to when all is quiet
_LONGEST_DOWN = timedelta(minutes=4)  # of virtual time, from a kill to the start after it


@dataclass(frozen=True)
class Trial:
    """What a run is to be; `faults` None is every kind."""

    seed: int
    mentions: int
    crashes: int
    faults: Collection[str] | None = None


@dataclass(frozen=True)
class Outcome:
    """What a run came to; `stuck` says what never came to an end, in words."""

    record: Record
    ledger: Ledger
    crashes: int
    faults: Mapping[str, int]
    stuck: Sequence[str]


def try_out(trial: Trial, folder: Path, subject_at: Callable[[Place], Subject]) -> Outcome:
    """Run one program through everything, and say what came of it. What it writes is in `folder`."""
    with (
        closing(SharedClock(folder / "clock", START)) as clock,
        closing(State(folder / "networks.db", clock, trial.seed)) as state,
    ):
        plan = FaultPlan(state, trial.seed, trial.faults, patience=LATE)
        server = SandboxServer(state, faults=plan)
        try:
            place = Place(server.start(), folder / "clock", folder, plan.greatest_lag, clock.now())
            with closing(subject_at(place)) as subject:
                return _World(trial, place, state, clock, plan, subject).run()
        finally:
            server.stop()


class _World:
    """One run."""

    def __init__(
        self, trial: Trial, place: Place, state: State, clock: SharedClock, plan: FaultPlan, subject: Subject
    ) -> None:
        self._trial, self._place, self._state, self._clock = trial, place, state, clock
        self._plan, self._subject = plan, subject
        self._population = Population(state, trial.seed, _RATE, pace=_PACE, site=place.url)
        self._killing = Killing(trial.seed, trial.crashes)
        self._stops = Stops(trial.seed, trial.mentions, NETWORKS, subject.switch())
        self._chance = random.Random(f"{trial.seed}:world")
        self._child = Child(subject.module, subject.options(), place.folder / "loop.log")
        self._readings: dict[Name, list[datetime]] = defaultdict(list)
        self._idle_turns = 0
        self._calm_since: datetime | None = None

    def run(self) -> Outcome:
        try:
            stuck = self._live()
        except LoopDiedError as error:
            stuck = [str(error), *_last_lines(self._place.folder / "loop.log")]
        finally:
            self._child.stop()
        record = record_of(self._state, self._stops.happened, self._readings, self._place.lag)
        return Outcome(record, self._subject.ledger(), self._killing.made, dict(self._plan.counts), stuck)

    def _live(self) -> Sequence[str]:
        """Turn after turn until all is quiet; what never came to an end, if that did not happen."""
        until = self._clock.now() + _STUCK
        self._start()
        while True:
            now = self._clock.now()
            posted = self._population.step(now, limit=self._trial.mentions) + self._plan.step(now)
            share = min(self._population.published / self._trial.mentions, 1.0)
            self._stops.step(share, now)
            told = self._turn(share)
            self._note_readings()
            if told is None:
                self._clock.advance(_LONGEST_DOWN * self._chance.random())
                self._start()
            if told is None or posted + told.done:
                until, self._idle_turns = now + _STUCK, 0
            else:
                self._idle_turns += 1
            if self._is_calm(now) and told is not None and self._is_quiet(now):
                return ()
            if now > until or (self._calm_since is not None and now > self._calm_since + _LONGEST_END):
                return [*self._subject.unfinished(self._state), f"nothing ended until {now.isoformat()}"]
            self._move_on(now, None if told is None else told.next_at)

    def _start(self) -> None:
        """A process that lives through its start; those that die in it were meant to."""
        while not self._child.start(self._killing.at_the_start()):
            self._killing.note()

    def _turn(self, share: float) -> Told | None:
        """One turn of the loop; None when it was killed."""
        order = self._killing.order(share)
        if order.kill_now:
            self._child.kill()
        if order.is_deadly:
            self._child.prepare()
        told = None if order.kill_now else self._child.turn(order.arm, order.kill_at)
        if told is None:
            self._killing.note()
        return told

    def _is_calm(self, now: datetime) -> bool:
        """Nothing new comes any more: all was posted, every kill was made and every stop lifted; the faults end."""
        if self._calm_since is not None:
            return True
        if self._population.next_at() is None and self._killing.is_over and self._stops.are_over:
            self._plan.calm()
            self._calm_since = now
        return False

    def _is_quiet(self, now: datetime) -> bool:
        """All that the networks had kept to themselves was shown and read, and the loop has nothing left to do."""
        shown = (self._calm_since or now) + self._place.lag
        read = self._subject.read_at()
        return bool(read) and min(read.values()) > shown and self._subject.is_finished(self._state, shown, now)

    def _note_readings(self) -> None:
        for name, moment in self._subject.read_at().items():
            if not self._readings[name] or self._readings[name][-1] != moment:
                self._readings[name].append(moment)

    def _move_on(self, now: datetime, next_at: datetime | None) -> None:
        moments = (next_at, self._population.next_at(), self._plan.next_at(), self._stops.next_at())
        due = min((moment for moment in moments if moment is not None), default=now)
        idle = min(_SOONEST * 2 ** min(self._idle_turns, 8), _LONGEST_STEP)
        self._clock.advance_to(max(due, now + idle))


def _last_lines(log: Path, count: int = 5) -> list[str]:
    """What a process wrote last; its log holds ids and no text of anybody's."""
    return log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:] if log.exists() else []
