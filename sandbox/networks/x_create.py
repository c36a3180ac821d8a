"""Posting on X: whom an app may answer, how long a text may be, and that it may not be said twice."""

import hashlib

from starlette.requests import Request

from sandbox.networks.wire import BadBodyError, json_of
from sandbox.networks.x_edits import Edits
from sandbox.networks.x_errors import invalid, problem
from sandbox.networks.x_text import LIMIT, MENTION, weighted_length
from sandbox.state import Post, State

TOO_LONG = (
    "Your Tweet text is too long. For more information on how Twitter determines text length see"
    " https://github.com/twitter/twitter-text."
)


async def create(state: State, edits: Edits, request: Request) -> Post:
    """The brand posts what the body says; RefusedError when X would not take it."""
    try:
        body = await json_of(request)
    except BadBodyError as error:
        message = f"Requests with bodies must have content-type of application/json: {error}"
        raise invalid("body", "", message) from None
    text, reply = body.get("text"), body.get("reply")
    if not isinstance(text, str) or not text.strip():
        raise invalid("text", str(text), "$.text: is missing but it is required")
    parent = _parent(state, edits, reply) if reply is not None else None
    if weighted_length(text, parent is not None) > LIMIT:
        raise problem(400, "Invalid Request", TOO_LONG)
    # Exact repeats to one person are refused for as long as the first one stands.
    to = parent.person.handle if parent else ""
    key = f"x:text:{hashlib.blake2b(f'{to} {text.strip()}'.encode(), digest_size=12).hexdigest()}"
    with state.transaction():
        standing = state.post("x", state.get(key, ""))
        if standing is not None and standing.deleted_at is None:
            raise problem(403, "Forbidden", "You are not allowed to create a Tweet with duplicate content.")
        post = state.publish(
            state.brand("x"),
            text,
            kind="comment" if parent else "post",
            parent=parent.external_id if parent else None,
            thread=parent.thread if parent else None,
            addresses_brand=False,
        )
        state.put(key, post.external_id)
    return post


def _parent(state: State, edits: Edits, reply: object) -> Post:
    """The post that is to be answered, by the id of any of its versions."""
    wanted = reply.get("in_reply_to_tweet_id") if isinstance(reply, dict) else None
    if not isinstance(wanted, str) or not wanted.isdigit():
        raise invalid("$.reply", "{}", "$.reply.in_reply_to_tweet_id: is missing but it is required")
    version = edits.find(wanted)
    parent = state.post("x", version.history[0]) if version is not None else None
    if parent is None or parent.deleted_at is not None:
        raise problem(403, "Forbidden", "You attempted to reply to a Tweet that is deleted or not visible to you.")
    # Since 2026-02 an app answers only those who mentioned or quoted its account, or the account itself.
    # docs.x.com/x-api/posts/create-post, read 2026-11.
    brand = state.brand("x")
    mentioned = brand.handle.casefold() in {handle.casefold() for handle in MENTION.findall(parent.text)}
    answered = parent.in_reply_to_person is not None and parent.in_reply_to_person.id == brand.id
    if not (parent.person.id == brand.id or mentioned or answered or parent.extra.get("quotes_brand")):
        raise problem(
            403, "Forbidden", "You can only reply to or quote posts where you are mentioned or are the author."
        )
    return parent
