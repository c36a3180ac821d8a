"""Posts out of X's JSON: which one it is, of when, and what it says."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from channels.tweepy_client import time_of_id
from channels.untrusted import http_url
from errors import TryLaterError

_ESCAPED = re.compile("&(?:amp|lt|gt);")  # the three that X escapes, and no other
_PLAIN = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}


def dicts(value: object) -> list[dict[str, Any]]:
    """The objects of a JSON array; none for anything else."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def number(post_id: object) -> int:
    """Ids compare as numbers: "9" is older than "10"."""
    text = str(post_id)
    if not (text.isascii() and text.isdecimal()) or len(text) > 19:
        raise TryLaterError(f"X gave a post whose id is no number: {text[:30]!r}")
    return int(text)


def history(post: Mapping[str, Any]) -> list[str]:
    """The ids of a post's versions, first to newest: the first stays its name, whatever it says now."""
    listed = post.get("edit_history_tweet_ids")
    versions = [str(entry) for entry in listed if str(entry).isdecimal()] if isinstance(listed, list) else []
    return sorted(versions, key=int) or [str(post.get("id"))]


def references(post: Mapping[str, Any]) -> dict[str, str]:
    """The posts that a post refers to, by how: replied_to, quoted, retweeted."""
    return {str(entry.get("type")): str(entry.get("id")) for entry in dicts(post.get("referenced_tweets"))}


def posts_included(page: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The posts that a page's own ones refer to, by id."""
    includes = page.get("includes")
    listed = includes.get("tweets") if isinstance(includes, dict) else None
    return {str(post.get("id")): post for post in dicts(listed)}


def parent_of(post: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The post that a post answers, by its first version where that is known; None where it answers none."""
    parent = references(post).get("replied_to")
    return history(known[parent])[0] if parent is not None and parent in known else parent


def words(post: Mapping[str, Any]) -> str:
    """All that a post says, also where it is longer than 280 characters."""
    said, _ = _said(post)
    return _ESCAPED.sub(lambda found: _PLAIN[found.group()], said)


def words_with_links(post: Mapping[str, Any]) -> str:
    """The same with links as they were typed, as far as X tells, and not as X shortens them."""
    said, entities = _said(post)
    for link in dicts(entities.get("urls")):
        short, long = str(link.get("url") or ""), http_url(link.get("expanded_url"))
        if short and long:
            said = said.replace(short, long.replace("&", "&amp;"))
    return _ESCAPED.sub(lambda found: _PLAIN[found.group()], said)


def made(versions: list[str], created_at: object, now: datetime) -> datetime:
    """When a post's first version was made, as its id says, or else X's word; raises TryLaterError without either."""
    moment = time_of_id(versions[0], now)
    if moment is not None:
        return moment
    try:
        told = datetime.fromisoformat(str(created_at))
    except ValueError:
        raise TryLaterError(f"X gave post {versions[0][:30]} without a time") from None
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def _said(post: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    note = post.get("note_tweet")  # the whole of a post of more than 280 characters
    holder = note if isinstance(note, dict) and isinstance(note.get("text"), str) else post
    said, entities = holder.get("text"), holder.get("entities")
    if not isinstance(said, str):
        raise TryLaterError(f"X gave post {str(post.get('id'))[:30]} without a text")
    return said, entities if isinstance(entities, dict) else {}
