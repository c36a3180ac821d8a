"""Private messages on Reddit: sending one, answering one, and how one looks in a box.

Since 2025 they are copies of chats: an answer names the first message of its conversation and no parent, and keeps
the conversation's subject (reddit.com/r/modnews/comments/1jf1dy5; the shape as praw's cassettes of 2025-05 hold it,
read 2026-11).
"""

from collections.abc import Mapping
from typing import Final

from sandbox import messages
from sandbox.networks.reddit_shapes import Shapes, paragraphs, short_id
from sandbox.networks.wire import Window
from sandbox.state import Post, State

MESSAGES: Final = (50, 600)  # in a window of seconds; Reddit publishes no number
SUBJECT_LIMIT: Final = 100
TEXT_LIMIT: Final = 10_000
Refusal = tuple[str, str, str]  # Reddit's code, sentence and field


class Messages:
    """What the brand's account sends to one person."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._window = Window(state, "reddit:messages", *MESSAGES)

    def compose(self, fields: Mapping[str, str]) -> Refusal | None:
        """Send a message to somebody by name; why Reddit would not, None once it is sent."""
        subject, text, handle = (fields.get(name, "").strip() for name in ("subject", "text", "to"))
        to = self._state.person("reddit", handle.removeprefix("u/")) if handle else None
        refused = self._refused(subject, text, handle, known=to is not None)
        if refused is None and to is not None:
            messages.send(self._state, self._state.brand("reddit"), to, subject, text)
        return refused

    def answer(self, said: Post, text: str) -> Post | Refusal:
        """Answer a message that the account got, or add to one that it sent."""
        handle = said.extra["to"] if said.person.is_brand else said.person.handle
        to = self._state.person("reddit", handle)
        refused = self._refused(said.extra["subject"], text, handle, known=to is not None)
        if refused is not None or to is None:
            return refused or ("USER_DOESNT_EXIST", "that user doesn't exist", "to")
        return messages.send(self._state, self._state.brand("reddit"), to, "", text, on=said)

    def _refused(self, subject: str, text: str, handle: str, *, known: bool) -> Refusal | None:
        shut = self._state.get(takes_no_messages(handle), False)
        checks: tuple[tuple[bool, Refusal], ...] = (
            (not handle, ("NO_USER", "please enter a username", "to")),
            (not known, ("USER_DOESNT_EXIST", "that user doesn't exist", "to")),
            (not subject, ("NO_SUBJECT", "please enter a subject", "subject")),
            (not text.strip(), ("NO_TEXT", "we need something here", "text")),
            (len(subject) > SUBJECT_LIMIT, ("TOO_LONG", f"this is too long (max: {SUBJECT_LIMIT})", "subject")),
            (len(text) > TEXT_LIMIT, ("TOO_LONG", f"this is too long (max: {TEXT_LIMIT})", "text")),
            (shut, ("RESTRICTED_TO_PM", "User doesn't accept direct messages. Try sending a chat request.", "to")),
        )
        refused = next((refusal for is_broken, refusal in checks if is_broken), None)
        if refused is None and not self._window.spend().allowed:
            return "RATELIMIT", "Take a break for 10 minutes before trying again.", "ratelimit"
        return refused


def takes_no_messages(handle: str) -> str:
    """The fact under which somebody takes no messages from strangers."""
    return f"reddit:takes_no_messages:{handle.casefold()}"


def is_message(post: Post) -> bool:
    return post.external_id.startswith("t4_")


def message(post: Post, shapes: Shapes, *, new: bool = False) -> dict[str, object]:
    """A message as it lies in a box."""
    opens = post.thread == post.external_id
    at = post.posted_at.timestamp() // 1
    return {
        "kind": "t4",
        "data": {
            "first_message": None if opens else int(post.thread.removeprefix("t4_"), 36),
            "first_message_name": None if opens else post.thread,
            "subreddit": None,
            "likes": None,
            "replies": "",
            "author_fullname": post.person.external_id,
            "id": short_id(post),
            "subject": shapes.text(post.extra["subject"]),
            "associated_awarding_id": None,
            "score": 0,
            "author": post.person.handle,
            "num_comments": None,
            "parent_id": None,
            "subreddit_name_prefixed": None,
            "new": new,
            "type": "unknown",
            "body": shapes.text(post.text),
            "link_title": None,
            "dest": post.extra["to"],
            "was_comment": False,
            "body_html": shapes.text(f'<!-- SC_OFF --><div class="md">{paragraphs(post.text)}</div><!-- SC_ON -->'),
            "name": post.external_id,
            "created": at,
            "created_utc": at,
            "context": "",
            "distinguished": None,
        },
    }
