"""The kill switch in a chaos run: set several times, for everything or one account, and lifted some minutes later."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from commands.chaos.figures import StopSet
from commands.chaos.ledger import Span

_SHORTEST, _LONGEST = timedelta(minutes=4), timedelta(minutes=20)
_A_STOP_FOR = 250  # mentions
_FEWEST, _MOST = 2, 8


@dataclass(frozen=True)
class Stopped:
    """What a stop stops; `network` None is everything."""

    network: str | None
    automation_only: bool = False


class Switch(Protocol):
    """Sets and lifts a stop."""

    def set(self, what: Stopped, now: datetime) -> None: ...

    def lift(self, what: Stopped, now: datetime) -> None: ...


@dataclass(frozen=True)
class _Planned:
    share: float  # of the mentions that were posted by then
    what: Stopped
    lasts: timedelta


class Stops:
    """The plan of one run, and what came of it."""

    def __init__(self, seed: int, mentions: int, networks: Sequence[str], switch: Switch) -> None:
        chance = random.Random(f"{seed}:stops")
        count = min(max(mentions // _A_STOP_FOR, _FEWEST), _MOST)
        self._planned = [
            _Planned(
                (number + chance.random()) / count,
                Stopped(None if chance.random() < 0.5 else chance.choice(networks), chance.random() < 0.2),
                _SHORTEST + (_LONGEST - _SHORTEST) * chance.random(),
            )
            for number in range(count)
        ]
        self._switch = switch
        self._in_force: tuple[_Planned, datetime] | None = None
        self._lifted: list[StopSet] = []

    @property
    def are_over(self) -> bool:
        return not self._planned and self._in_force is None

    @property
    def happened(self) -> Sequence[StopSet]:
        """Every stop so far, also one that is still in force."""
        if self._in_force is None:
            return tuple(self._lifted)
        stop, since = self._in_force
        return (*self._lifted, _stop_set(stop, Span(since)))

    def step(self, share: float, now: datetime) -> None:
        """Set what is due by this share of the mentions, lift what has lasted."""
        if self._in_force is not None:
            stop, since = self._in_force
            if now < since + stop.lasts:
                return
            self._switch.lift(stop.what, now)
            self._lifted.append(_stop_set(stop, Span(since, now)))
            self._in_force = None
        elif self._planned and self._planned[0].share <= share:
            stop = self._planned.pop(0)
            self._switch.set(stop.what, now)
            self._in_force = (stop, now)

    def next_at(self) -> datetime | None:
        """When the one in force is lifted."""
        if self._in_force is None:
            return None
        stop, since = self._in_force
        return since + stop.lasts


def _stop_set(stop: _Planned, span: Span) -> StopSet:
    return StopSet(stop.what.network, span, stop.what.automation_only)
