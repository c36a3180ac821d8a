"""What became of one attempt, written down: adopted, refused, unknown, or back into the line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import assert_never

import structlog
from sqlalchemy import Engine, Table, bindparam, select, update
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from database.alarms import raise_alarm
from database.engine import one_at_a_time_on, transaction
from database.ledger import OUVIDOR, move, move_claimed
from errors import (
    ByHandError,
    ChannelError,
    NeedsAttentionError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    TryLaterError,
)
from models import Account, Case, Mention, Reply, ReplyState
from responders.base import Posted
from responders.fuses import BLOWN, Fuses
from responders.outbox import Claimed, release, released

FIRST_LOOK = timedelta(seconds=5)  # after posting: read-back lags a little everywhere
UNTOLD_WAIT = timedelta(minutes=1)
_MOST_ATTEMPTS = 12
_LONGEST_BACKOFF = timedelta(minutes=30)
_BY_HAND_LOOK = timedelta(minutes=10)
_TAKEN = "what stands there is another reply of ours already; look at the thread"

_log = structlog.get_logger()
_CASES: Table = Case.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_REPLIES: Table = Reply.__table__  # type: ignore[attr-defined]
_MENTIONS: Table = Mention.__table__  # type: ignore[attr-defined]
# Built once: for statements as small as these, building costs more than running.
_FIRST_ANSWER = (
    update(_CASES)
    .where(_CASES.c.id == bindparam("answered"), _CASES.c.first_answer_at.is_(None))
    .values(first_answer_at=bindparam("at"))
)
_ANOTHERS = (
    select(_REPLIES.c.id)
    .where(
        _REPLIES.c.account_id == bindparam("account"),
        _REPLIES.c.external_id == bindparam("external"),
        _REPLIES.c.id != bindparam("reply"),
    )
    .limit(1)
)
# Where a post is known by its thread alone, the same words under it may be those of a reply without a number yet.
_PERHAPS_ANOTHERS = (
    select(_REPLIES.c.id)
    .join(_MENTIONS, _MENTIONS.c.id == _REPLIES.c.mention_id)
    .where(
        _REPLIES.c.account_id == bindparam("account"),
        _REPLIES.c.external_id == "",
        _REPLIES.c.body_hash == bindparam("words"),
        _REPLIES.c.sending_at.is_not(None) | _REPLIES.c.posted_at.is_not(None),
        _REPLIES.c.mention_id != bindparam("mention"),
        _MENTIONS.c.thread == bindparam("thread"),
    )
    .limit(1)
)


@dataclass(frozen=True)
class Terms:
    """The operator's limits of delivery."""

    settle: timedelta = timedelta(minutes=2)  # after an unknown outcome, before concluding that nothing is there
    staleness: timedelta = timedelta(hours=24)
    lease: timedelta = timedelta(minutes=5)
    settle_by_channel: Mapping[str, timedelta] = field(default_factory=dict)
    fuses: Fuses = field(default_factory=Fuses)

    def settle_on(self, channel: str) -> timedelta:
        """The settle window of a channel."""
        return self.settle_by_channel.get(channel, self.settle)


@dataclass(frozen=True)
class RefusedHere:
    """Refused by us before the network."""

    reason: str


Outcome = Posted | ChannelError | RefusedHere


def adopt_claimed(session: Session, claimed: Claimed, posted: Posted, now: datetime) -> ReplyState | None:
    """Our reply stands there: note where on reply and case; None where the claim was lost."""
    if is_anothers(session, claimed.row.account_id, claimed.row.id, posted) or _is_perhaps_anothers(session, claimed):
        changes = {**released(None), "last_error": _TAKEN}
        if not move_claimed(session, claimed.moving, ReplyState.NEEDS_HUMAN, OUVIDOR, now, changes):
            return None
        raise_alarm(session, "reply_needs_human", f"reply:{claimed.row.id}", _TAKEN, now)
        return ReplyState.NEEDS_HUMAN
    posted_at = posted.posted_at or now
    changes = {
        **released(now + FIRST_LOOK),
        "external_id": posted.external_id,
        "url": posted.url,
        "posted_at": posted_at,
        "last_error": "",
        "looked": 0,
    }
    how = {"adopted": "yes"} if claimed.state is ReplyState.APPROVED else {}
    if not move_claimed(session, claimed.moving, ReplyState.POSTED, OUVIDOR, now, changes, detail=how):
        return None
    session.connection().execute(_FIRST_ANSWER, {"answered": claimed.row.case_id, "at": posted_at})
    return ReplyState.POSTED


def is_anothers(session: Session, account_id: int, reply_id: int, posted: Posted) -> bool:
    """Whether another reply of the account is what was found: one post answers for one reply alone."""
    if not posted.external_id:
        return False
    one_at_a_time_on(session.connection(), account_id, posted.external_id)  # another may be adopting it now
    asked = {"account": account_id, "external": posted.external_id, "reply": reply_id}
    return session.connection().execute(_ANOTHERS, asked).first() is not None


def _is_perhaps_anothers(session: Session, claimed: Claimed) -> bool:
    """Whether what stands there, of a reply that was not sent yet, may be what was sent for another in its thread."""
    if claimed.state is not ReplyState.APPROVED:
        return False
    row = claimed.row
    asked = {"account": row.account_id, "words": row.body_hash, "mention": row.mention_id}
    found = session.connection().execute(_PERHAPS_ANOTHERS, {**asked, "thread": claimed.around.thread})
    return found.first() is not None


