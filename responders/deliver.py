"""The step that publishes an approved reply: claim, look, post once, record; the network between transactions."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from sqlalchemy import Engine, Table, bindparam, update
from sqlmodel import Session, col, select

from database.alarms import raise_alarm
from database.crash import crash_point
from database.engine import transaction
from database.ledger import OUVIDOR, Moving, move, move_claimed
from errors import (
    ByHandError,
    ChannelError,
    NeedsAttentionError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    TryLaterError,
)
from models import Account, Case, Reply, ReplyState
from responders.base import OutgoingReply, Posted, Responder
from responders.outbox import Claimed, claim, release, released

FIRST_LOOK = timedelta(seconds=5)  # after posting: read-back lags a little everywhere
_MOST_ATTEMPTS = 12
_LONGEST_BACKOFF = timedelta(minutes=30)
UNTOLD_WAIT = timedelta(minutes=1)
_BY_HAND_LOOK = timedelta(minutes=10)
_REMEMBERED = 10_000  # keys of replies that this process sent


@dataclass(frozen=True)
class Terms:
    """The operator's limits of delivery."""

    settle: timedelta = timedelta(minutes=2)  # after an unknown outcome, before concluding that nothing is there
    staleness: timedelta = timedelta(hours=24)
    lease: timedelta = timedelta(minutes=5)


class Doings:
    """What this process knows of its own doings, whatever becomes of its database meanwhile."""

    def __init__(self, since: datetime) -> None:
        self._since = since
        self._sent: set[str] = set()

    def note(self, key: str, now: datetime) -> None:
        """The request of the reply with this key is about to leave."""
        if len(self._sent) >= _REMEMBERED:
            self._sent, self._since = set(), now
        self._sent.add(key)

    def may_have_sent(self, key: str, approved_at: datetime) -> bool:
        """Whether the reply may have gone out before: by us, or before we began."""
        return key in self._sent or approved_at <= self._since


@dataclass(frozen=True)
class _Refused:
    """Refused by us before the network."""

    reason: str


_Outcome = Posted | ChannelError | _Refused
_CASES: Table = Case.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_FIRST_ANSWER = (
    update(_CASES)
    .where(_CASES.c.id == bindparam("answered"), _CASES.c.first_answer_at.is_(None))
    .values(first_answer_at=bindparam("at"))
)


def deliver(
    engine: Engine,
    responder: Responder,
    reply_id: int,
    now: datetime,
    terms: Terms | None = None,
    clock: Callable[[], datetime] | None = None,
    doings: Doings | None = None,
) -> ReplyState | None:
    """Publish one approved reply, at most once; the state it came to, None when it was not ours to send.

    Before posting it looks, unless by `doings` nothing of it can stand there yet: a reply of ours that does is adopted.
    `clock` tells when the request left and when the answer came; without it both are `now`. Never posts again after
    an unknown outcome.
    """
    terms = terms or Terms()
    clock = clock or (lambda: now)
    started = _start(engine, reply_id, now, terms, doings)
    if started is None:
        return None
    if doings is not None:
        doings.note(started.outgoing.key, now)
    crash_point("deliver.claimed")
    outcome = _look_and_post(responder, started)
    crash_point("deliver.answered")
    return _record(engine, started.moving, outcome, clock(), terms)


@dataclass(frozen=True)
class _Started:
    """A reply whose request may leave from now on."""

    moving: Moving
    outgoing: OutgoingReply
    must_look: bool


def _start(engine: Engine, reply_id: int, now: datetime, terms: Terms, doings: Doings | None) -> _Started | None:
    with transaction(engine) as session:
        claimed = claim(session, reply_id, (ReplyState.APPROVED,), now, terms.lease)
        if claimed is None:
            return None
        if claimed.row.paused_reason:
            release(session.get_one(Reply, reply_id), now + UNTOLD_WAIT)
            return None
        reason = claimed.why_not(now, terms.staleness)
        if reason:
            _give_to_person(session, session.get_one(Reply, reply_id), now, reason)
            return None
        # From here on the request may have left: a crash finds this row and looks before anything else.
        attempt = claimed.row.attempts + 1
        changes = {"attempts": attempt, "sending_at": now}
        told = {"attempt": str(attempt)}
        if not move_claimed(session, claimed.moving, ReplyState.SENDING, OUVIDOR, now, changes, detail=told):
            return None
        moving = replace(claimed.moving, state=ReplyState.SENDING)
        return _Started(moving, claimed.outgoing(), _must_look(claimed, doings))


def _must_look(claimed: Claimed, doings: Doings | None) -> bool:
    """Whether our reply may stand there already.

    Not where this process was running when it was approved, and nothing was sent since: every look costs the
    account's quota. What was approved earlier may have been sent by a database that was put back from a backup.
    """
    approved_at = claimed.row.approved_at
    if doings is None or approved_at is None or not claimed.never_sent:
        return True
    return doings.may_have_sent(claimed.row.key, approved_at)


def _look_and_post(responder: Responder, started: _Started) -> _Outcome:
    reply = started.outgoing
    try:
        if responder.room_left(reply.body, reply.author_handle) < 0:
            return _Refused("too_long: the text is longer than the channel allows")
        found = responder.find(reply) if started.must_look else None
        if found is not None:
            return found
    except (OutcomeUnknownError, ByHandError) as error:
        return TryLaterError(f"looking for our reply failed: {error}")  # looking publishes nothing
    except ChannelError as error:
        return error
    crash_point("deliver.looked")
    try:
        return responder.post(reply)
    except ChannelError as error:
        return error


