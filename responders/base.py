"""The contract of a responder, and the facts that pass through it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from models import ReplyPurpose, Visibility


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
    extra: Mapping[str, str] = field(default_factory=dict)  # HeardMention.extra of the mention answered


@dataclass(frozen=True)
class Posted:
    """Where our reply stands."""

    external_id: str
    url: str
    posted_at: datetime | None = None  # the platform's time; None where it gives none


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
