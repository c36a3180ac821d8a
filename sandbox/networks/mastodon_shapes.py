"""Statuses, accounts and notifications as Mastodon's JSON shows them."""

import hashlib
import html
import re
from collections.abc import Sequence
from datetime import timedelta

import regex

from sandbox.networks.wire import iso
from sandbox.state import Person, Post, State

MAX_CHARACTERS = 500
CHARACTERS_PER_URL = 23
VERSION = "4.5.2"
URL = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]]", re.IGNORECASE)
MENTION = re.compile(r"(?<![\w/@])@([A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*)(?:@([A-Za-z0-9][A-Za-z0-9.:-]*[A-Za-z0-9]))?")
GRAPHEME = regex.compile(r"\X")
HASHTAG = re.compile(r"(?<![\w/&#])#(\w*[^\W\d_]\w*)")
MARKUP = re.compile(f"(?P<url>{URL.pattern})|(?P<mention>{MENTION.pattern})|(?P<tag>{HASHTAG.pattern})", re.IGNORECASE)


def length(text: str, spoiler: str = "") -> int:
    """What Mastodon counts: grapheme clusters; in the text a URL is 23, and of a mention only the local part.

    docs.joinmastodon.org/user/posting, and `each_grapheme_cluster` in the server's StatusLengthValidator
    (github.com/mastodon/mastodon, app/validators/status_length_validator.rb), read 2026-11.
    """
    text = URL.sub("." * CHARACTERS_PER_URL, text)
    text = MENTION.sub(lambda found: f"@{found.group(1)}", text)
    return sum(1 for _ in GRAPHEME.finditer(spoiler + text))


def tags_of(text: str) -> list[str]:
    """Its hashtags without their #, each once."""
    return list({found.group(1).casefold(): found.group(1) for found in HASHTAG.finditer(text)}.values())


def visibility_of(post: Post) -> str:
    return post.extra.get("visibility") or "public"


