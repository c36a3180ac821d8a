"""What a program that listens and answers holds to be true, in the sandbox's words; read from our database."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, and_
from sqlmodel import Session, col, func, select

from database.engine import reading
from database.ledger import OUVIDOR
from models import (
    Account,
    Case,
    Mention,
    OwnPostSeen,
    Profile,
    Reply,
    ReplyState,
    TimelineEvent,
)

# What we call our channels, and the sandbox its networks, where that differs.
_NETWORKS = {"complaint_page": "complaints"}
_CAME_TO_AN_END = (ReplyState.VERIFIED, ReplyState.DISCARDED)
_STANDS = (ReplyState.POSTED, ReplyState.VERIFIED)
_ASKED = ("reply_needs_human", "reply_failed")

Name = tuple[str, str]  # network and external id: of a post, or of a person


@dataclass(frozen=True)
class Span:
    """From when to when something was so; `end` is None for it still is."""

    start: datetime
    end: datetime | None = None

    def overlaps(self, other: "Span") -> bool:
        return (other.end is None or self.start < other.end) and (self.end is None or other.start < self.end)


@dataclass(frozen=True)
class HeldCase:
    """One matter, as far as doubling asks for it."""

    number: str
    network: str
    thread: str
    mention: str  # external id of the post that opened it: the networks know who wrote it
    open: tuple[Span, ...]


@dataclass(frozen=True)
class Intent:
    """One answer that was decided upon, and what is thought to have become of it."""

    number: int
    network: str
    parent: str  # external id of the post that it answers
    thread: str
    body: str
    external_id: str  # "" while nobody knows under which id it stands
    stands: bool  # held to be public
    ended: bool
    automatic: bool  # automation approved it, whatever a person decided on it later
    sent: bool = True  # its request may have left
    confirmed_at: datetime | None = None  # when it was first known to stand; None for never
    by_person_from: datetime | None = None  # when a person first approved it, or had it posted again

    def is_automatic(self, at: datetime) -> bool:
        """Whether no person had decided on what was posted at that moment."""
        return self.automatic and (self.by_person_from is None or at < self.by_person_from)


@dataclass(frozen=True)
class Ledger:
    """Everything that the figures compare with the networks' own record."""

    mentions: Sequence[Name] = ()
    cases: Sequence[HeldCase] = ()
    intents: Sequence[Intent] = ()
    seen_elsewhere: frozenset[Name] = frozenset()  # the brand's own posts that are known to be nobody's intent
    opted_out: Mapping[Name, datetime] = field(default_factory=dict)
    unknown_settled: int = 0
    to_person: int = 0


def read_ledger(engine: Engine) -> Ledger:
    """What our database holds."""
    with reading(engine) as session:
        return Ledger(
            mentions=_mentions(session),
            cases=_cases(session),
            intents=_intents(session),
            seen_elsewhere=_seen_elsewhere(session),
            opted_out=_opted_out(session),
            unknown_settled=_unknown_settled(session),
            to_person=_to_person(session),
        )


def network_of(channel: str) -> str:
    """What the sandbox calls one of our channels."""
    return _NETWORKS.get(channel, channel)


def _mentions(session: Session) -> list[Name]:
    rows = session.exec(select(Mention.channel, Mention.external_id).where(~col(Mention.is_ours)))
    return [(network_of(channel), external_id) for channel, external_id in rows]


def _cases(session: Session) -> list[HeldCase]:
    events: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
    told = select(TimelineEvent.case_id, TimelineEvent.kind, TimelineEvent.at).where(
        col(TimelineEvent.kind).in_(["opened", "reopened", "resolved", "dismissed"])
    )
    for case_id, kind, at in session.exec(told.order_by(col(TimelineEvent.id))):
        events[case_id].append((kind, at))
    rows = session.exec(
        select(Case, Mention.external_id)
        .join(TimelineEvent, and_(col(TimelineEvent.case_id) == Case.id, col(TimelineEvent.kind) == "opened"))
        .join(Mention, col(Mention.id) == TimelineEvent.mention_id)
    )
    return [
        HeldCase(case.protocol, network_of(case.channel), case.thread, opened_by, _open_spans(events[case.id or 0]))
        for case, opened_by in rows
    ]


