"""One case: its thread, its replies, what happened to it, and the person's other cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from cases.queries.facts import Person, Tags, people, tags_of
from cases.queries.queue import QueueRow, rows_of
from cases.queries.replies import ReplyEntry, replies_of
from models import (
    Case,
    CaseMention,
    Mention,
    MentionKind,
    MentionText,
    ThreadFactRow,
    TimelineEvent,
    Visibility,
)

_MOST_MENTIONS = 500
_MOST_EVENTS = 500
_MOST_OTHERS = 20


@dataclass(frozen=True)
class EarlierText:
    """What stood there before an edit."""

    text: str
    replaced_at: datetime


@dataclass(frozen=True)
class ThreadEntry:
    """One public word in the thread: the person's, someone else's or ours."""

    at: datetime
    mention_id: int | None  # None: our reply, not heard back yet
    is_ours: bool
    in_case: bool
    kind: MentionKind | None
    person: Person | None
    text: str
    text_revision: int
    url: str
    pictures: tuple[str, ...]
    visibility: Visibility
    edited_at: datetime | None
    deleted_at: datetime | None
    earlier: tuple[EarlierText, ...]
    tags: Tags | None
    reply: ReplyEntry | None


@dataclass(frozen=True)
class Event:
    """One line of the timeline."""

    at: datetime
    kind: str
    by: str
    detail: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class CasePage:
    """All that the page of a case shows."""

    head: QueueRow
    brand_id: int
    place: str
    resolution: str
    resolved_at: datetime | None
    thread: tuple[ThreadEntry, ...]
    at_work: tuple[ReplyEntry, ...]  # replies that are not out yet, or no longer, oldest first
    wrote_in_private: bool  # whether a private message of ours reached the person on this case
    events: tuple[Event, ...]
    others: tuple[QueueRow, ...]
    facts: tuple[tuple[str, str], ...]  # what the platform states of the thread, newest of each name

    @property
    def answerable(self) -> tuple[ThreadEntry, ...]:
        """The person's mentions that a reply could answer, newest first."""
        theirs = (entry for entry in reversed(self.thread) if entry.in_case and not entry.is_ours)
        return tuple(entry for entry in theirs if entry.deleted_at is None)


def heard_so_far(session: Session, case_id: int) -> str:
    """What customers have said in a case, as a mark: another one after a new post, an edit or a deletion."""
    newest, revisions, deleted = session.exec(
        select(
            func.coalesce(func.max(Mention.id), 0),
            func.coalesce(func.sum(Mention.text_revision), 0),
            func.count(col(Mention.deleted_at)),
        )
        .join(CaseMention, col(CaseMention.mention_id) == col(Mention.id))
        .where(CaseMention.case_id == case_id, ~col(Mention.is_ours))
    ).one()
    return f"{newest}.{revisions}.{deleted}"


def case_page(session: Session, case: Case) -> CasePage:
    """All that its page shows, as it stands now."""
    case_id = case.id or 0
    linked = set(session.exec(select(CaseMention.mention_id).where(CaseMention.case_id == case_id)))
    mentions = _mentions(session, case, linked)
    replies = replies_of(session, case_id)
    thread = _thread(session, mentions, linked, replies)
    in_public = {entry.reply.id for entry in thread if entry.reply is not None}
    return CasePage(
        head=rows_of(session, [case_id])[0],
        brand_id=case.brand_id,
        place=case.place,
        resolution=case.resolution,
        resolved_at=case.resolved_at,
        thread=thread,
        # What was seen once may have vanished, and wait for a person.
        at_work=tuple(reply for reply in replies if reply.id not in in_public or not reply.is_out),
        wrote_in_private=any(reply.private and reply.is_out for reply in replies),
        events=_events(session, case_id),
        others=_others(session, case),
        facts=_facts(session, case),
    )


def _mentions(session: Session, case: Case, linked: set[int]) -> list[Mention]:
    """What belongs to the case, and our own words in its thread, in the order of time."""
    # The index on the thread finds them; a case that joined several threads has its mentions by their ids.
    same_thread = select(Mention).where(
        Mention.brand_id == case.brand_id,
        Mention.channel == case.channel,
        Mention.place == case.place,
        Mention.thread == case.thread,
        col(Mention.is_ours).is_(True),
    )
    of_case = select(Mention).where(col(Mention.id).in_(sorted(linked)[-_MOST_MENTIONS:]))
    # By id, not by time: an order by time would make SQLite walk all of the brand's mentions.
    newest_first = same_thread.order_by(col(Mention.id).desc()).limit(_MOST_MENTIONS)
    found = {m.id: m for m in session.exec(newest_first)}
    found |= {m.id: m for m in session.exec(of_case)}
    return sorted(found.values(), key=lambda mention: (mention.posted_at, mention.id))


