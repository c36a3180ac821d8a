"""Reddit's submissions, comments and messages, out of its JSON."""

import re
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any

from channels.untrusted import http_url, listed, mapping, moment_of_epoch, text_of
from errors import TryLaterError

NOBODY = "[deleted]"
_NAME = re.compile(r"t[134]_[a-z0-9]{1,13}", re.ASCII)
_TAKEN = frozenset(("[deleted]", "[removed]", "[ removed by reddit ]", "[removed by reddit]", "[unavailable]"))
_PICTURE = re.compile(r"https?://(?:i\.redd\.it|preview\.redd\.it|i\.imgur\.com)/[^\s)\]\"<>]+", re.IGNORECASE)
_CONTEXT = re.compile(r"/comments/([a-z0-9]{1,13})(?:/|$)", re.ASCII)
# What Reddit calls a chat in the inbox, which has shown chats as messages since 2025
# - reddit.com/r/modnews/comments/1jf1dy5 and github.com/Apollo-Reborn/Apollo-Reborn/pull/1038, read 2026-11.
_NAMELESS_CHAT = "[direct chat room]"
_ABOUT = {"pt": "Sobre", "es": "Sobre"}
_OUR_SUBJECT = re.compile(
    r"(?:re: )*(?:about|sobre) /comments/([a-z0-9]{1,13}|_)/(?:_/([a-z0-9]{1,13})/)?", re.ASCII | re.IGNORECASE
)
_MOST_PICTURES = 20


@dataclass(frozen=True)
class Message:
    """What a private message says of itself besides what every thing says."""

    to: str
    body: str  # without its subject
    conversation: str  # the name of the first message, or its own
    about: str  # the comment or submission that its subject names, as ours do; "" for none


@dataclass(frozen=True)
class Thing:
    """A submission (t3), a comment (t1) or a private message (t4)."""

    name: str  # the fullname, such as t1_d1680wu
    kind: str
    text: str  # Markdown as it was typed
    posted_at: datetime
    author: str  # "" where it shows none
    author_id: str
    url: str
    parent: str | None
    thread: str | None
    edited_at: datetime | None
    is_gone: bool  # its text was deleted or removed
    is_private: bool
    pictures: tuple[str, ...]
    message: Message | None = None


def things_of(answer: Any, about: str, site: str) -> tuple[list[Thing], str | None]:
    """The entries of a listing and the name to go on after; TryLaterError for anything that is no listing.

    Entries of other kinds, such as "more", are left out; an entry without a name or a time makes the page unusable.
    """
    data = mapping(mapping(answer).get("data"))
    if mapping(answer).get("kind") != "Listing" or not isinstance(data.get("children"), list):
        raise TryLaterError(f"{about}: the answer is not a listing")
    things = []
    for child in data["children"]:
        kind, inner = text_of(mapping(child).get("kind")), mapping(mapping(child).get("data"))
        if kind in ("t1", "t3", "t4"):
            things.append(thing_of(kind, inner, about, site))
    after = text_of(data.get("after"))
    return things, after if _NAME.fullmatch(after) else None


def thing_of(kind: str, data: Any, about: str, site: str) -> Thing:
    """One entry; raises TryLaterError when it cannot be told which it is, or of when."""
    name, posted_at = text_of(data.get("name")), moment_of_epoch(data.get("created_utc"))
    if not _NAME.fullmatch(name) or posted_at is None:
        raise TryLaterError(f"{about}: an entry came without a usable name or time ({name[:30]!r})")
    author = text_of(data.get("author"))
    author = "" if author == NOBODY else author
    body = text_of(data.get("selftext" if kind == "t3" else "body"))
    text = _text(kind, data, body)
    return Thing(
        name=name,
        kind=kind,
        text=text,
        posted_at=posted_at,
        author=author,
        author_id=text_of(data.get("author_fullname")) if author else "",
        url=_url(name, data, site),
        # The copy of a chat names the first message and no other.
        parent=_named(data.get("parent_id")) or _named(data.get("first_message_name")),
        thread=_thread(kind, name, data),
        edited_at=moment_of_epoch(data.get("edited")),
        is_gone=_is_gone(kind, body, author, data),
        is_private=kind == "t4",
        pictures=_pictures(data, text),
        message=_message(name, data) if kind == "t4" else None,
    )