def _open_spans(events: Sequence[tuple[str, datetime]]) -> tuple[Span, ...]:
    spans: list[Span] = []
    since: datetime | None = None
    for kind, at in events:
        if kind in ("opened", "reopened"):
            since = at if since is None else since
        elif since is not None:
            spans.append(Span(since, at))
            since = None
    return (*spans, Span(since)) if since is not None else tuple(spans)


def _intents(session: Session) -> list[Intent]:
    confirmed = dict(
        session.exec(
            select(TimelineEvent.reply_id, func.min(TimelineEvent.at))
            .where(TimelineEvent.kind == "reply_posted")
            .group_by(col(TimelineEvent.reply_id))
        ).all()
    )
    by_person_from = dict(
        session.exec(
            select(TimelineEvent.reply_id, func.min(TimelineEvent.at))
            .where(TimelineEvent.kind == "reply_approved", TimelineEvent.by != OUVIDOR)
            .group_by(col(TimelineEvent.reply_id))
        ).all()
    )
    rows = session.exec(
        select(Reply, Mention)
        .join(Mention, col(Mention.id) == Reply.mention_id)
        .where(Reply.key != "")  # what was never approved is nobody's decision
        .order_by(col(Reply.id))
    )
    return [
        Intent(
            number=reply.id or 0,
            network=network_of(mention.channel),
            parent=mention.external_id,
            thread=mention.thread,
            body=reply.body,
            external_id=reply.external_id,
            stands=reply.state in _STANDS,
            ended=reply.state in _CAME_TO_AN_END,
            sent=reply.sending_at is not None or reply.posted_at is not None,
            confirmed_at=confirmed.get(reply.id),
            automatic=reply.automatic or reply.was_automatic or reply.approved_by == OUVIDOR,
            by_person_from=None if reply.automatic else by_person_from.get(reply.id),
        )
        for reply, mention in rows
    ]


def _seen_elsewhere(session: Session) -> frozenset[Name]:
    rows = session.exec(
        select(Account.channel, OwnPostSeen.external_id).join(Account, col(Account.id) == OwnPostSeen.account_id)
    )
    return frozenset((network_of(channel), external_id) for channel, external_id in rows)


def _opted_out(session: Session) -> dict[Name, datetime]:
    """From when on we knew that somebody wants to be left alone: who says so is heard a little later."""
    rows = session.exec(
        select(Profile.channel, Profile.external_id, Profile.opted_out_at, func.max(Mention.seen_at))
        .outerjoin(Mention, and_(col(Mention.profile_id) == Profile.id, col(Mention.posted_at) == Profile.opted_out_at))
        .where(col(Profile.opted_out_at).is_not(None))
        .group_by(col(Profile.id))
    )
    return {
        (network_of(channel), external_id): max(at, seen or at)
        for channel, external_id, at, seen in rows
        if at is not None
    }


def _unknown_settled(session: Session) -> int:
    """Replies that were unknown once, and of which it was found out or decided what became."""
    unknown = select(TimelineEvent.reply_id).where(TimelineEvent.kind == "reply_unknown").distinct()
    settled = (
        select(func.count())
        .select_from(Reply)
        .where(col(Reply.id).in_(unknown), col(Reply.state).in_([*_CAME_TO_AN_END, ReplyState.POSTED]))
    )
    return int(session.exec(settled).one())


def _to_person(session: Session) -> int:
    asked = select(func.count()).select_from(TimelineEvent).where(col(TimelineEvent.kind).in_(_ASKED))
    return int(session.exec(asked).one())
