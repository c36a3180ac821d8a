"""Bring each tagged mention to the case it belongs to, or open one, or leave it be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from cases.customers import customer_of
from cases.priority import priority_of
from cases.protocol import next_protocol
from database.ledger import OUVIDOR, append
from models import (
    Case,
    CaseMention,
    CaseState,
    Mention,
    MentionType,
    Profile,
    Reply,
    Urgency,
    VerdictRow,
    Visibility,
)
from settings import TriageRule

UTC_ZONE = ZoneInfo("UTC")
DEFAULT_RULES = (
    TriageRule(types=["complaint", "question"]),
    TriageRule(urgencies=["critical", "high"]),
    TriageRule(opens_case=False),
)
_URGENCIES = list(Urgency)  # most urgent first


@dataclass(frozen=True)
class Triaged:
    """Where a mention went; `opened` when the case is new."""

    case: Case | None
    opened: bool = False


def triage(
    session: Session,
    mention: Mention,
    verdict: VerdictRow,
    rules: Sequence[TriageRule],
    now: datetime,
    *,
    zone: ZoneInfo = UTC_ZONE,
) -> Triaged:
    """Link a mention to its person's case in that thread, or open one where a rule says so.

    The first rule that fits decides; without rules DEFAULT_RULES do. Repeating changes nothing but the tags.
    """
    if mention.id is None or verdict.id is None:
        raise ValueError("triage takes rows that are stored")
    mention.triaged_at = now
    session.add(mention)
    link = session.get(CaseMention, mention.id)
    if link is not None:
        linked = session.get_one(Case, link.case_id)
        _retag(session, linked)
        return Triaged(linked)
    case = case_of(session, mention)
    if case is not None:
        _join(session, case, mention, verdict, now)
        return Triaged(case)
    if not _opens(mention, verdict, rules):
        return Triaged(None)
    return Triaged(_open(session, mention, verdict, now, zone), opened=True)


def join_ours(session: Session, mention: Mention, now: datetime) -> Case | None:
    """A post of our own that was heard in a thread joins the thread's case, if there is just one; it opens none."""
    mention.triaged_at = now
    session.add(mention)
    case = _by_parent(session, mention) or _only_case(session, mention)
    if case is not None and session.get(CaseMention, mention.id) is None:
        session.add(CaseMention(mention_id=mention.id or 0, case_id=case.id or 0, linked_at=now))
        append(session, case.id or 0, "own_post_heard", OUVIDOR, now, mention_id=mention.id)
    return case


def case_of(session: Session, mention: Mention) -> Case | None:
    """The case a mention belongs to: its person's in the same thread, or that of the reply of ours it answers."""
    answered = _by_our_reply(session, mention)
    if answered is not None and _same_person(session, answered, mention):
        return answered
    threads = (
        select(Case)
        .where(
            Case.brand_id == mention.brand_id,
            Case.channel == mention.channel,
            Case.place == mention.place,
            Case.thread == mention.thread,
        )
        .order_by(col(Case.id).desc())
    )
    return next((case for case in session.exec(threads) if _same_person(session, case, mention)), None)


def _by_our_reply(session: Session, mention: Mention) -> Case | None:
    if mention.parent_external_id is None:
        return None
    statement = (
        select(Case)
        .join(Reply, col(Reply.case_id) == Case.id)
        .where(Reply.account_id == mention.account_id, Reply.external_id == mention.parent_external_id)
    )
    return session.exec(statement).first()


def _by_parent(session: Session, mention: Mention) -> Case | None:
    statement = (
        select(Case)
        .join(CaseMention, col(CaseMention.case_id) == Case.id)
        .join(Mention, col(Mention.id) == CaseMention.mention_id)
        .where(
            Mention.brand_id == mention.brand_id,
            Mention.channel == mention.channel,
            Mention.place == mention.place,
            Mention.external_id == mention.parent_external_id,
        )
    )
    return session.exec(statement).first()


def _only_case(session: Session, mention: Mention) -> Case | None:
    found = session.exec(
        select(Case)
        .where(
            Case.brand_id == mention.brand_id,
            Case.channel == mention.channel,
            Case.place == mention.place,
            Case.thread == mention.thread,
        )
        .limit(2)
    ).all()
    return found[0] if len(found) == 1 else None


def _same_person(session: Session, case: Case, mention: Mention) -> bool:
    if mention.profile_id is None:
        # An author we are not told is taken for the thread's own: a complaint site's ticket has one consumer.
        return True
    profile = session.get_one(Profile, mention.profile_id)
    return case.customer_id is None or profile.customer_id == case.customer_id


