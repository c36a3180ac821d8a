"""Write what may become a public answer; a draft is only a row."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Table, bindparam, func, or_, select
from sqlmodel import Session, col

from database.ledger import OUVIDOR, append, move, must_wait
from errors import IllegalMoveError
from models import Case, CaseMention, Mention, Reply, ReplyPurpose, ReplyState, TimelineEvent

_LONGEST = 50_000  # characters; no channel takes more
_REPLIES: Table = Reply.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_LINKS: Table = CaseMention.__table__  # type: ignore[attr-defined]
_HIGHEST = select(func.max(_REPLIES.c.sequence)).where(
    _REPLIES.c.mention_id == bindparam("mention"),
    _REPLIES.c.account_id == bindparam("account"),
    _REPLIES.c.purpose == bindparam("purpose"),
    # A reply that was approved and left later counts too: its key may live on at the platform.
    or_(_REPLIES.c.key != "", _REPLIES.c.state.not_in([ReplyState.DRAFT, ReplyState.DISCARDED])),
)
# Built once: for statements as small as this, building costs more than running.
_LINK = select(_LINKS.c.case_id, _HIGHEST.scalar_subquery().label("highest")).where(
    _LINKS.c.mention_id == bindparam("mention")
)

_UNTOUCHED = select(Reply).where(
    col(Reply.case_id) == bindparam("case"),
    col(Reply.state) == ReplyState.DRAFT,
    col(Reply.automatic),
    ~select(col(TimelineEvent.id))
    .where(
        col(TimelineEvent.case_id) == bindparam("case"),
        col(TimelineEvent.reply_id) == Reply.id,
        col(TimelineEvent.kind) == "draft_edited",
    )
    .exists(),
)


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
    private: bool = False,
    ready: bool = False,
    detail: Mapping[str, str] | None = None,
) -> Reply:
    """A new draft that answers one mention of the case, as the account it spoke to.

    `private` goes by the channel's private way, to the person alone; `ready` is a proposal that needs no more writing.
    `detail` tells the timeline what the text was made from.
    IllegalMoveError when the mention is not the case's, has no account to answer as, or the text is empty or huge.
    """
    session.flush()
    asked = {"mention": mention.id, "account": mention.account_id, "purpose": purpose}
    link = session.connection().execute(_LINK, asked).one_or_none()
    if link is None or link.case_id != case.id:
        raise IllegalMoveError(f"mention {mention.id} does not belong to case {case.protocol}")
    if mention.account_id is None:
        raise IllegalMoveError(
            f"mention {mention.id} was imported: there is no account to answer it as", why="imported"
        )
    if mention.is_ours:
        raise IllegalMoveError(f"mention {mention.id} is our own post: answer the customer's instead", why="ours")
    reply = Reply(
        case_id=case.id or 0,
        mention_id=mention.id or 0,
        account_id=mention.account_id,
        profile_id=mention.profile_id,
        purpose=purpose,
        sequence=(link.highest or 0) + 1,  # one above the highest that was ever approved
        body=_written(body),
        text_revision=mention.text_revision,
        automatic=automatic,
        private=private,
        is_ready=ready,
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
        detail={"purpose": purpose.value, **(detail or {})},
    )
    return reply


def withdraw(session: Session, case: Case, by: str, now: datetime) -> None:
    """Drop what automation proposed in a case that is closed without it; what a person has edited stays."""
    session.flush()
    for reply in session.scalars(_UNTOUCHED, {"case": case.id}).all():
        move(session, reply, ReplyState.DISCARDED, by, now)


def edit(session: Session, reply: Reply, body: str, by: str, now: datetime) -> None:
    """Change a draft's text; IllegalMoveError once it is approved, for then it is frozen.

    What automation proposed is the person's own from the first word that they change.
    """
    if reply.state is not ReplyState.DRAFT:
        raise IllegalMoveError(f"reply {reply.id} is {reply.state.value}: its text is frozen", why="frozen")
    mention = session.get_one(Mention, reply.mention_id)
    if says_otherwise(reply, body) and by != OUVIDOR:
        reply.automatic = reply.is_ready = False
    reply.body = _written(body)
    reply.text_revision = mention.text_revision  # whoever edits has read the post as it stands
    session.add(reply)
    append(session, reply.case_id, "draft_edited", by, now, mention_id=reply.mention_id, reply_id=reply.id)


def says_otherwise(reply: Reply, body: str) -> bool:
    """Whether a text would change the draft; IllegalMoveError when it is empty or huge."""
    return _written(body) != reply.body


def discard(session: Session, reply: Reply, by: str, now: datetime) -> None:
    """Drop a draft, or an approved reply that has not left yet; IllegalMoveError once it may have."""
    must_wait(reply, ReplyState.DISCARDED)
    reply.next_attempt_at = None
    move(session, reply, ReplyState.DISCARDED, by, now)


def _written(body: str) -> str:
    text = body.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text:
        raise IllegalMoveError("an answer needs a text", why="no_text")
    if len(text) > _LONGEST:
        raise IllegalMoveError(
            f"an answer of {len(text)} characters fits no channel; the most is {_LONGEST}", why="too_long"
        )
    return text