def _thread(
    session: Session, mentions: Sequence[Mention], linked: set[int], replies: Sequence[ReplyEntry]
) -> tuple[ThreadEntry, ...]:
    tags = tags_of(session, [mention.verdict_id for mention in mentions])
    authors = people(session, [mention.profile_id for mention in mentions])
    earlier = _earlier(session, [mention.id for mention in mentions if mention.edited_at or mention.text_revision > 1])
    heard_back = {reply.external_id: reply for reply in replies if reply.external_id}
    entries = []
    for mention in mentions:
        entries.append(
            ThreadEntry(
                at=mention.posted_at,
                mention_id=mention.id,
                is_ours=mention.is_ours,
                in_case=mention.id in linked,
                kind=mention.kind,
                person=authors.get(mention.profile_id) if mention.profile_id is not None else None,
                text=mention.text,
                text_revision=mention.text_revision,
                url=mention.url,
                pictures=tuple(mention.pictures),
                visibility=mention.visibility,
                edited_at=mention.edited_at,
                deleted_at=mention.deleted_at,
                earlier=tuple(earlier.get(mention.id or 0, ())),
                tags=tags.get(mention.id or 0),
                # What we heard back of our own is one entry with the reply that published it.
                reply=heard_back.pop(mention.external_id, None) if mention.is_ours else None,
            )
        )
    for reply in heard_back.values():
        if reply.is_out:
            entries.append(_published(reply))
    return tuple(sorted(entries, key=lambda entry: entry.at))


def _published(reply: ReplyEntry) -> ThreadEntry:
    return ThreadEntry(
        at=reply.posted_at or reply.verified_at or reply.drafted_at,
        mention_id=None,
        is_ours=True,
        in_case=True,
        kind=None,
        person=None,
        text=reply.body,
        text_revision=1,
        url=reply.url,
        pictures=(),
        visibility=Visibility.PRIVATE if reply.private else Visibility.PUBLIC,
        edited_at=None,
        deleted_at=None,
        earlier=(),
        tags=None,
        reply=reply,
    )


def _earlier(session: Session, mention_ids: Sequence[int | None]) -> dict[int, list[EarlierText]]:
    if not mention_ids:
        return {}
    texts: dict[int, list[EarlierText]] = {}
    wanted = select(MentionText).where(col(MentionText.mention_id).in_(mention_ids)).order_by(col(MentionText.revision))
    for row in session.exec(wanted):
        texts.setdefault(row.mention_id, []).append(EarlierText(row.text, row.replaced_at))
    return texts


def _events(session: Session, case_id: int) -> tuple[Event, ...]:
    newest_first = (
        select(TimelineEvent)
        .where(TimelineEvent.case_id == case_id)
        .order_by(col(TimelineEvent.id).desc())
        .limit(_MOST_EVENTS)
    )
    return tuple(Event(e.at, e.kind, e.by, tuple(sorted(e.detail.items()))) for e in session.exec(newest_first))


def _others(session: Session, case: Case) -> tuple[QueueRow, ...]:
    if case.customer_id is None:
        return ()
    newest_first = (
        select(Case.id)
        .where(Case.customer_id == case.customer_id, Case.id != case.id)
        .order_by(col(Case.id).desc())
        .limit(_MOST_OTHERS)
    )
    return rows_of(session, [case_id for case_id in session.exec(newest_first) if case_id is not None])


def _facts(session: Session, case: Case) -> tuple[tuple[str, str], ...]:
    oldest_first = (
        select(ThreadFactRow)
        .where(
            ThreadFactRow.brand_id == case.brand_id,
            ThreadFactRow.channel == case.channel,
            ThreadFactRow.place == case.place,
            ThreadFactRow.thread == case.thread,
        )
        .order_by(col(ThreadFactRow.at))
    )
    return tuple({fact.name: fact.value for fact in session.exec(oldest_first)}.items())
