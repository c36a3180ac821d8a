"""Who asks not to be answered is not answered automatically any more, until a person of the team allows it again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, or_
from sqlmodel import Session, col, select

from cases.approval import conversation
from cases.triage import Triaged
from database.ledger import OUVIDOR, append
from errors import IllegalMoveError
from models import Case, CaseMention, Mention, Profile, Reply, ReplyState
from responders.opt_out import asks_to_be_left_alone

_OURS_STANDS = (ReplyState.POSTED, ReplyState.VERIFIED, ReplyState.UNKNOWN)
# Our word in the thread: as we sent it, or as a listener heard it.
_SPOKE_IN_THREAD = (
    select(Mention.id)
    .outerjoin(Reply, col(Reply.mention_id) == Mention.id)
    .where(
        col(Mention.brand_id) == bindparam("brand"),
        col(Mention.channel) == bindparam("channel"),
        col(Mention.place) == bindparam("place"),
        col(Mention.thread) == bindparam("thread"),
        or_(col(Mention.is_ours), col(Reply.state).in_(_OURS_STANDS)),
    )
    .limit(1)
)

_NEWEST_IN_CASE = (
    select(Mention.id)
    .join(CaseMention, col(CaseMention.mention_id) == Mention.id)
    .where(CaseMention.case_id == bindparam("case"), Mention.profile_id == bindparam("profile"))
    .order_by(col(Mention.id).desc())
    .limit(1)
)


def hear_opt_outs(session: Session, triaged: Sequence[Triaged], now: datetime) -> None:
    """Mark who asks, in a post to us or in a thread where we spoke, to be left alone; the case tells so.

    Once a person: later requests change nothing. To be called before anything is answered automatically.
    """
    for found in triaged:
        mention = found.mention
        profile = _author(session, mention)
        if profile is None or profile.opted_out_at is not None or not asks_to_be_left_alone(mention.text):
            continue
        if not mention.addresses_us and not _we_spoke_there(session, mention):
            continue
        profile.opted_out_at = mention.posted_at
        session.add(profile)
        if found.case is not None:
            append(session, found.case.id or 0, "opted_out", OUVIDOR, now, mention_id=mention.id)


def opt_out(session: Session, case: Case, profile: Profile, by: str, now: datetime) -> None:
    """A person read in the case that its author wants no automatic replies, in words that only a person understands.

    IllegalMoveError when that is known already.
    """
    if profile.opted_out_at is not None:
        raise IllegalMoveError("this person gets no automatic replies already", why="wished")
    profile.opted_out_at = now
    session.add(profile)
    said = session.exec(_NEWEST_IN_CASE, params={"case": case.id, "profile": profile.id}).first()
    append(session, case.id or 0, "opted_out", by, now, mention_id=said)


def _author(session: Session, mention: Mention) -> Profile | None:
    """The person who wrote it; None for our own posts and where there is no text or author any more."""
    if mention.is_ours or mention.deleted_at is not None or mention.profile_id is None:
        return None
    return session.get(Profile, mention.profile_id)


def _we_spoke_there(session: Session, mention: Mention) -> bool:
    asked = {name: value for name, value in conversation(mention).items() if name != "profile"}
    return session.exec(_SPOKE_IN_THREAD, params=asked).first() is not None
