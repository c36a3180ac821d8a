"""What delivering and verifying share: claiming a reply, and the frozen facts that a responder is given."""

import hashlib
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Table, bindparam, case, select, update
from sqlmodel import Session

from database.ledger import Moving
from models import Reply, ReplyState
from responders.around import Wanted, around, intent_of
from responders.base import OutgoingReply
from responders.policy import Refusal, refusal

_LANGUAGES = ("pt", "en", "es")


def text_hash(body: str) -> str:
    """By which delivery knows the text that was approved."""
    return hashlib.sha256(body.encode()).hexdigest()


# Built once, and run past the object mapper: for statements as small as these, both cost more than running them.
_REPLIES: Table = Reply.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_REPLY = select(_REPLIES).where(_REPLIES.c.id == bindparam("reply"))
_CLAIM = (
    update(_REPLIES)
    .where(
        _REPLIES.c.id == bindparam("reply"),
        _REPLIES.c.state.in_(bindparam("states", expanding=True)),
        _REPLIES.c.next_attempt_at <= bindparam("moment"),
        _REPLIES.c.claimed_until.is_(None) | (_REPLIES.c.claimed_until < bindparam("moment")),
    )
    .values(
        claim=bindparam("token"),
        claimed_until=bindparam("until"),
        fence=_REPLIES.c.fence + 1,
        # Who held it and never gave it back looked in vain, as far as anybody knows.
        looked=_REPLIES.c.looked + case((_REPLIES.c.claim.is_not(None), 1), else_=0),
    )
)
# Who holds the claim still, and holds it long enough: on PostgreSQL the row is locked until the commit.
_HELD = _REPLY.where(
    _REPLIES.c.claim == bindparam("token"), _REPLIES.c.claimed_until > bindparam("moment")
).with_for_update()


@dataclass(frozen=True)
class Claimed:
    """A reply taken for one attempt, with what is around it; the token must be shown to write the outcome.

    `row` holds the columns of the reply by their names, `around` those of `responders.around`.
    """

    token: str
    state: ReplyState
    row: Row[Any]
    around: Row[Any]

    @property
    def moving(self) -> Moving:
        row = self.row
        return Moving(row.id, row.case_id, row.mention_id, self.state, self.token)

    @property
    def never_sent(self) -> bool:
        """Whether no request for this reply has left, as far as this database knows."""
        return self.row.attempts == 0 and self.row.sending_at is None

    def outgoing(self) -> OutgoingReply:
        """The reply as its responder sees it."""
        return _frozen(self.row, self.around)

    def why_not(self, now: datetime, staleness: timedelta) -> str:
        """What changed since the approval so that the reply must not go out; "" when nothing did."""
        row, seen = self.row, self.around
        if text_hash(row.body) != row.body_hash:
            return "frozen_text: the text is not the one that was approved"
        if row.text_revision != seen.text_revision:
            return "edited: the customer edited the post after the answer was written; read it again"
        forbidden = refusal(intent_of(wanted_of(row), seen), now, staleness)
        if forbidden is not None:
            return f"{forbidden.rule}: {forbidden.reason}"
        if seen.thread_mark > row.thread_mark:
            return "thread: something was said in the conversation since the approval; read it again"
        if row.case_version != seen.case_version:
            return "case_version: the case changed since the approval; read it again"
        return ""


def claim(
    session: Session, reply_id: int, states: Collection[ReplyState], now: datetime, lease: timedelta
) -> Claimed | None:
    """Take a due reply for one attempt; None when it is not due, in another state, or somebody else has it."""
    token = uuid.uuid4().hex
    asked = {"reply": reply_id, "states": list(states), "moment": now, "token": token, "until": now + lease}
    connection = session.connection()
    if connection.execute(_CLAIM, asked).rowcount != 1:
        return None
    return _claimed(session, token, connection.execute(_REPLY, {"reply": reply_id}).one(), now)


def still_claimed(session: Session, claimed: Claimed, now: datetime) -> Claimed | None:
    """The same claim with everything read anew; None once it is somebody else's, or its lease is over."""
    asked = {"reply": claimed.row.id, "token": claimed.token, "moment": now}
    row = session.connection().execute(_HELD, asked).one_or_none()
    if row is None or row.state is not claimed.state:
        return None
    return _claimed(session, claimed.token, row, now)


def _claimed(session: Session, token: str, row: Row[Any], now: datetime) -> Claimed | None:
    seen = around(session, wanted_of(row), now)
    return None if seen is None else Claimed(token, row.state, row, seen)


def wanted_of(row: Any) -> Wanted:
    """Who wants to say what, of a reply: its row, or the object."""
    return Wanted(
        mention_id=row.mention_id,
        account_id=row.account_id,
        case_id=row.case_id,
        purpose=row.purpose,
        automatic=row.automatic,
        private=row.private,
        sequence=row.sequence,
        reply_id=row.id or 0,
    )


def released(next_attempt_at: datetime | None) -> dict[str, Any]:
    """What giving the claim back changes in a row; None for a person must act first."""
    return {"claim": None, "claimed_until": None, "next_attempt_at": next_attempt_at}


def release(reply: Reply, next_attempt_at: datetime | None) -> None:
    """Give the claim back and say when to look at the reply next; None when a person must act first."""
    reply.claim = reply.claimed_until = None
    reply.next_attempt_at = next_attempt_at


def outgoing(session: Session, reply: Reply, now: datetime) -> OutgoingReply:
    """The reply as its responder sees it: the same at every attempt."""
    session.flush()
    row = session.connection().execute(_REPLY, {"reply": reply.id}).one()
    seen = around(session, wanted_of(row), now)
    if seen is None:
        raise LookupError(f"reply {reply.id} has lost its mention or its account")
    return _frozen(row, seen)


def _frozen(row: Row[Any], seen: Row[Any]) -> OutgoingReply:
    return OutgoingReply(
        key=row.key,
        body=row.body,
        purpose=row.purpose,
        mention_external_id=seen.external_id,
        mention_url=seen.url,
        mention_posted_at=seen.posted_at,
        thread_external_id=seen.thread,
        author_handle=seen.handle or "",
        approved_at=row.approved_at or row.drafted_at,
        visibility=seen.visibility,
        lang=seen.lang if seen.lang in _LANGUAGES else "",
        automatic=row.automatic,
        private=row.private,
        extra=seen.extra,
    )


def refused(session: Session, wanted: Wanted, now: datetime, staleness: timedelta) -> Refusal | None:
    """The platform's rule that forbids this reply now, if any."""
    session.flush()
    seen = around(session, wanted, now)
    return None if seen is None else refusal(intent_of(wanted, seen), now, staleness)
