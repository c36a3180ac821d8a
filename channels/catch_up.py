"""A place in a list that is read newest first: what is stored, and how far down a long way back has come."""

import json
from dataclasses import dataclass

from errors import NeedsAttentionError


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

    def text(self) -> str | None:
        """As a cursor."""
        kept = {name: value for name, value in vars(self).items() if value is not None}
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
        parts = {name: kept.get(name) for name in ("since", "top", "until")}
    except (ValueError, AttributeError, RecursionError):
        parts = {"since": 0}
    if not all(value is None or (isinstance(value, str) and value) for value in parts.values()):
        raise NeedsAttentionError(f"the source's place cannot be read back: {cursor[:80]!r}; set it to empty")
    return Bookmark(**parts)
