"""Hear what is said on X: the posts that mention the account, and those that a search finds.

How to get the credentials:
1. Sign in at https://console.x.com with the account of the brand and create a project with one app.
2. Buy credits, or choose a plan: every post read is billed, and without credit X answers 402.
3. Under "Keys and tokens" of the app make the Bearer Token: this is the secret `bearer_token`, enough for listening.
4. For answering, set the app's permissions to "Read and write" first, and only then make the Access Token and
   Secret; with the API Key and Secret they are `consumer_key`, `consumer_secret`, `access_token` and
   `access_token_secret`. A user token of OAuth 2 with tweet.read, users.read and tweet.write serves as `user_token`.

Kinds of sources: `mentions`, and `search` with a query (docs.x.com/x-api/posts/search/integrate/build-a-query).
X keeps the last 800 mentions and seven days of search (docs.x.com/x-api/posts/timelines/introduction, read 2026-11).
"""

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.catch_up import Bookmark, bookmark
from channels.connection import Clock, Connection, SourceConfig
from channels.tweepy_client import PAGE, OutOfReachError, XClient, id_at, time_of_id
from channels.x_posts import dicts, history, number, parent_of, references, words
from errors import SettingsError, TryLaterError
from listeners.base import Author, Edited, Gone, HeardMention, Page, Unchanged
from models import MentionKind

# A post may be listed a little after one that was made later: this much is read once more the next time.
OVERLAP = timedelta(minutes=1)
SEARCHABLE = timedelta(days=7) - timedelta(minutes=1)

_GONE = ("resource-not-found", "not-authorized-for-resource")


