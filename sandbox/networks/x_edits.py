"""Edited posts as X keeps them: every version stays under an id of its own.

An edit makes a new post id, every version lists the ids of all, and a version that is asked for by its id is shown as
it was - docs.x.com/x-api/fundamentals/edit-posts, read 2026-11.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.ids import X_EPOCH
from sandbox.records import stamp
from sandbox.state import Post, State


@dataclass(frozen=True)
class Version:
    """A post as one of its versions shows it, with that version's id and time."""

    post: Post
    history: tuple[str, ...]  # the ids of all versions, the first to the newest
    first_posted_at: datetime


class Edits:
    """The versions of posts, from the truth log, which keeps every text."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._read = 0  # up to which entry of the log the edits are known
        self._edited: dict[str, int] = {}  # the id of an edit -> our own number of the post

    def newest(self, post: Post) -> Version:
        return self.versions(post)[-1]

    def versions(self, post: Post) -> list[Version]:
        """The first to the newest."""
        if post.edited_at is None:
            return [Version(post, (post.external_id,), post.posted_at)]
        first, *edits = (entry for entry in self._state.log(post_id=post.id) if entry.what != "deleted")
        shown = [replace(post, text=first.text)]
        for entry in edits:
            edit_id = _id_of_edit(post, shown[-1].external_id, entry.at)
            shown.append(replace(post, external_id=edit_id, text=entry.text, posted_at=entry.at))
        history = tuple(version.external_id for version in shown)
        return [Version(version, history, post.posted_at) for version in shown]

    def find(self, external_id: str) -> Version | None:
        """The version with this id; those of deleted posts too: look at `post.deleted_at`."""
        post = self._state.post("x", external_id) or self._edited_post(external_id)
        if post is None:
            return None
        return next((found for found in self.versions(post) if found.post.external_id == external_id), None)

    def _edited_post(self, external_id: str) -> Post | None:
        for entry in self._state.log(self._read, "edited"):
            self._read = entry.id
            post = self._state.post_by_id(entry.post_id)
            if post is not None and post.network == "x":
                self._edited |= dict.fromkeys(self.versions(post)[-1].history[1:], post.id)
        number = self._edited.get(external_id)
        return None if number is None else self._state.post_by_id(number)


def _id_of_edit(post: Post, before: str, at: datetime) -> str:
    """The same again for the same post and time, and above the id of the version before."""
    noise = int.from_bytes(hashlib.blake2b(f"{post.external_id} {stamp(at)}".encode(), digest_size=8).digest())
    by_time = ((stamp(at) // 1000 - X_EPOCH) << 22) + noise % (1 << 22)
    return str(max(by_time, int(before) + 1 + noise % 512))
