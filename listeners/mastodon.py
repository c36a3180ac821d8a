"""Hear what is said on Mastodon: mentions of the account, and posts with a hashtag.

How to get the credentials:
1. Sign in on the instance with the account of the brand; mark it as automated under Preferences > Profile if it
   shall acknowledge by rule.
2. Open Preferences > Development > New application; any name will do, the redirect address stays as it is.
3. Choose the scopes `read` (or read:accounts, read:notifications, read:statuses and read:search), and for answering
   `write:statuses`.
4. Submit, open the application and copy "Your access token": this is the secret `access_token`.
5. Give the instance's address as `base_url`, such as https://mastodon.social.

Kinds of sources: `notifications`, and `hashtag` with the tag as its query.
docs.joinmastodon.org/methods/notifications and /methods/timelines, read 2026-11.
"""

from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from channels.catch_up import ASKED, MOST_DOUBTS, Bookmark, Way, bookmark
from channels.connection import Clock, Connection, SourceConfig
from channels.mastodon_client import LOOKED_UP, MastodonClient
from channels.mastodon_text import is_id, moment_of, status_text
from errors import SettingsError, TryLaterError
from listeners.base import Author, Edited, Gone, HeardMention, Page, Unchanged
from models import MentionKind, Visibility

# A post of another server gets the id of the moment when it was written, not of when it arrived
# - docs.joinmastodon.org/api/guidelines and lib/mastodon/snowflake.rb, read 2026-11. So much is read once more.
LATE = timedelta(minutes=15)

_VISIBILITY = {"public": Visibility.PUBLIC, "unlisted": Visibility.UNLISTED}  # anything else is for a few alone


class MastodonListener:
    """Reads one source of an account on its instance."""

    def __init__(self, connection: Connection, source: SourceConfig, clock: Clock) -> None:
        if source.kind not in ("notifications", "hashtag"):
            raise SettingsError(f"mastodon has no source of kind {source.kind!r}; there are notifications and hashtag")
        self._tag = source.query.strip().removeprefix("#")
        if source.kind == "hashtag" and (not self._tag or set(self._tag) & set("/?#% \t")):
            raise SettingsError(f"a source of kind hashtag needs one tag as its query, not {source.query[:40]!r}")
        self._is_hashtag = source.kind == "hashtag"
        self._clock = clock
        self._client = MastodonClient(connection, clock)
        self._has_look_up = True

    def fetch(self, cursor: str | None) -> Iterator[Page]:
        """Every page since `cursor`, newest first; a pass that stopped midway is ended before a new one begins."""
        place = bookmark(cursor)
        if place.under_way:
            place = yield from self._way_down(place)
        yield from self._way_down(place)

    def check(self, ids: Sequence[str]) -> Iterator[Unchanged | Edited | Gone]:
        """A post that its author made private answers as if deleted: it is Gone as well."""
        asked = [status_id for status_id in dict.fromkeys(ids) if is_id(status_id)]
        for start in range(0, len(asked), LOOKED_UP):
            chunk = asked[start : start + LOOKED_UP]
            listed = self._client.statuses(chunk) if self._has_look_up else None
            self._has_look_up = listed is not None
            shown = {str(status.get("id")): status for status in listed or ()}
            for status_id in chunk:
                # A list leaves out what it cannot show, without saying why: only the post's own address tells.
                status = shown.get(status_id) or self._client.status(status_id)
                if status is None:
                    yield Gone(status_id)
                elif str(status.get("id")) == status_id:
                    edited_at = moment_of(status.get("edited_at"))
                    text = status_text(status)
                    yield Unchanged(status_id) if edited_at is None else Edited(status_id, text, edited_at)

    def _way_down(self, place: Bookmark) -> Generator[Page, None, Bookmark]:
        """One pass from the newest entry down to those that are stored.

        Some servers take since_id and max_id inclusively, some ignore them, some ids are no numbers: the pass ends
        at an entry that is stored, or with a page that holds nothing below the last one.
        """
        started, seen = self._clock.now(), {place.since, place.until}
        while True:
            listed, way = self._page_below(place, seen)
            ids = [self._id_of(entry) for entry in listed]
            fresh = [entry for entry, entry_id in zip(listed, ids, strict=True) if entry_id not in seen]
            if ids and place.top is None:
                place = replace(place, top=self._settled(_ordered(ids)[0], place.since, started))
            is_doubted = way is Way.BACK and place.doubts < MOST_DOUBTS
            place = _moved(place, way, _ordered(ids)[-1:])
            yield Page(self._heard(fresh), place.text(), wait=self._client.pause())
            if is_doubted:
                raise TryLaterError(
                    f"{self._client.about}: a page came once more in place of the next one; it is asked for again"
                )
            if way is not Way.ON:
                return place
            seen |= set(ids)

    def _page_below(self, place: Bookmark, seen: Collection[str | None]) -> tuple[list[dict[str, Any]], Way]:
        """The next page; one that was read before is asked for again.

        A server that takes max_id inclusively ends with a page of that entry alone.
        """
        for _ in range(ASKED if place.doubts < MOST_DOUBTS else 1):
            listed = self._page(place)
            ids = [self._id_of(entry) for entry in listed]
            if not ids or (place.since is not None and any(_reaches(i, place.since) for i in ids)):
                return listed, Way.END
            if _leads_on(ids, place.until, seen):
                return listed, Way.ON
        return listed, Way.END if ids == [place.until] else Way.BACK

    def _page(self, place: Bookmark) -> list[dict[str, Any]]:
        if self._is_hashtag:
            return self._client.hashtag(self._tag, place.since, place.until)
        return self._client.notifications(place.since, place.until)

    def _settled(self, newest: str, since: str | None, started: datetime) -> str:
        """Up to where posts that arrive late need no longer be expected; notifications are numbered on arrival."""
        if not self._is_hashtag or not newest.isdecimal():
            return newest
        # The upper bits of a status id are milliseconds since 1970 - lib/mastodon/snowflake.rb, read 2026-11.
        settled = min(int(newest), int((started - LATE).timestamp() * 1000) << 16)
        return str(max(settled, int(since))) if since is not None and since.isdecimal() else str(settled)

    def _id_of(self, entry: Mapping[str, Any]) -> str:
        entry_id = str(entry.get("id") or "")
        if not is_id(entry_id):
            raise TryLaterError(f"{self._client.about}: an entry came without a usable id ({entry_id[:30]!r})")
        return entry_id

    def _heard(self, entries: Sequence[dict[str, Any]]) -> tuple[HeardMention, ...]:
        if self._is_hashtag:
            return tuple(self._mention(status, status, told=False) for status in entries)
        # Servers that know no `types` send every notification; a mention that was deleted since has no status.
        told = ((entry, entry.get("status")) for entry in entries if entry.get("type") == "mention")
        return tuple(self._mention(status, entry, told=True) for entry, status in told if isinstance(status, dict))

    def _mention(self, status: dict[str, Any], entry: Mapping[str, Any], *, told: bool) -> HeardMention:
        account = status.get("account")
        posted_at = moment_of(status.get("created_at")) or moment_of(entry.get("created_at"))
        if posted_at is None:
            raise TryLaterError(f"{self._client.about}: a post came without a time")
        parent = status.get("in_reply_to_id")
        named = status.get("mentions")
        visibility, lang = str(status.get("visibility") or ""), status.get("language")
        return HeardMention(
            external_id=self._id_of(status),
            kind=MentionKind.POST if parent is None else MentionKind.COMMENT,
            text=status_text(status),
            posted_at=posted_at,
            author=_author(account),
            url=_web(status.get("url")) or _web(status.get("uri")),
            parent_external_id=None if parent is None else str(parent),
            lang=lang if isinstance(lang, str) and lang else None,
            pictures=_pictures(status.get("media_attachments")),
            edited_at=moment_of(status.get("edited_at")),
            visibility=_VISIBILITY.get(visibility, Visibility.PRIVATE),
            is_ours=self._client.is_us(account),
            addresses_us=told or (isinstance(named, list) and any(self._client.is_us(one) for one in named)),
            extra={
                "acct": str(account.get("acct") or "") if isinstance(account, dict) else "",
                "visibility": visibility,
            },
        )


