"""The step that compares an account's own posts with the ledger, both ways; it looks, it never posts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, bindparam, or_, update
from sqlmodel import Session, col, select

from database.alarms import clear_alarm, raise_alarm
from database.crash import crash_point
from database.engine import reading, transaction
from database.ledger import OUVIDOR, append
from database.upsert import insert_new
from errors import ChannelError, NeedsAttentionError, RateLimitedError, TryLaterError
from models import Account, CaseMention, Mention, OwnPostSeen, Reply, ReplyState
from responders.base import OutgoingReply, OwnPost, OwnTimeline, Responder
from responders.outbox import outgoing

EVERY = timedelta(minutes=15)
REACH = timedelta(hours=24)  # how far back own posts are compared
_AFTER_A_BACKUP = timedelta(days=7)
_LAG = timedelta(minutes=10)  # a reply younger than this may not be shown yet
_MOST_MISSING = 20  # replies that are looked for one by one, a time
# Those whose number is not known yet: what stands below their post may be they.
_ON_ITS_WAY = (ReplyState.SENDING, ReplyState.UNKNOWN, ReplyState.POSTED, ReplyState.BY_HAND, ReplyState.NEEDS_HUMAN)
# Built once: for statements as small as these, building costs more than running.
_CLAIM = (
    update(Account)
    .where(
        col(Account.id) == bindparam("account"),
        col(Account.active),
        or_(col(Account.next_reconcile_at).is_(None), col(Account.next_reconcile_at) <= bindparam("now")),
    )
    .values(next_reconcile_at=bindparam("next"))
    .execution_options(synchronize_session=False)
)
_KNOWN = select(Reply.external_id).where(
    Reply.account_id == bindparam("account"), col(Reply.external_id).in_(bindparam("ids", expanding=True))
)
_WAITED_FOR = (
    select(Mention.external_id)
    .join(Reply, col(Reply.mention_id) == Mention.id)
    .where(
        Reply.account_id == bindparam("account"),
        Reply.external_id == "",
        col(Reply.state).in_(_ON_ITS_WAY),
        col(Mention.external_id).in_(bindparam("parents", expanding=True)),
    )
)
_STANDING = (
    select(Reply)
    .join(Mention, col(Mention.id) == Reply.mention_id)
    .where(
        Reply.account_id == bindparam("account"),
        col(Reply.state).in_([ReplyState.POSTED, ReplyState.VERIFIED]),
        Reply.external_id != "",
        ~col(Reply.private),
        col(Reply.vanished_at).is_(None),
        col(Mention.deleted_at).is_(None),
        col(Reply.posted_at) >= bindparam("since"),
        col(Reply.posted_at) <= bindparam("until"),
    )
    .order_by(col(Reply.posted_at))
)
_CASE_OF = (
    select(CaseMention.case_id, CaseMention.mention_id)
    .join(Mention, col(Mention.id) == CaseMention.mention_id)
    .where(
        Mention.brand_id == bindparam("brand"),
        Mention.channel == bindparam("channel"),
        Mention.place == bindparam("place"),
        Mention.external_id == bindparam("parent"),
    )
)


@dataclass(frozen=True)
class Reconciled:
    """What one comparison found: posts that nobody here sent, and replies that no longer stand."""

    own_posts: int = 0
    foreign: Sequence[OwnPost] = ()
    vanished: Sequence[int] = ()  # ids of replies
    error: ChannelError | None = None


def shows_its_posts(responder: object) -> bool:
    """Whether a responder's channel shows an account its own posts."""
    return hasattr(responder, "own_posts")


def reconcile(
    engine: Engine,
    responder: Responder,
    timeline: OwnTimeline,
    account_id: int,
    now: datetime,
    every: timedelta = EVERY,
) -> Reconciled | None:
    """Compare what stands under the account with the ledger; None when it is not due, or somebody else is at it.

    `timeline` is the same responder. What stands there and no reply of ours is raises an alarm and an event of its
    case, once; so does a reply that stood there, is missing now and cannot be found in its thread either.
    """
    with transaction(engine) as session:
        asked = {"account": account_id, "now": now, "next": now + every}
        if session.connection().execute(_CLAIM, asked).rowcount != 1:
            return None
        since = _since(session.get_one(Account, account_id), now)
    try:
        posts, shown_since = _shown(timeline, since, now)
        crash_point("reconcile.read")
        missing = _missing(engine, account_id, posts, shown_since, now)
        gone = [reply_id for reply_id, frozen in missing if _is_gone(responder, frozen)]
    except ChannelError as error:
        _put_off(engine, account_id, error, now, every)
        return Reconciled(error=error)
    with transaction(engine) as session:
        account = session.get_one(Account, account_id)
        foreign = _note_foreign(session, account, posts, now)
        vanished = [reply_id for reply_id in gone if _note_vanished(session, reply_id, now)]
        account.reconciled_to = now
        session.add(account)
        if shown_since > since:
            told = f"{account.name}: what it posted between {since:%Y-%m-%d %H:%M} and {shown_since:%Y-%m-%d %H:%M} UTC"
            told = f"{told} is not shown any more, and was not compared"
            raise_alarm(session, "reconcile_failed", f"account:{account.id}", told, now)
        else:
            clear_alarm(session, "reconcile_failed", f"account:{account.id}", now)
    crash_point("reconcile.recorded")
    return Reconciled(len(posts), foreign, vanished)


