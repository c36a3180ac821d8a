"""What a reading of the platform does not show yet: our replies for a while, and customers' posts that come late."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.faults.draws import Draws
from sandbox.networks.mastodon_shapes import tags_of
from sandbox.state import Post
from sandbox.veil import Veil

SHARES = {"read-back-lag": 0.08, "late-post": 0.04}
GREATEST_LAG = timedelta(minutes=5)
# How late a post may come into a list so that a client which reads a little of it again still hears it. Each platform
# orders its lists by when posts were made, so a late one stands behind newer ones that were read already.
# - X: ids are times, "roughly" in order (docs.x.com/fundamentals/x-ids, read 2026-11). Nothing tells a client of
#   since_id that a lower id came in: it can only ask for the last moments twice.
# - Mastodon: a post of another server has the id of when it was written and comes in when it is delivered
#   (docs.joinmastodon.org/api/guidelines, read 2026-11). Notifications are numbered when it arrives, so they are never
#   late: only hashtags show it.
# - Reddit: what a filter holds back is listed by its own time once a moderator lets it through.
# - Reclame AQUI: a change is found a little after the time it bears.
# The complaint site is left out: its list has no times to overlap by, so that a late entry behind known ones at the
# end of a page is lost to any client that does not read the whole list.
LATEST = {
    "x": timedelta(seconds=50),
    "mastodon": timedelta(minutes=10),
    "reddit": timedelta(minutes=15),
    "reclame_aqui": timedelta(minutes=8),
}


class Sight:
    """Draws what is hidden from readers as it is published, and until when."""

    def __init__(self, draws: Draws, struck: Callable[[str], None]) -> None:
        self._draws = draws
        self._struck = struck
        self._hidden: dict[int, datetime] = {}  # by our own id of the post, until when

    def answered(self, post: Post) -> None:
        chance = self._draws.take("read-back-lag", post.network, SHARES["read-back-lag"])
        if chance is not None:
            self._hide("read-back-lag", post, GREATEST_LAG * chance.uniform(0.02, 1))

    def posted(self, post: Post) -> bool:
        """Whether it comes late."""
        if not _may_be_late(post):
            return False
        chance = self._draws.take("late-post", post.network, SHARES["late-post"])
        if chance is not None:
            self._hide("late-post", post, LATEST[post.network] * chance.uniform(0.3, 1))
        return chance is not None

    def veil(self, newest: int, now: datetime) -> Veil:
        """Before whoever reads now; what was published after `newest` has not been drawn yet."""
        self._hidden = {post_id: until for post_id, until in self._hidden.items() if now < until}
        return Veil(frozenset(self._hidden), newest)

    def clear(self) -> None:
        self._hidden.clear()

    def _hide(self, kind: str, post: Post, duration: timedelta) -> None:
        self._hidden[post.id] = post.posted_at + duration
        self._struck(kind)


def _may_be_late(post: Post) -> bool:
    match post.network:
        case "mastodon":
            return not post.addresses_brand and bool(tags_of(post.text))
        case "reclame_aqui":
            return post.kind == "complaint"
        case _:
            return post.network in LATEST
