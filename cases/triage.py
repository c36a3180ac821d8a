"""Bring each tagged mention to the case it belongs to, or open one, or leave it be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col

from cases.board import Board, chunks
from cases.customers import make_customers
from cases.priority import priority_of
from cases.protocol import Protocols
from database.ledger import OUVIDOR, append, event
from models import (
    Case,
    CaseMention,
    CaseState,
    Mention,
    MentionType,
    Profile,
    TimelineEvent,
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
# Built once: for batches as small as most, building costs more than running.
_TRIAGED = (
    update(Mention)
    .where(col(Mention.id).in_(bindparam("ids", expanding=True)))
    .values(triaged_at=bindparam("now"))
    .execution_options(synchronize_session=False)
)
_IN_FORCE = (
    select(
        *map(col, (Mention.visibility, Mention.reach)),
        *map(col, (VerdictRow.urgency, VerdictRow.sentiment, VerdictRow.type, VerdictRow.lang, VerdictRow.holds)),
    )
    .join(CaseMention, col(CaseMention.mention_id) == Mention.id)
    .join(VerdictRow, col(VerdictRow.id) == Mention.verdict_id)
    .where(col(CaseMention.case_id) == bindparam("case"), ~col(Mention.is_ours))
    .order_by(col(Mention.posted_at), col(Mention.id))
)
_URGENCIES = list(Urgency)  # most urgent first
_CLOSED = (CaseState.RESOLVED, CaseState.DISMISSED)
_MATTERS = [
    MentionType.COMPLAINT,
    MentionType.QUESTION,
    MentionType.SUGGESTION,
    MentionType.PRAISE,
    MentionType.OTHER,
]


@dataclass(frozen=True)
class Triaged:
    """Where a mention went; `opened` when the case is new, `joined` when it is a further word of the person's."""

    mention: Mention
    case: Case | None
    opened: bool = False
    joined: bool = False


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
    return triage_all(session, [(mention, verdict)], rules, now, zone=zone)[0]


def triage_all(
    session: Session,
    pairs: Sequence[tuple[Mention, VerdictRow | None]],
    rules: Sequence[TriageRule],
    now: datetime,
    *,
    zone: ZoneInfo = UTC_ZONE,
) -> list[Triaged]:
    """Triage mentions in the order given, all in the caller's transaction; one result each, in order.

    Without a verdict, or when it is our own post, a mention joins the thread's case and opens none.
    """
    board = Board(session, [mention for mention, _ in pairs])
    found: list[Triaged] = []
    joins: list[tuple[Case, Mention, VerdictRow | None]] = []
    openings: list[tuple[Case, Profile | None]] = []
    retags: list[Case] = []
    protocols = Protocols(session, now, zone)
    for mention, verdict in pairs:
        linked = board.linked(mention)
        if linked is not None:
            retags.append(linked)
            found.append(Triaged(mention, linked))
            continue
        ours = mention.is_ours or verdict is None
        case = (board.only_case(mention) if ours else None) or board.case_of(mention)
        if case is not None:
            joins.append((case, mention, None if ours else verdict))
            found.append(Triaged(mention, case, joined=not ours))
        elif not ours and verdict is not None and _opens(mention, verdict, rules):
            case = _new_case(mention, verdict, protocols.next(), now)
            board.add(case, mention)
            openings.append((case, board.profile(mention)))
            found.append(Triaged(mention, case, opened=True))
        else:
            found.append(Triaged(mention, None))
    _store_openings(session, openings, now)
    _link(session, found, {id(case) for case in retags}, now)
    for case, mention, verdict in joins:
        if verdict is not None:
            _join(session, case, mention, board.profile(mention), verdict, now)
    for case in retags:
        retag(session, case, news=True)
    for ids in chunks(mention.id for mention, _ in pairs):
        session.execute(_TRIAGED, {"ids": ids, "now": now})
    for mention, _ in pairs:
        set_committed_value(mention, "triaged_at", now)
    return found


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


