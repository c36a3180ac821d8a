"""What delivering and verifying share: claiming a reply, and the frozen facts that a responder is given."""

import hashlib
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, String, Table, and_, bindparam, cast, or_, select, update
from sqlmodel import Session

from database.ledger import Moving
from models import Account, Case, CaseMention, CaseState, Correction, Mention, Profile, Reply, ReplyState, VerdictRow
from responders.base import OutgoingReply
from responders.policy import Intent, Refusal, refusal

_LANGUAGES = ("pt", "en", "es")
_CLOSED = (CaseState.RESOLVED, CaseState.DISMISSED)


def text_hash(body: str) -> str:
    """By which delivery knows the text that was approved."""
    return hashlib.sha256(body.encode()).hexdigest()


# Built once, and run past the object mapper: for statements as small as these, both cost more than running them.
_REPLIES: Table = Reply.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_MENTIONS: Table = Mention.__table__  # type: ignore[attr-defined]
_ACCOUNTS: Table = Account.__table__  # type: ignore[attr-defined]
_CASES: Table = Case.__table__  # type: ignore[attr-defined]
_PROFILES: Table = Profile.__table__  # type: ignore[attr-defined]
_LINKS: Table = CaseMention.__table__  # type: ignore[attr-defined]
_VERDICTS: Table = VerdictRow.__table__  # type: ignore[attr-defined]
_CORRECTIONS: Table = Correction.__table__  # type: ignore[attr-defined]
_IN_FORCE = _VERDICTS.alias()
_HEARD = _MENTIONS.alias()
_OTHERS = _REPLIES.alias()
# Another reply to the same post may stand where this one is looked for: it has this one's text, or nobody knows.
_ANOTHER_WAS_SENT = (
    select(_OTHERS.c.id)
    .where(
        _OTHERS.c.mention_id == _REPLIES.c.mention_id,
        _OTHERS.c.account_id == _REPLIES.c.account_id,
        _OTHERS.c.id != _REPLIES.c.id,
        _OTHERS.c.sending_at.is_not(None),
        (_OTHERS.c.state != ReplyState.VERIFIED) | (_OTHERS.c.body_hash == _REPLIES.c.body_hash),
    )
    .correlate(_REPLIES)
    .exists()
)
# Whoever takes a hold away, by a click or by editing the post, must not bring automation to answer.
_HELD = cast(_VERDICTS.c.holds, String) != "[]"
_HELD_IN_CASE = (
    select(_VERDICTS.c.id)
    .join(_LINKS, _LINKS.c.mention_id == _VERDICTS.c.mention_id)
    .where(_LINKS.c.case_id == _REPLIES.c.case_id, _HELD)
    .correlate(_REPLIES)
    .exists()
)
# What the person said in the thread without a case counts as well, and what somebody said whom we are not told.
_IN_CONVERSATION = (
    *(_HEARD.c[name] == _MENTIONS.c[name] for name in ("brand_id", "channel", "place", "thread")),
    or_(
        _HEARD.c.profile_id == _MENTIONS.c.profile_id,
        _HEARD.c.profile_id.is_(None),
        _MENTIONS.c.profile_id.is_(None),
    ),
)
_HELD_IN_CONVERSATION = (
    select(_VERDICTS.c.id)
    .join(_HEARD, _HEARD.c.id == _VERDICTS.c.mention_id)
    .where(*_IN_CONVERSATION, _HELD)
    .correlate(_MENTIONS)
    .exists()
)
_CALLED_SPAM = (
    select(_CORRECTIONS.c.id)
    .join(_HEARD, _HEARD.c.id == _CORRECTIONS.c.mention_id)
    .where(*_IN_CONVERSATION, _CORRECTIONS.c.field == "spam", _CORRECTIONS.c.now == "true")
    .correlate(_MENTIONS)
    .exists()
)
_CLAIM = (
    update(_REPLIES)
    .where(
        _REPLIES.c.id == bindparam("reply"),
        _REPLIES.c.state.in_(bindparam("states", expanding=True)),
        _REPLIES.c.next_attempt_at <= bindparam("moment"),
        _REPLIES.c.claimed_until.is_(None) | (_REPLIES.c.claimed_until < bindparam("moment")),
    )
    .values(claim=bindparam("token"), claimed_until=bindparam("until"))
)
_AROUND = (
    select(
        _REPLIES,
        *(_MENTIONS.c.external_id.label("mention_external_id"), _MENTIONS.c.url.label("mention_url")),
        *(_MENTIONS.c.posted_at.label("mention_posted_at"), _MENTIONS.c.text_revision.label("current_revision")),
        *(_MENTIONS.c.thread, _MENTIONS.c.visibility, _MENTIONS.c.extra, _MENTIONS.c.channel),
        *(_MENTIONS.c.addresses_us, _MENTIONS.c.deleted_at, _MENTIONS.c.is_ours),
        _MENTIONS.c.answerable_automatically,
        *(_ACCOUNTS.c.active.label("account_active"), _ACCOUNTS.c.paused_reason),
        *(_CASES.c.lang, _CASES.c.holds, _CASES.c.state.label("case_state"), _IN_FORCE.c.spam),
        and_(_REPLIES.c.automatic, or_(_HELD_IN_CASE, _HELD_IN_CONVERSATION)).label("was_held"),
        and_(_REPLIES.c.automatic, _CALLED_SPAM).label("called_spam"),
        _ANOTHER_WAS_SENT.label("another_was_sent"),
        *(_PROFILES.c.handle, _PROFILES.c.is_bot, _PROFILES.c.opted_out_at),
    )
    .join(_MENTIONS, _MENTIONS.c.id == _REPLIES.c.mention_id)
    .join(_ACCOUNTS, _ACCOUNTS.c.id == _REPLIES.c.account_id)
    .join(_CASES, _CASES.c.id == _REPLIES.c.case_id)
    .outerjoin(_PROFILES, _PROFILES.c.id == _MENTIONS.c.profile_id)
    .outerjoin(_IN_FORCE, _IN_FORCE.c.id == _MENTIONS.c.verdict_id)
    .where(_REPLIES.c.id == bindparam("reply"))
)


