"""Store one page of what was heard: idempotent, in the caller's transaction, together with the cursor."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Integer, Table, bindparam, select
from sqlmodel import Session

from database.counts import retire_verdict
from database.ledger import OUVIDOR, append
from database.search import forget_purged_words
from database.upsert import insert_ignoring, insert_new, insert_selected
from listeners.base import Author, HeardMention, Page
from listeners.purge import purge, seal
from listeners.storable import clean, in_utc, storable
from models import CaseMention, Mention, MentionText, Profile, Reply, Sighting, Source, ThreadFactRow

_PARAMETERS = 400  # bound parameters a query; SQLite's old limit is 999
_MENTIONS: Table = Mention.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_PROFILES: Table = Profile.__table__  # type: ignore[attr-defined]
_REPLIES: Table = Reply.__table__  # type: ignore[attr-defined]
_TEXTS: Table = MentionText.__table__  # type: ignore[attr-defined]
_Value = TypeVar("_Value")


def _within(table: Table) -> tuple[Any, ...]:
    """The rows of a source's brand, channel and place."""
    return tuple(table.c[name] == bindparam(name) for name in ("brand_id", "channel", "place"))


# Built once: for pages as small as most, building costs more than running.
_ASKED: BindParameter[Any] = bindparam("asked", expanding=True)
_KNOWN = select(Mention).where(*_within(_MENTIONS), _MENTIONS.c.external_id.in_(_ASKED))
_IN_THREADS = select(Mention).where(*_within(_MENTIONS), _MENTIONS.c.thread.in_(_ASKED))
_THREADS = select(_MENTIONS.c.external_id, _MENTIONS.c.thread).where(
    *_within(_MENTIONS), _MENTIONS.c.external_id.in_(_ASKED)
)
_OUR_THREADS = (
    select(_REPLIES.c.external_id, _MENTIONS.c.thread)
    .join(_MENTIONS, _MENTIONS.c.id == _REPLIES.c.mention_id)
    .where(_REPLIES.c.account_id == bindparam("account"), _REPLIES.c.external_id.in_(_ASKED))
)
_ANSWERS = select(_REPLIES.c.id).where(_REPLIES.c.mention_id == bindparam("mention")).limit(1)
_SHOWN = select(
    *(_PROFILES.c[name] for name in ("external_id", "id", "handle", "name", "url", "followers", "is_bot"))
).where(*_within(_PROFILES), _PROFILES.c.external_id.in_(_ASKED))
_REPLACED = select(_TEXTS.c.mention_id, _TEXTS.c.text).where(_TEXTS.c.mention_id.in_(_ASKED))
_SEEN = select(
    _MENTIONS.c.id, bindparam("source", type_=Integer), bindparam("now", type_=_MENTIONS.c.seen_at.type)
).where(_MENTIONS.c.id.in_(_ASKED))


@dataclass(frozen=True)
class Stored:
    """How many mentions of a page were new, and how many we had."""

    new: int
    known: int
    unlike: Set[str] = frozenset()  # ids that we have with another text; told only where edits are not taken over


def store(
    session: Session, source: Source, page: Page, now: datetime, *, answerable: bool = True, edits: bool = True
) -> Stored:
    """Store the mentions, authors, sightings and thread facts of a page; a second time changes nothing.

    A mention whose text differs from the one we hold was edited: the old text is kept as history, and it is tagged
    again. One that is gone is purged, or stored without its words for the count; should it come back, it is as good as
    new. `answerable` False keeps automation away from all of them (an import). `edits` False leaves the mentions and
    authors that we have as they are, and tells which were to say something that they never said. The source must be
    stored.
    """
    session.flush()  # the statements below go past the object mapper
    # A page may repeat itself.
    heard = {mention.external_id: mention for mention in map(storable, page.mentions)}
    known = _known(session, source, heard)
    fresh = [mention for external_id, mention in heard.items() if external_id not in known]
    returned = [heard[mention.external_id] for mention in known.values() if edits and _is_back(mention, heard)]
    authors = [m.author for m in (*fresh, *returned) if m.author is not None]
    profiles = _profiles(session, source, authors, edits=edits)
    threads = _threads(session, source, [*fresh, *returned])
    rows = [_row(source, mention, profiles, threads, now, answerable) for mention in fresh]
    new = insert_new(session, Mention, rows, "id", "external_id")
    if len(new) < len(fresh):  # another process stored some of them a moment ago
        known = _known(session, source, heard)
    _mend_threads(session, source, {external_id: threads[external_id] for external_id in new})
    for mention in returned:
        _fill(session, known[mention.external_id], _row(source, mention, profiles, threads, now, answerable))
    unlike: Set[str] = frozenset()
    if edits:
        _bring_known_up_to_date(session, source, known.values(), heard, now)
    else:
        unlike = _unlike(session, [known[external_id] for external_id in known.keys() - new.keys()], heard)
    ids = {external_id: mention.id for external_id, mention in known.items() if external_id not in unlike} | new
    for seen in _chunks(ids.values()):
        asked = {"asked": seen, "source": source.id, "now": now}
        insert_selected(session, Sighting, ("mention_id", "source_id", "seen_at"), _SEEN, asked)
    insert_ignoring(session, ThreadFactRow, _facts(source, page))
    return Stored(new=len(new), known=len(heard) - len(new) - len(unlike), unlike=unlike)


