"""What a run of the demo came to, compared with what really happened on its networks."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import Engine, Executable
from sqlmodel import Session, col, func, select

from database.engine import reading
from models import Case, CaseState, Mention, Reply, ReplyPurpose, ReplyState, Source, TimelineEvent
from sandbox.state import State
from sandbox.truth import CustomerPost, Truth

# What the sandbox calls its networks, and we our channels, where that differs.
_CHANNELS = {"complaints": "complaint_page"}
_SETTLED = (ReplyState.VERIFIED, ReplyState.DISCARDED, ReplyState.DRAFT)


@dataclass(frozen=True)
class Report:
    """The figures of one run, in the order in which they are printed."""

    posted_by_customers: int
    stored: int
    redelivered_ignored: int
    lost: int
    doubled: int
    tagged: int
    cases: int
    replies_posted: int
    replies_verified: int
    replies_doubled: int
    resolutions_published: int
    not_answerable: int
    stuck: list[str] = field(default_factory=list)  # what never came to an end; not printed as a figure

    @property
    def is_whole(self) -> bool:
        """Nothing was lost, nothing stands twice, and everything came to its end."""
        return not (self.lost or self.doubled or self.replies_doubled or self.stuck)

    def figures(self, seconds: float) -> dict[str, float]:
        found = asdict(self)
        found.pop("stuck")
        return {**found, "seconds": seconds}

    def as_json(self, seconds: float) -> str:
        return json.dumps(self.figures(seconds))

    def as_text(self, seconds: float) -> str:
        lines = [f"{name.replace('_', ' '):<22}{value:>8}" for name, value in self.figures(seconds).items()]
        return "\n".join([*lines, *(f"did not end: {what}" for what in self.stuck)])


def report(engine: Engine, state: State, redelivered: int, *, stuck: list[str] | None = None) -> Report:
    """Count what we hold against the truth log."""
    truth = Truth(state)
    posts = truth.customer_posts()
    with reading(engine) as session:
        missing = _missing(posts, _held(session))
        return Report(
            posted_by_customers=len(posts),
            stored=len(posts) - len(missing),
            redelivered_ignored=redelivered,
            lost=len(missing),
            doubled=_doubled(session),
            tagged=len(posts) - len(_missing(posts, _held(session, tagged=True))),
            cases=_count(session, select(func.count()).select_from(Case)),
            replies_posted=_count(session, select(func.count(col(Reply.posted_at)))),
            replies_verified=_count(session, select(func.count(col(Reply.verified_at)))),
            replies_doubled=sum(len(group) - 1 for group in truth.doubled_answers()),
            resolutions_published=_count(
                session,
                select(func.count(col(Reply.verified_at))).where(Reply.purpose == ReplyPurpose.RESOLUTION),
            ),
            not_answerable=_count(
                session,
                select(func.count()).select_from(TimelineEvent).where(TimelineEvent.kind == "not_answerable"),
            ),
            stuck=stuck or [],
        )


def finished(engine: Engine, state: State, now: datetime) -> bool:
    """Whether everything that was posted was stored, tagged and handled, and nothing of ours is on its way."""
    with reading(engine) as session:
        if _unfinished(session) or any(source.last_success_at is None for source in _sources(session)):
            return False
        return not _missing(Truth(state).customer_posts(include_deleted=False), _held(session))


def stuck(engine: Engine, state: State) -> list[str]:
    """What never came to an end, in words."""
    with reading(engine) as session:
        found = _unfinished(session)
        missing = _missing(Truth(state).customer_posts(), _held(session))
        found += [f"{post.network} {post.external_id} was never stored" for post in missing[:5]]
        found += [f"source {s.name}: {s.paused_reason or s.last_error}" for s in _sources(session) if s.failures]
    return found


def _sources(session: Session) -> list[Source]:
    return list(session.exec(select(Source).where(col(Source.active))))


def _unfinished(session: Session) -> list[str]:
    found = []
    waiting = _count(session, select(func.count()).select_from(Mention).where(col(Mention.triaged_at).is_(None)))
    if waiting:
        found.append(f"{waiting} mentions wait to be tagged or triaged")
    is_open = col(Case.state).not_in([CaseState.RESOLVED, CaseState.DISMISSED])
    unresolved = session.exec(select(Case.protocol).where(is_open).limit(5)).all()
    if unresolved:
        found.append(f"cases are open: {', '.join(unresolved)}")
    replies = select(Reply).where(col(Reply.state).not_in(_SETTLED)).limit(5)
    found += [f"reply {reply.id} is {reply.state.value}: {reply.last_error}" for reply in session.exec(replies)]
    return found


def _held(session: Session, *, tagged: bool = False) -> set[tuple[str, str]]:
    statement = select(Mention.channel, Mention.external_id)
    return set(session.exec(statement.where(col(Mention.verdict_id).is_not(None)) if tagged else statement))


def _missing(posts: list[CustomerPost], held: set[tuple[str, str]]) -> list[CustomerPost]:
    return [post for post in posts if (_CHANNELS.get(post.network, post.network), _our_id(post)) not in held]


def _our_id(post: CustomerPost) -> str:
    """How the channel's listener names the post."""
    return post.external_id


def _doubled(session: Session) -> int:
    """Rows beyond the first of one post, whatever source or text revision brought them."""
    key = (Mention.channel, Mention.external_id)
    groups = select(func.count() - 1).select_from(Mention).group_by(*key).having(func.count() > 1)
    return sum(session.exec(groups))


def _count(session: Session, statement: Executable) -> int:
    return int(session.execute(statement).scalar_one())
