"""What a person decides about a reply: let it go out, say that it was posted, post it again, or leave it."""

import hashlib
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta

from sqlalchemy import Integer, bindparam, or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from database.ledger import move, move_at_once
from errors import IllegalMoveError, PolicyRefusedError
from models import Account, Alarm, Case, Mention, Reply, ReplyPurpose, ReplyState
from responders.outbox import refused, text_hash
from responders.policy import Refusal

STALENESS = timedelta(hours=24)
_IN_THREAD = (
    col(Mention.brand_id) == bindparam("brand"),
    col(Mention.channel) == bindparam("channel"),
    col(Mention.place) == bindparam("place"),
    col(Mention.thread) == bindparam("thread"),
)
# One person's posts in one thread: what a statement asks for with `conversation`. An author whom we are not told, or
# no longer since the post was deleted, may be anybody's.
MAY_BE_CONVERSATION = (
    *_IN_THREAD,
    or_(
        col(Mention.profile_id) == bindparam("profile"),
        col(Mention.profile_id).is_(None),
        bindparam("profile", type_=Integer).is_(None),
    ),
)
# Built once: for statements as small as these, building costs more than running.
_AUTOMATIC_BEFORE = (
    select(Reply.id)
    .join(Mention, col(Mention.id) == Reply.mention_id)
    .where(
        col(Reply.automatic),
        col(Reply.state).not_in([ReplyState.DRAFT, ReplyState.DISCARDED]),
        *_IN_THREAD,
        col(Mention.profile_id).is_not_distinct_from(bindparam("profile")),
    )
    .limit(1)
)
_LIVE = (
    ReplyState.APPROVED,
    ReplyState.SENDING,
    ReplyState.UNKNOWN,
    ReplyState.BY_HAND,
    ReplyState.POSTED,
    ReplyState.VERIFIED,
)
_SAME_WORDS = (
    select(Reply.id)
    .where(
        Reply.mention_id == bindparam("mention"),
        Reply.account_id == bindparam("account"),
        Reply.body_hash == bindparam("words"),
        col(Reply.state).in_(_LIVE),
    )
    .limit(1)
)
_CLEARED = (
    update(Alarm)
    .where(
        col(Alarm.kind).in_(["reply_needs_human", "reply_failed", "reply_vanished"]),
        col(Alarm.subject) == bindparam("of_reply"),
        col(Alarm.cleared_at).is_(None),
    )
    .values(cleared_at=bindparam("now"))
    .execution_options(synchronize_session=False)
)


def approve(
    session: Session,
    reply: Reply,
    by: str,
    now: datetime,
    room_left: int | None = None,
    *,
    staleness: timedelta = STALENESS,
) -> Reply:
    """Freeze a draft's text and put it in line for delivery.

    One approved reply an account, mention, purpose and sequence, by a unique index. PolicyRefusedError names the
    platform's rule; IllegalMoveError says what else stands in the way. `room_left` is the responder's own counting.
    """
    mention = session.get_one(Mention, reply.mention_id)
    if reply.state is not ReplyState.DRAFT:
        raise IllegalMoveError(f"reply {reply.id} is {reply.state.value}: only a draft is approved")
    if not by.strip():
        raise IllegalMoveError("who approves must be named")
    forbidden = refused(session, reply, mention, now, staleness)
    if forbidden is not None:
        raise PolicyRefusedError(f"{forbidden.reason} ({forbidden.rule}); {forbidden.instead}", rule=forbidden.rule)
    if reply.text_revision != mention.text_revision:
        raise IllegalMoveError("the customer edited the post after this was written: read it again and save the draft")
    if room_left is not None and room_left < 0:
        raise IllegalMoveError(f"the text is {-room_left} characters too long for {mention.channel}")
    account = session.get_one(Account, reply.account_id)
    if is_said(session, mention, reply.body):
        raise IllegalMoveError("this very answer to this post is out, or on its way, already")
    frozen = {
        "body_hash": text_hash(reply.body),
        "key": reply_key(account, mention, reply.purpose, reply.sequence),
        "approved_by": by,
        "approved_at": now,
        "next_attempt_at": now,
    }
    try:
        with _savepoint(session):
            move_at_once(session, reply, ReplyState.APPROVED, by, now, frozen)
    except IntegrityError:
        raise IllegalMoveError(
            f"another {reply.purpose.value} to this post was approved already: "
            "write a new draft to answer a second time"
        ) from None
    return reply


