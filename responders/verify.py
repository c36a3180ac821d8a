"""The step that reads back what we published: it looks, it never posts."""

from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from database.alarms import raise_alarm
from database.crash import crash_point
from database.engine import transaction
from database.ledger import OUVIDOR, move, move_claimed
from errors import ChannelError, RateLimitedError
from models import Reply, ReplyState
from responders.base import Posted, Responder
from responders.outbox import Claimed, claim, release, released
from responders.settle import Terms, adopt_claimed, is_anothers, unforeseen

LOOKED_FOR = (ReplyState.POSTED, ReplyState.UNKNOWN, ReplyState.BY_HAND)
_MOST_LOOKS = 6  # of a reply that the platform confirmed, before a person is told that it cannot be seen
_RETRY = timedelta(minutes=1)
_BY_HAND_LOOK = timedelta(minutes=10)
_LONGEST_BLIND = timedelta(hours=1)  # in which every look failed, before a person is asked


def verify(
    engine: Engine, responder: Responder, reply_id: int, now: datetime, terms: Terms | None = None
) -> ReplyState | None:
    """Look for one reply in its thread and record what was seen; the state it is in, None when it was not due.

    An unknown one that is not there once the settle window has passed goes to a person.
    """
    terms = terms or Terms()
    with transaction(engine) as session:
        claimed = claim(session, reply_id, LOOKED_FOR, now, terms.lease)
        if claimed is None:
            return None
    seen: Posted | ChannelError | None
    try:
        seen = responder.find(claimed.outgoing())
    except ChannelError as error:
        seen = error
    except Exception as defect:
        seen = unforeseen(defect)
    crash_point("verify.looked")
    with transaction(engine) as session:
        state = _found(session, claimed, seen, now) if isinstance(seen, Posted) else None
        if not isinstance(seen, Posted):
            reply = session.get_one(Reply, reply_id)
            if reply.claim != claimed.token:
                return None
            _record(session, reply, seen, now, terms.settle_on(claimed.around.channel))
            state = reply.state
    crash_point("verify.recorded")
    return state


def _found(session: Session, claimed: Claimed, seen: Posted, now: datetime) -> ReplyState | None:
    """It stands there: adopted where that was not known, and verified; None where the claim was lost."""
    if claimed.state is not ReplyState.POSTED:
        adopted = adopt_claimed(session, claimed, seen, now)
        if adopted is not ReplyState.POSTED:
            return adopted
        reply = session.get_one(Reply, claimed.row.id, populate_existing=True)
        reply.verified_at, reply.frozen_at = now, None
        release(reply, None)
        move(session, reply, ReplyState.VERIFIED, OUVIDOR, now)
        return ReplyState.VERIFIED
    external_id = claimed.row.external_id
    if not external_id and not is_anothers(session, claimed.row.account_id, claimed.row.id, seen):
        external_id = seen.external_id
    changes = {**released(None), "external_id": external_id, "url": claimed.row.url or seen.url, "verified_at": now}
    is_ours = move_claimed(session, claimed.moving, ReplyState.VERIFIED, OUVIDOR, now, changes)
    return ReplyState.VERIFIED if is_ours else None


def _record(session: Session, reply: Reply, seen: ChannelError | None, now: datetime, window: timedelta) -> None:
    match seen:
        case RateLimitedError(retry_after=wait):
            release(reply, now + (_RETRY if wait is None else wait))
        case ChannelError():
            _could_not_look(session, reply, now, window, seen)
        case None:
            _not_there(session, reply, now, window)
    session.add(reply)


def _not_there(session: Session, reply: Reply, now: datetime, window: timedelta) -> None:
    reply.looked += 1
    if reply.state is ReplyState.BY_HAND:
        release(reply, now + _BY_HAND_LOOK)
        return
    if reply.state is ReplyState.UNKNOWN:
        settled = (reply.frozen_at or reply.sending_at or now) + window
        if now < settled:
            release(reply, settled)
            return
        told = "sent with an unknown outcome, and not to be seen since"
        if reply.frozen_at is not None:
            told = "a backup was put back: it is not to be seen, and may have been sent and taken away since"
        _ask_person(session, reply, now, "reply_needs_human", told)
        return
    if reply.looked < _MOST_LOOKS:
        release(reply, now + timedelta(seconds=15) * 2**reply.looked)
        return
    _ask_person(session, reply, now, "reply_vanished", "the platform confirmed it, but it cannot be seen")


def _could_not_look(session: Session, reply: Reply, now: datetime, window: timedelta, error: ChannelError) -> None:
    """A look that fails says nothing of the reply; one that keeps failing must not hide it from people."""
    reply.last_error = f"not verified: {error}"[:500]
    reply.looked += 1
    patience = max(window, _LONGEST_BLIND)
    is_blind = now - (reply.frozen_at or reply.sending_at or reply.posted_at or now) >= patience
    if is_blind and reply.looked >= _MOST_LOOKS and reply.state is not ReplyState.BY_HAND:
        _ask_person(session, reply, now, "reply_needs_human", f"it cannot be looked for: {error}"[:500])
        return
    release(reply, now + _RETRY * 5)


def _ask_person(session: Session, reply: Reply, now: datetime, kind: str, reason: str) -> None:
    reply.last_error, reply.frozen_at = reason, None
    release(reply, None)
    move(session, reply, ReplyState.NEEDS_HUMAN, OUVIDOR, now)
    raise_alarm(session, kind, f"reply:{reply.id}", reason, now)
