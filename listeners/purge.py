"""Erase what its author took back; the row keeps the count."""

from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col, select

from database.ledger import OUVIDOR, append
from models import CaseMention, Mention, MentionText, Profile


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

    Of who asked to be left alone, or was blocked, the number stays, or taking that post back would undo it.
    """
    if session.exec(select(Mention.id).where(Mention.profile_id == profile_id).limit(1)).first() is not None:
        return
    profile = session.get_one(Profile, profile_id)
    profile.handle, profile.name, profile.url, profile.followers = "", "", "", None
    if profile.opted_out_at is None and profile.blocked_at is None:
        profile.external_id = f"forgotten:{profile.id}"
    session.add(profile)
