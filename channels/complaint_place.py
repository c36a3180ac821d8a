"""Where a listener stands in a list of complaints, newest first, that can only be read from its top."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from channels.catch_up import Doubt
from errors import NeedsAttentionError

REMEMBERED = 300  # the newest complaints that are known, by which the list is known again


@dataclass(frozen=True)
class Place:
    """Where we stand in a list that grows at its top.

    `old`: the newest complaints of a list that was read to its end. `fresh`: those above that were stored since; they
    become old when everything between is stored too, and until then no list page ends the walk by them. `doubts`: how
    often in a row the list ended before the old ones, `depth` pages down, in a way that a broken page ends it too.
    """

    old: tuple[str, ...] = ()
    fresh: tuple[str, ...] = ()
    etag: str = ""
    modified: str = ""
    doubts: int = 0
    depth: int = 0

    def text(self) -> str:
        """As a cursor."""
        kept = {name: value for name, value in vars(self).items() if value}
        return json.dumps(kept, separators=(",", ":"))

    def ended(self, etag: str, modified: str) -> "Place":
        """Everything down to the old ones is stored."""
        return Place((*self.fresh, *self.old)[:REMEMBERED], (), etag, modified)

    def doubted(self, depth: int) -> "Place":
        """The list broke off after so many pages."""
        doubt = Doubt(self.depth, self.doubts).once_more(depth)
        return replace(self, doubts=doubt.times, depth=doubt.depth)

    def may_end(self, depth: int) -> bool:
        """Whether it broke off there so often that there seems to be no more."""
        return Doubt(self.depth, self.doubts).is_over(depth)


def place_of(cursor: str | None) -> Place:
    """Read a cursor back."""
    if cursor is None or not cursor.strip():
        return Place()
    try:
        kept: Mapping[str, Any] = json.loads(cursor)
        old, fresh = (tuple(map(str, kept.get(name, ()))) for name in ("old", "fresh"))
        etag, modified = (str(kept.get(name, "")) for name in ("etag", "modified"))
        doubts, depth = (int(kept.get(name, 0)) for name in ("doubts", "depth"))
        if not f"{etag}{modified}".isprintable():
            raise ValueError
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise NeedsAttentionError(f"the source's place cannot be read back: {cursor[:80]!r}; set it to empty") from None
    return Place(old, fresh, etag, modified, doubts, depth)
