"""The step that publishes an approved reply: claim, look, commit, post once, record; the network between transactions.

Who reads this: `sending` is committed before the first byte leaves, and after that nothing but a refusal that the
platform put in words, or a connection that never opened, says that nothing was published.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Engine

from database.crash import crash_point
from database.engine import transaction
from database.ledger import OUVIDOR, move_claimed
from errors import ByHandError, ChannelError, NeedsAttentionError, OutcomeUnknownError, TryLaterError
from models import Reply, ReplyState
from responders.base import OutgoingReply, Posted, Responder
from responders.fuses import blow, blown
from responders.outbox import Claimed, claim, release, released, still_claimed
from responders.policy import POLICIES
from responders.settle import (
    UNTOLD_WAIT,
    Outcome,
    RefusedHere,
    Terms,
    adopt_claimed,
    give_to_person,
    look_again,
    looked_too_often,
    settle,
    unforeseen,
)

__all__ = ["UNTOLD_WAIT", "Doings", "Terms", "deliver"]

_STOPPED_WAIT = timedelta(seconds=5)  # before a reply that a stop holds back is looked at again
_FRESH = 0.5  # seconds from the last look into the database to the first byte: a stop holds within one second
_REMEMBERED = 10_000  # keys of replies that this process sent


def seconds() -> float:
    """Seconds of the machine, with those in which it was suspended: on Linux the usual clock leaves them out."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Doings:
    """What this process knows of its own doings, whatever becomes of its database meanwhile."""

    def __init__(self) -> None:
        self._sent: dict[str, None] = {}

    def note(self, key: str) -> None:
        """The request of the reply with this key is about to leave."""
        if len(self._sent) >= _REMEMBERED:
            del self._sent[next(iter(self._sent))]
        self._sent[key] = None

    def forget(self, key: str) -> None:
        """The platform said that nothing was published."""
        self._sent.pop(key, None)

    def sent(self, key: str) -> bool:
        """Whether a request for the reply with this key left here, and nobody said that nothing came of it."""
        return key in self._sent


@dataclass(frozen=True)
class _Now:
    """The times that one delivery goes by."""

    clock: Callable[[], datetime]
    stopwatch: Callable[[], float]  # seconds of the machine, which no virtual clock stops


def deliver(
    engine: Engine,
    responder: Responder,
    reply_id: int,
    now: datetime,
    terms: Terms | None = None,
    clock: Callable[[], datetime] | None = None,
    doings: Doings | None = None,
    *,
    stopwatch: Callable[[], float] = seconds,
) -> ReplyState | None:
    """Publish one approved reply, at most once; the state it came to, None when nothing was sent or adopted.

    It looks before it posts: a reply of ours that stands there already is adopted. Then everything that may forbid
    sending is read once more, and `sending` is committed with attempt, fence and time before the request leaves.
    `clock` tells when that was and when the answer came; without it both are `now`. Never posts again after an unknown
    outcome.
    """
    terms, at = terms or Terms(), _Now(clock or (lambda: now), stopwatch)
    doings = doings or Doings()
    claimed = _take(engine, reply_id, now, terms)
    if claimed is None:
        return None
    crash_point("deliver.claimed")
    outgoing = claimed.outgoing()
    found = _look(responder, claimed, outgoing)
    crash_point("deliver.looked")
    if found is not None:
        return _without_sending(engine, claimed, found, at.clock())
    if claimed.never_sent and doings.sent(outgoing.key):
        forgotten = "forgotten: this process sent it, and its database does not know; run `ouvidor recover`"
        _refuse(engine, claimed, forgotten, at.clock())
        return None
    sending = _commit(engine, claimed, at, terms)
    if sending is None:
        return None
    crash_point("deliver.sending")
    doings.note(outgoing.key)
    outcome = _post(responder, outgoing)
    if isinstance(outcome, ChannelError) and not isinstance(outcome, OutcomeUnknownError):
        doings.forget(outgoing.key)
    crash_point("deliver.answered")
    state = _record(engine, sending, outcome, at.clock(), terms)
    crash_point("deliver.recorded")
    return state


def _take(engine: Engine, reply_id: int, now: datetime, terms: Terms) -> Claimed | None:
    """The reply, ours for the length of the lease, when nothing that is known already forbids sending it."""
    with transaction(engine) as session:
        claimed = claim(session, reply_id, (ReplyState.APPROVED,), now, terms.lease)
        if claimed is None:
            return None
        if _waits(claimed):
            release(session.get_one(Reply, reply_id), now + _STOPPED_WAIT)
            return None
        reason = claimed.why_not(now, terms.staleness) or looked_too_often(claimed)
        if reason:
            give_to_person(session, session.get_one(Reply, reply_id), now, reason)
            return None
        return claimed


def _waits(claimed: Claimed) -> bool:
    """Whether a person holds sending back for now: a stop, a paused account, a backup that is being read back."""
    seen = claimed.around
    return bool(seen.stopped or seen.paused_reason or seen.recovering)


def _look(responder: Responder, claimed: Claimed, reply: OutgoingReply) -> Outcome | None:
    """What makes posting needless or impossible; None when our reply was looked for and is not there."""
    try:
        return _looked_for(responder, claimed, reply)
    except Exception as defect:
        return unforeseen(defect)


