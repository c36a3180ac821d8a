"""A platform in bad weather, which keeps a responder's contract and its own record of what stands there."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.connection import Clock
from errors import ChannelError, OutcomeUnknownError, RateLimitedError, TryLaterError
from responders.base import OutgoingReply, Posted

_LIMIT = 500  # characters
_LONGEST_WAIT = 30  # seconds that a 429 asks for


@dataclass(frozen=True)
class Weather:
    """How often things go wrong, as shares of the requests; all that is left over goes well."""

    name: str
    lag: timedelta  # the longest that a post cannot be read back yet; most can far sooner
    unknown: float  # of posts: nobody is told what became of them
    limited: float  # 429, of posts and of looks
    refused: float  # of posts and of looks: no connection
    unreadable: float  # of looks: a 5xx
    deadly: float  # the worker dies there, or at a commit
    sleepy: float  # of posts: published, but the worker sleeps past its lease before it reads the answer
    published_all_the_same: float = 0.5  # of the unknown ones


HARSH = Weather(
    name="harsh",
    lag=timedelta(minutes=5),
    unknown=0.2,
    limited=0.01,
    refused=0.02,
    unreadable=0.03,
    deadly=0.001,
    sleepy=0.0001,
)
CALM = Weather(
    name="calm",
    lag=timedelta(seconds=10),
    unknown=0.002,
    limited=0.001,
    refused=0.001,
    unreadable=0.001,
    deadly=0.0001,
    sleepy=0.00001,
)
WEATHERS = {weather.name: weather for weather in (HARSH, CALM)}


class WorkerDiedError(BaseException):
    """The process is gone: nothing in it runs any more, and nothing may catch this."""


@dataclass(frozen=True)
class Standing:
    """One post of ours that stands in public, whoever knows of it."""

    key: str
    posted: Posted
    seen_from: datetime  # before that, nobody who looks is shown it


class Storm:
    """A responder for every account: it publishes what it is told as often as it is told."""

    def __init__(self, weather: Weather, clock: Clock, chance: random.Random, nap: timedelta) -> None:
        self.weather = weather
        self.standing: dict[tuple[str, str], list[Standing]] = {}  # by the post that is answered and the text
        self.answered: set[str] = set()  # keys of which a worker that lived on was told that they stand there
        self.posts = self.looks = 0
        self.may_kill = False  # whoever works; people do not die of it
        self.dies_at_commit = False  # the next one
        self.while_asleep: Callable[[], object] = lambda: None  # what others do meanwhile
        self._clock, self._chance, self._nap = clock, chance, nap

    def room_left(self, body: str, to: str = "") -> int:
        self.may_die()
        return _LIMIT - len(body)

    def post(self, reply: OutgoingReply) -> Posted:
        self.posts += 1
        self.may_die()
        if error := self._stopped_on_the_way():
            raise error
        is_unknown = self._happens(self.weather.unknown)
        if is_unknown and not self._happens(self.weather.published_all_the_same):
            raise OutcomeUnknownError("the connection was reset")
        posted = self._publish(reply)
        if is_unknown:
            raise OutcomeUnknownError("no answer in time")
        self.may_die()
        if self._happens(self.weather.sleepy):
            self._clock.sleep(self._nap)
            self.while_asleep()
        elif self.may_kill and self._happens(self.weather.deadly):
            self.dies_at_commit = True
        else:
            self.answered.add(reply.key)
        return posted

    def find(self, reply: OutgoingReply) -> Posted | None:
        self.looks += 1
        self.may_die()
        if error := self._stopped_on_the_way():
            raise error
        if self._happens(self.weather.unreadable):
            raise TryLaterError("503")
        return self.shown(reply.mention_external_id, reply.body)

    def shown(self, mention_external_id: str, body: str) -> Posted | None:
        """What anybody sees who looks below a post for a text."""
        now = self._clock.now()
        stands = self.standing.get((mention_external_id, body), [])
        return next((one.posted for one in stands if one.seen_from <= now), None)

    def may_die(self) -> None:
        """Now and then the worker does."""
        if self.may_kill and self._happens(self.weather.deadly):
            raise WorkerDiedError

    def at_commit(self) -> None:
        """The moment before a transaction of the worker is over: dying here takes it back."""
        if self.dies_at_commit and self.may_kill:
            self.dies_at_commit = False
            raise WorkerDiedError
        self.may_die()

    def _publish(self, reply: OutgoingReply) -> Posted:
        number = f"p{self.posts}"
        posted = Posted(number, f"https://mastodon.example/@lojaaurora/{number}", self._clock.now())
        seen_from = self._clock.now() + self.weather.lag * self._chance.random() ** 3
        stands = self.standing.setdefault((reply.mention_external_id, reply.body), [])
        stands.append(Standing(reply.key, posted, seen_from))
        return posted

    def _stopped_on_the_way(self) -> ChannelError | None:
        """Nothing reached the platform's own work."""
        if self._happens(self.weather.limited):
            return RateLimitedError("429", timedelta(seconds=self._chance.randint(1, _LONGEST_WAIT)))
        if self._happens(self.weather.refused):
            return TryLaterError("connection refused")
        return None

    def _happens(self, share: float) -> bool:
        return self._chance.random() < share
