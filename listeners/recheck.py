"""The step that asks what became of mentions we hold: takes over edits, purges what was deleted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from database.alarms import clear_alarm, raise_alarm
from database.engine import reading, transaction
from database.search import forget_purged_words
from errors import ChannelError, NeedsAttentionError, RateLimitedError
from listeners.base import Edited, Gone, Listener, Unchanged
from listeners.purge import purge
from listeners.store import notice_edit
from models import Mention, MentionKind, Sighting, Source

WATCHED = timedelta(days=30)  # older posts are no longer looked up
_RETRY = timedelta(minutes=15)


@dataclass(frozen=True)
class Rechecked:
    looked_up: int = 0
    edited: int = 0
    gone: int = 0
    error: Exception | None = None


def recheck(
    engine: Engine, listener: Listener, source_id: int, now: datetime, *, every: timedelta, limit: int = 300
) -> Rechecked:
    """Look up those of a source's mentions that were not looked up for longest, and sets when to do it next.

    A channel's error only puts the next look-up off.
    """
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        source.next_check_at = now + every
        session.add(source)
    with reading(engine) as session:
        ids = _longest_unseen(session, source, now, now - every, limit)
    if not ids:
        return Rechecked()
    edited = gone = 0
    error: ChannelError | None = None
    waiting = dict(ids)
    try:
        for fact in listener.check(list(ids)):
            with transaction(engine) as session:
                mention = session.get_one(Mention, ids[fact.external_id])
                changed = _apply(session, mention, fact, now)
                mention.checked_at = now
            waiting.pop(fact.external_id, None)
            edited += changed and isinstance(fact, Edited)
            gone += changed and isinstance(fact, Gone)
    except ChannelError as failure:
        error = failure
    with transaction(engine) as session:
        if gone:
            forget_purged_words(session)
        source = session.get_one(Source, source_id)
        match error:
            case None:
                # Also those of which the platform said nothing: else the same few would be asked for ever.
                _stamp(session, waiting.values(), now)
                source.next_check_at = now if len(ids) == limit else now + every
            case RateLimitedError(retry_after=wait):
                source.next_check_at = now + (_RETRY if wait is None else wait)
            case NeedsAttentionError():
                source.next_check_at = now + every
                raise_alarm(session, "check_failed", f"source:{source.id}", f"{source.name}: {error}", now)
            case _:
                # The first that was not answered is the one that failed: it goes to the end of the line.
                _stamp(session, list(waiting.values())[:1], now)
                source.next_check_at = now + min(every, _RETRY)
        if error is None:
            clear_alarm(session, "check_failed", f"source:{source.id}", now)
        session.add(source)
    return Rechecked(len(ids), edited, gone, error)


def _longest_unseen(session: Session, source: Source, now: datetime, since: datetime, limit: int) -> dict[str, int]:
    statement = (
        select(Mention.external_id, Mention.id)
        .join(Sighting, col(Sighting.mention_id) == Mention.id)
        .where(
            Sighting.source_id == source.id,
            col(Mention.deleted_at).is_(None),
            Mention.posted_at > now - WATCHED,
            Mention.seen_at <= since,
            col(Mention.checked_at).is_(None) | (col(Mention.checked_at) <= since),
            col(Mention.is_ours).is_(False),
        )
        .order_by(col(Mention.checked_at).nulls_first(), col(Mention.id))
        .limit(limit)
    )
    return {external_id: mention_id or 0 for external_id, mention_id in session.exec(statement)}


def _stamp(session: Session, ids: Iterable[int], now: datetime) -> None:
    for mention_id in ids:
        mention = session.get_one(Mention, mention_id)
        mention.checked_at = now
        session.add(mention)


def _apply(session: Session, mention: Mention, fact: Unchanged | Edited | Gone, now: datetime) -> bool:
    match fact:
        case Unchanged():
            return False
        case Edited(text=text, edited_at=edited_at):
            return notice_edit(session, mention, text, edited_at, now)
        case Gone():
            return (
                _purge_thread(session, mention, now)
                if mention.kind is MentionKind.COMPLAINT
                else purge(session, mention, now)
            )


def _purge_thread(session: Session, complaint: Mention, now: datetime) -> bool:
    """Who takes a complaint back takes back every word of theirs in it: a complaint site shows none of them."""
    words = select(Mention).where(
        Mention.brand_id == complaint.brand_id,
        Mention.channel == complaint.channel,
        Mention.place == complaint.place,
        Mention.thread == complaint.thread,
        ~col(Mention.is_ours),
    )
    purged = [purge(session, mention, now) for mention in session.exec(words).all()]
    return any(purged)
