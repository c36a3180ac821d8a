"""Erase what its author took back; the row keeps the count."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col, or_, select

from database.ledger import OUVIDOR, append
from models import CaseMention, Mention, MentionText, Profile, Reply


def purge(session: Session, mention: Mention, now: datetime) -> bool:
    """Erase the text and the author of a mention that its author deleted; the row keeps the count.

    False when that was done before.
    """
    if mention.deleted_at is not None or mention.id is None:
        return False
    profile_id = mention.profile_id
    mention.text, mention.pictures, mention.url, mention.extra = "", [], "", {}
    mention.profile_id, mention.deleted_at = None, now
    mention.triaged_at = mention.triaged_at or now
    session.add(mention)
    session.execute(delete(MentionText).where(col(MentionText.mention_id) == mention.id))
    session.flush()
    if profile_id is not None:
        _forget_if_silent(session, profile_id)
    link = session.get(CaseMention, mention.id)
    if link is not None:
        append(session, link.case_id, "mention_deleted", OUVIDOR, now, mention_id=mention.id)
    return True


def _forget_if_silent(session: Session, profile_id: int) -> None:
    """A person of whom no post is left is forgotten; the nameless row keeps the customer's cases together.

    Whoever asked to be left alone, was blocked or was answered by automation is known again by a seal of their id.
    """
    if session.exec(select(Mention.id).where(Mention.profile_id == profile_id).limit(1)).first() is not None:
        return
    profile = session.get_one(Profile, profile_id)
    scope = {"brand_id": profile.brand_id, "channel": profile.channel, "place": profile.place}
    is_known_again = (
        profile.opted_out_at is not None or profile.blocked_at is not None or _was_answered(session, profile)
    )
    profile.handle, profile.name, profile.url, profile.followers = "", "", "", None
    profile.external_id = seal(scope, profile.external_id) if is_known_again else f"forgotten:{profile.id}"
    session.add(profile)


def seal(scope: Mapping[str, object], external_id: str) -> str:
    """What is kept in place of a forgotten person's id, so that a wish of theirs holds when they come back.

    `scope` is the brand's id, the channel and the place. It tells nobody who they were, but for those who try every id.
    """
    whole = "\n".join((*(str(scope[name]) for name in ("brand_id", "channel", "place")), external_id))
    return f"forgotten:{hashlib.sha256(whole.encode()).hexdigest()[:32]}"


def _was_answered(session: Session, profile: Profile) -> bool:
    """Whether the rule of one automatic reply a day may still have to know them."""
    answered = select(Reply.id).where(Reply.profile_id == profile.id, or_(Reply.automatic, Reply.was_automatic))
    return session.exec(answered.limit(1)).first() is not None
