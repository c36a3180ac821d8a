"""The fault plan: which fault strikes when, by a seed and by nothing else."""

import difflib
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

from errors import SettingsError
from sandbox.faults import people, sight
from sandbox.faults.answers import IN_PLACE, SPOILED
from sandbox.faults.connections import CUT_AFTER, CUT_BEFORE
from sandbox.faults.draws import Draws, Turn
from sandbox.faults.exchange import Answer, Exchange, Pages, body_of
from sandbox.faults.kinds import KINDS
from sandbox.faults.listings import LISTINGS
from sandbox.faults.publishing import PUBLISHING
from sandbox.faults.rate_limits import RATE_LIMITS
from sandbox.faults.requests import Asked
from sandbox.faults.strikes import Spoil, Strike
from sandbox.faults.windows import WINDOWS
from sandbox.state import State
from sandbox.veil import Veil

STRIKES: tuple[Strike, ...] = (*RATE_LIMITS, *WINDOWS, *CUT_BEFORE, *IN_PLACE, *PUBLISHING)
SPOILS: tuple[Spoil, ...] = (*SPOILED, *CUT_AFTER, *LISTINGS)
# How often each kind strikes of all the times when it could, at a rate of 1.
SHARES: Mapping[str, float] = {
    **{strike.kind: strike.share for strike in STRIKES},
    **{spoil.kind: spoil.share for spoil in SPOILS},
    **people.SHARES,
    **sight.SHARES,
}
# How long troubles that pass take on the sandbox's clock.
SHORTEST_WINDOW, LONGEST_WINDOW = timedelta(seconds=15), timedelta(minutes=2)
Fault = TypeVar("Fault", Strike, Spoil)


@dataclass
class _Window:
    """A trouble that is under way."""

    strike: Strike
    until: datetime
    name: str  # by which its own chances are drawn
    met: int = 0


