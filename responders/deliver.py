"""The step that publishes an approved reply: claim, look, post once, record; the network between transactions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from database.alarms import raise_alarm
from database.crash import crash_point
from database.engine import transaction
from database.ledger import OUVIDOR, move
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
from responders.outbox import claim, frozen, release, why_not

FIRST_LOOK = timedelta(seconds=5)  # after posting: read-back lags a little everywhere
_MOST_ATTEMPTS = 12
_LONGEST_BACKOFF = timedelta(minutes=30)
UNTOLD_WAIT = timedelta(minutes=1)
_BY_HAND_LOOK = timedelta(minutes=10)


@dataclass(frozen=True)
class Terms:
    """The operator's limits of delivery."""

    settle: timedelta = timedelta(minutes=2)  # after an unknown outcome, before concluding that nothing is there
    staleness: timedelta = timedelta(hours=24)
    lease: timedelta = timedelta(minutes=5)


@dataclass(frozen=True)
class _Refused:
    """Refused by us before the network."""

    reason: str


_Outcome = Posted | ChannelError | _Refused


def deliver(
    engine: Engine,
    responder: Responder,
    reply_id: int,
    now: datetime,
    terms: Terms | None = None,
    clock: Callable[[], datetime] | None = None,
) -> ReplyState | None:
    """Publish one approved reply, at most once; the state it came to, None when it was not ours to send.

    Before posting it looks: a reply of ours that stands there already is adopted. `clock` tells when the request
    left and when the answer came; without it both are `now`. Never posts again after an unknown outcome.
    """
    terms = terms or Terms()
    clock = clock or (lambda: now)
    started = _start(engine, reply_id, now, terms)
    if started is None:
        return None
    token, outgoing = started
    crash_point("deliver.claimed")
    outcome = _look_and_post(responder, outgoing)
    crash_point("deliver.answered")
    return _record(engine, reply_id, token, outcome, clock(), terms)


def _start(engine: Engine, reply_id: int, now: datetime, terms: Terms) -> tuple[str, OutgoingReply] | None:
    with transaction(engine) as session:
        claimed = claim(session, reply_id, (ReplyState.APPROVED,), now, terms.lease)
        if claimed is None:
            return None
        reply = claimed.reply
        if claimed.account.paused_reason:
            release(reply, now + UNTOLD_WAIT)
            return None
        reason = why_not(claimed, now, terms.staleness)
        if reason:
            _give_to_person(session, reply, now, reason)
            return None
        # From here on the request may have left: a crash finds this row and looks before anything else.
        reply.attempts += 1
        reply.sending_at = now
        move(session, reply, ReplyState.SENDING, OUVIDOR, now, detail={"attempt": str(reply.attempts)})
        return claimed.token, frozen(reply, claimed.mention, claimed.case, claimed.profile)


def _look_and_post(responder: Responder, reply: OutgoingReply) -> _Outcome:
    try:
        if responder.room_left(reply.body, reply.author_handle) < 0:
            return _Refused("too_long: the text is longer than the channel allows")
        found = responder.find(reply)
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


def _record(
    engine: Engine, reply_id: int, token: str, outcome: _Outcome, now: datetime, terms: Terms
) -> ReplyState | None:
    with transaction(engine) as session:
        reply = session.get_one(Reply, reply_id)
        if reply.claim != token or reply.state is not ReplyState.SENDING:
            return None  # we slept past our lease; who took over looks for what we did
        _settle(session, reply, outcome, now, terms)
        return reply.state


def _settle(session: Session, reply: Reply, outcome: _Outcome, now: datetime, terms: Terms) -> None:
    match outcome:
        case Posted():
            adopt(session, reply, outcome, now)
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