def _opens(mention: Mention, verdict: VerdictRow, rules: Sequence[TriageRule]) -> bool:
    if mention.dismissed_at is not None or mention.deleted_at is not None:
        return False
    for rule in rules or DEFAULT_RULES:
        fits = (
            (not rule.types or verdict.type.value in rule.types)
            and (not rule.urgencies or verdict.urgency.value in rule.urgencies)
            and (not rule.sentiments or verdict.sentiment.value in rule.sentiments)
            and (not rule.channels or mention.channel in rule.channels)
        )
        if fits:
            return rule.opens_case
    return False


def _open(session: Session, mention: Mention, verdict: VerdictRow, now: datetime, zone: ZoneInfo) -> Case:
    customer_id = None
    if mention.profile_id is not None:
        customer_id = customer_of(session, session.get_one(Profile, mention.profile_id), now).id
    case = Case(
        protocol=next_protocol(session, now, zone),
        brand_id=mention.brand_id,
        customer_id=customer_id,
        channel=mention.channel,
        place=mention.place,
        thread=mention.thread,
        priority=priority_of(verdict.urgency, verdict.sentiment, verdict.type, verdict.holds, mention.reach),
        sentiment=verdict.sentiment,
        urgency=verdict.urgency,
        type=verdict.type,
        holds=list(verdict.holds),
        lang=verdict.lang,
        opened_at=now,
        last_mention_at=mention.posted_at,
    )
    session.add(case)
    session.flush()
    _link(session, case, mention, now)
    append(session, case.id or 0, "opened", OUVIDOR, now, mention_id=mention.id, detail={"protocol": case.protocol})
    return case


def _link(session: Session, case: Case, mention: Mention, now: datetime) -> None:
    session.add(CaseMention(mention_id=mention.id or 0, case_id=case.id or 0, linked_at=now))
    append(session, case.id or 0, "mention_joined", OUVIDOR, now, mention_id=mention.id)


def _join(session: Session, case: Case, mention: Mention, verdict: VerdictRow, now: datetime) -> None:
    _link(session, case, mention, now)
    if case.customer_id is None and mention.profile_id is not None:
        case.customer_id = customer_of(session, session.get_one(Profile, mention.profile_id), now).id
    session.flush()
    case.last_mention_at = max(case.last_mention_at, mention.posted_at)
    _retag(session, case)
    if case.state in _CLOSED and _asks_again(case, verdict):
        case.state, case.resolved_at = CaseState.OPEN, None
        append(session, case.id or 0, "reopened", OUVIDOR, now, mention_id=mention.id)
    elif case.state is CaseState.SNOOZED:
        case.state, case.snoozed_until = (CaseState.TAKEN if case.assignee else CaseState.OPEN), None
        append(session, case.id or 0, "woken", OUVIDOR, now, mention_id=mention.id)
    session.add(case)


_CLOSED = (CaseState.RESOLVED, CaseState.DISMISSED)


def _asks_again(case: Case, verdict: VerdictRow) -> bool:
    """Whether a further word wants a person: thanks after a resolution do not."""
    if verdict.urgency in (Urgency.CRITICAL, Urgency.HIGH):
        return True
    wants = verdict.type in (MentionType.COMPLAINT, MentionType.QUESTION)
    return wants and case.state is CaseState.RESOLVED


def _retag(session: Session, case: Case) -> None:
    """The case stands as its most urgent mention that is left; feeling and type are those of the newest."""
    statement = (
        select(Mention, VerdictRow)
        .join(CaseMention, col(CaseMention.mention_id) == Mention.id)
        .join(VerdictRow, col(VerdictRow.id) == Mention.verdict_id)
        .where(CaseMention.case_id == case.id, ~col(Mention.is_ours))
        .order_by(col(Mention.posted_at), col(Mention.id))
    )
    pairs = session.exec(statement).all()
    if not pairs:
        return
    public = [pair for pair in pairs if pair[0].visibility is not Visibility.PRIVATE] or pairs
    newest = public[-1][1]
    case.urgency = min((verdict.urgency for _, verdict in pairs), key=_URGENCIES.index)
    case.sentiment, case.lang = newest.sentiment, newest.lang
    # Thanks do not turn a complaint into praise: the matter keeps the type that opened it while it asks for work.
    case.type = min((verdict.type for _, verdict in pairs), key=_MATTERS.index)
    case.holds = sorted({hold for _, verdict in pairs for hold in verdict.holds})
    reach = max(mention.reach for mention, _ in pairs)
    case.priority = priority_of(case.urgency, case.sentiment, case.type, case.holds, reach)
    case.version += 1
    session.add(case)


_MATTERS = [
    MentionType.COMPLAINT,
    MentionType.QUESTION,
    MentionType.SUGGESTION,
    MentionType.PRAISE,
    MentionType.OTHER,
]


def retag(session: Session, case: Case) -> None:
    """Bring a case's tags and priority in line with the verdicts in force, after a correction."""
    session.flush()
    _retag(session, case)