def _ordered(ids: Sequence[str]) -> list[str]:
    """Newest first: by number where ids are numbers, else as the server lists them."""
    return sorted(ids, key=int, reverse=True) if all(i.isdecimal() for i in ids) else list(ids)


def _moved(place: Bookmark, way: Way, lowest: Sequence[str]) -> Bookmark:
    """The place behind a page. A pass that is believed to end by doubts alone leaves them: such a server repeats."""
    doubts = place.doubts if place.until is None or way is Way.BACK else 0
    if way is Way.BACK and doubts < MOST_DOUBTS:
        return replace(place, doubts=doubts + 1)
    if way is Way.ON:
        return replace(place, until=lowest[0], doubts=doubts)
    return Bookmark(since=place.top or place.since, doubts=doubts)


def _leads_on(ids: Sequence[str], until: str | None, seen: Collection[str | None]) -> bool:
    """Whether a page reaches below the one before it, which may have come again in its place."""
    if until is None:
        return True
    if until.isdecimal() and all(i.isdecimal() for i in ids):
        return any(int(i) < int(until) for i in ids)
    return ids[-1] != until and any(i not in seen for i in ids)


def _reaches(entry_id: str, since: str) -> bool:
    """Whether an entry is stored already; ids that are no numbers are not ordered, only alike."""
    if entry_id.isdecimal() and since.isdecimal():
        return int(entry_id) <= int(since)
    return entry_id == since


def _acct(account: object) -> object:
    return (account.get("acct") or account.get("username") or "") if isinstance(account, dict) else ""


def _author(account: object) -> Author | None:
    if not isinstance(account, dict) or not account.get("id"):
        return None
    followers = account.get("followers_count")
    return Author(
        external_id=str(account["id"]),
        handle=str(_acct(account)),
        name=str(account.get("display_name") or ""),
        url=_web(account.get("url")),
        followers=followers if isinstance(followers, int) and followers >= 0 else None,
        is_bot=account.get("bot") is True,
    )


def _pictures(attachments: object) -> tuple[str, ...]:
    listed = attachments if isinstance(attachments, list) else []
    images = (one for one in listed if isinstance(one, dict) and one.get("type") == "image")
    return tuple(filter(None, (_web(one.get("url")) or _web(one.get("remote_url")) for one in images)))


def _web(url: object) -> str:
    return url if isinstance(url, str) and url.startswith(("https://", "http://")) else ""
