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
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.catch_up import ASKED, Doubt, Way
from channels.connection import Clock, Connection, SourceConfig
from channels.reddit_client import RedditClient
from channels.reddit_things import Thing, things_of
from errors import NeedsAttentionError, SettingsError, TryLaterError
from listeners.base import Author, Edited, Gone, HeardMention, Page, Unchanged
from models import MentionKind, Visibility

PAGE = 100  # ids of a look-up - reddit.com/dev/api, read 2026-11
# Entries may come into a listing late, once a moderator or a filter lets them through: so much is read once more.
OVERLAP = timedelta(minutes=30)
_MOST_PAGES = 20  # a listing ends after 10; one that goes on is broken
_SUBREDDIT = re.compile(r"(?:/?r/)?([A-Za-z0-9_]{2,21}(?:\+[A-Za-z0-9_]{2,21})*)/?", re.ASCII)


@dataclass(frozen=True)
class Places:
    """Where we stand in the listings of a source, by their names."""

    at: Mapping[str, float] = field(default_factory=dict)  # up to which time each is stored
    doubts: Mapping[str, Doubt] = field(default_factory=dict)  # of those that broke off the last time

    def text(self) -> str | None:
        """As a cursor."""
        doubts = {"doubts": {name: asdict(doubt) for name, doubt in self.doubts.items()}} if self.doubts else {}
        return json.dumps({**self.at, **doubts}, separators=(",", ":")) if self.at or doubts else None

    def read(self, name: str, newest: float | None) -> "Places":
        """A listing was read all the way down; None when there was nothing in it, ever."""
        others = {other: doubt for other, doubt in self.doubts.items() if other != name}
        return Places(self.at if newest is None else {**self.at, name: newest}, others)


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
        for name in self._listings:
            places = yield from self._listing(name, places)

    def _listing(self, name: str, places: Places) -> Generator[Page, None, Places]:
        """One listing; returns where we stand then."""
        path, params = self._listings[name]
        newest, doubt, depth = places.at.get(name), places.doubts.get(name, Doubt()), 0
        for page, way in self._way_down(path, params, places.at.get(name)):
            newest = max([newest or 0, *(thing.posted_at.timestamp() for thing in page)]) or None
            heard = tuple(self._heard(thing) for thing in page if not thing.is_gone)
            if way is Way.ON:
                depth += 1
                yield Page(heard, None, wait=self._client.wait)
            elif way is Way.BACK and not doubt.is_over(depth):
                places = replace(places, doubts={**places.doubts, name: doubt.once_more(depth)})
                yield Page(heard, places.text(), wait=self._client.wait)
                raise TryLaterError(
                    f"Reddit's listing {path} gave a page once more in place of the next one; it is asked for again"
                )
            else:
                # A time that lies ahead of us would make us skip what comes before it.
                places = places.read(name, None if newest is None else min(newest, self._clock.now().timestamp()))
                yield Page(heard, places.text(), wait=self._client.wait)
        return places

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

    def _way_down(self, path: str, params: Mapping[str, str], since: float | None) -> Iterator[tuple[list[Thing], Way]]:
        """The pages of one listing, newest first, each with where it leads."""
        seen: set[str] = set()  # the entries, and the names that lead on
        things, after = self._page(path, params, None)
        for _ in range(_MOST_PAGES):
            fresh = [thing for thing in things if thing.name not in seen]
            if after is None or _reaches(fresh, since):
                yield fresh, Way.END
                return
            yield fresh, Way.ON
            seen |= {after, *(thing.name for thing in things)}
            for _ in range(ASKED):
                below, beyond = self._below(path, params, after, things)
                # A page that was read before holds nothing else, and leads to where we stand or back.
                if beyond is None or beyond not in seen or any(thing.name not in seen for thing in below):
                    break
            else:
                yield [], Way.BACK
                return
            things, after = below, beyond
        raise TryLaterError(f"Reddit's listing {path} does not end")

    def _below(
        self, path: str, params: Mapping[str, str], after: str, page: Sequence[Thing]
    ) -> tuple[list[Thing], str | None]:
        """The page below another one.

        Below an entry that was deleted meanwhile Reddit shows nothing, as at the end of a listing: the entries above
        it are asked as well before an end is believed.
        """
        names = [thing.name for thing in reversed(page)]
        # What leads on stands at the page's end, or beyond it: in its middle it would lead back.
        anchors: Iterable[str] = names[:4] if after in names else [after, *names[:4]]
        for anchor in anchors:
            things, beyond = self._page(path, params, anchor)
            if things or beyond is not None:
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
            extra={"conversation": thing.message.conversation} if thing.message else {},
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
    if since is None or not page:
        return False
    lowest = page[-max(1, len(page) // 10) :]
    limit = datetime.fromtimestamp(since, UTC) - OVERLAP
    return all(thing.posted_at < limit for thing in lowest)


def _places(cursor: str | None) -> Places:
    if cursor is None or not cursor.strip():
        return Places()
    try:
        kept: Any = json.loads(cursor)
        doubted: Any = kept.pop("doubts", {})
        doubts = {str(name): Doubt(int(doubt["depth"]), int(doubt["times"])) for name, doubt in doubted.items()}
        places = Places({str(name): float(at) for name, at in kept.items()}, doubts)
        if not all(0 < at < 1e11 for at in places.at.values()):
            raise ValueError
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise NeedsAttentionError(f"the source's place cannot be read back: {cursor[:80]!r}; set it to empty") from None
    return places
