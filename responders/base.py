"""The contract of a responder, and the facts that pass through it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from models import ReplyPurpose, Visibility

CLOCKS_DIFFER = timedelta(hours=1)  # more than a platform's clock and ours do


@dataclass(frozen=True)
class OutgoingReply:
    """An approved reply, frozen: the same at every attempt."""

    key: str  # derived from account, mention, purpose and sequence; the same at every attempt
    body: str
    purpose: ReplyPurpose
    mention_external_id: str
    mention_url: str
    mention_posted_at: datetime
    thread_external_id: str
    author_handle: str  # "" where the author is unknown
    approved_at: datetime
    visibility: Visibility = Visibility.PUBLIC
    lang: str = ""  # "" when unknown
    automatic: bool = False  # approved by a rule, not by a person
    private: bool = False  # to the person alone, by the channel's private way, in the same thread where it can be
    extra: Mapping[str, str] = field(default_factory=dict)  # HeardMention.extra of the mention answered

    @property
    def not_before(self) -> datetime:
        """It can stand nowhere from before this: a reply is never older than what it answers.

        Its approval is no bound: a person may have posted it from a phone, or a database that was since put back.
        """
        return self.mention_posted_at - CLOCKS_DIFFER

    @property
    def is_exposing(self) -> bool:
        """Whether it would answer for everybody what was said to us alone."""
        return self.visibility is Visibility.PRIVATE and not self.private


@dataclass(frozen=True)
class Posted:
    """Where our reply stands."""

    external_id: str
    url: str
    posted_at: datetime | None = None  # the platform's time; None where it gives none


@dataclass(frozen=True)
class OwnPost:
    """What stands in public under our account, whoever posted it: we, a person in the platform's app, or a thief."""

    external_id: str
    url: str
    text: str  # as a reader sees it; HTML resolved
    posted_at: datetime
    parent_external_id: str = ""  # the post that it answers, named as listeners name mentions; "" for none
    thread_external_id: str = ""


class Responder(Protocol):
    """Answers for one account. Built as `Channel(connection, clock)`; building never touches the network."""

    def room_left(self, body: str, to: str = "") -> int:
        """Characters left in the channel's own counting, answering the handle `to`; negative is too long."""
        ...

    def post(self, reply: OutgoingReply) -> Posted:
        """Publish once: one request, never repeated here.

        RateLimitedError, TryLaterError, NeedsAttentionError, RejectedError: nothing was published.
        OutcomeUnknownError: anything may have happened. ByHandError: a person must post.
        """
        ...

    def find(self, reply: OutgoingReply) -> Posted | None:
        """Look for our reply in the thread, by author, parent and text; never publishes.

        None means that it was looked for everywhere and is not there. Same errors as a listener's.
        """
        ...


class OwnTimeline(Protocol):
    """What a responder can also do whose channel shows an account its own posts."""

    def own_posts(self, since: datetime) -> Iterator[OwnPost]:
        """Everything that stands in public under the account since a moment, newest first; looks, never publishes.

        It ends only once it has seen everything since then. TryLaterError where the platform does not show that far
        back; otherwise the same errors as a listener's.
        """
        ...
