"""Many approved answers through the real delivery in bad weather: each stands once, or a person was asked.

`python -m tests.chaos.intents --intents 100000 --weather harsh --seed 1 --json`; 1 when one stands twice or is lost.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, event
from sqlmodel import col, select

from commands.logs import set_up_logs
from database.engine import reading
from models import Reply, ReplyState
from sandbox.clock import VirtualClock
from scheduler import Runtime
from settings import AccountSettings, BrandSettings, FuseSettings, Settings
from tests.benchmarks.storing import database
from tests.builders import NOON
from tests.chaos.people import ACCOUNTS, Approving, Deciding
from tests.chaos.storm import WEATHERS, Storm, Weather, WorkerDiedError
from tests.fakes import OneVerdict

_GAP = timedelta(milliseconds=20)  # between two approvals
TICK = timedelta(seconds=1)
_LONGEST = timedelta(days=3)  # of the virtual clock after the last approval; what is not done by then is lost
# Whatever else is neither read back nor to be looked at again is lost.
_GOES_ON = col(Reply.next_attempt_at).is_not(None) | col(Reply.state).in_([ReplyState.SENDING, ReplyState.NEEDS_HUMAN])


@dataclass(frozen=True)
class Told:
    """What became of the intents."""

    weather: str
    seed: int
    intents: int
    published: int  # intents that stand in public
    doubled: int  # of those, the ones that stand there more than once
    lost: int  # approved, and not known to stand there in the end
    settled: int  # read back and verified
    adopted: int  # never confirmed to a worker that lived, found by looking, and not sent again
    to_a_person: int  # times
    seen_by_a_person: int
    posted_again: int
    deaths: int  # of workers
    posts: int
    looks: int
    virtual_hours: float
    seconds: float
    cpu_seconds: float
    intents_per_second: float

    @property
    def is_whole(self) -> bool:
        return not self.doubled and not self.lost


def run(engine: Engine, intents: int, weather: Weather, seed: int, tick: timedelta = TICK) -> Told:
    """Approve the intents on an empty database, and let them out until nothing waits any more.

    `tick` is how long the scheduler rests when nothing is due.
    """
    started, processor = time.monotonic(), time.process_time()
    _spare_the_disk(engine)
    chaos = _Chaos(engine, intents, weather, seed, tick)
    with chaos.deaths_at_commits():
        chaos.live()
    seconds = time.monotonic() - started
    platform, deciding = chaos.platform, chaos.deciding
    stands = Counter(one.key for copies in platform.standing.values() for one in copies)
    with reading(engine) as session:
        verified = set(session.exec(select(Reply.key).where(Reply.state == ReplyState.VERIFIED)))
    return Told(
        weather=weather.name,
        seed=seed,
        intents=len(chaos.approving.keys),
        published=len(stands),
        doubled=sum(1 for times in stands.values() if times > 1),
        lost=len(chaos.approving.keys - (verified & stands.keys())),
        settled=len(verified),
        adopted=len(verified - platform.answered - deciding.seen),
        to_a_person=deciding.asked,
        seen_by_a_person=len(deciding.seen),
        posted_again=deciding.again,
        deaths=chaos.deaths,
        posts=platform.posts,
        looks=platform.looks,
        virtual_hours=round((chaos.clock.now() - NOON) / timedelta(hours=1), 1),
        seconds=round(seconds, 1),
        cpu_seconds=round(time.process_time() - processor, 1),
        intents_per_second=round(intents / seconds, 1),
    )


class _Chaos:
    """Everything that acts in one run, on one virtual clock; after a death another worker takes over."""

    def __init__(self, engine: Engine, intents: int, weather: Weather, seed: int, tick: timedelta) -> None:
        self._tick = tick
        self.clock = VirtualClock(NOON)
        self.deaths = 0
        self._engine, self._settings = engine, settings()
        nap = self._settings.delivery.lease + timedelta(minutes=1)
        self.platform = Storm(weather, self.clock, random.Random(f"{seed}:storm"), nap)
        self.approving = Approving(engine, intents, NOON, _GAP)
        self.deciding = Deciding(engine, self.platform, random.Random(f"{seed}:person"))
        self._worker = self._another_worker()

    def live(self) -> None:
        """Until nothing waits, or for as long as that could take."""
        end: datetime | None = None
        while True:
            now = self.clock.now()
            done = self.approving.step(now) + self._work() + self.deciding.step(now)
            if self.approving.next_at() is None:
                end = end or now + _LONGEST
                if now > end or (not done and not self._anything_goes_on()):
                    return
            # While people approve, something is due at every tick.
            ahead = now if self.approving.next_at() is not None else self._next_due(now)
            self.clock.advance_to(max(now + self._tick, ahead))

    @contextmanager
    def deaths_at_commits(self) -> Iterator[None]:
        def at_commit(_connection: object) -> None:
            self.platform.at_commit()

        event.listen(self._engine, "commit", at_commit)
        try:
            yield
        finally:
            event.remove(self._engine, "commit", at_commit)

    def _work(self) -> int:
        self.platform.may_kill, self.platform.while_asleep = True, self._others_work
        try:
            return _once(self._worker)
        except WorkerDiedError:
            self.deaths += 1
            self._worker = self._another_worker()
            return 1
        finally:
            self.platform.may_kill = False

    def _others_work(self) -> None:
        """Another process goes on while the worker sleeps with a reply in its hands; for once nobody dies."""
        self.platform.may_kill, self.platform.while_asleep = False, lambda: None
        _once(self._another_worker())
        self.platform.may_kill, self.platform.while_asleep = True, self._others_work

    def _another_worker(self) -> Runtime:
        return Runtime(
            self._engine,
            self._settings,
            self.clock,
            OneVerdict(),
            responders=lambda _connection, _clock: self.platform,
        )

    def _next_due(self, now: datetime) -> datetime:
        worker = self._worker.next_due()
        person = self.deciding.next_at(now)
        return person if worker is None else min(worker, person)

    def _anything_goes_on(self) -> bool:
        with reading(self._engine) as session:
            return session.exec(select(Reply.id).where(_GOES_ON).limit(1)).first() is not None


def _spare_the_disk(engine: Engine) -> None:
    """Workers die here, never the machine: what they wrote is kept without waiting until it is on the disk."""
    asked = {"sqlite": "PRAGMA synchronous=OFF", "postgresql": "SET synchronous_commit TO off"}[engine.dialect.name]

    def at_connect(connection: Any, _record: object) -> None:
        connection.execute(asked)
        connection.commit()

    event.listen(engine, "connect", at_connect)
    engine.dispose()


def _once(worker: Runtime) -> int:
    done = worker.once()
    if worker.failing:
        raise AssertionError(f"a step failed, and the log says why: {', '.join(worker.failing)}")
    return done


def settings() -> Settings:
    accounts = [
        AccountSettings(
            name=f"conta-{number}",
            brand="aurora",
            channel="mastodon",
            handle=f"loja{number}",
            base_url="https://mastodon.example",
            secrets={"access_token": "env:HOME"},
        )
        for number in range(ACCOUNTS)
    ]
    fuses = FuseSettings(a_minute=0, an_hour=0, same_text=0, unknown_share=0)
    brand = BrandSettings(slug="aurora", name="Loja Aurora")
    return Settings(posting=True, brand=[brand], account=accounts, fuses=fuses)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.intents", description=__doc__)
    parser.add_argument("--intents", type=int, default=100_000)
    parser.add_argument("--weather", choices=WEATHERS, default="harsh")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    asked = parser.parse_args()
    set_up_logs()
    with database() as engine:
        told = run(engine, asked.intents, WEATHERS[asked.weather], asked.seed)
    facts = asdict(told)
    lines = [json.dumps(facts)] if asked.json else [f"{name.replace('_', ' ')}: {fact}" for name, fact in facts.items()]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0 if told.is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