def is_said(session: Session, mention: Mention, body: str) -> bool:
    """Whether these very words answer the post already, or are on their way."""
    asked = {"mention": mention.id, "account": mention.account_id, "words": text_hash(body)}
    return session.exec(_SAME_WORDS, params=asked).first() is not None


def _savepoint(session: Session) -> AbstractContextManager[object]:
    """To go on after a statement that a unique index refused; SQLite takes back that statement alone by itself."""
    return nullcontext() if session.get_bind().dialect.name == "sqlite" else session.connection().begin_nested()


def reply_key(account: Account, mention: Mention, purpose: ReplyPurpose, sequence: int) -> str:
    """The same for the same intent at every attempt, on every machine."""
    intent = "\n".join(
        (account.channel, account.place, account.handle, mention.external_id, purpose.value, str(sequence))
    )
    return hashlib.sha256(intent.encode()).hexdigest()[:32]


def posted_by_hand(session: Session, reply: Reply, url: str, by: str, now: datetime) -> None:
    """A person says that they posted it, and where; it is then looked for like any other."""
    if url and not url.startswith(("https://", "http://")):
        raise IllegalMoveError("the address of the post begins with https:// or http://")
    reply.url, reply.posted_at, reply.next_attempt_at = url, now, now
    reply.claim = reply.claimed_until = None
    reply.looked, reply.last_error = 0, ""
    move(session, reply, ReplyState.POSTED, by, now, detail={"by_hand": "yes"})
    case = session.get_one(Case, reply.case_id)
    if case.first_answer_at is None:
        case.first_answer_at = now
        session.add(case)
    _clear(session, reply, now)


def post_again(session: Session, reply: Reply, by: str, now: datetime) -> None:
    """A person looked and decided that it is not there: back in line, with the very same text and key."""
    if reply.state not in (ReplyState.NEEDS_HUMAN, ReplyState.FAILED):
        raise IllegalMoveError(f"reply {reply.id} is {reply.state.value}: there is nothing to decide")
    mention = session.get_one(Mention, reply.mention_id)
    reply.text_revision = mention.text_revision  # who decides has the post before their eyes
    reply.attempts, reply.looked = 1, 0  # it was sent before: it is looked for before it goes out
    reply.last_error = ""
    reply.automatic = False  # from here on it is a person's act
    reply.next_attempt_at = now
    reply.claim = reply.claimed_until = None
    move(session, reply, ReplyState.APPROVED, by, now, detail={"again": "yes"})
    _clear(session, reply, now)


def leave(session: Session, reply: Reply, by: str, now: datetime) -> None:
    """A person decided that it shall not go out, or that it does not matter whether it did."""
    reply.next_attempt_at = None
    move(session, reply, ReplyState.DISCARDED, by, now)
    _clear(session, reply, now)


def would_refuse(
    session: Session,
    mention: Mention,
    purpose: ReplyPurpose,
    now: datetime,
    *,
    automatic: bool = False,
    staleness: timedelta = STALENESS,
) -> Refusal | None:
    """Which rule would forbid answering this mention now; None when a person may."""
    intent = Reply(
        case_id=0,
        mention_id=mention.id or 0,
        account_id=mention.account_id or 0,
        purpose=purpose,
        body="",
        automatic=automatic,
        drafted_by="",
        drafted_at=now,
    )
    return refused(session, intent, mention, now, staleness)


def automatic_before(session: Session, mention: Mention) -> bool:
    """Whether an automatic reply to this person in this thread was ever approved."""
    return session.exec(_AUTOMATIC_BEFORE, params=conversation(mention)).first() is not None


def conversation(mention: Mention) -> dict[str, object]:
    """The parameters of `MAY_BE_CONVERSATION`."""
    thread = {"brand": mention.brand_id, "channel": mention.channel, "place": mention.place, "thread": mention.thread}
    return {**thread, "profile": mention.profile_id}


def _clear(session: Session, reply: Reply, now: datetime) -> None:
    session.execute(_CLEARED, {"of_reply": f"reply:{reply.id}", "now": now})
