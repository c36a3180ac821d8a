"""What delivering and verifying share: claiming a reply, and the frozen facts that a responder is given."""

import hashlib
import uuid
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, update
from sqlmodel import Session, col

from models import Account, Case, Mention, Profile, Reply, ReplyState
from responders.base import OutgoingReply
from responders.policy import Intent, Refusal, refusal

_LANGUAGES = ("pt", "en", "es")


def text_hash(body: str) -> str:
    """By which delivery knows the text that was approved."""
    return hashlib.sha256(body.encode()).hexdigest()


def claim(session: Session, reply_id: int, state: ReplyState, now: datetime, lease: timedelta) -> str | None:
    """Take a due reply for one attempt; None when it is not due, not in that state, or somebody else has it.

    The token must be shown again to write the attempt's outcome.
    """
    token = uuid.uuid4().hex
    taken = session.execute(
        update(Reply)
        .where(
            col(Reply.id) == reply_id,
            col(Reply.state) == state,
            col(Reply.next_attempt_at) <= now,
            col(Reply.claimed_until).is_(None) | (col(Reply.claimed_until) < now),
        )
        .values(claim=token, claimed_until=now + lease)
        .execution_options(synchronize_session=False)
    )
    return token if isinstance(taken, CursorResult) and taken.rowcount == 1 else None


def release(reply: Reply, next_attempt_at: datetime | None) -> None:
    """Give the claim back and say when to look at the reply next; None when a person must act first."""
    reply.claim = reply.claimed_until = None
    reply.next_attempt_at = next_attempt_at


def outgoing(session: Session, reply: Reply) -> OutgoingReply:
    """The reply as its responder sees it: the same at every attempt."""
    mention = session.get_one(Mention, reply.mention_id)
    profile = session.get(Profile, mention.profile_id) if mention.profile_id is not None else None
    lang = session.get_one(Case, reply.case_id).lang
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
        lang=lang if lang in _LANGUAGES else "",
        automatic=reply.automatic,
        extra=mention.extra,
    )


def why_not(session: Session, reply: Reply, now: datetime, staleness: timedelta) -> str:
    """What changed since the approval so that the reply must not go out; "" when nothing did."""
    mention = session.get_one(Mention, reply.mention_id)
    account = session.get_one(Account, reply.account_id)
    if text_hash(reply.body) != reply.body_hash:
        return "frozen_text: the text is not the one that was approved"
    if not account.active:
        return f"account: {account.name} was taken out of the settings"
    if reply.text_revision != mention.text_revision:
        return "edited: the customer edited the post after the answer was written; read it again"
    forbidden = refused(session, reply, mention, now, staleness)
    return f"{forbidden.rule}: {forbidden.reason}" if forbidden is not None else ""


def refused(session: Session, reply: Reply, mention: Mention, now: datetime, staleness: timedelta) -> Refusal | None:
    """The platform's rule that forbids this reply now, if any."""
    profile = session.get(Profile, mention.profile_id) if mention.profile_id is not None else None
    intent = Intent(
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
    return refusal(intent, now, staleness)
