"""Posts of Mastodon as text: what they say, how long a reply is, what an id and a time look like."""

import html
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import regex
from twitter_text import extract_urls_with_indices

from channels.text import html_to_text
from errors import TryLaterError

_OPENING = re.compile(r"""<a\s((?:[^<>"']++|"[^"]*+"|'[^']*+')*+)>""", re.IGNORECASE)
_CLOSING = re.compile(r"</a\s*>", re.IGNORECASE)
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_MOST_LINKS = 100  # a text with more of them is made to keep us busy
_SCHEME = re.compile(r"^https?://(?:www\.)?", re.IGNORECASE)
_ID = re.compile(r"[\w-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Limits:
    """How an instance counts a post."""

    characters: int = 500
    per_url: int = 23


def is_id(text: str) -> bool:
    """Whether a text can stand in a path as an id: servers use numbers, ULIDs and the like."""
    return _ID.fullmatch(text) is not None


def moment_of(text: object) -> datetime | None:
    """An ISO time, taken for UTC where it names no zone; None for anything else."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _with_whole_links(content: str) -> str:
    """Links as the address that they lead to: Mastodon hides two of three parts, other servers show what they like."""
    parts: list[str] = []
    done = 0
    for _ in range(_MOST_LINKS):
        opening = _OPENING.search(content, done)
        closing = _CLOSING.search(content, opening.end()) if opening else None
        if opening is None or closing is None:
            break
        parts += content[done : opening.start()], _link(opening[1], content[opening.end() : closing.start()])
        done = closing.end()
    return "".join(parts) + content[done:]


def _link(attributes: str, inner: str) -> str:
    href = _HREF.search(attributes)
    target = html.unescape(href[1] or href[2] or "").strip() if href else ""
    shown = html_to_text(inner)
    if "mention" in attributes or shown.startswith(("@", "#")) or not target.startswith(("https://", "http://")):
        return inner
    is_address = _SCHEME.sub("", target).startswith(_SCHEME.sub("", shown.rstrip("…")))
    return html.escape(target if is_address else f"{shown} ({target})")


def status_text(status: dict[str, Any]) -> str:
    """What a post says: the warning before it, its text with whole links, custom emoji as :code:."""
    content = status.get("content")
    if not isinstance(content, str):
        raise TryLaterError(f"the server gave post {str(status.get('id'))[:30]} without a text")
    content = _with_whole_links(content)
    warning = status.get("spoiler_text")
    parts = [html_to_text(warning) if isinstance(warning, str) else "", html_to_text(content)]
    return "\n\n".join(part for part in parts if part)


_MENTION = re.compile(r"(?<![=/\w])@([a-z0-9_]+(?:[a-z0-9_.-]+[a-z0-9_]+)?)@[\w.-]+\w", re.IGNORECASE)


def local_names(text: str) -> str:
    """A text with remote names as Mastodon shows and counts them: without their server."""
    return _MENTION.sub(r"@\1", text)


_NAMED = re.compile(r"(?<![=/\w])@([a-z0-9_]+(?:[a-z0-9_.-]+[a-z0-9_]+)?(?:@[\w.-]+\w)?)", re.IGNORECASE)


def named_in(text: str) -> set[str]:
    """Whom a text names, in small letters and without the sign before it; with a server where it names one."""
    return {found.lower() for found in _NAMED.findall(text)}


def length_of(text: str, limits: Limits) -> int:
    """Characters as Mastodon counts them: graphemes, a link as a fixed number, a remote name without its server.

    docs.joinmastodon.org/user/posting, read 2026-11.
    """
    text = unicodedata.normalize("NFC", text)
    if len(text) > limits.characters * 20:  # no link makes such a text fit, and counting it takes long
        return len(text)
    links = 0
    for link in reversed(extract_urls_with_indices(text)):
        if link["url"].lower().startswith(("http://", "https://")):
            start, end = link["indices"]
            text, links = text[:start] + text[end:], links + 1
    return len(regex.findall(r"\X", local_names(text))) + links * limits.per_url
