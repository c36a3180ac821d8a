"""Store one page of what was heard: idempotent, in the caller's transaction, together with the cursor."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from database.counts import retire_verdict
from database.ledger import OUVIDOR, append
from database.search import forget_purged_words
from database.upsert import insert_ignoring, insert_new
from listeners.base import Author, HeardMention, Page
from listeners.purge import purge
from models import CaseMention, Mention, MentionText, Profile, Reply, Sighting, Source, ThreadFactRow

_PARAMETERS = 400  # bound parameters a query; SQLite's old limit is 999


@dataclass(frozen=True)
class Stored:
    """How many mentions of a page were new, and how many we had."""

    new: int
    known: int


def store(session: Session, source: Source, page: Page, now: datetime, *, answerable: bool = True) -> Stored:
    """Store the mentions, authors, sightings and thread facts of a page; a second time changes nothing.

    A mention whose text differs from the one we hold was edited: the old text is kept as history, and it is tagged
    again. One that is gone is purged, or stored without its words for the count. `answerable` False keeps automation
    away from all of them (an import). The source must be stored.
    """
    # A page may repeat itself.
    heard = {mention.external_id: mention for mention in map(storable, page.mentions)}
    known = _known(session, source, heard)
    fresh = [mention for external_id, mention in heard.items() if external_id not in known]
    profiles = _profiles(session, source, [m.author for m in fresh if m.author is not None])
    threads = _threads(session, source, fresh)
    rows = [_row(source, mention, profiles, threads, now, answerable) for mention in fresh]
    new = insert_new(session, Mention, rows, "id", "external_id")
    if len(new) < len(fresh):  # another process stored some of them a moment ago
        known = _known(session, source, heard)
    _mend_threads(session, source, {external_id: threads[external_id] for external_id in new})
    _bring_known_up_to_date(session, known.values(), heard, now)
    ids = {external_id: mention.id for external_id, mention in known.items()} | new
    sightings = [{"mention_id": i, "source_id": source.id, "seen_at": now} for i in ids.values()]
    insert_ignoring(session, Sighting, sightings)
    insert_ignoring(session, ThreadFactRow, _facts(source, page))
    return Stored(new=len(new), known=len(heard) - len(new))


def _bring_known_up_to_date(
    session: Session, known: Iterable[Mention], heard: Mapping[str, HeardMention], now: datetime
) -> None:
    purged = False
    for mention in known:
        told = heard[mention.external_id]
        if told.gone:
            purged |= purge(session, mention, now)
        else:
            notice_edit(session, mention, told.text, told.edited_at, now)
    if purged:
        forget_purged_words(session)


def _scope(source: Source) -> dict[str, Any]:
    return {"brand_id": source.brand_id, "channel": source.channel, "place": source.place}


def _chunks(values: Iterable[str]) -> Iterable[Sequence[str]]:
    listed = list(values)
    for start in range(0, len(listed), _PARAMETERS):
        yield listed[start : start + _PARAMETERS]


def _known(session: Session, source: Source, ids: Iterable[str]) -> dict[str, Mention]:
    found: dict[str, Mention] = {}
    for chunk in _chunks(ids):
        statement = select(Mention).filter_by(**_scope(source)).where(col(Mention.external_id).in_(chunk))
        found |= {mention.external_id: mention for mention in session.exec(statement)}
    return found


def _profiles(session: Session, source: Source, authors: Sequence[Author]) -> dict[str, int]:
    """Ids of the authors' profiles, made or brought up to date."""
    wanted = {author.external_id: author for author in authors}
    found: dict[str, int] = {}
    seen = (Profile.handle, Profile.name, Profile.url, Profile.followers, Profile.is_bot)
    for chunk in _chunks(wanted):
        held = select(Profile.external_id, Profile.id, *seen).filter_by(**_scope(source))  # type: ignore[call-overload]
        for external_id, profile_id, *shown in session.exec(held.where(col(Profile.external_id).in_(chunk))):
            author = wanted[external_id]
            if shown != [author.handle, author.name, author.url, author.followers, author.is_bot]:
                _bring_up_to_date(session.get_one(Profile, profile_id), author)
            found[external_id] = profile_id
    rows = [
        {
            **_scope(source),
            "external_id": author.external_id,
            "handle": author.handle,
            "name": author.name,
            "url": author.url,
            "followers": author.followers,
            "is_bot": author.is_bot,
        }
        for author in wanted.values()
        if author.external_id not in found
    ]
    made = insert_new(session, Profile, rows, "id", "external_id")
    missed = [str(row["external_id"]) for row in rows if row["external_id"] not in made]
    for chunk in _chunks(missed):  # another process made them a moment ago
        statement = select(Profile).filter_by(**_scope(source)).where(col(Profile.external_id).in_(chunk))
        made |= {profile.external_id: profile.id for profile in session.exec(statement)}
    return found | made


def _bring_up_to_date(profile: Profile, author: Author) -> None:
    profile.handle, profile.name, profile.url = author.handle, author.name, author.url
    profile.followers, profile.is_bot = author.followers, author.is_bot


