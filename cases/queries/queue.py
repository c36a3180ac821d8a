"""The queue: cases in the order in which they should be looked at."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, String, and_, cast, func, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from cases.queries.facts import Person, known_holds, people
from database.search import search_mentions
from models import (
    Brand,
    Case,
    CaseMention,
    CaseState,
    Hold,
    Mention,
    MentionType,
    Reply,
    ReplyState,
    Sentiment,
    TimelineEvent,
    Urgency,
)

_MARK = re.compile(r"(?:(?P<priority>-?[0-9]{1,10})\.)?(?P<id>[0-9]{1,10})")
_LARGEST = 2**31 - 1  # PostgreSQL keeps both in four bytes, and refuses to compare them with more
_EXCERPT = 280  # characters of the first words
_SHOWN = (
    Case.id,
    Case.protocol,
    Case.channel,
    Case.state,
    Case.priority,
    Case.sentiment,
    Case.urgency,
    Case.type,
    Case.holds,
    Case.lang,
    Case.assignee,
    Case.snoozed_until,
    Case.opened_at,
    Case.last_mention_at,
    Case.first_answer_at,
)
_MOST_HITS = 2_000  # mentions that a search looks through for their cases
WAITS_FOR_A_PERSON = (ReplyState.DRAFT, ReplyState.BY_HAND, ReplyState.NEEDS_HUMAN, ReplyState.FAILED)


class View(StrEnum):
    WAITING = "waiting"  # open or taken
    MINE = "mine"
    REPLIES = "replies"  # a reply waits for a person
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"
    ALL = "all"


_STATES = {
    View.WAITING: (CaseState.OPEN, CaseState.TAKEN),
    View.MINE: (CaseState.OPEN, CaseState.TAKEN),
    View.SNOOZED: (CaseState.SNOOZED,),
    View.RESOLVED: (CaseState.RESOLVED,),
    View.DISMISSED: (CaseState.DISMISSED,),
}
_NEWEST_FIRST = frozenset({View.RESOLVED, View.DISMISSED, View.ALL})


@dataclass(frozen=True)
class QueueFilter:
    """What of the queue is asked for; None and "" ask for everything."""

    view: View = View.WAITING
    me: str = ""
    brand_id: int | None = None
    channel: str = ""
    sentiment: Sentiment | None = None
    urgency: Urgency | None = None
    type: MentionType | None = None
    hold: Hold | None = None
    query: str = ""


@dataclass(frozen=True)
class QueueRow:
    """One case, as a line of the queue."""

    id: int
    protocol: str
    brand: str
    channel: str
    state: CaseState
    priority: int
    sentiment: Sentiment
    urgency: Urgency
    type: MentionType
    holds: tuple[Hold, ...]
    lang: str
    assignee: str
    snoozed_until: datetime | None
    opened_at: datetime
    last_mention_at: datetime
    answered: bool
    person: Person | None
    words: str  # the first mention's; "" when its author deleted it
    mentions: int
    replies: frozenset[ReplyState]


@dataclass(frozen=True)
class QueuePage:
    """Some rows and the mark from which the next ones follow; None at the end."""

    rows: tuple[QueueRow, ...]
    more: str | None


def queue_page(session: Session, asked: QueueFilter, *, after: str = "", limit: int = 50) -> QueuePage:
    """The rows after the mark `after`; ValueError for a mark that this page never gave out."""
    conditions = _conditions(session, asked)
    newest_first = asked.view in _NEWEST_FIRST
    if after:
        conditions.append(_behind(after, newest_first))
    order = [col(Case.id).desc()] if newest_first else [col(Case.priority).desc(), col(Case.id).asc()]
    # One query a state: each then walks the queue's index in its order and stops early; all states at once would sort.
    found: list[tuple[int | None, int]] = []
    for state in _STATES.get(asked.view, (None,)):
        one = [col(Case.state) == state] if state is not None else []
        statement = select(Case.id, Case.priority).where(*one, *conditions).order_by(*order).limit(limit + 1)
        found += session.exec(statement).all()
    found.sort(key=lambda row: (0 if newest_first else -row[1], -(row[0] or 0) if newest_first else row[0] or 0))
    more = None
    if len(found) > limit:
        last_id, last_priority = found[limit - 1]
        more = str(last_id) if newest_first else f"{last_priority}.{last_id}"
    return QueuePage(rows_of(session, [case_id for case_id, _ in found[:limit] if case_id is not None]), more)


def rows_of(session: Session, case_ids: Sequence[int]) -> tuple[QueueRow, ...]:
    """One row a case that exists, in the order of `case_ids`; five queries however many they are."""
    if not case_ids:
        return ()
    found = session.execute(
        sa_select(*map(col, _SHOWN), col(Brand.name).label("brand"))
        .join(Brand, col(Brand.id) == col(Case.brand_id))
        .where(col(Case.id).in_(case_ids))
    )
    cases = {case.id: case for case in found}
    counted = session.exec(
        select(CaseMention.case_id, func.count(), func.min(CaseMention.mention_id))
        .where(col(CaseMention.case_id).in_(case_ids))
        .group_by(col(CaseMention.case_id))
    ).all()
    counts = {case_id: (count, first) for case_id, count, first in counted}
    firsts = {
        mention_id: (text, profile_id)
        for mention_id, text, profile_id in session.exec(
            select(Mention.id, func.substr(Mention.text, 1, _EXCERPT), Mention.profile_id).where(
                col(Mention.id).in_([first for _, first in counts.values()])
            )
        )
    }
    authors = people(session, [profile_id for _, profile_id in firsts.values()])
    replies: dict[int, set[ReplyState]] = {}
    states = session.exec(select(Reply.case_id, Reply.state).where(col(Reply.case_id).in_(case_ids))).all()
    for case_id, state in states:
        replies.setdefault(case_id, set()).add(ReplyState(state))
    rows = []
    for case_id in case_ids:
        case = cases.get(case_id)
        if case is not None:
            count, first = counts.get(case_id, (0, None))
            words, profile_id = firsts.get(first, ("", None))
            author = authors.get(profile_id) if profile_id is not None else None
            rows.append(_row(case, words, author, count, replies.get(case_id, set())))
    return tuple(rows)


def _row(case: Row[Any], words: str, person: Person | None, mentions: int, replies: Collection[ReplyState]) -> QueueRow:
    return QueueRow(
        id=case.id,
        protocol=case.protocol,
        brand=case.brand,
        channel=case.channel,
        state=case.state,
        priority=case.priority,
        sentiment=case.sentiment,
        urgency=case.urgency,
        type=case.type,
        holds=known_holds(case.holds),
        lang=case.lang,
        assignee=case.assignee,
        snoozed_until=case.snoozed_until,
        opened_at=case.opened_at,
        last_mention_at=case.last_mention_at,
        answered=case.first_answer_at is not None,
        person=person,
        words=words,
        mentions=mentions,
        replies=frozenset(replies),
    )


def _conditions(session: Session, asked: QueueFilter) -> list[ColumnElement[bool]]:
    """What the filters ask for, but for the state."""
    conditions: list[ColumnElement[bool]] = []
    if asked.view is View.MINE:
        conditions.append(col(Case.assignee) == asked.me)
    if asked.view is View.REPLIES:
        waiting = select(Reply.case_id).where(col(Reply.state).in_(WAITS_FOR_A_PERSON))
        conditions.append(col(Case.id).in_(waiting))
    equals: list[tuple[Any, Any]] = [
        (Case.brand_id, asked.brand_id),
        (Case.channel, asked.channel or None),
        (Case.sentiment, asked.sentiment),
        (Case.urgency, asked.urgency),
        (Case.type, asked.type),
    ]
    conditions.extend(col(column) == value for column, value in equals if value is not None)
    if asked.hold is not None:
        # The holds are a JSON list of plain words, which both databases give back as text.
        conditions.append(cast(col(Case.holds), String).like(f'%"{asked.hold.value}"%'))
    if asked.query:
        conditions.append(_found(session, asked.query))
    return conditions


def _found(session: Session, query: str) -> ColumnElement[bool]:
    hits = search_mentions(session, query, limit=_MOST_HITS)
    of_hits = select(CaseMention.case_id).where(col(CaseMention.mention_id).in_(hits))
    found: ColumnElement[bool] = col(Case.id).in_(of_hits)
    number = query.strip()
    if number.replace("-", "").isdecimal() and number.isascii():
        found = or_(found, col(Case.protocol).startswith(number, autoescape=True))
    return found


def _behind(mark: str, newest_first: bool) -> ColumnElement[bool]:
    numbers = _MARK.fullmatch(mark)
    if numbers is None or newest_first != (numbers["priority"] is None):
        raise ValueError(f"{mark!r} is no place in this list")
    case_id, priority = int(numbers["id"]), int(numbers["priority"] or 0)
    if max(case_id, abs(priority)) > _LARGEST:
        raise ValueError(f"{mark!r} is no place in this list")
    if newest_first:
        return col(Case.id) < case_id
    return or_(col(Case.priority) < priority, and_(col(Case.priority) == priority, col(Case.id) > case_id))


@dataclass(frozen=True)
class Counts:
    """How many cases each view holds."""

    waiting: int
    replies: int
    snoozed: int


def counts(session: Session) -> Counts:
    """Counted over every brand."""
    # Those that are closed are most, and are not told.
    told = col(Case.state).in_((CaseState.OPEN, CaseState.TAKEN, CaseState.SNOOZED))
    by_state = dict(session.exec(select(Case.state, func.count()).where(told).group_by(col(Case.state))).all())
    replies = session.exec(
        select(func.count(func.distinct(Reply.case_id))).where(col(Reply.state).in_(WAITS_FOR_A_PERSON))
    ).one()
    waiting = by_state.get(CaseState.OPEN, 0) + by_state.get(CaseState.TAKEN, 0)
    return Counts(waiting, replies, by_state.get(CaseState.SNOOZED, 0))


@dataclass(frozen=True)
class Mark:
    """How far the timeline and the cases had grown when a page was drawn."""

    event_id: int
    case_id: int


def mark_now(session: Session) -> Mark:
    """The newest timeline event and case."""
    return Mark(newest_event(session), session.exec(select(func.max(Case.id))).one() or 0)


def newest_event(session: Session) -> int:
    """How far the timeline has grown; 0 before anything happened."""
    return session.exec(select(func.max(TimelineEvent.id))).one() or 0


def changed_since(session: Session, mark: Mark, *, limit: int = 100) -> tuple[int, ...]:
    """Ids of cases, known at `mark`, to which something happened since."""
    statement = (
        select(TimelineEvent.case_id)
        .where(col(TimelineEvent.id) > mark.event_id, col(TimelineEvent.case_id) <= mark.case_id)
        .distinct()
        .limit(limit)
    )
    return tuple(session.exec(statement))


def opened_since(session: Session, asked: QueueFilter, mark: Mark) -> int:
    """How many cases that fit `asked` were opened since `mark`."""
    conditions = [*_conditions(session, asked), col(Case.id) > mark.case_id]
    if asked.view in _STATES:
        conditions.append(col(Case.state).in_(_STATES[asked.view]))
    return session.exec(select(func.count()).select_from(Case).where(*conditions)).one()


def events_since(session: Session, case_id: int, event_id: int) -> int:
    """How many things happened to a case after an event."""
    statement = select(func.count()).where(TimelineEvent.case_id == case_id, col(TimelineEvent.id) > event_id)
    return session.exec(statement).one()
