"""What delivering and verifying share: claiming a reply, and the frozen facts that a responder is given."""

import hashlib
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Table, bindparam, update
from sqlmodel import Session, col, select

from models import Account, Case, Mention, Profile, Reply, ReplyState
from responders.base import OutgoingReply
from responders.policy import Intent, Refusal, refusal

_LANGUAGES = ("pt", "en", "es")


def text_hash(body: str) -> str:
    """By which delivery knows the text that was approved."""
    return hashlib.sha256(body.encode()).hexdigest()


# Built once: for statements as small as these, building costs more than running.
_REPLIES: Table = Reply.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
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
    select(Reply, Mention, Account, Case, Profile)  # type: ignore[call-overload]  # its overloads end at four
    .join(Mention, col(Mention.id) == Reply.mention_id)
    .join(Account, col(Account.id) == Reply.account_id)
    .join(Case, col(Case.id) == Reply.case_id)
    .outerjoin(Profile, col(Profile.id) == Mention.profile_id)
    .where(col(Reply.id) == bindparam("reply"))
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True)
class Claimed:
    """A reply taken for one attempt, with the rows around it; the token must be shown to write the outcome."""

    token: str
    reply: Reply
    mention: Mention
    account: Account
    case: Case
    profile: Profile | None


def claim(
    session: Session, reply_id: int, states: Collection[ReplyState], now: datetime, lease: timedelta
) -> Claimed | None:
    """Take a due reply for one attempt; None when it is not due, in another state, or somebody else has it."""
    token = uuid.uuid4().hex
    asked = {"reply": reply_id, "states": list(states), "moment": now, "token": token, "until": now + lease}
    if session.connection().execute(_CLAIM, asked).rowcount != 1:
        return None
    reply, mention, account, case, profile = session.exec(_AROUND, params={"reply": reply_id}).one()
    return Claimed(token, reply, mention, account, case, profile)


def release(reply: Reply, next_attempt_at: datetime | None) -> None:
    """Give the claim back and say when to look at the reply next; None when a person must act first."""
    reply.claim = reply.claimed_until = None
    reply.next_attempt_at = next_attempt_at


def outgoing(session: Session, reply: Reply) -> OutgoingReply:
    """The reply as its responder sees it: the same at every attempt."""
    mention = session.get_one(Mention, reply.mention_id)
    profile = session.get(Profile, mention.profile_id) if mention.profile_id is not None else None
    return frozen(reply, mention, session.get_one(Case, reply.case_id), profile)


def frozen(reply: Reply, mention: Mention, case: Case, profile: Profile | None) -> OutgoingReply:
    """The same, from rows that are at hand."""
    return OutgoingReply(
        key=reply.key,
        body=reply.body,
        purpose=reply.purpose,
        mention_external_id=mention.external_id,
        mention_url=mention.url,
        mention_posted_at=mention.posted_at,
        thread_external_id=mention.thread,
        author_handle=profile.handle if profile is not None else "",
        approved_at=reply.approved_at or reply.drafted_at,
        visibility=mention.visibility,
        lang=case.lang if case.lang in _LANGUAGES else "",
        automatic=reply.automatic,
        extra=mention.extra,
    )


def why_not(claimed: Claimed, now: datetime, staleness: timedelta) -> str:
    """What changed since the approval so that the reply must not go out; "" when nothing did."""
    reply, mention = claimed.reply, claimed.mention
    if text_hash(reply.body) != reply.body_hash:
        return "frozen_text: the text is not the one that was approved"
    if reply.text_revision != mention.text_revision:
        return "edited: the customer edited the post after the answer was written; read it again"
    forbidden = refusal(_intent(reply, mention, claimed.account, claimed.profile), now, staleness)
    return f"{forbidden.rule}: {forbidden.reason}" if forbidden is not None else ""


def refused(session: Session, reply: Reply, mention: Mention, now: datetime, staleness: timedelta) -> Refusal | None:
    """The platform's rule that forbids this reply now, if any."""
    profile = session.get(Profile, mention.profile_id) if mention.profile_id is not None else None
    account = session.get(Account, reply.account_id)
    return refusal(_intent(reply, mention, account, profile), now, staleness)


def _intent(reply: Reply, mention: Mention, account: Account | None, profile: Profile | None) -> Intent:
    return Intent(
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
    )
