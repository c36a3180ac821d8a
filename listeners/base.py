"""The contract of a listener, and the facts that it hands over."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from models import MentionKind, Visibility


@dataclass(frozen=True)
class Author:
    """A person's identity on one channel, as the platform shows it."""

    external_id: str
    handle: str
    name: str = ""
    url: str = ""
    followers: int | None = None
    is_bot: bool = False


@dataclass(frozen=True)
class HeardMention:
    """One public post, comment, review, complaint or interaction of a complaint."""

    external_id: str
    kind: MentionKind
    text: str  # plain text: HTML already taken off, entities resolved
    posted_at: datetime  # aware
    author: Author | None  # None where the platform shows no author
    url: str = ""
    parent_external_id: str | None = None  # the post that this one answers
    thread_external_id: str | None = None  # the conversation; None where the platform has no such id
    lang: str | None = None  # what the platform says; a hint only
    pictures: tuple[str, ...] = ()  # http(s) URLs
    edited_at: datetime | None = None
    visibility: Visibility = Visibility.PUBLIC
    is_ours: bool = False  # written by the account itself
    addresses_us: bool = False  # mentions, quotes or answers the account, or was filed against it
    extra: Mapping[str, str] = field(default_factory=dict)  # what the responder of the channel needs later
    gone: bool = False  # its author took it back, and the platform still tells that it was there: it only counts

    def taken_back(self) -> "HeardMention":
        """The same as what only counts: nothing of what was said, or of who said it."""
        return replace(self, text="", author=None, url="", lang=None, pictures=(), edited_at=None, extra={}, gone=True)


@dataclass(frozen=True)
class ThreadFact:
    """Something the platform states of a whole thread: a status, an evaluation, a moderation."""

    thread_external_id: str
    name: str  # "status", "grade", "resolved", "would_return", "moderation"
    value: str
    at: datetime


@dataclass(frozen=True)
class Page:
    """One page of what was heard.

    `cursor` is safe once these mentions are stored; None means do not advance yet.
    `wait` is what the platform's rate headers ask for before the next request; None when they ask nothing.
    """

    mentions: tuple[HeardMention, ...]
    cursor: str | None
    facts: tuple[ThreadFact, ...] = ()
    wait: timedelta | None = None


@dataclass(frozen=True)
class Unchanged:
    external_id: str


@dataclass(frozen=True)
class Edited:
    external_id: str
    text: str
    edited_at: datetime | None = None


@dataclass(frozen=True)
class Gone:
    external_id: str


class Listener(Protocol):
    """Reads one source. Built as `Channel(connection, source, clock)`; building never touches the network."""

    def fetch(self, cursor: str | None) -> Iterator[Page]:
        """Every page since `cursor`; None starts from the beginning.

        May repeat, never skips, writes nothing. Raises RateLimitedError, TryLaterError or NeedsAttentionError;
        a page that could not be read whole is never yielded in part.
        """
        ...

    def check(self, ids: Sequence[str]) -> Iterator[Unchanged | Edited | Gone]:
        """What became of mentions that we hold; one fact an id, in no order.

        An id of which the platform says nothing certain is left out. Same errors as `fetch`.
        """
        ...