class Shapes:
    """Shows statuses with addresses on this server."""

    def __init__(self, state: State, url: str) -> None:
        self._state = state
        self._url = url
        self._accounts: dict[int, dict[str, object]] = {}
        self._named: dict[str, Person | None] = {}

    def account(self, person: Person) -> dict[str, object]:
        if person.id in self._accounts:
            return self._accounts[person.id]
        avatar = f"{self._url}/avatars/original/missing.png"
        header = f"{self._url}/headers/original/missing.png"
        account: dict[str, object] = {
            "id": person.external_id,
            "username": person.handle,
            "acct": person.handle,
            "display_name": person.name,
            "locked": False,
            "bot": False,
            "discoverable": True,
            "indexable": False,
            "group": False,
            "created_at": "2022-11-07T00:00:00.000Z",
            "note": "",
            "url": f"{self._url}/@{person.handle}",
            "uri": f"{self._url}/users/{person.handle}",
            "avatar": avatar,
            "avatar_static": avatar,
            "avatar_description": "",
            "header": header,
            "header_static": header,
            "header_description": "",
            "followers_count": person.followers,
            "following_count": 0,
            "statuses_count": 1,
            "last_status_at": self._state.clock.now().date().isoformat(),
            "hide_collections": None,
            "show_media": True,
            "show_media_replies": True,
            "show_featured": True,
            "noindex": False,
            "feature_approval": {"automatic": [], "manual": [], "current_user": "denied"},
            "emojis": [],
            "roles": [],
            "fields": [],
        }
        self._accounts[person.id] = account
        return account

    def status(self, post: Post) -> dict[str, object]:
        to = post.in_reply_to_person
        own = {"pinned": False} if post.person.is_brand else {}
        return {
            "id": post.external_id,
            "created_at": iso(post.posted_at),
            "in_reply_to_id": post.parent,
            "in_reply_to_account_id": to.external_id if to else None,
            "sensitive": False,
            "spoiler_text": post.extra.get("spoiler_text", ""),
            "visibility": visibility_of(post),
            "language": post.extra.get("lang") or None,
            "uri": f"{self._url}/users/{post.person.handle}/statuses/{post.external_id}",
            "url": f"{self._url}/@{post.person.handle}/{post.external_id}",
            "replies_count": 0,
            "reblogs_count": 0,
            "favourites_count": 0,
            "quotes_count": 0,
            "edited_at": iso(post.edited_at) if post.edited_at else None,
            "favourited": False,
            "reblogged": False,
            "muted": False,
            "bookmarked": False,
            **own,
            "content": self._content(post.text),
            "filtered": [],
            "reblog": None,
            "application": {"name": "Ouvidor" if post.person.is_brand else "Web", "website": None},
            "account": self.account(post.person),
            "media_attachments": self._pictures(post),
            "mentions": self._mentions(post.text),
            "tags": [{"name": tag.casefold(), "url": self._tag_url(tag)} for tag in tags_of(post.text)],
            "emojis": [],
            "tagged_collections": [],
            "quote": None,
            "card": None,
            "poll": None,
            "quote_approval": {"automatic": ["public"], "manual": [], "current_user": "automatic"},
        }

    def notification(self, post: Post) -> dict[str, object]:
        return {
            "id": str(post.id),
            "type": "mention",
            # The server writes the notification a moment after the status.
            "created_at": iso(post.posted_at + timedelta(milliseconds=400)),
            "group_key": f"ungrouped-{post.id}",
            "account": self.account(post.person),
            "status": self.status(post),
        }

    def source(self, post: Post) -> dict[str, object]:
        return {"id": post.external_id, "text": post.text, "spoiler_text": post.extra.get("spoiler_text", "")}

    def _content(self, text: str) -> str:
        """Paragraphs, line breaks, links, mentions and hashtags, marked up as Mastodon's own HTML."""
        parts: list[str] = []
        last = 0
        for found in MARKUP.finditer(text):
            parts += [html.escape(text[last : found.start()]), self._marked(found)]
            last = found.end()
        marked = "".join([*parts, html.escape(text[last:])]).replace("\r\n", "\n").strip()
        paragraphs = (part.replace("\n", "<br />") for part in re.split(r"\n{2,}", marked))
        return "".join(f"<p>{part}</p>" for part in paragraphs)

    def _marked(self, found: re.Match[str]) -> str:
        text = found.group()
        if found["url"]:
            scheme, _, rest = text.partition("://")
            shown, hidden = html.escape(rest[:30]), html.escape(rest[30:])
            cut = ' class="ellipsis"' if hidden else ' class=""'
            return (
                f'<a href="{html.escape(text)}" target="_blank" rel="nofollow noopener" translate="no">'
                f'<span class="invisible">{html.escape(scheme)}://</span><span{cut}>{shown}</span>'
                f'<span class="invisible">{hidden}</span></a>'
            )
        if found["tag"]:
            return f'<a href="{self._tag_url(text[1:])}" class="mention hashtag" rel="tag">#<span>{text[1:]}</span></a>'
        person = self._person(text[1:].partition("@")[0])
        if person is None:
            return html.escape(text)
        return (
            f'<span class="h-card" translate="no"><a href="{self._url}/@{person.handle}" class="u-url mention">'
            f"@<span>{person.handle}</span></a></span>"
        )

    def _person(self, handle: str) -> Person | None:
        if handle not in self._named:
            self._named[handle] = self._state.person("mastodon", handle)
        return self._named[handle]

    def _tag_url(self, tag: str) -> str:
        return f"{self._url}/tags/{tag}"

    def _mentions(self, text: str) -> list[dict[str, str]]:
        found = (self._person(match.group(1)) for match in MENTION.finditer(text))
        people = {person.id: person for person in found if person is not None}
        return [
            {
                "id": person.external_id,
                "username": person.handle,
                "url": f"{self._url}/@{person.handle}",
                "acct": person.handle,
            }
            for person in people.values()
        ]

    def _pictures(self, post: Post) -> list[dict[str, object]]:
        urls: Sequence[str] = post.extra.get("pictures", "").split()
        size = {"width": 1200, "height": 900, "size": "1200x900", "aspect": 1200 / 900}
        return [
            {
                "id": str(int.from_bytes(hashlib.blake2b(url.encode(), digest_size=7).digest())),
                "type": "image",
                "url": url,
                "preview_url": url,
                "remote_url": None,
                "preview_remote_url": None,
                "text_url": None,
                "meta": {"original": size, "small": size},
                "description": None,
                "blurhash": "UBL_:rOpGG-;_N-;xuIA00IU~qRj-;Rjxut7",
            }
            for url in urls
        ]
