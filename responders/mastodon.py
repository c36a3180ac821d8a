"""Answer on Mastodon: a reply that begins with the name of whom it answers, to everybody or to them alone.

How to get the credentials:
1. Open Preferences > Development on the account's instance and the application made for listening, or a new one.
2. Let its scopes include `read` and `write:statuses`.
3. Copy "Your access token": this is the secret `access_token`. A changed scope makes a new token.

Options of the account: `visibility` of replies to public posts (unlisted by default: the thread shows them, the public
timelines do not), `max_characters` and `characters_reserved_per_url` where the instance counts otherwise.
A private reply is a post with the visibility "direct", which those see whom it names, and the servers that carry it
(docs.joinmastodon.org/methods/statuses and /user/posting#privacy, read 2026-11).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from channels.connection import Clock, Connection
from channels.mastodon_client import MastodonClient
from channels.mastodon_text import is_id, length_of, local_names, moment_of, named_in, status_text
from channels.options import VISIBILITIES
from channels.text import same_text
from errors import OutcomeUnknownError, RejectedError, SettingsError, TryLaterError
from models import Visibility
from responders.base import CLOCKS_DIFFER, OutgoingReply, OwnPost, Posted

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_MOST_PAGES = 50
_LEADING = re.compile(r"\s*((?:@[\w.@-]+\s*)+)")


class MastodonResponder:
    """Answers for one account on its instance."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._visibility = str(connection.options.get("visibility") or "unlisted")
        if self._visibility not in VISIBILITIES:
            raise SettingsError(f"visibility is public, unlisted, private or direct, not {self._visibility[:40]!r}")
        self._client = MastodonClient(connection, clock)

    def room_left(self, body: str, to: str = "") -> int:
        """Characters left in the instance's counting, with the name that `post` puts in front."""
        limits = self._client.limits()
        return limits.characters - length_of(_addressed(body, to), limits)

    def post(self, reply: OutgoingReply) -> Posted:
        """Publish once. The key helps for an hour and has failed on slow servers: `find` is what tells."""
        to = reply.extra.get("acct") or reply.author_handle
        room = self.room_left(reply.body, to)
        if room < 0:
            raise RejectedError(f"the reply is {-room} characters too long for {self._client.about}")
        if not reply.body.strip():
            raise RejectedError("the reply is empty")
        if not is_id(reply.mention_external_id):
            raise RejectedError(f"{reply.mention_external_id[:30]!r} is not the id of a post on Mastodon")
        if reply.is_exposing:
            raise RejectedError("the post is private: it is not answered in public; answer in private")
        if reply.private:
            self._check_alone(reply.body, to)
        status = self._client.publish(
            _addressed(reply.body, to),
            reply.mention_external_id,
            reply.key,
            "direct" if reply.private else self._shown_to(reply.visibility),
            reply.lang if _LANGUAGE.fullmatch(reply.lang) else None,
        )
        posted = _posted(status)
        if posted is None:
            raise OutcomeUnknownError(f"{self._client.about}: the server answered without the new post's id")
        return posted

    def find(self, reply: OutgoingReply) -> Posted | None:
        """Look below the mention, then among the account's own posts: a thread may be shown in part only."""
        if not is_id(reply.mention_external_id):
            raise RejectedError(f"{reply.mention_external_id[:30]!r} is not the id of a post on Mastodon")
        context = self._client.context(reply.mention_external_id)
        below = context.get("descendants") if context is not None else None
        for status in below if isinstance(below, list) else []:
            if isinstance(status, dict) and self._client.is_us(status.get("account")) and self._is(reply, status):
                return self._seen(status)
        # What stands there from before the approval is found in the thread, wherever the server shows it.
        until = reply.not_before if context is None else reply.approved_at - CLOCKS_DIFFER
        for listed in self._ours(reply.mention_external_id, until):
            for status in listed:
                if self._is(reply, status):
                    return self._seen(status)
        self._client.learn_limits()
        return None

    def own_posts(self, since: datetime) -> Iterator[OwnPost]:
        """What the account posts and boosts for everybody; what is for followers or for a few is left out."""
        for listed in self._ours(None, since):
            for status in listed:
                posted = _posted(status)
                if posted is None or posted.posted_at is None:
                    raise TryLaterError(f"{self._client.about}: a post of our own came without an id or a time")
                if status.get("visibility") in ("public", "unlisted") and posted.posted_at >= since:
                    yield _own(status, posted, posted.posted_at)

    def _ours(self, after: str | None, until: datetime) -> Iterator[list[dict[str, Any]]]:
        """The pages of our own posts, newest first, down to a post or a moment."""
        seen: set[str] = set()
        below: str | None = None
        for _ in range(_MOST_PAGES):
            listed = self._client.own_statuses(after, below)
            is_last = self._client.is_last_page()
            ids = [str(status.get("id")) for status in listed]
            yield [status for status, status_id in zip(listed, ids, strict=True) if status_id not in seen]
            made = moment_of(listed[-1].get("created_at")) if listed else None
            if is_last or set(ids) <= seen or (made is not None and made < until):
                return
            seen |= set(ids)
            below = ids[-1]
        raise TryLaterError(f"{self._client.about}: it posted too much since to look through")

    def _seen(self, status: Mapping[str, Any]) -> Posted | None:
        self._client.learn_limits()  # the network is being used anyway
        return _posted(status)

    def _check_alone(self, body: str, to: str) -> None:
        """A direct post is shown to whomever it names: to them, and to nobody else."""
        names = {to.lstrip("@").lower()} - {""}
        if not names:
            raise RejectedError("the server does not show who wrote it, so nobody can be told in private: answer it")
        known = names | {f"{name}@{self._client.host}" for name in names} | self._client.own_names()
        others = named_in(body) - known
        if others:
            raise RejectedError(
                f"a private reply is shown to everybody that it names: take {', '.join(sorted(others))[:200]} out of it"
            )

    def _is(self, reply: OutgoingReply, status: Mapping[str, Any]) -> bool:
        if str(status.get("in_reply_to_id")) != reply.mention_external_id:
            return False
        if not isinstance(status.get("content"), str) or not self._is_as_private(reply, status):
            return False
        return same_text(local_names(reply.body), local_names(status_text(dict(status) | {"spoiler_text": ""})))

    def _is_as_private(self, reply: OutgoingReply, status: Mapping[str, Any]) -> bool:
        is_direct = status.get("visibility") == "direct"
        return is_direct if reply.private else not is_direct or self._visibility == "direct"

    def _shown_to(self, visibility: Visibility) -> str:
        """Never wider than the post that is answered."""
        match visibility:
            case Visibility.PRIVATE:
                return "direct"
            case Visibility.UNLISTED:
                return "unlisted" if self._visibility == "public" else self._visibility
            case Visibility.PUBLIC:
                return self._visibility


def _addressed(body: str, to: str) -> str:
    """The body with the name of whom it answers in front, once: Mastodon tells only those whom a post names."""
    name = to.lstrip("@")
    if not name:
        return body
    leading = _LEADING.match(body)
    names = [found.rstrip(".-") for found in leading.group(1).lower().split()] if leading else []
    return body if f"@{name.lower()}" in names else f"@{name} {body}"


def _posted(status: Mapping[str, Any]) -> Posted | None:
    status_id = str(status.get("id") or "")
    if not is_id(status_id):
        return None
    urls = (url for url in (status.get("url"), status.get("uri")) if isinstance(url, str))
    shown = (url for url in urls if url.startswith(("https://", "http://")))
    return Posted(status_id, next(shown, ""), moment_of(status.get("created_at")))


def _own(status: Mapping[str, Any], posted: Posted, posted_at: datetime) -> OwnPost:
    boosted = status.get("reblog")
    parent = status.get("in_reply_to_id")
    text = status_text(dict(boosted if isinstance(boosted, dict) else status))
    return OwnPost(posted.external_id, posted.url, text, posted_at, "" if parent is None else str(parent))