class XListener:
    """Reads one source of an account on X."""

    def __init__(self, connection: Connection, source: SourceConfig, clock: Clock) -> None:
        if source.kind not in ("mentions", "search"):
            raise SettingsError(f"x has no source of kind {source.kind!r}; there are mentions and search")
        if source.kind == "search" and not source.query.strip():
            raise SettingsError("a source of kind search needs a query")
        self._handle = connection.handle
        self._own_id = connection.external_id
        self._source = source
        self._clock = clock
        self._client = XClient(connection, clock)
        self._names_us = re.compile(rf"(?<![\w@])@{re.escape(connection.handle)}(?!\w)", re.IGNORECASE)

    def fetch(self, cursor: str | None) -> Iterator[Page]:
        """Every page since `cursor`, newest first; a pass that stopped midway is ended before a new one begins."""
        place = bookmark(cursor)
        if place.under_way:
            place = yield from self._way_down(place)
        if not place.under_way:
            yield from self._way_down(place)

    def check(self, ids: Sequence[str]) -> Iterator[Unchanged | Edited | Gone]:
        """Deleted, protected and suspended posts are Gone: X wants all of them erased.

        docs.x.com/developer-terms/policy, read 2026-11. An edit makes a new post with the old one in its history;
        the newest of them has the text.
        """
        asked = [post_id for post_id in dict.fromkeys(ids) if post_id.isdecimal() and len(post_id) < 20]
        for start in range(0, len(asked), PAGE):
            chunk = asked[start : start + PAGE]
            body = self._client.posts(chunk)
            shown = {str(post.get("id")): post for post in dicts(body.get("data"))}
            newest = {post_id: history(shown[post_id])[-1] for post_id in chunk if post_id in shown}
            edits = sorted({latest for post_id, latest in newest.items() if latest != post_id} - shown.keys())
            texts = dict(shown)
            for step in range(0, len(edits), PAGE):
                again = self._client.posts(edits[step : step + PAGE])
                texts |= {str(post.get("id")): post for post in dicts(again.get("data"))}
            for post_id, latest in newest.items():
                if len(history(shown[post_id])) == 1 and "edit_history_tweet_ids" in shown[post_id]:
                    yield Unchanged(post_id)
                elif latest in texts:
                    yield Edited(post_id, words(texts[latest]), time_of_id(latest, self._clock.now()))
            yield from self._gone(body, set(chunk) - shown.keys())

    def _gone(self, body: Mapping[str, Any], missing: set[str]) -> Iterator[Gone]:
        for error in dicts(body.get("errors")):
            post_id = str(error.get("resource_id") or error.get("value"))
            is_final = str(error.get("type", "")).rpartition("/")[2] in _GONE
            if is_final and post_id in missing and error.get("resource_type", "tweet") == "tweet":
                missing.discard(post_id)
                yield Gone(post_id)

    def _way_down(self, place: Bookmark) -> Generator[Page, None, Bookmark]:
        """One pass from the newest post down to those that are stored; where it stands when it ends."""
        if self._source.kind == "search":
            place = self._within_reach(place)
        started, resume_below, token = self._clock.now(), place.until, None
        while True:
            try:
                body = self._page(place.since, resume_below, token)
            except OutOfReachError as error:
                if error.parameter == "since_id" and place.since is not None:
                    place = replace(place, since=None)
                    continue
                if error.parameter == "until_id" and place.top is not None:
                    # The rest of an old backlog left the search: nothing more of it can be had.
                    body = {"meta": {}}
                else:
                    raise
            posts = dicts(body.get("data"))
            numbers = sorted(number(post.get("id")) for post in posts)
            if numbers and place.top is None:
                place = replace(place, top=str(self._settled(numbers[-1], place.since, started)))
            following = body["meta"].get("next_token")
            if not following:
                place = Bookmark(since=place.top or place.since)
            elif numbers:
                place = replace(place, until=str(numbers[0]))
            mentions = self._heard(posts, body.get("includes"))
            yield Page(mentions, place.text() if numbers or not following else None, wait=self._client.pause())
            if not following or following == token:  # a token that names itself leads nowhere: the next poll goes on
                return place
            token = str(following)

    def _page(self, since: str | None, until: str | None, token: str | None) -> dict[str, Any]:
        if self._source.kind == "search":
            return self._client.search(self._source.query, since, until, token)
        return self._client.mentions(since, until, token)

    def _within_reach(self, place: Bookmark) -> Bookmark:
        """Search refuses a since_id from before its seven days; without one, it reads all of them."""
        now = self._clock.now()
        made = time_of_id(place.since, now) if place.since else None
        return replace(place, since=None) if made is not None and made < now - SEARCHABLE else place

    def _settled(self, newest: int, since: str | None, started: datetime) -> int:
        """Up to where posts listed late need no longer be expected."""
        settled = min(newest, id_at(started - OVERLAP))
        return max(settled, number(since)) if since is not None else settled

    def _heard(self, posts: Sequence[Mapping[str, Any]], includes: object) -> tuple[HeardMention, ...]:
        with_these = includes if isinstance(includes, dict) else {}
        known = {
            kind: {str(entry.get(key)): entry for entry in dicts(with_these.get(kind))}
            for kind, key in (("users", "id"), ("media", "media_key"), ("tweets", "id"))
        }
        # Of an edited post the page may hold two versions: the newest stands.
        heard: dict[str, HeardMention] = {}
        for post in sorted(posts, key=lambda post: number(post.get("id"))):
            if not any(reference.get("type") == "retweeted" for reference in dicts(post.get("referenced_tweets"))):
                mention = self._mention(post, known)
                heard[mention.external_id] = mention
        return tuple(reversed(heard.values()))

    def _mention(self, post: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> HeardMention:
        post_id, text, versions = str(number(post.get("id"))), words(post), history(post)
        author = _author(post, known["users"], self._client.web)
        parent = parent_of(post, known["tweets"])
        handle = author.handle if author and author.handle else "i"
        keys = post.get("attachments", {}).get("media_keys") if isinstance(post.get("attachments"), dict) else None
        media = [known["media"].get(str(key), {}) for key in keys] if isinstance(keys, list) else []
        pictures = [entry.get("url") or entry.get("preview_image_url") for entry in media]
        return HeardMention(
            external_id=versions[0],
            kind=MentionKind.POST if parent is None else MentionKind.COMMENT,
            text=text,
            posted_at=self._made(versions, post.get("created_at")),
            author=author,
            url=f"{self._client.web}/{handle}/status/{post_id}",
            parent_external_id=parent,
            thread_external_id=str(post["conversation_id"]) if post.get("conversation_id") else None,
            lang=post["lang"] if isinstance(post.get("lang"), str) and post["lang"] != "und" else None,
            pictures=tuple(p for p in pictures if isinstance(p, str) and p.startswith(("https://", "http://"))),
            edited_at=time_of_id(versions[-1], self._clock.now()) if len(versions) > 1 else None,
            is_ours=self._is_us(author.external_id, author.handle) if author else False,
            addresses_us=self._addresses_us(post, text, known["tweets"].get(references(post).get("quoted", ""))),
            extra={"post_id": versions[-1]},
        )

    def _made(self, versions: Sequence[str], created_at: object) -> datetime:
        """The id tells the time where `created_at` was left out, and of an edited post that of its first version."""
        made = time_of_id(versions[0], self._clock.now())
        if made is not None and len(versions) > 1:
            return made
        try:
            moment = datetime.fromisoformat(str(created_at))
        except ValueError:
            if made is None:
                raise TryLaterError(f"X gave post {versions[0][:30]} without a time") from None
            return made
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def _is_us(self, user_id: object, handle: object) -> bool:
        if self._own_id and user_id:
            return str(user_id) == self._own_id
        return isinstance(handle, str) and handle.casefold() == self._handle.casefold()

    def _addresses_us(self, post: Mapping[str, Any], text: str, quoted: Mapping[str, Any] | None) -> bool:
        """Whether the post mentions the account or quotes one of its posts: what X lets the API answer."""
        if quoted is not None and quoted.get("author_id") and str(quoted["author_id"]) == self._known_id():
            return True
        named = [entry for holder in (post, post.get("note_tweet")) for entry in _mentioned(holder)]
        if any(self._is_us(entry.get("id"), entry.get("username")) for entry in named):
            return True
        return self._names_us.search(text) is not None

    def _known_id(self) -> str:
        # Mentions needed the id already; a search needs it only once somebody quotes a post.
        self._own_id = self._own_id or self._client.own_id()
        return self._own_id


def _mentioned(holder: object) -> list[dict[str, Any]]:
    entities = holder.get("entities") if isinstance(holder, dict) else None
    return dicts(entities.get("mentions")) if isinstance(entities, dict) else []


def _author(post: Mapping[str, Any], users: Mapping[str, Any], web: str) -> Author | None:
    author_id = post.get("author_id")
    if not author_id:
        return None
    user = users.get(str(author_id), {})
    handle, metrics = str(user.get("username") or ""), user.get("public_metrics")
    followers = metrics.get("followers_count") if isinstance(metrics, dict) else None
    return Author(
        external_id=str(author_id),
        handle=handle,
        name=str(user.get("name") or ""),
        url=f"{web}/{handle}" if handle else "",
        followers=followers if isinstance(followers, int) else None,
    )
