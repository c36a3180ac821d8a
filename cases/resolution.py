"""Resolve a case in public: once in each of its public threads, where the platform allows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from cases.approval import Terms, approve, is_said, would_refuse
from cases.board import chunks
from cases.drafts import draft, withdraw
from database.ledger import append
from errors import FourEyesError, IllegalMoveError, PolicyRefusedError
from models import Account, Case, CaseMention, CaseState, Mention, Profile, Reply, ReplyPurpose, ReplyState

# Built once: for statements as small as these, building costs more than running.
_HEARD = (
    select(CaseMention.case_id, Mention, Account, Profile)
    .join(Mention, col(Mention.id) == CaseMention.mention_id)
    .outerjoin(Account, col(Account.id) == Mention.account_id)
    .outerjoin(Profile, col(Profile.id) == Mention.profile_id)
    .where(col(CaseMention.case_id).in_(bindparam("cases", expanding=True)), ~col(Mention.is_ours))
    .order_by(col(Mention.posted_at), col(Mention.id))
)
_UNDER_WAY = (
    select(Reply.id)
    .join(Mention, col(Mention.id) == Reply.mention_id)
    .where(
        Reply.case_id == bindparam("case"),
        Reply.purpose == ReplyPurpose.RESOLUTION,
        Mention.thread == bindparam("thread"),
        col(Reply.state).in_([ReplyState.APPROVED, ReplyState.SENDING, ReplyState.UNKNOWN, ReplyState.BY_HAND]),
    )
)
_CLOSED = (CaseState.RESOLVED, CaseState.DISMISSED)
_Heard = tuple[int, Mention, Account | None, Profile | None]


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
    """One thread of a case, and the post of the customer's that a resolution would answer.

    Its account and its author are held with it, so that answering does not ask for them again.
    """

    thread: str
    mention: Mention
    account: Account | None
    author: Profile | None
    refusal: NotAnswerable | None


def public_threads(session: Session, case: Case, now: datetime) -> list[PublicThread]:
    """The case's threads in the order in which they began; the newest answerable post of each."""
    return threads_of(session, [case], now).get(case.id or 0, [])


def threads_of(session: Session, cases: Sequence[Case], now: datetime) -> Mapping[int, list[PublicThread]]:
    """The public threads of each case by its id, all read at once."""
    heard: dict[int, dict[tuple[str, str, str], list[_Heard]]] = {}
    for ids in chunks(case.id for case in cases):
        for row in session.exec(_HEARD, params={"cases": ids}):
            case_id, mention, *_ = row
            thread = (mention.channel, mention.place, mention.thread)
            heard.setdefault(case_id, {}).setdefault(thread, []).append(row)
    return {
        case_id: [_public_thread(session, thread, rows, now) for (_, _, thread), rows in by_thread.items()]
        for case_id, by_thread in heard.items()
    }


def _public_thread(session: Session, thread: str, rows: Sequence[_Heard], now: datetime) -> PublicThread:
    refusal = None
    for _, mention, account, author in reversed(rows):
        if mention.account_id is None:
            found = NotAnswerable(
                thread, "any.imported", "the post was imported: there is no account to answer it as", "answer it there"
            )
        else:
            rule = would_refuse(session, mention, ReplyPurpose.RESOLUTION, now)
            if rule is None:
                return PublicThread(thread, mention, account, author, None)
            found = NotAnswerable(thread, rule.rule, rule.reason, rule.instead)
        refusal = refusal or found  # the newest post's rule tells the most
    _, newest, account, author = rows[-1]
    return PublicThread(thread, newest, account, author, refusal)


def resolve(
    session: Session,
    case: Case,
    body: str,
    by: str,
    now: datetime,
    threads: Sequence[PublicThread] | None = None,
    terms: Terms | None = None,
) -> Resolution:
    """Close the case, and publish its resolution once in each public thread; the text names the protocol.

    Threads in which a rule forbids it are counted as not answerable, with the rule. The replies are approved by the
    person who resolves. `threads` are its public threads where this transaction read them already. IllegalMoveError
    when the case is closed already; PersonalDataError when the text must not stand in public. Where `terms` ask for
    four eyes, the resolutions wait as drafts for a colleague.
    """
    if case.state in _CLOSED:
        raise IllegalMoveError(f"case {case.protocol} is {case.state.value} already: reopen it first", why="closed")
    text = with_protocol(body, case.protocol)
    terms = replace(terms or Terms(), again=True)  # closing a case that was opened again says so again
    outcome, under_way = Resolution(), 0
    for thread in public_threads(session, case, now) if threads is None else threads:
        if thread.refusal is not None:
            _count_out(session, case, thread.mention, thread.refusal, by, now, outcome)
            continue
        if _resolution_under_way(session, case, thread.thread):
            under_way += 1
            continue
        if is_said(session, thread.mention, text):
            continue
        reply = draft(session, case, thread.mention, text, ReplyPurpose.RESOLUTION, by, now)
        try:
            outcome.replies.append(approve(session, reply, by, now, terms=terms))
        except FourEyesError:
            continue  # the draft is there, for a colleague
        except PolicyRefusedError as refused:
            refusal = NotAnswerable(thread.thread, refused.rule, str(refused), "")
            _count_out(session, case, thread.mention, refusal, by, now, outcome)
    case.state, case.resolution, case.resolved_at, case.snoozed_until = CaseState.RESOLVED, text, now, None
    session.add(case)
    published_in = len(outcome.replies) + under_way
    append(session, case.id or 0, "resolved", by, now, detail={"published_in": str(published_in)})
    withdraw(session, case, by, now)
    return outcome


def resolve_with(
    session: Session, reply: Reply, by: str, now: datetime, terms: Terms | None = None
) -> Resolution | None:
    """Close the case whose resolution was proposed and has just been approved, and publish it in its other threads.

    None where there is nothing to close: the reply is no resolution, or its case is closed already.
    """
    case = session.get_one(Case, reply.case_id)
    if reply.purpose is not ReplyPurpose.RESOLUTION or case.state in _CLOSED:
        return None
    return resolve(session, case, reply.body, by, now, terms=terms)


def with_protocol(body: str, protocol: str) -> str:
    """The text, with the protocol at its end where it does not name it."""
    text = body.strip()
    if not text:
        raise IllegalMoveError("a resolution needs a text", why="no_text")
    return text if protocol in text else f"{text}\n\nProtocolo {protocol}"


def _resolution_under_way(session: Session, case: Case, thread: str) -> bool:
    """Whether one of this case's resolutions already goes, or may have gone, out to the thread since it was open."""
    return session.exec(_UNDER_WAY, params={"case": case.id, "thread": thread}).first() is not None


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
