"""When and how the loop is killed: drawn from the seed, spread over the run, until there were as many as asked for."""

import random
from dataclasses import dataclass

from database.crash import POINTS

# What the loop passes; learning is a command of its own.
LOOP_POINTS = tuple(point for point in POINTS if not point.startswith("learned."))
_LATE = 0.2  # of the crashes come once every customer has spoken: reading back and settling are killed too
_FROM_OUTSIDE = 0.3
_AT_THE_START = 0.2  # in the very process that was started after the crash before
_MOST_PASSES = 6
_PATIENCE = 10  # turns in which a point may be reached, before the process is killed from outside


@dataclass(frozen=True)
class Crash:
    """One kill: at a named point, `deliver.claimed:3`, or with "" from outside at a random moment."""

    due: float  # the share of the mentions that were posted by then
    at: str
    at_the_start: bool = False  # armed as the process starts, so that it dies while it catches up


def crashes_for(seed: int, count: int) -> list[Crash]:
    """That many crashes, in the order in which they are due; every point once before any comes again."""
    chance = random.Random(f"{seed}:crashes")
    late = round(count * _LATE)
    dues = sorted(chance.random() for _ in range(count - late)) + [1.0] * late
    points: list[str] = []
    found = []
    for due in dues:
        if chance.random() < _FROM_OUTSIDE:
            found.append(Crash(due, ""))
            continue
        points = points or chance.sample(LOOP_POINTS, k=len(LOOP_POINTS))
        at = f"{points.pop()}:{chance.randint(1, _MOST_PASSES)}"
        found.append(Crash(due, at, chance.random() < _AT_THE_START))
    return found


@dataclass(frozen=True)
class Order:
    """What is done to the process in its next turn; nothing, most of the time."""

    arm: str = ""  # the point to die at from now on
    kill_at: float | None = None  # when in the turn to kill it from outside, as a share of it
    kill_now: bool = False

    @property
    def is_deadly(self) -> bool:
        """Whether the process will not outlive it for long."""
        return bool(self.arm) or self.kill_at is not None or self.kill_now


class Killing:
    """Which crash comes next, and for how long it has been waited for."""

    def __init__(self, seed: int, count: int) -> None:
        self._left = crashes_for(seed, count)
        self._moments = random.Random(f"{seed}:moments")
        self._is_armed = False
        self._waited = 0
        self.made = 0

    @property
    def is_over(self) -> bool:
        return not self._left

    def at_the_start(self) -> str:
        """What a process is armed with as it starts; "" for nothing."""
        if not self._left or not self._left[0].at_the_start:
            return ""
        self._is_armed = True
        return self._left[0].at

    def order(self, share: float) -> Order:
        """What the crash that is due by this share of the mentions asks for."""
        if not self._left or self._left[0].due > share:
            return Order()
        self._waited += 1
        if self._waited > _PATIENCE:
            return Order(kill_now=True)
        crash = self._left[0]
        if not crash.at:
            return Order(kill_at=self._moments.random())
        if self._is_armed:
            return Order()
        self._is_armed = True
        return Order(arm=crash.at)

    def note(self) -> None:
        """The process was killed."""
        self._is_armed, self._waited = False, 0
        self.made += 1
        self._left.pop(0)
