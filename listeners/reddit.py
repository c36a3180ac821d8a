"""Hear Reddit: an account's inbox, a subreddit's submissions and comments, a search.

How a person gets the credentials (reddit.com/prefs/apps and support.reddithelp.com, read 2026-11):
1. Sign in as the account that shall answer, and confirm its e-mail address.
2. Ask for access to the Data API in Reddit's developer form; since November 2025 every application needs approval.
3. Under reddit.com/prefs/apps create an application of type "script"; any redirect address will do.
4. `client_id` stands below the application's name, `client_secret` beside "secret".
5. `username` and `password` are the account's own; two-factor sign-in must be off for this account.
6. Label the account as automated in its profile, and ask a subreddit's moderators before answering there.

Source kinds: `inbox`; `subreddit`, whose query is its name; `search`, whose query is Reddit's own search syntax and
which finds submissions alone. Listings reach back about 1,000 entries.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.connection import Clock, Connection, SourceConfig
from channels.reddit_client import RedditClient
from channels.reddit_things import Thing, things_of
from errors import NeedsAttentionError, SettingsError, TryLaterError
from listeners.base import Author, Edited, Gone, HeardMention, Page, Unchanged
from models import MentionKind, Visibility

PAGE = 100  # entries of a listing, and ids of a look-up - reddit.com/dev/api, read 2026-11
# Entries may come into a listing late, once a moderator or a filter lets them through: so much is read once more.
OVERLAP = timedelta(minutes=30)
_MOST_PAGES = 20  # a listing ends after 10; one that goes on is broken
_SUBREDDIT = re.compile(r"(?:/?r/)?([A-Za-z0-9_]{2,21}(?:\+[A-Za-z0-9_]{2,21})*)/?", re.ASCII)


class RedditListener:
    """Reads one source of an account."""

    def __init__(self, connection: Connection, source: SourceConfig, clock: Clock) -> None:
        self._client = RedditClient(connection, clock)
        self._listings = _listings(source)
        self._is_inbox = source.kind == "inbox"
        self._clock = clock
        self._us = {connection.handle.removeprefix("u/").casefold(), self._client.me.casefold()} - {""}

    def fetch(self, cursor: str | None) -> Iterator[Page]:
        """Every listing from its newest entry down to those that are stored.

        A listing's place moves only once it was read all the way down, so a stop in the middle repeats and never skips.
        """
        places = _places(cursor)
        for name, (path, params) in self._listings.items():
            newest = places.get(name)
            for page, is_last in self._way_down(path, params, places.get(name)):
                newest = max([newest or 0, *(thing.posted_at.timestamp() for thing in page)]) or None
                heard = tuple(self._heard(thing) for thing in page if not thing.is_gone)
                if is_last and newest is not None:
                    # A time that lies ahead of us would make us skip what comes before it.
                    places[name] = min(newest, self._clock.now().timestamp())
                yield Page(heard, _cursor(places) if is_last else None, wait=self._client.wait)

    def check(self, ids: Sequence[str]) -> Iterator[Unchanged | Edited | Gone]:
        """By /api/info, which knows submissions and comments; private messages are left out.

        What lost its author is Gone too: the terms of the Data API ask to forget people who left (read 2026-11).
        """
        asked = [name for name in dict.fromkeys(ids) if re.fullmatch(r"(?!t4_)\w{1,20}", name, re.ASCII)]
        for start in range(0, len(asked), PAGE):
            chunk = asked[start : start + PAGE]
            answer = self._client.read("api/info/", "Reddit's look-up", {"id": ",".join(chunk)})
            for thing in things_of(answer, "Reddit's look-up", self._client.site)[0]:
                if thing.name not in chunk:
                    continue
                if thing.is_gone or thing.author == "":
                    yield Gone(thing.name)
                elif thing.edited_at is not None:
                    yield Edited(thing.name, thing.text, thing.edited_at)
                else:
                    yield Unchanged(thing.name)

    def _way_down(
        self, path: str, params: Mapping[str, str], since: float | None
    ) -> Iterator[tuple[list[Thing], bool]]:
        """The pages of one listing, newest first, each with whether it is the last that is needed."""
        seen: set[str] = set()
        things, after = self._page(path, params, None)
        for _ in range(_MOST_PAGES):
            fresh = [thing for thing in things if thing.name not in seen]
            seen |= {thing.name for thing in things}
            is_last = not fresh or after is None or _reaches(fresh, since)
            yield fresh, is_last
            if is_last:
                return
            things, after = self._below(path, params, after, fresh)
        raise TryLaterError(f"Reddit's listing {path} does not end")

    def _below(
        self, path: str, params: Mapping[str, str], after: str | None, page: Sequence[Thing]
    ) -> tuple[list[Thing], str | None]:
        """The page below another one.

        Below an entry that was deleted meanwhile Reddit shows nothing, as at the end of a listing: the entries above
        it are asked as well before an end is believed.
        """
        names = [thing.name for thing in reversed(page)][:4]
        for anchor in dict.fromkeys([after, *names]):
            things, beyond = self._page(path, params, anchor)
            if things:
                return things, beyond
        return [], None

    def _page(self, path: str, params: Mapping[str, str], after: str | None) -> tuple[list[Thing], str | None]:
        about = f"Reddit's listing {path}"
        asked = {**params, "limit": str(PAGE), **({"after": after} if after else {})}
        return things_of(self._client.read(path, about, asked), about, self._client.site)

    def _heard(self, thing: Thing) -> HeardMention:
        is_ours = thing.author.casefold() in self._us
        named = any(
            re.search(rf"(?<![\w/-])/?u/{re.escape(us)}(?![\w-])", thing.text, re.IGNORECASE) for us in self._us
        )
        return HeardMention(
            external_id=thing.name,
            kind=MentionKind.COMMENT if thing.kind == "t1" else MentionKind.POST,
            text=thing.text,
            posted_at=thing.posted_at,
            author=self._author(thing),
            url=thing.url,
            parent_external_id=thing.parent,
            thread_external_id=thing.thread,
            pictures=thing.pictures,
            edited_at=thing.edited_at,
            visibility=Visibility.PRIVATE if thing.is_private else Visibility.PUBLIC,
            is_ours=is_ours,
            addresses_us=not is_ours and (self._is_inbox or named),
        )

    def _author(self, thing: Thing) -> Author | None:
        if not thing.author:
            return None
        return Author(
            external_id=thing.author_id or thing.author,
            handle=thing.author,
            url=f"{self._client.site}/user/{thing.author}",
            is_bot=thing.author == "AutoModerator",
        )


def _listings(source: SourceConfig) -> dict[str, tuple[str, Mapping[str, str]]]:
    """The listings of a source by the name that they have in its cursor."""
    match source.kind:
        case "inbox":
            # Not "unread": what a person reads on the site would never be heard. `mark` leaves it unread for them.
            return {"inbox": ("message/inbox/", {"mark": "false"})}
        case "subreddit":
            name = _SUBREDDIT.fullmatch(source.query.strip())
            if name is None:
                raise SettingsError(
                    f"a source of kind subreddit needs a subreddit's name as its query, not {source.query[:40]!r}"
                )
            return {"new": (f"r/{name[1]}/new/", {}), "comments": (f"r/{name[1]}/comments/", {})}
        case "search":
            query = source.query.strip()
            if not query or len(query) > 512:
                raise SettingsError("a source of kind search needs a query of 1 to 512 characters")
            return {"search": ("search/", {"q": query, "sort": "new", "t": "all", "type": "link"})}
        case other:
            raise SettingsError(f"reddit has no source of kind {other!r}; there are inbox, subreddit and search")


def _reaches(page: Sequence[Thing], since: float | None) -> bool:
    """Whether a page's lower end lies below what is stored; one entry out of order alone does not tell."""
    if since is None:
        return False
    lowest = page[-max(1, len(page) // 10) :]
    limit = datetime.fromtimestamp(since, UTC) - OVERLAP
    return all(thing.posted_at < limit for thing in lowest)


def _places(cursor: str | None) -> dict[str, float]:
    """Up to which time each listing is stored."""
    if cursor is None or not cursor.strip():
        return {}
    try:
        kept: Any = json.loads(cursor)
        places = {str(name): float(at) for name, at in kept.items()}
        if not all(0 < at < 1e11 for at in places.values()):
            raise ValueError
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise NeedsAttentionError(f"the source's place cannot be read back: {cursor[:80]!r}; set it to empty") from None
    return places


def _cursor(places: Mapping[str, float]) -> str | None:
    return json.dumps(places, separators=(",", ":")) if places else None