def _looked_for(responder: Responder, claimed: Claimed, reply: OutgoingReply) -> Outcome | None:
    try:
        if responder.room_left(reply.body, reply.author_handle) < 0:
            return RefusedHere("too_long: the text is longer than the channel allows")
        found = responder.find(reply)
        if found is not None:
            return found
        return _answered_in_an_earlier_life(responder, claimed, reply)
    except NeedsAttentionError as error:
        # Where a person posts, the person looks: a page that only they can read must not keep the text from them.
        return None if POLICIES[claimed.around.channel].by_hand else error
    except (OutcomeUnknownError, ByHandError) as error:
        return TryLaterError(f"looking for our reply failed: {error}")  # looking publishes nothing
    except ChannelError as error:
        return error


def _answered_in_an_earlier_life(responder: Responder, claimed: Claimed, reply: OutgoingReply) -> RefusedHere | None:
    """After a backup was put back, whether our account has answered the post in words that this database forgot.

    What a person approves since then was written with the thread before their eyes.
    """
    recovered_at = claimed.around.recovered_at
    own_posts = getattr(responder, "own_posts", None)
    if recovered_at is None or reply.mention_posted_at > recovered_at or not reply.automatic or own_posts is None:
        return None
    for post in own_posts(reply.mention_posted_at):
        if post.parent_external_id == reply.mention_external_id:
            return RefusedHere("any.answered: our account answered the post before the backup was put back")
    return None


def _without_sending(engine: Engine, claimed: Claimed, found: Outcome, now: datetime) -> ReplyState | None:
    """Adopt what stands there, or note why looking failed; nothing has left."""
    with transaction(engine) as session:
        held = still_claimed(session, claimed, now)
        if held is None:
            return None
        if isinstance(found, Posted):
            return adopt_claimed(session, held, found, now)
        reply = session.get_one(Reply, claimed.row.id)
        look_again(session, reply, found, now)
        return reply.state


def _refuse(engine: Engine, claimed: Claimed, reason: str, now: datetime) -> None:
    with transaction(engine) as session:
        if still_claimed(session, claimed, now) is not None:
            give_to_person(session, session.get_one(Reply, claimed.row.id), now, reason)


def _commit(engine: Engine, claimed: Claimed, at: _Now, terms: Terms) -> Claimed | None:
    """The reply as `sending`, on disk, with nothing in the way a moment ago; None when something is.

    From here on the request may have left: a crash finds this row and looks before anything else.
    """
    began = at.stopwatch()
    sending = _mark_sending(engine, claimed, at.clock(), terms)
    # A machine that slept between the commit and here would send what was stopped meanwhile.
    while sending is not None and at.stopwatch() - began >= _FRESH:
        began = at.stopwatch()
        sending = _looked_at_anew(engine, sending, at.clock(), terms)
    return sending


def _mark_sending(engine: Engine, claimed: Claimed, now: datetime, terms: Terms) -> Claimed | None:
    with transaction(engine) as session:
        held = still_claimed(session, claimed, now)
        if held is None:
            return None
        if _waits(held):
            release(session.get_one(Reply, held.row.id), now + _STOPPED_WAIT)
            return None
        reason = held.why_not(now, terms.staleness)
        if reason:
            give_to_person(session, session.get_one(Reply, held.row.id), now, reason)
            return None
        fuse = blown(session, held.row, now, terms.fuses)
        if fuse:
            blow(session, held.row.account_id, fuse, now)
            release(session.get_one(Reply, held.row.id), now + _STOPPED_WAIT)
            return None
        attempt = held.row.attempts + 1
        told = {"attempt": str(attempt), "fence": str(held.row.fence)}
        changes = {"attempts": attempt, "sending_at": now}
        is_ours = move_claimed(session, held.moving, ReplyState.SENDING, OUVIDOR, now, changes, detail=told)
        return replace(held, state=ReplyState.SENDING) if is_ours else None  # its row is as it was before


def _looked_at_anew(engine: Engine, sending: Claimed, now: datetime, terms: Terms) -> Claimed | None:
    """The same, where its request has not left yet though it was marked as sending a while ago."""
    with transaction(engine) as session:
        held = still_claimed(session, sending, now)
        if held is None:
            return None  # whoever took it over looks for what we might have sent, and finds nothing
        if _waits(held) or held.why_not(now, terms.staleness):
            before = {"sending_at": sending.row.sending_at, "attempts": sending.row.attempts}
            changes = {**released(now + _STOPPED_WAIT), **before}
            move_claimed(session, held.moving, ReplyState.APPROVED, OUVIDOR, now, changes, detail={"held": "yes"})
            return None
        return sending


def _post(responder: Responder, reply: OutgoingReply) -> Posted | ChannelError:
    try:
        return responder.post(reply)
    except ChannelError as error:
        return error


def _record(
    engine: Engine, sending: Claimed, outcome: Posted | ChannelError, now: datetime, terms: Terms
) -> ReplyState | None:
    with transaction(engine) as session:
        if isinstance(outcome, Posted):
            return adopt_claimed(session, sending, outcome, now)
        reply = session.get_one(Reply, sending.row.id)
        if reply.claim != sending.token or reply.state is not ReplyState.SENDING:
            return None  # we slept past our lease; who took over looks for what we did
        settle(session, reply, outcome, now, terms.settle_on(sending.around.channel), sending.row.sending_at)
        return reply.state