def _is_back(mention: Mention, heard: Mapping[str, HeardMention]) -> bool:
    """Whether it was gone when we first heard of it, so that we never had its words, and now stands there."""
    was_gone = mention.deleted_at is not None and mention.deleted_at == mention.seen_at == mention.triaged_at
    return was_gone and mention.verdict_id is None and not heard[mention.external_id].gone


def _fill(session: Session, mention: Mention, row: Mapping[str, Any]) -> None:
    for name, value in row.items():
        setattr(mention, name, value)
    session.add(mention)
    session.flush()


def _bring_known_up_to_date(
    session: Session, source: Source, known: Iterable[Mention], heard: Mapping[str, HeardMention], now: datetime
) -> None:
    purged = False
    for mention in known:
        told = heard[mention.external_id]
        if told.gone:
            purged |= purge(session, mention, now)
        else:
            notice_edit(session, mention, told.text, told.edited_at, now)
            if told.addresses_us and not mention.addresses_us:
                _address(session, source, mention)
    if purged:
        forget_purged_words(session)


def _address(session: Session, source: Source, mention: Mention) -> None:
    """A post that another source heard first speaks to this one's account, which may answer where that one may not.

    Once somebody wrote an answer as another account, it stays as it is.
    """
    is_begun = session.connection().execute(_ANSWERS, {"mention": mention.id}).first() is not None
    if mention.deleted_at is None and (mention.account_id == source.account_id or not is_begun):
        mention.addresses_us, mention.account_id = True, source.account_id
        session.add(mention)


def _unlike(session: Session, known: Iterable[Mention], heard: Mapping[str, HeardMention]) -> Set[str]:
    """The ids of those that say something else than was heard, now and before every edit; what is gone says nothing."""
    differing = {
        mention.id: mention.external_id
        for mention in known
        if mention.deleted_at is None and mention.text != heard[mention.external_id].text
    }
    unlike = set(differing.values())
    for chunk in _chunks(differing):
        for mention_id, text in session.connection().execute(_REPLACED, {"asked": chunk}):
            if text == heard[differing[mention_id]].text:
                unlike.discard(differing[mention_id])
    return frozenset(unlike)


def _scope(source: Source) -> dict[str, Any]:
    return {"brand_id": source.brand_id, "channel": source.channel, "place": source.place}


def _chunks(values: Iterable[_Value]) -> Iterable[Sequence[_Value]]:
    listed = list(values)
    for start in range(0, len(listed), _PARAMETERS):
        yield listed[start : start + _PARAMETERS]


def _known(session: Session, source: Source, ids: Iterable[str]) -> dict[str, Mention]:
    found: dict[str, Mention] = {}
    for chunk in _chunks(ids):
        asked = {**_scope(source), "asked": chunk}
        found |= {mention.external_id: mention for mention in session.scalars(_KNOWN, asked)}
    return found


def _profiles(session: Session, source: Source, authors: Sequence[Author], *, edits: bool) -> dict[str, int]:
    """Ids of the authors' profiles, made or, unless `edits` is False, brought up to date."""
    wanted = {author.external_id: author for author in authors}
    found: dict[str, int] = {}
    for chunk in _chunks(wanted):
        held = session.connection().execute(_SHOWN, {**_scope(source), "asked": chunk})
        for external_id, profile_id, *shown in held:
            author = wanted[external_id]
            if edits and shown != [author.handle, author.name, author.url, author.followers, author.is_bot]:
                _bring_up_to_date(session.get_one(Profile, profile_id), author)
            found[external_id] = profile_id
    found |= _who_came_back(session, source, [author for name, author in wanted.items() if name not in found])
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
        held = session.connection().execute(_SHOWN, {**_scope(source), "asked": chunk})
        made |= {external_id: profile_id for external_id, profile_id, *_ in held}
    return found | made


def _who_came_back(session: Session, source: Source, authors: Sequence[Author]) -> dict[str, int]:
    """Ids of the profiles of people who were forgotten, and of whom something must hold still."""
    by_seal = {seal(_scope(source), author.external_id): author for author in authors}
    found: dict[str, int] = {}
    for chunk in _chunks(by_seal):
        for sealed, profile_id, *_ in session.connection().execute(_SHOWN, {**_scope(source), "asked": chunk}):
            author, profile = by_seal[sealed], session.get_one(Profile, profile_id)
            profile.external_id = author.external_id
            _bring_up_to_date(profile, author)
            found[author.external_id] = profile_id
    return found


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
        for statement in (_THREADS, _OUR_THREADS):
            asked_for = {**_scope(source), "account": source.account_id, "asked": chunk}
            found = session.connection().execute(statement, asked_for)
            of_parents |= dict(found.all())
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
        for mention in session.scalars(_IN_THREADS, {**_scope(source), "asked": chunk}):
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
            "at": in_utc(fact.at),
        }
        for fact in page.facts
    ]