def _record(engine: Engine, moving: Moving, outcome: _Outcome, now: datetime, terms: Terms) -> ReplyState | None:
    with transaction(engine) as session:
        if isinstance(outcome, Posted):
            return _adopt_claimed(session, moving, outcome, now)
        reply = session.get_one(Reply, moving.reply_id)
        if reply.claim != moving.claim or reply.state is not ReplyState.SENDING:
            return None  # we slept past our lease; who took over looks for what we did
        _settle(session, reply, outcome, now, terms)
        return reply.state


def _adopt_claimed(session: Session, moving: Moving, posted: Posted, now: datetime) -> ReplyState | None:
    """The same as `adopt`, for a claimed reply that was not loaded; None where the claim was lost."""
    posted_at = posted.posted_at or now
    changes = {
        **released(now + FIRST_LOOK),
        "external_id": posted.external_id,
        "url": posted.url,
        "posted_at": posted_at,
        "last_error": "",
        "looked": 0,
    }
    if not move_claimed(session, moving, ReplyState.POSTED, OUVIDOR, now, changes):
        return None
    session.connection().execute(_FIRST_ANSWER, {"answered": moving.case_id, "at": posted_at})
    return ReplyState.POSTED


def _settle(session: Session, reply: Reply, outcome: ChannelError | _Refused, now: datetime, terms: Terms) -> None:
    match outcome:
        case _Refused(reason=reason):
            _stop(session, reply, ReplyState.FAILED, now, reason)
        case OutcomeUnknownError():
            reply.last_error = str(outcome)[:500]
            release(reply, now + terms.settle)
            move(session, reply, ReplyState.UNKNOWN, OUVIDOR, now)
        case ByHandError():
            release(reply, now + _BY_HAND_LOOK)
            move(session, reply, ReplyState.BY_HAND, OUVIDOR, now)
        case RejectedError():
            _stop(session, reply, ReplyState.FAILED, now, str(outcome))
        case NeedsAttentionError():
            account = session.get_one(Account, reply.account_id)
            account.paused_reason = str(outcome)[:500]
            session.add(account)
            raise_alarm(session, "account_paused", f"account:{account.id}", f"{account.name}: {outcome}", now)
            _again(session, reply, now, UNTOLD_WAIT, outcome)
        case RateLimitedError(retry_after=wait):
            reply.attempts -= 1  # waiting in line is no attempt
            _again(session, reply, now, UNTOLD_WAIT if wait is None else wait, outcome)
        case ChannelError():
            _later(session, reply, now, outcome)
        case _:
            assert_never(outcome)


def _later(session: Session, reply: Reply, now: datetime, error: ChannelError) -> None:
    if reply.attempts >= _MOST_ATTEMPTS:
        _stop(session, reply, ReplyState.NEEDS_HUMAN, now, f"not sent after {reply.attempts} attempts: {error}")
        return
    backoff = timedelta(seconds=15) * 2 ** min(reply.attempts - 1, 10)
    _again(session, reply, now, min(backoff, _LONGEST_BACKOFF), error)


def _again(session: Session, reply: Reply, now: datetime, wait: timedelta, error: ChannelError) -> None:
    """Nothing was published: back into the line."""
    reply.last_error = f"{type(error).__name__}: {error}"[:500]
    reply.sending_at = None
    release(reply, now + wait)
    move(session, reply, ReplyState.APPROVED, OUVIDOR, now, detail={"error": type(error).__name__})


def _stop(session: Session, reply: Reply, to: ReplyState, now: datetime, reason: str) -> None:
    reply.last_error = reason[:500]
    release(reply, None)
    move(session, reply, to, OUVIDOR, now)
    raise_alarm(session, f"reply_{to.value}", f"reply:{reply.id}", reason[:500], now)


def _give_to_person(session: Session, reply: Reply, now: datetime, reason: str) -> None:
    _stop(session, reply, ReplyState.NEEDS_HUMAN, now, reason)


def adopt(session: Session, reply: Reply, posted: Posted, now: datetime) -> None:
    """Our reply stands there: note where, and when it was first seen, on reply and case."""
    reply.external_id, reply.url = posted.external_id, posted.url
    reply.posted_at = posted.posted_at or now
    reply.last_error = ""
    reply.looked = 0
    release(reply, now + FIRST_LOOK)
    move(session, reply, ReplyState.POSTED, OUVIDOR, now)
    case = session.get_one(Case, reply.case_id)
    if case.first_answer_at is None:
        case.first_answer_at = reply.posted_at
        session.add(case)


def reclaim(engine: Engine, now: datetime, terms: Terms | None = None) -> int:
    """Replies whose sender died in the middle become unknown: they are looked for, never sent again unasked.

    How many there were.
    """
    terms = terms or Terms()
    with transaction(engine) as session:
        dead = session.exec(
            select(Reply).where(Reply.state == ReplyState.SENDING, col(Reply.claimed_until) < now)
        ).all()
        for reply in dead:
            reply.last_error = "the sender stopped in the middle"
            release(reply, max(now, (reply.sending_at or now) + terms.settle))
            move(session, reply, ReplyState.UNKNOWN, OUVIDOR, now)
    return len(dead)