def _threads(session: Session, source: Source, fresh: Sequence[HeardMention]) -> dict[str, str]:
    """The thread of each mention: the platform's, else its parent's, else itself."""
    threads = {m.external_id: m.thread_external_id for m in fresh if m.thread_external_id is not None}
    asked = [m for m in fresh if m.thread_external_id is None]
    parents = {m.parent_external_id for m in asked if m.parent_external_id is not None}
    of_parents: dict[str, str] = {}
    for chunk in _chunks(parents):
        held = select(Mention.external_id, Mention.thread).filter_by(**_scope(source))
        of_parents |= dict(session.exec(held.where(col(Mention.external_id).in_(chunk))).all())
        ours = (
            select(Reply.external_id, Mention.thread)
            .join(Mention, col(Mention.id) == Reply.mention_id)
            .where(col(Reply.account_id) == source.account_id, col(Reply.external_id).in_(chunk))
        )
        of_parents |= dict(session.exec(ours).all())
    for mention in sorted(asked, key=lambda m: m.posted_at):
        parent = mention.parent_external_id
        # A parent that we have not heard yet is taken for the root; _mend_threads corrects it when it comes.
        threads[mention.external_id] = (
            mention.external_id if parent is None else of_parents.get(parent) or threads.get(parent) or parent
        )
    return threads


def _mend_threads(session: Session, source: Source, threads: Mapping[str, str]) -> None:
    """Children that came before their parent took it for the root; now that it is here, they follow it."""
    moved = {external_id: thread for external_id, thread in threads.items() if thread != external_id}
    for chunk in _chunks(moved):
        statement = select(Mention).filter_by(**_scope(source)).where(col(Mention.thread).in_(chunk))
        for mention in session.exec(statement):
            mention.thread = moved[mention.thread]
            session.add(mention)


def _row(
    source: Source,
    mention: HeardMention,
    profiles: Mapping[str, int],
    threads: Mapping[str, str],
    now: datetime,
    answerable: bool,
) -> dict[str, Any]:
    author = mention.author
    return {
        **_scope(source),
        "account_id": source.account_id,
        "external_id": mention.external_id,
        "kind": mention.kind,
        "profile_id": None if author is None else profiles[author.external_id],
        "parent_external_id": mention.parent_external_id,
        "thread": threads[mention.external_id],
        "text": mention.text,
        "text_revision": 1,
        "lang_hint": mention.lang,
        "url": mention.url,
        "pictures": list(mention.pictures),
        "visibility": mention.visibility,
        "is_ours": mention.is_ours,
        "addresses_us": mention.addresses_us,
        "answerable_automatically": answerable and mention.posted_at >= source.started_at,
        "reach": (author.followers or 0) if author is not None else 0,
        "extra": dict(mention.extra),
        "posted_at": mention.posted_at,
        "seen_at": now,
        "edited_at": mention.edited_at,
        "deleted_at": now if mention.gone else None,
        "triaged_at": now if mention.gone else None,
    }


_LARGEST = 2**31 - 1  # PostgreSQL's integer; nobody has more followers
_LONGEST_NAME = 500  # characters of a handle, a name or a language


def clean(text: str) -> str:
    """PostgreSQL holds no NUL, and no database a lone surrogate; nothing readable is lost by leaving them out."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def storable(mention: HeardMention) -> HeardMention:
    """The same mention with nothing in it that a database refuses: one hostile profile must not stop a source."""
    if mention.gone:
        mention = mention.taken_back()
    return replace(
        mention,
        external_id=clean(mention.external_id),
        text=clean(mention.text),
        posted_at=_in_utc(mention.posted_at),
        author=None if mention.author is None else _storable_author(mention.author),
        url=clean(mention.url),
        parent_external_id=None if mention.parent_external_id is None else clean(mention.parent_external_id),
        thread_external_id=None if mention.thread_external_id is None else clean(mention.thread_external_id),
        lang=None if mention.lang is None else clean(mention.lang)[:_LONGEST_NAME],
        pictures=tuple(map(clean, mention.pictures)),
        edited_at=None if mention.edited_at is None else _in_utc(mention.edited_at),
        extra={clean(key): clean(value) for key, value in mention.extra.items()},
    )


def _storable_author(author: Author) -> Author:
    followers = author.followers
    return replace(
        author,
        external_id=clean(author.external_id),
        handle=clean(author.handle)[:_LONGEST_NAME],
        name=clean(author.name)[:_LONGEST_NAME],
        url=clean(author.url),
        followers=None if followers is None else min(max(followers, 0), _LARGEST),
    )


def _in_utc(moment: datetime) -> datetime:
    """The moment in UTC; one so far away that UTC cannot say it becomes the nearest that it can."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if moment.year > 2000 else datetime.min.replace(tzinfo=UTC)


def notice_edit(session: Session, mention: Mention, text: str, edited_at: datetime | None, now: datetime) -> bool:
    """Take over an edited text; False when it is the one we hold, or its author had it deleted."""
    text = clean(text)
    if mention.deleted_at is not None or mention.id is None or text == mention.text:
        return False
    session.refresh(mention, with_for_update=True)  # it may be tagged, or purged, at this very moment
    if mention.deleted_at is not None or text == mention.text:
        return False
    session.add(MentionText(mention_id=mention.id, revision=mention.text_revision, text=mention.text, replaced_at=now))
    mention.text = text
    mention.text_revision += 1
    mention.edited_at = edited_at or now
    retire_verdict(session, mention)
    session.add(mention)
    link = session.get(CaseMention, mention.id)
    if link is not None:
        append(session, link.case_id, "mention_edited", OUVIDOR, now, mention_id=mention.id)
    return True


def _facts(source: Source, page: Page) -> list[dict[str, Any]]:
    return [
        {
            **_scope(source),
            "thread": clean(fact.thread_external_id),
            "name": clean(fact.name),
            "value": clean(fact.value),
            "at": _in_utc(fact.at),
        }
        for fact in page.facts
    ]
