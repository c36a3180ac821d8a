"""Texts as X counts and shows them: weighted length, t.co links, the mention before a reply."""

import hashlib
import html
import re
import unicodedata
from functools import lru_cache

from sandbox.state import Post

URL = re.compile(r"https?://[^\s<>\"“”]*[^\s<>\"“”.,;:!?)\]]", re.IGNORECASE)
MENTION = re.compile(r"(?<![\w@/.])@([A-Za-z0-9_]{1,15})(?![\w@])")
HASHTAG = re.compile(r"(?<![\w&#])#(\w*[^\W\d]\w*)")
LEADING_MENTIONS = re.compile(r"(?:@[A-Za-z0-9_]{1,15}\s+)+")
PICTOGRAPH = "[\u203c-\u3299\U0001f000-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]?"
FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
EMOJI = re.compile(f"{FLAG}|[0-9#*]\ufe0f?\u20e3|{PICTOGRAPH}(?:\u200d{PICTOGRAPH})*")
# Code points that weigh one half; everything else, and any emoji, weighs one whole.
# docs.x.com/fundamentals/counting-characters, read 2026-11.
LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
URL_WEIGHT = 23
LIMIT = 280


def weighted_length(text: str, is_reply: bool) -> int:
    """What X counts against 280; the mentions that lead a reply are not counted."""
    text = unicodedata.normalize("NFC", text)
    if is_reply and (leading := LEADING_MENTIONS.match(text)):
        text = text[leading.end() :]
    text, urls = URL.subn("", text)
    text, emoji = EMOJI.subn("", text)
    rest = sum(1 if _is_light(character) else 2 for character in text)
    return URL_WEIGHT * urls + 2 * emoji + rest


def _is_light(character: str) -> bool:
    return any(low <= ord(character) <= high for low, high in LIGHT)


def pictures_of(post: Post) -> list[str]:
    """The URLs of the pictures that came with a post."""
    return post.extra.get("pictures", "").split()


def plain_text(post: Post) -> str:
    """The text with the mention that X itself puts before a reply to somebody else."""
    to = post.in_reply_to_person
    if to is None or to.id == post.person.id:
        return post.text
    answered = f"@{to.handle}"
    if any(answered.lower() == f"@{handle}".lower() for handle in MENTION.findall(post.text)):
        return post.text
    return f"{answered} {post.text}"


def links_of(post: Post, text: str) -> list[dict[str, object]]:
    """`entities.urls` of a text: what each t.co link in the shown text stands for."""
    links: list[dict[str, object]] = []
    shift = 0
    for found in URL.finditer(text):
        short = short_link(post, found.group())
        start = found.start() + shift
        shift += len(short) - len(found.group())
        shown = found.group().split("//", 1)[1]
        links.append(
            {
                "start": start,
                "end": start + len(short),
                "url": short,
                "expanded_url": found.group(),
                "display_url": shown if len(shown) <= 26 else shown[:26] + "…",
            }
        )
    return links


def shown_text(post: Post) -> str:
    """The text as the API gives it: links shortened, & < > as entities, a link for the pictures at the end."""
    text = URL.sub(lambda found: short_link(post, found.group()), plain_text(post))
    if pictures_of(post):
        text += " " + short_link(post, "pictures")
    return html.escape(text, quote=False)


def short_link(post: Post, url: str) -> str:
    return _short_link(post.external_id, url)


@lru_cache(maxsize=4096)  # a timeline shows the same links again at every call
def _short_link(external_id: str, url: str) -> str:
    digest = hashlib.blake2b(f"{external_id} {url}".encode(), digest_size=8).digest()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    number = int.from_bytes(digest)
    code = ""
    for _ in range(10):
        number, place = divmod(number, 62)
        code += alphabet[place]
    return f"https://t.co/{code}"
