"""The step that polls one source: claim it, store page after page with its cursor, and note its health."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, Table, bindparam, update
from sqlmodel import Session

from database.alarms import clear_alarm, raise_alarm
from database.crash import crash_point
from database.engine import transaction
from errors import ChannelError, NeedsAttentionError, RateLimitedError
from listeners.base import Listener, Page
from listeners.store import store
from models import Source

LEASE = timedelta(minutes=10)  # a claim older than this belongs to a process that died
LONGEST_BACKOFF = timedelta(minutes=15)
UNTOLD_WAIT = timedelta(minutes=1)  # when the platform limits us without saying for how long
_MOST_PAGES = 100  # a poll; a long backlog goes on at the next one


@dataclass(frozen=True)
class Polled:
    """What one poll brought; `error` is None when the source was read to its end."""

    pages: int = 0
    new: int = 0
    known: int = 0
    claimed: bool = True
    error: Exception | None = None


def poll(
    engine: Engine,
    listener: Listener,
    source_id: int,
    now: datetime,
    *,
    jitter: float = 0.0,
    clock: Callable[[], datetime] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    by: str = "",
) -> Polled:
    """Read a source from its cursor; each page and its cursor commit together.

    `jitter` stretches the interval by that fraction; by `clock` a long poll keeps its claim, which begins with `by`
    (see `give_back`). A channel's error becomes
    the source's health, never an exception; any other exception is a defect and passes, after the claim was given back
    and the failure noted.
    """
    claim = f"{by}{uuid.uuid4().hex}"
    source = _claimed(engine, source_id, claim, now)
    if source is None:
        return Polled(claimed=False)
    reading = _Reading(engine, source, claim, now, clock or (lambda: now))
    error: Exception | None = None
    try:
        for page in listener.fetch(source.cursor):
            reading.take(page)
            if reading.pages >= _MOST_PAGES or should_stop():
                reading.unfinished = True
                break
    except ChannelError as failure:
        error = failure
    except Exception as defect:
        _finish(engine, source_id, claim, now, jitter, reading, defect)
        raise
    _finish(engine, source_id, claim, now, jitter, reading, error)
    return Polled(reading.pages, reading.new, reading.known, error=error)


# Built once, and run past the object mapper: for statements as small as these, both cost more than running them.
_SOURCES: Table = Source.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_CLAIM = (
    update(_SOURCES)
    .where(
        _SOURCES.c.id == bindparam("source"),
        _SOURCES.c.active,
        _SOURCES.c.paused_reason == "",
        # Whoever found it due may come second: another process has read it since, and moved its next poll.
        _SOURCES.c.next_poll_at <= bindparam("moment"),
        _SOURCES.c.claimed_until.is_(None) | (_SOURCES.c.claimed_until < bindparam("moment")),
    )
    .values(claim=bindparam("token"), claimed_until=bindparam("until"))
)
_HOLD = (
    update(_SOURCES)
    .where(_SOURCES.c.id == bindparam("source"), _SOURCES.c.claim == bindparam("token"))
    .values(claimed_until=bindparam("until"))
)
_GIVE_BACK = update(_SOURCES).where(_SOURCES.c.claim.like(bindparam("prefix"))).values(claim=None, claimed_until=None)
_MOVE_ON = _HOLD.values(cursor=bindparam("reached"))


def _claimed(engine: Engine, source_id: int, claim: str, now: datetime) -> Source | None:
    """The source as it stands, ours for a while; None when it rests or somebody else reads it."""
    with transaction(engine) as session:
        asked = {"source": source_id, "moment": now, "token": claim, "until": now + LEASE}
        if session.connection().execute(_CLAIM, asked).rowcount != 1:
            return None
        return session.get_one(Source, source_id)


class _Reading:
    """One poll under way: stores pages, and stops when the claim was lost."""

    def __init__(
        self, engine: Engine, source: Source, claim: str, now: datetime, clock: Callable[[], datetime]
    ) -> None:
        self._engine, self._source, self._claim, self._now, self._clock = engine, source, claim, now, clock
        self.pages = self.new = self.known = 0
        self.newest: datetime | None = None
        self.wait: timedelta | None = None
        self.unfinished = False

    def take(self, page: Page) -> None:
        with transaction(self._engine) as session:
            stored = store(session, self._source, page, self._now)
            crash_point("poll.stored")
            held = {"source": self._source.id, "token": self._claim, "until": self._clock() + LEASE}
            moved = held if page.cursor is None else {**held, "reached": page.cursor}
            if session.connection().execute(_HOLD if page.cursor is None else _MOVE_ON, moved).rowcount != 1:
                raise ClaimLostError(f"source {self._source.id} was polled for too long: another process took it over")
        crash_point("poll.committed")
        self.pages += 1
        self.new += stored.new
        self.known += stored.known
        self.wait = page.wait
        newest = max((mention.posted_at for mention in page.mentions), default=None)
        if newest is not None and (self.newest is None or newest > self.newest):
            self.newest = newest


def give_back(engine: Engine, by: str) -> None:
    """Let go of every claim of a process that stops: what a poll of its would still store loses its claim and counts
    for nothing, and the next start need not wait until the lease is over."""
    with transaction(engine) as session:
        session.connection().execute(_GIVE_BACK, {"prefix": f"{by}%"})


class ClaimLostError(ChannelError):
    """Another process polls this source now: it reads this page as well, and ours does not count."""


def _finish(
    engine: Engine,
    source_id: int,
    claim: str,
    now: datetime,
    jitter: float,
    reading: _Reading,
    error: Exception | None,
) -> None:
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        if source.claim != claim:
            return
        source.claim = source.claimed_until = None
        interval = timedelta(seconds=source.interval_seconds) * (1 + jitter)
        if reading.newest is not None:
            source.lag_seconds = max(0.0, (now - reading.newest).total_seconds())
        match error:
            case None:
                _note_success(session, source, now)
                source.next_poll_at = now + max(
                    timedelta(0) if reading.unfinished else interval, reading.wait or timedelta(0)
                )
            case RateLimitedError(retry_after=wait):
                # Being asked to wait is no failure: it moves the next poll and nothing else.
                source.next_poll_at = now + (UNTOLD_WAIT if wait is None else wait)
            case NeedsAttentionError():
                _note_failure(source, now, error)
                source.paused_reason = str(error)
                raise_alarm(session, "source_paused", f"source:{source.id}", f"{source.name}: {error}", now)
                source.next_poll_at = now + interval
            case _:
                _note_failure(source, now, error)
                if not isinstance(error, ChannelError):
                    told = f"{source.name}: cannot be stored or read ({type(error).__name__}); the log says where"
                    raise_alarm(session, "source_failing", f"source:{source.id}", told, now)
                backoff = interval * 2 ** min(source.failures - 1, 10)
                source.next_poll_at = now + max(interval, min(backoff, LONGEST_BACKOFF))
        session.add(source)


def _note_success(session: Session, source: Source, now: datetime) -> None:
    source.last_success_at = now
    if source.failing_since is None:
        return
    source.failing_since, source.failures, source.last_error = None, 0, ""
    for kind in ("source_paused", "source_failing"):
        clear_alarm(session, kind, f"source:{source.id}", now)


def _note_failure(source: Source, now: datetime, error: Exception) -> None:
    source.failures += 1
    source.failing_since = source.failing_since or now
    # A channel's error is written for people; any other may carry SQL, and with it what strangers wrote.
    told = f"{type(error).__name__}: {error}" if isinstance(error, ChannelError) else type(error).__name__
    source.last_error = told[:500]
