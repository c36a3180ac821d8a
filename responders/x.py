"""Answer on X: a reply to a post that mentions the account or quotes it.

How to get the credentials:
1. Sign in at https://console.x.com with the account that shall answer and open its app.
2. Set the app's permissions to "Read and write" before any token is made: a token keeps the rights of its day.
3. Make the API Key and Secret (`consumer_key`, `consumer_secret`) and the Access Token and Secret (`access_token`,
   `access_token_secret`); or give as `user_token` an OAuth 2 user token with tweet.read, users.read and tweet.write.
4. Label the account as automated and name who is responsible, if it acknowledges by rule
   (help.x.com/rules-and-policies/x-automation, read 2026-11).
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any

from twitter_text import extract_urls_with_indices, parse_tweet

from channels.connection import Clock, Connection
from channels.glance import Glance
from channels.text import same_text
from channels.tweepy_client import XClient, time_of_id
from errors import OutcomeUnknownError, RejectedError, TryLaterError
from responders.base import OutgoingReply, Posted

LIMIT = 280  # weighted - docs.x.com/fundamentals/counting-characters, read 2026-11
_NEVER_FITS = 10_000  # characters: the longest link that X takes is shorter, and counting such a text takes long
_MOST_PAGES = 40  # X shows the last 3,200 posts, 100 a page
_BEFORE_APPROVAL = timedelta(hours=1)  # more than two clocks differ by


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

        docs.x.com/x-api/posts/timelines/introduction, read 2026-11. A reply is newer than what it answers, and its
        text was frozen at approval: older posts of ours end the look-through.
        """
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

    def _answers(self, post: Mapping[str, Any], targets: set[str]) -> bool:
        references = post.get("referenced_tweets")
        return isinstance(references, list) and any(
            isinstance(entry, dict) and entry.get("type") == "replied_to" and str(entry.get("id")) in targets
            for entry in references
        )

    def _is_past(self, listed: list[Any], reply: OutgoingReply) -> bool:
        last = listed[-1] if listed and isinstance(listed[-1], dict) else {}
        made = time_of_id(str(last.get("id")), self._clock.now())
        return made is not None and made < reply.approved_at - _BEFORE_APPROVAL

    def _posted(self, post_id: str) -> Posted:
        url = f"{self._client.web}/{self._handle}/status/{post_id}"
        return Posted(post_id, url, time_of_id(post_id, self._clock.now()))


@lru_cache(maxsize=512)
def _weight(body: str) -> int:
    """In X's counting; asked when a reply is approved, before it is sent, and again by whoever sends it."""
    return int(parse_tweet(body).weightedLength) if body else 0


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
