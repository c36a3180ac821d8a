"""A thousand answers that wait at a start: half of them were in the hands of a process that died."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta

from sqlalchemy import Engine
from sqlmodel import col, select

from channels.connection import Clock
from database.engine import reading
from models import Reply, ReplyState
from responders.base import OutgoingReply, Posted
from responders.deliver import deliver
from sandbox.clock import VirtualClock, WallClock
from scheduler import Runtime
from tests.benchmarks.storing import database
from tests.builders import NOON
from tests.chaos.intents import settings
from tests.chaos.people import Approving
from tests.chaos.storm import WorkerDiedError
from tests.fakes import OneVerdict

_WAITING = 1000
_AGO = timedelta(minutes=10)  # since when: every lease and settle window is over
_UNSETTLED = (ReplyState.APPROVED, ReplyState.SENDING, ReplyState.UNKNOWN)
_PATIENCE = 120  # seconds


def measure() -> dict[str, object]:
    return {"replies": _WAITING, **_own_time(), **_ticking()}


def _own_time() -> dict[str, object]:
    """Without the pauses between ticks: what the steps themselves take."""
    clock = VirtualClock(NOON)
    with _left_behind(clock, clock) as runtime:
        clock.advance(_AGO)
        processor = time.process_time()
        until_settled = _seconds(runtime.once, lambda: _any(runtime.engine, _UNSETTLED))
        processor = time.process_time() - processor
        clock.advance(timedelta(minutes=1))
        reading_back = _seconds(runtime.once, lambda: _any(runtime.engine, (ReplyState.POSTED,)))
    return {
        "own_seconds": round(until_settled, 2),
        "own_processor_seconds": round(processor, 2),
        "own_read_back_seconds": round(reading_back, 2),
    }


def _ticking() -> dict[str, object]:
    """As a start is lived through: the real clock at the real intervals."""
    clock = VirtualClock(WallClock().now() - _AGO)
    with _left_behind(clock, WallClock()) as runtime:
        started = time.perf_counter()
        runtime.start()
        try:
            _seconds(lambda: time.sleep(0.02), lambda: _any(runtime.engine, _UNSETTLED))
            settled = time.perf_counter() - started
            _seconds(lambda: time.sleep(0.02), lambda: _any(runtime.engine, (ReplyState.POSTED,)))
            return {
                "seconds_from_start": round(settled, 2),
                "seconds_from_start_read_back": round(time.perf_counter() - started, 2),
            }
        finally:
            runtime.stop()


class _AtOnce:
    """A platform that answers in no time and shows at once what stands there; the first answers kill who asks."""

    def __init__(self, clock: Clock) -> None:
        self.deaths = 0  # still to come
        self._clock = clock
        self._standing: dict[str, Posted] = {}

    def room_left(self, body: str, to: str = "") -> int:
        return 500 - len(body)

    def post(self, reply: OutgoingReply) -> Posted:
        posted = Posted(reply.key[:12], f"https://mastodon.example/{reply.key[:12]}", self._clock.now())
        if self.deaths % 2 == 0:
            self._standing[reply.key] = posted
        if self.deaths:
            self.deaths -= 1
            raise WorkerDiedError
        return posted

    def find(self, reply: OutgoingReply) -> Posted | None:
        return self._standing.get(reply.key)


@contextmanager
def _left_behind(then: VirtualClock, clock: Clock) -> Iterator[Runtime]:
    """A loop over what others left: half of the replies in dead hands, and half of those published."""
    platform, at = _AtOnce(then), then.now() + timedelta(seconds=1)
    with database() as engine:
        runtime = Runtime(engine, settings(), clock, OneVerdict(), responders=lambda _connection, _clock: platform)
        Approving(engine, _WAITING, then.now(), timedelta(microseconds=1)).step(at)
        platform.deaths = _WAITING // 2
        for reply_id in range(1, platform.deaths + 1):
            with suppress(WorkerDiedError):
                deliver(engine, platform, reply_id, at, runtime.terms)
        yield runtime


def _any(engine: Engine, states: Sequence[ReplyState]) -> bool:
    with reading(engine) as session:
        return session.exec(select(Reply.id).where(col(Reply.state).in_(states)).limit(1)).first() is not None


def _seconds(act: Callable[[], object], is_going_on: Callable[[], bool]) -> float:
    started = time.perf_counter()
    while is_going_on():
        if time.perf_counter() - started > _PATIENCE:
            raise TimeoutError(f"replies still wait after {_PATIENCE} seconds")
        act()
    return time.perf_counter() - started
