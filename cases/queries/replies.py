"""The replies of one case: what they say, what became of them, and what is known of those that wait for a person."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from cases.queries.facts import people
from database.ledger import plain_name
from models import Account, Mention, Reply, ReplyPurpose, ReplyState, TimelineEvent

_IN_PUBLIC_OR_READ = (ReplyState.POSTED, ReplyState.VERIFIED)
_TELLING = ("drafted", "draft_edited", "reply_needs_human")


@dataclass(frozen=True)
class ReplyEntry:
    """A reply of ours, in whatever state."""

    id: int
    mention_id: int
    mention_url: str
    answers: str  # the handle that it answers
    account_id: int
    account: str
    account_paused: str  # why nothing is posted as the account; "" when nothing holds it
    channel: str
    purpose: ReplyPurpose
    sequence: int
    state: ReplyState
    body: str
    automatic: bool
    private: bool
    is_ready: bool  # automation's proposal
    override: str  # the finding that the approver let pass
    override_note: str
    drafted_by: str
    drafted_at: datetime
    writers: tuple[str, ...]  # whose words may stand in it
    other_drafts: int  # that would answer the same post
    approved_by: str
    attempts: int
    sending_at: datetime | None
    looked: int
    looked_at: datetime | None  # the last time, where that is known
    next_attempt_at: datetime | None
    frozen_at: datetime | None
    posted_at: datetime | None
    verified_at: datetime | None
    vanished_at: datetime | None  # it stood there, and no longer does
    external_id: str
    url: str
    last_error: str

    @property
    def is_out(self) -> bool:
        """Whether it stands where it was sent to, as far as the platform said or we saw."""
        return self.state in _IN_PUBLIC_OR_READ

    @property
    def may_be_out(self) -> bool:
        """Whether a request for it may have left."""
        return self.sending_at is not None and (self.attempts > 0 or self.is_forgotten)

    @property
    def is_forgotten(self) -> bool:
        """Whether a backup was put back that knows of no request: the life after it may have sent one."""
        waits = self.state in (ReplyState.UNKNOWN, ReplyState.NEEDS_HUMAN)
        return waits and self.attempts == 0 and self.sending_at is not None

    def is_by(self, name: str) -> bool:
        """Whether words of this person may stand in it."""
        return plain_name(name) in map(plain_name, self.writers)


@dataclass(frozen=True)
class _Told:
    """What the timeline tells of a reply."""

    writers: tuple[str, ...] = ()
    handed_over_at: datetime | None = None  # the last time that it was given to a person


def replies_of(session: Session, case_id: int) -> list[ReplyEntry]:
    """Every reply of the case that was not discarded, oldest first."""
    found = session.exec(
        select(Reply, Account, Mention)
        .join(Account, col(Account.id) == col(Reply.account_id))
        .join(Mention, col(Mention.id) == col(Reply.mention_id))
        .where(Reply.case_id == case_id, col(Reply.state) != ReplyState.DISCARDED)
        .order_by(col(Reply.id))
    ).all()
    if not found:
        return []
    authors = people(session, [mention.profile_id for _, _, mention in found])
    told = _told(session, case_id)
    drafts = Counter((r.mention_id, r.purpose) for r, _, _ in found if r.state is ReplyState.DRAFT)
    entries = []
    for reply, account, mention in found:
        author = authors.get(mention.profile_id) if mention.profile_id is not None else None
        others = drafts[reply.mention_id, reply.purpose] - (reply.state is ReplyState.DRAFT)
        entries.append(
            _entry(
                reply,
                account,
                mention,
                author.handle if author else "",
                told.get(reply.id or 0, _Told()),
                max(0, others),
            )
        )
    return entries


def _told(session: Session, case_id: int) -> dict[int, _Told]:
    """By reply: who wrote in it, and when it was given to a person."""
    events = session.exec(
        select(TimelineEvent.reply_id, TimelineEvent.kind, TimelineEvent.by, TimelineEvent.at)
        .where(TimelineEvent.case_id == case_id, col(TimelineEvent.kind).in_(_TELLING))
        .order_by(col(TimelineEvent.id))
    )
    writers: dict[int, dict[str, None]] = {}
    handed_over: dict[int, datetime] = {}
    for reply_id, kind, by, at in events:
        if reply_id is None:
            continue
        if kind == "reply_needs_human":
            handed_over[reply_id] = at
        else:
            writers.setdefault(reply_id, {})[by] = None
    ids = writers.keys() | handed_over.keys()
    return {one: _Told(tuple(writers.get(one, ())), handed_over.get(one)) for one in ids}


def _entry(
    reply: Reply, account: Account, mention: Mention, answers: str, told: _Told, other_drafts: int
) -> ReplyEntry:
    # The look after which it was given to a person is the only one whose time is kept.
    is_last_look = reply.state is ReplyState.NEEDS_HUMAN and reply.looked > 0
    return ReplyEntry(
        id=reply.id or 0,
        mention_id=reply.mention_id,
        mention_url=mention.url,
        answers=answers,
        account_id=reply.account_id,
        account=account.name,
        account_paused=account.paused_reason,
        channel=mention.channel,
        purpose=reply.purpose,
        sequence=reply.sequence,
        state=reply.state,
        body=reply.body,
        automatic=reply.automatic,
        private=reply.private,
        is_ready=reply.is_ready,
        override=reply.override,
        override_note=reply.override_note,
        drafted_by=reply.drafted_by,
        drafted_at=reply.drafted_at,
        writers=told.writers or (reply.drafted_by,),
        other_drafts=other_drafts,
        approved_by=reply.approved_by,
        attempts=reply.attempts,
        sending_at=reply.sending_at,
        looked=reply.looked,
        looked_at=told.handed_over_at if is_last_look else None,
        next_attempt_at=reply.next_attempt_at,
        frozen_at=reply.frozen_at,
        posted_at=reply.posted_at,
        verified_at=reply.verified_at,
        vanished_at=reply.vanished_at,
        external_id=reply.external_id,
        url=reply.url,
        last_error=reply.last_error,
    )
