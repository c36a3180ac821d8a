"""Reddit's listings from their newest entry down, whatever is deleted from them while we read."""

from collections.abc import Iterator, Mapping, Sequence

from channels.reddit_client import RedditClient
from channels.reddit_things import Thing, things_of
from errors import TryLaterError

PAGE = 100  # entries of a listing - reddit.com/dev/api, read 2026-11
REACH = 1000  # so far back a listing goes, about - the same page
_MOST_PAGES = 20  # a listing ends after 10; one that goes on is broken


def pages(client: RedditClient, path: str, params: Mapping[str, str]) -> Iterator[tuple[list[Thing], bool]]:
    """The pages of a listing, newest first, each with whether it is the last; nothing comes twice."""
    seen: set[str] = set()
    things, after = _page(client, path, params, None)
    for _ in range(_MOST_PAGES):
        fresh = [thing for thing in things if thing.name not in seen]
        seen |= {thing.name for thing in things}
        is_end = not fresh or after is None
        yield fresh, is_end
        if is_end:
            return
        things, after = _below(client, path, params, after, fresh)
    raise TryLaterError(f"Reddit's listing {path} does not end")


def _below(
    client: RedditClient, path: str, params: Mapping[str, str], after: str | None, page: Sequence[Thing]
) -> tuple[list[Thing], str | None]:
    """The page below another one.

    Below an entry that was deleted meanwhile Reddit shows nothing, as at the end of a listing: the entries above
    it are asked as well before an end is believed.
    """
    names = [thing.name for thing in reversed(page)][:4]
    for anchor in dict.fromkeys([after, *names]):
        things, beyond = _page(client, path, params, anchor)
        if things:
            return things, beyond
    return [], None


def _page(
    client: RedditClient, path: str, params: Mapping[str, str], after: str | None
) -> tuple[list[Thing], str | None]:
    about = f"Reddit's listing {path}"
    asked = {**params, "limit": str(PAGE), **({"after": after} if after else {})}
    return things_of(client.read(path, about, asked), about, client.site)