def _since(account: Account, now: datetime) -> datetime:
    """How far to look back: what was posted before the first comparison is nobody's concern, unless much was lost."""
    if account.recovered_at is not None and account.reconciled_to is None:
        return account.recovered_at - _AFTER_A_BACKUP
    if account.reconciled_to is None:
        return now - _LAG
    return min(account.reconciled_to, now - REACH)


def _shown(timeline: OwnTimeline, since: datetime, now: datetime) -> tuple[list[OwnPost], datetime]:
    """What stands there, and since when it is all of it: what the platform no longer shows blinds us to nothing newer.

    TryLaterError where less than `REACH` was shown.
    """
    posts: list[OwnPost] = []
    try:
        posts.extend(timeline.own_posts(since))
    except TryLaterError:
        if not posts or posts[-1].posted_at >= now - REACH:
            raise
        return posts, now - REACH
    return posts, since


def _is_gone(responder: Responder, frozen: OutgoingReply) -> bool:
    """Whether a reply was looked for and is not there; one that cannot be looked for says nothing of the others."""
    try:
        return responder.find(frozen) is None
    except (NeedsAttentionError, RateLimitedError):
        raise
    except ChannelError:
        return False


def _missing(
    engine: Engine, account_id: int, posts: Sequence[OwnPost], since: datetime, now: datetime
) -> list[tuple[int, OutgoingReply]]:
    """Replies of the ledger that the account's own timeline does not show."""
    shown = {post.external_id for post in posts}
    with reading(engine) as session:
        asked = {"account": account_id, "since": since + _LAG, "until": now - _LAG}
        standing = session.execute(_STANDING, asked).scalars().all()
        missing = [reply for reply in standing if reply.external_id not in shown][:_MOST_MISSING]
        return [(reply.id or 0, outgoing(session, reply, now)) for reply in missing]


def _note_foreign(session: Session, account: Account, posts: Sequence[OwnPost], now: datetime) -> list[OwnPost]:
    """Posts that nobody here sent, of which nobody was told yet."""
    known: set[str] = set()
    waited_for: set[str] = set()
    for chunk in _chunks(posts):
        ids = {"account": account.id, "ids": [post.external_id for post in chunk]}
        known |= set(session.execute(_KNOWN, ids).scalars())
        parents = {"account": account.id, "parents": [post.parent_external_id for post in chunk]}
        waited_for |= set(session.execute(_WAITED_FOR, parents).scalars())
    strange = [post for post in posts if post.external_id not in known and post.parent_external_id not in waited_for]
    rows = [
        {
            "account_id": account.id,
            "external_id": post.external_id,
            "parent_external_id": post.parent_external_id,
            "url": post.url,
            "posted_at": post.posted_at,
            "seen_at": now,
        }
        for post in strange
    ]
    fresh = insert_new(session, OwnPostSeen, rows, "id", "external_id")
    foreign = [post for post in strange if post.external_id in fresh]
    for post in foreign:
        _tell_its_case(session, account, post, now)
    if foreign:
        newest = foreign[0]
        told = (
            f"{account.name}: {len(foreign)} posts stand under @{account.handle} that nobody here sent, the newest at "
            f"{newest.url or newest.external_id}: a colleague in the platform's app, or somebody with the token"
        )
        raise_alarm(session, "foreign_post", f"account:{account.id}", told, now)
    return foreign


def _tell_its_case(session: Session, account: Account, post: OwnPost, now: datetime) -> None:
    asked = {
        "brand": account.brand_id,
        "channel": account.channel,
        "place": account.place,
        "parent": post.parent_external_id,
    }
    found = session.execute(_CASE_OF, asked).first() if post.parent_external_id else None
    if found is not None:
        detail = {"account": account.name, "external_id": post.external_id}
        append(session, found.case_id, "own_post_elsewhere", OUVIDOR, now, mention_id=found.mention_id, detail=detail)


def _note_vanished(session: Session, reply_id: int, now: datetime) -> bool:
    reply = session.get_one(Reply, reply_id, with_for_update=True)
    if reply.vanished_at is not None:
        return False
    reply.vanished_at = now
    session.add(reply)
    append(session, reply.case_id, "reply_vanished", OUVIDOR, now, mention_id=reply.mention_id, reply_id=reply.id)
    told = "the reply stood there and no longer does: moderated, or deleted"
    raise_alarm(session, "reply_vanished", f"reply:{reply.id}", told, now)
    return True


def _put_off(engine: Engine, account_id: int, error: ChannelError, now: datetime, every: timedelta) -> None:
    with transaction(engine) as session:
        account = session.get_one(Account, account_id)
        if isinstance(error, RateLimitedError) and error.retry_after is not None:
            account.next_reconcile_at = now + min(error.retry_after, every)
        if isinstance(error, NeedsAttentionError):
            raise_alarm(session, "reconcile_failed", f"account:{account.id}", f"{account.name}: {error}", now)
        session.add(account)


def _chunks(posts: Sequence[OwnPost]) -> list[Sequence[OwnPost]]:
    return [posts[start : start + 400] for start in range(0, len(posts), 400)]
