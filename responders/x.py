"""Answer on X: a reply to a post that mentions the account or quotes it.

How to get the credentials:
1. Sign in at https://console.x.com with the account that shall answer and open its app.
2. Set the app's permissions to "Read and write" before any token is made: a token keeps the rights of its day.
3. Make the API Key and Secret (`consumer_key`, `consumer_secret`) and the Access Token and Secret (`access_token`,
   `access_token_secret`); or give as `user_token` an OAuth 2 user token with tweet.read, users.read and tweet.write.
4. Label the account as automated and name who is responsible, if it acknowledges by rule
   (help.x.com/rules-and-policies/x-automation, read 2026-11).

There is no private way here. X sells one, POST /2/dm_conversations/with/:participant_id/messages at $0.015 a message
(docs.x.com/x-api/direct-messages/manage/introduction and /x-api/getting-started/pricing, read 2026-11), to people whose
messages are open to the account; it needs a token with dm.write, and reading what they answer costs by the message.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from twitter_text import extract_urls_with_indices, parse_tweet

from channels.connection import Clock, Connection
from channels.glance import Glance
from channels.text import same_text
from channels.tweepy_client import XClient, time_of_id
from channels.x_posts import dicts, history, made, number, parent_of, posts_included, references, words_with_links
from errors import OutcomeUnknownError, RejectedError, TryLaterError
from responders.base import OutgoingReply, OwnPost, Posted

LIMIT = 280  # weighted - docs.x.com/fundamentals/counting-characters, read 2026-11
_NEVER_FITS = 10_000  # characters: the longest link that X takes is shorter, and counting such a text takes long
_MOST_PAGES = 40  # X shows the last 3,200 posts, 100 a page
_CUT_OFF = 3_100  # posts, from which on a timeline's end may be X's reach and not its beginning


class XResponder:
    """Answers for one account on X."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._handle = connection.handle
        self._clock = clock
        self._client = XClient(connection, clock)
        self._glance: Glance[dict[str, Any]] = Glance(clock)

    def room_left(self, body: str, to: str = "") -> int:
        """Weighted characters left; the mention of whom a reply answers is not counted where it leads."""
        if to:
            body = re.sub(rf"^@{re.escape(to.lstrip('@'))}(?!\w)\s*", "", body, count=1, flags=re.IGNORECASE)
        if len(body) > _NEVER_FITS:
            return LIMIT - len(body)
        return LIMIT - _weight(body)

    def post(self, reply: OutgoingReply) -> Posted:
        """Publish once. X has no idempotency key: after an unknown outcome, only `find` tells."""
        _refuse_unsuitable(reply)
        target = reply.extra.get("post_id") or reply.mention_external_id
        room = self.room_left(reply.body, reply.author_handle)
        if room < 0:
            raise RejectedError(f"the reply is {-room} characters too long for X")
        if not reply.body.strip():
            raise RejectedError("the reply is empty")
        if not _is_id(target):
            raise RejectedError(f"{target[:30]!r} is not the id of a post on X")
        body = self._client.reply(reply.body, target)
        made = body.get("data")
        if not isinstance(made, dict) or not _is_id(str(made.get("id"))):
            raise OutcomeUnknownError(f"{self._client.about}: X answered without the new post's id")
        return self._posted(str(made["id"]))

    def find(self, reply: OutgoingReply) -> Posted | None:
        """Look through the account's own posts after the mention: search would need time to index the reply.

        docs.x.com/x-api/posts/timelines/introduction, read 2026-11. A reply is newer than what it answers: older posts
        of ours end the look-through, and no others do, for nothing shows the thread.
        """
        _refuse_unsuitable(reply)
        targets = {reply.mention_external_id, reply.extra.get("post_id", reply.mention_external_id)}
        if not all(_is_id(target) for target in targets):
            raise RejectedError(f"{reply.mention_external_id[:30]!r} is not the id of a post on X")
        body, token = _with_schemes(reply.body), None

        def is_it(post: dict[str, Any]) -> bool:
            return self._answers(post, targets) and same_text(body, _shown(post))

        shown = self._glance.take(is_it)
        if shown is not None:
            return self._posted(str(shown["id"]))
        for _ in range(_MOST_PAGES):
            page = self._client.own_posts(min(targets, key=int), token)
            listed = page.get("data") or []
            posts = [post for post in listed if isinstance(post, dict)]
            shown = next(filter(is_it, posts), None)
            self._glance.keep(post for post in posts if post is not shown)
            if shown is not None:
                return self._posted(str(shown["id"]))
            following = page["meta"].get("next_token")
            if not following or following == token or self._is_past(listed, reply):
                return None
            token = str(following)
        raise TryLaterError(f"{self._client.about}: it posted too much since to look through")

    def own_posts(self, since: datetime) -> Iterator[OwnPost]:
        """All that the account posts, answers and reposts. X bills each, and each that is answered or reposted."""
        token, count = None, 0
        for _ in range(_MOST_PAGES):
            page = self._client.timeline(since, token)
            posts, known = dicts(page.get("data")), posts_included(page)
            for post in sorted(posts, key=lambda post: number(post.get("id")), reverse=True):
                own = self._own(post, known)
                if own.posted_at >= since:
                    yield own
            following, count = page["meta"].get("next_token"), count + len(posts)
            if not following and count < _CUT_OFF:
                return
            if not following or following == token:
                break
            token = str(following)
        raise TryLaterError(f"{self._client.about}: X shows no more than its newest {count} posts since {since}")

    def _own(self, post: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> OwnPost:
        versions = history(post)
        reposted = known.get(references(post).get("retweeted", ""))
        return OwnPost(
            external_id=versions[0],
            url=f"{self._client.web}/{self._handle}/status/{number(post.get('id'))}",
            text=words_with_links(reposted or post),  # a repost's own text is cut off
            posted_at=made(versions, post.get("created_at"), self._clock.now()),
            parent_external_id=parent_of(post, known) or "",
            thread_external_id=str(post.get("conversation_id") or ""),
        )

    def _answers(self, post: Mapping[str, Any], targets: set[str]) -> bool:
        references = post.get("referenced_tweets")
        return isinstance(references, list) and any(
            isinstance(entry, dict) and entry.get("type") == "replied_to" and str(entry.get("id")) in targets
            for entry in references
        )

    def _is_past(self, listed: list[Any], reply: OutgoingReply) -> bool:
        last = listed[-1] if listed and isinstance(listed[-1], dict) else {}
        last_made = time_of_id(str(last.get("id")), self._clock.now())
        return last_made is not None and last_made < reply.not_before

    def _posted(self, post_id: str) -> Posted:
        url = f"{self._client.web}/{self._handle}/status/{post_id}"
        return Posted(post_id, url, time_of_id(post_id, self._clock.now()))


@lru_cache(maxsize=512)
def _weight(body: str) -> int:
    """In X's counting; asked when a reply is approved, before it is sent, and again by whoever sends it."""
    return int(parse_tweet(body).weightedLength) if body else 0


def _refuse_unsuitable(reply: OutgoingReply) -> None:
    if reply.private:
        raise RejectedError(
            f"nothing private is sent on X from here: write to @{reply.author_handle or '…'} in X's own messages, "
            "or ask them in a public answer to write to the account"
        )
    if reply.is_exposing:
        raise RejectedError("the post is private: it is not answered in public; answer it in X's own messages")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 20


def _with_schemes(text: str) -> str:
    """X makes links of bare domains too: give ours a scheme, so that both texts show a link there."""
    for link in reversed(extract_urls_with_indices(text)):
        start = link["indices"][0]
        if not link["url"].lower().startswith(("http://", "https://")):
            text = f"{text[:start]}https://{text[start:]}"
    return text


def _shown(post: Mapping[str, Any]) -> str:
    note = post.get("note_tweet")
    text = note.get("text") if isinstance(note, dict) else None
    return str(text if isinstance(text, str) else post.get("text", ""))
