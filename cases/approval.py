"""What a person decides about a reply: let it go out, say that it was posted, post it again, or leave it."""

import hashlib
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Boolean, Integer, Row, and_, bindparam, case, func, or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from cases import gate
from database.ledger import OUVIDOR, move, move_at_once, must_wait, nothing_to_decide, plain_name
from errors import AnsweredAlreadyError, FourEyesError, IllegalMoveError, PolicyRefusedError
from models import Account, Alarm, Case, Mention, Reply, ReplyPurpose, ReplyState, TimelineEvent
from responders.around import Wanted, around, intent_of
from responders.outbox import refused, text_hash, wanted_of
from responders.policy import Refusal, refusal
from settings import Settings

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
        or_(col(Reply.automatic), col(Reply.was_automatic)),
        or_(col(Reply.state).not_in([ReplyState.DRAFT, ReplyState.DISCARDED]), col(Reply.sending_at).is_not(None)),
        *_IN_THREAD,
        col(Reply.profile_id).is_not_distinct_from(bindparam("profile")),
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
# The replies of the same kind to the same post that were approved: the highest number, and whether one may stand.
_BEFORE = select(
    func.max(Reply.sequence).label("highest"),
    func.coalesce(
        func.sum(
            case(
                (
                    and_(
                        # What the person alone read answers nobody in public, and the other way round.
                        col(Reply.private) == bindparam("private", type_=Boolean),
                        or_(col(Reply.state).in_([*_LIVE, ReplyState.NEEDS_HUMAN]), col(Reply.sending_at).is_not(None)),
                    ),
                    1,
                ),
                else_=0,
            )
        ),
        0,
    ).label("answered"),
).where(
    Reply.mention_id == bindparam("mention"),
    Reply.account_id == bindparam("account"),
    Reply.purpose == bindparam("purpose"),
    Reply.id != bindparam("reply"),
    Reply.key != "",
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


@dataclass(frozen=True)
class Terms:
    """What the operator and the approver say of one approval."""

    staleness: timedelta = STALENESS
    four_eyes: bool = False  # who wrote the text cannot approve it
    again: bool = False  # a person wants a second answer to a post that was answered
    override: str = ""  # the kind of the one finding that the approver lets pass: "phone", "asked:cpf"
    note: str = ""  # why
    contacts: Sequence[str] = ()  # the brand's own, which may always stand
    others: Literal["keep", "reject"] = "keep"  # what becomes of other drafts that answer the same post


def terms_of(settings: Settings, brand: str, *, again: bool = False, override: str = "", note: str = "") -> Terms:
    """The terms of a person's approval under the operator's settings; `brand` is a slug."""
    delivery = settings.delivery
    contacts = next((one.contacts for one in settings.brand if one.slug == brand), [])
    return Terms(delivery.staleness, delivery.four_eyes, again, override, note, contacts)


def approve(
    session: Session, reply: Reply, by: str, now: datetime, room_left: int | None = None, terms: Terms | None = None
) -> Reply:
    """Freeze a draft's text, the case's version and the state of the conversation, and put it in line for delivery.

    One approved reply an account, mention, purpose and sequence, by a unique index; a second one only where `terms`
    say `again`. PolicyRefusedError names the platform's rule; PersonalDataError what must not stand in public;
    IllegalMoveError says what else stands in the way. `room_left` is the responder's own counting.
    """
    terms = terms or Terms()
    mention = session.get_one(Mention, reply.mention_id)
    if reply.state is not ReplyState.DRAFT:
        raise IllegalMoveError(f"reply {reply.id} is {reply.state.value}: only a draft is approved", why="frozen")
    _must_be_allowed_to_approve(session, reply, by, terms)
    if reply.automatic and by != OUVIDOR:
        reply.automatic = False  # automation proposed it, a person sends it
    session.flush()
    wanted = wanted_of(reply)
    seen = around(session, wanted, now)
    forbidden = None if seen is None else refusal(intent_of(wanted, seen), now, terms.staleness)
    if forbidden is not None:
        raise PolicyRefusedError(forbidden.told(), rule=forbidden.rule)
    if reply.text_revision != mention.text_revision:
        raise IllegalMoveError(
            "the customer edited the post after this was written: read it again and save the draft", why="edited"
        )
    if room_left is not None and room_left < 0:
        raise IllegalMoveError(f"the text is {-room_left} characters too long for {mention.channel}", why="too_long")
    if is_said(session, mention, reply.body):
        raise IllegalMoveError("this very answer to this post is out, or on its way, already", why="said")
    _number(session, reply, terms)
    protocol = session.get_one(Case, reply.case_id).protocol
    finding = gate.passed(reply, mention.channel, protocol, terms.contacts, terms.override, terms.note)
    account = session.get_one(Account, reply.account_id)
    frozen = {
        "body_hash": text_hash(reply.body),
        "key": reply_key(account, mention, reply.purpose, reply.sequence),
        "approved_by": by,
        "approved_at": now,
        "next_attempt_at": now,
        "case_version": 0 if seen is None else seen.case_version or 0,
        "thread_mark": 0 if seen is None else seen.thread_mark,
        "override": finding,
        "override_note": terms.note.strip()[:500] if finding else "",
    }
    try:
        with _savepoint(session):
            move_at_once(session, reply, ReplyState.APPROVED, by, now, frozen)
    except IntegrityError:
        raise IllegalMoveError(
            f"another {reply.purpose.value} to this post was approved already: "
            "write a new draft to answer a second time",
            why="approved",
        ) from None
    if terms.others == "reject":
        _reject_others(session, reply, by, now)
    return reply


def _number(session: Session, reply: Reply, terms: Terms) -> None:
    """One answer to a post, and a second one only where a person says so: it takes the next number."""
    before = _before(session, reply)
    if before.answered and not terms.again:
        raise AnsweredAlreadyError(
            f"this post has its {reply.purpose.value} already: say that you want a second one, or leave it"
        )
    if before.highest and reply.sequence <= before.highest:
        reply.sequence = before.highest + 1
        session.flush()


def _before(session: Session, reply: Reply) -> Row[Any]:
    asked = {"mention": reply.mention_id, "account": reply.account_id, "purpose": reply.purpose}
    asked |= {"reply": reply.id, "private": reply.private}
    return session.connection().execute(_BEFORE, asked).one()


def _must_be_allowed_to_approve(session: Session, reply: Reply, by: str, terms: Terms) -> None:
    if not by.strip():
        raise IllegalMoveError("who approves must be named")
    if terms.four_eyes and not reply.automatic and plain_name(by) in _writers(session, reply):
        raise FourEyesError("who wrote a text does not approve it: ask a colleague")


def _writers(session: Session, reply: Reply) -> set[str]:
    """Everybody whose words may stand in a draft."""
    edits = select(TimelineEvent.by).where(
        TimelineEvent.case_id == reply.case_id,
        TimelineEvent.reply_id == reply.id,
        col(TimelineEvent.kind).in_(["drafted", "draft_edited"]),
    )
    return {plain_name(name) for name in (reply.drafted_by, *session.exec(edits))}


def _reject_others(session: Session, reply: Reply, by: str, now: datetime) -> None:
    """Drop the drafts that would have answered the same post."""
    others = select(Reply).where(
        Reply.mention_id == reply.mention_id,
        Reply.purpose == reply.purpose,
        Reply.state == ReplyState.DRAFT,
        Reply.id != reply.id,
    )
    for other in session.exec(others).all():
        move(session, other, ReplyState.DISCARDED, by, now, detail={"instead": str(reply.id)})


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
    must_wait(reply, ReplyState.POSTED)
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
    """A person looked and decided that it is not there: back in line, with the very same text and key.

    IllegalMoveError while it is still being looked for: whoever posts then may post twice. AnsweredAlreadyError where
    it was refused, and the post was answered otherwise since.
    """
    if reply.state not in (ReplyState.NEEDS_HUMAN, ReplyState.FAILED):
        raise nothing_to_decide(reply)
    if reply.state is ReplyState.FAILED and _before(session, reply).answered:
        # What was refused kept nobody from approving another: the two would both go out, and nobody said so.
        raise AnsweredAlreadyError(f"this post has another {reply.purpose.value} by now: leave this one")
    mention = session.get_one(Mention, reply.mention_id)
    session.flush()
    seen = around(session, wanted_of(reply), now)
    # Who decides has the post, the thread and the case before their eyes.
    reply.text_revision = mention.text_revision
    reply.case_version = 0 if seen is None else seen.case_version or 0
    reply.thread_mark = 0 if seen is None else seen.thread_mark
    reply.frozen_at = None
    reply.attempts, reply.looked = 1, 0  # it was sent before: it is looked for before it goes out
    reply.last_error = ""
    # From here on it is a person's act; but the person may have automation's already.
    reply.was_automatic = reply.was_automatic or reply.automatic
    reply.automatic = False
    reply.next_attempt_at = now
    reply.claim = reply.claimed_until = None
    move(session, reply, ReplyState.APPROVED, by, now, detail={"again": "yes"})
    _clear(session, reply, now)


def leave(session: Session, reply: Reply, by: str, now: datetime) -> None:
    """A person decided that it shall not go out, or that it does not matter whether it did."""
    must_wait(reply, ReplyState.DISCARDED)
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
    private: bool = False,
    case_id: int = 0,
    staleness: timedelta = STALENESS,
) -> Refusal | None:
    """Which rule would forbid answering this mention now; None when a person may."""
    wanted = Wanted(mention.id or 0, mention.account_id or 0, case_id, purpose, automatic=automatic, private=private)
    return refused(session, wanted, now, staleness)


def automatic_before(session: Session, mention: Mention) -> bool:
    """Whether an automatic reply to this person in this thread was ever approved."""
    return session.exec(_AUTOMATIC_BEFORE, params=conversation(mention)).first() is not None


def conversation(mention: Mention) -> dict[str, object]:
    """The parameters of `MAY_BE_CONVERSATION`."""
    thread = {"brand": mention.brand_id, "channel": mention.channel, "place": mention.place, "thread": mention.thread}
    return {**thread, "profile": mention.profile_id}


def _clear(session: Session, reply: Reply, now: datetime) -> None:
    session.execute(_CLEARED, {"of_reply": f"reply:{reply.id}", "now": now})
