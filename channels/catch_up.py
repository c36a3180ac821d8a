"""A place in a list that is read page by page: what is stored, how far a long way has come, and what is doubted.

A platform may serve a page twice, or lead back to one that was read. Such a page looks like the end of a list, or like
ground that is known: it is asked for again, and where it stays as it is, the place stays too. Only a platform that does
so poll after poll is believed, for there is nothing else to be had from it.
"""

import json
from dataclasses import dataclass
from enum import StrEnum

from errors import NeedsAttentionError

ASKED = 3  # times in one poll, for a page in whose place one came that was read before
MOST_DOUBTS = 5  # polls in a row in which a list broke off at one place, before that is taken for the way it is


class Way(StrEnum):
    """Where a page leads, by what it holds."""

    ON = "on"
    END = "end"  # nothing is left behind it
    BACK = "back"  # it was read before, as often as it was asked for: it shows neither


@dataclass(frozen=True)
class Doubt:
    """How often in a row a list that is read from its top broke off behind so many pages."""

    depth: int = 0
    times: int = 0

    def once_more(self, depth: int) -> "Doubt":
        """It broke off again; elsewhere is bad luck, and only at the same place the way the list is."""
        return Doubt(depth, self.times + 1 if depth == self.depth else 1)

    def is_over(self, depth: int) -> bool:
        """Whether the list is believed to have no more than this."""
        return self.depth == depth and self.times >= MOST_DOUBTS


@dataclass(frozen=True)
class Bookmark:
    """Where a listener stands; `None` everywhere is the beginning.

    Newest-first lists tempt a reader to remember the newest item at once and so to skip what lies below, should it
    stop there. Here `since` moves only when a pass has come all the way down; until then `top` keeps where it will
    go, and `until` how far the pass has come, so that a long backlog goes on where it stopped.
    """

    since: str | None = None  # everything up to here is stored
    top: str | None = None  # what `since` becomes when the pass under way ends
    until: str | None = None  # the pass has stored everything from `top` down to here
    doubts: int = 0  # polls in a row in which no page came from below `until`

    def text(self) -> str | None:
        """As a cursor."""
        kept = {name: value for name, value in vars(self).items() if value not in (None, 0)}
        return json.dumps(kept, separators=(",", ":")) if kept else None

    @property
    def under_way(self) -> bool:
        return self.until is not None


def bookmark(cursor: str | None) -> Bookmark:
    """Read a cursor back; a bare id is taken for what is stored already."""
    if cursor is None or not cursor.strip():
        return Bookmark()
    if not cursor.lstrip().startswith("{"):
        return Bookmark(since=cursor.strip())
    try:
        kept = json.loads(cursor)
        parts, doubts = {name: kept.get(name) for name in ("since", "top", "until")}, kept.get("doubts", 0)
    except (ValueError, AttributeError, RecursionError):
        parts, doubts = {"since": 0}, 0
    is_whole = all(value is None or (isinstance(value, str) and value) for value in parts.values())
    if not is_whole or not isinstance(doubts, int) or doubts < 0:
        raise NeedsAttentionError(f"the source's place cannot be read back: {cursor[:80]!r}; set it to empty")
    return Bookmark(**parts, doubts=doubts)