def _new_case(mention: Mention, verdict: VerdictRow, protocol: str, now: datetime) -> Case:
    return Case(
        protocol=protocol,
        brand_id=mention.brand_id,
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


def _store_openings(session: Session, openings: Sequence[tuple[Case, Profile | None]], now: datetime) -> None:
    make_customers(session, [profile for _, profile in openings if profile is not None], now)
    for case, profile in openings:
        case.customer_id = None if profile is None else profile.customer_id
    session.add_all(case for case, _ in openings)
    session.flush()


def _link(session: Session, found: Sequence[Triaged], linked_already: set[int], now: datetime) -> None:
    """Links and their events, all at once."""
    fresh = [(triaged, triaged.case) for triaged in found if triaged.case and id(triaged.case) not in linked_already]
    if not fresh:
        return
    events = []
    for triaged, case in fresh:
        mention = triaged.mention
        if triaged.opened:
            events.append(event(case.id or 0, "opened", OUVIDOR, now, mention.id, detail={"protocol": case.protocol}))
        kind = "own_post_heard" if mention.is_ours else "mention_joined"
        events.append(event(case.id or 0, kind, OUVIDOR, now, mention.id))
    links = [{"mention_id": t.mention.id, "case_id": case.id, "linked_at": now} for t, case in fresh]
    session.execute(insert(CaseMention), links)
    session.execute(insert(TimelineEvent), events)


def _join(
    session: Session, case: Case, mention: Mention, profile: Profile | None, verdict: VerdictRow, now: datetime
) -> None:
    if case.customer_id is None and profile is not None:
        make_customers(session, [profile], now)
        case.customer_id = profile.customer_id
    case.last_mention_at = max(case.last_mention_at, mention.posted_at)
    retag(session, case, news=True)
    if case.state in _CLOSED and _asks_again(case, verdict):
        case.state, case.resolved_at = CaseState.OPEN, None
        append(session, case.id or 0, "reopened", OUVIDOR, now, mention_id=mention.id)
    elif case.state is CaseState.SNOOZED:
        case.state, case.snoozed_until = (CaseState.TAKEN if case.assignee else CaseState.OPEN), None
        append(session, case.id or 0, "woken", OUVIDOR, now, mention_id=mention.id)
    session.add(case)


def _asks_again(case: Case, verdict: VerdictRow) -> bool:
    """Whether a further word wants a person: thanks after a resolution do not."""
    if verdict.urgency in (Urgency.CRITICAL, Urgency.HIGH):
        return True
    wants = verdict.type in (MentionType.COMPLAINT, MentionType.QUESTION)
    return wants and case.state is CaseState.RESOLVED


def retag(session: Session, case: Case, *, news: bool = False) -> None:
    """Bring a case's tags and priority in line with the verdicts in force of its mentions.

    The version grows with what an approved text could depend on: `news` from the person, another type, hold, urgency
    or language.

    It stands as its most urgent mention; feeling and language are those of the newest. The case is locked before they
    are read, or two people who correct two of its mentions would each write what the other had changed. Whoever locks
    mentions as well does so first.
    """
    session.flush()
    session.refresh(case, with_for_update={"key_share": True})
    rows = session.execute(_IN_FORCE, {"case": case.id}).all()
    if not rows:
        return
    before = _depended_on(case)
    public = [row for row in rows if row.visibility is not Visibility.PRIVATE] or rows
    newest = public[-1]
    case.urgency = min((row.urgency for row in rows), key=_URGENCIES.index)
    case.sentiment, case.lang = newest.sentiment, newest.lang
    # Thanks do not turn a complaint into praise: the matter keeps the type that asks for most.
    case.type = min((row.type for row in rows), key=_MATTERS.index)
    case.holds = sorted({hold for row in rows for hold in row.holds})
    case.priority = priority_of(case.urgency, case.sentiment, case.type, case.holds, max(row.reach for row in rows))
    if news or _depended_on(case) != before:
        case.version += 1
    session.add(case)


def _depended_on(case: Case) -> tuple[object, ...]:
    return case.type, case.urgency, case.lang, list(case.holds)