def settle(
    session: Session, reply: Reply, outcome: ChannelError, now: datetime, window: timedelta, before: datetime | None
) -> None:
    """What an attempt that left, or tried to, came to when nothing was confirmed.

    `before` is when an earlier request of the reply may have left: what this one came to says nothing of that one.
    """
    if not isinstance(outcome, OutcomeUnknownError):
        reply.sending_at = before
    match outcome:
        case OutcomeUnknownError():
            reply.last_error = str(outcome)[:500]
            release(reply, now + window)
            move(session, reply, ReplyState.UNKNOWN, OUVIDOR, now)
        case ByHandError():
            release(reply, now + _BY_HAND_LOOK)
            move(session, reply, ReplyState.BY_HAND, OUVIDOR, now)
        case RejectedError():
            _stop(session, reply, ReplyState.FAILED, now, str(outcome))
        case NeedsAttentionError():
            _pause(session, reply, outcome, now)
            _again(session, reply, now, UNTOLD_WAIT, outcome)
        case RateLimitedError(retry_after=wait):
            reply.attempts -= 1  # waiting in line is no attempt
            _again(session, reply, now, UNTOLD_WAIT if wait is None else wait, outcome)
        case ChannelError():
            if reply.attempts >= _MOST_ATTEMPTS:
                give_to_person(session, reply, now, f"not sent after {reply.attempts} attempts: {outcome}")
                return
            _again(session, reply, now, _backoff(reply.attempts), outcome)
        case _:
            assert_never(outcome)


def look_again(session: Session, reply: Reply, found: ChannelError | RefusedHere, now: datetime) -> None:
    """The look before sending failed, or we refuse: nothing has left, and the reply stays in line or stops."""
    match found:
        case RefusedHere(reason=reason) if reason.startswith("too_long"):
            _stop(session, reply, ReplyState.FAILED, now, reason)
            return
        case RefusedHere(reason=reason):
            give_to_person(session, reply, now, reason)
            return
        case RejectedError():
            _stop(session, reply, ReplyState.FAILED, now, str(found))
            return
        case RateLimitedError(retry_after=wait):
            pause = UNTOLD_WAIT if wait is None else wait
        case NeedsAttentionError():
            _pause(session, reply, found, now)
            pause = UNTOLD_WAIT
        case ChannelError():
            reply.looked += 1
            if reply.looked >= _MOST_ATTEMPTS:
                give_to_person(session, reply, now, f"it cannot be looked for, so it is not sent: {found}")
                return
            pause = _backoff(reply.looked)
    reply.last_error = f"{type(found).__name__}: {found}"[:500]
    release(reply, now + pause)
    session.add(reply)


def unforeseen(defect: Exception) -> TryLaterError:
    """A look that failed as nobody foresaw: our fault perhaps, and no reason to look for ever and tell nobody."""
    _log.error("look_failed", error=type(defect).__name__, exc_info=defect)
    return TryLaterError(f"looking failed as nobody foresaw: {type(defect).__name__}")


def looked_too_often(claimed: Claimed) -> str:
    """Why a reply is looked for no more before it is sent; "" while it is."""
    if claimed.row.looked < _MOST_ATTEMPTS:
        return ""
    return "it cannot be looked for, so it is not sent: looking takes longer than its lease, or fails without a word"


def _backoff(attempts: int) -> timedelta:
    doublings = min(max(attempts - 1, 0), 10)
    return min(timedelta(seconds=15) * (1 << doublings), _LONGEST_BACKOFF)


def _pause(session: Session, reply: Reply, error: NeedsAttentionError, now: datetime) -> None:
    account = session.get_one(Account, reply.account_id)
    if not account.paused_reason.startswith(BLOWN):  # which only a person lifts
        account.paused_reason = str(error)[:500]
    session.add(account)
    raise_alarm(session, "account_paused", f"account:{account.id}", f"{account.name}: {error}", now)


def _again(session: Session, reply: Reply, now: datetime, wait: timedelta, error: ChannelError) -> None:
    """Nothing was published: back into the line."""
    reply.last_error = f"{type(error).__name__}: {error}"[:500]
    release(reply, now + wait)
    move(session, reply, ReplyState.APPROVED, OUVIDOR, now, detail={"error": type(error).__name__})


def _stop(session: Session, reply: Reply, to: ReplyState, now: datetime, reason: str) -> None:
    reply.last_error = reason[:500]
    release(reply, None)
    move(session, reply, to, OUVIDOR, now)
    raise_alarm(session, f"reply_{to.value}", f"reply:{reply.id}", reason[:500], now)


def give_to_person(session: Session, reply: Reply, now: datetime, reason: str) -> None:
    """Nothing more happens to it until a person decides."""
    _stop(session, reply, ReplyState.NEEDS_HUMAN, now, reason)


def reclaim(engine: Engine, now: datetime, terms: Terms | None = None) -> int:
    """Replies whose sender died in the middle become unknown: they are looked for, never sent again unasked.

    How many there were.
    """
    terms = terms or Terms()
    with transaction(engine) as session:
        dead = session.exec(
            select_rows(Reply, Account.channel)
            .join(Account, col(Account.id) == Reply.account_id)
            .where(Reply.state == ReplyState.SENDING, col(Reply.claimed_until) < now)
            .with_for_update(of=Reply, skip_locked=True)
        ).all()
        for reply, channel in dead:
            reply.last_error = "the sender stopped in the middle"
            release(reply, max(now, (reply.sending_at or now) + terms.settle_on(channel)))
            move(session, reply, ReplyState.UNKNOWN, OUVIDOR, now)
    return len(dead)