class FaultPlan:
    """Faults for every network of one sandbox, the same again for the same seed and the same order of requests.

    `kinds` chooses some (None: all), and `rate` multiplies how often each strikes; above 3, some doors stay shut for
    good. `patience` is how long, in real time, an answer that comes too late takes: longer than the run's clients wait.
    """

    def __init__(
        self,
        state: State,
        seed: int,
        kinds: Collection[str] | None = None,
        *,
        rate: float = 1.0,
        patience: timedelta = timedelta(seconds=1),
    ) -> None:
        chosen = list(KINDS) if kinds is None else [_known(name) for name in dict.fromkeys(kinds)]
        self.counts: dict[str, int] = dict.fromkeys(chosen, 0)
        self.greatest_lag = sight.GREATEST_LAG
        self._state = state
        self._patience = patience
        self._draws = Draws(seed, chosen, rate)
        self._sight = sight.Sight(self._draws, self._struck)
        self._people = people.People(state, self._draws, self._struck)
        self._pages = Pages()
        self._windows: dict[str, _Window] = {}
        self._read = state.logged()
        self._newest = state.newest()
        self._lock = threading.RLock()
        self._is_calm = False

    def step(self, now: datetime) -> int:
        """Does what people have decided to do by `now`; returns how much there was."""
        with self._lock:
            if self._is_calm:
                return 0
            self._notice()
            return self._people.step(now)

    def next_at(self) -> datetime | None:
        """When `step` next has something to do, as far as is known now; None for nothing."""
        with self._lock:
            if not self._is_calm:
                self._notice()
            return self._people.next_at()

    def calm(self) -> None:
        """From here on nothing strikes, and what is under way ends at once."""
        with self._lock:
            self._is_calm = True
            self._windows.clear()
            self._sight.clear()
            self._people.clear()

    async def serve(self, app: ASGIApp, asked: Asked, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, well or badly."""
        body = await body_of(receive)
        with self._lock:
            exchange = Exchange(
                asked,
                self._state,
                app,
                (scope, receive, send),
                body,
                self._veil(),
                self._pages,
                self._patience,
                lambda: self._is_calm,
            )
            strike = self._strike(exchange)
        if strike is not None:
            # Counted before the answer goes out, so that whoever has it finds it counted.
            self._struck(strike[0].kind)
            await strike[0].act(exchange, strike[1])
            return
        answer = await exchange.forward()
        with self._lock:
            spoil = self._spoil(exchange, answer)
        if spoil is None:
            await exchange.answer(answer)
            return
        self._struck(spoil[0].kind)
        await spoil[0].act(exchange, answer, spoil[1])

    def _struck(self, kind: str) -> None:
        with self._lock:
            self.counts[kind] += 1

    def _notice(self) -> None:
        """Looks at what was published since the last look, and draws what becomes of it."""
        # The newest post comes first: whatever is published up to there has its entry in the log by now.
        self._newest = self._state.newest()
        for entry in self._state.log(self._read):
            self._read = entry.id
            post = self._state.post_by_id(entry.post_id)
            # What a fault said is no cause for further ones, and a standing thread is nobody's complaint.
            if post is None or post.extra.keys() & {"fault", "background"}:
                continue
            match entry.what:
                case "answered":
                    self._sight.answered(post)
                    self._people.answered(post)
                case "posted" if not self._sight.posted(post):
                    self._people.posted(post)

    def _veil(self) -> Veil:
        if self._is_calm:
            return Veil()
        self._notice()
        return self._sight.veil(self._newest, self._state.clock.now())

    def _strike(self, exchange: Exchange) -> tuple[Strike, Random] | None:
        """The one fault that meets a request: two at once would be a platform that there is not."""
        if self._is_calm:
            return None
        network, now = exchange.asked.network, self._state.clock.now()
        self._windows = {scope: window for scope, window in self._windows.items() if now < window.until}
        fitting = [strike for strike in STRIKES if self._draws.fits(strike.kind, network) and strike.fits(exchange)]
        for strike in fitting:
            window = self._windows.get(strike.scope(exchange.asked)) if strike.lasts else None
            if window is not None and window.strike is strike:
                window.met += 1
                return strike, Random(f"{window.name}:{window.met}")
        drawn = self._drawn([one for one in fitting if not self._is_under_way(one, exchange.asked)])
        if drawn is None:
            return None
        strike, turn = drawn
        chance = turn.chance
        if strike.lasts:
            lasting = SHORTEST_WINDOW + (LONGEST_WINDOW - SHORTEST_WINDOW) * chance.random()
            self._windows[strike.scope(exchange.asked)] = _Window(strike, now + lasting, turn.name)
        return strike, chance

    def _is_under_way(self, strike: Strike, asked: Asked) -> bool:
        """Whether another trouble has its window open where this one would open its own."""
        return strike.lasts and strike.scope(asked) in self._windows

    def _spoil(self, exchange: Exchange, answer: Answer) -> tuple[Spoil, Random] | None:
        if self._is_calm:
            return None
        network = exchange.asked.network
        drawn = self._drawn(
            [one for one in SPOILS if self._draws.fits(one.kind, network) and one.fits(exchange, answer)]
        )
        return None if drawn is None else (drawn[0], drawn[1].chance)

    def _drawn(self, fitting: Collection[Fault]) -> tuple[Fault, Turn] | None:
        """Of those whose turn has come, the one furthest below its share: none gains by being asked first."""
        turns = [(fault, self._draws.turn(fault.kind, fault.share)) for fault in fitting]
        struck = [(fault, turn) for fault, turn in turns if turn.excess < 1]
        return min(struck, key=lambda one: one[1].excess, default=None)


def _known(name: str) -> str:
    if name not in KINDS:
        nearest = difflib.get_close_matches(name, KINDS, n=1, cutoff=0)[0]
        raise SettingsError(f"the sandbox has no fault {name!r}; the nearest one is {nearest!r}")
    return name
