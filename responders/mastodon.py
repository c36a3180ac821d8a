"""Answer on Mastodon: a reply that begins with the name of whom it answers.

How to get the credentials:
1. Open Preferences > Development on the account's instance and the application made for listening, or a new one.
2. Let its scopes include `read` and `write:statuses`.
3. Copy "Your access token": this is the secret `access_token`. A changed scope makes a new token.

Options of the account: `visibility` of replies to public posts (unlisted by default: the thread shows them, the public
timelines do not), `max_characters` and `characters_reserved_per_url` where the instance counts otherwise.
docs.joinmastodon.org/methods/statuses, read 2026-11.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from channels.connection import Clock, Connection
from channels.mastodon_client import MastodonClient
from channels.mastodon_text import is_id, length_of, local_names, moment_of, status_text
from channels.options import VISIBILITIES
from channels.text import same_text
from errors import OutcomeUnknownError, RejectedError, SettingsError, TryLaterError
from models import Visibility
from responders.base import OutgoingReply, Posted

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_BEFORE_APPROVAL = timedelta(hours=1)  # more than two clocks differ by
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
        status = self._client.publish(
            _addressed(reply.body, to),
            reply.mention_external_id,
            reply.key,
            self._shown_to(reply.visibility),
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
            if isinstance(status, dict) and self._client.is_us(status.get("account")) and _is(reply, status):
                return self._seen(status)
        return self._among_our_own(reply)

    def _among_our_own(self, reply: OutgoingReply) -> Posted | None:
        seen: set[str] = set()
        until: str | None = None
        for _ in range(_MOST_PAGES):
            listed = self._client.own_statuses(reply.mention_external_id, until)
            is_last = self._client.is_last_page()
            ids = [str(status.get("id")) for status in listed]
            for status in listed:
                if _is(reply, status):
                    return self._seen(status)
            made = moment_of(listed[-1].get("created_at")) if listed else None
            is_past = made is not None and made < reply.approved_at - _BEFORE_APPROVAL
            if is_last or is_past or set(ids) <= seen:
                self._client.learn_limits()
                return None
            seen |= set(ids)
            until = ids[-1]
        raise TryLaterError(f"{self._client.about}: it posted too much since to look through")

    def _seen(self, status: Mapping[str, Any]) -> Posted | None:
        self._client.learn_limits()  # the network is being used anyway
        return _posted(status)

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


def _is(reply: OutgoingReply, status: Mapping[str, Any]) -> bool:
    if str(status.get("in_reply_to_id")) != reply.mention_external_id or not isinstance(status.get("content"), str):
        return False
    return same_text(local_names(reply.body), local_names(status_text(dict(status) | {"spoiler_text": ""})))


def _posted(status: Mapping[str, Any]) -> Posted | None:
    status_id = str(status.get("id") or "")
    if not is_id(status_id):
        return None
    urls = (url for url in (status.get("url"), status.get("uri")) if isinstance(url, str))
    shown = (url for url in urls if url.startswith(("https://", "http://")))
    return Posted(status_id, next(shown, ""), moment_of(status.get("created_at")))