@dataclass(frozen=True)
class Claimed:
    """A reply taken for one attempt, with what is around it; the token must be shown to write the outcome.

    `row` holds the columns of the reply by their names.
    """

    token: str
    row: Row[Any]

    @property
    def moving(self) -> Moving:
        row = self.row
        return Moving(row.id, row.case_id, row.mention_id, row.state, self.token)

    @property
    def never_sent(self) -> bool:
        """Whether no request can have published this reply or its text here, as far as this database knows."""
        return self.row.attempts == 0 and self.row.sending_at is None and not self.row.another_was_sent

    def outgoing(self) -> OutgoingReply:
        """The reply as its responder sees it."""
        return _frozen(self.row)

    def why_not(self, now: datetime, staleness: timedelta) -> str:
        """What changed since the approval so that the reply must not go out; "" when nothing did."""
        row = self.row
        if text_hash(row.body) != row.body_hash:
            return "frozen_text: the text is not the one that was approved"
        if row.text_revision != row.current_revision:
            return "edited: the customer edited the post after the answer was written; read it again"
        intent = Intent(
            account_active=row.account_active,
            channel=row.channel,
            purpose=row.purpose,
            automatic=row.automatic,
            addresses_us=row.addresses_us,
            visibility=row.visibility,
            posted_at=row.mention_posted_at,
            deleted=row.deleted_at is not None,
            is_ours=row.is_ours,
            answerable_automatically=row.answerable_automatically,
            author_is_bot=bool(row.is_bot),
            author_opted_out=row.opted_out_at is not None,
            holds=tuple(row.holds),
            was_held=bool(row.was_held),
            is_spam=bool(row.spam or row.called_spam),
            case_closed=row.case_state in _CLOSED,
        )
        forbidden = refusal(intent, now, staleness)
        return f"{forbidden.rule}: {forbidden.reason}" if forbidden is not None else ""


def claim(
    session: Session, reply_id: int, states: Collection[ReplyState], now: datetime, lease: timedelta
) -> Claimed | None:
    """Take a due reply for one attempt; None when it is not due, in another state, or somebody else has it."""
    token = uuid.uuid4().hex
    asked = {"reply": reply_id, "states": list(states), "moment": now, "token": token, "until": now + lease}
    connection = session.connection()
    if connection.execute(_CLAIM, asked).rowcount != 1:
        return None
    return Claimed(token, connection.execute(_AROUND, {"reply": reply_id}).one())


def released(next_attempt_at: datetime | None) -> dict[str, Any]:
    """What giving the claim back changes in a row; None for a person must act first."""
    return {"claim": None, "claimed_until": None, "next_attempt_at": next_attempt_at}


def release(reply: Reply, next_attempt_at: datetime | None) -> None:
    """Give the claim back and say when to look at the reply next; None when a person must act first."""
    reply.claim = reply.claimed_until = None
    reply.next_attempt_at = next_attempt_at


def outgoing(session: Session, reply: Reply) -> OutgoingReply:
    """The reply as its responder sees it: the same at every attempt."""
    return _frozen(session.connection().execute(_AROUND, {"reply": reply.id}).one())


def _frozen(row: Row[Any]) -> OutgoingReply:
    return OutgoingReply(
        key=row.key,
        body=row.body,
        purpose=row.purpose,
        mention_external_id=row.mention_external_id,
        mention_url=row.mention_url,
        mention_posted_at=row.mention_posted_at,
        thread_external_id=row.thread,
        author_handle=row.handle or "",
        approved_at=row.approved_at or row.drafted_at,
        visibility=row.visibility,
        lang=row.lang if row.lang in _LANGUAGES else "",
        automatic=row.automatic,
        extra=row.extra,
    )


def refused(session: Session, reply: Reply, mention: Mention, now: datetime, staleness: timedelta) -> Refusal | None:
    """The platform's rule that forbids this reply now, if any."""
    profile = session.get(Profile, mention.profile_id) if mention.profile_id is not None else None
    account = session.get(Account, reply.account_id)
    case = session.get(Case, reply.case_id) if reply.automatic and reply.case_id else None
    verdict = session.get(VerdictRow, mention.verdict_id) if reply.automatic and mention.verdict_id else None
    intent = Intent(
        account_active=account is not None and account.active,
        channel=mention.channel,
        purpose=reply.purpose,
        automatic=reply.automatic,
        addresses_us=mention.addresses_us,
        visibility=mention.visibility,
        posted_at=mention.posted_at,
        deleted=mention.deleted_at is not None,
        is_ours=mention.is_ours,
        answerable_automatically=mention.answerable_automatically,
        author_is_bot=profile is not None and profile.is_bot,
        author_opted_out=profile is not None and profile.opted_out_at is not None,
        holds=() if case is None else tuple(case.holds),
        is_spam=verdict is not None and verdict.spam,
        case_closed=case is not None and case.state in _CLOSED,
    )
    return refusal(intent, now, staleness)
