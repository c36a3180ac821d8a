"""What may be said without a person: who is answered at once, whose answer waits as a proposal, who gets neither."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import String, bindparam, cast, or_
from sqlmodel import Session, col, select

from cases.approval import MAY_BE_CONVERSATION, Terms, approve, automatic_before, conversation, would_refuse
from cases.drafts import draft
from database.ledger import OUVIDOR, append
from errors import PersonalDataError, PolicyRefusedError
from models import Case, Correction, Mention, Profile, Reply, ReplyPurpose, ReplyState, VerdictRow
from responders.policy import HELD, ONCE, OPTED_OUT
from responders.policy.rules import BEFORE_START, PERSON, SPAM

# Neither a person's word on a mention nor an edit that takes a hold away may bring automation to answer it. Whoever was
# held in a conversation, or called spam by a person, waits for one there, whether or not that post has a case.
_FOR_A_PERSON = select(
    or_(
        select(Correction.id).where(Correction.mention_id == bindparam("mention")).exists(),
        select(VerdictRow.id)
        .join(Mention, col(Mention.id) == VerdictRow.mention_id)
        .where(*MAY_BE_CONVERSATION, cast(col(VerdictRow.holds), String) != "[]")
        .exists(),
        select(Correction.id)
        .join(Mention, col(Mention.id) == Correction.mention_id)
        .where(*MAY_BE_CONVERSATION, Correction.field == "spam", Correction.now == "true")
        .exists(),
    )
)
_WAITS = select(Reply.id).where(Reply.case_id == bindparam("case"), Reply.state == ReplyState.DRAFT).limit(1)


@dataclass(frozen=True)
class Words:
    """A text that automation has for a post; `detail` tells what it was made from."""

    purpose: ReplyPurpose
    body: str
    detail: Mapping[str, str] = field(default_factory=dict)


def why_silent(
    session: Session, case: Case, mention: Mention, purpose: ReplyPurpose, now: datetime, staleness: timedelta
) -> str:
    """The name of the first rule that keeps automation from answering by itself; "" when it may speak."""
    if purpose is ReplyPurpose.RESOLUTION:
        return PERSON.name  # closing a case is a person's word
    if _is_held(session, case, mention):
        return HELD.name
    forbidden = would_refuse(session, mention, purpose, now, automatic=True, case_id=case.id or 0, staleness=staleness)
    if forbidden is not None:
        return forbidden.rule
    return ONCE.name if automatic_before(session, mention) else ""


def why_no_proposal(
    session: Session, case: Case, mention: Mention, verdict: VerdictRow, purpose: ReplyPurpose, now: datetime
) -> str:
    """The name of the first rule for which not even a text is prepared; "" when one may wait for a person.

    What forbids anyone to answer, what is held and what is spam; who asked to be left alone, for a proposal is still a
    word of the program's; and what is from before the source was switched on, for a history that is heard for the
    first time would bury the team in proposals.
    """
    if _is_held(session, case, mention):
        return HELD.name
    if verdict.spam:
        return SPAM.name
    if not mention.answerable_automatically:
        return BEFORE_START.name
    author = session.get(Profile, mention.profile_id) if mention.profile_id is not None else None
    if author is not None and author.opted_out_at is not None:
        return OPTED_OUT.name
    forbidden = would_refuse(session, mention, purpose, now, case_id=case.id or 0)
    return "" if forbidden is None else forbidden.rule


def say(session: Session, case: Case, mention: Mention, words: Words, now: datetime, terms: Terms) -> Reply | None:
    """Write a text and approve it in the program's name.

    What stops it in the last moment is noted; the draft then waits for a person, and None is returned.
    """
    reply = _written(session, case, mention, words, now, ready=True)
    try:
        return approve(session, reply, OUVIDOR, now, terms=terms)
    except PersonalDataError as error:
        # The template is at fault: what it would have said waits for a person, and triage goes on.
        reply.is_ready = False
        note(session, case, mention, words.purpose, f"personal_data.{error.finding}", now)
    except PolicyRefusedError as error:
        note(session, case, mention, words.purpose, error.rule, now)
    return None


def propose(session: Session, case: Case, mention: Mention, words: Words, now: datetime, *, ready: bool) -> Reply:
    """Write a text for a person: complete but for their approval, or to be finished by them."""
    return _written(session, case, mention, words, now, ready=ready)


def waits(session: Session, case: Case) -> bool:
    """Whether a draft waits in the case, be it automation's or a person's."""
    return session.exec(_WAITS, params={"case": case.id}).first() is not None


def note(session: Session, case: Case, mention: Mention, purpose: ReplyPurpose, rule: str, now: datetime) -> None:
    """Tell the timeline which rule kept automation silent."""
    kind = f"{purpose.value}_refused"
    append(session, case.id or 0, kind, OUVIDOR, now, mention_id=mention.id, detail={"rule": rule})


def _written(session: Session, case: Case, mention: Mention, words: Words, now: datetime, *, ready: bool) -> Reply:
    return draft(
        session,
        case,
        mention,
        words.body,
        words.purpose,
        OUVIDOR,
        now,
        automatic=True,
        ready=ready,
        detail=words.detail,
    )


def _is_held(session: Session, case: Case, mention: Mention) -> bool:
    # Another post of the same sweep may have joined the case already, and brought a hold from elsewhere.
    if case.holds:
        return True
    return bool(session.exec(_FOR_A_PERSON, params={**conversation(mention), "mention": mention.id}).one())
