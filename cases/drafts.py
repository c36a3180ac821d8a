"""Write what may become a public answer; a draft is only a row."""

from datetime import datetime

from sqlmodel import Session, col, func, or_, select

from database.ledger import append, move
from errors import IllegalMoveError
from models import Case, CaseMention, Mention, Reply, ReplyPurpose, ReplyState

_LONGEST = 50_000  # characters; no channel takes more


def draft(
    session: Session,
    case: Case,
    mention: Mention,
    body: str,
    purpose: ReplyPurpose,
    by: str,
    now: datetime,
    *,
    automatic: bool = False,
) -> Reply:
    """A new draft that answers one mention of the case, as the account it spoke to.

    IllegalMoveError when the mention is not the case's, has no account to answer as, or the text is empty or huge.
    """
    link = session.get(CaseMention, mention.id)
    if link is None or link.case_id != case.id:
        raise IllegalMoveError(f"mention {mention.id} does not belong to case {case.protocol}")
    if mention.account_id is None:
        raise IllegalMoveError(f"mention {mention.id} was imported: there is no account to answer it as")
    if mention.is_ours:
        raise IllegalMoveError(f"mention {mention.id} is our own post: answer the customer's instead")
    reply = Reply(
        case_id=case.id or 0,
        mention_id=mention.id or 0,
        account_id=mention.account_id,
        purpose=purpose,
        sequence=next_sequence(session, mention, purpose),
        body=_written(body),
        text_revision=mention.text_revision,
        automatic=automatic,
        drafted_by=by,
        drafted_at=now,
    )
    session.add(reply)
    session.flush()
    append(
        session,
        case.id or 0,
        "drafted",
        by,
        now,
        mention_id=mention.id,
        reply_id=reply.id,
        detail={"purpose": purpose.value},
    )
    return reply


def next_sequence(session: Session, mention: Mention, purpose: ReplyPurpose) -> int:
    """One above the highest that was ever approved for this mention and purpose."""
    last = session.exec(
        select(func.max(Reply.sequence)).where(
            Reply.mention_id == mention.id,
            Reply.account_id == mention.account_id,
            Reply.purpose == purpose,
            # A reply that was approved and left later counts too: its key may live on at the platform.
            or_(Reply.key != "", col(Reply.state).not_in([ReplyState.DRAFT, ReplyState.DISCARDED])),
        )
    ).one()
    return (last or 0) + 1


def edit(session: Session, reply: Reply, body: str, by: str, now: datetime) -> None:
    """Change a draft's text; IllegalMoveError once it is approved, for then it is frozen."""
    if reply.state is not ReplyState.DRAFT:
        raise IllegalMoveError(f"reply {reply.id} is {reply.state.value}: its text is frozen")
    mention = session.get_one(Mention, reply.mention_id)
    reply.body = _written(body)
    reply.text_revision = mention.text_revision  # whoever edits has read the post as it stands
    session.add(reply)
    append(session, reply.case_id, "draft_edited", by, now, mention_id=reply.mention_id, reply_id=reply.id)


def discard(session: Session, reply: Reply, by: str, now: datetime) -> None:
    """Drop a draft, or an approved reply that has not left yet; IllegalMoveError once it may have."""
    reply.next_attempt_at = None
    move(session, reply, ReplyState.DISCARDED, by, now)


def _written(body: str) -> str:
    text = body.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text:
        raise IllegalMoveError("an answer needs a text")
    if len(text) > _LONGEST:
        raise IllegalMoveError(f"an answer of {len(text)} characters fits no channel; the most is {_LONGEST}")
    return text
