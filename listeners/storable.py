"""What was heard, in a form that every database takes."""

from dataclasses import replace
from datetime import UTC, datetime

from listeners.base import Author, HeardMention

_LARGEST = 2**31 - 1  # PostgreSQL's integer; nobody has more followers
_LONGEST_NAME = 500  # characters of a handle, a name or a language


def clean(text: str) -> str:
    """PostgreSQL holds no NUL, and no database a lone surrogate; nothing readable is lost by leaving them out."""
    return text if _is_clean(text) else text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _is_clean(text: str) -> bool:
    if "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def storable(mention: HeardMention) -> HeardMention:
    """The same mention with nothing in it that a database refuses: one hostile profile must not stop a source."""
    if mention.gone:
        mention = mention.taken_back()
    if _is_storable(mention):
        return mention
    return replace(
        mention,
        external_id=clean(mention.external_id),
        text=clean(mention.text),
        posted_at=in_utc(mention.posted_at),
        author=None if mention.author is None else _storable_author(mention.author),
        url=clean(mention.url),
        parent_external_id=None if mention.parent_external_id is None else clean(mention.parent_external_id),
        thread_external_id=None if mention.thread_external_id is None else clean(mention.thread_external_id),
        lang=None if mention.lang is None else clean(mention.lang)[:_LONGEST_NAME],
        pictures=tuple(map(clean, mention.pictures)),
        edited_at=None if mention.edited_at is None else in_utc(mention.edited_at),
        extra={clean(key): clean(value) for key, value in mention.extra.items()},
    )


def _is_storable(mention: HeardMention) -> bool:
    """Whether it can be kept as it is, as nearly all can: to look at everything at once is cheaper than to rebuild."""
    author = mention.author
    said = [mention.external_id, mention.text, mention.url, mention.lang or "", *mention.pictures]
    said += [mention.parent_external_id or "", mention.thread_external_id or ""]
    said += [*mention.extra, *mention.extra.values()]
    names = [mention.lang or ""]
    if author is not None:
        said += [author.external_id, author.handle, author.name, author.url]
        names += [author.handle, author.name]
        if author.followers is not None and not 0 <= author.followers <= _LARGEST:
            return False
    return (
        mention.posted_at.tzinfo is UTC
        and (mention.edited_at is None or mention.edited_at.tzinfo is UTC)
        and max(map(len, names)) <= _LONGEST_NAME
        and _is_clean("".join(said))
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


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC; one so far away that UTC cannot say it becomes the nearest that it can."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if moment.year > 2000 else datetime.min.replace(tzinfo=UTC)
