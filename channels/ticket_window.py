"""Where a listener stands in tickets that are found by when they changed."""

import json
import math
from dataclasses import asdict, dataclass

from channels.reclame_aqui_client import PAGE
from channels.reclame_aqui_tickets import moment_of
from errors import NeedsAttentionError


@dataclass(frozen=True)
class Window:
    """A stretch of modification times that is being read, from its last page to its first.

    Tickets that change while we read leave the window and move later ones to earlier pages: read backwards, none is
    passed over. Its end lies in the past, so that none comes in.

    It is the site's clock that stamps tickets. Where ours is ahead, `until` is a time that the site has yet to reach,
    and what is stamped until then must be looked for again.
    """

    since: str | None
    until: str
    page: int  # the next one to read
    total: int
    newest: str | None = None  # the last change seen so far
    sure: bool = False  # the site's clock had reached `until` when the window was opened
    doubts: int = 0  # polls in a row in which another page came in place of `page`
    first: str | None = None  # the ticket that the page read last begins with


def pages_of(total: int) -> int:
    """How many pages so many tickets fill."""
    return math.ceil(total / PAGE)


def cursor_of(*, since: str | None = None, window: Window | None = None) -> str:
    """What is stored, or the window that is being read, as a cursor."""
    return json.dumps({"since": since} if window is None else {"window": asdict(window)}, separators=(",", ":"))


def place_of(cursor: str | None) -> tuple[str | None, Window | None]:
    """Up to when everything is stored, and the window that is being read."""
    if cursor is None or not cursor.strip():
        return None, None
    try:
        kept = json.loads(cursor)
        if "window" not in kept:
            if moment_of(kept["since"]) is None:
                raise ValueError
            return str(kept["since"]), None
        window = Window(**kept["window"])
        good = all(kept is None or moment_of(kept) is not None for kept in (window.since, window.newest))
        if not good or moment_of(window.until) is None or not 1 <= window.page <= 100_000:
            raise ValueError
        if window.total < 0 or window.doubts < 0:
            raise ValueError
    except (ValueError, TypeError, LookupError, RecursionError):
        raise NeedsAttentionError(f"the source's place cannot be read back: {cursor[:80]!r}; set it to empty") from None
    return None, window
