"""Answer on Reddit, as a comment below the comment or submission.

How a person gets the credentials: as for reading, see listeners/reddit.py. Besides them
1. the account needs the right to comment in the subreddit: some ask for a minimum of karma or of age;
2. its automated answers must follow each subreddit's rules on bots (support.reddithelp.com, read 2026-11).
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from channels.connection import Clock, Connection
from channels.glance import Glance
from channels.reddit_client import TEXT_LIMIT, RedditClient, refusal
from channels.reddit_things import Thing, thing_of, things_of
from channels.text import same_text
from channels.untrusted import listed, mapping, text_of
from errors import OutcomeUnknownError, RejectedError, TryLaterError
from models import Visibility
from responders.base import OutgoingReply, Posted

# A reply cannot stand there from before it was approved; clocks may differ by so much.
EARLIER = timedelta(hours=1)  # more than two clocks differ by
_MOST_PAGES = 12  # of our own comments: the listing reaches back about 1,000


class RedditResponder:
    """Answers for one account."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._client = RedditClient(connection, clock)
        self._glance: Glance[Thing] = Glance(clock)

    def room_left(self, body: str, to: str = "") -> int:
        """Characters as Reddit counts them; whom it answers takes none."""
        return TEXT_LIMIT - len(body)

    def post(self, reply: OutgoingReply) -> Posted:
        """One comment below the one that is answered."""
        name = reply.mention_external_id
        if reply.visibility is Visibility.PRIVATE or not name.startswith(("t1_", "t3_")):
            raise RejectedError(f"{name} is a private message: it is not answered in public")
        if not reply.body.strip() or self.room_left(reply.body) < 0:
            raise RejectedError(f"the reply to {name} has {len(reply.body)} characters; 1 to {TEXT_LIMIT} are allowed")
        about = f"the reply to {name} on Reddit"
        answer = self._client.post("api/comment/", about, {"thing_id": name, "text": reply.body})
        refused = refusal(answer, about)
        if refused is not None:
            raise refused
        made = listed(mapping(mapping(mapping(answer).get("json")).get("data")).get("things"))
        child = mapping(made[0]) if made else {}
        if child.get("kind") != "t1":
            raise OutcomeUnknownError(f"{about}: the answer does not say which comment was made")
        try:
            return _posted(thing_of("t1", mapping(child.get("data")), about, self._client.site))
        except TryLaterError as error:
            raise OutcomeUnknownError(str(error)) from error

    def find(self, reply: OutgoingReply) -> Posted | None:
        """Look among our own newest comments, and then below the post itself: either may lag behind the other."""
        shown = self._glance.take(lambda thing: self._is_it(thing, reply)) or self._among_ours(reply)
        if shown is not None:
            return _posted(shown)
        for thing in self._below(reply):
            if self._is_it(thing, reply):
                return _posted(thing)
        return None

    def _is_it(self, thing: Thing, reply: OutgoingReply) -> bool:
        return (
            thing.parent == reply.mention_external_id
            and thing.author.casefold() == self._client.me.casefold()
            and not thing.is_gone
            and thing.posted_at >= reply.approved_at - EARLIER
            and same_text(reply.body, thing.text)
        )

    def _among_ours(self, reply: OutgoingReply) -> Thing | None:
        about, after = f"the comments of u/{self._client.me}", None
        seen: set[str] = set()
        for _ in range(_MOST_PAGES):
            params = {"limit": "100", "sort": "new", **({"after": after} if after else {})}
            answer = self._client.read(f"user/{self._client.me}/comments/", about, params)
            things, after = things_of(answer, about, self._client.site)
            fresh = [thing for thing in things if thing.name not in seen]
            found = next((thing for thing in fresh if self._is_it(thing, reply)), None)
            self._glance.keep(thing for thing in fresh if thing is not found)
            seen |= {thing.name for thing in fresh}
            if found or not fresh or after is None or fresh[-1].posted_at < reply.approved_at - EARLIER:
                return found
        return None

    def _below(self, reply: OutgoingReply) -> Iterator[Thing]:
        """What stands directly below the post that is answered."""
        thread, name = reply.thread_external_id, reply.mention_external_id
        if not thread.startswith("t3_") or not name.startswith(("t1_", "t3_")):
            return
        about = f"the comments below {name}"
        params = {"limit": "500", "sort": "new", "depth": "2"}
        if name.startswith("t1_"):
            params |= {"comment": name[3:], "context": "0"}
        answer = self._client.read(f"comments/{thread[3:]}/", about, params)
        if not isinstance(answer, list) or len(answer) < 2:
            raise TryLaterError(f"{about}: the answer is not a thread")
        yield from self._branch(answer[1], about)

    def _branch(self, listing: Any, about: str) -> Iterator[Thing]:
        yield from things_of(listing, about, self._client.site)[0]
        for child in listed(mapping(mapping(listing).get("data")).get("children")):
            replies = mapping(mapping(child).get("data")).get("replies")
            if text_of(mapping(replies).get("kind")) == "Listing":
                yield from things_of(replies, about, self._client.site)[0]


def _posted(thing: Thing) -> Posted:
    return Posted(thing.name, thing.url, thing.posted_at)
