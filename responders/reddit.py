"""Answer on Reddit: a comment below the comment or submission, or a message to its author alone.

How a person gets the credentials: as for reading, see listeners/reddit.py. Besides them
1. the account needs the right to comment in the subreddit: some ask for a minimum of karma or of age;
2. its automated answers must follow each subreddit's rules on bots (support.reddithelp.com, read 2026-11);
3. whoever is written to must take messages from it: new accounts are refused by many.

Reddit made chats of private messages in 2025 and kept the API: what /api/compose sends is a message in a chat, which
/message/sent and the inbox go on showing as messages (reddit.com/r/modnews/comments/1jf1dy5, read 2026-11). praw 8
sends them the same way. A chat may lose the subject, and names no message that an answer is to.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from channels.connection import Clock, Connection
from channels.glance import Glance
from channels.reddit_client import TEXT_LIMIT, RedditClient, refusal
from channels.reddit_listing import REACH, pages
from channels.reddit_things import Thing, subject_about, thing_of, things_of
from channels.text import same_text
from channels.untrusted import listed, mapping, text_of
from errors import ChannelError, OutcomeUnknownError, RejectedError, TryLaterError
from responders.base import CLOCKS_DIFFER, OutgoingReply, OwnPost, Posted

_CUT_OFF = REACH * 9 // 10  # entries, from which on a listing's end may be its reach and not its beginning


class RedditResponder:
    """Answers for one account."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._client = RedditClient(connection, clock)
        self._glance: Glance[Thing] = Glance(clock)

    def room_left(self, body: str, to: str = "") -> int:
        """Characters as Reddit counts them; whom it answers takes none."""
        return TEXT_LIMIT - len(body)

    def post(self, reply: OutgoingReply) -> Posted:
        """One comment below the one that is answered; a private reply is one message."""
        name = reply.mention_external_id
        if reply.is_exposing or (name.startswith("t4_") and not reply.private):
            raise RejectedError(f"{name} is a private message: it is not answered in public; answer in private")
        if not name.startswith(("t1_", "t3_", "t4_")):
            raise RejectedError(f"{name[:30]!r} is not the name of a post on Reddit")
        if not reply.body.strip() or self.room_left(reply.body) < 0:
            raise RejectedError(f"the reply to {name} has {len(reply.body)} characters; 1 to {TEXT_LIMIT} are allowed")
        if reply.private:
            return self._tell(reply)
        about = f"the reply to {name} on Reddit"
        answer = self._sent("api/comment/", about, {"thing_id": name, "text": reply.body})
        made = listed(mapping(answer.get("data")).get("things"))
        child = mapping(made[0]) if made else {}
        if child.get("kind") != "t1":
            raise OutcomeUnknownError(f"{about}: the answer does not say which comment was made")
        try:
            return _posted(thing_of("t1", mapping(child.get("data")), about, self._client.site))
        except TryLaterError as error:
            raise OutcomeUnknownError(str(error)) from error

    def find(self, reply: OutgoingReply) -> Posted | None:
        """Look among our own newest comments, and then below the post itself: either may lag behind the other.

        A private reply is looked for among the messages that we sent.
        """
        if reply.private:
            return self._among_sent(reply)
        shown = self._glance.take(lambda thing: self._is_it(thing, reply)) or self._among_ours(reply)
        if shown is not None:
            return _posted(shown)
        for thing in self._below(reply):
            if self._is_it(thing, reply):
                return _posted(thing)
        return None

    def own_posts(self, since: datetime) -> Iterator[OwnPost]:
        """The account's comments and submissions."""
        count = 0
        for things, is_end in pages(self._client, f"user/{self._client.me}/overview/", {"sort": "new"}):
            count += len(things)
            for thing in things:
                if thing.posted_at >= since and not thing.is_gone and not thing.is_private:
                    yield _own(thing)
            if things and things[-1].posted_at < since:
                return
            if is_end and count >= _CUT_OFF:
                raise TryLaterError(f"Reddit shows no more of u/{self._client.me} than the newest {count} entries")

    def _tell(self, reply: OutgoingReply) -> Posted:
        """A message to the author, or an answer to theirs; Reddit does not tell its number, so it is looked for."""
        name = reply.mention_external_id
        about = f"the message to u/{reply.author_handle} on Reddit"
        if name.startswith("t4_"):
            self._sent("api/comment/", about, {"thing_id": name, "text": reply.body})
        elif not reply.author_handle:
            raise RejectedError(f"Reddit does not show who wrote {name}, so nobody can be told in private: answer it")
        else:
            subject = subject_about(name, reply.thread_external_id, reply.lang)
            fields = {"to": reply.author_handle, "subject": subject, "text": reply.body}
            self._sent("api/compose/", about, fields)
        try:
            found = self.find(reply)
        except ChannelError:
            found = None  # it was sent and Reddit said so; verifying will learn its number
        return found or Posted("", f"{self._client.site}/message/sent/")

    def _sent(self, path: str, about: str, fields: dict[str, str]) -> Any:
        """What Reddit answers to something that it took."""
        answer = self._client.post(path, about, fields)
        refused = refusal(answer, about)
        if refused is not None:
            raise refused
        taken = mapping(mapping(answer).get("json"))
        if not isinstance(taken.get("errors"), list):
            raise OutcomeUnknownError(f"{about}: the answer does not say whether Reddit took it")
        return taken

    def _among_sent(self, reply: OutgoingReply) -> Posted | None:
        for things, _ in pages(self._client, "message/sent/", {}):
            for thing in things:
                if self._is_told(thing, reply):
                    return _posted(thing)
            if things and things[-1].posted_at < reply.not_before:
                return None
        return None

    def _is_told(self, thing: Thing, reply: OutgoingReply) -> bool:
        message, name = thing.message, reply.mention_external_id
        if message is None or thing.author.casefold() != self._client.me.casefold():
            return False
        if thing.posted_at < reply.not_before or not same_text(reply.body, message.body):
            return False
        if name.startswith("t4_"):
            return thing.parent == name or message.conversation == reply.extra.get("conversation", name)
        # A chat that has lost its subject, or that a person began by hand, does not say what it is about.
        return message.to.casefold() == reply.author_handle.casefold() and message.about in (name, "")

    def _is_it(self, thing: Thing, reply: OutgoingReply) -> bool:
        return (
            thing.parent == reply.mention_external_id
            and thing.author.casefold() == self._client.me.casefold()
            and not thing.is_gone
            and not thing.is_private
            and thing.posted_at >= reply.not_before
            and same_text(reply.body, thing.text)
        )

    def _among_ours(self, reply: OutgoingReply) -> Thing | None:
        # What stands there from before the approval is found in the thread, wherever there is a way to read it.
        until = reply.approved_at - CLOCKS_DIFFER if _has_thread(reply) else reply.not_before
        for things, _ in pages(self._client, f"user/{self._client.me}/comments/", {"sort": "new"}):
            found = next((thing for thing in things if self._is_it(thing, reply)), None)
            self._glance.keep(thing for thing in things if thing is not found)
            if found or (things and things[-1].posted_at < until):
                return found
        return None

    def _below(self, reply: OutgoingReply) -> Iterator[Thing]:
        """What stands directly below the post that is answered."""
        if not _has_thread(reply):
            return
        thread, name = reply.thread_external_id, reply.mention_external_id
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


def _has_thread(reply: OutgoingReply) -> bool:
    return reply.thread_external_id.startswith("t3_") and reply.mention_external_id.startswith(("t1_", "t3_"))


def _posted(thing: Thing) -> Posted:
    return Posted(thing.name, thing.url, thing.posted_at)


def _own(thing: Thing) -> OwnPost:
    return OwnPost(thing.name, thing.url, thing.text, thing.posted_at, thing.parent or "", thing.thread or "")