def _message(name: str, data: Any) -> Message:
    conversation = _named(data.get("first_message_name")) or name
    return Message(text_of(data.get("dest")), text_of(data.get("body")), conversation, _names_in_subject(data)[1])


def subject_about(name: str, thread: str, lang: str) -> str:
    """A message's subject that names the comment or submission which it is about, for people and for `Message`."""
    submission = thread[3:] if thread.startswith("t3_") else "_"
    below = f"_/{name[3:]}/" if name.startswith("t1_") else ""
    return f"{_ABOUT.get(lang, 'About')} /comments/{submission}/{below}"


def _names_in_subject(data: Any) -> tuple[str, str]:
    """The submission and the comment or submission that a message's subject names, as ours do; "" for none."""
    found = _OUR_SUBJECT.fullmatch(text_of(data.get("subject")).strip())
    if found is None:
        return "", ""
    submission = f"t3_{found[1]}" if found[1] != "_" else ""
    return submission, f"t1_{found[2]}" if found[2] else submission


def _is_gone(kind: str, body: str, author: str, data: Any) -> bool:
    was_removed = bool(data.get("removed_by_category")) or data.get("removal_reason") is not None
    if body.strip().lower() in _TAKEN:
        # A person may write "[deleted]": with the author gone as well, or a reason given, it is Reddit that says so.
        return not author or was_removed or "reddit" in body.lower()
    return kind == "t3" and not author and was_removed


def _text(kind: str, data: Any, body: str) -> str:
    parts = [body]
    if kind == "t3":
        link = http_url(data.get("url"))
        parts = [text_of(data.get("title")), body, "" if data.get("is_self", True) else link]
    elif kind == "t4":
        subject = text_of(data.get("subject"))
        says_nothing = subject == _NAMELESS_CHAT or any(_names_in_subject(data))
        parts = [body] if says_nothing else [subject, body]
    # Asked with raw_json=1 Reddit leaves < > and & alone; entities that are left were typed.
    return "\n\n".join(part.strip() for part in parts if part.strip())


def _url(name: str, data: Any, site: str) -> str:
    path = (text_of(data.get("permalink")) or text_of(data.get("context"))).partition("?")[0]
    if re.fullmatch(r"/[\w%./~-]*", path):
        return site + path
    thread = _named(data.get("link_id"))
    if name.startswith("t1_") and thread:
        return f"{site}/comments/{thread[3:]}/_/{name[3:]}/"
    return f"{site}/message/messages/{name[3:]}" if name.startswith("t4_") else f"{site}/comments/{name[3:]}/"


def _thread(kind: str, name: str, data: Any) -> str | None:
    if kind == "t3":
        return name
    if kind == "t4":
        submission, _ = _names_in_subject(data)
        first, answered = _named(data.get("first_message_name")), _named(data.get("parent_id"))
        # What began a chat may be a message of ours, about somebody's comment: whoever stores the answer knows.
        return submission or (None if first and not answered else first or name)
    context = _CONTEXT.search(text_of(data.get("context")) or text_of(data.get("permalink")))
    parent = _named(data.get("parent_id"))
    if found := _named(data.get("link_id")):
        return found
    if context:  # an inbox entry names its submission in the address of its context alone
        return f"t3_{context[1]}"
    return parent if parent and parent.startswith("t3_") else None


def _named(value: object) -> str | None:
    name = text_of(value)
    return name if _NAME.fullmatch(name) else None


def _pictures(data: Any, text: str) -> tuple[str, ...]:
    found = [*_PICTURE.findall(text), *_PICTURE.findall(text_of(data.get("url")))]
    for entry in listed(mapping(data.get("gallery_data")).get("items")):
        media = mapping(mapping(data.get("media_metadata")).get(text_of(mapping(entry).get("media_id"))))
        found.append(unescape(http_url(mapping(media.get("s")).get("u"))))
    return tuple(dict.fromkeys(url for url in found if url))[:_MOST_PICTURES]
