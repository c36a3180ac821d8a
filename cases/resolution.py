"""Resolve a case in public: once in each of its public threads, where the platform allows it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from cases.approval import approve, would_refuse
from cases.drafts import draft
from database.ledger import append
from errors import IllegalMoveError, PolicyRefusedError
from models import Case, CaseMention, CaseState, Mention, Reply, ReplyPurpose, ReplyState


@dataclass(frozen=True)
class NotAnswerable:
    """A thread of the case in which the resolution cannot be published, with the rule that forbids it."""

    thread: str
    rule: str
    reason: str
    instead: str


@dataclass(frozen=True)
class Resolution:
    """What resolving set in motion."""

    replies: list[Reply] = field(default_factory=list)
    not_answerable: list[NotAnswerable] = field(default_factory=list)


@dataclass(frozen=True)
class PublicThread:
    """One thread of a case, and the post of the customer's that a resolution would answer."""

    thread: str
    mention: Mention
    refusal: NotAnswerable | None


def public_threads(session: Session, case: Case, now: datetime) -> list[PublicThread]:
    """The case's threads in the order in which they began; the newest answerable post of each."""
    statement = (
        select(Mention)
        .join(CaseMention, col(CaseMention.mention_id) == Mention.id)
        .where(CaseMention.case_id == case.id, ~col(Mention.is_ours))
        .order_by(col(Mention.posted_at), col(Mention.id))
    )
    by_thread: dict[tuple[str, str, str], list[Mention]] = {}
    for mention in session.exec(statement):
        by_thread.setdefault((mention.channel, mention.place, mention.thread), []).append(mention)
    return [_public_thread(session, thread, mentions, now) for (_, _, thread), mentions in by_thread.items()]


def _public_thread(session: Session, thread: str, mentions: Sequence[Mention], now: datetime) -> PublicThread:
    refusal = None
    for mention in reversed(mentions):
        if mention.account_id is None:
            found = NotAnswerable(
                thread, "any.imported", "the post was imported: there is no account to answer it as", "answer it there"
            )
        else:
            rule = would_refuse(session, mention, ReplyPurpose.RESOLUTION, now)
            if rule is None:
                return PublicThread(thread, mention, None)
            found = NotAnswerable(thread, rule.rule, rule.reason, rule.instead)
        refusal = refusal or found  # the newest post's rule tells the most
    return PublicThread(thread, mentions[-1], refusal)


def resolve(session: Session, case: Case, body: str, by: str, now: datetime) -> Resolution:
    """Close the case, and publish its resolution once in each public thread; the text names the protocol.

    Threads in which a rule forbids it are counted as not answerable, with the rule. The replies are approved by the
    person who resolves. IllegalMoveError when the case is closed already.
    """
    if case.state in (CaseState.RESOLVED, CaseState.DISMISSED):
        raise IllegalMoveError(f"case {case.protocol} is {case.state.value} already: reopen it first")
    text = with_protocol(body, case.protocol)
    outcome = Resolution()
    for thread in public_threads(session, case, now):
        if thread.refusal is not None:
            _count_out(session, case, thread.mention, thread.refusal, by, now, outcome)
            continue
        if _resolution_under_way(session, case, thread.thread):
            continue
        reply = draft(session, case, thread.mention, text, ReplyPurpose.RESOLUTION, by, now)
        try:
            outcome.replies.append(approve(session, reply, by, now))
        except PolicyRefusedError as refused:
            refusal = NotAnswerable(thread.thread, refused.rule, str(refused), "")
            _count_out(session, case, thread.mention, refusal, by, now, outcome)
    case.state, case.resolution, case.resolved_at, case.snoozed_until = CaseState.RESOLVED, text, now, None
    case.version += 1
    session.add(case)
    append(session, case.id or 0, "resolved", by, now, detail={"published_in": str(len(outcome.replies))})
    return outcome


def with_protocol(body: str, protocol: str) -> str:
    """The text, with the protocol at its end where it does not name it."""
    text = body.strip()
    if not text:
        raise IllegalMoveError("a resolution needs a text")
    return text if protocol in text else f"{text}\n\nProtocolo {protocol}"


def _resolution_under_way(session: Session, case: Case, thread: str) -> bool:
    """Whether one of this case's resolutions already goes, or may have gone, out to the thread since it was open."""
    statement = (
        select(Reply.id)
        .join(Mention, col(Mention.id) == Reply.mention_id)
        .where(
            Reply.case_id == case.id,
            Reply.purpose == ReplyPurpose.RESOLUTION,
            Mention.thread == thread,
            col(Reply.state).in_([ReplyState.APPROVED, ReplyState.SENDING, ReplyState.UNKNOWN, ReplyState.BY_HAND]),
        )
    )
    return session.exec(statement).first() is not None


def _count_out(
    session: Session,
    case: Case,
    mention: Mention,
    refusal: NotAnswerable,
    by: str,
    now: datetime,
    outcome: Resolution,
) -> None:
    outcome.not_answerable.append(refusal)
    append(
        session,
        case.id or 0,
        "not_answerable",
        by,
        now,
        mention_id=mention.id,
        detail={"rule": refusal.rule},
    )
