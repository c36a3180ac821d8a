"""Everything heard, newest first, what opened no case included."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, true
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from cases.queries.facts import Person, Tags, people, tags_of
from database.search import search_mentions
from models import Case, CaseMention, Mention, MentionKind, MentionType, Sentiment, Urgency, VerdictRow

_FEW_HITS = 200  # enough to fill a page, unless filters stand beside the search
_MOST_HITS = 2_000
# In these words the partial index has it, so that few are looked at among very many.
_FOR_REVIEW: list[ColumnElement[bool]] = [
    col(VerdictRow.needs_review) == true(),
    col(VerdictRow.mention_id) == col(Mention.id),
    col(Mention.deleted_at).is_(None),
]
_SHOWN = (
    Mention.id,
    Mention.channel,
    Mention.kind,
    Mention.text,
    Mention.text_revision,
    Mention.url,
    Mention.profile_id,
    Mention.reach,
    Mention.posted_at,
    Mention.edited_at,
    Mention.deleted_at,
    Mention.dismissed_at,
    Mention.verdict_id,
)


@dataclass(frozen=True)
class MentionFilter:
    """What of the mentions is asked for; None and "" ask for everything."""

    brand_id: int | None = None
    channel: str = ""
    sentiment: Sentiment | None = None
    urgency: Urgency | None = None
    type: MentionType | None = None
    with_case: bool | None = None
    dismissed: bool = False  # True: those alone that a person called noise
    review: bool = False  # True: those alone that the classifier leaves to a person
    query: str = ""


@dataclass(frozen=True)
class MentionRow:
    """One mention, as a line of the list."""

    id: int
    channel: str
    kind: MentionKind
    text: str
    text_revision: int
    url: str
    person: Person | None
    reach: int
    posted_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    dismissed_at: datetime | None
    tags: Tags | None  # None while it waits to be tagged
    protocol: str  # "" when it belongs to no case


@dataclass(frozen=True)
class MentionPage:
    """Some rows and the id after which the next ones follow; None at the end."""

    rows: tuple[MentionRow, ...]
    more: int | None


def mention_page(
    session: Session, asked: MentionFilter, *, before_id: int | None = None, limit: int = 50
) -> MentionPage:
    """The mentions of others that were stored before `before_id`, newest first."""
    found = _newest(session, asked, before_id, limit + 1, _FEW_HITS)
    if asked.query and len(found) <= limit:
        found = _newest(session, asked, before_id, limit + 1, _MOST_HITS)
    return MentionPage(mention_rows(session, found[:limit]), found[limit - 1] if len(found) > limit else None)


def _newest(session: Session, asked: MentionFilter, before_id: int | None, limit: int, most_hits: int) -> list[int]:
    statement = _fitting(session, asked, before_id, most_hits)
    if before_id is not None:
        statement = statement.where(col(Mention.id) < before_id)
    # What has a case is walked by its links: those heard since the last case was opened may be many.
    walked = CaseMention.mention_id if asked.with_case else VerdictRow.mention_id if asked.review else Mention.id
    statement = statement.order_by(col(walked).desc()).limit(limit)
    return [mention_id for mention_id in session.exec(statement) if mention_id is not None]


def newest_mention(session: Session) -> int:
    """The id of the last mention that was stored; 0 before the first."""
    return session.exec(select(func.max(Mention.id))).one() or 0


def heard_since(session: Session, asked: MentionFilter, since_id: int, *, most: int = 1_000) -> int:
    """How many mentions that fit `asked` were stored after `since_id`; counts no further than `most`."""
    newer = _fitting(session, asked, None, _MOST_HITS).where(col(Mention.id) > since_id).limit(most).subquery()
    return session.exec(select(func.count()).select_from(newer)).one()


def to_review(session: Session, *, most: int = 1_000) -> int:
    """How many mentions the classifier leaves to a person; counts no further than `most`."""
    waiting = _fitting(session, MentionFilter(review=True), None, _MOST_HITS).limit(most).subquery()
    return session.exec(select(func.count()).select_from(waiting)).one()


def _fitting(
    session: Session, asked: MentionFilter, before_id: int | None, most_hits: int
) -> SelectOfScalar[int | None]:
    conditions: list[ColumnElement[bool]] = [col(Mention.is_ours).is_(False)]
    if asked.brand_id is not None:
        conditions.append(col(Mention.brand_id) == asked.brand_id)
    if asked.channel:
        conditions.append(col(Mention.channel) == asked.channel)
    noise = col(Mention.dismissed_at)
    conditions.append(noise.is_not(None) if asked.dismissed else noise.is_(None))
    if asked.with_case is False:
        linked = select(CaseMention.mention_id).where(col(CaseMention.mention_id) == col(Mention.id))
        conditions.append(~linked.exists())
    if asked.query:
        hits = search_mentions(session, asked.query, limit=most_hits, before_id=before_id)
        conditions.append(col(Mention.id).in_(hits))
    statement = select(col(Mention.id)).where(*conditions)
    if asked.with_case:
        statement = statement.join(CaseMention, col(CaseMention.mention_id) == col(Mention.id))
    tags = [(VerdictRow.sentiment, asked.sentiment), (VerdictRow.urgency, asked.urgency), (VerdictRow.type, asked.type)]
    wanted = [col(column) == value for column, value in tags if value is not None]
    if asked.review:
        wanted += _FOR_REVIEW
    if wanted:
        statement = statement.join(VerdictRow, col(VerdictRow.id) == col(Mention.verdict_id)).where(*wanted)
    return statement


def mention_rows(session: Session, ids: list[int]) -> tuple[MentionRow, ...]:
    """One row a mention that exists, in the order of `ids`."""
    if not ids:
        return ()
    found = session.execute(sa_select(*map(col, _SHOWN)).where(col(Mention.id).in_(ids)))
    mentions = {mention.id: mention for mention in found}
    tags = tags_of(session, [mention.verdict_id for mention in mentions.values()])
    authors = people(session, [mention.profile_id for mention in mentions.values()])
    protocols = dict(
        session.exec(
            select(CaseMention.mention_id, Case.protocol)
            .join(Case, col(Case.id) == col(CaseMention.case_id))
            .where(col(CaseMention.mention_id).in_(ids))
        ).all()
    )
    return tuple(
        MentionRow(
            id=mention_id,
            channel=mention.channel,
            kind=mention.kind,
            text=mention.text,
            text_revision=mention.text_revision,
            url=mention.url,
            person=authors.get(mention.profile_id) if mention.profile_id is not None else None,
            reach=mention.reach,
            posted_at=mention.posted_at,
            edited_at=mention.edited_at,
            deleted_at=mention.deleted_at,
            dismissed_at=mention.dismissed_at,
            tags=tags.get(mention_id),
            protocol=protocols.get(mention_id, ""),
        )
        for mention_id in ids
        if (mention := mentions.get(mention_id)) is not None
    )
